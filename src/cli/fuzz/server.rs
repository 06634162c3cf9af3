//! `unstick fuzz server`

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Args;

use super::Fuzzing;
use crate::cli::judging::{Judged, no_outcome};
use crate::cli::options::{Framed, Limits, ServerClass};
use crate::cli::placeholders::known_placeholders;
use crate::cli::{Failure, say};
use crate::suite::effort::Effort;
use crate::suite::server::fuzz::run::{Chosen, run};
use crate::suite::server::options::Options;
use crate::testee::server::{Origin, Server};

/// Fuzz a server with conversations that nobody wrote
#[derive(Debug, Args)]
#[command(after_help = "\
Conversations are made from the seed: messages and what is none, commands and their near misses,
transfers, lengths that lie, cuts. The specification says what must come of each, read by a model that
shares no code with the reference. With --framing F they are frames of F and what is nearly one, and the
framing says what must come of them. A finding is confirmed twice on fresh servers, made small, and
written into the directory of --findings as a trace that `unstick replay` runs.

Examples:
  unstick fuzz server -- python3 server.py {port} {dir}
  unstick fuzz server --class framing --seed 7 --budget 1000 -- ./echo --port {port}
  unstick fuzz server --framing varint -- ./echo --port {port}
  unstick replay found/found-server-7-12.json -- python3 server.py {port} {dir}

Exit status: 0 nothing found; 1 something was; 2 bad usage; 3 could not be judged.")]
pub(super) struct Generated {
    /// What the server claims to implement [default: transfer; framing with --framing]
    #[arg(long, value_enum)]
    class: Option<ServerClass>,
    #[command(flatten)]
    framed: Framed,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    fuzzing: Fuzzing,
    /// The server to start, and its arguments
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl Generated {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        self.limits.fit(&self.framed.framing)?;
        let class = self.framed.class(self.class)?;
        known_placeholders(&self.command, &["port", "host", "dir"])?;
        let seed = self.fuzzing.prepare()?;
        let judging = &self.fuzzing.judging;
        let known = judging.prepare()?;
        let mut words: Vec<String> = ["unstick", "fuzz", "server", "--class", class.name()]
            .map(str::to_owned)
            .into();
        words.extend(self.framed.words());
        words.extend(self.limits.words());
        words.extend(self.fuzzing.words(seed));
        let (mut testee, template) = judging.started("server", &self.command, words);
        testee.framing = Some(self.framed.framing.clone());
        let judged = Judged {
            testee: &testee,
            class: Some(class),
            known: &known,
        };
        say(&format!("seed {seed}"));
        let progress = judging.follow(&judged)?;
        let options = Options {
            class,
            framing: self.framed.framing.clone(),
            max_payload: self.limits.max_payload(),
            max_sessions: None,
            timeout: judging.timeout(),
            effort: Effort::Full,
            jobs: None,
            fail_fast: self.limits.fail_fast(),
        };
        let chosen = Chosen {
            seed,
            budget: self.fuzzing.budget,
        };
        let mut follow = |status| progress.fuzzed(&status);
        let fuzzed = Server::new(Origin::Command(template))
            .map_err(Into::into)
            .and_then(|mut server| run(&mut server, &options, chosen, &mut follow));
        let so_far = progress.finish();
        let fuzzed = fuzzed.map_err(|error| no_outcome(&error));
        self.fuzzing.end(&judged, "server", fuzzed, so_far, seed)
    }
}
