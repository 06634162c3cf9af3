//! `unstick guard`: the process between the harness and a program under test. It is the program's own command, which no
//! user is shown, with a command line of its own: a run starts hundreds of guards, and to build that of all commands
//! costs each more than the rest of its start.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use signal_hook::consts::FORBIDDEN;

use super::Failure;
use crate::testee::supervise::guard::{self, Kind, Task};

/// Signals that are left as they are: the end of a child, which is ignored, and the word to go on.
const LEFT_ALONE: [i32; 2] = [signal_hook::consts::SIGCHLD, signal_hook::consts::SIGCONT];

/// The last signal number on any system that has them.
const LAST_SIGNAL: i32 = 64;

/// Keep a testee's processes and directory from outliving the harness
#[derive(Debug, Parser)]
#[command(bin_name = "unstick guard")]
pub(super) struct Guard {
    /// The testee reads its standard input from a pipe in its place
    #[arg(long)]
    fed: bool,
    /// The testee is a server, which may go on as a daemon
    #[arg(long, conflicts_with = "fed")]
    server: bool,
    /// The port that the testee is to listen on, which must be free
    #[arg(long)]
    port: Option<u16>,
    /// Resident memory that the testee may come to hold, in octets
    #[arg(long)]
    max_memory: Option<u64>,
    /// The place that is made, and removed again
    root: PathBuf,
    /// The testee
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl Guard {
    /// The guard that the command line asks for; ends the process where the words behind [`guard::COMMAND`] are wrong.
    pub(super) fn asked_for() -> Option<Self> {
        let mut words = std::env::args_os().skip(1).peekable();
        (words.peek()? == guard::COMMAND)
            .then(|| Self::try_parse_from(words).unwrap_or_else(|error| super::refuse(&error)))
    }

    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        withstand_signals();
        let kind = match (self.server, self.fed) {
            (true, _) => Kind::Server,
            (_, true) => Kind::Fed,
            _ => Kind::Task,
        };
        let task = Task {
            kind,
            port: self.port,
            max_memory: self.max_memory,
            command: self.command,
        };
        guard::run(&self.root, &task)
            .map(ExitCode::from)
            .map_err(|error| {
                let root = self.root.display();
                Failure::Unjudged(format!("the directory {root} could not be made: {error}"))
            })
    }
}

/// Makes every signal that can be caught do nothing. A guard that is ended before the program under
/// test guards nothing, and programs send signals to their parent: to say that they are ready, or
/// to end everything. A handler, unlike an ignored signal, is not inherited by the program.
fn withstand_signals() {
    for signal in 1..=LAST_SIGNAL {
        if !FORBIDDEN.contains(&signal) && !LEFT_ALONE.contains(&signal) {
            // Some numbers are nobody's, or the C library's own.
            let _ = signal_hook::flag::register(signal, std::sync::Arc::default());
        }
    }
}
