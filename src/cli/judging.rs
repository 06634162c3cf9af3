//! What the commands that judge have in common: options, progress, reports, exit status.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::ended::Ended;
use super::output::Outputs;
use super::progress::{Progress, locked};
use super::shell::shell;
use super::{FAILED, Failure, UNJUDGED, USAGE, columns, interrupt, print, say};
use crate::framing::Framing;
use crate::judge::case::Described;
use crate::judge::check::Check;
use crate::judge::error::RunError;
use crate::judge::known_failures::KnownFailures;
use crate::judge::selection::select;
use crate::recut::finding::Finding;
use crate::report::{Report, Testee, recut, terminal};
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

/// A limit on payloads, which FRM-7 lets nobody set lower than this.
pub(super) fn limit(text: &str) -> Result<u32, String> {
    const FLOOR: u32 = 65_536;
    let limit: u32 = text.parse().map_err(|error| format!("{error}"))?;
    if limit < FLOOR {
        return Err(format!("FRM-7 asks for a limit of at least {FLOOR} octets"));
    }
    Ok(limit)
}

/// The classes that a server may claim.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ServerClass {
    /// Sends every frame back unchanged
    Framing,
    /// Answers messages, and ends with q
    Session,
    /// Receives files too
    Transfer,
    /// Receives files with a digest, and acknowledges them
    VerifiedTransfer,
}

impl From<ServerClass> for Class {
    fn from(class: ServerClass) -> Self {
        match class {
            ServerClass::Framing => Self::Framing,
            ServerClass::Session => Self::Session,
            ServerClass::Transfer => Self::Transfer,
            ServerClass::VerifiedTransfer => Self::VerifiedTransfer,
        }
    }
}

/// What every judging command takes.
#[derive(Debug, Args)]
pub(super) struct Judging {
    /// A list of cases that are known to fail: `CASE fail # why`, a line each
    #[arg(long, value_name = "FILE")]
    known_failures: Option<PathBuf>,
    #[command(flatten)]
    outputs: Outputs,
    /// How long a busy testee is waited for
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Memory that a testee may come to hold before it is ended, in octets, or with K, M or G; 0 for
    /// any [default: a quarter of the machine's]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_memory: Option<u64>,
}

/// A number of octets, with K, M or G for powers of 1024.
fn size(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.char_indices().last() {
        Some((at, unit)) if unit.is_ascii_alphabetic() => (&text[..at], Some(unit)),
        _ => (text, None),
    };
    let shift = match unit.map(|unit| unit.to_ascii_uppercase()) {
        None => Some(0),
        Some('K') => Some(10),
        Some('M') => Some(20),
        Some('G') => Some(30),
        Some(_) => None,
    };
    let size = digits.parse::<u64>().ok().zip(shift);
    size.and_then(|(number, shift)| number.checked_mul(1 << shift))
        .ok_or_else(|| "expected a number of octets, such as 2147483648, 2048M or 2G".to_owned())
}

/// How fast a run is, and how soon it ends.
#[derive(Debug, Args)]
pub(super) struct Pace {
    /// How many conversations go on side by side [default: as many as slow replies call for]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    jobs: Option<u32>,
    /// Stop at the first failure that is confirmed and not known
    #[arg(long)]
    fail_fast: bool,
}

impl Pace {
    pub(super) fn jobs(&self) -> Option<usize> {
        self.jobs.map(|jobs| jobs as usize)
    }

    pub(super) const fn fail_fast(&self) -> bool {
        self.fail_fast
    }
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

/// The framing of what is judged.
#[derive(Debug, Args)]
pub(super) struct Framed {
    /// The framing that it speaks, of a server of class framing: a preset, or a template in stream order;
    /// `unstick explain --framing F` draws it
    #[arg(
        long,
        value_name = "F",
        default_value = "u32be",
        hide_default_value = true
    )]
    pub(super) framing: Framing,
}

impl Framed {
    /// The class of a server that claims this one, or none: another framing has nothing but frames.
    pub(super) fn class(&self, claimed: Option<ServerClass>) -> Result<Class, Failure> {
        let class = claimed.map(Class::from);
        match class {
            _ if self.framing.is_reference() => Ok(class.unwrap_or(Class::Transfer)),
            None | Some(Class::Framing) => Ok(Class::Framing),
            Some(class) => {
                let why = format!(
                    "--framing {} is for --class framing, servers that send frames back: messages and \
                     files, class {}, are those of the framing u32be",
                    self.framing,
                    class.name()
                );
                Err((USAGE, why))
            }
        }
    }

    /// The words that name it again.
    pub(super) fn words(&self) -> Vec<String> {
        if self.framing.is_reference() {
            return Vec::new();
        }
        vec!["--framing".to_owned(), self.framing.to_string()]
    }
}

/// The limits that a server declares.
#[derive(Debug, Args)]
pub(super) struct Limits {
    /// The testee's limit on payloads in octets, to be judged at its boundary
    #[arg(long, value_name = "N", value_parser = limit)]
    max_payload: Option<u32>,
    /// The testee's limit on concurrent sessions, to be judged at its boundary
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_sessions: Option<u32>,
    #[command(flatten)]
    pace: Pace,
}

impl Limits {
    /// The limit on payloads, where one is declared.
    pub(super) const fn max_payload(&self) -> Option<u32> {
        self.max_payload
    }

