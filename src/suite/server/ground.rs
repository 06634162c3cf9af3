//! The places on the disk that a run works in, held open: what stands at their paths later is not
//! followed.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::disk::{Claim, Held, Kind};

/// The file outside that nothing may change, and what it holds.
pub(super) const TARGET: (&str, &[u8]) = ("target", b"outside, and not to be touched");

/// The name of the directory outside, beside the server's.
const OUTSIDE: &str = "outside";

/// The place where a server stores files.
#[derive(Debug)]
pub(crate) enum Ground {
    /// In a place that was made for it, all of which is the run's own.
    Made {
        /// The place.
        root: Held,
        /// The server's directory in it.
        dir: Held,
        /// A directory that the server has no business in.
        outside: Held,
    },
    /// In a directory that the user has named, where only some names are the run's own.
    Named(Arc<Claim>),
}

impl Ground {
    /// Opens the place of a server that was started: its directory, and the one beside it.
    pub(super) fn made(dir: &Path) -> io::Result<Self> {
        let (Some(root), Some(name)) = (dir.parent(), dir.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let root = Held::open(root)?;
        Ok(Self::Made {
            dir: inside(&root, &name.to_string_lossy())?,
            outside: inside(&root, OUTSIDE)?,
            root,
        })
    }

    /// The server's directory.
    pub(crate) fn dir(&self) -> &Held {
        match self {
            Self::Made { dir, .. } => dir,
            Self::Named(claim) => claim.held(),
        }
    }

    /// The place that the server's directory is in, if that is the run's own.
    pub(crate) const fn root(&self) -> Option<&Held> {
        match self {
            Self::Made { root, .. } => Some(root),
            Self::Named(_) => None,
        }
    }

    /// The directory that the server has no business in, if there is one.
    pub(super) const fn outside(&self) -> Option<&Held> {
        match self {
            Self::Made { outside, .. } => Some(outside),
            Self::Named(_) => None,
        }
    }

    /// Removes what earlier conversations left: all of it in a place of our own, and elsewhere what
    /// the run has had stored, by name.
    pub(super) fn clear(&self) -> io::Result<()> {
        if let Some(by) = self.dir().replaced() {
            return Err(taken_away(&by));
        }
        match self {
            Self::Made { dir, outside, .. } => {
                dir.empty()?;
                outside.empty()?;
                outside.write_new(TARGET.0, TARGET.1).map(drop)
            }
            Self::Named(claim) => claim.clear(),
        }
    }

    /// Names beside the server's directory.
    pub(super) fn names_beside(&self) -> Vec<OsString> {
        let names = self.root().map(Held::names);
        names.and_then(Result::ok).unwrap_or_default()
    }

    /// Removes what a server left beside its directory.
    pub(super) fn remove_beside(&self, name: &OsStr) {
        if let Some(root) = self.root() {
            // A file that is left is found again by the next check.
            let _ = root.remove(name);
        }
    }
}

fn inside(root: &Held, name: &str) -> io::Result<Held> {
    root.inside(name).map_err(|error| match root.kind(name) {
        None | Some(Kind::Directory) => error,
        Some(kind) => taken_away(&kind.to_string()),
    })
}

fn taken_away(by: &str) -> io::Error {
    io::Error::other(format!(
        "it was taken away, and in its place is {by}, which is not followed"
    ))
}
