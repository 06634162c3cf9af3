//! Commands of verified transfers and what nearly is one; bodies with the message after them, and its
//! answer (VTR).

use serde::Serialize;
use serde_json::{Value, json};

use crate::model::header;
use crate::suite::fixtures;
use crate::trace::octets::Octets;
use crate::trace::{Action, Class, Step, Trace};

/// The file in the directory.
pub(super) const FILE: &str = "verified.json";

/// Verified transfers as the golden traces hold them.
#[derive(Debug, Serialize)]
pub(super) struct Verified {
    commands: Vec<Command>,
    digests: Vec<Digest>,
}

/// A message between two others.
#[derive(Debug, Serialize)]
struct Command {
    id: &'static str,
    message: String,
    /// The answer of a server with the extension to a command; `None` where the message is text.
    answer: Option<String>,
}

/// A body, and the message after it.
#[derive(Debug, Serialize)]
struct Digest {
    id: &'static str,
    title: &'static str,
    requirements: &'static [String],
    command: String,
    body: Octets,
    message: String,
    /// `None` where the message is refused.
    answer: Option<String>,
}

impl Verified {
    /// Their number, for the manifest.
    pub(super) fn counts(&self) -> Value {
        json!({"file": FILE, "commands": self.commands.len(), "digests": self.digests.len()})
    }
}

/// Everything of the golden traces, each once.
pub(super) fn verified() -> Verified {
    let mut verified = Verified {
        commands: Vec::new(),
        digests: Vec::new(),
    };
    let traces = fixtures::all().iter();
    for trace in traces.filter(|trace| trace.class() == Class::VerifiedTransfer) {
        for place in 0..trace.steps.len() {
            verified.add_command(trace, place);
            verified.add_digest(trace, place);
        }
    }
    verified
}

impl Verified {
    fn add_command(&mut self, trace: &'static Trace, place: usize) {
        let [sent, came, ..] = &trace.steps[place..] else {
            return;
        };
        let Some(message) = message(sent) else {
            return;
        };
        let answer = match &came.action {
            Action::Deliver(text) if text.to_vec() == message.as_bytes() => None,
            _ => match answer(came) {
                Some(answer) if answer == format!("{message} ready") => Some(answer),
                _ => return,
            },
        };
        if !self.commands.iter().any(|known| known.message == message) {
            self.commands.push(Command {
                id: &trace.id,
                message,
                answer,
            });
        }
    }

    /// A transfer that begins here: its command, `ready`, a header, a body, and what follows.
    fn add_digest(&mut self, trace: &'static Trace, place: usize) {
        let [sent, came, head, rest @ ..] = &trace.steps[place..] else {
            return;
        };
        let (Some(command), Some(ready), Some(head)) = (message(sent), answer(came), message(head))
        else {
            return;
        };
        // A header that is refused says nothing of the digest behind its body.
        let header::Reading::Is((_, length)) = header::read(&head) else {
            return;
        };
        if ready != format!("{command} ready") {
            return;
        }
        let (body, rest) = match rest {
            [first, rest @ ..] if length > 0 => match &first.action {
                Action::Send(body) if body.len() == length as usize => (body.clone(), rest),
                _ => return,
            },
            _ => (Octets::default(), rest),
        };
        let [given, rest @ ..] = rest else {
            return;
        };
        let Some(message) = message(given) else {
            return;
        };
        // Messages may have been sent ahead.
        let verdict = rest.iter().find(|step| self::message(step).is_none());
        let answer = verdict.and_then(answer);
        let refused = verdict.is_some_and(|step| step.action == Action::Refusal);
        let known = |known: &Digest| {
            (&known.command, &known.body, &known.message) == (&command, &body, &message)
        };
        if (answer.is_some() || refused) && !self.digests.iter().any(known) {
            self.digests.push(Digest {
                id: &trace.id,
                title: &trace.title,
                requirements: &trace.requirements,
                command,
                body,
                message,
                answer,
            });
        }
    }
}

/// The message that a step sends.
fn message(step: &Step) -> Option<String> {
    match &step.action {
        Action::Frame { payload, .. } => String::from_utf8(payload.to_vec()).ok(),
        _ => None,
    }
}

/// The message of an answer whose octets are known.
fn answer(step: &Step) -> Option<String> {
    let Action::Answer(answer) = &step.action else {
        return None;
    };
    let octets = answer.octets.as_ref()?.to_vec();
    String::from_utf8(octets.get(4..)?.to_vec()).ok()
}
