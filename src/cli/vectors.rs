//! `unstick vectors`

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{FAILED, Failure, USAGE, print};
use crate::suite::vectors;

/// Write the cases as files, for the test suites of other languages
#[derive(Debug, Args)]
#[command(after_help = "\
DIR is made, and must not be there yet or be empty. docs/vectors.md explains the files.

Example:
  unstick vectors tests/vectors")]
pub(super) struct Vectors {
    /// Where they go
    dir: PathBuf,
}

impl Vectors {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let shown = self.dir.display();
        let taken = fs::read_dir(&self.dir).is_ok_and(|mut entries| entries.next().is_some());
        if taken || self.dir.is_file() {
            let why = format!("{shown} is there already and not empty: name a fresh directory");
            return Err((USAGE, why));
        }
        let files = vectors::files();
        for (name, text) in &files {
            let path = self.dir.join(name);
            let parent = path.parent().expect("it is inside of the directory");
            fs::create_dir_all(parent)
                .and_then(|()| fs::write(&path, text))
                .map_err(|error| {
                    // Nothing partial is left behind.
                    let _ = fs::remove_dir_all(&self.dir);
                    (
                        FAILED,
                        format!("{} could not be written: {error}", path.display()),
                    )
                })?;
        }
        print(&format!("{} files in {shown}\n", files.len()));
        Ok(ExitCode::SUCCESS)
    }
}
