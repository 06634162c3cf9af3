//! Progress, reports and exit status of all commands that judge.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::ended::Ended;
use super::options::{Limits, size};
use super::output::Outputs;
use super::progress::{Progress, locked};
use super::shell::shell;
use super::{FAILED, Failure, UNJUDGED, columns, interrupt, print, say};
use crate::framing::Framing;
use crate::judge::check::Check;
use crate::judge::error::RunError;
use crate::judge::known_failures::KnownFailures;
use crate::report::saved::Shard;
use crate::report::{Report, Testee, terminal};
use crate::suite::effort::Effort;
use crate::suite::server::case::Case;
use crate::suite::server::options::Options;
use crate::suite::server::run::{Run, run};
use crate::suite::time_zone;
use crate::testee::launch::Template;
use crate::testee::memory_limit;
use crate::testee::server::{Origin, Server};
use crate::trace::Class;
use crate::trace::visible::Visible;

/// A testee may take so long to start, however short it is waited for later.
const LEAST_START: Duration = Duration::from_secs(10);

/// What every judging command takes.
#[derive(Debug, Args)]
pub(super) struct Judging {
    /// A list of cases that are known to fail: `CASE fail # why`, a line each
    #[arg(long, value_name = "FILE")]
    known_failures: Option<PathBuf>,
    #[command(flatten)]
    outputs: Outputs,
    /// How long a busy program is waited for
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Memory that a program may come to hold before it is ended, in octets, or with K, M or G; 0 for
    /// any [default: a quarter of the machine's]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_memory: Option<u64>,
}

/// The claims of a server.
#[derive(Debug)]
pub(super) struct Claims<'c> {
    pub(super) class: Class,
    pub(super) framing: &'c Framing,
    pub(super) limits: &'c Limits,
}

impl Judging {
    /// The part of the cases that --shard asks for; all of them without it.
    pub(super) fn part_of<C>(&self, cases: Vec<C>) -> Vec<C> {
        self.outputs.part_of(cases)
    }

    /// True if --shard asks for a part.
    pub(super) const fn is_a_part(&self) -> bool {
        self.outputs.shard().is_some()
    }

