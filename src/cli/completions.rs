//! `unstick completions`

use std::process::ExitCode;

use clap::Args;
use clap_complete::{Shell, generate};

use super::{Failure, print, shown};

/// Print the script that lets a shell complete unstick's commands and options
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  unstick completions bash > ~/.local/share/bash-completion/completions/unstick
  unstick completions zsh > ~/.zfunc/_unstick
  unstick completions fish > ~/.config/fish/completions/unstick.fish")]
pub(super) struct Completions {
    /// The shell to write for
    shell: Shell,
}

impl Completions {
    // The signature is that of all commands.
    #[expect(clippy::unnecessary_wraps)]
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        // Written to memory first: the generator panics where a pipe's reader has gone.
        let mut script = Vec::new();
        generate(self.shell, &mut shown(), "unstick", &mut script);
        print(&String::from_utf8_lossy(&script).into_owned());
        Ok(ExitCode::SUCCESS)
    }
}
