//! `unstick recut`

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::net::ToSocketAddrs;
use std::path::{Path, PathBuf};

use clap::Args;
use globset::{Glob, GlobSet, GlobSetBuilder};

mod holding;
mod program;

use self::holding::{Outcome, hold};
use super::Failure;
use super::ended::Ended;
use super::judging::Judging;
use super::shell::shell;
use crate::framing::Framing;
use crate::recut::learn::Options;
use crate::recut::program::Kind;
use crate::recut::run::Recording;
use crate::recut::server::ServerSubject;
use crate::recut::variation::{Places, Variation, Wanted};
use crate::report::Testee;
use crate::testee::server::{Origin, Server};
use crate::trace::json;

/// Hold a recorded conversation again under every cut; whatever depends on the cut is a bug
#[derive(Debug, Args)]
#[command(after_help = "\
FILE is a recording: a trace with the client's octets and the server's answers, as `unstick record`
writes it. The conversation is first held uncut three times, to learn what its answers are like;
then under every cut. A difference counts only if it repeats, and the uncut runs around it agree.
{port}, {host} and {dir} in COMMAND are filled in, as for `unstick server`.

Examples:
  unstick recut redis.json -- redis-server --port {port}
  unstick recut smtp.json --connect 127.0.0.1:25
  unstick recut --octets request.bin -- ./server --port {port}
  unstick recut redis.json --pipelines --run 'turn3@2' -- redis-server --port {port}

Exit status: 0 all well; 1 a cut makes a difference; 2 bad usage; 3 could not be judged.")]
pub(super) struct Recut {
    /// Recordings, or with --octets any files [default: those of unstick.toml]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The files hold the client's octets as they are, which are one turn
    #[arg(long)]
    octets: bool,
    /// COMMAND is a program that reads standard input and writes what it makes of it; the files are its
    /// input, as they are, or recordings
    #[arg(long, conflicts_with_all = ["connect", "octets", "pipelines", "before", "fresh", "no_carry"])]
    filter: bool,
    /// COMMAND is a client, and we play the recorded server: its answers are cut; {host} and {port} say
    /// where it finds us
    #[arg(long, conflicts_with_all = ["connect", "octets", "pipelines", "before", "fresh", "filter"])]
    client: bool,
    /// Judge a server that runs already
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "command")]
    connect: Option<String>,
    /// Send turns ahead of their answers too: the protocol allows pipelining
    #[arg(long)]
    pipelines: bool,
    /// How many single places are tried: all, edges, or so many; by need unless given
    #[arg(long, value_name = "all|edges|N", value_parser = places)]
    cuts: Option<Places>,
    /// How the client's stream is divided, as `unstick explain --framing` reads it: numbers are cut after each
    /// octet, and frames across their boundary; unless given, the recording's own
    #[arg(long, value_name = "F")]
    framing: Option<Framing>,
    /// What the sample of places is drawn by, where there are too many
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// A shell command to run before each conversation, to reset state
    #[arg(long, value_name = "CMD")]
    before: Option<String>,
    /// Start a fresh server for each conversation
    #[arg(long, conflicts_with = "connect")]
    fresh: bool,
    /// Judge a conversation without any answer
    #[arg(long)]
    silent: bool,
    /// Send values that the recording has, even if the server gave others this time
    #[arg(long)]
    no_carry: bool,
    /// Try only the cuts whose id matches, such as 'turn3@2'; may be given more than once
    #[arg(long, value_name = "GLOB")]
    run: Vec<String>,
    #[command(flatten)]
    judging: Judging,
    /// The server to start, and its arguments; without it, unstick.toml says what is judged
    #[arg(last = true)]
    command: Vec<OsString>,
}

fn places(text: &str) -> Result<Places, String> {
    match text {
        "all" => Ok(Places::All),
        "edges" => Ok(Places::Edges),
        number => number
            .parse()
            .map(Places::AtMost)
            .map_err(|_| "expected `all`, `edges` or a number".to_owned()),
    }
}

