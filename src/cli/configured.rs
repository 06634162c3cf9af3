//! Plain `unstick` where there is an `unstick.toml`, and `unstick server` and its kin where the server to
//! judge is not named.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Parser};

use super::config::{Config, NAME, Role, Subject, read, words};
use super::ended::Ended;
use super::{Cli, FAILED, Failure, UNJUDGED, USAGE, interrupt, print, say};
use crate::judge::check::Verdict;
use crate::trace::visible::Visible;

/// The reports that are written for each subject, with the ends of their names.
const REPORTS: [(&str, &str); 4] = [
    ("json", "json"),
    ("junit", "xml"),
    ("html", "html"),
    ("summary", "md"),
];

/// The file that is taken, and what of it.
#[derive(Debug, Default, PartialEq, Eq, Args)]
pub(super) struct Configured {
    /// The file that says what is judged [default: unstick.toml, where there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Judge only what has this name in the file; may be given more than once
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// A directory for reports: NAME.html, .xml (JUnit), .json and .md of each that is judged
    #[arg(long, value_name = "DIR")]
    reports: Option<PathBuf>,
}

/// The words after the name of a command, as typed and as parsed.
#[derive(Debug)]
pub(super) struct Typed<'t> {
    pub(super) role: Role,
    pub(super) matches: &'t ArgMatches,
    pub(super) words: &'t [OsString],
}

impl Configured {
    /// Judges what the file describes; `None` without a file.
    pub(super) fn run(&self) -> Result<Option<ExitCode>, Failure> {
        if self.config.is_none() && !is_here() {
            if *self != Self::default() {
                return Err(Failure::Usage(missing()));
            }
            return Ok(None);
        }
        let config = self.read()?;
        self.judge(&config, &config.subjects.iter().collect::<Vec<_>>(), None)
            .map(Some)
    }

    /// Judges those of a command that the file describes; what was typed wins over it.
    pub(super) fn run_those(&self, typed: &Typed<'_>) -> Result<ExitCode, Failure> {
        let name = typed.role.name();
        if self.config.is_none() && !is_here() {
            let why = format!(
                "nothing to judge: name the command of the {} behind `--`{}; or write it into {NAME}, as \
                 `unstick init` does",
                what(typed.role),
                as_in(typed.role)
            );
            return Err(Failure::Usage(why));
        }
        let config = self.read()?;
        let subjects = config.subjects.iter().filter(|one| one.role == typed.role);
        let subjects: Vec<&Subject> = subjects.collect();
        if subjects.is_empty() {
            let why = format!(
                "nothing to judge: {} has no table [{name}], and no command is behind `--`",
                config.path
            );
            return Err(Failure::Usage(why));
        }
        self.judge(&config, &subjects, Some(typed))
    }

    fn read(&self) -> Result<Config, Failure> {
        read(self.config.as_deref().unwrap_or(Path::new(NAME)))
    }

    fn judge(
        &self,
        config: &Config,
        subjects: &[&Subject],
        typed: Option<&Typed<'_>>,
    ) -> Result<ExitCode, Failure> {
        let is_wanted = |one: &&&Subject| self.only.is_empty() || self.only.contains(&one.name);
        let wanted: Vec<&Subject> = subjects.iter().filter(is_wanted).copied().collect();
        if let Some(unknown) = self
            .only
            .iter()
            .find(|name| wanted.iter().all(|one| one.name != **name))
        {
            let names: Vec<&str> = subjects.iter().map(|one| one.name.as_str()).collect();
            let why = format!(
                "--only: {} has no \"{}\"; it has {}",
                config.path,
                unknown.escape_debug(),
                names.join(", ")
            );
            return Err(Failure::Usage(why));
        }
        if let Some(typed) = typed
            && wanted.len() > 1
            && let Some((option, _)) = REPORTS
                .iter()
                .find(|(option, _)| is_typed(typed.matches, option))
        {
            let why = format!(
                "--{option} is one file, and {} has {} to judge: choose one by `unstick --only NAME {}`, or \
                 give --reports DIR before `{}`",
                config.path,
                wanted.len(),
                typed.role.name(),
                typed.role.name()
            );
            return Err(Failure::Usage(why));
        }
        let reports = self
            .reports
            .clone()
            .or_else(|| config.reports.as_ref().map(PathBuf::from));
        if let Some(dir) = &reports {
            fs::create_dir_all(dir)
                .map_err(|error| Failure::Usage(format!("reports: {}: {error}", dir.display())))?;
        }
        let planned = wanted.iter().map(|subject| {
            let words = all_words(subject, typed, reports.as_deref());
            let cli =
                Cli::try_parse_from(words).map_err(|error| Failure::Usage(error.to_string()))?;
            Ok((*subject, cli))
        });
        let planned: Vec<(&Subject, Cli)> = planned.collect::<Result<_, Failure>>()?;
        one_after_the_other(&config.path, planned)
    }
}

