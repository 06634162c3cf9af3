//! What lies on the disk: the testee's directory before and after a conversation, and what
//! lies outside of it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::directory_fault::DirectoryFault;
use crate::trace::Placed;

/// The file outside that nothing may change, and what it holds.
const TARGET: (&str, &[u8]) = ("target", b"outside, and not to be touched");

/// The testee's directory, and the one beside it.
#[derive(Debug)]
pub(crate) struct Directory {
    dir: PathBuf,
    outside: Option<PathBuf>,
    before: Vec<Placed>,
    root_before: Vec<String>,
}

impl Directory {
    /// Empties the directory and places what a trace wants there.
    pub(crate) fn prepare(
        dir: &Path,
        outside: Option<&Path>,
        before: &[Placed],
    ) -> io::Result<Self> {
        empty(dir)?;
        if let Some(outside) = outside {
            empty(outside)?;
            fs::write(outside.join(TARGET.0), TARGET.1)?;
        }
        for placed in before {
            match placed {
                Placed::File { name, content } => fs::write(dir.join(name), content.to_vec())?,
                Placed::Link { name, to } => {
                    if let Some(outside) = outside {
                        symlink(outside.join(to), dir.join(name))?;
                    }
                }
            }
        }
        let directory = Self {
            dir: dir.to_owned(),
            outside: outside.map(Path::to_owned),
            before: before.to_vec(),
            root_before: outside.map(names_beside).unwrap_or_default(),
        };
        Ok(directory)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.dir
    }

    /// Whether a file holds exactly this.
    pub(crate) fn stored(&self, name: &str, content: &[u8]) -> Result<(), DirectoryFault> {
        let name = name.to_owned();
        let Ok(held) = fs::read(self.dir.join(&name)) else {
            return Err(DirectoryFault::Missing { name });
        };
        let (expected, place) = (content.len(), common_prefix(content, &held));
        let held_len = held.len();
        match () {
            () if held == content => Ok(()),
            () if place == expected => Err(DirectoryFault::Longer {
                name,
                expected,
                held: held_len,
                more: held[expected..].to_vec(),
            }),
            () if place == held_len => Err(DirectoryFault::Shorter {
                name,
                expected,
                held: held_len,
            }),
            () => Err(DirectoryFault::Other {
                name,
                place,
                expected,
                held: held_len,
            }),
        }
    }

    /// Whether nothing of this name is there.
    pub(crate) fn absent(&self, name: &str) -> Result<(), DirectoryFault> {
        match fs::symlink_metadata(self.dir.join(name)) {
            Ok(metadata) => Err(DirectoryFault::Present {
                name: name.to_owned(),
                held: metadata.len() as usize,
            }),
            Err(_) => Ok(()),
        }
    }

    /// Whether the directory holds what was placed there, and nothing else.
    pub(crate) fn untouched(&self) -> Result<(), DirectoryFault> {
        for placed in &self.before {
            match placed {
                Placed::File { name, content } => {
                    self.stored(name, &content.to_vec())
                        .map_err(|_| DirectoryFault::Changed { name: name.clone() })?;
                }
                Placed::Link { name, .. } => {
                    if self.outside.is_some() && !self.dir.join(name).is_symlink() {
                        return Err(DirectoryFault::Changed { name: name.clone() });
                    }
                }
            }
        }
        let allowed: Vec<&str> = self
            .before
            .iter()
            .map(|placed| match placed {
                Placed::File { name, .. } | Placed::Link { name, .. } => name.as_str(),
            })
            .collect();
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !allowed.contains(&name.as_str()) {
                let held = entry.metadata().map_or(0, |metadata| metadata.len()) as usize;
                return Err(DirectoryFault::Present { name, held });
            }
        }
        Ok(())
    }

    /// Whether all is as it was outside of the directory.
    pub(crate) fn outside_untouched(&self) -> Result<(), DirectoryFault> {
        let Some(outside) = &self.outside else {
            return Ok(());
        };
        let fault = |name: &str| {
            Err(DirectoryFault::Outside {
                name: name.to_owned(),
            })
        };
        let held: BTreeMap<String, Vec<u8>> = fs::read_dir(outside)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| {
                (
                    entry.file_name().to_string_lossy().into_owned(),
                    fs::read(entry.path()).unwrap_or_default(),
                )
            })
            .collect();
        if held.get(TARGET.0).map(Vec::as_slice) != Some(TARGET.1) {
            return fault(TARGET.0);
        }
        if let Some(name) = held.keys().find(|name| *name != TARGET.0) {
            return fault(name);
        }
        let new = names_beside(outside)
            .into_iter()
            .find(|name| !self.root_before.contains(name));
        match new {
            Some(name) => {
                // It would otherwise be found by every check that follows.
                let _ = remove(&outside.with_file_name(&name));
                fault(&name)
            }
            None => Ok(()),
        }
    }
}

fn empty(dir: &Path) -> io::Result<()> {
    fs::read_dir(dir)?.try_for_each(|entry| remove(&entry?.path()))
}

