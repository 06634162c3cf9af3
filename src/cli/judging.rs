//! What the commands that judge have in common: options, progress, reports, exit status.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::{FAILED, Failure, UNJUDGED, USAGE, print};
use crate::report::{Report, Testee, json, junit, terminal};
use crate::suite::case::Case;
use crate::suite::known_failures::KnownFailures;
use crate::suite::run::{Effort, Options, Run, Unjudgeable, run};
use crate::suite::verdict::Verdict;
use crate::testee::process::Template;
use crate::testee::server::{Origin, Server};
use crate::trace::Class;

/// A testee may take so long to start, in seconds, however short it is waited for later.
const LEAST_START: u64 = 10;

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
    /// The testee's limit on payloads in octets, to be judged at its boundary
    #[arg(long, value_name = "N")]
    pub(super) max_payload: Option<u32>,
    /// The testee's limit on concurrent sessions, to be judged at its boundary
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) max_sessions: Option<u32>,
    /// A list of cases that are known to fail: `CASE fail # why`, a line each
    #[arg(long, value_name = "FILE")]
    pub(super) known_failures: Option<PathBuf>,
    /// Write the report as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// Write the report as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// How long a busy testee is waited for
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) timeout: u64,
}

impl Judging {
    pub(super) fn options(&self, class: Class) -> Options {
        Options {
            class,
            max_payload: self.max_payload,
            max_sessions: self.max_sessions.map(|limit| limit as usize),
            timeout: Duration::from_secs(self.timeout),
            effort: Effort::Full,
        }
    }

    /// Reads the list of known failures; an unreadable one is found before anything is run.
    pub(super) fn known(&self) -> Result<KnownFailures, Failure> {
        let Some(path) = &self.known_failures else {
            return Ok(KnownFailures::default());
        };
        let text = fs::read_to_string(path).map_err(|error| {
            (
                USAGE,
                format!("--known-failures {}: {error}", path.display()),
            )
        })?;
        KnownFailures::parse(&text).map_err(|error| (USAGE, format!("{}: {error}", path.display())))
    }

    /// A testee that is started by `command`; `again` are the words that run it again, up to
    /// the command.
    pub(super) fn started(&self, command: &[OsString], mut again: Vec<String>) -> (Testee, Origin) {
        let words: Vec<String> = command
            .iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        again.push("--".to_owned());
        again.extend(words.clone());
        let testee = Testee {
            role: "server",
            command: words,
            address: None,
            again: shell(again),
        };
        let origin = Origin::Command(Template {
            command: command.to_vec(),
            timeout: Duration::from_secs(self.timeout.max(LEAST_START)),
            guard: None,
        });
        (testee, origin)
    }

    /// Starts the testee, judges it, reports, and says how that ends.
    pub(super) fn judge(
        &self,
        testee: &Testee,
        origin: Origin,
        cases: &[Case],
        class: Class,
    ) -> Result<ExitCode, Failure> {
        let known = self.known()?;
        for path in [&self.json, &self.junit].into_iter().flatten() {
            writable(path)?;
        }
        let run = judge(origin, cases, &self.options(class))?;
        let report = Report {
            testee,
            class,
            segmentation: run.gating.name(),
            checks: &run.checks,
            known: &known,
        };
        if let Some(path) = &self.json {
            write(path, &json::write(&report))?;
        }
        if let Some(path) = &self.junit {
            let text = junit::write(&report)
                .map_err(|error| (UNJUDGED, format!("--junit {}: {error}", path.display())))?;
            write(path, &text)?;
        }
        print(&terminal::write(&report));
        Ok(ExitCode::from(status(&report)))
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
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&interrupted))
            .map_err(|error| (UNJUDGED, format!("signals cannot be watched: {error}")))?;
    }
    let mut server = Server::new(origin).map_err(|error| (UNJUDGED, error.to_string()))?;
    let bar = ProgressBar::new(0).with_style(
        ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")
            .expect("the template is well-formed"),
    );
    let mut failed = 0;
    let outcome = run(&mut server, cases, options, &mut |done, total, check| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        if check.verdict == Verdict::Fail {
            failed += 1;
        }
        let failed = if failed > 0 {
            format!("({failed} failed) ")
        } else {
            String::new()
        };
        bar.set_message(format!("{failed}{}", check.id));
        !interrupted.load(Ordering::Relaxed)
    });
    bar.finish_and_clear();
    outcome.map_err(|error| match error {
        Unjudgeable::Interrupted => (UNJUDGED, "interrupted; the testee was ended".to_owned()),
        other => (UNJUDGED, other.to_string()),
    })
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
