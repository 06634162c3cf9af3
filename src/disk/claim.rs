//! A directory that a user names for our work (`--dir`): taken only if nothing in it can be the
//! user's, and cleaned by name only.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, CWD, Mode, OFlags, StatxAttributes, StatxFlags};

use super::found::Found;
use super::handle::Identity;
use super::held::Held;

/// The file that says that unstick has worked in a directory before.
pub const MARKER: &str = ".unstick-directory";

/// The text of the marker, for the person who finds it.
const MARKER_TEXT: &[u8] =
    b"unstick works in this directory (--dir): it places and removes files here, by name.\n\
Files that were here when a run began are never touched. Without this file, unstick only takes\n\
an empty directory.\n";

/// The reason why a directory is not taken. Nothing was touched then.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// The directory cannot be opened.
    #[error("{}: {error}; name a directory that exists and is empty, such as one made by `mktemp -d`", .dir.display())]
    Unopened {
        /// The directory that was named.
        dir: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
    /// The directory is something whose loss would be terrible.
    #[error("{} is {what}: name an empty directory made for this, such as one made by `mktemp -d`", .dir.display())]
    Precious {
        /// The directory that was named.
        dir: PathBuf,
        /// A description of what it is.
        what: &'static str,
    },
    /// The directory holds something, and no marker.
    #[error(
        "{} is not empty (it holds {found:?}) and was not used by unstick before: name an empty directory, \
         such as one made by `mktemp -d`",
        .dir.display()
    )]
    NotEmpty {
        /// The directory that was named.
        dir: PathBuf,
        /// A name in it.
        found: OsString,
    },
    /// A file in it would be overwritten.
    #[error(
        "{} holds {found:?}, a name that this run has files stored under: move it away, or name an empty directory",
        .dir.display()
    )]
    Taken {
        /// The directory that was named.
        dir: PathBuf,
        /// The name.
        found: OsString,
    },
}

/// A directory that is ours to work in, and the names in it that are ours.
#[derive(Debug)]
pub struct Claim {
    held: Held,
    /// The names that the run has files stored under, and that nothing had before: all that is ever
    /// removed.
    ours: BTreeSet<OsString>,
}

impl Claim {
    /// Takes a directory, unless something in it may be the user's. `names` are those that the run
    /// has files stored under.
    ///
    /// # Errors
    /// [`ClaimError`]; nothing was touched then.
    pub fn of(dir: &Path, names: BTreeSet<OsString>) -> Result<Self, ClaimError> {
        Self::unless(dir, names, &Protected::here())
    }

    fn unless(
        dir: &Path,
        names: BTreeSet<OsString>,
        protected: &Protected,
    ) -> Result<Self, ClaimError> {
        let unopened = |error: io::Error| ClaimError::Unopened {
            dir: dir.to_owned(),
            error,
        };
        // `link/` leads through the link, `link` does not.
        let path: PathBuf = dir.components().collect();
        if std::fs::symlink_metadata(&path)
            .map_err(unopened)?
            .is_symlink()
        {
            return Err(ClaimError::Precious {
                dir: dir.to_owned(),
                what: "a symbolic link",
            });
        }
        let held = Held::open(&path).map_err(unopened)?;
        if let Some(what) = protected.is(&held).map_err(unopened)? {
            let dir = dir.to_owned();
            return Err(ClaimError::Precious { dir, what });
        }
        let before: BTreeSet<OsString> = held.names().map_err(unopened)?.into_iter().collect();
        let marked = is_marked(&held);
        if let Some(found) = before.first().filter(|_| !marked) {
            return Err(ClaimError::NotEmpty {
                dir: dir.to_owned(),
                found: found.clone(),
            });
        }
        let mut taken = before.intersection(&names).filter(|name| *name != MARKER);
        if let Some(name) = taken.next() {
            return Err(ClaimError::Taken {
                dir: dir.to_owned(),
                found: name.clone(),
            });
        }
        if !marked {
            held.write_new(MARKER, MARKER_TEXT).map_err(unopened)?;
        }
        let ours = names.into_iter().filter(|name| name != MARKER).collect();
        Ok(Self { held, ours })
    }

