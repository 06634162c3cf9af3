//! Progress of a run, for people; and its findings up to a signal that ends it.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};

use super::{Failure, interrupt, say};
use crate::judge::check::{Check, Verdict};
use crate::judge::fuzzed::Status;
use crate::judge::progress;
use crate::trace::visible::Visible;

/// Number of failures that are told at once; the report has all of them, and sorted.
const FIRST_FAILURES: usize = 8;

/// A progress bar, and an ear for the signals that end a run early.
pub(super) struct Progress {
    interrupted: Arc<AtomicBool>,
    bar: ProgressBar,
    failed: usize,
    /// The checks so far: all that there is to report where a run does not come to its end.
    checks: Arc<Mutex<Vec<Check>>>,
}

impl Progress {
    pub(super) fn new() -> Result<Self, Failure> {
        let interrupted = interrupt::watch()
            .map_err(|error| Failure::Unjudged(format!("signals cannot be watched: {error}")))?;
        let bar = ProgressBar::new(0).with_style(
            ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")
                .expect("the template is well-formed"),
        );
        Ok(Self {
            interrupted,
            bar,
            failed: 0,
            checks: Arc::default(),
        })
    }

    /// Says what has been found while the run goes on: the first failures, a line each.
    fn tell(&self, check: &Check) {
        let cut = check.segmentation.map(|cut| format!(" [{cut}]"));
        let cut = cut.unwrap_or_default();
        let found = Visible::of(format_args!("fail {}{cut}: {}", check.id, check.message));
        if self.failed <= FIRST_FAILURES {
            self.bar.suspend(|| say(found.as_str()));
        }
        if self.failed == FIRST_FAILURES {
            let more = "the run goes on; what else fails is in the report";
            self.bar.suspend(|| say(more));
        }
    }

    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// The flag that the first signal sets.
    pub(super) fn interrupted(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.interrupted)
    }

    /// The checks so far, for whoever has to report them where the run cannot.
    pub(super) fn so_far(&self) -> Arc<Mutex<Vec<Check>>> {
        Arc::clone(&self.checks)
    }

    /// Shows how far fuzzing is, and lets it go on until a signal comes.
    pub(super) fn fuzzed(&self, status: &Status) -> ControlFlow<()> {
        let seconds = status.elapsed.as_secs_f64().max(0.001);
        self.bar.set_length(status.mutants);
        self.bar.set_position(status.mutants);
        self.bar.set_message(format!(
            "mutants, {:.0} conversations a second, {} found",
            status.conversations as f64 / seconds,
            status.findings
        ));
        if self.is_interrupted() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    /// Takes the bar off the terminal, and hands over the checks that were made.
    pub(super) fn finish(self) -> Vec<Check> {
        std::mem::take(&mut locked(&self.checks))
    }
}

/// The checks so far; whole at any moment, whatever became of who held them.
pub(super) fn locked(checks: &Mutex<Vec<Check>>) -> MutexGuard<'_, Vec<Check>> {
    checks.lock().unwrap_or_else(PoisonError::into_inner)
}

impl progress::Progress for Progress {
    /// Shows how far a run is, and lets it go on until a signal comes.
    fn finished(&mut self, done: usize, total: usize, check: &Check) -> ControlFlow<()> {
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
        locked(&self.checks).push(check.clone());
        if check.verdict == Verdict::Fail {
            self.failed += 1;
            self.tell(check);
        }
        let failed = match self.failed {
            0 => String::new(),
            failed => format!("({failed} failed) "),
        };
        let message = Visible::of(format_args!("{failed}{}", check.id));
        self.bar.set_message(message.as_str().to_owned());
        if self.is_interrupted() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
