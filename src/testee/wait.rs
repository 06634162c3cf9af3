//! Waits for something that may never come, and their limits.
//!
//! On a loaded machine time alone proves nothing: the time that a process spends waiting for a
//! processor says nothing about it. What counts is the time that it was blocked and the processor
//! time that it used.

use std::time::{Duration, Instant};

use super::watch::Activity;

/// Interval between looks at the threads of a process while something is missing.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Interval between such looks after a while: a look takes processor time, which processes that are waited
/// for side by side need.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_millis(20);

/// The share of a wait after which the next look is due, as a divisor.
const SHARE_OF_WAIT: u32 = 8;

/// Longest interval between two looks that counts as time the process had. A longer one means that
/// this process was not running itself.
pub(super) const MOST_BETWEEN_LOOKS: Duration = Duration::from_millis(25);

/// Extra time on the clock for a process that is runnable, or blocked on disk, and makes no progress.
const STARVED_BOUND: Duration = Duration::from_secs(60);

/// Extra time on the clock for a process that makes progress, however little of a processor it gets: beside four busy
/// loops a fifth, beside a build of higher priority a hundredth.
const SHARED_BOUND: Duration = Duration::from_secs(600);

/// Factor by which a process that sends octet after octet is waited for longer than a silent one.
const MOST_PATIENCE: u32 = 12;

/// Processor time that a process may use, at once, and still be idle: what it costs to wake for a
/// timer and to find nothing to do.
const IDLE_WORK: Duration = Duration::from_millis(1);

/// The same as a share of the idle time, as a divisor: one percent. A loop that polls twice a second
/// uses a fiftieth of this, the timers of a virtual machine a tenth.
const IDLE_SHARE: u32 = 100;

/// Time limits of a wait for something that does not come.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a process that is idle over an empty queue: it has nothing left to answer.
    pub idle: Duration,
    /// For a process that is busy: processor time and time blocked since it sent something last. On the clock
    /// for a process that cannot be seen.
    pub busy: Duration,
}

/// A wait for something of a process, measured by what the process makes of the time.
#[derive(Debug)]
pub(super) struct Waiting {
    idle: Idleness,
    /// The time since something came last.
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

    /// The time after this look at which the next one is due.
    pub(super) fn next_look(&self) -> Duration {
        let waited = self.whole.started.elapsed();
        (waited / SHARE_OF_WAIT).clamp(LOOK_EVERY, LOOK_AT_LEAST_EVERY)
    }

    /// Starts the idle and the busy time again, because more may come.
    pub(super) fn something_came(&mut self) {
        self.idle = Idleness::default();
        self.busy = TimeHad::none();
    }

    /// Octets in flight, in either direction, end any idleness.
    pub(super) fn something_travels(&mut self) {
        self.idle = Idleness::default();
    }

    /// Looks at the process, which has `unread` octets still to read, if that can be seen.
    pub(super) fn look(&mut self, activity: Option<Activity>, unread: Option<u64>) {
        self.idle.look(activity, unread);
        self.busy.look(activity);
        self.whole.look(activity);
    }

    /// The time that the process has had since the wait began: blocked, or running.
    pub(super) const fn had(&self) -> Duration {
        self.whole.had
    }

    /// True if the process has been idle for as long as `patience` says.
    pub(super) fn rests(&self, patience: Patience) -> bool {
        self.idle.idle >= patience.idle
    }

    /// True if nothing more is to be expected.
    pub(super) fn is_over(&self, patience: Patience) -> bool {
        // A process that sends slowly is waited for all the same, within reason.
        self.rests(patience)
            || self.busy.is_above(patience.busy)
            || self.whole.is_above(patience.busy * MOST_PATIENCE)
    }
}

/// Time that a process has been idle: every thread is blocked, it reads nothing, and it does nothing but
/// wake for a timer. Where its threads cannot be seen, an empty queue counts instead, for less.
#[derive(Debug, Default)]
struct Idleness {
    last: Option<(Instant, Option<Activity>)>,
    unread: Option<u64>,
    idle: Duration,
    /// Processor time used since it has been idle.
    ran: Duration,
}

impl Idleness {
    fn look(&mut self, activity: Option<Activity>, unread: Option<u64>) {
        let now = Instant::now();
        let Some((then, before)) = self.last else {
            self.last = Some((now, activity));
            return;
        };
        if unread != self.unread {
            self.unread = unread;
            self.restart();
        }
        // Time that we were not running ourselves proves nothing about the process.
        let mut passed = (now - then).min(MOST_BETWEEN_LOOKS);
        match (before, activity) {
            (Some(before), Some(seen)) => {
                self.ran += Duration::from_nanos(seen.ran.wrapping_sub(before.ran));
                let allowed = IDLE_WORK + (self.idle + passed) / IDLE_SHARE;
                if self.ran > allowed {
                    self.restart();
                    passed = Duration::ZERO;
                } else if !seen.asleep {
                    // The process may have woken for a timer: the next look says what it made of it.
                    passed = Duration::ZERO;
                }
            }
            // The process cannot be seen: an empty queue has to do, and counts for less.
            (None, None) if unread.is_none_or(|unread| unread == 0) => passed /= 3,
            _ => {
                self.restart();
                passed = Duration::ZERO;
            }
        }
        self.idle += passed;
        self.last = Some((now, activity));
    }

    fn restart(&mut self) {
        self.idle = Duration::ZERO;
        self.ran = Duration::ZERO;
    }
}

/// Time that a process has had: blocked, or running on a processor; all of it where that cannot be
/// seen. Time that it waited for a processor or a disk, and time that we did, is left out.
#[derive(Debug)]
pub(super) struct TimeHad {
    started: Instant,
    /// The last look that saw progress.
    counted_until: Instant,
    ran: Option<u64>,
    had: Duration,
}

