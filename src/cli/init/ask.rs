//! Questions, on a terminal.

use std::io::{self, IsTerminal, stderr};

use super::described::{Kind, Spoken, spoken};
use crate::cli::{Failure, say};

/// The answers about a project.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) kind: Kind,
    pub(super) command: Vec<String>,
    pub(super) spoken: Option<Spoken>,
    /// The command line of a client, for a recording.
    pub(super) client: Option<String>,
}

/// True if both ends are a terminal, so that somebody can answer.
pub(super) fn is_possible() -> bool {
    io::stdin().is_terminal() && stderr().is_terminal()
}

/// Asks for what is not known; `has_recordings` where a conversation is named already.
pub(super) fn all(
    mut answers: Answers,
    asks_kind: bool,
    has_recordings: bool,
) -> Result<Answers, Failure> {
    if asks_kind {
        answers.kind = until(
            "What is judged: server, client or codec? [server]",
            |text| match text {
                "" | "server" => Ok(Kind::Server),
                "client" => Ok(Kind::Client),
                "codec" => Ok(Kind::Codec),
                _ => Err("server, client or codec".to_owned()),
            },
        )?;
    }
    let how = match answers.kind {
        Kind::Server => {
            "How is it started? {port} and {dir} are filled in: python3 server.py {port} {dir}"
        }
        Kind::Client => {
            "How is it started? {host} and {port} are filled in: python3 client.py {host} {port}"
        }
        Kind::Codec => "How is it started? {mode} is filled in: python3 codec.py {mode}",
    };
    answers.command = until(how, command)?;
    if answers.kind == Kind::Server && answers.spoken.is_none() && !has_recordings {
        let what = "What does it speak? u32be (a length of four octets, most significant first, and that \
                    much payload), another framing (`unstick explain --framing F` draws one), or unknown: a \
                    conversation is recorded [u32be]";
        answers.spoken = until(what, |text| match text {
            "" => Ok(None),
            text => spoken(text).map(Some),
        })?;
    }
    if matches!(answers.spoken, Some(Spoken::Unknown))
        && answers.client.is_none()
        && !has_recordings
    {
        let who =
            "Which command talks with it once, from {host} and {port}? redis-cli -p {port} ping";
        answers.client = Some(until(who, |text| command(text).map(|_| text.to_owned()))?);
    }
    Ok(answers)
}

fn command(text: &str) -> Result<Vec<String>, String> {
    match shlex::split(text) {
        Some(words) if !words.is_empty() => Ok(words),
        Some(_) => Err("a command".to_owned()),
        None => Err("a command whose quotes are closed".to_owned()),
    }
}

/// Asks until the answer can be taken.
fn until<T>(
    question: &str,
    mut taken: impl FnMut(&str) -> Result<T, String>,
) -> Result<T, Failure> {
    loop {
        say(question);
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line);
        if !matches!(read, Ok(1..)) {
            return Err(Failure::Usage(
                "there was no answer; nothing is written".to_owned(),
            ));
        }
        match taken(line.trim()) {
            Ok(answer) => return Ok(answer),
            Err(why) => say(&format!("expected {why}")),
        }
    }
}
