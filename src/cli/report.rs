//! `unstick report`

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::output::{place, write};
use super::{FAILED, Failure, print};
use crate::report::html;
use crate::report::saved::{Change, Saved, changes, join};
use crate::trace::visible::Visible;

/// Compare JSON reports: a matrix of implementations, or what changed between two runs
#[derive(Debug, Args)]
#[command(after_help = "\
The parts of a run that --shard has split are joined; a part that is missing is an error.

Examples:
  unstick report python.json go.json rust.json --html matrix.html
  unstick report --diff yesterday.json today.json

Exit status: 0 nothing got worse; 1 something did (--diff); 2 bad usage.")]
pub(super) struct Report {
    /// The reports, as --json writes them
    #[arg(value_name = "JSON", required = true)]
    reports: Vec<PathBuf>,
    /// Write a page: requirements and cases by report, a column named as each file; with --diff, what
    /// differs first
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Say what differs between two reports, an old and a new one
    #[arg(long)]
    diff: bool,
}

impl Report {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let usage = |why: String| Failure::Usage(why);
        let reports = self
            .reports
            .iter()
            .map(|path| {
                let shown = path.display();
                let text = fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
                let mut report = Saved::read(&text).map_err(|why| format!("{shown}: {why}"))?;
                report.called = Some(called(path, &self.reports));
                Ok(report)
            })
            .collect::<Result<Vec<_>, String>>()
            .map_err(usage)?;
        let reports = join(reports).map_err(usage)?;
        if let Some(path) = &self.html {
            let shown = path.display();
            if self.reports.iter().any(|read| place(read) == place(path)) {
                return Err(usage(format!("--html {shown}: that is one of the reports")));
            }
            let page = html::matrix(&reports, self.diff)
                .map_err(|error| Failure::Unjudged(format!("--html {shown}: {error}")))?;
            write(&place(path), page.as_bytes()).map_err(|error| {
                Failure::Usage(format!("--html {shown} could not be written: {error}"))
            })?;
        }
        if !self.diff {
            for report in &reports {
                let summary = report.summary();
                let name = report.name();
                let Some(checks) = Some(report.cases.len()).filter(|checks| *checks > 0) else {
                    print(Visible::of(format_args!("{name}: no checks\n")));
                    continue;
                };
                let (pass, fail) = (summary.pass + summary.acceptable, summary.fail);
                print(Visible::of(format_args!(
                    "{name}: {checks} checks, {pass} good, {fail} fail, {} skipped, {} flaky, {} error\n",
                    summary.skipped, summary.flaky, summary.error
                )));
            }
            return Ok(ExitCode::SUCCESS);
        }
        let [old, new] = reports.as_slice() else {
            let count = reports.len();
            return Err(usage(format!(
                "--diff takes two reports, an old and a new one, and got {count}"
            )));
        };
        let changes = changes(old, new);
        for change in &changes {
            let mark = if change.is_worse() { "worse" } else { "     " };
            let name = |verdict: Option<crate::judge::check::Verdict>| {
                verdict.map_or("-", |verdict| verdict.name())
            };
            print(Visible::of(format_args!(
                "{mark} {:40} {} -> {}\n",
                change.id,
                name(change.old),
                name(change.new)
            )));
        }
        let worse = changes.iter().filter(|change| change.is_worse()).count();
        print(Visible::of(format_args!(
            "{} cases differ, {worse} got worse\n",
            changes.len()
        )));
        Ok(if changes.iter().any(Change::is_worse) {
            ExitCode::from(FAILED)
        } else {
            ExitCode::SUCCESS
        })
    }
}

/// The name of a report in the matrix: that of its file without what all have, `.json`, unless two files
/// have the same.
fn called(path: &Path, all: &[PathBuf]) -> String {
    let same = all
        .iter()
        .filter(|other| other.file_stem() == path.file_stem());
    let name = match path.file_stem() {
        Some(stem) if same.count() == 1 => Path::new(stem),
        _ => path,
    };
    name.to_string_lossy().into_owned()
}