impl TimeHad {
    pub(super) fn none() -> Self {
        let now = Instant::now();
        Self {
            started: now,
            counted_until: now,
            ran: None,
            had: Duration::ZERO,
        }
    }

    pub(super) fn look(&mut self, activity: Option<Activity>) {
        let passed = self.counted_until.elapsed();
        let had = match (activity, self.ran) {
            (None, _) => passed,
            (Some(now), _) if now.asleep => passed.min(MOST_BETWEEN_LOOKS),
            // The system counts at its ticks, so this comes in lumps. Threads that run side by side
            // make no more of the time than one.
            (Some(now), Some(before)) if now.ran != before => {
                Duration::from_nanos(now.ran.wrapping_sub(before)).min(passed)
            }
            (Some(now), _) => {
                self.ran.get_or_insert(now.ran);
                return;
            }
        };
        self.had += had;
        self.counted_until += passed;
        self.ran = activity.map(|activity| activity.ran);
    }

    pub(super) fn is_above(&self, bound: Duration) -> bool {
        self.had > bound
            || self.counted_until.elapsed() > bound + STARVED_BOUND
            || self.started.elapsed() > bound + SHARED_BOUND
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    const ASLEEP: Option<Activity> = Some(Activity {
        asleep: true,
        work: 1,
        ran: 1,
    });

    const fn awake(ran: u64) -> Option<Activity> {
        Some(Activity {
            asleep: false,
            work: ran,
            ran,
        })
    }

    const PATIENCE: Patience = Patience {
        idle: Duration::from_millis(100),
        busy: Duration::from_millis(5),
    };

    /// Length of a wait, within `most`, for a process that shows this activity, one look after the other, and
    /// of which something comes or nothing does.
    fn lasts(
        most: Duration,
        mut activity: impl FnMut(u64) -> Option<Activity>,
        comes: bool,
    ) -> Duration {
        let mut waiting = Waiting::begin();
        let started = Instant::now();
        let mut looks = 0;
        while !waiting.is_over(PATIENCE) && started.elapsed() < most {
            waiting.look(activity(looks), Some(0));
            if comes {
                waiting.something_came();
            }
            looks += 1;
            thread::yield_now();
        }
        started.elapsed()
    }

    #[test]
    fn a_wait_lasts_as_long_as_the_process_makes_something_of_it() {
        // The process runs all the time, and nothing comes of it.
        let most = Duration::from_secs(10);
        let begin = Instant::now();
        let runs = |_| awake(begin.elapsed().as_nanos() as u64);
        assert!((PATIENCE.busy..most).contains(&lasts(most, runs, false)));
        // Octet after octet comes, without an end.
        let drips = PATIENCE.busy * MOST_PATIENCE;
        assert!((drips..most).contains(&lasts(most, runs, true)));
        // The process gets no processor.
        let starved = PATIENCE.busy * 40;
        assert!(lasts(starved, |_| awake(1), false) >= starved);
        // The process gets a tenth of one.
        let tenth = |_| awake(begin.elapsed().as_nanos() as u64 / 10);
        assert!(lasts(most, tenth, false) >= PATIENCE.busy * 9);
    }

    #[test]
    fn the_clock_counts_only_where_nothing_moves() {
        let ago = |time| Instant::now().checked_sub(time).unwrap();
        let bound = PATIENCE.busy;
        let mut time = TimeHad {
            started: ago(bound + STARVED_BOUND),
            counted_until: ago(bound + STARVED_BOUND),
            ran: Some(1),
            had: Duration::ZERO,
        };
        assert!(time.is_above(bound));
        time.look(awake(1));
        assert!(time.is_above(bound));
        time.look(awake(2));
        assert!(!time.is_above(bound));
        time.started = ago(bound + SHARED_BOUND);
        assert!(time.is_above(bound));
    }

    /// Length of a wait for a process that is blocked, wakes after each interval `every`, and uses the
    /// processor time `cost` then.
    fn lasts_for_poller(every: Duration, cost: Duration, unread: impl Fn(u64) -> u64) -> Duration {
        let mut waiting = Waiting::begin();
        let patience = Patience {
            busy: PATIENCE.idle * 6,
            ..PATIENCE
        };
        let started = Instant::now();
        while !waiting.is_over(patience) {
            let wakes = started.elapsed().as_nanos() / every.as_nanos();
            let activity = Activity {
                asleep: true,
                work: wakes as u64,
                ran: (wakes * cost.as_nanos()) as u64,
            };
            waiting.look(Some(activity), Some(unread(wakes as u64)));
            thread::sleep(Duration::from_millis(1));
        }
        started.elapsed()
    }

    #[test]
    fn a_process_that_only_wakes_for_a_timer_is_idle() {
        let (every, cost) = (Duration::from_millis(20), Duration::from_micros(50));
        let patient = PATIENCE.idle * 6;
        let polls = lasts_for_poller(every, cost, |_| 0);
        assert!((PATIENCE.idle..patient).contains(&polls), "{polls:?}");
        // A process that reads an octet each time is not idle, nor is one that does some work.
        assert!(lasts_for_poller(every, cost, |wakes| 1000 - wakes) >= patient);
        assert!(lasts_for_poller(every, cost * 20, |_| 0) >= patient);
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
            waiting.look(ASLEEP, Some(0));
            thread::yield_now();
        }
        assert!(started.elapsed() >= patience.idle);
        waiting.something_travels();
        assert!(!waiting.is_over(patience));
    }
}
