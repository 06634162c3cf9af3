//! The failure of a conversation, with its evidence.

use std::io;

use super::Talk;
use crate::judge::evidence::Evidence;
use crate::suite::server::failure::{Failure, What};
use crate::testee::server::Server;
use crate::trace::octets::Octets;

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
            None => (what, message.to_owned()),
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
}
