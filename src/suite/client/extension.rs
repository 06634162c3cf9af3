//! The optional extension as the cases for clients speak it (VTR): commands and digests, by nothing that
//! the reference uses.

use md5::{Digest as _, Md5};
use sha2::Sha256;

/// The digest that a transfer is verified by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::suite::client) enum Algorithm {
    Md5,
    Sha256,
}

impl Algorithm {
    pub(in crate::suite::client) const ALL: [Self; 2] = [Self::Md5, Self::Sha256];

    /// The name in ids and titles.
    pub(in crate::suite::client) const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha256 => "sha256",
        }
    }

    /// The command, which is a message.
    pub(in crate::suite::client) const fn command(self) -> &'static str {
        match self {
            Self::Md5 => "file+md5",
            Self::Sha256 => "file+sha256",
        }
    }

    /// The other one.
    pub(in crate::suite::client) const fn other(self) -> Self {
        match self {
            Self::Md5 => Self::Sha256,
            Self::Sha256 => Self::Md5,
        }
    }

    /// The digest of a body, in octets.
    pub(in crate::suite::client) fn octets(self, body: &[u8]) -> Vec<u8> {
        match self {
            Self::Md5 => Md5::digest(body).to_vec(),
            Self::Sha256 => Sha256::digest(body).to_vec(),
        }
    }

    /// The digest message of a body.
    pub(in crate::suite::client) fn digits(self, body: &[u8]) -> String {
        let octets = self.octets(body);
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    /// An answer: the command, a blank, and `what`.
    pub(in crate::suite::client) fn answer(self, what: &str) -> String {
        format!("{} {what}", self.command())
    }
}

/// A way in which a client sends verified transfers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::suite::client) struct Form {
    /// The line that is typed for it; a line with the name follows.
    pub(in crate::suite::client) line: &'static str,
    pub(in crate::suite::client) algorithm: Algorithm,
    /// All that the client says in a session of one small file that is stored; none where it did not come
    /// to that.
    pub(in crate::suite::client) stored: Option<Told>,
}

/// All that a client has said in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::suite::client) struct Told {
    /// The exit status, unless it had to be ended.
    pub(in crate::suite::client) status: Option<i32>,
    /// The lines on standard output, without prompts.
    pub(in crate::suite::client) lines: Vec<String>,
    /// Number of octets on standard error.
    pub(in crate::suite::client) on_stderr: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf hello | md5sum`, and `sha256sum`.
    #[test]
    fn digests_are_those_of_other_programs() {
        assert_eq!(
            Algorithm::Md5.digits(b"hello"),
            "5d41402abc4b2a76b9719d911017c592"
        );
        assert_eq!(
            Algorithm::Sha256.digits(b"hello"),
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        );
        assert_eq!(Algorithm::Md5.answer("ready"), "file+md5 ready");
    }
}