impl Recut {
    /// True if the command line names the subject, so that no file is asked.
    pub(super) const fn names_its_subject(&self) -> bool {
        !self.command.is_empty() || self.connect.is_some()
    }

    pub(super) fn run(self) -> Result<Ended, Failure> {
        if self.files.is_empty() {
            let why = "no recording: name the FILE that `unstick record` wrote, before `--`";
            return Err(Failure::Usage(why.to_owned()));
        }
        let recordings = self.recordings()?;
        let planned = self.planned(&recordings)?;
        let known = self.judging.prepare()?;
        if self.filter || self.client {
            let kind = if self.client {
                Kind::Client
            } else {
                Kind::Filter
            };
            let options = Options {
                timeout: self.judging.timeout(),
                fresh: false,
                carry: self.client && !self.no_carry,
                silent: self.silent,
                framing: self.framing.clone(),
                interrupted: None,
            };
            let started = (self.command.as_slice(), self.words());
            return program::judge(&self.judging, kind, started, &planned, &options, &known);
        }
        let (testee, origin) = self.origin()?;
        let options = Options {
            timeout: self.judging.timeout(),
            fresh: self.fresh,
            carry: !self.no_carry,
            silent: self.silent,
            framing: self.framing.clone(),
            interrupted: None,
        };
        let segmentation = match origin {
            Origin::Command(_) => "drain-gated",
            Origin::Address { .. } => "timed",
        };
        let judged = super::judging::Judged {
            testee: &testee,
            class: None,
            known: &known,
        };
        let mut progress = self.judging.follow(&judged)?;
        let outcome = match Server::new(origin) {
            Ok(server) => {
                let mut subject = ServerSubject::new(server, self.before.clone());
                let last_words = |subject: &ServerSubject| last_lines(&subject.stderr());
                hold(&mut subject, &planned, &options, &mut progress, last_words)
            }
            Err(error) => Outcome::unjudged(error.to_string()),
        };
        progress.finish();
        outcome.report(&self.judging, &judged, segmentation)
    }

