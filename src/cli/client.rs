//! `unstick client`

use std::ffi::OsString;

use clap::{Args, ValueEnum};

use super::Failure;
use super::ended::Ended;
use super::judging::{Judged, Judging, no_outcome};
use super::options::{Chosen, Pace};
use super::placeholders::known_placeholders;
use crate::suite::client;
use crate::suite::client::run::{Options, run};
use crate::suite::effort::Effort;
use crate::trace::Class;

/// The classes that a client may claim.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ClientClass {
    /// Sends messages, and ends with q
    Session,
    /// Sends files too
    Transfer,
    /// Sends files with a digest, and tells what the server says of them
    VerifiedTransfer,
}

impl From<ClientClass> for Class {
    fn from(class: ClientClass) -> Self {
        match class {
            ClientClass::Session => Self::Session,
            ClientClass::Transfer => Self::Transfer,
            ClientClass::VerifiedTransfer => Self::VerifiedTransfer,
        }
    }
}

/// Refuses a client's command that does not say where its server is.
pub(super) fn needs_a_port(command: &[OsString]) -> Result<(), Failure> {
    known_placeholders(command, &["port", "host", "dir"])?;
    let says = |word: &OsString| word.to_string_lossy().contains("{port}");
    if command.iter().any(says) {
        return Ok(());
    }
    let why = "the command has no {port}: put it where the client takes the port of its server";
    Err(Failure::Usage(why.to_owned()))
}

/// Start a program as a client and judge it
#[derive(Debug, Args)]
#[command(after_help = "\
{host} and {port} in COMMAND are filled in: the server to connect to, which is this
program; and {dir}: the directory where the client finds its files. What a person would
type comes on standard input: a line is a message, `file` and a line with a name send a
file, `q` leaves. A client of class verified-transfer sends it with a digest, or does so
after a line `file+md5` or `file+sha256`, and a line with a name. For each conversation
the client is started anew.

Examples:
  unstick client -- python3 client.py {host} {port} {dir}
  unstick client --class session -- ./client --server {host}:{port}
  unstick client --run 'client/reply-*' -- ./client {host} {port} {dir}

Exit status: 0 all well; 1 a case failed; 2 bad usage; 3 could not be judged.")]
pub(super) struct Client {
    /// What the client claims to implement
    #[arg(long, value_enum, default_value = "transfer")]
    class: ClientClass,
    #[command(flatten)]
    chosen: Chosen,
    /// Have a file of more than 2 GiB sent too, which takes seconds and no room on the disk
    #[arg(long)]
    large: bool,
    #[command(flatten)]
    pace: Pace,
    #[command(flatten)]
    judging: Judging,
    /// The program to start, and its arguments; without it, unstick.toml says what is judged
    #[arg(last = true)]
    command: Vec<OsString>,
}

impl Client {
    /// True if the command line names the subject, so that no file is asked.
    pub(super) const fn names_its_subject(&self) -> bool {
        !self.command.is_empty()
    }

    pub(super) fn run(self) -> Result<Ended, Failure> {
        let class = Class::from(self.class);
        let mut cases = client::cases::all();
        if self.large {
            cases.extend(client::cases::large());
        }
        let cases = self.chosen.of(cases, class)?;
        let mut cases = self.judging.part_of(cases);
        let known = self.judging.prepare()?;
        for case in &mut cases {
            case.info.expected_to_fail = known.names(&case.info.id);
        }
        let mut again = vec!["unstick", "client", "--class", class.name()];
        again.extend(self.large.then_some("--large"));
        again.extend(["--run", "{case}"]);
        let again = again.into_iter().map(str::to_owned).collect();
        let (testee, template) = self.judging.started("client", &self.command, again);
        needs_a_port(&self.command)?;
        let judged = Judged {
            testee: &testee,
            class: Some(class),
            known: &known,
        };
        let mut progress = self.judging.follow(&judged)?;
        let options = Options {
            class,
            effort: Effort::Full,
            jobs: self.pace.jobs(),
            fail_fast: self.pace.fail_fast(),
        };
        let outcome =
            run(&template, &cases, &options, &mut progress).map_err(|error| no_outcome(&error));
        self.judging
            .report(&judged, "drain-gated", outcome, progress.finish())
    }
}
