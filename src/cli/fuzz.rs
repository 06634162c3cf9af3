//! `unstick fuzz`

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::judging::{Judged, Judging, known_placeholders};
use super::progress::Progress;
use super::recut::{last_lines, recording};
use super::{Failure, UNJUDGED, USAGE, print, say};
use crate::recut::fuzz::run::{Budget, Found, Fuzzed, run};
use crate::recut::learn::Options;
use crate::recut::run::Recording;
use crate::recut::server::ServerSubject;
use crate::report::Report;
use crate::report::fuzz::{self, Run};
use crate::testee::server::{Origin, Server};
use crate::trace::json;

/// Fuzz a server with mutants of a recording: the answer to any octets must not depend on how they are
/// cut
#[derive(Debug, Args)]
#[command(after_help = "\
FILE is a recording, as `unstick record` writes it. Octets of it are changed; each mutant is held whole
and cut. Whatever is answered otherwise cut than whole, twice and on fresh servers, is a finding; so is
a server that dies, or does not serve the recording any more. A finding is made small, and written into
the directory of --findings as a recording that `unstick recut` runs. {port}, {host} and {dir} in COMMAND
are filled in, as for `unstick server`. The server is started on this machine's loopback; no other is
fuzzed.

Examples:
  unstick fuzz redis.json -- redis-server --port {port}
  unstick fuzz redis.json --seed 7 --budget 1000 --findings found -- redis-server --port {port}

