//! A project, as far as it is known.

use clap::ValueEnum;

use crate::cli::config::Role;
use crate::framing::Framing;
use crate::trace::Class;

/// The role that a command judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// A program that listens
    Server,
    /// A program that connects
    Client,
    /// A program on standard input and output
    Codec,
}

impl From<Kind> for Role {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Server => Self::Server,
            Kind::Client => Self::Client,
            Kind::Codec => Self::Codec,
        }
    }
}

/// The protocol of a server, as far as its author knows it.
#[derive(Debug, Clone)]
pub(super) enum Spoken {
    Framing(Framing),
    Unknown,
}

/// A framing, or that it is unknown.
pub(super) fn spoken(text: &str) -> Result<Spoken, String> {
    if text == "unknown" {
        return Ok(Spoken::Unknown);
    }
    let framing = text.parse().map_err(|error| format!("{error}"))?;
    Ok(Spoken::Framing(framing))
}

/// A project, as it will be described.
#[derive(Debug)]
pub(super) struct Described {
    /// The role that is judged for conformance, if any.
    pub(super) role: Option<Role>,
    pub(super) command: Vec<String>,
    pub(super) class: Option<Class>,
    pub(super) framing: Option<Framing>,
    pub(super) max_payload: Option<u32>,
    pub(super) max_sessions: Option<u32>,
    pub(super) known_failures: Option<String>,
    /// Recordings to hold again.
    pub(super) recordings: Vec<String>,
    /// The framings that divide the recordings, the likeliest first, with a sentence about each.
    pub(super) likely: Vec<(String, String)>,
}
