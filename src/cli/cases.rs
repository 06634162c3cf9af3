//! `unstick cases`

use std::fmt::Write;
use std::process::ExitCode;

use clap::Args;

use super::judging::ServerClass;
use super::{Failure, USAGE, print};
use crate::suite::case;
use crate::suite::selection::select;
use crate::trace::Class;

/// List the cases
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  unstick cases\n  unstick cases 'frm/cut-*'")]
pub(super) struct Cases {
    /// Only those whose id matches
    pattern: Option<String>,
    /// Only those that a testee of this class owes
    #[arg(long, value_enum)]
    class: Option<ServerClass>,
}

impl Cases {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let patterns: Vec<String> = self.pattern.into_iter().collect();
        let cases = select(case::all(), self.class.map(Class::from), &patterns, &[])
            .map_err(|error| (USAGE, error.to_string()))?;
        let widest = cases.iter().map(|case| case.id.len()).max().unwrap_or(0);
        let mut checks = 0;
        let mut out = String::new();
        for case in &cases {
            checks += case.checks();
            writeln!(
                out,
                "{:widest$}  {:8}  {:12}  {}",
                case.id,
                case.class.name(),
                case.requirements.join(" "),
                case.title
            )
            .expect("a string takes everything");
        }
        writeln!(
            out,
            "{} cases, {checks} checks with all segmentations",
            cases.len()
        )
        .expect("a string takes everything");
        print(&out);
        Ok(ExitCode::SUCCESS)
    }
}
