//! `unstick vectors`

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::{Failure, print};
use crate::framing::Framing;
use crate::suite::vectors;
use crate::trace::visible::Visible;

/// Write the cases as files, for the test suites of other languages
#[derive(Debug, Args)]
#[command(after_help = "\
DIR is made, and must not be there yet or be empty. docs/vectors.md explains the files.
With --lines each line on standard output is a stream under one cut, as JSON: its chunks and
payloads in hexadecimal, and its end.

Examples:
  unstick vectors tests/vectors
  unstick vectors --framing u16le tests/vectors
  unstick vectors --framing varint --lines > varint.jsonl")]
pub(super) struct Vectors {
    /// Write the cases of this framing: a preset, or a template in stream order; `unstick explain --framing F`
    /// draws it
    #[arg(
        long,
        value_name = "F",
        default_value = "u32be",
        hide_default_value = true
    )]
    framing: Framing,
    /// Print streams as lines of JSON instead
    #[arg(long, conflicts_with = "dir")]
    lines: bool,
    /// Where the files go
    #[arg(required_unless_present = "lines")]
    dir: Option<PathBuf>,
}

impl Vectors {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match &self.dir {
            Some(dir) => self.write(dir),
            None => self.print(),
        }
    }

    fn print(&self) -> Result<ExitCode, Failure> {
        // The reader of the lines may have seen enough.
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        for line in vectors::lines(&self.framing) {
            if let Err(error) = writeln!(out, "{line}") {
                return match error.kind() {
                    std::io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
                    _ => Err(Failure::Failed(format!("standard output: {error}"))),
                };
            }
        }
        match out.flush() {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Failure::Failed(format!("standard output: {error}")))
            }
            _ => Ok(ExitCode::SUCCESS),
        }
    }

    fn write(&self, dir: &Path) -> Result<ExitCode, Failure> {
        let shown = dir.display();
        let taken = fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
        if taken || dir.is_file() {
            let why = format!("{shown} is there already and not empty: name a fresh directory");
            return Err(Failure::Usage(why));
        }
        let was_there = dir.is_dir();
        let files = vectors::files(&self.framing);
        for (place, (name, text)) in files.iter().enumerate() {
            let path = dir.join(name);
            let parent = path.parent().expect("it is inside of the directory");
            let made = fs::create_dir_all(parent).and_then(|()| fs::File::create_new(&path));
            let written = place + usize::from(made.is_ok());
            if let Err(error) = made.and_then(|mut file| file.write_all(text.as_bytes())) {
                take_back(dir, files[..written].iter().map(|(name, _)| name.as_ref()));
                if !was_there {
                    let _ = fs::remove_dir(dir);
                }
                let why = format!("{} could not be written: {error}", path.display());
                return Err(Failure::Failed(why));
            }
        }
        print(Visible::of(format_args!(
            "{} files in {shown}\n",
            files.len()
        )));
        Ok(ExitCode::SUCCESS)
    }
}

/// Removes the files that were written, by name, and the directories inside of `dir` that are empty then: it
/// was empty before, so they are of this run. Nothing partial is left behind, and nothing else is removed.
fn take_back<'n>(dir: &Path, names: impl Iterator<Item = &'n Path>) {
    for name in names {
        let _ = fs::remove_file(dir.join(name));
        let parents = name.ancestors().skip(1);
        for parent in parents.filter(|parent| !parent.as_os_str().is_empty()) {
            let _ = fs::remove_dir(dir.join(parent));
        }
    }
}
