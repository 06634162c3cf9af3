//! Completion in shells: `unstick completions` prints the script that has a shell ask this program, and the
//! program answers by its own definitions: commands, options, cases, requirements, framings.

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::{CompleteEnv, Shells};

use super::{Cli, Failure, print};
use crate::framing::{Framing, PRESETS};
use crate::judge::case::{CaseInfo, Role};
use crate::suite::catalog::{self, Listed};
use crate::suite::traceability;
use crate::trace::Class;

/// The variable by which a shell asks; the script sets it to the shell's name.
const ASKED: &str = "UNSTICK_COMPLETE";

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
        let shells = Shells::builtins();
        let completer = shells.completer(&self.shell.to_string());
        let completer = completer.expect("both lists have the same shells");
        let mut script = Vec::new();
        completer
            .write_registration(ASKED, "unstick", "unstick", "unstick", &mut script)
            .expect("memory takes everything");
        print(&String::from_utf8_lossy(&script).into_owned());
        Ok(ExitCode::SUCCESS)
    }
}

/// Answers a shell that asks what may stand at a place of the line, and ends the program then.
pub(super) fn answer() {
    CompleteEnv::with_factory(|| completing(Cli::command(), None))
        .var(ASKED)
        .complete();
}

/// The command, with what its arguments may be: cases of the role that it judges, framings by name.
fn completing(command: Command, within: Option<Role>) -> Command {
    let role = within.or_else(|| role(command.get_name()));
    command
        .mut_args(|arg| match arg.get_id().as_str() {
            "run" | "skip" | "pattern" => arg.add(ArgValueCandidates::new(move || patterns(role))),
            "id" => arg.add(ArgValueCandidates::new(ids)),
            "framing" => arg.add(ArgValueCandidates::new(framings)),
            _ => arg,
        })
        .mut_subcommands(|command| completing(command, role))
}

fn role(command: &str) -> Option<Role> {
    match command {
        "server" => Some(Role::Server),
        "client" => Some(Role::Client),
        "codec" => Some(Role::Codec),
        _ => None,
    }
}

/// The cases of a role, or all.
fn known(role: Option<Role>) -> Vec<CaseInfo> {
    let is_known = |case: &Listed| match (role, case.info().role) {
        (None, _) => true,
        // A codec is fed what a server of class framing is sent, and more.
        (Some(Role::Codec), Role::Server) => case.owed_by(Class::Framing),
        (Some(wanted), of) => wanted == of,
    };
    let all = catalog::all(&Framing::default()).into_iter();
    let known = all.filter(is_known);
    known.map(|case| case.info().clone()).collect()
}

/// The ids of cases, and a pattern for each of their chapters.
fn patterns(role: Option<Role>) -> Vec<CompletionCandidate> {
    let known = known(role);
    let chapters: BTreeSet<&str> = known
        .iter()
        .filter_map(|info| Some(info.id.split_once('/')?.0))
        .collect();
    let chapters = chapters.into_iter().map(|chapter| {
        let about = format!("all cases of {chapter}/");
        CompletionCandidate::new(format!("{chapter}/*")).help(Some(about.into()))
    });
    chapters.chain(known.iter().map(case)).collect()
}

fn case(info: &CaseInfo) -> CompletionCandidate {
    CompletionCandidate::new(info.id.to_string()).help(Some(info.title.to_string().into()))
}

/// The ids that `explain` takes.
fn ids() -> Vec<CompletionCandidate> {
    let requirements = traceability::all().into_iter();
    let requirements = requirements.map(|trace| CompletionCandidate::new(trace.requirement.id));
    requirements.chain(known(None).iter().map(case)).collect()
}

fn framings() -> Vec<CompletionCandidate> {
    let presets = PRESETS.iter();
    let named =
        presets.map(|preset| CompletionCandidate::new(preset.name).help(Some(preset.about.into())));
    named.collect()
}
