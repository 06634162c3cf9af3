//! A directory that is held open.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::found::{self, Found, Kind};
use super::handle::{DIRECTORY, Identity, names};
use super::removal;

/// A directory that is held open, and known again by what it is rather than by its name.
#[derive(Debug)]
pub struct Held {
    handle: OwnedFd,
    path: PathBuf,
    identity: Identity,
}

impl Held {
    /// Opens a directory. A symbolic link in the last place is refused.
    ///
    /// # Errors
    /// The directory is not there, is something else, or may not be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::opened(fs::openat(CWD, path, DIRECTORY, Mode::empty())?, path)
    }

    /// Opens a directory in this one.
    ///
    /// # Errors
    /// As [`Held::open`].
    pub fn inside(&self, name: &str) -> io::Result<Self> {
        let name = plain(name.as_ref())?;
        let handle = fs::openat(&self.handle, name, DIRECTORY, Mode::empty())?;
        Self::opened(handle, &self.path.join(name))
    }

    fn opened(handle: OwnedFd, path: &Path) -> io::Result<Self> {
        let identity = Identity::of(&handle)?;
        Ok(Self {
            handle,
            path: path.to_owned(),
            identity,
        })
    }

    /// The path that it was opened by.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A description of what lies at its path now, where that is not this directory any more.
    #[must_use]
    pub fn replaced(&self) -> Option<String> {
        match fs::statat(CWD, &self.path, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if Identity::from(&stat) == self.identity => None,
            Ok(stat) => Some(match Kind::of(fs::FileType::from_raw_mode(stat.st_mode)) {
                None => "a file".to_owned(),
                Some(Kind::Directory) => "another directory".to_owned(),
                Some(kind) => kind.to_string(),
            }),
            Err(_) => Some("nothing".to_owned()),
        }
    }

    /// The names in it.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn names(&self) -> io::Result<Vec<OsString>> {
        Ok(names(&self.handle)?)
    }

    /// True if something of any kind has this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.stat(name.as_ref()).is_ok()
    }

    /// The length in octets of whatever has this name; 0 where nothing has it.
    #[must_use]
    pub fn length(&self, name: &OsStr) -> u64 {
        let stat = self.stat(name);
        stat.map_or(0, |stat| u64::try_from(stat.st_size).unwrap_or(0))
    }

    /// The kind of the thing that has this name, if it is not a regular file.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<Kind> {
        let stat = self.stat(name.as_ref()).ok()?;
        Kind::of(fs::FileType::from_raw_mode(stat.st_mode))
    }

    /// Reads what has this name; of a file at most `most` octets. Only regular files are opened, and
    /// opening one never waits.
    #[must_use]
    pub fn read(&self, name: &str, most: u64) -> Found {
        let stat = match self.stat(name.as_ref()) {
            Ok(stat) => stat,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Found::Nothing,
            Err(error) => return Found::Unreadable(error),
        };
        if let Some(kind) = Kind::of(fs::FileType::from_raw_mode(stat.st_mode)) {
            return Found::Other(kind);
        }
        // A name that was a file's a moment ago may be a pipe's by now.
        let flags =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let handle = match fs::openat(&self.handle, name, flags, Mode::empty()) {
            Ok(handle) => handle,
            Err(Errno::NOENT) => return Found::Nothing,
            Err(Errno::LOOP) => return Found::Other(Kind::Link),
            Err(error) => return Found::Unreadable(error.into()),
        };
        match fs::fstat(&handle) {
            Ok(stat) => match Kind::of(fs::FileType::from_raw_mode(stat.st_mode)) {
                Some(kind) => Found::Other(kind),
                None => {
                    let length = u64::try_from(stat.st_size).unwrap_or(0);
                    found::read(&File::from(handle), length, most)
                }
            },
            Err(error) => Found::Unreadable(error.into()),
        }
    }

    /// Writes a file that is not there yet, and hands it over: what is done to it later is done to
    /// this file, whatever has its name by then.
    ///
    /// # Errors
    /// Something has this name, or the file cannot be written.
    pub fn write_new(&self, name: &str, content: &[u8]) -> io::Result<File> {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(0o666);
        let mut file = File::from(fs::openat(
            &self.handle,
            plain(name.as_ref())?,
            flags,
            mode,
        )?);
        file.write_all(content)?;
        Ok(file)
    }

    /// Makes a directory that is not there yet.
    ///
    /// # Errors
    /// Something has this name, or the directory cannot be made.
    pub fn make_dir(&self, name: &str) -> io::Result<()> {
        Ok(fs::mkdirat(
            &self.handle,
            plain(name.as_ref())?,
            Mode::from_raw_mode(0o777),
        )?)
    }

    /// Makes a symbolic link that is not there yet.
    ///
    /// # Errors
    /// Something has this name, or the link cannot be made.
    pub fn link(&self, name: &str, to: &Path) -> io::Result<()> {
        Ok(fs::symlinkat(to, &self.handle, plain(name.as_ref())?)?)
    }

    /// Gives what is in it another name, which nothing has yet.
    ///
    /// # Errors
    /// Nothing has the old name, or something the new one.
    pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let (from, to) = (plain(from.as_ref())?, plain(to.as_ref())?);
        match fs::renameat_with(&self.handle, from, &self.handle, to, RenameFlags::NOREPLACE) {
            Err(Errno::EXIST) => Err(Errno::EXIST.into()),
            // Not every file system knows the flag.
            Err(Errno::INVAL | Errno::NOSYS) if self.stat(to).is_err() => {
                Ok(fs::renameat(&self.handle, from, &self.handle, to)?)
            }
            done => Ok(done?),
        }
    }

    /// Removes what has this name, a directory with all that is in it, and nothing that a link
    /// leads to.
    ///
    /// # Errors
    /// Something of it is left.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        removal::remove(self.handle.as_fd(), plain(name)?)
    }

    /// Removes all that is in it.
    ///
    /// # Errors
    /// Something is left.
    pub fn empty(&self) -> io::Result<()> {
        self.names()?.iter().try_for_each(|name| self.remove(name))
    }

    pub(super) fn handle(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }

    pub(super) fn stat(&self, name: &OsStr) -> io::Result<fs::Stat> {
        Ok(fs::statat(
            &self.handle,
            plain(name)?,
            AtFlags::SYMLINK_NOFOLLOW,
        )?)
    }
}

