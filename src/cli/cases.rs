//! `unstick cases`

use std::fmt::Write;
use std::process::ExitCode;

use clap::Args;

use super::judging::ServerClass;
use super::{Failure, USAGE, print};
use crate::suite::selection::{Listed, select};
use crate::suite::server::case::Case;
use crate::suite::server::cases;
use crate::suite::{client, codec};
use crate::trace::Class;

/// List the cases
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  unstick cases\n  unstick cases 'frm/cut-*'\n  unstick cases 'client/*'"
)]
pub(super) struct Cases {
    /// Only those whose id matches
    pattern: Option<String>,
    /// Only those that a testee of this class owes
    #[arg(long, value_enum)]
    class: Option<ServerClass>,
}

impl Cases {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let class = self.class.map(Class::from);
        let patterns: Vec<String> = self.pattern.into_iter().collect();
        // A class is one of servers; without one, all roles are listed.
        let others = class.is_none();
        let cases: Vec<Row> = cases::all()
            .into_iter()
            .map(Row::of_server)
            .chain(
                client::cases::all()
                    .iter()
                    .filter(|_| others)
                    .map(Row::of_client),
            )
            .chain(
                codec::further_cases()
                    .into_iter()
                    .filter(|_| others)
                    .map(Row::of_codec),
            )
            .collect();
        let rows =
            select(cases, class, &patterns, &[]).map_err(|error| (USAGE, error.to_string()))?;
        let widest = rows.iter().map(|row| row.id.len()).max().unwrap_or(0);
        let mut checks = 0;
        let mut out = String::new();
        for row in &rows {
            checks += row.checks;
            writeln!(
                out,
                "{:widest$}  {:8}  {:12}  {}",
                row.id,
                row.class.name(),
                row.requirements.join(" "),
                row.title
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
struct Row {
    id: String,
    title: String,
    requirements: Vec<&'static str>,
    class: Class,
    checks: usize,
    /// What tells whether a class owes it, for those of servers.
    server: Option<Case>,
}

impl Row {
    fn of_server(case: Case) -> Self {
        Self {
            id: case.id.to_owned(),
            title: case.title.clone().into_owned(),
            requirements: case.requirements.clone(),
            class: case.class,
            checks: case.checks(),
            server: Some(case),
        }
    }

    fn of_client(case: &client::case::Case) -> Self {
        Self {
            id: case.id.clone(),
            title: case.title.clone(),
            requirements: case.requirements.clone(),
            class: case.class,
            checks: case.checks(),
            server: None,
        }
    }

    fn of_codec((id, title, requirement): (&'static str, &'static str, &'static str)) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            requirements: vec![requirement],
            class: Class::Codec,
            checks: 1,
            server: None,
        }
    }
}

impl Listed for Row {
    fn id(&self) -> &str {
        &self.id
    }

    fn owed_by(&self, class: Class) -> bool {
        self.server.as_ref().is_some_and(|case| case.owed_by(class))
    }
}
