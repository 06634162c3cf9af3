//! The reference's end of a session with the extension (VTR), and digests as a caller computes them.

use md5::{Digest as _, Md5};
use sha2::Sha256;
use unstick::wire::session::{ServerEvent, ServerSession};
use unstick::wire::verified::{Algorithm, Digest};

use crate::decoding::Refused;
use crate::serving::{Seen, Serve};

/// The digest of what has come of a body.
#[derive(Debug, Clone)]
pub enum Hasher {
    /// By RFC 1321.
    Md5(Md5),
    /// By FIPS 180-4.
    Sha256(Sha256),
}

impl Hasher {
    /// Of nothing.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Md5 => Self::Md5(Md5::new()),
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
        }
    }

    /// Takes the next octets.
    pub fn update(&mut self, octets: &[u8]) {
        match self {
            Self::Md5(hasher) => hasher.update(octets),
            Self::Sha256(hasher) => hasher.update(octets),
        }
    }

    /// The digest, octet by octet.
    #[must_use]
    pub fn octets(self) -> Vec<u8> {
        match self {
            Self::Md5(hasher) => hasher.finalize().to_vec(),
            Self::Sha256(hasher) => hasher.finalize().to_vec(),
        }
    }
}

/// The reference.
#[derive(Debug)]
pub struct Verifying {
    session: ServerSession,
    hasher: Option<Hasher>,
}

impl Default for Verifying {
    fn default() -> Self {
        Self {
            session: ServerSession::new(0).verifying(),
            hasher: None,
        }
    }
}

impl Serve for Verifying {
    fn start(&mut self, limit: u32) {
        self.session = ServerSession::new(limit).verifying();
        self.hasher = None;
    }

    fn push(&mut self, mut chunk: &[u8], mut tell: impl FnMut(Seen<'_>)) -> Result<(), Refused> {
        loop {
            match self.session.next(&mut chunk) {
                Ok(None) if chunk.is_empty() => return Ok(()),
                Ok(None) => unreachable!("octets are left, and nothing came of them"),
                Ok(Some(event)) => match event {
                    ServerEvent::Message(text) => tell(Seen::Text(text)),
                    ServerEvent::FileCommand => self.hasher = None,
                    ServerEvent::VerifiedCommand(algorithm) => {
                        self.hasher = Some(Hasher::new(algorithm));
                        tell(Seen::Command(algorithm.command()));
                    }
                    ServerEvent::FileStart(header) => {
                        tell(Seen::File(header.name.as_str(), header.length));
                    }
                    ServerEvent::FilePart(part) => {
                        if let Some(hasher) = &mut self.hasher {
                            hasher.update(part);
                        }
                        tell(Seen::Part(part));
                    }
                    ServerEvent::FileEnd => tell(Seen::FileEnd),
                    ServerEvent::FileDigest(given) => {
                        let hasher = self.hasher.take().expect("a command came before");
                        let computed = Digest::new(given.algorithm(), &hasher.octets());
                        tell(Seen::Digest(computed == Ok(given)));
                    }
                    ServerEvent::Quit => tell(Seen::Quit),
                },
                Err(_) => return Err(Refused),
            }
        }
    }

    fn ends_cleanly(&mut self) -> bool {
        std::mem::take(self).session.finish().is_ok()
    }
}