/// A name that leads nowhere else.
fn plain(name: &OsStr) -> io::Result<&OsStr> {
    let leads_on = matches!(name.as_bytes(), b"" | b"." | b"..") || name.as_bytes().contains(&b'/');
    if leads_on {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{name:?} is not a name in one directory"),
        ));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::time::{Duration, Instant};

    use super::*;

    fn held() -> (tempfile::TempDir, Held) {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("dir")).unwrap();
        let held = Held::open(&root.path().join("dir")).unwrap();
        (root, held)
    }

    fn content(found: Found) -> Vec<u8> {
        match found {
            Found::File { content, .. } => content,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn work_stays_in_the_directory_that_was_opened() {
        let (root, held) = held();
        let [dir, away, precious] = ["dir", "away", "precious"].map(|name| root.path().join(name));
        std::fs::create_dir(&precious).unwrap();
        std::fs::write(precious.join("kept"), "kept").unwrap();
        assert_eq!(held.replaced(), None);
        // Swapped between the check and the use.
        std::fs::rename(&dir, &away).unwrap();
        symlink(&precious, &dir).unwrap();
        assert_eq!(held.replaced().unwrap(), "a symbolic link");
        held.write_new("kept", b"ours").unwrap();
        assert_eq!(content(held.read("kept", 9)), b"ours");
        held.empty().unwrap();
        assert_eq!(std::fs::read(precious.join("kept")).unwrap(), b"kept");
        assert_eq!(std::fs::read_dir(&away).unwrap().count(), 0);
        assert!(Held::open(&dir).is_err());
        std::fs::remove_file(&dir).unwrap();
        assert_eq!(held.replaced().unwrap(), "nothing");
        std::fs::create_dir(&dir).unwrap();
        assert_eq!(held.replaced().unwrap(), "another directory");
    }

    #[test]
    fn only_regular_files_are_read_and_never_more_than_the_bound() {
        let (root, held) = held();
        let at = |name: &str| root.path().join("dir").join(name);
        let started = Instant::now();
        fs::mknodat(CWD, at("fifo"), fs::FileType::Fifo, Mode::RWXU, 0).unwrap();
        assert!(matches!(held.read("fifo", 9), Found::Other(Kind::Fifo)));
        symlink("/dev/zero", at("link")).unwrap();
        assert!(matches!(held.read("link", 9), Found::Other(Kind::Link)));
        std::fs::create_dir(at("sub")).unwrap();
        assert!(matches!(held.read("sub", 9), Found::Other(Kind::Directory)));
        File::create(at("sparse"))
            .unwrap()
            .set_len(1 << 40)
            .unwrap();
        match held.read("sparse", 5) {
            Found::File { content, length } => {
                assert_eq!((content, length), (vec![0; 5], 1 << 40));
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(held.read("none", 9), Found::Nothing));
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let (root, held) = held();
        std::fs::write(root.path().join("beside"), "kept").unwrap();
        for name in ["../beside", "..", ".", "", "sub/x", "/etc/passwd"] {
            assert!(held.write_new(name, b"x").is_err(), "{name}");
            assert!(held.remove(name.as_ref()).is_err(), "{name}");
            assert!(held.link(name, Path::new("x")).is_err(), "{name}");
            assert!(held.inside(name).is_err(), "{name}");
            assert!(!matches!(held.read(name, 9), Found::File { .. }), "{name}");
        }
        assert_eq!(std::fs::read(root.path().join("beside")).unwrap(), b"kept");
    }

    #[test]
    fn nothing_is_written_over() {
        let (root, held) = held();
        held.write_new("a", b"first").unwrap();
        held.write_new("b", b"other").unwrap();
        assert!(held.write_new("a", b"second").is_err());
        assert!(held.rename("a", "b").is_err());
        assert!(held.link("a", Path::new("b")).is_err());
        assert_eq!(content(held.read("a", 9)), b"first");
        assert_eq!(content(held.read("b", 9)), b"other");
        held.rename("a", "c").unwrap();
        assert_eq!(content(held.read("c", 9)), b"first");
        drop(root);
    }
}
