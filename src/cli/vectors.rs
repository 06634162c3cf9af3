//! `unstick vectors`

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::{FAILED, Failure, USAGE, print};
use crate::suite::vectors;
use crate::trace::visible::Visible;

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
        for (place, (name, text)) in files.iter().enumerate() {
            let path = self.dir.join(name);
            let parent = path.parent().expect("it is inside of the directory");
            let made = fs::create_dir_all(parent).and_then(|()| fs::File::create_new(&path));
            let written = place + usize::from(made.is_ok());
            if let Err(error) = made.and_then(|mut file| file.write_all(text.as_bytes())) {
                self.take_back(files[..written].iter().map(|(name, _)| name.as_ref()));
                let why = format!("{} could not be written: {error}", path.display());
                return Err((FAILED, why));
            }
        }
        print(Visible::of(format_args!(
            "{} files in {shown}\n",
            files.len()
        )));
        Ok(ExitCode::SUCCESS)
    }

    /// Removes the files that were written, by name, and the directories that are empty then: nothing
    /// partial is left behind, and nothing else is removed.
    fn take_back<'n>(&self, names: impl Iterator<Item = &'n Path>) {
        for name in names {
            let _ = fs::remove_file(self.dir.join(name));
            for parent in name.ancestors().skip(1) {
                let _ = fs::remove_dir(self.dir.join(parent));
            }
        }
    }
}
