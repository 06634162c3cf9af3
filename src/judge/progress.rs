//! The progress of a run: how it is followed, and ended early.

use std::ops::ControlFlow;

use super::check::Check;

/// Is told of each check when it has its verdict.
pub trait Progress {
    /// `done` of `total` checks have been made, this one the last. The requirement that is broken and
    /// the likely mistake may still be unknown: they are learned from all checks together.
    /// [`ControlFlow::Break`] ends the run.
    fn finished(&mut self, done: usize, total: usize, check: &Check) -> ControlFlow<()>;
}

/// Follows nothing, and lets the run go on to its end.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Progress for Unwatched {
    fn finished(&mut self, _: usize, _: usize, _: &Check) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Has a closure follow a run.
pub fn each(follow: impl FnMut(usize, usize, &Check) -> ControlFlow<()>) -> impl Progress {
    Each(follow)
}

struct Each<F>(F);

impl<F: FnMut(usize, usize, &Check) -> ControlFlow<()>> Progress for Each<F> {
    fn finished(&mut self, done: usize, total: usize, check: &Check) -> ControlFlow<()> {
        (self.0)(done, total, check)
    }
}
