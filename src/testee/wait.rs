//! How long to wait for something that may never come.

use std::time::{Duration, Instant};

use super::watch::Activity;

/// How often a testee's threads are looked at while something is missing.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How much longer a testee is waited for that wants a processor, or a disk, and does not get it.
pub(super) const STARVED_BOUND: Duration = Duration::from_secs(10);

/// One that sends octet after octet is waited for so many times as long as one that is silent.
const MOST_PATIENCE: u32 = 12;

/// How long to wait for what does not come.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a testee that sleeps over an empty queue: it has nothing left to answer.
    pub idle: Duration,
    /// For one that is busy, or that cannot be seen, since it sent something last.
    pub busy: Duration,
}

/// A wait for something of a testee, measured by what the testee makes of the time.
#[derive(Debug)]
pub(super) struct Waiting {
    idle: Idleness,
    /// Since something came last.
    busy: TimeHad,
    whole: TimeHad,
}

impl Waiting {
    pub(super) fn begin() -> Self {
        Self {
            idle: Idleness::default(),
            busy: TimeHad::none(),
            whole: TimeHad::none(),
        }
    }

    /// More may come too.
    pub(super) fn something_came(&mut self) {
        self.idle = Idleness::default();
        self.busy = TimeHad::none();
    }

    /// What is on its way, to the testee or from it, breaks any idleness.
    pub(super) fn something_travels(&mut self) {
        self.idle = Idleness::default();
    }

    /// Looks at the testee, who has or has not `taken` all that was sent.
    pub(super) fn look(&mut self, activity: Option<Activity>, taken: bool) {
        self.idle.look(activity, taken);
        self.busy.look(activity);
        self.whole.look(activity);
    }

    /// Whether nothing more is to be expected.
    pub(super) fn is_over(&self, patience: Patience) -> bool {
        // What comes slowly comes all the same, within reason.
        self.idle.idle >= patience.idle
            || self.busy.is_above(patience.busy)
            || self.whole.is_above(patience.busy * MOST_PATIENCE)
    }
}

/// For how long a testee has been idle: all of its threads asleep, and nothing done between
/// two looks; or, where that cannot be seen, nothing left in its queue.
#[derive(Debug, Default)]
struct Idleness {
    last: Option<(Instant, Option<Activity>)>,
    idle: Duration,
}

impl Idleness {
    fn look(&mut self, activity: Option<Activity>, taken: bool) {
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

/// The time that a testee has had: the time that it slept or ran, or all of it where that cannot be
/// seen. What it waited for a processor or a disk, and what we waited for one, proves nothing
/// about it.
#[derive(Debug)]
pub(super) struct TimeHad {
    started: Instant,
    counted_until: Instant,
    work: Option<u64>,
    had: Duration,
}

impl TimeHad {
    pub(super) fn none() -> Self {
        let now = Instant::now();
        Self {
            started: now,
            counted_until: now,
            work: None,
            had: Duration::ZERO,
        }
    }

    pub(super) fn look(&mut self, activity: Option<Activity>) {
        let passed = self.counted_until.elapsed();
        let had = match activity {
            None => passed,
            // The system counts at its ticks: one that runs all the time has had the time since
            // the last of them.
            Some(now) if now.asleep || self.work.is_some_and(|work| work != now.work) => {
                passed.min(LOOK_EVERY * 2)
            }
            Some(now) => {
                self.work.get_or_insert(now.work);
                return;
            }
        };
        self.had += had;
        self.counted_until += passed;
        self.work = activity.map(|activity| activity.work);
    }

    pub(super) fn is_above(&self, bound: Duration) -> bool {
        self.had > bound || self.started.elapsed() > bound + STARVED_BOUND
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    const ASLEEP: Option<Activity> = Some(Activity {
        asleep: true,
        work: 1,
    });

    const fn awake(work: u64) -> Option<Activity> {
        Some(Activity {
            asleep: false,
            work,
        })
    }

    const PATIENCE: Patience = Patience {
        idle: Duration::from_millis(100),
        busy: Duration::from_millis(5),
    };

    /// How long a wait lasts, within `most`, for a testee that shows this, one look after the other,
    /// and of whom something comes or nothing does.
    fn lasts(
        most: Duration,
        mut activity: impl FnMut(u64) -> Option<Activity>,
        comes: bool,
    ) -> Duration {
        let mut waiting = Waiting::begin();
        let started = Instant::now();
        let mut looks = 0;
        while !waiting.is_over(PATIENCE) && started.elapsed() < most {
            waiting.look(activity(looks), true);
            if comes {
                waiting.something_came();
            }
            looks += 1;
            thread::yield_now();
        }
        started.elapsed()
    }

    #[test]
    fn a_wait_lasts_as_long_as_the_testee_makes_something_of_it() {
        // It runs all the time, and nothing comes of it.
        let most = STARVED_BOUND;
        assert!((PATIENCE.busy..most).contains(&lasts(most, awake, false)));
        // Octet after octet comes, without an end.
        let drips = PATIENCE.busy * MOST_PATIENCE;
        assert!((drips..most).contains(&lasts(most, awake, true)));
        // It gets no processor.
        let starved = PATIENCE.busy * 40;
        assert!(lasts(starved, |_| awake(1), false) >= starved);
    }

    #[test]
    fn a_wait_for_one_that_sleeps_is_over_when_it_has_slept_long_enough() {
        let mut waiting = Waiting::begin();
        let patience = Patience {
            busy: PATIENCE.idle * 10,
            ..PATIENCE
        };
        let started = Instant::now();
        while !waiting.is_over(patience) {
            waiting.look(ASLEEP, true);
            thread::yield_now();
        }
        assert!(started.elapsed() >= patience.idle);
        waiting.something_travels();
        assert!(!waiting.is_over(patience));
    }
}
