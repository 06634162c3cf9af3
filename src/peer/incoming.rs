//! A file on its way in, plain or verified: what becomes of it, and what the client is told.

use std::io;

use super::hasher::Hasher;
use super::store::{Incoming, Store};
use crate::wire::file_header::FileName;
use crate::wire::verified::{Algorithm, Answer, Digest};

/// A transfer under way.
#[derive(Debug)]
pub(super) enum Transfer {
    /// Nothing is told of it, and an error ends the session (TRF-6, TRF-11).
    Plain(Incoming),
    /// The digest decides, and an error is an answer (VTR-3, VTR-5).
    Verified(Verified),
}

/// A verified transfer under way.
#[derive(Debug)]
pub(super) struct Verified {
    hasher: Hasher,
    /// The file, or why it cannot be stored: its octets are taken all the same, so that the
    /// session stays in step.
    file: io::Result<Incoming>,
}

impl Transfer {
    /// Begins a transfer that nothing is told of.
    pub(super) fn plain(store: &Store, name: &FileName) -> io::Result<Self> {
        store.begin(name).map(Self::Plain)
    }

    /// Begins a transfer that is verified.
    pub(super) fn verified(store: &Store, name: &FileName, algorithm: Algorithm) -> Self {
        Self::Verified(Verified {
            hasher: Hasher::new(algorithm),
            file: store.begin(name),
        })
    }

    /// Takes the next octets of the body.
    pub(super) fn write(&mut self, part: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.write(part),
            Self::Verified(verified) => {
                verified.write(part);
                Ok(())
            }
        }
    }
}

impl Verified {
    fn write(&mut self, part: &[u8]) {
        self.hasher.update(part);
        if let Ok(file) = &mut self.file
            && let Err(error) = file.write(part)
        {
            // Dropped, it leaves nothing behind.
            self.file = Err(error);
        }
    }

    /// Compares the digests, and keeps the file if it is the one that was sent. Says what to answer.
    pub(super) fn finish(self, sent: Digest) -> String {
        let algorithm = sent.algorithm();
        let stored = match self.file {
            Ok(_) if self.hasher.finish() != sent => {
                return Answer::Mismatch.message(algorithm);
            }
            Ok(file) => file.finish_durably(),
            Err(error) => Err(error),
        };
        match stored {
            Ok(()) => Answer::Stored.message(algorithm),
            // The kind of the error alone: its text may name a path.
            Err(error) => Answer::Refused(&error.kind().to_string()).message(algorithm),
        }
    }
}