/// Removes a file, a link or a directory with all that is in it, and nothing that a link leads to.
fn remove(path: &Path) -> io::Result<()> {
    if path.is_dir() && !path.is_symlink() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
}

/// What lies beside the testee's directory.
fn names_beside(outside: &Path) -> Vec<String> {
    let Some(root) = outside.parent() else {
        return Vec::new();
    };
    fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::octets::Octets;

    /// A testee's directory and one outside of it, with these prepared.
    fn prepared(before: &[Placed]) -> (tempfile::TempDir, Directory) {
        let root = tempfile::tempdir().unwrap();
        let [dir, outside] = ["dir", "outside"].map(|name| root.path().join(name));
        fs::create_dir(&dir).unwrap();
        fs::create_dir(&outside).unwrap();
        let directory = Directory::prepare(&dir, Some(&outside), before).unwrap();
        (root, directory)
    }

    #[test]
    fn a_file_that_is_not_as_it_has_to_be_is_told() {
        let (_root, directory) = prepared(&[]);
        fs::write(directory.path().join("a"), "abcd").unwrap();
        let octets =
            |count: usize| format!("the file \"a\" with exactly the {count} octets of the body");
        for (name, content, message, wanted) in [
            (
                "a",
                "abc",
                "the file \"a\" has 4 octets instead of 3: 1 too many at its end",
                octets(3),
            ),
            (
                "a",
                "abcdef",
                "the file \"a\" has 4 octets instead of 6: the last 2 are missing",
                octets(6),
            ),
            (
                "a",
                "abXde",
                "the file \"a\" (4 octets, expected 5) differs from octet 2 on",
                octets(5),
            ),
            (
                "b",
                "",
                "no file \"b\" was stored",
                "a file \"b\" in the directory".to_owned(),
            ),
        ] {
            let fault = directory.stored(name, content.as_bytes()).unwrap_err();
            assert_eq!(
                (fault.to_string(), fault.wanted()),
                (message.to_owned(), wanted)
            );
        }
        assert_eq!(directory.stored("a", b"abcd"), Ok(()));
        assert_eq!(directory.absent("b"), Ok(()));
        let fault = directory.absent("a").unwrap_err();
        assert_eq!(
            fault.to_string(),
            "a file \"a\" of 4 octets is there that must not be"
        );
        assert_eq!(fault.wanted(), "nothing stored");
        assert_eq!(directory.untouched(), Err(fault));
    }

    #[test]
    fn what_has_changed_is_told() {
        let before = [
            Placed::File {
                name: "old".to_owned(),
                content: Octets::from(&b"old"[..]),
            },
            Placed::Link {
                name: "link".to_owned(),
                to: "target".to_owned(),
            },
        ];
        let (root, directory) = prepared(&before);
        assert_eq!(directory.untouched(), Ok(()));
        assert_eq!(directory.outside_untouched(), Ok(()));
        for name in ["old", "link"] {
            let (_root, directory) = prepared(&before);
            fs::remove_file(directory.path().join(name)).unwrap();
            fs::write(directory.path().join(name), "new").unwrap();
            let fault = directory.untouched().unwrap_err();
            assert_eq!(
                fault.to_string(),
                format!("the file {name:?}, there before, has been changed or removed")
            );
            assert_eq!(fault.wanted(), format!("the file {name:?} as it was"));
        }
        for name in ["outside/target", "outside/new", "beside"] {
            fs::write(root.path().join(name), "new").unwrap();
            let fault = directory.outside_untouched().unwrap_err();
            let name = name.trim_start_matches("outside/");
            assert_eq!(
                fault.to_string(),
                format!("outside of the directory, {name:?} was written, changed or removed")
            );
            assert_eq!(fault.wanted(), "nothing changed outside of the directory");
            // What lies beside is not told twice.
            fs::write(root.path().join("outside/target"), TARGET.1).unwrap();
            let _ = fs::remove_file(root.path().join("outside/new"));
            assert_eq!(directory.outside_untouched(), Ok(()));
        }
    }

    #[test]
    fn whatever_is_there_is_removed_and_nothing_that_a_link_leads_to() {
        let (root, directory) = prepared(&[]);
        let kept = root.path().join("kept");
        fs::create_dir(&kept).unwrap();
        fs::write(kept.join("file"), "kept").unwrap();
        for dir in ["dir", "outside"].map(|name| root.path().join(name)) {
            symlink(&kept, dir.join("link")).unwrap();
            fs::create_dir(dir.join("sub")).unwrap();
            fs::write(dir.join("sub/file"), "").unwrap();
        }
        let outside = root.path().join("outside");
        Directory::prepare(directory.path(), Some(&outside), &[]).unwrap();
        let names = |dir: &Path| -> Vec<_> {
            let entries = fs::read_dir(dir).unwrap();
            entries.map(|entry| entry.unwrap().file_name()).collect()
        };
        assert_eq!(names(directory.path()), [""; 0]);
        assert_eq!(names(&outside), ["target"]);
        assert_eq!(fs::read(kept.join("file")).unwrap(), b"kept");
    }
}
