//! The start of a program under test, and the reasons why it did not start.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::exit_status::status_in_words;

/// Instructions for the start of a testee.
#[derive(Debug, Clone)]
pub struct Template {
    /// The program and its arguments; `{port}`, `{host}` and `{dir}` are filled in.
    pub command: Vec<OsString>,
    /// Time limit until it listens.
    pub timeout: Duration,
    /// The program whose `guard` command watches over it; the running program unless given, which has no such
    /// command in a test.
    pub guard: Option<PathBuf>,
    /// Environment variables that are set for it, beside those of the harness. Asked at each start:
    /// what is right to set may depend on the time.
    pub env: fn() -> Vec<(OsString, OsString)>,
}

impl Template {
    /// The program.
    #[must_use]
    pub fn program(&self) -> &OsStr {
        self.command
            .first()
            .map_or(OsStr::new(""), OsString::as_os_str)
    }

    /// True if some part of the command has this placeholder.
    #[must_use]
    pub fn says(&self, placeholder: &str) -> bool {
        self.command
            .iter()
            .any(|part| part.to_string_lossy().contains(placeholder))
    }
}

/// The reason why a testee did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The guard itself could not be started.
    #[error("the program could not be started: {0}")]
    Guard(#[from] io::Error),
    /// There is no such program, or it may not be run.
    #[error("cannot start {program}: {error}")]
    NoProgram {
        /// The program that was to be started.
        program: String,
        /// The error of the system.
        error: io::Error,
    },
    /// Of many ports that were tried none was free.
    #[error("no free port was found for the server: port {0} is taken")]
    PortTaken(u16),
    /// The server ended instead of listening.
    #[error("the server ended before it listened, {}{}", status_in_words(*.status), shown(.stderr))]
    Ended {
        /// Its exit status, 128 and the signal if it was killed.
        status: i32,
        /// The end of what it wrote to standard error.
        stderr: String,
    },
    /// The server runs, and nothing listens.
    #[error(
        "the server runs, but nothing listens on {address} after {} s{}\n\
         does it take its port from the command line? `{{port}}` in the command is filled in",
        .waited.as_secs(), shown(.stderr)
    )]
    NotListening {
        /// The address at which it should listen.
        address: String,
        /// Time that it was waited for, on the clock.
        waited: Duration,
        /// The end of what it wrote to standard error.
        stderr: String,
    },
    /// The command has no `{port}`, and no READY line came.
    #[error(
        "the server runs, but wrote no line `READY HOST:PORT` within {} s{}\n\
         put `{{port}}` into the command where the port belongs, or let the testee choose one and say so",
        .waited.as_secs(), shown(.stderr)
    )]
    NotReady {
        /// Time that it was waited for, on the clock.
        waited: Duration,
        /// The end of what it wrote to standard error.
        stderr: String,
    },
}

fn shown(stderr: &str) -> String {
    let stderr = stderr.trim();
    if stderr.is_empty() {
        return "; it wrote nothing to standard error".to_owned();
    }
    let lines: Vec<_> = stderr.lines().rev().take(8).collect();
    let lines: Vec<_> = lines.iter().rev().map(|line| format!("  {line}")).collect();
    format!("; the end of its standard error:\n{}", lines.join("\n"))
}
