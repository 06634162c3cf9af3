//! The subject with which conversations are held: a server, or another program that answers.

use std::time::Duration;

use super::held::{Held, Learned};
use super::turn::Conversation;
use super::variation::Variation;
use crate::testee::client::Client;
use crate::testee::server::Server;
use crate::testee::wait::Patience;
use crate::testee::watch::Watch;

/// A conversation to hold, and the way to hold it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Talk<'t> {
    /// The turns, and the recorded answers.
    pub(crate) conversation: &'t Conversation,
    /// The variation of the conversation.
    pub(crate) variation: &'t Variation,
    /// The answers as they were learned, once they are known.
    pub(crate) learned: Option<&'t Learned>,
    /// The answers of an uncut run before, while nothing is learned yet.
    pub(crate) hints: &'t [Vec<u8>],
    /// Time limits of waits for an answer that does not come.
    pub(crate) patience: Patience,
    /// True if values of answers are carried over into what is sent later.
    pub(crate) carry: bool,
    /// A while in which nothing is said, to see what comes unasked and what a clock changes.
    pub(crate) linger: Option<Linger>,
    /// Idle time that ends an answer while nothing is known of the answers: each is what comes until the server
    /// has read the whole turn and has been idle for this time.
    pub(crate) rest: Option<Duration>,
}

impl Talk<'_> {
    /// True if these octets came in the place of an answer that did not come, so that the rest of the conversation
    /// says nothing more: each further answer would be waited for as long. An uncut conversation is held to its end.
    pub(crate) fn is_lost(&self, answer: usize, came: &[u8]) -> bool {
        *self.variation != Variation::Uncut
            && self
                .learned
                .is_some_and(|learned| learned.is_missing(answer, came))
    }
}

/// A while in which nothing is said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Linger {
    /// The turn before which it is, counted from 0.
    pub(crate) turn: usize,
    /// True if it is inside the turn instead, at each cut.
    pub(crate) inside: bool,
    /// Its length.
    pub(crate) time: Duration,
}

/// The words for a subject in reports.
#[derive(Debug)]
pub(crate) struct Words {
    /// The noun for the subject.
    pub(crate) who: &'static str,
    /// Its verb for the end, and the past of it.
    pub(crate) closes: &'static str,
    pub(crate) closed: &'static str,
    /// Its verb for what it sends.
    pub(crate) says: &'static str,
    /// The name of what is cut, of which several may come in one read.
    pub(crate) unit: &'static str,
    /// The words for an answer, by its number and the number of answers.
    pub(crate) which: fn(usize, usize) -> String,
    /// The remedy for a conversation that cannot be replayed.
    pub(crate) advice: &'static str,
}

/// A program with which conversations can be held again and again.
pub(crate) trait Subject {
    /// Holds a conversation.
    ///
    /// # Errors
    /// The reason why it could not even be begun, where that is not the subject's.
    fn hold(&mut self, talk: &Talk<'_>) -> Result<Held, String>;

    /// Replaces the subject by a fresh one.
    ///
    /// # Errors
    /// The reason why that was not possible.
    fn refresh(&mut self) -> Result<(), String>;

    /// True if [`Subject::refresh`] does anything.
    fn can_refresh(&self) -> bool;

    /// Is told how often the next variation will be repeated if it differs, for a subject that works ahead: as a rule,
    /// and where the wait for an answer times out.
    fn expect_repeats(&mut self, _usual: usize, _slow: usize) {}

    /// The words for the subject in reports.
    fn words(&self) -> Words {
        Words {
            who: "server",
            closes: "close",
            closed: "closed",
            says: "answers",
            unit: "request",
            which: |answer, _| match answer {
                0 => "the greeting".to_owned(),
                turn => format!("the answer to turn {turn}"),
            },
            advice: "if the client computes with what the server sends, or if the server has to be in a certain \
                state, its octets alone cannot be replayed: --before resets state, and `unstick proxy` cuts the \
                conversation of a running client",
        }
    }

    /// The number of differences in a turn that are made as small as they go.
    fn shrunk_in_a_turn(&self) -> usize {
        3
    }

    /// The number of conversations that may go into leaving octets out of a difference.
    fn octet_runs(&self) -> usize {
        60
    }
}

/// A process at the other end of a connection, whichever end that is.
pub(crate) trait Peer: Watch {
    /// Waits until the process has come to rest, within bounds.
    fn settle(&mut self);

    /// True if the process can be seen to rest.
    fn is_ours(&self) -> bool;
}

impl Peer for Server {
    fn settle(&mut self) {
        Self::settle(self);
    }

    fn is_ours(&self) -> bool {
        self.can_restart()
    }
}

impl Peer for Client {
    fn settle(&mut self) {
        self.program().settle();
    }

    fn is_ours(&self) -> bool {
        true
    }
}
