//! A fault on the disk.

use std::fmt;

/// A fault on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DirectoryFault {
    /// The file is not there.
    Missing { name: String },
    /// The file holds the right octets and then more.
    Longer {
        name: String,
        expected: usize,
        held: usize,
        more: Vec<u8>,
    },
    /// The file holds the beginning of the right octets.
    Shorter {
        name: String,
        expected: usize,
        held: usize,
    },
    /// The file holds something else, from this place on.
    Other {
        name: String,
        place: usize,
        expected: usize,
        held: usize,
    },
    /// Something is there in the place of the file, which cannot be read as one.
    NotAFile { name: String, what: String },
    /// The directory itself is not the one any more that it was.
    Replaced { by: String },
    /// A file is there that must not be.
    Present { name: String, held: usize },
    /// A file or link that was placed there beforehand has changed.
    Changed { name: String },
    /// Something outside of the directory has changed or appeared.
    Outside { name: String },
}

impl fmt::Display for DirectoryFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name } => write!(f, "no file {name:?} was stored"),
            Self::Longer {
                name,
                expected,
                held,
                ..
            } => write!(
                f,
                "the file {name:?} has {held} octets instead of {expected}: {} too many at its end",
                held - expected
            ),
            Self::Shorter {
                name,
                expected,
                held,
            } => write!(
                f,
                "the file {name:?} has {held} octets instead of {expected}: the last {} are missing",
                expected - held
            ),
            Self::Other {
                name,
                place,
                expected,
                held,
            } => write!(
                f,
                "the file {name:?} ({held} octets, expected {expected}) differs from octet {place} on"
            ),
            Self::NotAFile { name, what } => {
                write!(f, "{name:?} is {what} instead of a file")
            }
            Self::Replaced { by } => write!(
                f,
                "the server's directory was taken away; in its place is {by}, which is not looked into"
            ),
            Self::Present { name, held } => {
                write!(
                    f,
                    "a file {name:?} of {held} octets is there that must not be"
                )
            }
            Self::Changed { name } => {
                write!(
                    f,
                    "the file {name:?}, there before, has been changed or removed"
                )
            }
            Self::Outside { name } => {
                write!(
                    f,
                    "outside of the directory, {name:?} was written, changed or removed"
                )
            }
        }
    }
}

impl DirectoryFault {
    /// The state that should have been, in words.
    pub(crate) fn wanted(&self) -> String {
        match self {
            Self::Missing { name } | Self::NotAFile { name, .. } => {
                format!("a file {name:?} in the directory")
            }
            Self::Replaced { .. } => "the directory that the server was given".to_owned(),
            Self::Longer { name, expected, .. }
            | Self::Shorter { name, expected, .. }
            | Self::Other { name, expected, .. } => {
                format!("the file {name:?} with exactly the {expected} octets of the body")
            }
            Self::Present { .. } => "nothing stored".to_owned(),
            Self::Changed { name } => format!("the file {name:?} as it was"),
            Self::Outside { .. } => "nothing changed outside of the directory".to_owned(),
        }
    }
}
