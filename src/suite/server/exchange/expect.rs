//! Expectations of what comes back in a conversation: payloads, answers, nothing, or the close.

use std::time::Duration;

use super::Talk;
use crate::framing::Place;
use crate::judge::evidence::Wanted;
use crate::suite::derived::adapted;
use crate::suite::server::failure::{Failure, HeldBack, What};
use crate::suite::server::reading::{delivery, idle, last_delivery};
use crate::suite::server::reply_form::Difference;
use crate::testee::connection::Ending;
use crate::testee::server::Server;
use crate::testee::wait::Patience;
use crate::trace::answer::Answer;
use crate::trace::octets::Octets;

/// Longest time that a server may rest after another message before a reply is taken for lost.
const WHY: Duration = Duration::from_millis(250);

impl Talk<'_, '_> {
    /// True if the connection ended so that the server may rightly have left out replies that it owed: by a
    /// reset, or by any close after a protocol error (SES-8).
    fn may_lose_replies(&self) -> bool {
        let sent = self.connection.sent();
        let was_right = self.terms.unread_behind.is_some_and(|place| sent > place);
        let excused = |ending: Ending| self.terms.after_an_error || ending.is_reset();
        was_right && self.connection.ending().is_some_and(excused)
    }

    /// Waits for the next payload and compares it.
    pub(crate) fn deliver(
        &mut self,
        testee: &mut Server,
        expected: &[u8],
    ) -> Result<(), Box<Failure>> {
        let from = self.accounted;
        let framing = &self.terms.framing;
        let next = |octets: &[u8]| delivery(framing, from == 0, &octets[from..]);
        self.connection
            .wait(testee, self.terms.patience, |connection| {
                next(connection.seen()).is_some() || connection.ending().is_some()
            });
        let seen = self.connection.seen();
        let delivered = next(seen).or_else(|| {
            self.connection.ending()?;
            let last = last_delivery(framing, &seen[from..])?;
            Some((last, seen.len() - from))
        });
        let Some((delivered, length)) = delivered else {
            if self.may_lose_replies() {
                self.accounted = self.connection.seen().len();
                return Ok(());
            }
            return Err(self.not_delivered(testee, expected));
        };
        let (form, strict) = (&self.terms.form, self.terms.strict);
        if let Err(difference) = form.compare(expected, &delivered, strict) {
            return Err(self.otherwise(testee, expected, difference));
        }
        self.accounted += length;
        self.delivered += 1;
        Ok(())
    }

    /// The failure of a payload that has not come.
    fn not_delivered(&mut self, testee: &mut Server, expected: &[u8]) -> Box<Failure> {
        let (number, from) = (self.delivered + 1, self.accounted);
        let partial = self.connection.seen().len() - from;
        let came = match partial {
            0 => "nothing".to_owned(),
            _ => format!("{partial} octets that are no whole frame"),
        };
        let (what, message) = match self.connection.ending() {
            None => (
                What::Missing,
                format!(
                    "delivery {number} did not come; the server sent {came} and left the connection open"
                ),
            ),
            Some(_) => (
                What::ClosedInstead,
                format!("the server closed instead of delivery {number}, and sent {came}"),
            ),
        };
        let mut failure = self.of_delivery(testee, expected, what, &message);
        if failure.what == What::Missing && self.terms.asks_why {
            failure.held_back = self.held_back(testee, expected, from);
        }
        failure
    }

    /// The failure of a payload in whose place another has come.
    fn otherwise(
        &mut self,
        testee: &mut Server,
        expected: &[u8],
        difference: Difference,
    ) -> Box<Failure> {
        let number = self.delivered + 1;
        let how = match difference {
            Difference::Form => "has not the prescribed form of a reply",
            Difference::Time => "gives a time that is not this time anywhere on earth",
            Difference::Text => "is not what was sent",
        };
        // Octets that are still on their way belong to the picture.
        testee.settle();
        self.connection.pump();
        let message = format!("delivery {number} {how}");
        self.of_delivery(testee, expected, What::Different(difference), &message)
    }

    fn of_delivery(
        &self,
        testee: &mut Server,
        expected: &[u8],
        what: What,
        message: &str,
    ) -> Box<Failure> {
        let wanted = format!("delivery {}: {}", self.delivered + 1, in_words(expected));
        let failure = self.failure(testee, what, message, &wanted);
        let mut failure = failure.expecting(expected);
        failure.evidence.wanted = self.wanted(expected, &failure.evidence.seen);
        failure
    }

    /// The frame that was to come next, beside what came.
    fn wanted(&self, expected: &[u8], seen: &Octets) -> Option<Wanted> {
        let framing = &self.terms.framing;
        if !framing.is_reference() {
            // Octets of any value have no other that was wanted.
            let is_plain = framing.places() == [Place::Length, Place::Payload];
            let frame = framing.encode(expected).ok().filter(|_| is_plain)?;
            return Wanted::of(seen, self.accounted, &frame);
        }
        let all = self.connection.seen();
        let came = all.get(self.accounted + 4..).unwrap_or_default();
        let payload = self.terms.form.expected(expected, came);
        let length = u32::try_from(payload.len()).ok()?.to_be_bytes();
        Wanted::of(seen, self.accounted, &[&length[..], &payload].concat())
    }

