//! The context that all connections of one run share: the plan, and the log of what has passed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::cut::{Cut, Direction};
use super::log::{Hold, Log};
use super::tape::Tape;
use crate::framing::Framing;

/// The way in which the octets of a run are passed on.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The cuts.
    pub cut: Cut,
    /// The delays of a control, which does not cut, but is as late: it tells a client that is cut from a client
    /// that is late.
    pub late: Option<Late>,
    /// The framing of the streams, for [`Cut::Edges`].
    pub framing: Option<Arc<Framing>>,
}

impl Plan {
    /// A plan that cuts, and no more.
    #[must_use]
    pub const fn of(cut: Cut) -> Self {
        Self {
            cut,
            late: None,
            framing: None,
        }
    }
}

/// The delays of octets that come whole.
#[derive(Debug, Clone, Copy)]
pub struct Late {
    /// Time for which each burst is held back for each cut that it would have.
    pub each: Duration,
    /// Longest time for which all bursts of a stream are held back together.
    pub all: Duration,
}

/// A run, as its connections know it.
pub(super) struct Context {
    pub(super) plan: Plan,
    pub(super) log: Log,
    directions: Vec<Direction>,
    tape: Option<Arc<Tape>>,
    stopped: AtomicBool,
}

impl Context {
    pub(super) fn new(plan: Plan, directions: &[Direction], tape: Option<Arc<Tape>>) -> Self {
        Self {
            plan,
            log: Log::default(),
            directions: directions.to_vec(),
            tape,
            stopped: AtomicBool::new(false),
        }
    }

    /// True if streams of this direction are cut.
    pub(super) fn cuts(&self, direction: Direction) -> bool {
        self.directions.contains(&direction)
    }

    /// Notes octets that pass.
    pub(super) fn passes(&self, number: u32, direction: Direction, octets: &[u8]) {
        self.log.count(octets.len());
        if let Some(tape) = &self.tape {
            tape.octets(number, direction, octets);
        }
    }

    /// Notes that octets are held back until the guard is dropped.
    pub(super) fn hold(&self) -> Hold<'_> {
        self.log.hold()
    }

    /// Notes that a stream ends, or its connection is reset.
    pub(super) fn ends(&self, number: u32, direction: Direction) {
        if let Some(tape) = &self.tape {
            tape.end(number, direction);
        }
    }

    /// Notes that the run is over: connections are being ended.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }
}
