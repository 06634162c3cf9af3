//! `unstick fuzz client`

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Args;

use super::Fuzzing;
use crate::cli::client::{ClientClass, needs_a_port};
use crate::cli::judging::{Judged, no_outcome};
use crate::cli::{Failure, say};
use crate::suite::client::fuzz::run::{Chosen, run};
use crate::trace::Class;

/// Fuzz a client with conversations that nobody wrote
#[derive(Debug, Args)]
#[command(after_help = "\
COMMAND is a client as for `unstick client`: lines are typed into it, and we are its server. What is
typed, the files that are sent, the replies, how these are cut and what is wrong with them follows from
the seed. A finding is confirmed twice, made small, and written into the directory of --findings as a
trace that `unstick replay --client` runs.

Examples:
  unstick fuzz client -- python3 client.py {host} {port} {dir}
  unstick fuzz client --class session --seed 7 --budget 500 --findings found -- ./client {host} {port}
  unstick replay --client found/found-client-7-12.json -- python3 client.py {host} {port} {dir}

Exit status: 0 nothing found; 1 something was; 2 bad usage; 3 could not be judged.")]
pub(super) struct Generated {
    /// What the client claims to implement
    #[arg(long, value_enum, default_value = "transfer")]
    class: ClientClass,
    /// Stop at the first finding
    #[arg(long)]
    fail_fast: bool,
    #[command(flatten)]
    fuzzing: Fuzzing,
    /// The program to start, and its arguments
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl Generated {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        needs_a_port(&self.command)?;
        let seed = self.fuzzing.prepare()?;
        let judging = &self.fuzzing.judging;
        let known = judging.prepare()?;
        let class = Class::from(self.class);
        let mut words: Vec<String> = ["unstick", "fuzz", "client", "--class", class.name()]
            .map(str::to_owned)
            .into();
        words.extend(self.fuzzing.words(seed));
        let (testee, template) = judging.started("client", &self.command, words);
        let judged = Judged {
            testee: &testee,
            class: Some(class),
            known: &known,
        };
        say(&format!("seed {seed}"));
        let progress = judging.follow(&judged)?;
        let chosen = Chosen {
            class,
            seed,
            budget: self.fuzzing.budget,
            fail_fast: self.fail_fast,
        };
        let fuzzed = run(&template, chosen, &mut |status| progress.fuzzed(&status));
        let so_far = progress.finish();
        let fuzzed = fuzzed.map_err(|error| no_outcome(&error));
        self.fuzzing.end(&judged, "client", fuzzed, so_far, seed)
    }
}
