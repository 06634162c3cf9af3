//! A conversation with a server, and the place where it went another way than the trace has it.

mod disk;
mod expect;
mod fail;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub(crate) use fail::{MUCH_MEMORY, no_connection};

use super::directory::Directory;
use super::failure::{Failure, What};
use super::reply_form::ReplyForm;
use crate::framing::Framing;
use crate::testee::connection::Connection;
use crate::testee::server::Server;
use crate::testee::wait::Patience;
use crate::trace::Action;
use crate::trace::segmentation::Move;

/// The outcome of a conversation.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    AsExpected,
    Failed(Box<Failure>),
}

/// The terms that a conversation is judged by.
pub(crate) struct Terms<'a> {
    pub(crate) framing: Framing,
    pub(crate) form: ReplyForm,
    /// True if the form of replies and their time are judged too (SES-5).
    pub(crate) strict: bool,
    pub(crate) patience: Patience,
    /// Longest time that the server may take nothing of what is sent.
    pub(crate) bound: Duration,
    pub(crate) directory: Option<&'a Directory>,
    /// Offset behind which the server has reason to close while octets of ours lie unread. The system then
    /// sends a reset, which may take along octets that the server had written before.
    pub(crate) unread_behind: Option<u64>,
    /// True if a protocol error lies there, after which no reply has to be sent any more (SES-8).
    pub(crate) after_an_error: bool,
    /// True if the cause of a missing reply is looked for, which takes a moment.
    pub(crate) asks_why: bool,
}

/// Has a conversation on a fresh connection.
pub(crate) fn converse(testee: &mut Server, moves: &[Move<'_>], terms: &Terms<'_>) -> Outcome {
    match testee.connect() {
        Ok(connection) => Talk::new(connection, terms).run(testee, moves),
        Err(error) => Outcome::Failed(no_connection(testee, &error)),
    }
}

/// A conversation under way.
pub(crate) struct Talk<'t, 'a> {
    connection: Connection,
    terms: &'t Terms<'a>,
    /// Octets that were sent, by chunk.
    sent: Vec<Vec<u8>>,
    /// Number of octets that came and have been accounted for.
    accounted: usize,
    /// Number of payloads that have been delivered as expected.
    delivered: usize,
}
impl<'t, 'a> Talk<'t, 'a> {
    pub(crate) const fn new(connection: Connection, terms: &'t Terms<'a>) -> Self {
        Self {
            connection,
            terms,
            sent: Vec::new(),
            accounted: 0,
            delivered: 0,
        }
    }

    pub(crate) const fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Number of octets that came and have been accounted for.
    pub(crate) const fn accounted(&self) -> usize {
        self.accounted
    }

    /// True if more octets have come than have been accounted for.
    pub(crate) fn has_more(&self) -> bool {
        self.connection.seen().len() > self.accounted
    }

    /// Notes what a case sends past [`Talk::send`].
    pub(crate) fn note_sent(&mut self, octets: &[u8]) {
        self.sent.push(octets.to_vec());
    }

    fn run(mut self, testee: &mut Server, moves: &[Move<'_>]) -> Outcome {
        match self.moves(testee, moves) {
            Ok(()) => Outcome::AsExpected,
            Err(failure) => Outcome::Failed(failure),
        }
    }

    /// Goes through the moves, up to the first that does not go as expected.
    pub(crate) fn moves(
        &mut self,
        testee: &mut Server,
        moves: &[Move<'_>],
    ) -> Result<(), Box<Failure>> {
        for (place, one) in moves.iter().enumerate() {
            let ends = matches!(moves.get(place + 1), Some(Move::Step(Action::EndOfStream)));
            let went = match one {
                Move::Chunk(chunk) if ends => self.send_last(testee, chunk),
                Move::Chunk(chunk) => self.send(testee, chunk),
                Move::Step(action) => self.step(testee, action),
            };
            went.map_err(|failure| self.seen_on_disk(failure, &moves[place..]))?;
        }
        self.finish(testee)
    }

    /// Sees that nothing more came than was expected, neither here nor on the disk.
    pub(crate) fn finish(&mut self, testee: &mut Server) -> Result<(), Box<Failure>> {
        if self.connection.ending().is_none() {
            // A reply too many may still be on its way.
            testee.settle();
        }
        self.connection.pump();
        self.nothing_more(testee)?;
        self.directory_sound(testee)
    }

    /// Sends one chunk, and waits until it has been taken.
    pub(crate) fn send(&mut self, testee: &mut Server, chunk: &[u8]) -> Result<(), Box<Failure>> {
        self.sending(testee, chunk)?;
        let sent = self.connection.send(testee, chunk, self.terms.bound);
        self.taken(testee, sent)
    }

    /// Sends the chunk before the end of our sending side together with that.
    fn send_last(&mut self, testee: &mut Server, chunk: &[u8]) -> Result<(), Box<Failure>> {
        self.sending(testee, chunk)?;
        let sent = self.connection.send_last(chunk, self.terms.bound);
        self.taken(testee, sent)
    }

    fn sending(&mut self, testee: &mut Server, chunk: &[u8]) -> Result<(), Box<Failure>> {
        if self.sent.is_empty() {
            self.connection.pump();
            self.nothing_unsolicited(testee)?;
        } else if let Some(place) = self.terms.unread_behind {
            let before = self.connection.sent();
            if (before..before + chunk.len() as u64).contains(&place) {
                // A close for another reason is seen now, or it would be taken for one that is right.
                testee.settle();
                self.connection.pump();
            }
        }
        self.sent.push(chunk.to_vec());
        Ok(())
    }

    /// A testee that closes while we send is judged by what is expected next.
    fn taken(&self, testee: &mut Server, sent: bool) -> Result<(), Box<Failure>> {
        if sent || self.connection.ending().is_some() {
            return Ok(());
        }
        Err(self.failure(
            testee,
            What::NotTaken,
            "the server took nothing more of what was sent, and left the connection open",
            "that the server reads what is sent",
        ))
    }

    fn step(&mut self, testee: &mut Server, action: &Action) -> Result<(), Box<Failure>> {
        match action {
            Action::Frame { .. } | Action::Parts(_) | Action::Send(_) => Ok(()),
            Action::EndOfStream => {
                self.connection.end_of_stream();
                Ok(())
            }
            Action::Deliver(payload) => self.deliver(testee, &payload.to_vec()),
            Action::Answer(answer) => self.answer(testee, answer),
            Action::Silence => {
                testee.settle();
                self.connection.pump();
                self.nothing_unsolicited(testee)?;
                self.nothing_more(testee)
            }
            Action::Close => self.close(testee, "that the server closes, having sent nothing more"),
            Action::Refusal => self.close(
                testee,
                "a refusal: the server closes, and answers nothing more",
            ),
            Action::Stored { name, content } => {
                let content = content.to_vec();
                self.on_disk(testee, |directory| directory.stored(name, &content))
            }
            Action::Absent(name) => {
                testee.settle();
                self.on_disk(testee, |directory| directory.absent(name))
            }
            Action::Untouched => {
                testee.settle();
                self.on_disk(testee, Directory::untouched)
            }
        }
    }
}
