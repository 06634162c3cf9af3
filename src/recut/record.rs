//! Writing a recording: whole or not at all, and never over what is there unless that is wanted.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// The reason why a recording was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A file of that name exists.
    #[error("{} is there already; --force replaces it", .0.display())]
    Exists(PathBuf),
    /// The system does not let the file be written.
    #[error("{} cannot be written: {error}", .path.display())]
    Io {
        /// The path of the file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
}

/// Sees that a file can be written, before there is anything to write.
///
/// # Errors
/// [`WriteError`]
pub fn prepare(path: &Path, force: bool) -> Result<(), WriteError> {
    if !force && path.symlink_metadata().is_ok() {
        return Err(WriteError::Exists(path.to_owned()));
    }
    // Without a name: whatever ends the program now leaves nothing.
    let made = tempfile::tempfile_in(directory_of(path));
    made.map(drop).map_err(|error| WriteError::Io {
        path: path.to_owned(),
        error,
    })
}

/// Writes a file whole: it appears under its name once it is complete.
///
/// # Errors
/// [`WriteError`]
pub fn write(path: &Path, text: &str, force: bool) -> Result<(), WriteError> {
    let failed = |error| WriteError::Io {
        path: path.to_owned(),
        error,
    };
    let mut file = beside(path)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    let persisted = if force {
        file.persist(path)
    } else {
        file.persist_noclobber(path)
    };
    match persisted {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            Err(WriteError::Exists(path.to_owned()))
        }
        Err(error) => Err(failed(error.error)),
    }
}

/// A file in the directory of another, which is gone unless it is given a name. Recordings can hold
/// secrets: nobody else may read it.
fn beside(path: &Path) -> Result<NamedTempFile, WriteError> {
    NamedTempFile::new_in(directory_of(path)).map_err(|error| WriteError::Io {
        path: path.to_owned(),
        error,
    })
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    }
}

/// The id of a recording in a file of this name: the name in lower-case letters, digits and
/// hyphens.
#[must_use]
pub fn id_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let words: Vec<String> = stem
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    if words.is_empty() {
        return "recording".to_owned();
    }
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_made_of_names() {
        for (path, id) in [
            ("/tmp/Redis session.v2.json", "redis-session-v2"),
            ("a_b--c.json", "a-b-c"),
            ("Größe", "gr-e"),
            ("日本.json", "recording"),
            ("", "recording"),
        ] {
            assert_eq!(id_of(Path::new(path)), id);
        }
    }

    #[test]
    fn nothing_is_written_over_unless_that_is_wanted() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.json");
        prepare(&path, false).unwrap();
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 0);
        write(&path, "one", false).unwrap();
        assert!(matches!(prepare(&path, false), Err(WriteError::Exists(_))));
        assert!(matches!(
            write(&path, "two", false),
            Err(WriteError::Exists(_))
        ));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
        prepare(&path, true).unwrap();
        write(&path, "two", true).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1);
        let nowhere = directory.path().join("no/x.json");
        assert!(matches!(
            prepare(&nowhere, false),
            Err(WriteError::Io { .. })
        ));
    }
}
