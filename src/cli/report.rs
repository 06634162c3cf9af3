//! `unstick report`

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::output::{place, write};
use super::{FAILED, Failure, print};
use crate::judge::check::Verdict;
use crate::report::html;
use crate::report::saved::{Saved, changes, join};
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
        let reports = join(self.read()?).map_err(Failure::Usage)?;
        if let Some(path) = &self.html {
            self.write_matrix(path, &reports)?;
        }
        if !self.diff {
            reports.iter().for_each(count);
            return Ok(ExitCode::SUCCESS);
        }
        let [old, new] = reports.as_slice() else {
            return Err(Failure::Usage(format!(
                "--diff takes two reports, an old and a new one, and got {}",
                reports.len()
            )));
        };
        Ok(match compare(old, new) {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::from(FAILED),
        })
    }

    fn read(&self) -> Result<Vec<Saved>, Failure> {
        let read = |path: &PathBuf| {
            let wrong = |why: &dyn Display| Failure::Usage(format!("{}: {why}", path.display()));
            let text = fs::read_to_string(path).map_err(|error| wrong(&error))?;
            let mut report = Saved::read(&text).map_err(|why| wrong(&why))?;
            report.called = Some(called(path, &self.reports));
            Ok(report)
        };
        self.reports.iter().map(read).collect()
    }

    fn write_matrix(&self, path: &Path, reports: &[Saved]) -> Result<(), Failure> {
        let shown = path.display();
        if self.reports.iter().any(|read| place(read) == place(path)) {
            let why = format!("--html {shown}: that is one of the reports");
            return Err(Failure::Usage(why));
        }
        let page = html::matrix(reports, self.diff)
            .map_err(|error| Failure::Unjudged(format!("--html {shown}: {error}")))?;
        write(&place(path), page.as_bytes()).map_err(|error| {
            Failure::Usage(format!("--html {shown} could not be written: {error}"))
        })
    }
}

/// Prints how many checks of a report got each verdict.
fn count(report: &Saved) {
    let (name, checks, summary) = (report.name(), report.cases.len(), report.summary());
    if checks == 0 {
        return print(Visible::of(format_args!("{name}: no checks\n")));
    }
    let (pass, fail) = (summary.pass + summary.acceptable, summary.fail);
    print(Visible::of(format_args!(
        "{name}: {checks} checks, {pass} good, {fail} fail, {} skipped, {} flaky, {} error\n",
        summary.skipped, summary.flaky, summary.error
    )));
}

/// Prints what differs, and says how many cases got worse.
fn compare(old: &Saved, new: &Saved) -> usize {
    let changes = changes(old, new);
    let name = |verdict: Option<Verdict>| verdict.map_or("-", Verdict::name);
    for change in &changes {
        print(Visible::of(format_args!(
            "{} {:40} {} -> {}\n",
            if change.is_worse() { "worse" } else { "     " },
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
    worse
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
