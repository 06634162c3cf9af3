//! The header message of a transfer: `name,length` (TRF-1, TRF-2, TRF-7).

use std::fmt;

/// The longest name, in octets of UTF-8 (TRF-7).
pub const MAX_NAME_OCTETS: usize = 255;

/// The most digits that a length may have, leading zeros included (TRF-2).
pub const MAX_LENGTH_DIGITS: usize = 10;

/// The reason why a text is not a file header. All are protocol errors (SES-8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// There is no comma to split at (TRF-1).
    #[error("a file header is a name, a comma and a length; there is no comma")]
    NoComma,
    /// The text behind the last comma is not 1 to 10 ASCII digits (TRF-2).
    #[error("the length of a file is 1 to 10 ASCII digits and nothing else")]
    BadLength,
    /// The value is above 4,294,967,295 (TRF-2).
    #[error("the length of a file is at most 4294967295")]
    LengthOutOfRange,
    /// The name is not a single plain file name (TRF-7).
    #[error("a file name is 1 to 255 octets, without `/`, `\\` or NUL, and neither `.` nor `..`")]
    BadName,
}

/// A name that is safe to join to a directory: a single plain file name (TRF-7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName(String);

impl FileName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`HeaderError::BadName`] unless it is 1 to 255 octets of UTF-8, has no `/`, `\` or
    /// NUL, and is neither `.` nor `..`.
    pub fn new(name: &str) -> Result<Self, HeaderError> {
        let length_fits = (1..=MAX_NAME_OCTETS).contains(&name.len());
        let is_plain = !name.contains(['/', '\\', '\0']) && !matches!(name, "." | "..");
        if length_fits && is_plain {
            Ok(Self(name.to_owned()))
        } else {
            Err(HeaderError::BadName)
        }
    }

    /// The name itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The announcement of a file: its name, and the length of the body that follows (TRF-3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileHeader {
    /// The name under which the file is stored.
    pub name: FileName,
    /// The length of the body, in octets.
    pub length: u32,
}

impl FileHeader {
    /// Reads a header message. It is split at the last comma, so a name may contain commas
    /// (TRF-1). Leading zeros are accepted, as TRF-2 allows a receiver.
    ///
    /// # Errors
    /// [`HeaderError`], whichever part is wrong; the length is looked at first.
    pub fn parse(text: &str) -> Result<Self, HeaderError> {
        let (name, digits) = text.rsplit_once(',').ok_or(HeaderError::NoComma)?;
        let digits_fit = (1..=MAX_LENGTH_DIGITS).contains(&digits.len());
        // Checked by hand: `u32::from_str` would take a sign.
        if !digits_fit || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
            return Err(HeaderError::BadLength);
        }
        Ok(Self {
            length: digits.parse().map_err(|_| HeaderError::LengthOutOfRange)?,
            name: FileName::new(name)?,
        })
    }
}

/// The header message, without leading zeros (TRF-2).
impl fmt::Display for FileHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.name.as_str(), self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_at_the_last_comma() {
        let header = FileHeader::parse("a,1,b.txt,42").unwrap();
        assert_eq!(header.name.as_str(), "a,1,b.txt");
        assert_eq!(header.length, 42);
        assert_eq!(header.to_string(), "a,1,b.txt,42");
    }

    #[test]
    fn lengths_that_are_none() {
        for digits in [
            "",
            "+5",
            "-5",
            " 5",
            "5 ",
            "5_0",
            "5e0",
            "5.0",
            "0x5",
            "５",
            "٥",
            "00000000005",
            "5\n",
        ] {
            let header = format!("a.bin,{digits}");
            assert_eq!(
                FileHeader::parse(&header),
                Err(HeaderError::BadLength),
                "{digits}"
            );
        }
        assert_eq!(
            FileHeader::parse("a.bin,4294967296"),
            Err(HeaderError::LengthOutOfRange)
        );
        assert_eq!(FileHeader::parse("a.bin"), Err(HeaderError::NoComma));
        assert_eq!(
            FileHeader::parse("a.bin,4294967295").unwrap().length,
            u32::MAX
        );
        assert_eq!(FileHeader::parse("a.bin,0000000005").unwrap().length, 5);
    }

    #[test]
    fn names_that_are_none() {
        for name in ["", ".", "..", "a/b", "/a", "a\\b", "a\0b", "../a"] {
            let header = format!("{name},1");
            assert_eq!(
                FileHeader::parse(&header),
                Err(HeaderError::BadName),
                "{name:?}"
            );
        }
        assert!(FileHeader::parse(&format!("{},1", "n".repeat(255))).is_ok());
        assert!(FileHeader::parse(&format!("{},1", "n".repeat(256))).is_err());
        for name in ["...", ".hidden", "-rf", " a ", "\"a\"", "文件.txt"] {
            assert!(FileHeader::parse(&format!("{name},1")).is_ok(), "{name:?}");
        }
    }
}
