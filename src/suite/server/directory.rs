//! Files on the disk: the server's directory before and after a conversation, and the places
//! outside of it. The server may do anything to these places, so all work goes through
//! [`Ground`], which holds them open.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::sync::Arc;

use super::directory_fault::DirectoryFault;
use super::ground::{Ground, TARGET};
use crate::disk::{Found, Kind};
use crate::trace::Placed;

/// Most octets after the right ones of a file that are kept as evidence: the next
/// frames, which a server may have taken into the file (TRF-4).
const MAX_MORE: usize = 64 * 1024;

/// The server's directory, and the one beside it, as they are before a conversation.
#[derive(Debug)]
pub(crate) struct Directory {
    ground: Arc<Ground>,
    before: Vec<Placed>,
    /// Names that were there before the conversation, beside those placed for it.
    foreign: BTreeSet<OsString>,
    beside_before: Vec<OsString>,
}

impl Directory {
    /// Removes what earlier conversations left, and places what a trace wants there.
    pub(crate) fn prepare(ground: Arc<Ground>, before: &[Placed]) -> io::Result<Self> {
        ground.clear()?;
        let foreign = ground.dir().names()?.into_iter().collect();
        for placed in before {
            match (placed, ground.outside()) {
                (Placed::File { name, content }, _) => {
                    ground.dir().write_new(name, &content.to_vec())?;
                }
                (Placed::Link { name, to }, Some(outside)) => {
                    ground.dir().link(name, &outside.path().join(to))?;
                }
                (Placed::Link { .. }, None) => {}
            }
        }
        Ok(Self {
            before: before.to_vec(),
            foreign,
            beside_before: ground.names_beside(),
            ground,
        })
    }

    /// The places, held open.
    pub(crate) fn ground(&self) -> &Ground {
        &self.ground
    }

    /// Path of the directory.
    #[cfg(test)]
    pub(crate) fn path(&self) -> &std::path::Path {
        self.ground.dir().path()
    }

    /// Checks that the directory is still the one that was made.
    fn in_place(&self) -> Result<(), DirectoryFault> {
        match self.ground.dir().replaced() {
            Some(by) => Err(DirectoryFault::Replaced { by }),
            None => Ok(()),
        }
    }

    /// Checks that a file holds exactly this content.
    pub(crate) fn stored(&self, name: &str, content: &[u8]) -> Result<(), DirectoryFault> {
        self.in_place()?;
        let name = name.to_owned();
        let expected = content.len();
        let (held, length) = match self.found(&name, expected) {
            Found::File { content, length } => (content, length),
            Found::Nothing => return Err(DirectoryFault::Missing { name }),
            Found::Other(kind) => {
                let what = kind.to_string();
                return Err(DirectoryFault::NotAFile { name, what });
            }
            Found::Unreadable(error) => {
                let what = format!("unreadable ({error})");
                return Err(DirectoryFault::NotAFile { name, what });
            }
        };
        if held == content {
            return Ok(());
        }
        let place = common_prefix(content, &held);
        // The file may have grown since its length was asked for.
        let length = usize::try_from(length)
            .unwrap_or(usize::MAX)
            .max(held.len());
        Err(if place == expected {
            DirectoryFault::Longer {
                name,
                expected,
                held: length,
                more: held[expected..].to_vec(),
            }
        } else if place == held.len() {
            DirectoryFault::Shorter {
                name,
                expected,
                held: place,
            }
        } else {
            DirectoryFault::Other {
                name,
                place,
                expected,
                held: length,
            }
        })
    }

    /// Reads one octet more than is expected, and only of a file that has it what follows, within
    /// bounds: the length of a file says nothing about what can be kept in memory.
    fn found(&self, name: &str, expected: usize) -> Found {
        let found = self.ground.dir().read(name, expected as u64 + 1);
        match found {
            Found::File { ref content, .. } if content.len() > expected => {
                let most = (expected + MAX_MORE) as u64;
                self.ground.dir().read(name, most)
            }
            found => found,
        }
    }

    /// The length of a file in octets, of which nothing is read.
    pub(crate) fn length(&self, name: &str) -> Result<u64, DirectoryFault> {
        self.in_place()?;
        let name = name.to_owned();
        match self.ground.dir().read(&name, 0) {
            Found::File { length, .. } => Ok(length),
            Found::Nothing => Err(DirectoryFault::Missing { name }),
            Found::Other(kind) => {
                let what = kind.to_string();
                Err(DirectoryFault::NotAFile { name, what })
            }
            Found::Unreadable(error) => {
                let what = format!("unreadable ({error})");
                Err(DirectoryFault::NotAFile { name, what })
            }
        }
    }

    /// Checks that nothing of this name is there.
    pub(crate) fn absent(&self, name: &str) -> Result<(), DirectoryFault> {
        self.in_place()?;
        if self.ground.dir().has(name) {
            return Err(self.present(name.as_ref()));
        }
        Ok(())
    }

    fn present(&self, name: &OsStr) -> DirectoryFault {
        DirectoryFault::Present {
            held: usize::try_from(self.ground.dir().length(name)).unwrap_or(usize::MAX),
            name: name.to_string_lossy().into_owned(),
        }
    }

