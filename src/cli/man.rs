//! `unstick man`

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory};

use super::{Cli, Failure, print};
use crate::trace::visible::Visible;

/// Write the manual pages: one for unstick, and one for each command
#[derive(Debug, Args)]
#[command(after_help = "\
DIR is made if need be. A page that is there already is left as it is, and none is written.

Example:
  unstick man ~/.local/share/man/man1 && man unstick-server")]
pub(super) struct Man {
    /// Where they go
    dir: PathBuf,
}

impl Man {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let pages = pages();
        let paths = || pages.iter().map(|(name, _)| self.dir.join(name));
        if let Some(taken) = paths().find(|path| path.symlink_metadata().is_ok()) {
            let why = format!(
                "{} is there already: remove it, or name another directory",
                taken.display()
            );
            return Err(Failure::Usage(why));
        }
        let failed = |path: &PathBuf, error| {
            let why = format!("{} could not be written: {error}", path.display());
            Failure::Failed(why)
        };
        fs::create_dir_all(&self.dir).map_err(|error| failed(&self.dir, error))?;
        for (place, (path, (_, page))) in paths().zip(&pages).enumerate() {
            let made = fs::File::create_new(&path);
            let written = place + usize::from(made.is_ok());
            if let Err(error) = made.and_then(|mut file| file.write_all(page)) {
                // Nothing partial is left behind: the pages of this run are removed, by name.
                for path in paths().take(written) {
                    let _ = fs::remove_file(path);
                }
                return Err(failed(&path, error));
            }
        }
        let shown = self.dir.display();
        print(Visible::of(format_args!(
            "{} pages in {shown}\n",
            pages.len()
        )));
        Ok(ExitCode::SUCCESS)
    }
}

/// The pages, each with its file's name.
fn pages() -> Vec<(String, Vec<u8>)> {
    let mut all = Cli::command();
    // Gives each command its full name.
    all.build();
    let commands = all
        .get_subcommands()
        .filter(|command| command.get_name() != "help");
    let page = |command: &clap::Command| {
        let man = clap_mangen::Man::new(command.clone()).manual("User Commands");
        let mut page = Vec::new();
        man.render(&mut page).expect("memory takes everything");
        (man.get_filename(), page)
    };
    std::iter::once(&all).chain(commands).map(page).collect()
}
