//! The store of files: they land whole or not at all, and never outside the directory (TRF-8 to TRF-10).

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::wire::file_header::FileName;

/// The prefix of the names of files that are still arriving. A file that a killed process left
/// behind can be told by it and removed.
pub const INCOMING_PREFIX: &str = ".unstick-incoming-";

/// The parts of a file that have reached the disk by the time it appears under its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sync {
    /// Nothing: after a power failure it may be lost or empty, after a killed process it is not.
    #[default]
    None,
    /// Its content: after a power failure it is whole, or the old one is there.
    File,
    /// Its name too: once it has appeared, no power failure takes it back.
    Name,
}

/// A directory that files are stored into.
#[derive(Debug, Clone)]
pub struct Store {
    dir: PathBuf,
    sync: Sync,
}

impl Store {
    /// A store in `dir`, which must exist by the time a file comes.
    #[must_use]
    pub fn new(dir: &Path, sync: Sync) -> Self {
        Self {
            dir: dir.to_owned(),
            sync,
        }
    }

    /// Begins a file. It is invisible under its name until [`Incoming::finish`].
    ///
    /// # Errors
    /// Any error of the system, such as a directory that cannot be written (TRF-11).
    pub fn begin(&self, name: &FileName) -> io::Result<Incoming> {
        let file = tempfile::Builder::new()
            .prefix(INCOMING_PREFIX)
            .tempfile_in(&self.dir)?;
        Ok(Incoming {
            file,
            target: self.dir.join(name.as_str()),
            sync: self.sync,
        })
    }
}

/// A file on its way in. Dropped before it is finished, it leaves nothing behind (TRF-9).
#[derive(Debug)]
pub struct Incoming {
    file: NamedTempFile,
    target: PathBuf,
    sync: Sync,
}

impl Incoming {
    /// Appends octets of the body.
    ///
    /// # Errors
    /// Any error of the system, such as a full disk (TRF-11).
    pub fn write(&mut self, part: &[u8]) -> io::Result<()> {
        self.file.write_all(part)
    }

    /// Puts the whole file under its name, in place of an old one (TRF-10). A symbolic link
    /// of that name is replaced, not followed (TRF-8). The store's [`Sync`] says what has reached
    /// the disk then.
    ///
    /// # Errors
    /// Any error of the system; the file is not there then, unless nothing but the syncing of its
    /// name failed.
    pub fn finish(self) -> io::Result<()> {
        let sync = self.sync;
        self.finish_as(sync)
    }

    /// As [`Incoming::finish`], and the file has reached the disk under its name, whatever the
    /// store's [`Sync`] (VTR-3).
    ///
    /// # Errors
    /// As for [`Incoming::finish`].
    pub fn finish_durably(self) -> io::Result<()> {
        self.finish_as(Sync::Name)
    }

    fn finish_as(self, sync: Sync) -> io::Result<()> {
        if sync != Sync::None {
            self.file.as_file().sync_all()?;
        }
        self.file.persist(&self.target)?;
        if sync == Sync::Name
            && let Some(dir) = self.target.parent()
        {
            File::open(dir)?.sync_all()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_whole_and_replaces_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "old and longer").unwrap();
        let mut incoming = Store::new(dir.path(), Sync::default())
            .begin(&FileName::new("a").unwrap())
            .unwrap();
        incoming.write(b"new").unwrap();
        assert_eq!(fs::read(dir.path().join("a")).unwrap(), b"old and longer");
        incoming.finish().unwrap();
        assert_eq!(fs::read(dir.path().join("a")).unwrap(), b"new");
        assert_eq!(names(dir.path()), ["a"]);
    }

    #[test]
    fn a_file_cut_short_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut incoming = Store::new(dir.path(), Sync::default())
            .begin(&FileName::new("a").unwrap())
            .unwrap();
        incoming.write(b"half").unwrap();
        assert_eq!(names(dir.path()).len(), 1);
        assert!(names(dir.path())[0].starts_with(INCOMING_PREFIX));
        drop(incoming);
        assert!(names(dir.path()).is_empty());
    }

    #[test]
    fn a_link_is_replaced_and_never_followed() {
        let dir = tempfile::tempdir().unwrap();
        let outside = tempfile::NamedTempFile::new().unwrap();
        std::os::unix::fs::symlink(outside.path(), dir.path().join("link")).unwrap();
        let mut incoming = Store::new(dir.path(), Sync::default())
            .begin(&FileName::new("link").unwrap())
            .unwrap();
        incoming.write(b"new").unwrap();
        incoming.finish().unwrap();
        assert_eq!(fs::read(outside.path()).unwrap(), b"");
        assert_eq!(fs::read(dir.path().join("link")).unwrap(), b"new");
    }
}
