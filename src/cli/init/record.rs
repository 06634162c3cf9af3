//! A recording for a project: the server is started, a client talks with it once.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use clap::Parser;

use crate::cli::framing::guesses;
use crate::cli::placeholders::known_placeholders;
use crate::cli::{Cli, Failure};
use crate::suite::time_zone;
use crate::testee::launch::Template;
use crate::testee::server::{Origin, Server};

/// Time limit of a server's start.
const START: Duration = Duration::from_secs(10);

/// The likeliest framings that are told.
const TOLD: usize = 3;

/// The template by which a server is started here.
pub(super) fn template(command: &[String]) -> Result<Template, Failure> {
    let command: Vec<OsString> = command.iter().map(OsString::from).collect();
    known_placeholders(&command, &["port", "host", "dir"])?;
    Ok(Template {
        command,
        timeout: START,
        guard: None,
        env: time_zone::telling,
    })
}

/// Starts the server, and records what a client and it say to each other.
pub(super) fn make(server: &[String], client: &str, output: &str) -> Result<(), Failure> {
    let client = shlex::split(client)
        .filter(|words| !words.is_empty())
        .ok_or_else(|| {
            Failure::Usage("--record: expected a command, with its quotes closed".to_owned())
        })?;
    let server = Server::new(Origin::Command(template(server)?))
        .map_err(|error| Failure::Unjudged(error.to_string()))?;
    let to = server.address().to_string();
    let mut words = ["unstick", "record", "--to", &to, "-o", output, "--"]
        .map(str::to_owned)
        .to_vec();
    words.extend(client);
    let cli = Cli::try_parse_from(words).map_err(|error| Failure::Usage(error.to_string()))?;
    match cli.command {
        Some(command) => command.run().map(drop),
        None => Ok(()),
    }
}

/// The framings that divide recordings, the likeliest first, each with a sentence.
pub(super) fn framings(recordings: &[String]) -> Result<Vec<(String, String)>, Failure> {
    if recordings.is_empty() {
        return Ok(Vec::new());
    }
    let (guesses, _) = guesses(recordings.iter().map(Path::new))?;
    let told = guesses.iter().take(TOLD);
    Ok(told
        .map(|guess| (guess.framing.to_string(), guess.framing.sentence()))
        .collect())
}
