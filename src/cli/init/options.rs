//! The command's options, and what it does in which order.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::ask::{self, Answers};
use super::described::{Described, Kind, Spoken, spoken};
use super::files::{self, Planned};
use super::recipe::{self, Ci};
use super::{record, text, trial};
use crate::cli::config::{NAME, Role, read, schema};
use crate::cli::options::{ServerClass, limit};
use crate::cli::{Failure, print, say};
use crate::framing::Framing;
use crate::trace::Class;
use crate::trace::visible::Visible;

/// File name of a recording that is made here.
const RECORDING: &str = "recording.json";

/// Write unstick.toml and a CI file for the project in this directory, after trying it once
#[derive(Debug, Args)]
#[command(after_help = "\
COMMAND is started as `unstick server` (or --kind) starts it; {port}, {host} and {dir} are filled in.
What is not given is asked for on a terminal. The class of a server is found by trying, unless it is
given. Nothing is written where the server does not start, and no file is ever overwritten.

Examples:
  unstick init -- python3 server.py {port} {dir}
  unstick init --framing u16le --ci gitlab -- ./server --port {port}
  unstick init --kind codec -- ./codec {mode}
  unstick init --recording redis.json -- redis-server --port {port}
  unstick init --framing unknown --record 'redis-cli -p {port} ping' -- redis-server --port {port}
  unstick init --known-failures known-failures.txt -- python3 server.py {port} {dir}

Exit status: 0 written; 2 bad usage, or a file is there already; 3 it could not be tried.")]
pub(in crate::cli) struct Init {
    /// What is judged [default: server]
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// What the server claims to implement; found by trying unless given
    #[arg(long, value_enum)]
    class: Option<ServerClass>,
    /// The framing that it speaks, or `unknown`: then a recording is held again instead
    #[arg(long, value_name = "F|unknown", value_parser = spoken)]
    framing: Option<Spoken>,
    /// A recording to hold again under every cut; may be given more than once
    #[arg(long, value_name = "FILE")]
    recording: Vec<PathBuf>,
    /// A client's command line, run once to record a conversation with the server
    #[arg(long, value_name = "CLIENT", conflicts_with = "recording")]
    record: Option<String>,
    /// Its limit on payloads in octets, to be judged at its boundary
    #[arg(long, value_name = "N", value_parser = limit)]
    max_payload: Option<u32>,
    /// Its limit on concurrent sessions, to be judged at its boundary
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_sessions: Option<u32>,
    /// The list of known failures; where it is not there, all is judged, and what fails is listed in it
    #[arg(long, value_name = "FILE")]
    known_failures: Option<PathBuf>,
    /// The kind of CI file [default: what the project looks like]
    #[arg(long, value_enum)]
    ci: Option<Ci>,
    /// Print the JSON Schema of unstick.toml, for editors, and do nothing else
    #[arg(long, exclusive = true)]
    schema: bool,
    /// How it is started
    #[arg(last = true)]
    command: Vec<String>,
}

impl Init {
    pub(in crate::cli) fn run(self) -> Result<ExitCode, Failure> {
        if self.schema {
            print(&schema());
            return Ok(ExitCode::SUCCESS);
        }
        files::free(Path::new(NAME))?;
        let answers = self.answers()?;
        let recordings = self.recordings(&answers)?;
        let described = self.described(&answers, recordings)?;
        let mut planned = vec![Planned::new(NAME, text::toml(&described))];
        // A mistake that plain `unstick` would refuse is found before it is written.
        let scratch = files::Scratch::of(&planned[0])?;
        let config = read(scratch.path()).map_err(|failure| {
            let path = scratch.path().display().to_string();
            failure.reworded(|why| why.replace(&path, NAME))
        })?;
        let list = self.known_failures.as_deref().filter(|list| !list.exists());
        for subject in &config.subjects {
            let failing = trial::run(subject, &described, list.is_some())?;
            if let (Some(list), Some(failing)) = (list, failing) {
                planned.push(Planned::new(list, failing));
            }
        }
        drop(scratch);
        if let Some(recipe) = recipe::of(self.ci)? {
            planned.push(recipe);
        }
        let written = files::write(&planned)?;
        print(Visible::of(format_args!(
            "written: {}\n",
            written.join(", ")
        )));
        print("next: unstick\n");
        Ok(ExitCode::SUCCESS)
    }

    /// The answers that options give, or people on a terminal.
    fn answers(&self) -> Result<Answers, Failure> {
        let mut answers = Answers {
            kind: self.kind.unwrap_or(Kind::Server),
            command: self.command.clone(),
            spoken: self.framing.clone(),
            client: self.record.clone(),
        };
        if answers.command.is_empty() {
            if !ask::is_possible() {
                let why = "how is it started? Name the command behind `--`, as in `unstick init -- python3 \
                           server.py {port} {dir}`; questions are asked on a terminal only";
                return Err(Failure::Usage(why.to_owned()));
            }
            answers = ask::all(answers, self.kind.is_none(), !self.recording.is_empty())?;
        }
        let is_server = answers.kind == Kind::Server;
        if !is_server && (answers.client.is_some() || !self.recording.is_empty()) {
            let why = "--record and --recording are for servers: `unstick recut --client` and --filter hold \
                       recordings with others";
            return Err(Failure::Usage(why.to_owned()));
        }
        if matches!(answers.spoken, Some(Spoken::Unknown))
            && answers.client.is_none()
            && self.recording.is_empty()
        {
            let why = "--framing unknown needs a conversation: --record 'CLIENT {host} {port}' records one, \
                       --recording FILE names one that `unstick record` wrote";
            return Err(Failure::Usage(why.to_owned()));
        }
        Ok(answers)
    }

    /// The recordings, of which one may be made first.
    fn recordings(&self, answers: &Answers) -> Result<Vec<String>, Failure> {
        if let Some(client) = &answers.client {
            files::free(Path::new(RECORDING))?;
            record::make(&answers.command, client, RECORDING)?;
            return Ok(vec![RECORDING.to_owned()]);
        }
        let named = |path: &PathBuf| match path.to_str() {
            Some(name) => Ok(name.to_owned()),
            None => Err(Failure::Usage(format!(
                "{}: the name is not UTF-8",
                path.display()
            ))),
        };
        self.recording.iter().map(named).collect()
    }

    fn described(&self, answers: &Answers, recordings: Vec<String>) -> Result<Described, Failure> {
        let known = self
            .known_failures
            .as_ref()
            .map(|path| path.display().to_string());
        let mut described = Described {
            role: Some(answers.kind.into()),
            command: answers.command.clone(),
            class: self.class.map(Class::from),
            framing: None,
            max_payload: self.max_payload,
            max_sessions: self.max_sessions,
            known_failures: known,
            likely: record::framings(&recordings)?,
            recordings,
        };
        match &answers.spoken {
            Some(Spoken::Framing(framing)) => described.framing = Some(framing.clone()),
            // A conversation alone says nothing about a class.
            Some(Spoken::Unknown) => described.role = None,
            None if !described.recordings.is_empty() && described.class.is_none() => {
                described.role = None;
            }
            None => {}
        }
        let is_reference = described.framing.as_ref().is_none_or(Framing::is_reference);
        let found = match described.role {
            _ if described.class.is_some() || !is_reference => None,
            Some(Role::Server) => Some(trial::class(&described.command)?),
            Some(Role::Client) => Some(trial::client_class(&described.command)?),
            _ => None,
        };
        if let Some((class, why)) = found {
            say(&format!("found: class {}, because {why}", class.name()));
            described.class = Some(class);
        }
        Ok(described)
    }
}