    /// The directory.
    #[must_use]
    pub const fn held(&self) -> &Held {
        &self.held
    }

    /// Removes the files that the run had stored, by their names.
    ///
    /// # Errors
    /// A file is left.
    pub fn clear(&self) -> io::Result<()> {
        self.ours
            .iter()
            .filter(|name| self.held.stat(name).is_ok())
            .try_for_each(|name| self.held.remove(name))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // A server that is still writing may leave a file; the next run then says so.
        let _ = self.clear();
    }
}

fn is_marked(held: &Held) -> bool {
    // The words after the first may change from version to version.
    let first = b"unstick works in this directory";
    matches!(held.read(MARKER, 4096), Found::File { content, .. } if content.starts_with(first))
}

/// The directories that are refused, whatever they hold.
struct Protected {
    /// Directories, and in words what they are.
    places: Vec<(&'static str, PathBuf)>,
    user: u32,
}

impl Protected {
    fn here() -> Self {
        let user = rustix::process::geteuid().as_raw();
        let mut places = Vec::new();
        if let Ok(path) = std::env::current_dir() {
            places.push(("the working directory", path));
        }
        if let Some(home) = std::env::home_dir() {
            places.push(("the home directory", home));
        }
        // HOME may say something else, as it does in a container or behind `sudo`.
        if let Some(home) = home_of(user) {
            places.push(("the home directory", home));
        }
        Self { places, user }
    }

    /// A description of a directory that must not be taken.
    fn is(&self, held: &Held) -> io::Result<Option<&'static str>> {
        let identity = Identity::of(held.handle())?;
        let is_at = |path: &Path| {
            let found = fs::statat(CWD, path, AtFlags::empty());
            found.is_ok_and(|stat| Identity::from(&stat) == identity)
        };
        if is_at(Path::new("/")) {
            return Ok(Some("the root directory"));
        }
        for (what, place) in &self.places {
            let place = place.canonicalize().unwrap_or_else(|_| place.clone());
            if is_at(&place) {
                return Ok(Some(what));
            }
            if place.ancestors().skip(1).any(is_at) {
                return Ok(Some(match *what {
                    "the working directory" => "a directory above the working directory",
                    _ => "a directory above the home directory",
                }));
            }
        }
        if is_mount_point(held, identity)? {
            return Ok(Some("a mount point"));
        }
        if fs::fstat(held.handle())?.st_uid != self.user {
            return Ok(Some("a directory of another owner"));
        }
        Ok(None)
    }
}

fn is_mount_point(held: &Held, identity: Identity) -> io::Result<bool> {
    let flags = AtFlags::EMPTY_PATH | AtFlags::SYMLINK_NOFOLLOW;
    if let Ok(stat) = fs::statx(held.handle(), "", flags, StatxFlags::empty())
        && stat
            .stx_attributes_mask
            .contains(StatxAttributes::MOUNT_ROOT)
    {
        return Ok(stat.stx_attributes.contains(StatxAttributes::MOUNT_ROOT));
    }
    // An older system shows only that the directory above is on another device.
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let above = fs::openat(held.handle(), "..", flags, Mode::empty())?;
    Ok(Identity::of(&above)?.device != identity.device)
}

