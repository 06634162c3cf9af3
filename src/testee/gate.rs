//! Drain gating: the next chunk goes out when the receiver has read the last one.

use std::thread;
use std::time::{Duration, Instant};

use super::wait::TimeHad;
use super::watch::{Activity, Backlog};

/// Longest time that a chunk may lie unread in the receive queue before the next one is sent anyway.
const GATE_BOUND: Duration = Duration::from_millis(250);

/// Longest time on the clock that a chunk is waited for which does not arrive, or whose receiver gets
/// no processor.
const STARVED_BOUND: Duration = Duration::from_secs(10);

/// Time for which only the queue is watched, before the threads of the receiver are looked at too.
const GATE_SPIN: Duration = Duration::from_millis(2);

/// Number of unread chunks after which chunks are sent ungated, so that a receiver that waits for
/// more before it reads is served too.
const MAX_STALLS: u32 = 12;

/// The receiving end of the octets that a gate keeps apart.
pub trait Receiver {
    /// The octets sent so far that the receiver has still to read; `None` where that cannot be seen, or
    /// nothing is left to read.
    fn backlog(&mut self) -> Option<Backlog>;

    /// The activity of the receiving process now, if that can be seen.
    fn activity(&mut self) -> Option<Activity>;
}

/// Keeps chunks apart: the next one goes out when the receiver has read the last one.
#[derive(Debug, Default)]
pub struct DrainGate {
    /// Number of chunks that were left unread.
    stalls: u32,
}

impl DrainGate {
    /// Waits until the receiver has nothing left to read, or that cannot be seen, within bounds.
    /// False if the receiver leaves something unread.
    pub fn wait(&mut self, receiver: &mut impl Receiver) -> bool {
        if self.stalls >= MAX_STALLS {
            return true;
        }
        let started = Instant::now();
        let mut time = TimeHad::none();
        let mut last = None;
        while let Some(backlog) = receiver.backlog() {
            let waited = started.elapsed();
            if waited < GATE_SPIN {
                thread::yield_now();
                continue;
            }
            // Octets cannot be read before they have arrived, which can take long on a loaded machine.
            let arrived = backlog.unread > 0;
            let activity = if arrived { receiver.activity() } else { None };
            // A process that sleeps over a queue that is not empty leaves it so on purpose, unless
            // it waits for room to write into.
            let leaves_it = backlog.coming == 0
                && activity.is_some_and(|now| now.asleep)
                && activity == last
                && waited > GATE_SPIN * 5;
            if arrived {
                time.look(activity);
            }
            let in_vain = arrived && time.is_above(GATE_BOUND) || waited > STARVED_BOUND;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testee::wait::MOST_BETWEEN_LOOKS;

    struct Fake<B, A>(B, A);

    impl<B: FnMut() -> Option<Backlog>, A: FnMut() -> Option<Activity>> Receiver for Fake<B, A> {
        fn backlog(&mut self) -> Option<Backlog> {
            self.0()
        }

        fn activity(&mut self) -> Option<Activity> {
            self.1()
        }
    }

    fn gate(
        backlog: impl FnMut() -> Option<Backlog>,
        activity: impl FnMut() -> Option<Activity>,
    ) -> bool {
        DrainGate::default().wait(&mut Fake(backlog, activity))
    }

    const LYING: Backlog = Backlog {
        unread: 1,
        in_flight: 0,
        coming: 0,
    };

    const ASLEEP: Option<Activity> = Some(Activity {
        asleep: true,
        work: 1,
        ran: 1,
    });

    /// A testee sleeps over what has not arrived, and over what it has no room to answer.
    #[test]
    fn a_testee_that_waits_for_the_network_is_waited_for() {
        for left in [(0, 1, 0), (1, 0, 1)] {
            let (unread, in_flight, coming) = left;
            let left = Backlog {
                unread,
                in_flight,
                coming,
            };
            let started = Instant::now();
            let lasts = || started.elapsed() < GATE_BOUND / 2;
            assert!(gate(|| lasts().then_some(left), || ASLEEP));
            assert!(started.elapsed() >= GATE_BOUND / 2);
        }
    }

    #[test]
    fn one_that_sleeps_over_what_it_could_take_is_not() {
        let started = Instant::now();
        assert!(!gate(|| Some(LYING), || ASLEEP));
        assert!(started.elapsed() > GATE_SPIN);
    }

    const fn awake(work: u64) -> Option<Activity> {
        Some(Activity {
            asleep: false,
            work,
            ran: work,
        })
    }

    /// A chunk is kept apart from the next however long the testee waits for a processor, which a
    /// wait by the clock would not do on a loaded machine.
    #[test]
    fn a_testee_that_gets_no_processor_is_waited_for() {
        let started = Instant::now();
        let taken = gate(
            || (started.elapsed() < GATE_BOUND * 2).then_some(LYING),
            || awake(1),
        );
        assert!(taken);
        assert!(started.elapsed() >= GATE_BOUND * 2);
    }

    /// The process is asleep and awake in turns, or awake all the time.
    #[test]
    fn one_that_leaves_octets_lying_is_not() {
        for sleeps in [false, true] {
            let started = Instant::now();
            let mut looks = 0;
            let taken = gate(
                || Some(LYING),
                || {
                    looks += 1;
                    Some(Activity {
                        asleep: sleeps && looks % 2 == 0,
                        work: looks,
                        ran: started.elapsed().as_nanos() as u64,
                    })
                },
            );
            assert!(!taken);
            // No look counts for more than `MOST_BETWEEN_LOOKS`.
            let least = GATE_BOUND.as_millis() / MOST_BETWEEN_LOOKS.as_millis();
            assert!(u128::from(looks) > least, "{looks}");
        }
    }
}