/// True if the working directory has a file that plain `unstick` takes.
fn is_here() -> bool {
    Path::new(NAME).symlink_metadata().is_ok()
}

fn missing() -> String {
    format!("{NAME} is not here: `unstick init` writes one, --config FILE names another")
}

/// The name of what a command judges.
const fn what(role: Role) -> &'static str {
    match role {
        Role::Recut => "server",
        role => role.name(),
    }
}

/// The words behind those that say what is missing.
const fn as_in(role: Role) -> &'static str {
    match role {
        Role::Server => {
            ", as in `unstick server -- python3 server.py {port} {dir}`, or one that runs already by \
             --connect HOST:PORT"
        }
        Role::Client => ", as in `unstick client -- python3 client.py {host} {port} {dir}`",
        Role::Codec => ", as in `unstick codec -- python3 codec.py {mode}`",
        Role::Recut => ", as in `unstick recut redis.json -- redis-server --port {port}`",
    }
}

/// True if an option stands on the command line.
fn is_typed(matches: &ArgMatches, id: &str) -> bool {
    matches.value_source(id) == Some(ValueSource::CommandLine)
}

/// The words of a subject, with those that were typed and those for its reports.
fn all_words(
    subject: &Subject,
    typed: Option<&Typed<'_>>,
    reports: Option<&Path>,
) -> Vec<OsString> {
    let mut more = typed.map_or_else(Vec::new, |typed| typed.words.to_vec());
    if let Some(dir) = reports {
        let wanted = REPORTS.iter().filter(|(option, _)| {
            !subject.sets(option) && !typed.is_some_and(|typed| is_typed(typed.matches, option))
        });
        for (option, end) in wanted {
            more.push(format!("--{option}").into());
            more.push(dir.join(format!("{}.{end}", subject.name)).into());
        }
    }
    words(subject, typed.map(|typed| typed.matches), &more)
}

/// The end of a subject's run, as a line of the summary.
struct Line<'s> {
    name: &'s str,
    status: u8,
    text: String,
}

/// Judges one subject after the other, whatever comes of those before, until a signal comes. The status
/// is the worst: what is wrong with the usage, then a failure, then what could not be judged.
fn one_after_the_other(path: &str, planned: Vec<(&Subject, Cli)>) -> Result<ExitCode, Failure> {
    let interrupted = interrupt::watch()
        .map_err(|error| Failure::Unjudged(format!("signals cannot be watched: {error}")))?;
    let all = planned.len();
    let mut lines = Vec::new();
    for (subject, cli) in planned {
        let outcome = if interrupted.load(Ordering::Relaxed) {
            Err(Failure::Unjudged("interrupted before it began".to_owned()))
        } else {
            if all > 1 {
                let shown = subject.command.join(" ");
                print(Visible::of(format_args!("== {}: {shown}\n", subject.name)));
            }
            cli.judge()
        };
        lines.push(line(&subject.name, all, outcome));
        if all > 1 {
            print("\n");
        }
    }
    if all > 1 {
        print(Visible::of(summary(path, &lines)));
    }
    let rank = |status: &u8| {
        [0, UNJUDGED, FAILED, USAGE]
            .iter()
            .position(|one| one == status)
    };
    let worst = lines.iter().map(|line| line.status).max_by_key(rank);
    Ok(ExitCode::from(worst.unwrap_or(UNJUDGED)))
}

/// A run as a line of the summary. What went wrong is said at once.
fn line(name: &str, all: usize, outcome: Result<Ended, Failure>) -> Line<'_> {
    let (status, text) = match outcome {
        Ok(Ended { status, counts }) => {
            let counted = Verdict::ALL
                .into_iter()
                .filter(|verdict| counts.count(*verdict) > 0);
            let counted: Vec<String> = counted
                .map(|verdict| format!("{} {}", counts.count(verdict), verdict.name()))
                .collect();
            (status, counted.join(", "))
        }
        Err(failure) => {
            let why = failure.to_string();
            let shown = if all > 1 {
                format!("{name}: {why}")
            } else {
                why.clone()
            };
            say(&format!("unstick: {shown}"));
            let first = why.lines().next().unwrap_or_default().to_owned();
            (failure.status(), first)
        }
    };
    Line { name, status, text }
}

fn summary(path: &str, lines: &[Line<'_>]) -> String {
    let green = lines.iter().filter(|line| line.status == 0).count();
    let mut out = format!("{path}: {green} of {} well\n", lines.len());
    let width = lines
        .iter()
        .map(|line| line.name.chars().count())
        .max()
        .unwrap_or_default();
    for Line { name, status, text } in lines {
        let word = match *status {
            0 => "well",
            FAILED => "failed",
            USAGE => "bad usage",
            _ => "not judged",
        };
        out.push_str(&format!("  {name:width$}  {word:10}  {text}\n"));
    }
    out
}
