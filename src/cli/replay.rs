//! `unstick replay`

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

mod client;
mod codec;
mod files;

use files::{Paths, read};

use super::judging::{Claims, Judging};
use super::opening::{HELLO, answer};
use super::options::{Framed, Limits, ServerClass};
use super::placeholders::known_placeholders;
use super::shell::shell;
use super::{Failure, say};
use crate::framing::Framing;
use crate::judge::case::Described;
use crate::suite::server::case::Case;
use crate::testee::server::{Origin, Server};
use crate::trace::{Class, Trace};

/// Run traces from files against a server, a client or a codec
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  unstick replay found.json -- python3 server.py {port} {dir}
  unstick replay tests/conversations -- python3 server.py {port} {dir}
  unstick replay --client found.json -- python3 client.py {host} {port} {dir}
  unstick replay --codec found.json -- python3 codec.py {mode}")]
pub(super) struct Replay {
    /// Files, each with one trace, or directories of such files
    #[arg(required = true, value_name = "TRACE")]
    traces: Vec<PathBuf>,
    /// COMMAND is a client, as for `unstick client`
    #[arg(long, conflicts_with_all = ["class", "codec", "lines", "framing", "max_payload", "max_sessions"])]
    client: bool,
    /// COMMAND is a codec, as for `unstick codec`
    #[arg(long, conflicts_with = "class")]
    codec: bool,
    /// The codec is one process that is spoken to line by line
    #[arg(long, requires = "codec")]
    lines: bool,
    /// What the server claims to implement; unless given, what the traces and its first answer show
    #[arg(long, value_enum)]
    class: Option<ServerClass>,
    #[command(flatten)]
    framed: Framed,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    judging: Judging,
    /// The server to start, and its arguments
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl Replay {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let (traces, paths) = read(&self.traces)?;
        if self.client {
            return self.of_client(traces, &paths);
        }
        if self.codec {
            return self.of_codec(traces, &paths);
        }
        // They are needed until the program ends.
        let traces: &'static [Trace] = traces.leak();
        let mut cases: Vec<Case> = traces.iter().map(Case::of).collect();
        known_placeholders(&self.command, &["port", "host", "dir"])?;
        let mut again: Vec<String> = ["unstick", "replay"].map(str::to_owned).into();
        if let Some(class) = self.class {
            again.extend(["--class", Class::from(class).name()].map(str::to_owned));
        }
        again.extend(self.framed.words());
        again.extend(self.limits.words());
        // Of many traces, the one that shows it.
        again.push(TRACE.to_owned());
        let (testee, template) = self.judging.started("server", &self.command, again);
        let origin = Origin::Command(template);
        let framing = &self.framing(cases.iter().map(Case::trace));
        self.limits.fit(framing)?;
        let class = match self.class {
            _ if !self.framed.framing.is_reference() => self.framed.class(self.class)?,
            None if !framing.is_reference() => Class::Framing,
            Some(class) => class.into(),
            None => assumed(&cases, &origin)?,
        };
        let all = cases.len();
        cases.retain(|case| case.owed_by(class));
        cases = self.judging.part_of(cases);
        if cases.is_empty() {
            let class = class.name();
            let why = format!(
                "a server of class {class} owes none of these traces: name another by --class"
            );
            return Err(Failure::Usage(why));
        }
        if cases.len() < all {
            let left_out = all - cases.len();
            let class = class.name();
            say(&format!(
                "{left_out} of {all} traces are left out: a server of class {class} does not owe them"
            ));
        }
        let rerun = |id: &str| rerun(&testee.again, &paths, id);
        let claims = Claims {
            class,
            framing,
            limits: &self.limits,
        };
        self.judging
            .judge_with(&testee, origin, cases, &claims, &rerun)
            .map(Into::into)
    }
}

impl Replay {
    /// The framing that is given, or the one that all traces are of, where they are of no class above framing.
    fn framing<'t>(&self, traces: impl Iterator<Item = Option<&'t Trace>>) -> Framing {
        let given = &self.framed.framing;
        let mut written = traces.map(|trace| {
            let trace = trace.filter(|trace| trace.class.is_some_and(|of| of <= Class::Framing))?;
            trace.framing.as_ref()?.parse::<Framing>().ok()
        });
        match written.next().flatten() {
            Some(first)
                if given.is_reference() && written.all(|one| one.as_ref() == Some(&first)) =>
            {
                first
            }
            _ => given.clone(),
        }
    }
}

/// Placeholder of the trace in the command line that runs it again.
const TRACE: &str = "{trace}";

/// The class that a server is taken to be of: the highest that a trace is for, and what its answer to
/// the opening message shows. Says so.
fn assumed(cases: &[Case], origin: &Origin) -> Result<Class, Failure> {
    let owed = cases.iter().map(|case| case.info.class).max();
    let owed = owed.unwrap_or(Class::Transfer).max(Class::Framing);
    let server =
        Server::new(origin.clone()).map_err(|error| Failure::Unjudged(error.to_string()))?;
    let shown = match answer(server.address(), HELLO) {
        // A server that does not answer is judged, and told what is wrong.
        Err(_) => None,
        Ok(reply) if reply == HELLO => Some((Class::Framing, "sends the opening message back")),
        Ok(_) => Some((Class::Session, "answers the opening message")),
    };
    let (class, why) = match shown {
        // Its messages are texts, and it never echoes: the traces of frames alone are not for it.
        Some((Class::Session, why)) if owed < Class::Session => (Class::Session, why),
        _ => (owed, "may owe all of these traces"),
    };
    say(&format!(
        "assumed: class {}, because the server {why}; --class says otherwise",
        class.name()
    ));
    Ok(class)
}

/// The line that runs one trace again.
pub(super) fn rerun(again: &str, paths: &Paths, id: &str) -> Option<String> {
    let path = paths.get(id)?;
    Some(again.replace(TRACE, &shell([path.clone()])))
}
