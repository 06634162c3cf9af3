//! `unstick replay`

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::judging::{Judging, Limits, ServerClass};
use super::{Failure, USAGE};
use crate::suite::requirement::find;
use crate::suite::server::case::Case;
use crate::testee::server::Origin;
use crate::trace::{Class, json};

/// Run traces from files against a server
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  unstick replay found.json -- python3 server.py {port} {dir}")]
pub(super) struct Replay {
    /// Files, each with one trace
    #[arg(required = true, value_name = "TRACE")]
    traces: Vec<PathBuf>,
    /// What the testee claims to implement; the class of the traces unless given
    #[arg(long, value_enum)]
    class: Option<ServerClass>,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    judging: Judging,
    /// The server to start, and its arguments
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl Replay {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let cases: Vec<Case> = self
            .traces
            .iter()
            .map(|path| read(path))
            .collect::<Result<_, _>>()?;
        for (place, case) in cases.iter().enumerate() {
            if cases[..place]
                .iter()
                .any(|other| other.info.id == case.info.id)
            {
                let shown = self.traces[place].display();
                let why = format!("{shown}: another trace has the id {} too", case.info.id);
                return Err((USAGE, why));
            }
        }
        let owed = cases.iter().map(|case| case.info.class).max();
        let class = self
            .class
            .map(Class::from)
            .or(owed)
            .unwrap_or(Class::Transfer)
            .max(Class::Framing);
        let mut again: Vec<String> = ["unstick", "replay"].map(str::to_owned).into();
        again.extend(
            self.traces
                .iter()
                .map(|path| path.to_string_lossy().into_owned()),
        );
        let (testee, template) = self.judging.started("server", &self.command, again);
        let origin = Origin::Command(template);
        self.judging
            .judge(&testee, origin, cases, class, &self.limits)
    }
}

fn read(path: &Path) -> Result<Case, Failure> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| (USAGE, format!("{shown}: {error}")))?;
    let trace = json::read(&text).map_err(|error| {
        (
            USAGE,
            format!(
                "{shown} is no trace: {error}; fixtures/trace.schema.json describes the format"
            ),
        )
    })?;
    if let Some(unknown) = trace.requirements.iter().find(|id| find(id).is_none()) {
        let why =
            format!("{shown}: there is no requirement {unknown}; `unstick explain` lists all");
        return Err((USAGE, why));
    }
    // It is needed until the program ends.
    Ok(Case::of(Box::leak(Box::new(trace))))
}
