//! `unstick cases`

use std::fmt::Write;
use std::process::ExitCode;

use clap::Args;

use super::options::{Framed, ServerClass};
use super::{Failure, print};
use crate::judge::case::{CaseInfo, Described, Role};
use crate::judge::id::RequirementId;
use crate::judge::selection::select;
use crate::suite::catalog::{self, Listed};
use crate::trace::Class;

/// List the cases
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  unstick cases\n  unstick cases 'frm/cut-*'\n  unstick cases 'client/*'\n  unstick cases --framing 'u16le+2'"
)]
pub(super) struct Cases {
    /// Only those whose id matches
    pattern: Option<String>,
    /// Only those that are owed in this class
    #[arg(long, value_enum)]
    class: Option<ServerClass>,
    #[command(flatten)]
    framed: Framed,
}

impl Cases {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let class = match self.class {
            None => None,
            claimed => Some(self.framed.class(claimed)?),
        };
        let patterns: Vec<String> = self.pattern.into_iter().collect();
        let framing = &self.framed.framing;
        let cases = catalog::all(framing).into_iter().map(Row).collect();
        let rows = select(cases, class, &patterns, &[])
            .map_err(|error| Failure::Usage(error.to_string()))?;
        let widest = rows
            .iter()
            .map(|row| row.info().id.len())
            .max()
            .unwrap_or(0);
        let mut checks = 0;
        let mut out = String::new();
        for row in &rows {
            checks += row.checks();
            let info = row.info();
            let requirements: Vec<&str> = info
                .requirements
                .iter()
                .map(RequirementId::as_str)
                .collect();
            writeln!(
                out,
                "{:widest$}  {:8}  {:12}  {}",
                info.id,
                info.class.name(),
                requirements.join(" "),
                info.title
            )
            .expect("a string takes everything");
        }
        writeln!(
            out,
            "{} cases, {checks} checks with all segmentations",
            rows.len()
        )
        .expect("a string takes everything");
        print(&out);
        Ok(ExitCode::SUCCESS)
    }
}

/// A case in the list.
struct Row(Listed);

impl Described for Row {
    fn info(&self) -> &CaseInfo {
        self.0.info()
    }

    /// A class is one of servers.
    fn owed_by(&self, class: Class) -> bool {
        self.info().role == Role::Server && self.0.owed_by(class)
    }

    fn checks(&self) -> usize {
        self.0.checks()
    }
}
