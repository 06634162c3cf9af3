//! Waits for answers that do not come: their length and their number.

use std::collections::BTreeMap;
use std::time::Duration;

use super::held::Learned;
use crate::testee::wait::Patience;

/// Number of times that a difference must show again, each time between two uncut runs that are well.
const REPEATS: usize = 3;

/// Number of confirmed differences of one turn after which further ones of that turn are confirmed by one
/// repetition: chance has been ruled out by then.
const CONFIRMED_IN_FULL: usize = 3;

/// Number of them after which further ones need no repetition, but an uncut run that is well: a server that takes
/// the octets of one read for a request differs at hundreds of places.
const CONFIRMED_BY_FAR: usize = 8;

/// The same for differences that are waited for: each repetition is one more wait.
const SLOW_CONFIRMED_IN_FULL: usize = 1;

/// Number of differences of one turn that took their time after which further places of it are left out.
const SLOW_DIFFERENCES: usize = 6;

/// Number of them in all turns after which a turn in which one more was found has its further places left out.
const SLOW_IN_ALL: usize = 12;

/// The wait for a server that sleeps, at the first answer that does not come and later.
const FIRST_IDLE: Duration = Duration::from_millis(1_500);
const LATER_IDLE: Duration = Duration::from_millis(300);

/// The later wait for a server that never sleeps for long, or cannot be watched.
const LATER_BUSY: Duration = Duration::from_millis(1_500);

/// The wait for a server that was sent a turn in many pieces, and may take its time for each.
const MANY_PIECES_IDLE: Duration = Duration::from_secs(5);

/// The wait for a sleeping server where little is lost if its answer is missed.
const TRIAL_IDLE: Duration = Duration::from_millis(60);

/// The waits for an answer that will be looked at again if it is missed, or is known to be missing.
const GUESS_IDLE: Duration = Duration::from_millis(100);
const GUESS_BUSY: Duration = Duration::from_millis(500);

/// The waits of one recording so far.
#[derive(Debug)]
pub(super) struct Waits {
    /// The wait for a busy server at first.
    timeout: Duration,
    /// Number of missing answers that have been waited for.
    waited: usize,
    confirmed: BTreeMap<Option<usize>, usize>,
    slow: BTreeMap<Option<usize>, usize>,
}

impl Waits {
    pub(super) const fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            waited: 0,
            confirmed: BTreeMap::new(),
            slow: BTreeMap::new(),
        }
    }

    /// Notes that a missing answer has been waited for.
    pub(super) const fn waited(&mut self) {
        self.waited += 1;
    }

    /// Notes that a difference of a turn was confirmed; `slow` if it took its time.
    pub(super) fn confirmed(&mut self, turn: Option<usize>, slow: bool) {
        *self.confirmed.entry(turn).or_default() += 1;
        *self.slow.entry(turn).or_default() += usize::from(slow);
    }

    fn slow_in(&self, turn: Option<usize>) -> usize {
        self.slow.get(&turn).copied().unwrap_or(0)
    }

    /// True if enough places of a turn differ, each of which took its time.
    pub(super) fn are_enough(&self, turn: Option<usize>) -> bool {
        let here = self.slow_in(turn);
        let in_all: usize = self.slow.values().sum();
        here >= SLOW_DIFFERENCES || here > 0 && in_all >= SLOW_IN_ALL
    }

    /// The number of repetitions of a difference in a turn; `slow` if the difference is waited for.
    pub(super) fn repeats(&self, turn: Option<usize>, slow: bool) -> usize {
        let before = self.confirmed.get(&turn).copied().unwrap_or(0);
        let is_sure =
            before >= CONFIRMED_IN_FULL || slow && self.slow_in(turn) >= SLOW_CONFIRMED_IN_FULL;
        match is_sure {
            true if before >= CONFIRMED_BY_FAR && !slow => 0,
            true => 1,
            false => REPEATS,
        }
    }

    /// The patience with an answer that may be missing.
    pub(super) fn patience(&self, learned: &Learned) -> Patience {
        let late = learned.slowest * 4;
        if self.waited == 0 {
            Patience {
                idle: FIRST_IDLE.max(late),
                busy: self.timeout,
            }
        } else {
            Patience {
                idle: LATER_IDLE.max(late),
                busy: LATER_BUSY.max(late),
            }
        }
    }

    /// The patience with an answer to many pieces, each of which may take its time.
    pub(super) fn of_many_pieces(&self, learned: &Learned) -> Patience {
        let idle = MANY_PIECES_IDLE.max(learned.slowest * 4);
        Patience {
            idle,
            busy: self.timeout.max(idle),
        }
    }

    /// The patience with an answer that was missing a moment ago, less once another is known to be missing.
    pub(super) fn patience_again(&self, learned: &Learned) -> Patience {
        if self.slow.values().any(|slow| *slow > 0) {
            Self::of_a_guess(learned)
        } else {
            self.patience(learned)
        }
    }

    /// The patience with an answer that is looked at again before anything is said of it.
    pub(super) fn of_a_guess(learned: &Learned) -> Patience {
        let late = learned.slowest * 4;
        Patience {
            idle: GUESS_IDLE.max(late),
            busy: GUESS_BUSY.max(late),
        }
    }

    /// The patience with answers to octets that mostly are not a request.
    pub(super) fn of_a_trial(learned: &Learned) -> Patience {
        let idle = TRIAL_IDLE.max(learned.slowest * 4);
        Patience {
            idle,
            busy: LATER_BUSY.max(idle),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_its_time_is_repeated_and_waited_for_less_once_it_is_sure() {
        let learned = Learned::of(&[]);
        let mut waits = Waits::new(Duration::from_secs(5));
        assert_eq!(waits.patience(&learned).busy, Duration::from_secs(5));
        waits.waited();
        assert_eq!(waits.patience(&learned).busy, LATER_BUSY);
        assert_eq!(waits.patience_again(&learned).busy, LATER_BUSY);
        assert_eq!(waits.repeats(Some(0), true), REPEATS);
        waits.confirmed(Some(0), true);
        assert_eq!(waits.repeats(Some(0), true), 1);
        assert_eq!(waits.patience_again(&learned).busy, GUESS_BUSY);
        // Answers that come at once cost little, and chance is ruled out in each turn.
        assert_eq!(waits.repeats(Some(0), false), REPEATS);
        assert_eq!(waits.repeats(Some(1), true), REPEATS);
    }

    #[test]
    fn what_differs_nearly_everywhere_is_not_repeated_at_each_place() {
        let mut waits = Waits::new(Duration::from_secs(5));
        let mut repeats = Vec::new();
        for _ in 0..10 {
            repeats.push(waits.repeats(Some(0), false));
            waits.confirmed(Some(0), false);
        }
        assert_eq!(repeats, [3, 3, 3, 1, 1, 1, 1, 1, 0, 0]);
        assert_eq!(waits.repeats(Some(0), true), 1);
        assert_eq!(waits.repeats(Some(1), false), 3);
    }

    #[test]
    fn the_places_that_are_waited_for_are_bounded_in_a_turn_and_in_all() {
        let mut waits = Waits::new(Duration::from_secs(5));
        let mut found = Vec::new();
        for turn in 0..5 {
            while !waits.are_enough(Some(turn)) {
                waits.confirmed(Some(turn), true);
                found.push(turn);
            }
        }
        let of = |turn| found.iter().filter(|found| **found == turn).count();
        assert_eq!([of(0), of(1), of(2), of(3), of(4)], [6, 6, 1, 1, 1]);
        waits.confirmed(Some(5), false);
        assert!(!waits.are_enough(Some(5)));
    }
}
