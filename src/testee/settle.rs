//! Waiting for a process to come to rest between two conversations.

use std::thread;
use std::time::Duration;

use super::wait::TimeHad;
use super::watch::Activity;

/// Time that a process may have to come to rest between two conversations. What it still does then is
/// left to it.
const SETTLE_BOUND: Duration = Duration::from_millis(200);

/// Sum of timed-out waits after which a process is taken to be restless by nature.
const RESTLESS_AFTER: Duration = Duration::from_secs(1);

/// Time that a restless process has.
const RESTLESS_BOUND: Duration = Duration::from_millis(2);

/// Interval between looks at the activity.
const SAMPLE_EVERY: Duration = Duration::from_micros(100);

/// Waits for a process to come to rest between two conversations.
#[derive(Debug, Default)]
pub(super) struct Settling {
    /// Sum of the waits that timed out.
    restless: Duration,
}

impl Settling {
    /// Waits until every thread is blocked and has done nothing between two looks, within bounds.
    pub(super) fn settle(&mut self, activity: impl FnMut() -> Option<Activity>) {
        let bound = if self.restless < RESTLESS_AFTER {
            SETTLE_BOUND
        } else {
            RESTLESS_BOUND
        };
        if !come_to_rest(bound, activity) {
            self.restless += bound;
        }
    }
}

/// Waits until every thread is blocked and has done nothing between two looks, or that cannot be seen. False
/// if the process has had as much time as `bound` and still does something.
pub(super) fn come_to_rest(
    bound: Duration,
    mut activity: impl FnMut() -> Option<Activity>,
) -> bool {
    let mut time = TimeHad::none();
    let mut last = None;
    loop {
        let activity = activity();
        match activity {
            None => return true,
            Some(Activity { asleep: true, .. }) if activity == last => return true,
            _ => last = activity,
        }
        time.look(activity);
        if time.is_above(bound) {
            return false;
        }
        thread::sleep(SAMPLE_EVERY);
    }
}
