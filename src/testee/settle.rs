//! Waiting for a process to come to rest between two conversations.

use std::thread;
use std::time::Duration;

use super::wait::TimeHad;
use super::watch::Activity;

/// How much time a testee may have before it comes to rest between two conversations. What it
/// still does then is left to it.
const SETTLE_BOUND: Duration = Duration::from_millis(200);

/// Once so much time has gone into waiting in vain for it to rest, a testee is taken to be
/// restless by nature.
const RESTLESS_AFTER: Duration = Duration::from_secs(1);

/// How much time one has that is restless by nature.
const RESTLESS_BOUND: Duration = Duration::from_millis(2);

/// How often activity is looked at.
const SAMPLE_EVERY: Duration = Duration::from_micros(100);

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
        let mut time = TimeHad::none();
        let mut last = None;
        loop {
            let activity = activity();
            match activity {
                None => return,
                Some(Activity { asleep: true, .. }) if activity == last => return,
                _ => last = activity,
            }
            time.look(activity);
            if time.is_above(bound) {
                self.restless += bound;
                return;
            }
            thread::sleep(SAMPLE_EVERY);
        }
    }
}