    /// Waits for a recorded answer. Its octets are compared if they are known and never vary.
    pub(super) fn answer(
        &mut self,
        testee: &mut Server,
        answer: &Answer,
    ) -> Result<(), Box<Failure>> {
        let from = self.accounted;
        let known = answer.octets.as_ref().filter(|_| answer.varies.is_empty());
        let expected = known.map(Octets::to_vec);
        let least = expected.as_ref().map_or(1, |octets| octets.len().max(1));
        self.connection
            .wait(testee, self.terms.patience, |connection| {
                connection.seen().len() - from >= least || connection.ending().is_some()
            });
        if expected.is_none() {
            // Its length is not known: it is complete when the server rests.
            testee.settle();
            self.connection.pump();
        }
        let came = &self.connection.seen()[from..];
        let came = &came[..came
            .len()
            .min(expected.as_ref().map_or(came.len(), Vec::len))];
        let accounted = from + came.len();
        let (goes_well, wanted) = match &expected {
            Some(octets) => (came == octets.as_slice(), "the exact answer"),
            None => (!came.is_empty(), "an answer"),
        };
        if !goes_well {
            let message = format!("{wanted} did not come");
            let wanted = match &expected {
                Some(octets) => format!("exactly these {} octets", octets.len()),
                None => wanted.to_owned(),
            };
            let mut failure = self.failure(testee, What::Missing, &message, &wanted);
            let octets = expected.as_deref().unwrap_or_default();
            failure.evidence.wanted = Wanted::of(&failure.evidence.seen, from, octets);
            return Err(failure);
        }
        self.accounted = accounted;
        Ok(())
    }

    /// Waits for exactly these octets.
    pub(crate) fn answered(
        &mut self,
        testee: &mut Server,
        octets: &[u8],
    ) -> Result<(), Box<Failure>> {
        self.answer(testee, &Answer::of(octets))
    }

    /// Says that what came is none of the answers that are right here.
    pub(crate) fn wrong_answer(&self, testee: &mut Server, wanted: &str) -> Box<Failure> {
        self.failure(
            testee,
            What::Other,
            "the server gave none of the answers that are right",
            wanted,
        )
    }

    /// The reason why a reply does not come: the server has not read all that arrived, or it waits for more before
    /// it sends what it has. The failure has been told by now, so another message changes nothing.
    fn held_back(&mut self, testee: &mut Server, expected: &[u8], from: usize) -> Option<HeldBack> {
        let sent = self.connection.sent();
        let unread = self.connection.unread(testee).unwrap_or(0);
        // A connection of which nothing was read waits for its turn.
        if unread > 0 && unread < sent {
            return Some(HeldBack::Unread);
        }
        let framing = self.terms.framing.clone();
        let next = |octets: &[u8]| delivery(&framing, from == 0, &octets[from..]);
        let another = framing.encode(&adapted(&framing, b"and another"));
        let another = another.unwrap_or_default();
        self.connection.send(testee, &another, self.terms.bound);
        let patience = Patience {
            idle: self.terms.patience.idle.min(WHY),
            ..self.terms.patience
        };
        self.connection.wait(testee, patience, |connection| {
            next(connection.seen()).is_some() || connection.ending().is_some()
        });
        let (came, _) = next(self.connection.seen())?;
        let is_it = self.terms.form.compare(expected, &came, false).is_ok();
        is_it.then_some(HeldBack::UntilMore)
    }

    /// Waits for the close, before which nothing more may come.
    pub(crate) fn close(&mut self, testee: &mut Server, wanted: &str) -> Result<(), Box<Failure>> {
        let accounted = self.accounted;
        let framing = &self.terms.framing;
        let has_more = |seen: &[u8]| idle(framing, &seen[accounted..]) < seen.len() - accounted;
        self.connection
            .wait(testee, self.terms.patience, |connection| {
                connection.ending().is_some() || has_more(connection.seen())
            });
        if has_more(self.connection.seen()) {
            // Octets that are still on their way belong to the picture.
            testee.settle();
            self.connection.pump();
        }
        self.nothing_more_but(testee, wanted)?;
        match self.connection.ending() {
            Some(Ending::Flooded) => {
                let message = "the server sent octets without end";
                Err(self.failure(testee, What::Extra, message, wanted))
            }
            Some(_) => Ok(()),
            None => {
                let message = "the server did not close the connection";
                Err(self.failure(testee, What::NotClosed, message, wanted))
            }
        }
    }

    pub(super) fn nothing_unsolicited(&self, testee: &mut Server) -> Result<(), Box<Failure>> {
        if self.sent.is_empty() && !self.connection.seen().is_empty() {
            return Err(self.failure(
                testee,
                What::Unsolicited,
                "the server sent octets before it had received any",
                "nothing before we have sent something",
            ));
        }
        Ok(())
    }

    pub(super) fn nothing_more(&self, testee: &mut Server) -> Result<(), Box<Failure>> {
        self.nothing_more_but(testee, "nothing more")
    }

    fn nothing_more_but(&self, testee: &mut Server, wanted: &str) -> Result<(), Box<Failure>> {
        let behind = &self.connection.seen()[self.accounted..];
        let more = behind.len() - idle(&self.terms.framing, behind);
        if more > 0 {
            let message = format!("the server sent {more} octets that it does not owe");
            let mut failure = self.failure(testee, What::Extra, &message, wanted);
            failure.evidence.wanted = Wanted::of(&failure.evidence.seen, self.accounted, b"");
            return Err(failure);
        }
        Ok(())
    }
}

pub(super) fn in_words(payload: &[u8]) -> String {
    match std::str::from_utf8(payload) {
        Ok("") => "the empty payload".to_owned(),
        Ok(text) if text.chars().count() <= 40 => format!("{text:?}"),
        _ => format!("the {} octets that were sent", payload.len()),
    }
}
