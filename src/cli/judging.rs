//! What the commands that judge have in common: options, progress, reports, exit status.

use std::ffi::OsString;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::{FAILED, Failure, UNJUDGED, USAGE, interrupt, print};
use crate::judge::case::Described;
use crate::judge::check::{Check, Verdict};
use crate::judge::error::RunError;
use crate::judge::known_failures::KnownFailures;
use crate::judge::progress;
use crate::judge::selection::select;
use crate::report::{Report, Testee, json, junit, terminal};
use crate::suite::server::case::Case;
use crate::suite::server::options::{Effort, Options};
use crate::suite::server::run::{Run, run};
use crate::suite::time_zone;
use crate::testee::launch::Template;
use crate::testee::server::{Origin, Server};
use crate::trace::Class;

/// A testee may take so long to start, however short it is waited for later.
const LEAST_START: Duration = Duration::from_secs(10);

/// The classes that a server may claim.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ServerClass {
    /// Sends every frame back unchanged
    Framing,
    /// Answers messages, and ends with q
    Session,
    /// Receives files too
    Transfer,
}

impl From<ServerClass> for Class {
    fn from(class: ServerClass) -> Self {
        match class {
            ServerClass::Framing => Self::Framing,
            ServerClass::Session => Self::Session,
            ServerClass::Transfer => Self::Transfer,
        }
    }
}

/// What every judging command takes.
#[derive(Debug, Args)]
pub(super) struct Judging {
    /// A list of cases that are known to fail: `CASE fail # why`, a line each
    #[arg(long, value_name = "FILE")]
    known_failures: Option<PathBuf>,
    /// Write the report as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the report as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// How long a busy testee is waited for
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

/// Which cases are run.
#[derive(Debug, Args)]
pub(super) struct Chosen {
    /// Run only the cases whose id matches; may be given more than once
    #[arg(long, value_name = "GLOB")]
    run: Vec<String>,
    /// Leave out the cases whose id matches; may be given more than once
    #[arg(long, value_name = "GLOB")]
    skip: Vec<String>,
}

impl Chosen {
    /// Those of `cases` that a testee of this class owes, and that are wanted.
    pub(super) fn of<C: Described>(&self, cases: Vec<C>, class: Class) -> Result<Vec<C>, Failure> {
        select(cases, Some(class), &self.run, &self.skip)
            .map_err(|error| (USAGE, error.to_string()))
    }
}

/// The limits that a server declares.
#[derive(Debug, Args)]
pub(super) struct Limits {
    /// The testee's limit on payloads in octets, to be judged at its boundary
    #[arg(long, value_name = "N")]
    max_payload: Option<u32>,
    /// The testee's limit on concurrent sessions, to be judged at its boundary
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_sessions: Option<u32>,
}

impl Limits {
    /// The words that declare them again.
    pub(super) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if let Some(limit) = self.max_payload {
            words.extend(["--max-payload".to_owned(), limit.to_string()]);
        }
        if let Some(limit) = self.max_sessions {
            words.extend(["--max-sessions".to_owned(), limit.to_string()]);
        }
        words
    }
}

impl Judging {
    pub(super) const fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }

    /// Sees that the reports can be written, and reads the list of known failures, so that what
    /// is wrong with them is found before anything is run.
    pub(super) fn prepare(&self) -> Result<KnownFailures, Failure> {
        let known = match &self.known_failures {
            None => KnownFailures::default(),
            Some(path) => {
                let shown = path.display();
                let text = fs::read_to_string(path)
                    .map_err(|error| (USAGE, format!("--known-failures {shown}: {error}")))?;
                KnownFailures::parse(&text).map_err(|error| (USAGE, format!("{shown}: {error}")))?
            }
        };
        for path in [&self.json, &self.junit].into_iter().flatten() {
            writable(path)?;
        }
        Ok(known)
    }

    /// A testee of this role that is started by `command`; `again` are the words that run it
    /// again, up to the command.
    pub(super) fn started(
        &self,
        role: &'static str,
        command: &[OsString],
        mut again: Vec<String>,
    ) -> (Testee, Template) {
        let words: Vec<String> = command
            .iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        again.push("--".to_owned());
        again.extend(words.clone());
        let testee = Testee {
            role,
            command: words,
            address: None,
            again: shell(again),
        };
        let template = Template {
            command: command.to_vec(),
            timeout: self.timeout().max(LEAST_START),
            guard: None,
            env: time_zone::telling,
        };
        (testee, template)
    }

    /// Judges a server, reports, and says how that ends.
    pub(super) fn judge(
        &self,
        testee: &Testee,
        origin: Origin,
        cases: &[Case],
        class: Class,
        limits: &Limits,
    ) -> Result<ExitCode, Failure> {
        let known = self.prepare()?;
        let options = Options {
            class,
            max_payload: limits.max_payload,
            max_sessions: limits.max_sessions.map(|limit| limit as usize),
            timeout: self.timeout(),
            effort: Effort::Full,
        };
        let run = judge(origin, cases, &options)?;
        self.report(&Report {
            testee,
            class: Some(class),
            segmentation: run.gating.name(),
            checks: &run.checks,
            known: &known,
        })
    }

    /// Writes the reports that are wanted, and says how that ends.
    pub(super) fn report(&self, report: &Report<'_>) -> Result<ExitCode, Failure> {
        if let Some(path) = &self.json {
            write(path, &json::write(report))?;
        }
        if let Some(path) = &self.junit {
            let text = junit::write(report)
                .map_err(|error| (UNJUDGED, format!("--junit {}: {error}", path.display())))?;
            write(path, &text)?;
        }
        print(&terminal::write(report));
        Ok(ExitCode::from(status(report)))
    }
}

