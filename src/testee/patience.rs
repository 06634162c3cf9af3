//! How long to wait: for what does not come, and for a testee to come to rest.

use std::thread;
use std::time::{Duration, Instant};

use super::procfs::Activity;

/// How often a testee's threads are looked at while something is missing.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How long a busy testee may leave octets in its queue before the next chunk goes out anyway.
const GATE_BOUND: Duration = Duration::from_millis(250);

/// How long its queue is watched closely before its threads are looked at too.
const GATE_SPIN: Duration = Duration::from_millis(2);

/// After so many chunks that were left lying, chunks go out ungated: a testee that waits for
/// more before it reads is served.
const MAX_STALLS: u32 = 12;

/// How long a testee may take to come to rest between two conversations. What it still does
/// then is left to it.
const SETTLE_BOUND: Duration = Duration::from_millis(200);

/// Once so much time has gone into waiting in vain for it to rest, a testee is taken to be
/// restless by nature.
const RESTLESS_AFTER: Duration = Duration::from_secs(1);

/// How long one that is restless by nature is waited for.
const RESTLESS_BOUND: Duration = Duration::from_millis(2);

/// How often activity is looked at.
const SAMPLE_EVERY: Duration = Duration::from_micros(100);

/// How long to wait for what does not come.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a testee that sleeps over an empty queue: it has nothing left to answer.
    pub idle: Duration,
    /// For one that is busy, or that cannot be seen, since it sent something last.
    pub busy: Duration,
}

/// For how long a testee has been idle: all of its threads asleep, and nothing done between
/// two looks; or, where that cannot be seen, nothing left in its queue.
#[derive(Debug, Default)]
pub(super) struct Idleness {
    last: Option<(Instant, Option<Activity>)>,
    idle: Duration,
}

impl Idleness {
    pub(super) const fn so_far(&self) -> Duration {
        self.idle
    }

    pub(super) fn look(&mut self, activity: Option<Activity>, taken: bool) {
        let now = Instant::now();
        if let Some((then, before)) = self.last {
            let rested = match (before, activity) {
                (Some(before), Some(now)) => now.asleep && before == now,
                // It cannot be seen: nothing in its queue has to do, and counts for less.
                (None, None) => true,
                _ => false,
            };
            // Asleep over a queue that is not empty, it does not mean to take it.
            if rested && (taken || activity.is_some()) {
                // Time that we were not running ourselves proves nothing about the testee.
                let mut passed = (now - then).min(LOOK_EVERY * 2);
                if activity.is_none() {
                    passed /= 3;
                }
                self.idle += passed;
            } else {
                self.idle = Duration::ZERO;
            }
        }
        self.last = Some((now, activity));
    }
}

/// Keeps chunks apart: the next goes out when the testee has taken the last.
#[derive(Debug, Default)]
pub(super) struct Gate {
    /// How many chunks were left lying.
    stalls: u32,
}

impl Gate {
    /// Waits until nothing is `left` for the testee to take, or that cannot be seen, within
    /// bounds.
    pub(super) fn pass(
        &mut self,
        mut left: impl FnMut() -> Option<u64>,
        mut activity: impl FnMut() -> Option<Activity>,
    ) {
        if self.stalls >= MAX_STALLS {
            return;
        }
        let started = Instant::now();
        let mut last = None;
        while left().is_some() {
            let waited = started.elapsed();
            if waited < GATE_SPIN {
                thread::yield_now();
                continue;
            }
            let activity = activity();
            // One that sleeps over a queue that is not empty leaves it so on purpose.
            let leaves_it = activity.is_some_and(|now| now.asleep) && activity == last;
            if leaves_it && waited > GATE_SPIN * 5 || waited > GATE_BOUND {
                self.stalls += 1;
                return;
            }
            last = activity;
            thread::sleep(GATE_SPIN / 2);
        }
    }
}

/// Waits for a testee to come to rest between two conversations.
#[derive(Debug, Default)]
pub(super) struct Settling {
    /// The time that went into waiting in vain.
    restless: Duration,
}

impl Settling {
    /// Waits until every thread of the testee sleeps and has done nothing between two looks,
    /// within bounds.
    pub(super) fn settle(&mut self, mut activity: impl FnMut() -> Option<Activity>) {
        let bound = if self.restless < RESTLESS_AFTER {
            SETTLE_BOUND
        } else {
            RESTLESS_BOUND
        };
        let started = Instant::now();
        let mut last = None;
        loop {
            let activity = activity();
            match activity {
                None => return,
                Some(Activity { asleep: true, .. }) if activity == last => return,
                _ => last = activity,
            }
            if started.elapsed() > bound {
                self.restless += bound;
                return;
            }
            thread::sleep(SAMPLE_EVERY);
        }
    }
}
