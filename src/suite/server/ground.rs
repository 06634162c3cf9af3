//! The places on the disk that a run works in, held open: what stands at their paths later is not
//! followed.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use super::case::{Body, Case};
use crate::disk::{Claim, Held, Kind};
use crate::suite::plain::next_frame;
use crate::trace::{Action, Placed, Step, Trace};

/// The file outside that nothing may change, and what it holds.
pub(super) const TARGET: (&str, &[u8]) = ("target", b"outside, and not to be touched");

/// The name of the directory outside, beside the server's.
const OUTSIDE: &str = "outside";

/// The names that cases in code have files stored under. A test holds every run to this list.
const STORED_BY_CODE: [&str; 5] = ["a.bin", "0.bin", "1.bin", "large.bin", "gone.bin"];

/// Where a server stores files.
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

    /// What lies beside the server's directory.
    pub(super) fn names_beside(&self) -> Vec<OsString> {
        let names = self.root().map(Held::names);
        names.and_then(Result::ok).unwrap_or_default()
    }

    /// Removes what a server left beside its directory.
    pub(super) fn remove_beside(&self, name: &OsStr) {
        if let Some(root) = self.root() {
            // What is left is found again by the next check.
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

/// The names that these cases may have files stored under, right or wrong: what a run may remove.
#[must_use]
pub fn names_stored(cases: &[Case]) -> BTreeSet<OsString> {
    let mut names: BTreeSet<OsString> = STORED_BY_CODE.map(OsString::from).into();
    for case in cases {
        if let Body::Trace(trace) = case.body {
            names.extend(names_of(trace));
        }
    }
    names
}

fn names_of(trace: &Trace) -> BTreeSet<OsString> {
    let placed = trace.before.iter().map(|placed| match placed {
        Placed::File { name, .. } | Placed::Link { name, .. } => name.into(),
    });
    let steps = trace.steps.iter().chain(trace.repaired.iter().flatten());
    placed.chain(steps.filter_map(name_in)).collect()
}

/// The name in a step: of a file that is looked at, or of one that is announced.
fn name_in(step: &Step) -> Option<OsString> {
    match &step.action {
        Action::Stored { name, .. } | Action::Absent(name) => Some(name.into()),
        Action::Frame { payload, .. } => before_the_comma(&payload.to_vec()),
        Action::Send(octets) => {
            let octets = octets.to_vec();
            before_the_comma(next_frame(&octets).unwrap_or(&octets))
        }
        _ => None,
    }
}

/// What a header has before its last comma, if that is a name in one directory.
fn before_the_comma(header: &[u8]) -> Option<OsString> {
    const MAX_NAME: usize = 255;
    let comma = header.iter().rposition(|octet| *octet == b',')?;
    let name = &header[..comma];
    let plain = !name.is_empty()
        && name.len() <= MAX_NAME
        && !name.iter().any(|octet| matches!(octet, b'/' | 0))
        && !matches!(name, b"." | b"..");
    plain.then(|| OsStr::from_bytes(name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::server::cases;

    #[test]
    fn the_names_that_a_run_may_remove_are_those_that_it_has_stored() {
        let names = names_stored(&cases::all());
        for name in [
            "a.bin",
            "gone.bin",
            "no comma, just a name".split(',').next().unwrap(),
        ] {
            let wanted = ["a.bin", "gone.bin"].contains(&name);
            assert_eq!(names.contains(OsStr::new(name)), wanted, "{name}");
        }
        for name in &names {
            let octets = name.as_bytes();
            assert!(
                !octets.contains(&b'/') && !matches!(octets, b"." | b".." | b""),
                "{name:?}"
            );
        }
        assert_eq!(before_the_comma(b"a,b,3"), Some("a,b".into()));
        assert_eq!(before_the_comma(b"../x,3"), None);
        assert_eq!(before_the_comma(b"..,3"), None);
        assert_eq!(before_the_comma(b"hello"), None);
    }
}
