//! Files that are written where nothing is: all of them, or none.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::cli::Failure;

/// A file that will be written.
#[derive(Debug)]
pub(super) struct Planned {
    path: PathBuf,
    text: String,
    mode: u32,
}

impl Planned {
    pub(super) fn new(path: impl Into<PathBuf>, text: String) -> Self {
        Self {
            path: path.into(),
            text,
            mode: 0o666,
        }
    }

    /// A program, which can be started.
    pub(super) fn program(path: impl Into<PathBuf>, text: String) -> Self {
        Self {
            mode: 0o777,
            ..Self::new(path, text)
        }
    }
}

/// The text of a file, where it can be read before the file is written.
#[derive(Debug)]
pub(super) struct Scratch(NamedTempFile);

impl Scratch {
    pub(super) fn of(planned: &Planned) -> Result<Self, Failure> {
        let made = NamedTempFile::new().and_then(|mut file| {
            file.write_all(planned.text.as_bytes())?;
            Ok(file)
        });
        let failed =
            |error| Failure::Unjudged(format!("a temporary file cannot be written: {error}"));
        made.map(Self).map_err(failed)
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Sees that nothing has this name.
pub(super) fn free(path: &Path) -> Result<(), Failure> {
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    let shown = path.display();
    let why = format!("{shown} is there already, and stays as it is; nothing is written");
    Err(Failure::Usage(why))
}

/// Writes all files, and says which. Where one cannot be written, those of this run are removed, by name.
pub(super) fn write(planned: &[Planned]) -> Result<Vec<String>, Failure> {
    let mut made: Vec<Made> = Vec::new();
    for file in planned {
        if let Err(error) = write_one(file, &mut made) {
            for one in made.iter().rev() {
                one.remove();
            }
            let shown = file.path.display();
            return Err(Failure::Failed(format!(
                "{shown} could not be written: {error}"
            )));
        }
    }
    let files = planned.iter().map(|file| file.path.display().to_string());
    Ok(files.collect())
}

/// Something that this run made.
enum Made {
    Directory(PathBuf),
    File(PathBuf),
}

impl Made {
    /// Removes it; a directory into which others have put something meanwhile stays.
    fn remove(&self) {
        let _ = match self {
            Self::Directory(path) => fs::remove_dir(path),
            Self::File(path) => fs::remove_file(path),
        };
    }
}

fn write_one(file: &Planned, made: &mut Vec<Made>) -> std::io::Result<()> {
    let parents: Vec<&Path> = file.path.ancestors().skip(1).collect();
    for parent in parents.into_iter().rev() {
        if !parent.as_os_str().is_empty() && !parent.exists() {
            fs::create_dir(parent)?;
            made.push(Made::Directory(parent.to_owned()));
        }
    }
    let mut open = fs::OpenOptions::new();
    open.write(true).create_new(true).mode(file.mode);
    let mut opened = open.open(&file.path)?;
    made.push(Made::File(file.path.clone()));
    opened.write_all(file.text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_written_or_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let text = || "new".to_owned();
        fs::write(path("mine"), "mine").unwrap();
        let planned = [
            Planned::new(path("one"), text()),
            Planned::program(path("a/b/two"), text()),
            Planned::new(path("mine"), text()),
        ];
        let failure = write(&planned).unwrap_err();
        assert!(matches!(failure, Failure::Failed(_)));
        let why = failure.to_string();
        assert!(why.contains("mine"), "{why}");
        assert_eq!(fs::read_to_string(path("mine")).unwrap(), "mine");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert_eq!(write(&planned[..2]).unwrap().len(), 2);
        assert_eq!(fs::read_to_string(path("a/b/two")).unwrap(), "new");
        free(&path("none")).unwrap();
        free(&path("mine")).unwrap_err();
    }
}
