//! How long to wait: for what does not come, and for a testee to come to rest.

use std::thread;
use std::time::{Duration, Instant};

use super::procfs::Activity;
use super::queue::Left;

/// How often a testee's threads are looked at while something is missing.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How much time a testee may have and leave octets in its queue before the next chunk goes out
/// anyway.
const GATE_BOUND: Duration = Duration::from_millis(250);

/// How long its queue is watched closely before its threads are looked at too.
const GATE_SPIN: Duration = Duration::from_millis(2);

/// After so many chunks that were left lying, chunks go out ungated: a testee that waits for
/// more before it reads is served.
const MAX_STALLS: u32 = 12;

/// How much time a testee may have before it comes to rest between two conversations. What it
/// still does then is left to it.
const SETTLE_BOUND: Duration = Duration::from_millis(200);

/// Once so much time has gone into waiting in vain for it to rest, a testee is taken to be
/// restless by nature.
const RESTLESS_AFTER: Duration = Duration::from_secs(1);

/// How much time one has that is restless by nature.
const RESTLESS_BOUND: Duration = Duration::from_millis(2);

/// How much longer a testee is waited for that wants a processor, or a disk, and does not get it.
const STARVED_BOUND: Duration = Duration::from_secs(10);

/// One that sends octet after octet is waited for so many times as long as one that is silent.
const MOST_PATIENCE: u32 = 12;

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
struct TimeHad {
    started: Instant,
    counted_until: Instant,
    work: Option<u64>,
    had: Duration,
}

impl TimeHad {
    fn none() -> Self {
        let now = Instant::now();
        Self {
            started: now,
            counted_until: now,
            work: None,
            had: Duration::ZERO,
        }
    }

    fn look(&mut self, activity: Option<Activity>) {
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

    fn is_above(&self, bound: Duration) -> bool {
        self.had > bound || self.started.elapsed() > bound + STARVED_BOUND
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
    /// bounds. False if it leaves something lying.
    pub(super) fn pass(
        &mut self,
        mut left: impl FnMut() -> Option<Left>,
        mut activity: impl FnMut() -> Option<Activity>,
    ) -> bool {
        if self.stalls >= MAX_STALLS {
            return true;
        }
        let started = Instant::now();
        let mut time = TimeHad::none();
        let mut last = None;
        while let Some(left) = left() {
            let waited = started.elapsed();
            if waited < GATE_SPIN {
                thread::yield_now();
                continue;
            }
            // Nothing can be taken before it has arrived, and on a loaded machine that may last.
            let arrived = left.waiting > 0;
            let activity = if arrived { activity() } else { None };
            // One that sleeps over a queue that is not empty leaves it so on purpose, unless it
            // waits for room to write into.
            let leaves_it = left.coming == 0
                && activity.is_some_and(|now| now.asleep)
                && activity == last
                && waited > GATE_SPIN * 5;
            let in_vain = if arrived {
                time.look(activity);
                time.is_above(GATE_BOUND)
            } else {
                waited > STARVED_BOUND
            };
            if leaves_it || in_vain {
                self.stalls += 1;
                return false;
            }
            last = activity;
            thread::sleep(GATE_SPIN / 2);
        }
        true
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

#[cfg(test)]
mod tests {
    use super::*;

    const LYING: Left = Left {
        waiting: 1,
        on_the_way: 0,
        coming: 0,
    };

    const ASLEEP: Option<Activity> = Some(Activity {
        asleep: true,
        work: 1,
    });

    /// A testee sleeps over what has not arrived, and over what it has no room to answer.
    #[test]
    fn a_testee_that_waits_for_the_network_is_waited_for() {
        for left in [(0, 1, 0), (1, 0, 1)] {
            let (waiting, on_the_way, coming) = left;
            let left = Left {
                waiting,
                on_the_way,
                coming,
            };
            let started = Instant::now();
            let lasts = || started.elapsed() < GATE_BOUND / 2;
            assert!(Gate::default().pass(|| lasts().then_some(left), || ASLEEP));
            assert!(started.elapsed() >= GATE_BOUND / 2);
        }
    }

    #[test]
    fn one_that_sleeps_over_what_it_could_take_is_not() {
        let started = Instant::now();
        assert!(!Gate::default().pass(|| Some(LYING), || ASLEEP));
        assert!(started.elapsed() > GATE_SPIN);
    }

    const fn awake(work: u64) -> Option<Activity> {
        Some(Activity {
            asleep: false,
            work,
        })
    }

    /// A chunk is kept apart from the next however long the testee waits for a processor, which a
    /// wait by the clock would not do on a loaded machine.
    #[test]
    fn a_testee_that_gets_no_processor_is_waited_for() {
        let mut gate = Gate::default();
        let started = Instant::now();
        let taken = gate.pass(
            || (started.elapsed() < GATE_BOUND * 2).then_some(LYING),
            || awake(1),
        );
        assert!(taken);
        assert!(started.elapsed() >= GATE_BOUND * 2);
    }

    /// Whether it does so asleep and awake in turns, or awake all the time.
    #[test]
    fn one_that_leaves_octets_lying_is_not() {
        for sleeps in [false, true] {
            let mut gate = Gate::default();
            let mut looks = 0;
            let taken = gate.pass(
                || Some(LYING),
                || {
                    looks += 1;
                    Some(Activity {
                        asleep: sleeps && looks % 2 == 0,
                        work: looks,
                    })
                },
            );
            assert!(!taken);
            // No look counts for more than so much.
            let least = GATE_BOUND.as_millis() / (LOOK_EVERY * 2).as_millis();
            assert!(u128::from(looks) > least, "{looks}");
        }
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