Exit status: 0 nothing found; 1 something was; 2 bad usage; 3 could not be judged.")]
pub(super) struct Fuzz {
    /// Recordings
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What all mutants follow from; printed at the end, drawn unless given
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How long mutants of a recording are tried, in seconds, minutes or hours, or how many
    #[arg(long, value_name = "60s|10m|8h|N", default_value = "60s", value_parser = budget)]
    budget: Budget,
    /// A directory for what is found; nothing in it is ever overwritten
    #[arg(long, value_name = "DIR")]
    findings: Option<PathBuf>,
    /// A shell command to run before each conversation, to reset state
    #[arg(long, value_name = "CMD")]
    before: Option<String>,
    /// Start a fresh server for each conversation
    #[arg(long)]
    fresh: bool,
    #[command(flatten)]
    judging: Judging,
    /// The server to start, and its arguments
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

fn budget(text: &str) -> Result<Budget, String> {
    let (digits, unit) = match text.char_indices().last() {
        Some((at, unit)) if unit.is_ascii_alphabetic() => (&text[..at], Some(unit)),
        _ => (text, None),
    };
    let seconds = match unit {
        None => None,
        Some('s') => Some(1),
        Some('m') => Some(60),
        Some('h') => Some(3600),
        Some(_) => return Err(EXPECTED.to_owned()),
    };
    let number: u64 = digits.parse().map_err(|_| EXPECTED.to_owned())?;
    let budget = match seconds {
        None => Some(Budget::Mutants(number)),
        Some(seconds) => number
            .checked_mul(seconds)
            .map(|seconds| Budget::Time(Duration::from_secs(seconds))),
    };
    budget
        .filter(|_| number > 0)
        .ok_or_else(|| EXPECTED.to_owned())
}

const EXPECTED: &str =
    "expected a time such as 60s, 10m or 8h, or a number of mutants, and not nothing";

impl Fuzz {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let mut recordings = Vec::new();
        let mut names = BTreeSet::new();
        for path in &self.files {
            let one = recording(path)?;
            if !names.insert(one.name.clone()) {
                let name = &one.name;
                let why = format!("{}: another file has the id {name:?} too", path.display());
                return Err((USAGE, why));
            }
            recordings.push(one);
        }
        known_placeholders(&self.command, &["port", "host", "dir"])?;
        if let Some(dir) = &self.findings {
            fs::create_dir_all(dir)
                .map_err(|error| (USAGE, format!("--findings {}: {error}", dir.display())))?;
        }
        let known = self.judging.prepare()?;
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(..1 << 32));
        let (testee, template) = self
            .judging
            .started("server", &self.command, self.words(seed));
        let judged = Judged {
            testee: &testee,
            class: None,
            known: &known,
        };
        say(&format!("seed {seed}"));
        let mut progress = self.judging.follow(&judged)?;
        let outcome = self.fuzz(&recordings, seed, Origin::Command(template), &mut progress);
        let so_far = progress.finish();
        let runs = match outcome {
            Ok(runs) => runs,
            Err(why) => return self.judging.report(&judged, "none", Err(why), so_far),
        };
        let kept = self.keep(&runs);
        let runs: Vec<Run> = runs
            .into_iter()
            .map(|(name, fuzzed)| Run { name, fuzzed })
            .collect();
        let text = |report: &Report<'_>| fuzz::as_text(report, &runs, seed);
        let json = |report: &Report<'_>| fuzz::as_json(report, &runs, seed);
        let status =
            self.judging
                .report_as(&judged, "drain-gated", &fuzz::checks(&runs), &text, &json)?;
        match kept {
            Ok(paths) => {
                print(&paths.concat());
                Ok(status)
            }
            Err(why) => Err((UNJUDGED, why)),
        }
    }

    /// Fuzzes with one recording after the other, until a signal comes.
    fn fuzz(
        &self,
        recordings: &[Recording],
        seed: u64,
        origin: Origin,
        progress: &mut Progress,
    ) -> Result<Vec<(String, Fuzzed)>, String> {
        let options = Options {
            timeout: self.judging.timeout(),
            fresh: self.fresh,
            carry: true,
            silent: false,
        };
        let server = Server::new(origin).map_err(|error| error.to_string())?;
        let mut subject = ServerSubject::new(server, self.before.clone());
        let mut all = Vec::new();
        for recording in recordings {
            let mut follow = |status| {
                progress.fuzzing(&status);
                if progress.is_interrupted() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            };
            let fuzzed = run(
                &mut subject,
                recording,
                seed,
                self.budget,
                &options,
                &mut follow,
            )
            .map_err(|why| format!("{}: {why}{}", recording.name, last_lines(&subject.stderr())))?;
            let interrupted = fuzzed.interrupted;
            all.push((recording.name.clone(), fuzzed));
            if interrupted {
                break;
            }
        }
        Ok(all)
    }

    /// Writes what was found into the directory for it.
    fn keep(&self, runs: &[(String, Fuzzed)]) -> Result<Vec<String>, String> {
        let Some(dir) = &self.findings else {
            return Ok(Vec::new());
        };
        let found = runs.iter().flat_map(|(_, fuzzed)| &fuzzed.found);
        found
            .map(|found| {
                keep(dir, found)
                    .map(|path| format!("written {}\n", path.display()))
                    .map_err(|error| format!("--findings {}: {error}", dir.display()))
            })
            .collect()
    }

    /// The words of the command that does the same again.
    fn words(&self, seed: u64) -> Vec<String> {
        let mut words: Vec<String> = ["unstick", "fuzz"].map(str::to_owned).into();
        let files = self.files.iter();
        words.extend(files.map(|file| file.to_string_lossy().into_owned()));
        words.extend(["--seed".to_owned(), seed.to_string()]);
        words.push("--budget".to_owned());
        words.push(match self.budget {
            Budget::Time(time) => format!("{}s", time.as_secs()),
            Budget::Mutants(count) => count.to_string(),
        });
        if self.fresh {
            words.push("--fresh".to_owned());
        }
        if let Some(before) = &self.before {
            words.extend(["--before".to_owned(), before.clone()]);
        }
        words
    }
}

/// Writes a finding under a name that nothing has yet.
fn keep(dir: &Path, found: &Found) -> io::Result<PathBuf> {
    let stem = found.trace.id.replace('/', "-");
    let mut number = 1;
    loop {
        let name = match number {
            1 => format!("{stem}.json"),
            number => format!("{stem}-{number}.json"),
        };
        let path = dir.join(name);
        match File::create_new(&path) {
            Ok(mut file) => {
                file.write_all(json::write(&found.trace).as_bytes())?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_times_or_numbers() {
        let time = |seconds| Ok(Budget::Time(Duration::from_secs(seconds)));
        assert_eq!(budget("60s"), time(60));
        assert_eq!(budget("10m"), time(600));
        assert_eq!(budget("8h"), time(28_800));
        assert_eq!(budget("1000"), Ok(Budget::Mutants(1000)));
        for wrong in ["", "s", "0", "0s", "5d", "-1", "99999999999999999h"] {
            budget(wrong).unwrap_err();
        }
    }
}
