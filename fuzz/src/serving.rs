//! Invariants of the server's end of a session, whatever the client sends and however
//! it is cut.

use unstick::wire::session::{ServerEvent, ServerSession};

use crate::decoding::Refused;
use crate::session_model::{Expected, Model};

/// An event that a server sees in its client's octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen<'a> {
    /// A text to reply to.
    Text(&'a str),
    /// A file of this name and length.
    File(&'a str, u32),
    /// The next octets of its body.
    Part(&'a [u8]),
    /// It is complete.
    FileEnd,
    /// The command of a verified transfer, to be answered `ready`.
    Command(&'a str),
    /// The digest of a verified transfer, and whether it is that of the body.
    Digest(bool),
    /// The client said goodbye.
    Quit,
}

/// A server's end of a session that can be checked: the reference, or one with a planted
/// fault.
pub trait Serve {
    /// A fresh one, with payloads of at most `limit` octets.
    fn start(&mut self, limit: u32);

    /// Takes the next octets, and tells what they mean.
    ///
    /// # Errors
    /// [`Refused`], on every later call too.
    fn push(&mut self, chunk: &[u8], tell: impl FnMut(Seen<'_>)) -> Result<(), Refused>;

    /// True if the end of the stream is a clean one here.
    fn ends_cleanly(&mut self) -> bool;
}

/// The reference.
#[derive(Debug)]
pub struct Reference(ServerSession);

impl Default for Reference {
    fn default() -> Self {
        Self(ServerSession::new(0))
    }
}

impl Serve for Reference {
    fn start(&mut self, limit: u32) {
        self.0 = ServerSession::new(limit);
    }

    fn push(&mut self, mut chunk: &[u8], mut tell: impl FnMut(Seen<'_>)) -> Result<(), Refused> {
        loop {
            match self.0.next(&mut chunk) {
                Ok(None) if chunk.is_empty() => return Ok(()),
                Ok(None) => unreachable!("octets are left, and nothing came of them"),
                Ok(Some(event)) => match event {
                    ServerEvent::Message(text) => tell(Seen::Text(text)),
                    ServerEvent::FileCommand => {}
                    ServerEvent::FileStart(header) => {
                        tell(Seen::File(header.name.as_str(), header.length));
                    }
                    ServerEvent::FilePart(part) => tell(Seen::Part(part)),
                    ServerEvent::FileEnd => tell(Seen::FileEnd),
                    ServerEvent::Quit => tell(Seen::Quit),
                    ServerEvent::VerifiedCommand(_) | ServerEvent::FileDigest(_) => {
                        unreachable!("the extension is off")
                    }
                },
                Err(_) => return Err(Refused),
            }
        }
    }

    fn ends_cleanly(&mut self) -> bool {
        std::mem::take(self).0.finish().is_ok()
    }
}

/// Feeds a client's stream to a server without the extension, cut at `ends`, and compares it with the
/// model: everything in order, each thing with the very octet from which on it can be known.
///
/// # Errors
/// The failure, in words.
pub fn check(
    server: &mut impl Serve,
    limit: u32,
    stream: &[u8],
    ends: impl IntoIterator<Item = usize>,
) -> Result<(), String> {
    check_by(server, Model::new(stream, limit), limit, stream, ends)
}

/// Serves as a server with the extension does (VTR).
///
/// # Errors
/// The failure, in words.
pub fn check_verified(
    server: &mut impl Serve,
    limit: u32,
    stream: &[u8],
    ends: impl IntoIterator<Item = usize>,
) -> Result<(), String> {
    let model = Model::new(stream, limit).verifying();
    check_by(server, model, limit, stream, ends)
}

fn check_by(
    server: &mut impl Serve,
    mut model: Model<'_>,
    limit: u32,
    stream: &[u8],
    ends: impl IntoIterator<Item = usize>,
) -> Result<(), String> {
    server.start(limit);
    let mut next = model.step();
    let mut from = 0;
    for end in ends.into_iter().chain([stream.len()]) {
        let arrived = end.clamp(from, stream.len());
        let mut wrong = None;
        let outcome = server.push(&stream[from..arrived], |seen| {
            if wrong.is_some() || !advance(&mut next, &mut model, stream, seen, arrived) {
                wrong.get_or_insert_with(|| format!("{seen:?} after {arrived} octets"));
            }
        });
        if let Some(wrong) = wrong {
            return Err(format!("{wrong}; expected {next:?}"));
        }
        let refusal_due = match &next {
            Expected::Refusal { due } => *due <= arrived,
            Expected::File {
                due, may_refuse, ..
            } => *may_refuse && *due <= arrived,
            _ => false,
        };
        if outcome.is_err() {
            return if refusal_due {
                nothing_after_the_error(server)
            } else {
                Err(format!("refused after {arrived} octets; expected {next:?}"))
            };
        }
        let late = match next {
            Expected::Text { due, .. }
            | Expected::File { due, .. }
            | Expected::FileEnd { due }
            | Expected::Command { due, .. }
            | Expected::Digest { due, .. }
            | Expected::Quit { due }
            | Expected::Refusal { due } => due <= arrived,
            Expected::Body { at, end, .. } => at < end.min(arrived),
            Expected::Over | Expected::CutShort | Expected::End => false,
        };
        if late {
            return Err(format!(
                "nothing came of the octets up to {arrived}; expected {next:?}"
            ));
        }
        from = arrived;
    }
    if server.ends_cleanly() == matches!(next, Expected::End | Expected::Over) {
        Ok(())
    } else {
        Err(format!("the end was misjudged; expected {next:?}"))
    }
}

/// True if the event seen is the one expected; `next` then moves on.
fn advance<'s>(
    next: &mut Expected<'s>,
    model: &mut Model<'s>,
    stream: &[u8],
    seen: Seen<'_>,
    arrived: usize,
) -> bool {
    let follows = match (seen, &*next) {
        (Seen::Text(seen), Expected::Text { text, due }) => {
            *due <= arrived && seen.as_bytes() == *text
        }
        (
            Seen::File(seen, octets),
            Expected::File {
                name, length, due, ..
            },
        ) => *due <= arrived && seen == name && octets == *length,
        (Seen::FileEnd, Expected::FileEnd { due }) | (Seen::Quit, Expected::Quit { due }) => {
            *due <= arrived
        }
        (Seen::Command(command), Expected::Command { by, due }) => {
            *due <= arrived && command == by.command()
        }
        (Seen::Digest(seen), Expected::Digest { right, due, .. }) => {
            *due <= arrived && seen == *right
        }
        (Seen::Part(part), Expected::Body { at, end, verified }) => {
            let (at, end, verified) = (*at, *end, *verified);
            let upto = at + part.len();
            if part.is_empty() || upto > end.min(arrived) || stream[at..upto] != *part {
                return false;
            }
            *next = match (upto == end, verified) {
                (true, false) => Expected::FileEnd { due: end },
                (true, true) => model.step(),
                (false, _) => Expected::Body {
                    at: upto,
                    end,
                    verified,
                },
            };
            return true;
        }
        _ => false,
    };
    if follows {
        *next = model.step();
    }
    follows
}

fn nothing_after_the_error(server: &mut impl Serve) -> Result<(), String> {
    let mut told = false;
    let outcome = server.push(b"\0\0\0\x02hi", |_| told = true);
    match (outcome, told) {
        (Err(Refused), false) if !server.ends_cleanly() => Ok(()),
        _ => Err("after an error the server goes on".to_owned()),
    }
}
