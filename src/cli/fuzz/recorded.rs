//! `unstick fuzz FILE…`

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::Fuzzing;
use crate::cli::judging::Judged;
use crate::cli::placeholders::known_placeholders;
use crate::cli::progress::Progress;
use crate::cli::recut::{last_lines, recording};
use crate::cli::{Failure, say};
use crate::framing::Framing;
use crate::recut::fuzz::run::run;
use crate::recut::learn::Options;
use crate::recut::run::Recording;
use crate::recut::server::ServerSubject;
use crate::report::fuzz::Run;
use crate::testee::server::{Origin, Server};

/// The help text after the options.
pub(super) const HELP: &str = "\
FILE is a recording, as `unstick record` writes it. Octets of it are changed; each mutant is held whole
and cut. Whatever is answered otherwise cut than whole, twice and on fresh servers, is a finding; so is
a server that dies, or does not serve the recording any more. A finding is made small, and written into
the directory of --findings as a recording that `unstick recut` runs. {port}, {host} and {dir} in COMMAND
are filled in, as for `unstick server`. The server is started on this machine's loopback; no other is
fuzzed.

Examples:
  unstick fuzz redis.json -- redis-server --port {port}
  unstick fuzz redis.json --seed 7 --budget 1000 --findings found -- redis-server --port {port}
  unstick fuzz mqtt.json --framing mqtt -- mosquitto -p {port}
  unstick fuzz server --class framing -- ./echo {port}

Exit status: 0 nothing found; 1 something was; 2 bad usage; 3 could not be judged.";

/// The form that mutates recordings.
#[derive(Debug, Args)]
pub(super) struct Recorded {
    /// Recordings
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How the client's stream is divided, unless the recording says so: frames are left out, doubled and
    /// swapped, lengths are one off, and payloads change with their lengths
    #[arg(long, value_name = "F")]
    framing: Option<Framing>,
    /// A shell command to run before each conversation, to reset state
    #[arg(long, value_name = "CMD")]
    before: Option<String>,
    /// Start a fresh server for each conversation
    #[arg(long)]
    fresh: bool,
    #[command(flatten)]
    fuzzing: Fuzzing,
    /// The server to start, and its arguments
    #[arg(last = true)]
    command: Vec<OsString>,
}

impl Recorded {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        if self.files.is_empty() || self.command.is_empty() {
            let why = "name a recording and, behind `--`, the server's command, as in `unstick fuzz redis.json \
                       -- redis-server --port {port}`; without a recording, `unstick fuzz server -- COMMAND`";
            return Err(Failure::Usage(why.to_owned()));
        }
        let mut recordings = Vec::new();
        let mut names = BTreeSet::new();
        for path in &self.files {
            let one = recording(path)?.divided_by(self.framing.as_ref());
            if !names.insert(one.name.clone()) {
                let name = &one.name;
                let why = format!("{}: another file has the id {name:?} too", path.display());
                return Err(Failure::Usage(why));
            }
            recordings.push(one);
        }
        known_placeholders(&self.command, &["port", "host", "dir"])?;
        let seed = self.fuzzing.prepare()?;
        let judging = &self.fuzzing.judging;
        let known = judging.prepare()?;
        let (testee, template) = judging.started("server", &self.command, self.words(seed));
        let judged = Judged {
            testee: &testee,
            class: None,
            known: &known,
        };
        say(&format!("seed {seed}"));
        let mut progress = judging.follow(&judged)?;
        let outcome = self.fuzz(&recordings, seed, Origin::Command(template), &mut progress);
        let so_far = progress.finish();
        match outcome {
            Ok(runs) => self.fuzzing.report(&judged, &runs, seed),
            Err(why) => judging
                .report(&judged, "none", Err(why), so_far)
                .map(Into::into),
        }
    }

    /// Fuzzes with one recording after the other, until a signal comes.
    fn fuzz(
        &self,
        recordings: &[Recording],
        seed: u64,
        origin: Origin,
        progress: &mut Progress,
    ) -> Result<Vec<Run>, String> {
        let options = Options {
            timeout: self.fuzzing.judging.timeout(),
            fresh: self.fresh,
            carry: true,
            silent: false,
            framing: None,
            interrupted: None,
        };
        let server = Server::new(origin).map_err(|error| error.to_string())?;
        let mut subject = ServerSubject::new(server, self.before.clone());
        let mut all = Vec::new();
        for recording in recordings {
            let mut follow = |status| progress.fuzzed(&status);
            let fuzzed = run(
                &mut subject,
                recording,
                seed,
                self.fuzzing.budget,
                &options,
                &mut follow,
            )
            .map_err(|why| format!("{}: {why}{}", recording.name, last_lines(&subject.stderr())))?;
            let interrupted = fuzzed.interrupted;
            all.push(Run {
                name: recording.name.clone(),
                generated: false,
                fuzzed,
            });
            if interrupted {
                break;
            }
        }
        Ok(all)
    }

    /// The words of the command that does the same again.
    fn words(&self, seed: u64) -> Vec<String> {
        let mut words: Vec<String> = ["unstick", "fuzz"].map(str::to_owned).into();
        let files = self.files.iter();
        words.extend(files.map(|file| file.to_string_lossy().into_owned()));
        if let Some(framing) = &self.framing {
            words.extend(["--framing".to_owned(), framing.to_string()]);
        }
        words.extend(self.fuzzing.words(seed));
        if self.fresh {
            words.push("--fresh".to_owned());
        }
        if let Some(before) = &self.before {
            words.extend(["--before".to_owned(), before.clone()]);
        }
        words
    }
}
