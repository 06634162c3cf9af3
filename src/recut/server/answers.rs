//! Answers of a server to a turn, or to several turns that were sent together.

use std::time::Duration;

use super::{ENDLESS, FIRST_QUIET, QUIET, UnderWay};
use crate::recut::subject::Peer;
use crate::testee::connection::Connection;
use crate::testee::wait::Patience;

/// The wait for the rest of an answer that cannot become right any more.
const SEEN_WRONG: Duration = Duration::from_millis(300);

/// The wait for the first octet of an answer in the runs from which answers are learned: a server that awaits something
/// else before it answers, or is only starting, sleeps for a while by right.
pub(in crate::recut) const FIRST_OCTET: Duration = Duration::from_secs(3);

impl<P: Peer> UnderWay<'_, '_, P> {
    /// Waits for these answers together, as long as they may come, and takes them.
    pub(super) fn answers(&mut self, first: usize, last: usize) -> Vec<u8> {
        if let Some(rest) = self.talk.rest {
            return self.until_rest(rest);
        }
        let from = self.taken;
        let talk = self.talk;
        let expected = self.expected_len(first, last);
        let most = expected.unwrap_or(0) * 2 + ENDLESS;
        let (mut whole, mut flooded, mut wrong) = (false, false, false);
        let only = talk.learned.filter(|_| first == last);
        let first_octet = self.first_octet(expected);
        let mut wait = |server: &mut P, connection: &mut Connection, patience, once_wrong| {
            connection.wait(server, patience, |connection| {
                let came = &connection.seen()[from..];
                whole = match talk.learned {
                    Some(learned) if first == last => learned.is_answer(first, came),
                    Some(learned) => learned.are_answers(first..=last, came),
                    None => came.len() >= expected.unwrap_or(0).max(1),
                };
                flooded = came.len() > most;
                wrong = !whole && only.is_some_and(|learned| learned.is_beyond_help(first, came));
                whole || flooded || once_wrong && wrong || connection.ending().is_some()
            });
            wrong
        };
        if wait(self.server, &mut self.connection, talk.patience, true) {
            // The rest of it shows what went wrong, and needs no long wait.
            let idle = SEEN_WRONG.max(only.map_or(Duration::ZERO, |learned| learned.slowest * 4));
            let patience = Patience {
                idle: idle.min(talk.patience.idle),
                ..talk.patience
            };
            wait(self.server, &mut self.connection, patience, false);
        }
        if whole {
            self.held.slowest = self.held.slowest.max(first_octet + self.connection.had());
        }
        self.held.flooded |= flooded;
        if self.connection.ending().is_none() && !flooded {
            match talk.learned {
                Some(learned) if whole && !learned.patterns[last].is_open() => {
                    // Octets beyond the right answer show before the next turn.
                    self.server.settle();
                    self.connection.pump();
                }
                None if expected.is_none() => self.quiet(FIRST_QUIET),
                _ => self.quiet(QUIET),
            }
        }
        self.take()
    }

    /// Waits for the first octet of an answer that is not known yet, for as long as a server may sleep by right before
    /// it answers. Returns the time that this took, of the time that the server had.
    fn first_octet(&mut self, expected: Option<usize>) -> Duration {
        let talk = self.talk;
        if talk.learned.is_some() || expected == Some(0) {
            return Duration::ZERO;
        }
        let patience = Patience {
            idle: FIRST_OCTET.max(talk.patience.idle),
            ..talk.patience
        };
        let from = self.taken;
        let mut came = false;
        self.connection.wait(self.server, patience, |connection| {
            came = connection.seen().len() > from;
            came || connection.ending().is_some()
        });
        match came {
            true => self.connection.had(),
            false => Duration::ZERO,
        }
    }

    /// Takes all octets that come until the server rests.
    fn until_rest(&mut self, rest: Duration) -> Vec<u8> {
        self.server.settle();
        self.connection.pump();
        if !rest.is_zero() && self.connection.ending().is_none() {
            let patience = Patience {
                idle: rest,
                busy: self.talk.patience.busy,
            };
            let from = self.taken;
            self.connection.wait(self.server, patience, |connection| {
                connection.ending().is_some() || connection.seen().len() - from > ENDLESS
            });
        }
        self.held.flooded |= self.connection.seen().len() - self.taken > ENDLESS;
        self.take()
    }

    /// The length of these answers together, if it is known.
    pub(super) fn expected_len(&self, first: usize, last: usize) -> Option<usize> {
        if let Some(learned) = self.talk.learned {
            let lens = (first..=last).map(|answer| learned.sample(answer).len());
            return Some(lens.sum());
        }
        (first..=last).try_fold(0, |len, answer| {
            let recorded = self.talk.conversation.answer(answer);
            let recorded = recorded.and_then(|answer| answer.octets.as_ref());
            let hint = recorded.map(crate::trace::octets::Octets::len);
            let hint = hint.or_else(|| Some(self.talk.hints.get(answer)?.len()));
            Some(len + hint?)
        })
    }
}