    pub(super) const fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }

    /// Sets the limit on memory, sees that the reports can be written, and reads the list of known
    /// failures, so that what is wrong with them is found before anything is run.
    pub(super) fn prepare(&self) -> Result<KnownFailures, Failure> {
        memory_limit::set(self.max_memory);
        let known = match &self.known_failures {
            None => KnownFailures::default(),
            Some(path) => {
                let shown = path.display();
                let text = fs::read_to_string(path).map_err(|error| {
                    Failure::Usage(format!("--known-failures {shown}: {error}"))
                })?;
                KnownFailures::parse(&text)
                    .map_err(|error| Failure::Usage(format!("{shown}: {error}")))?
            }
        };
        let list = ("--known-failures", self.known_failures.as_deref());
        self.outputs.prepare(&[list])?;
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
            framing: Some(Framing::default()),
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
        cases: Vec<Case>,
        claims: &Claims<'_>,
    ) -> Result<Ended, Failure> {
        self.judge_with(testee, origin, cases, claims, &|_| None)
    }

    /// As [`Judging::judge`]; `rerun` has the command line that runs a case again, where it is not
    /// that of the run with the id of the case in it.
    pub(super) fn judge_with(
        &self,
        testee: &Testee,
        origin: Origin,
        mut cases: Vec<Case>,
        claims: &Claims<'_>,
        rerun: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Ended, Failure> {
        let Claims {
            class,
            framing,
            limits,
        } = *claims;
        let known = self.prepare()?;
        for case in &mut cases {
            case.info.expected_to_fail = known.names(&case.info.id);
        }
        let options = Options {
            class,
            framing: framing.clone(),
            max_payload: limits.max_payload(),
            max_sessions: limits.max_sessions(),
            timeout: self.timeout(),
            effort: Effort::Full,
            jobs: limits.jobs(),
            fail_fast: limits.fail_fast(),
        };
        let subject = Judged {
            testee,
            class: Some(class),
            known: &known,
        };
        let mut progress = self.follow(&subject)?;
        let run = judge(origin, &cases, &options, &mut progress);
        let gating = run.as_ref().map_or("none", |run| run.gating.name());
        let told = |mut check: Check| {
            check.rerun = check.rerun.or_else(|| rerun(&check.id));
            check
        };
        let outcome = run
            .map(|run| run.checks.into_iter().map(told).collect())
            .map_err(|error| no_outcome(&error));
        self.report(&subject, gating, outcome, progress.finish())
    }

    /// Follows a run: shows how far it is, and reports what it has found where a signal has to end
    /// the program before the run hears of it.
    pub(super) fn follow(&self, judged: &Judged<'_>) -> Result<Progress, Failure> {
        let progress = Progress::new()?;
        let (outputs, checks) = (self.outputs.clone(), progress.so_far());
        let (testee, class, known) = (judged.testee.clone(), judged.class, judged.known.clone());
        interrupt::at_the_last(move || {
            let checks = locked(&checks).clone();
            let report = Report {
                testee: &testee,
                class,
                segmentation: "none",
                checks: &checks,
                known: &known,
                unjudged: Some(INTERRUPTED),
            };
            if !checks.is_empty() {
                print(terminal::write_within(&report, columns()));
            }
            if let Err(why) = outputs.write(&report) {
                say(&format!("unstick: {why}"));
            }
        });
        Ok(progress)
    }

    /// The part of the cases that this run judges.
    pub(super) const fn shard(&self) -> Option<Shard> {
        self.outputs.shard()
    }

    /// Reports checks in a form of their own, on the terminal and as JSON, and why they are not all that were
    /// wanted.
    pub(super) fn report_as(
        &self,
        judged: &Judged<'_>,
        segmentation: &'static str,
        (checks, unjudged): (&[Check], Option<&str>),
        text: &dyn Fn(&Report<'_>) -> String,
        json: &dyn Fn(&Report<'_>) -> String,
    ) -> Result<Ended, Failure> {
        drop(interrupt::last_words());
        let report = Report {
            testee: judged.testee,
            class: judged.class,
            segmentation,
            checks,
            known: judged.known,
            unjudged,
        };
        if unjudged.is_none() || !checks.is_empty() {
            let text = Visible::from(&text(&report));
            print(match columns() {
                // The command that runs something again stays a line that can be copied.
                Some(columns) => text.within(columns, &again_of(judged.testee)),
                None => text,
            });
        }
        let json = json(&report);
        ended(&report, self.outputs.write_as(&report, &json))
    }

    /// Reports what came of a run, on the terminal first: whatever happens to files, the verdict is
    /// seen. Says how that ends. A run that did not come to its end is reported too, with the checks
    /// that were made `so_far`.
    pub(super) fn report(
        &self,
        judged: &Judged<'_>,
        segmentation: &'static str,
        outcome: Result<Vec<Check>, String>,
        so_far: Vec<Check>,
    ) -> Result<Ended, Failure> {
        drop(interrupt::last_words());
        let (checks, unjudged) = match outcome {
            Ok(checks) => (checks, None),
            Err(why) => (so_far, Some(why)),
        };
        let report = Report {
            testee: judged.testee,
            class: judged.class,
            segmentation,
            checks: &checks,
            known: judged.known,
            unjudged: unjudged.as_deref(),
        };
        if unjudged.is_none() || !checks.is_empty() {
            print(terminal::write_within(&report, columns()));
        }
        ended(&report, self.outputs.write(&report))
    }
}

/// The end of a run whose report is on the terminal, and was written to files or not.
fn ended(report: &Report<'_>, written: Result<(), String>) -> Result<Ended, Failure> {
    let wrong = [report.unjudged.map(str::to_owned), written.err()];
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    match (status(report), wrong.is_empty()) {
        (status, true) => Ok(Ended {
            status,
            counts: report.summary(),
        }),
        // A failure stands, whatever became of the file.
        (FAILED, false) => Err(Failure::Failed(wrong.join("\n"))),
        (_, false) => Err(Failure::Unjudged(wrong.join("\n"))),
    }
}

/// The end of a command line that runs something again.
fn again_of(testee: &Testee) -> Vec<String> {
    let end = testee.again.rsplit("{case}").next();
    end.map(str::to_owned).into_iter().collect()
}

/// The subject of a report, its class, and the failures that are known of it.
#[derive(Debug)]
pub(super) struct Judged<'r> {
    pub(super) testee: &'r Testee,
    pub(super) class: Option<Class>,
    pub(super) known: &'r KnownFailures,
}

/// The exit status that a report calls for.
pub(super) fn status(report: &Report<'_>) -> u8 {
    if report.unjudged.is_some() {
        UNJUDGED
    } else if report.failed() {
        FAILED
    } else if report.unjudged() {
        UNJUDGED
    } else {
        0
    }
}

/// Runs cases against a server.
pub(super) fn judge(
    origin: Origin,
    cases: &[Case],
    options: &Options,
    progress: &mut Progress,
) -> Result<Run, RunError> {
    let mut server = Server::new(origin)?;
    run(&mut server, cases, options, progress)
}

/// Message of a run that was interrupted.
pub(super) const INTERRUPTED: &str = "interrupted; the program was ended";

/// Message of a run that has no outcome.
pub(super) fn no_outcome(error: &RunError) -> String {
    match error {
        RunError::Interrupted => INTERRUPTED.to_owned(),
        other => other.to_string(),
    }
}