    pub(super) const fn fail_fast(&self) -> bool {
        self.pace.fail_fast()
    }

    pub(super) fn jobs(&self) -> Option<usize> {
        self.pace.jobs()
    }

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

/// What a server claims to be.
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

    /// Whether --shard asks for a part.
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
                let text = fs::read_to_string(path)
                    .map_err(|error| (USAGE, format!("--known-failures {shown}: {error}")))?;
                KnownFailures::parse(&text).map_err(|error| (USAGE, format!("{shown}: {error}")))?
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
            max_payload: limits.max_payload,
            max_sessions: limits.max_sessions.map(|limit| limit as usize),
            timeout: self.timeout(),
            effort: Effort::Full,
            jobs: limits.pace.jobs(),
            fail_fast: limits.pace.fail_fast(),
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

    /// Reports conversations that were cut otherwise, as [`Judging::report`] does.
    pub(super) fn report_recut(
        &self,
        judged: &Judged<'_>,
        segmentation: &'static str,
        outcome: Result<(Vec<Finding>, Vec<String>), String>,
        so_far: Vec<Check>,
    ) -> Result<Ended, Failure> {
        let (findings, notes) = match outcome {
            Ok(found) => found,
            Err(why) => return self.report(judged, segmentation, Err(why), so_far),
        };
        let checks: Vec<Check> = findings.iter().map(|one| one.check.clone()).collect();
        let text = |report: &Report<'_>| recut::as_text(report, &findings, &notes);
        let json =
            |report: &Report<'_>| recut::as_json(report, self.outputs.shard(), &findings, &notes);
        self.report_as(judged, segmentation, &checks, &text, &json)
    }

    /// Reports checks in a form of their own, on the terminal and as JSON.
    pub(super) fn report_as(
        &self,
        judged: &Judged<'_>,
        segmentation: &'static str,
        checks: &[Check],
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
            unjudged: None,
        };
        let text = Visible::from(&text(&report));
        print(match columns() {
            // The command that runs something again stays a line that can be copied.
            Some(columns) => text.within(columns, &again_of(judged.testee)),
            None => text,
        });
        let json = json(&report);
        match (status(&report), self.outputs.write_as(&report, &json)) {
            (status, Ok(())) => Ok(ended(status, &report)),
            (FAILED, Err(why)) => Err((FAILED, why)),
            (_, Err(why)) => Err((UNJUDGED, why)),
        }
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
        let written = self.outputs.write(&report);
        let wrong = [unjudged.clone(), written.err()];
        let wrong: Vec<String> = wrong.into_iter().flatten().collect();
        match (status(&report), wrong.is_empty()) {
            (status, true) => Ok(ended(status, &report)),
            // What was found is found, whatever became of the file.
            (FAILED, false) if unjudged.is_none() => Err((FAILED, wrong.join("\n"))),
            (_, false) => Err((UNJUDGED, wrong.join("\n"))),
        }
    }
}

fn ended(status: u8, report: &Report<'_>) -> Ended {
    let counts = report.summary();
    Ended { status, counts }
}

/// How lines end that run something again.
fn again_of(testee: &Testee) -> Vec<String> {
    let end = testee.again.rsplit("{case}").next();
    end.map(str::to_owned).into_iter().collect()
}

/// What was judged, as what, and what is known of it.
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

/// Refuses placeholders that nothing fills in: a typing mistake would reach the program as it is.
pub(super) fn known_placeholders(command: &[OsString], known: &[&str]) -> Result<(), Failure> {
    for word in command {
        // `${PORT}` is the shell's own.
        let word = word.to_string_lossy().replace("${", "");
        for part in word.split('{').skip(1) {
            let Some((name, _)) = part.split_once('}') else {
                continue;
            };
            let is_near = known.iter().any(|known| {
                known.len().abs_diff(name.len()) <= 1 && is_one_edit_away(name, known)
            });
            if is_near && !known.contains(&name) {
                let known: Vec<String> = known.iter().map(|name| format!("{{{name}}}")).collect();
                let why = format!(
                    "{{{name}}} in the command is not filled in; those are {}",
                    known.join(" ")
                );
                return Err((USAGE, why));
            }
        }
    }
    Ok(())
}

/// Whether one letter changed, added, left out or swapped with the next makes one of the other.
fn is_one_edit_away(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same..], &b[same..]);
    let rest = |octets: &'_ [u8], from: usize| octets.get(from..).unwrap_or_default().to_vec();
    rest(a, 1) == rest(b, 1)
        || rest(a, 1) == b
        || a == rest(b, 1)
        || matches!((a, b), ([x, y, a @ ..], [v, w, b @ ..]) if (x, y, a) == (w, v, b))
}

/// What to say when a run was interrupted.
pub(super) const INTERRUPTED: &str = "interrupted; the testee was ended";

/// What to say when a run has no outcome.
pub(super) fn no_outcome(error: &RunError) -> String {
    match error {
        RunError::Interrupted => INTERRUPTED.to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        assert_eq!(size("300"), Ok(300));
        assert_eq!(size("64m"), Ok(64 << 20));
        assert_eq!(size("2G"), Ok(2 << 30));
        for wrong in ["", "G", "1T", "-1", "1.5G", "99999999999G"] {
            size(wrong).unwrap_err();
        }
    }
}
