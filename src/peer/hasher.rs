//! Digests computed while octets pass (VTR): no file is read twice.

use md5::Md5;
use sha2::{Digest as _, Sha256};

use crate::wire::verified::{Algorithm, Digest};

/// The digest of what has passed so far.
#[derive(Debug, Clone)]
pub(super) enum Hasher {
    /// See [`Algorithm::Md5`].
    Md5(Md5),
    /// See [`Algorithm::Sha256`].
    Sha256(Sha256),
}

impl Hasher {
    /// The digest of nothing.
    pub(super) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Md5 => Self::Md5(Md5::new()),
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
        }
    }

    /// Takes the next octets.
    pub(super) fn update(&mut self, octets: &[u8]) {
        match self {
            Self::Md5(hasher) => hasher.update(octets),
            Self::Sha256(hasher) => hasher.update(octets),
        }
    }

    /// The digest of all that has passed.
    pub(super) fn finish(self) -> Digest {
        match self {
            Self::Md5(hasher) => Digest::new(Algorithm::Md5, &hasher.finalize()),
            Self::Sha256(hasher) => Digest::new(Algorithm::Sha256, &hasher.finalize()),
        }
        .expect("a digest has the octets of its algorithm")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test strings of RFC 1321 and FIPS 180-4.
    #[test]
    fn digests_are_those_of_their_standards() {
        for (algorithm, text, digest) in [
            (Algorithm::Md5, "", "d41d8cd98f00b204e9800998ecf8427e"),
            (Algorithm::Md5, "abc", "900150983cd24fb0d6963f7d28e17f72"),
            (
                Algorithm::Sha256,
                "abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
        ] {
            let mut hasher = Hasher::new(algorithm);
            for octet in text.as_bytes().chunks(1) {
                hasher.update(octet);
            }
            assert_eq!(hasher.finish().to_string(), digest);
        }
    }
}
