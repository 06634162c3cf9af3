//! Removing a directory with all that is in it, whatever somebody made of it: links, directories
//! without permissions, trees deeper than the limit on open files.
//!
//! Two handles are open at any depth. The way back up is `..`, and it is taken only where that is
//! the directory that was come from: a directory that is moved elsewhere meanwhile would lead into
//! a stranger's.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{self, AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;

use super::handle::{DIRECTORY, Identity, names};

/// Number of times a directory is listed while a process goes on writing into it.
const MAX_LISTINGS: usize = 4;

/// Removes a directory that the caller has made, with all that is in it. Nothing that a link
/// leads to is removed, and nothing on another file system that is mounted in it.
///
/// # Errors
/// Something of it is left; the first reason.
pub fn remove_tree(path: &Path) -> io::Result<()> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    match fs::openat(CWD, parent, DIRECTORY, Mode::empty()) {
        Ok(parent) => remove(parent.as_fd(), name),
        Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// A directory on the way down.
struct Level {
    name: OsString,
    identity: Identity,
    /// The names that are still to be removed in it.
    left: Vec<OsString>,
    listings: usize,
    /// Something in it cannot be removed.
    stuck: bool,
}

/// Removes what has this name in an open directory. A name that is gone already is not an error.
pub(super) fn remove(parent: BorrowedFd<'_>, name: &OsStr) -> io::Result<()> {
    match unlink(parent, name) {
        Ok(()) => return Ok(()),
        Err(Errno::ISDIR | Errno::PERM | Errno::ACCESS) => {}
        Err(error) => return Err(error.into()),
    }
    let top = Identity::of(parent)?;
    let mut first_error = None;
    let mut failed = |error: Errno| {
        first_error.get_or_insert(error);
    };
    let (mut here, level) = enter(parent, name, top.device)?;
    let mut levels = vec![level];
    while let Some(level) = levels.last_mut() {
        if let Some(name) = level.left.pop() {
            match unlink(here.as_fd(), &name) {
                Ok(()) => {}
                Err(Errno::ISDIR | Errno::PERM | Errno::ACCESS) => {
                    match enter(here.as_fd(), &name, top.device) {
                        Ok((inner, level)) => {
                            here = inner;
                            levels.push(level);
                        }
                        Err(error) => {
                            level.stuck = true;
                            failed(error);
                        }
                    }
                }
                Err(error) => {
                    level.stuck = true;
                    failed(error);
                }
            }
            continue;
        }
        let done = levels.pop().expect("the loop looks at the last");
        let outer = match levels.last() {
            None => parent.try_clone_to_owned()?,
            Some(outer) => back(&here, outer.identity)?,
        };
        let removed = fs::unlinkat(&outer, &done.name, AtFlags::REMOVEDIR);
        match removed {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(Errno::NOTEMPTY | Errno::EXIST) if !done.stuck && done.listings < MAX_LISTINGS => {
                // A process wrote into it meanwhile: once more.
                let left = names(&here)?;
                let listings = done.listings + 1;
                levels.push(Level {
                    left,
                    listings,
                    ..done
                });
                continue;
            }
            Err(error) => {
                if let Some(outer) = levels.last_mut() {
                    outer.stuck = true;
                }
                failed(error);
            }
        }
        here = outer;
    }
    first_error.map_or(Ok(()), |error| Err(error.into()))
}

fn unlink(parent: BorrowedFd<'_>, name: &OsStr) -> rustix::io::Result<()> {
    match fs::unlinkat(parent, name, AtFlags::empty()) {
        Err(Errno::NOENT) => Ok(()),
        done => done,
    }
}

/// Opens a directory to be emptied, with the permissions that takes.
fn enter(
    parent: BorrowedFd<'_>,
    name: &OsStr,
    device: u64,
) -> rustix::io::Result<(OwnedFd, Level)> {
    permit(parent, name)?;
    let handle = fs::openat(parent, name, DIRECTORY, Mode::empty())?;
    let identity = Identity::of(&handle)?;
    if identity.device != device {
        return Err(Errno::XDEV);
    }
    let level = Level {
        name: name.to_owned(),
        identity,
        left: names(&handle)?,
        listings: 1,
        stuck: false,
    };
    Ok((handle, level))
}

/// Gives us a directory's permissions back where they were taken. By way of a handle: `chmod` of a
/// name would follow a link that is put there meanwhile.
fn permit(parent: BorrowedFd<'_>, name: &OsStr) -> rustix::io::Result<()> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let handle = fs::openat(parent, name, flags, Mode::empty())?;
    let stat = fs::fstat(&handle)?;
    if Mode::from_raw_mode(stat.st_mode).contains(Mode::RWXU) {
        return Ok(());
    }
    let through = format!("/proc/self/fd/{}", handle.as_raw_fd());
    // A failure shows in the calls that need the permissions.
    let _ = fs::chmod(through, Mode::RWXU);
    Ok(())
}

/// The directory above, if it is the one that was come from.
fn back(here: &OwnedFd, expected: Identity) -> io::Result<OwnedFd> {
    let outer = fs::openat(here, "..", DIRECTORY, Mode::empty())?;
    if Identity::of(&outer)? == expected {
        return Ok(outer);
    }
    Err(io::Error::other(
        "a directory was moved elsewhere while it was being removed",
    ))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;

    use super::*;

    fn tree() -> (tempfile::TempDir, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let tree = root.path().join("tree");
        std::fs::create_dir(&tree).unwrap();
        (root, tree)
    }

    #[test]
    fn links_are_removed_and_not_what_they_lead_to() {
        let (root, tree) = tree();
        let kept = root.path().join("kept");
        std::fs::create_dir_all(kept.join("sub")).unwrap();
        std::fs::write(kept.join("sub/file"), "kept").unwrap();
        symlink(&kept, tree.join("link")).unwrap();
        std::fs::create_dir_all(tree.join("a/b")).unwrap();
        symlink(&kept, tree.join("a/b/link")).unwrap();
        std::fs::write(tree.join("a/file"), "").unwrap();
        remove_tree(&tree).unwrap();
        assert!(!tree.exists());
        assert_eq!(std::fs::read(kept.join("sub/file")).unwrap(), b"kept");
        // The tree itself replaced by a link.
        symlink(&kept, &tree).unwrap();
        remove_tree(&tree).unwrap();
        assert!(std::fs::symlink_metadata(&tree).is_err());
        assert_eq!(std::fs::read(kept.join("sub/file")).unwrap(), b"kept");
        remove_tree(&tree).unwrap();
    }

    #[test]
    fn directories_without_permissions_are_removed() {
        let (_root, tree) = tree();
        for name in ["a", "a/b", "c"] {
            std::fs::create_dir(tree.join(name)).unwrap();
            std::fs::write(tree.join(name).join("file"), "").unwrap();
        }
        for name in ["a/b", "a", "c"] {
            let none = std::fs::Permissions::from_mode(0o000);
            std::fs::set_permissions(tree.join(name), none).unwrap();
        }
        remove_tree(&tree).unwrap();
        assert!(!tree.exists());
    }

    #[test]
    fn a_tree_deeper_than_the_limit_on_open_files_is_removed() {
        let (_root, tree) = tree();
        let mut here = fs::open(&tree, DIRECTORY, Mode::empty()).unwrap();
        for _ in 0..2_000 {
            fs::mkdirat(&here, "d", Mode::RWXU).unwrap();
            here = fs::openat(&here, "d", DIRECTORY, Mode::empty()).unwrap();
        }
        drop(here);
        remove_tree(&tree).unwrap();
        assert!(!tree.exists());
    }
}