/// The exit status that a report calls for.
pub(super) fn status(report: &Report<'_>) -> u8 {
    if report.failed() {
        FAILED
    } else if report.unjudged() {
        UNJUDGED
    } else {
        0
    }
}

/// Runs cases against a server, with a progress bar where somebody looks.
pub(super) fn judge(origin: Origin, cases: &[Case], options: &Options) -> Result<Run, Failure> {
    let mut progress = Progress::new()?;
    let mut server = Server::new(origin).map_err(|error| (UNJUDGED, error.to_string()))?;
    run(&mut server, cases, options, &mut progress).map_err(no_outcome)
}

/// What to say when a run has no outcome.
pub(super) fn no_outcome(error: RunError) -> Failure {
    match error {
        RunError::Interrupted => interrupted(),
        other => (UNJUDGED, other.to_string()),
    }
}

/// What to say when a run was interrupted.
pub(super) fn interrupted() -> Failure {
    (UNJUDGED, "interrupted; the testee was ended".to_owned())
}

/// A progress bar, and an ear for the signals that end a run early.
pub(super) struct Progress {
    interrupted: Arc<AtomicBool>,
    bar: ProgressBar,
    failed: usize,
}

impl Progress {
    pub(super) fn new() -> Result<Self, Failure> {
        let interrupted = interrupt::watch()
            .map_err(|error| (UNJUDGED, format!("signals cannot be watched: {error}")))?;
        let bar = ProgressBar::new(0).with_style(
            ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")
                .expect("the template is well-formed"),
        );
        Ok(Self {
            interrupted,
            bar,
            failed: 0,
        })
    }

    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}

impl progress::Progress for Progress {
    /// Shows how far a run is, and lets it go on until a signal comes.
    fn finished(&mut self, done: usize, total: usize, check: &Check) -> ControlFlow<()> {
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
        if check.verdict == Verdict::Fail {
            self.failed += 1;
        }
        let failed = match self.failed {
            0 => String::new(),
            failed => format!("({failed} failed) "),
        };
        self.bar.set_message(format!("{failed}{}", check.id));
        if self.is_interrupted() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn writable(path: &Path) -> Result<(), Failure> {
    fs::File::create(path).map(drop).map_err(|error| {
        (
            USAGE,
            format!("{} cannot be written: {error}", path.display()),
        )
    })
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| {
        (
            UNJUDGED,
            format!("{} could not be written: {error}", path.display()),
        )
    })
}

/// A command as a shell takes it.
pub(super) fn shell(words: impl IntoIterator<Item = String>) -> String {
    let quoted: Vec<String> = words
        .into_iter()
        .map(|word| {
            let plain = !word.is_empty()
                && word
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-_./:=@%+,{}".contains(c));
            if plain {
                word
            } else {
                format!("'{}'", word.replace('\'', "'\\''"))
            }
        })
        .collect();
    quoted.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_can_be_pasted() {
        let words = ["a b", "", "it's", "{port}", "--dir=x"].map(str::to_owned);
        assert_eq!(shell(words), r"'a b' '' 'it'\''s' {port} --dir=x");
    }
}
