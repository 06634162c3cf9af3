//! The failure of a conversation, with its evidence.

use std::io;

use super::Talk;
use crate::judge::evidence::Evidence;
use crate::suite::server::failure::{Failure, What};
use crate::testee::server::Server;
use crate::trace::octets::Octets;

/// Octets by which the resident memory of a server grows during a conversation where it is not by chance, beside
/// [`SENT_TIMES`] what it was sent.
pub(crate) const MUCH_MEMORY: u64 = 256 * MEBIBYTE;

/// Octets that a server may hold for one that it was sent: text takes four in some languages, and buffers double.
const SENT_TIMES: u64 = 8;

const MEBIBYTE: u64 = 1024 * 1024;

fn death_of(testee: &mut Server) -> What {
    match testee.exceeded_memory() {
        Some(_) => What::TooMuchMemory,
        None => What::Died,
    }
}

/// The failure of a connection that was not made.
pub(crate) fn no_connection(testee: &mut Server, error: &io::Error) -> Box<Failure> {
    // A server that is about to end no longer listens, and is there a little longer.
    testee.settle();
    let (what, message) = match testee.death() {
        Some(death) => (
            death_of(testee),
            format!("the server is gone: it ended {death}"),
        ),
        None => (
            What::NoConnection,
            format!("no connection could be made: {error}"),
        ),
    };
    Box::new(Failure {
        what,
        message: message.into(),
        evidence: Evidence {
            expected: "that the server accepts a connection".into(),
            unconnected: true,
            ended: "there was no connection".into(),
            stderr: testee.stderr(),
            ..Evidence::default()
        },
        expected: None,
        held_back: None,
        on_disk: None,
        left_open: false,
    })
}

impl Talk<'_, '_> {
    /// The failure, with all that was sent and seen.
    pub(crate) fn failure(
        &self,
        testee: &mut Server,
        what: What,
        message: &str,
        expected: &str,
    ) -> Box<Failure> {
        // A testee that has ended, or is just about to, explains every other symptom.
        testee.settle();
        let (what, message) = match testee.death() {
            Some(death) => (
                death_of(testee),
                format!("the server ended {death}; {message}"),
            ),
            None => self.memory_taken(testee, &what).map_or_else(
                || (what, message.to_owned()),
                |taken| {
                    let taken = taken / MEBIBYTE;
                    let why =
                        format!("{message}, and its resident memory grew by {taken} MiB meanwhile");
                    (What::TookMemory, why)
                },
            ),
        };
        let (seen, ended) = self.connection.shown();
        Box::new(Failure {
            what,
            message: message.into(),
            evidence: Evidence {
                sent: self
                    .sent
                    .iter()
                    .map(|chunk| Octets::folded(chunk))
                    .collect(),
                expected: expected.into(),
                seen,
                ended: ended.into(),
                stderr: testee.stderr(),
                ..Evidence::default()
            },
            expected: None,
            held_back: None,
            on_disk: None,
            left_open: self.connection.ending().is_none(),
        })
    }

    /// Octets of memory that the server has taken during this conversation, in which something was waited for in
    /// vain; `None` if they are few, or what was sent may account for them. To clear that much memory takes seconds,
    /// in which a server sees nothing of what its client does.
    fn memory_taken(&self, testee: &mut Server, what: &What) -> Option<u64> {
        if !what.took_time() {
            return None;
        }
        let taken = testee.memory_taken()?;
        (taken >= MUCH_MEMORY + SENT_TIMES * self.connection.sent()).then_some(taken)
    }
}
