//! The thing that lies under a name: a file's octets, within bounds, or the kind of anything else.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};

use rustix::fs::FileType;

/// The thing that lies under a name.
#[derive(Debug)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A regular file.
    File {
        /// Its octets, up to the bound that was given.
        content: Vec<u8>,
        /// Its length in octets, of which `content` may be a part.
        length: u64,
    },
    /// Something that is never opened: reading it could wait for ever, or have effects.
    Other(Kind),
    /// A regular file that cannot be read.
    Unreadable(io::Error),
}

/// The kind of a thing that lies under a name and is not a regular file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A device.
    Device,
}

impl Kind {
    /// The kind of a file type; `None` for a regular file.
    pub(super) const fn of(kind: FileType) -> Option<Self> {
        match kind {
            FileType::RegularFile => None,
            FileType::Directory => Some(Self::Directory),
            FileType::Symlink => Some(Self::Link),
            FileType::Fifo => Some(Self::Fifo),
            FileType::Socket => Some(Self::Socket),
            _ => Some(Self::Device),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Directory => "a directory",
            Self::Link => "a symbolic link",
            Self::Fifo => "a named pipe",
            Self::Socket => "a socket",
            Self::Device => "a device",
        })
    }
}

/// Reads a regular file up to `most` octets.
pub(super) fn read(file: &File, length: u64, most: u64) -> Found {
    // The length says nothing about what is there (a sparse file of 1 TiB), so memory follows
    // what is read.
    let mut content = Vec::new();
    match file.take(most).read_to_end(&mut content) {
        Ok(_) => Found::File { content, length },
        Err(error) => Found::Unreadable(error),
    }
}