    /// Checks that the directory holds what was placed there, and nothing else that is new.
    pub(crate) fn untouched(&self) -> Result<(), DirectoryFault> {
        self.in_place()?;
        for placed in &self.before {
            match placed {
                Placed::File { name, content } => {
                    self.stored(name, &content.to_vec())
                        .map_err(|_| DirectoryFault::Changed { name: name.clone() })?;
                }
                Placed::Link { name, .. } => {
                    let kept = self.ground.dir().kind(name) == Some(Kind::Link);
                    if self.ground.outside().is_some() && !kept {
                        return Err(DirectoryFault::Changed { name: name.clone() });
                    }
                }
            }
        }
        let placed = |name: &OsString| {
            self.before.iter().any(|placed| match placed {
                Placed::File { name: placed, .. } | Placed::Link { name: placed, .. } => {
                    name == placed.as_str()
                }
            })
        };
        let names = self.ground.dir().names().unwrap_or_default();
        let new = names
            .into_iter()
            .find(|name| !placed(name) && !self.foreign.contains(name));
        new.map_or(Ok(()), |name| Err(self.present(&name)))
    }

    /// Checks that all is as it was outside of the directory.
    pub(crate) fn outside_untouched(&self) -> Result<(), DirectoryFault> {
        self.in_place()?;
        let Some(outside) = self.ground.outside() else {
            return Ok(());
        };
        let fault = |name: OsString| {
            Err(DirectoryFault::Outside {
                name: name.to_string_lossy().into_owned(),
            })
        };
        if outside.replaced().is_some() {
            return fault("outside".into());
        }
        let most = TARGET.1.len() as u64 + 1;
        match outside.read(TARGET.0, most) {
            Found::File { content, .. } if content == TARGET.1 => {}
            _ => return fault(TARGET.0.into()),
        }
        let names = outside.names().unwrap_or_default();
        if let Some(name) = names.into_iter().find(|name| name != TARGET.0) {
            return fault(name);
        }
        let mut beside = self.ground.names_beside().into_iter();
        match beside.find(|name| !self.beside_before.contains(name)) {
            Some(name) => {
                // Every check that follows would otherwise find it.
                self.ground.remove_beside(&name);
                fault(name)
            }
            None => Ok(()),
        }
    }
}

fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::*;
    use crate::trace::octets::Octets;

    /// A testee's directory and one outside of it, with these prepared.
    fn prepared(before: &[Placed]) -> (tempfile::TempDir, Directory) {
        let root = tempfile::tempdir().unwrap();
        let [dir, outside] = ["dir", "outside"].map(|name| root.path().join(name));
        fs::create_dir(&dir).unwrap();
        fs::create_dir(&outside).unwrap();
        let ground = Arc::new(Ground::made(&dir).unwrap());
        let directory = Directory::prepare(ground, before).unwrap();
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
            // A file beside the directory is not told twice.
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
        Directory::prepare(Arc::clone(&directory.ground), &[]).unwrap();
        let names = |dir: &Path| -> Vec<_> {
            let entries = fs::read_dir(dir).unwrap();
            entries.map(|entry| entry.unwrap().file_name()).collect()
        };
        assert_eq!(names(directory.path()), [""; 0]);
        assert_eq!(names(&outside), ["target"]);
        assert_eq!(fs::read(kept.join("file")).unwrap(), b"kept");
    }

    #[test]
    fn what_takes_the_place_of_a_file_or_of_the_directory_is_told_and_not_followed() {
        let (root, directory) = prepared(&[]);
        let kept = root.path().join("outside/target");
        symlink(&kept, directory.path().join("a")).unwrap();
        let fault = directory.stored("a", TARGET.1).unwrap_err();
        assert_eq!(
            fault.to_string(),
            "\"a\" is a symbolic link instead of a file"
        );
        let sparse = fs::File::create(directory.path().join("b")).unwrap();
        sparse.set_len(1 << 40).unwrap();
        let fault = directory.stored("b", b"abc").unwrap_err();
        let told = "the file \"b\" (1099511627776 octets, expected 3) differs from octet 0 on";
        assert_eq!(fault.to_string(), told);

        let precious = tempfile::tempdir().unwrap();
        fs::write(precious.path().join("kept"), "kept").unwrap();
        fs::remove_dir_all(directory.path()).unwrap();
        symlink(precious.path(), directory.path()).unwrap();
        let told = "the server's directory was taken away; in its place is a symbolic link, which \
                    is not looked into";
        for looked in [
            directory.stored("kept", b"kept"),
            directory.absent("none"),
            directory.untouched(),
            directory.outside_untouched(),
        ] {
            assert_eq!(looked.unwrap_err().to_string(), told);
        }
        let again = Directory::prepare(Arc::clone(&directory.ground), &[]);
        assert!(again.unwrap_err().to_string().contains("a symbolic link"));
        assert!(Ground::made(directory.path()).is_err());
        assert_eq!(fs::read(precious.path().join("kept")).unwrap(), b"kept");
    }
}
