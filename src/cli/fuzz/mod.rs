//! `unstick fuzz`

mod client;
mod codec;
mod recorded;
mod server;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Subcommand};

use super::judging::{Judged, Judging};
use super::{Failure, print};
use crate::judge::check::Check;
use crate::judge::fuzzed::{Budget, Found, Fuzzed};
use crate::report::Report;
use crate::report::fuzz::{self, Run};
use crate::trace::json;

/// Fuzz a server, client or codec, by a recording or by conversations that nobody wrote
///
/// FILE is a recording, as `unstick record` writes it. Octets of it are changed; each mutant is held whole
/// and cut, and must be answered the same. Without a recording, `unstick fuzz server`, `unstick fuzz client` and
/// `unstick fuzz codec` make conversations of their own, and SPEC.md or the framing says what must come of
/// them.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    after_help = recorded::HELP
)]
pub(super) struct Fuzz {
    #[command(subcommand)]
    role: Option<Role>,
    #[command(flatten)]
    recorded: recorded::Recorded,
}

#[derive(Debug, Subcommand)]
enum Role {
    Server(Box<server::Generated>),
    Client(Box<client::Generated>),
    Codec(Box<codec::Generated>),
}

impl Fuzz {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self.role {
            Some(Role::Server(generated)) => generated.run(),
            Some(Role::Client(generated)) => generated.run(),
            Some(Role::Codec(generated)) => generated.run(),
            None => self.recorded.run(),
        }
    }
}

/// The answer to `--connect`, which other commands have.
pub(super) const CONNECTS_NOT: &str = "\
unstick: fuzz has no --connect: it starts what it fuzzes itself, on this machine's loopback, and fuzzes no server
that runs already. Give the command that starts the server, with {port} in place of its port:
  unstick fuzz server -- python3 server.py {port} {dir}
  unstick fuzz redis.json -- redis-server --port {port}";

/// Test for a command line that asks `unstick fuzz` to connect to a running server. clap's own advice would be
/// to hand `--connect` to the server.
pub(super) fn asks_to_connect(
    error: &clap::Error,
    mut words: impl Iterator<Item = OsString>,
) -> bool {
    let refused = error.get(ContextKind::InvalidArg);
    let connect = matches!(refused, Some(ContextValue::String(word)) if word == "--connect");
    let unknown = error.kind() == ErrorKind::UnknownArgument;
    unknown && connect && words.nth(1).is_some_and(|word| word == "fuzz")
}

/// What all fuzzing is told.
#[derive(Debug, Args)]
struct Fuzzing {
    /// What all inputs follow from; printed at the end, drawn unless given
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How long inputs are tried, in seconds, minutes or hours, or how many; for each recording
    #[arg(long, value_name = "60s|10m|8h|N", default_value = "60s", value_parser = budget)]
    budget: Budget,
    /// A directory for what is found; nothing in it is ever overwritten
    #[arg(long, value_name = "DIR")]
    findings: Option<PathBuf>,
    #[command(flatten)]
    judging: Judging,
}

impl Fuzzing {
    /// Makes the directory for findings, and draws a seed unless one is given.
    fn prepare(&self) -> Result<u64, Failure> {
        if self.judging.is_a_part() {
            let why = "--shard splits a list of cases, and fuzzing has none: give each machine a --seed of its own";
            return Err(Failure::Usage(why.to_owned()));
        }
        if let Some(dir) = &self.findings {
            fs::create_dir_all(dir).map_err(|error| {
                Failure::Usage(format!("--findings {}: {error}", dir.display()))
            })?;
        }
        Ok(self.seed.unwrap_or_else(|| fastrand::u64(..1 << 32)))
    }

    /// Reports, and writes what was found into the directory for it.
    fn report(&self, judged: &Judged<'_>, runs: &[Run], seed: u64) -> Result<ExitCode, Failure> {
        let kept = self.keep(runs);
        let text = |report: &Report<'_>| fuzz::as_text(report, runs, seed);
        let json = |report: &Report<'_>| fuzz::as_json(report, runs, seed);
        let checks = fuzz::checks(runs);
        let ended = self
            .judging
            .report_as(judged, "drain-gated", (&checks, None), &text, &json)?;
        match kept {
            Ok(paths) => {
                print(&paths.concat());
                Ok(ended.into())
            }
            Err(why) => Err(Failure::Unjudged(why)),
        }
    }

    /// Ends the fuzzing of a role whose conversations were generated: reports what came of it, or why nothing
    /// did, with the checks that were made so far.
    fn end(
        &self,
        judged: &Judged<'_>,
        role: &str,
        fuzzed: Result<Fuzzed, String>,
        so_far: Vec<Check>,
        seed: u64,
    ) -> Result<ExitCode, Failure> {
        match fuzzed {
            Ok(fuzzed) => {
                let run = Run {
                    name: role.to_owned(),
                    generated: true,
                    fuzzed,
                };
                self.report(judged, &[run], seed)
            }
            Err(why) => {
                let ended = self.judging.report(judged, "none", Err(why), so_far);
                ended.map(Into::into)
            }
        }
    }

    fn keep(&self, runs: &[Run]) -> Result<Vec<String>, String> {
        let Some(dir) = &self.findings else {
            return Ok(Vec::new());
        };
        let found = runs.iter().flat_map(|run| &run.fuzzed.found);
        found
            .map(|found| {
                keep(dir, found)
                    .map(|path| format!("written {}\n", path.display()))
                    .map_err(|error| format!("--findings {}: {error}", dir.display()))
            })
            .collect()
    }

    /// The words that say the same again.
    fn words(&self, seed: u64) -> Vec<String> {
        let budget = match self.budget {
            Budget::Time(time) => format!("{}s", time.as_secs()),
            Budget::Mutants(count) => count.to_string(),
        };
        [
            "--seed".to_owned(),
            seed.to_string(),
            "--budget".to_owned(),
            budget,
        ]
        .into()
    }
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
                let written = file.write_all(json::write(&found.trace).as_bytes());
                if written.is_err() {
                    // A part of a trace is none; the file is of this run.
                    let _ = fs::remove_file(&path);
                }
                return written.map(|()| path);
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
