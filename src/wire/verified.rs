//! Verified transfers: commands, answers and digests of the optional chapter VTR.
//!
//! The digest itself is computed by the caller: nothing here depends on a digest's arithmetic.

use std::fmt;

/// The digest that a transfer is verified by (VTR-1). MD5 finds accidents, not attackers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// `file+md5`: 32 hexadecimal digits.
    Md5,
    /// `file+sha256`: 64 hexadecimal digits.
    Sha256,
}

impl Algorithm {
    /// Both, the stronger first.
    pub const ALL: [Self; 2] = [Self::Sha256, Self::Md5];

    /// The command of a transfer verified by it, which is the whole message (VTR-1).
    #[must_use]
    pub const fn command(self) -> &'static str {
        match self {
            Self::Md5 => "file+md5",
            Self::Sha256 => "file+sha256",
        }
    }

    /// The algorithm whose command a message is, matched exactly.
    #[must_use]
    pub fn of_command(message: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.command() == message)
    }

    /// The length of its digest, in octets.
    #[must_use]
    pub const fn octets(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha256 => 32,
        }
    }
}

/// A message where a digest was due that is not exactly its lower-case hexadecimal digits (VTR-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a digest is exactly {} lower-case hexadecimal digits", 2 * .algorithm.octets())]
pub struct DigestError {
    /// The algorithm of the transfer.
    pub algorithm: Algorithm,
}

/// The digest of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest {
    algorithm: Algorithm,
    /// The digest, and zeros behind one that is shorter.
    octets: [u8; 32],
}

impl Digest {
    /// A digest from its octets.
    ///
    /// # Errors
    /// [`DigestError`] unless there are as many octets as the algorithm has.
    pub fn new(algorithm: Algorithm, octets: &[u8]) -> Result<Self, DigestError> {
        let mut whole = [0; 32];
        if octets.len() != algorithm.octets() {
            return Err(DigestError { algorithm });
        }
        whole[..octets.len()].copy_from_slice(octets);
        Ok(Self {
            algorithm,
            octets: whole,
        })
    }

    /// Reads a digest message (VTR-2).
    ///
    /// # Errors
    /// [`DigestError`]: another count of digits, capitals, or anything that is not a digit.
    pub fn parse(algorithm: Algorithm, text: &str) -> Result<Self, DigestError> {
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(DigestError { algorithm }),
        };
        if text.len() != 2 * algorithm.octets() {
            return Err(DigestError { algorithm });
        }
        let mut octets = [0; 32];
        for (octet, pair) in octets.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *octet = value(pair[0])? << 4 | value(pair[1])?;
        }
        Ok(Self { algorithm, octets })
    }

    /// The algorithm that it is of.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

/// The digest message: lower-case digits and nothing else (VTR-2).
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for octet in &self.octets[..self.algorithm.octets()] {
            write!(f, "{octet:02x}")?;
        }
        Ok(())
    }
}

/// An answer of a server with the extension: the command, a blank, and this (VTR-2, VTR-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// `ready`: send the header.
    Ready,
    /// `ok`: the file is durably stored.
    Stored,
    /// `mismatch`: the digest is of another body; nothing was kept.
    Mismatch,
    /// `refused: …`: the file could not be stored, for this reason; nothing was kept.
    Refused(&'a str),
}

impl<'a> Answer<'a> {
    /// The whole message.
    #[must_use]
    pub fn message(self, algorithm: Algorithm) -> String {
        let command = algorithm.command();
        match self {
            Self::Ready => format!("{command} ready"),
            Self::Stored => format!("{command} ok"),
            Self::Mismatch => format!("{command} mismatch"),
            Self::Refused(why) => format!("{command} refused: {why}"),
        }
    }

    /// The answer that a message is; `None` for any other reply, which a server without the
    /// extension gives (VTR-1).
    #[must_use]
    pub fn parse(algorithm: Algorithm, message: &'a str) -> Option<Self> {
        let answer = message.strip_prefix(algorithm.command())?;
        match answer.strip_prefix(' ')? {
            "ready" => Some(Self::Ready),
            "ok" => Some(Self::Stored),
            "mismatch" => Some(Self::Mismatch),
            other => other.strip_prefix("refused: ").map(Self::Refused),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "d41d8cd98f00b204e9800998ecf8427e";

    #[test]
    fn a_digest_is_its_digits_and_nothing_else() {
        let digest = Digest::parse(Algorithm::Md5, EMPTY).unwrap();
        assert_eq!(digest.to_string(), EMPTY);
        let octets = [
            0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0x00, 0xb2, 0x04, 0xe9, 0x80, 0x09, 0x98, 0xec, 0xf8,
            0x42, 0x7e,
        ];
        assert_eq!(Digest::new(Algorithm::Md5, &octets), Ok(digest));
        for wrong in [
            "",
            &EMPTY[..31],
            &format!("{EMPTY}0"),
            &EMPTY.to_uppercase(),
            "d41d8cd98f00b204e9800998ecf8427g",
            "d41d8cd98f00b204e9800998ecf842\u{e9}",
        ] {
            let error = Digest::parse(Algorithm::Md5, wrong);
            let algorithm = Algorithm::Md5;
            assert_eq!(error, Err(DigestError { algorithm }), "{wrong:?}");
        }
        assert!(Digest::parse(Algorithm::Sha256, EMPTY).is_err());
        assert!(Digest::parse(Algorithm::Sha256, &EMPTY.repeat(2)).is_ok());
        assert!(Digest::new(Algorithm::Sha256, &octets).is_err());
    }

    #[test]
    fn commands_are_matched_exactly() {
        assert_eq!(Algorithm::of_command("file+md5"), Some(Algorithm::Md5));
        let sha256 = Algorithm::of_command("file+sha256");
        assert_eq!(sha256, Some(Algorithm::Sha256));
        for text in ["file", "FILE+MD5", "file+md5 ", "file+sha1", "file+sha2567"] {
            assert_eq!(Algorithm::of_command(text), None, "{text:?}");
        }
    }

    #[test]
    fn answers_are_read_as_they_are_written() {
        for (answer, message) in [
            (Answer::Ready, "file+md5 ready"),
            (Answer::Stored, "file+md5 ok"),
            (Answer::Mismatch, "file+md5 mismatch"),
            (Answer::Refused("no room"), "file+md5 refused: no room"),
        ] {
            assert_eq!(answer.message(Algorithm::Md5), message);
            assert_eq!(Answer::parse(Algorithm::Md5, message), Some(answer));
            assert_eq!(Answer::parse(Algorithm::Sha256, message), None);
        }
        for reply in ["file+md5", "file+md5 ready ", "file+md5ok", "ready", ""] {
            assert_eq!(Answer::parse(Algorithm::Md5, reply), None, "{reply:?}");
        }
    }
}
