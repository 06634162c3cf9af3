//! Writes down one connection that passes.

use std::sync::{Mutex, PoisonError};

use super::cut::Direction;
use crate::recut::exchange::{Exchange, Party};

/// The connection that is written down: the first on which an octet passes.
const RECORDED: u32 = 1;

/// The octets and ends that pass on one connection.
#[derive(Debug, Default)]
pub struct Tape(Mutex<Exchange>);

impl Tape {
    /// The exchange so far.
    #[must_use]
    pub fn exchange(&self) -> Exchange {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Notes octets before the receiver has them, so that its answer follows them.
    pub(super) fn octets(&self, connection: u32, direction: Direction, octets: &[u8]) {
        self.note(connection, |exchange| {
            exchange.octets(sender(direction), octets);
        });
    }

    /// Notes that a stream ends.
    pub(super) fn end(&self, connection: u32, direction: Direction) {
        self.note(connection, |exchange| exchange.end(sender(direction)));
    }

    fn note(&self, connection: u32, note: impl FnOnce(&mut Exchange)) {
        if connection == RECORDED {
            note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

const fn sender(direction: Direction) -> Party {
    match direction {
        Direction::ToClient => Party::Server,
        Direction::ToServer => Party::Client,
    }
}