/// The home directory that the system's list of users gives.
fn home_of(user: u32) -> Option<PathBuf> {
    let list = std::fs::read("/etc/passwd").ok()?;
    let user = user.to_string();
    list.split(|octet| *octet == b'\n')
        .find_map(|line| {
            let mut fields = line.split(|octet| *octet == b':').skip(2);
            (fields.next()? == user.as_bytes()).then_some(())?;
            let home = fields.nth(2)?;
            (!home.is_empty()).then(|| OsStr::from_bytes(home).to_owned().into_vec())
        })
        .map(|home| PathBuf::from(OsString::from_vec(home)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A home directory and a working directory below a throw-away root.
    fn protected(root: &Path) -> Protected {
        let [home, work] = ["users/home", "projects/deep/work"].map(|name| root.join(name));
        for dir in [&home, &work] {
            std::fs::create_dir_all(dir).unwrap();
        }
        Protected {
            places: vec![
                ("the home directory", home),
                ("the working directory", work),
            ],
            user: rustix::process::geteuid().as_raw(),
        }
    }

    fn why(dir: &Path, protected: &Protected) -> String {
        let refused = Claim::unless(dir, BTreeSet::new(), protected).unwrap_err();
        refused.to_string()
    }

    #[test]
    fn precious_directories_are_refused_though_they_are_empty() {
        let root = tempfile::tempdir().unwrap();
        let mut protected = protected(root.path());
        for (dir, what) in [
            ("users/home", "is the home directory"),
            ("users", "is a directory above the home directory"),
            ("projects/deep/work", "is the working directory"),
            (
                "projects/deep",
                "is a directory above the working directory",
            ),
            ("projects", "is a directory above the working directory"),
        ] {
            let dir = root.path().join(dir);
            let why = why(&dir, &protected);
            assert!(why.contains(what), "{why}");
            assert!(!dir.join(MARKER).exists());
        }
        let fresh = root.path().join("fresh");
        std::fs::create_dir(&fresh).unwrap();
        let link = root.path().join("link");
        symlink(&fresh, &link).unwrap();
        for named in [link.clone(), link.join(""), link.join(".")] {
            assert!(why(&named, &protected).contains("is a symbolic link"));
        }
        protected.user += 1;
        assert!(why(&fresh, &protected).contains("of another owner"));
        assert!(why(&root.path().join("none"), &protected).contains("none: No such file"));
        assert_eq!(std::fs::read_dir(&fresh).unwrap().count(), 0);
    }

    /// These are only looked at.
    #[test]
    fn the_root_and_mount_points_are_known() {
        let nobody = Protected {
            places: Vec::new(),
            user: rustix::process::geteuid().as_raw(),
        };
        let is = |path: &str| nobody.is(&Held::open(Path::new(path)).unwrap()).unwrap();
        assert_eq!(is("/"), Some("the root directory"));
        assert_eq!(is("/proc"), Some("a mount point"));
        let here = Protected::here();
        let home = std::env::home_dir().unwrap();
        assert!(here.is(&Held::open(&home).unwrap()).unwrap().is_some());
        assert!(here.places.len() >= 2);
    }

    #[test]
    fn what_was_there_before_stays() {
        let root = tempfile::tempdir().unwrap();
        let protected = protected(root.path());
        let dir = root.path().join("dir");
        std::fs::create_dir(&dir).unwrap();
        std::fs::write(dir.join("thesis.txt"), "years of work").unwrap();
        let refused = why(&dir, &protected);
        assert!(refused.contains("is not empty (it holds \"thesis.txt\")"));
        assert!(!dir.join(MARKER).exists());
        // A marker that somebody else has put there says nothing.
        std::fs::write(dir.join(MARKER), "x").unwrap();
        assert!(why(&dir, &protected).contains("is not empty"));
        for name in [MARKER, "thesis.txt"] {
            std::fs::remove_file(dir.join(name)).unwrap();
        }

        let claim = |names: &[&str]| {
            let names = names.iter().map(OsString::from).collect();
            Claim::unless(&dir, names, &protected)
        };
        drop(claim(&["a.bin"]).unwrap());
        std::fs::write(dir.join("thesis.txt"), "years of work").unwrap();
        std::fs::create_dir(dir.join("a.bin")).unwrap();
        let taken = claim(&["b.bin", "a.bin"]).unwrap_err();
        assert!(taken.to_string().contains("holds \"a.bin\""), "{taken}");
        let claim = claim(&["b.bin", "none", MARKER]).unwrap();
        claim.held().write_new("b.bin", b"ours").unwrap();
        // A foreign file that appears during the run is nobody's to remove.
        std::fs::write(dir.join("foreign.txt"), "foreign").unwrap();
        claim.clear().unwrap();
        let mut names = claim.held().names().unwrap();
        names.sort();
        assert_eq!(names, [MARKER, "a.bin", "foreign.txt", "thesis.txt"]);
        claim.held().write_new("b.bin", b"ours").unwrap();
        drop(claim);
        assert!(!dir.join("b.bin").exists());
        assert_eq!(
            std::fs::read(dir.join("thesis.txt")).unwrap(),
            b"years of work"
        );
    }
}
