//! How to start a program under test, and why one did not start.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::exit_status::status_in_words;

/// How to start a testee.
#[derive(Debug, Clone)]
pub struct Template {
    /// The program and its arguments; `{port}`, `{host}` and `{dir}` are filled in.
    pub command: Vec<OsString>,
    /// How long it may take until it listens.
    pub timeout: Duration,
    /// The program whose `guard` command watches over it; the running one unless given, which
    /// a test is not.
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

    /// Whether some part of the command has this placeholder.
    #[must_use]
    pub fn says(&self, placeholder: &str) -> bool {
        self.command
            .iter()
            .any(|part| part.to_string_lossy().contains(placeholder))
    }
}

/// Why a testee did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Not even the guard could be started.
    #[error("the program could not be started: {0}")]
    Guard(#[from] io::Error),
    /// There is no such program, or it may not be run.
    #[error("cannot start {program}: {error}")]
    NoProgram {
        /// What was to be started.
        program: String,
        /// What the system said.
        error: io::Error,
    },
    /// Of many ports that were tried none was free.
    #[error("no free port was found for the server: port {0} is taken")]
    PortTaken(u16),
    /// It ended instead of listening.
    #[error("the server ended before it listened, {}{}", status_in_words(*.status), shown(.stderr))]
    Ended {
        /// How it ended, 128 and the signal if it was killed.
        status: i32,
        /// The end of what it wrote to standard error.
        stderr: String,
    },
    /// It runs, and nothing listens.
    #[error(
        "the server runs, but nothing listens on {address} after {} s{}\n\
         does it take its port from the command line? `{{port}}` in the command is filled in",
        .waited.as_secs(), shown(.stderr)
    )]
    NotListening {
        /// Where it should.
        address: String,
        /// For how long it was waited for.
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
        /// For how long it was waited for.
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