    /// The cuts of each recording that are tried.
    fn planned<'r>(
        &self,
        recordings: &'r [Recording],
    ) -> Result<Vec<(&'r Recording, Vec<Variation>)>, Failure> {
        let chosen = self.chosen()?;
        let wanted = Wanted {
            places: self.cuts.unwrap_or(Places::ByNeed),
            seed: self.seed,
            pipelines: self.pipelines,
            framing: self.framing.clone(),
            hostile: self.may_harm(),
        };
        let planned: Vec<_> = recordings
            .iter()
            .map(|recording| {
                let mut variations = recording.variations(&wanted);
                if self.run.iter().any(|pattern| pattern.ends_with("@whole")) {
                    variations.extend(recording.whole_turns());
                }
                if self.filter || self.client {
                    variations.retain(program::applies);
                }
                if let Some(chosen) = &chosen {
                    variations.retain(|one| {
                        let id = one.id();
                        chosen.is_match(&id) || chosen.is_match(format!("{}/{id}", recording.name))
                    });
                }
                (recording, self.judging.part_of(variations))
            })
            .collect();
        if planned.iter().all(|(_, variations)| variations.is_empty()) {
            let why = match self.run.first() {
                Some(pattern) => format!("--run {pattern:?} matches no cut of these recordings"),
                None => "there is no place to cut: each turn is a single octet".to_owned(),
            };
            return Err(Failure::Usage(why));
        }
        Ok(planned)
    }

    fn recordings(&self) -> Result<Vec<Recording>, Failure> {
        let mut names = BTreeSet::new();
        let mut recordings = Vec::new();
        for path in &self.files {
            let recording = if self.filter {
                program::input(path, self.silent)?
            } else if self.client {
                program::played(path, recording(path)?)?
            } else if self.octets {
                program::octets(path)?
            } else {
                recording(path)?
            };
            if !names.insert(recording.name.clone()) {
                let name = &recording.name;
                let why = format!("{}: another file has the id {name:?} too", path.display());
                return Err(Failure::Usage(why));
            }
            recordings.push(recording);
        }
        Ok(recordings)
    }

    /// True if frames that lie may be sent: a server elsewhere is not ours to break.
    fn may_harm(&self) -> bool {
        self.connect.as_ref().is_none_or(|at| {
            at.to_socket_addrs()
                .is_ok_and(|mut addresses| addresses.all(|at| at.ip().is_loopback()))
        })
    }

    fn chosen(&self) -> Result<Option<GlobSet>, Failure> {
        if self.run.is_empty() {
            return Ok(None);
        }
        let mut set = GlobSetBuilder::new();
        for pattern in &self.run {
            let glob = Glob::new(pattern).map_err(|error| {
                Failure::Usage(format!("invalid pattern {pattern:?}: {}", error.kind()))
            })?;
            set.add(glob);
        }
        let set = set
            .build()
            .map_err(|error| Failure::Usage(error.to_string()))?;
        Ok(Some(set))
    }

    fn origin(&self) -> Result<(Testee, Origin), Failure> {
        let Some(at) = &self.connect else {
            let (mut testee, template) =
                self.judging.started("server", &self.command, self.words());
            testee.role = "server";
            return Ok((testee, Origin::Command(template)));
        };
        let address = at
            .to_socket_addrs()
            .ok()
            .and_then(|mut addresses| addresses.next())
            .ok_or_else(|| Failure::Usage(format!("--connect: expected HOST:PORT, got {at:?}")))?;
        let mut words = self.words();
        words.extend(["--connect".to_owned(), at.clone()]);
        let testee = Testee {
            role: "server",
            command: Vec::new(),
            address: Some(at.clone()),
            again: shell(words),
            framing: None,
        };
        Ok((testee, Origin::Address { address, dir: None }))
    }

    /// The words of the command that tries one cut again.
    fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = ["unstick", "recut"].map(str::to_owned).into();
        words.extend(
            self.files
                .iter()
                .map(|file| file.to_string_lossy().into_owned()),
        );
        for (set, word) in [
            (self.octets, "--octets"),
            (self.filter, "--filter"),
            (self.client, "--client"),
            (self.pipelines, "--pipelines"),
            (self.fresh, "--fresh"),
            (self.silent, "--silent"),
            (self.no_carry, "--no-carry"),
        ] {
            if set {
                words.push(word.to_owned());
            }
        }
        if self.cuts == Some(Places::All) {
            words.extend(["--cuts", "all"].map(str::to_owned));
        }
        if let Some(framing) = &self.framing {
            words.extend(["--framing".to_owned(), framing.to_string()]);
        }
        if self.seed != 1 {
            words.extend(["--seed".to_owned(), self.seed.to_string()]);
        }
        if let Some(before) = &self.before {
            words.extend(["--before".to_owned(), before.clone()]);
        }
        words.extend(["--run", "{case}"].map(str::to_owned));
        words
    }
}

/// The end of what the server wrote to standard error, a line each.
pub(super) fn last_lines(stderr: &str) -> String {
    const SHOWN: usize = 4;
    let lines: Vec<&str> = stderr.lines().collect();
    lines[lines.len().saturating_sub(SHOWN)..]
        .iter()
        .map(|line| format!("\n  server: {}", line.escape_debug()))
        .collect()
}

pub(super) fn recording(path: &Path) -> Result<Recording, Failure> {
    let shown = path.display();
    let text =
        fs::read_to_string(path).map_err(|error| Failure::Usage(format!("{shown}: {error}")))?;
    let trace = json::read(&text).map_err(|error| {
        let why = format!(
            "{shown} is not a recording: {error}; fixtures/trace.schema.json describes the format, and \
            --octets takes any file"
        );
        Failure::Usage(why)
    })?;
    Recording::of(&trace).map_err(|error| Failure::Usage(format!("{shown}: {error}")))
}
