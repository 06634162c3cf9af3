//! `unstick guard`: what the harness puts between itself and a testee.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::{Failure, UNJUDGED};
use crate::testee::supervise::guard;

/// Keep a testee's processes and directory from outliving the harness
#[derive(Debug, Args)]
pub(super) struct Guard {
    /// The testee reads its standard input from a pipe in its place
    #[arg(long)]
    fed: bool,
    /// The port that the testee is to listen on, which must be free
    #[arg(long)]
    port: Option<u16>,
    /// The place that is made, and removed again
    root: PathBuf,
    /// The testee
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl Guard {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        // A guard that is ended before the testee guards nothing; it ends with the harness.
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let ignored = std::sync::Arc::default();
            let _ = signal_hook::flag::register(signal, ignored);
        }
        guard::run(&self.root, self.fed, self.port, &self.command)
            .map(ExitCode::from)
            .map_err(|error| {
                let root = self.root.display();
                (
                    UNJUDGED,
                    format!("the directory {root} could not be made: {error}"),
                )
            })
    }
}
