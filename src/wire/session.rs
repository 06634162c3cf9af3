//! Sessions as state machines: octets in, events out, for both ends (SES, TRF).
//!
//! ```text
//! server:  Messages ──`file`──▶ Header ──name,length──▶ Body ──last octet──▶ Messages
//!             └──`q`──▶ Over            any error, in any state ──▶ Over
//! verified (VTR):    `file+md5`──▶ Header ──▶ Body ──▶ Digest ──its digits──▶ Messages
//! ```

use super::file_header::{FileHeader, HeaderError};
use super::frame::{self, Decoder, FrameError};
use super::length::LengthError;
use super::text::{self, TextError};
use super::verified::{Algorithm, Digest, DigestError};

/// The request that a message makes. Commands are the whole message, matched exactly (SES-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// `q` or `Q`: the session ends (SES-2).
    Quit,
    /// `file` or `FILE`: a transfer follows (SES-3).
    File,
    /// Anything else: text, which gets one reply (SES-4).
    Text,
}

impl Command {
    /// Tells the commands from the texts.
    #[must_use]
    pub fn of(message: &str) -> Self {
        match message {
            "q" | "Q" => Self::Quit,
            "file" | "FILE" => Self::File,
            _ => Self::Text,
        }
    }
}

/// The reason why a session cannot go on. The server closes and answers nothing more (SES-8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The octets are no frames (FRM).
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A payload is no message (MSG-3).
    #[error(transparent)]
    Text(#[from] TextError),
    /// A message is no file header (TRF-1, TRF-2, TRF-7).
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The stream ended where a header was due.
    #[error("the stream ended where a file header was due")]
    HeaderMissing,
    /// A message is not the digest that was due (VTR-2).
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// The stream ended where a digest was due (VTR-4).
    #[error("the stream ended where the digest of a file was due")]
    DigestMissing,
    /// The stream ended inside a body (TRF-9).
    #[error("the stream ended with {left} octets of the file still to come")]
    BodyCutShort {
        /// The octets that did not come.
        left: u32,
    },
    /// A reply came that nobody had asked for (SES-1, SES-4).
    #[error("a reply came that no message had asked for")]
    ReplyNotOwed,
    /// The stream ended with replies still owed (SES-11).
    #[error("the connection ended with {owed} replies still owed")]
    RepliesMissing {
        /// Number of replies that did not come.
        owed: u64,
    },
}

/// An event that a server learns from its client.
#[derive(Debug, PartialEq, Eq)]
pub enum ServerEvent<'a> {
    /// A text, to be answered with one [`reply`](super::reply::reply) (SES-4).
    Message(&'a str),
    /// `file`: the next message is the header of one (SES-3).
    FileCommand,
    /// A file begins (TRF-1). [`ServerEvent::FileEnd`] follows, at once if its length is 0.
    FileStart(FileHeader),
    /// The next octets of its body (TRF-3).
    FilePart(&'a [u8]),
    /// The body is complete; nothing is sent about it (TRF-6).
    FileEnd,
    /// The command of a verified transfer, to be answered by
    /// [`Answer::Ready`](super::verified::Answer::Ready) (VTR-2). [`ServerEvent::FileStart`] follows, and the parts.
    VerifiedCommand(Algorithm),
    /// The body of a verified transfer is complete, and this is its digest by the sender: to be
    /// answered (VTR-3).
    FileDigest(Digest),
    /// The client said goodbye: close, and answer nothing (SES-2).
    Quit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ServerState {
    Messages,
    Header(Option<Algorithm>),
    Body {
        left: u32,
        verified: Option<Algorithm>,
    },
    Digest(Algorithm),
    Over(Option<SessionError>),
}

/// The server's end of a session.
#[derive(Debug)]
pub struct ServerSession {
    decoder: Decoder,
    state: ServerState,
    /// True if the server has the extension (VTR).
    verifies: bool,
}

impl ServerSession {
    /// A session that refuses payloads above `max_payload` octets (FRM-7).
    #[must_use]
    pub const fn new(max_payload: u32) -> Self {
        Self {
            decoder: Decoder::new(max_payload),
            state: ServerState::Messages,
            verifies: false,
        }
    }

    /// The same session for a server that has the extension: `file+md5` and `file+sha256` are
    /// commands to it, and not text (VTR-1).
    #[must_use]
    pub const fn verifying(mut self) -> Self {
        self.verifies = true;
        self
    }

    /// Takes octets from the front of `input` up to the end of one event; `None` when more
    /// must come. After [`ServerEvent::Quit`] it is `None` for ever, and `input` is ignored.
    ///
    /// # Errors
    /// [`SessionError`], the same on every later call: close the connection (SES-8).
    pub fn next<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<ServerEvent<'a>>, SessionError> {
        match self.state {
            ServerState::Over(None) => {
                *input = &[];
                return Ok(None);
            }
            ServerState::Over(Some(error)) => return Err(error),
            ServerState::Body {
                left: 0,
                verified: None,
            } => {
                self.state = ServerState::Messages;
                return Ok(Some(ServerEvent::FileEnd));
            }
            ServerState::Body {
                left: 0,
                verified: Some(algorithm),
            } => self.state = ServerState::Digest(algorithm),
            ServerState::Body { left, verified } => {
                let available = u32::try_from(input.len()).unwrap_or(u32::MAX);
                let taken = left.min(available);
                let (part, rest) = input.split_at(taken as usize);
                *input = rest;
                self.state = ServerState::Body {
                    left: left - taken,
                    verified,
                };
                return Ok((taken > 0).then_some(ServerEvent::FilePart(part)));
            }
            ServerState::Messages | ServerState::Header(_) | ServerState::Digest(_) => {}
        }
        let next = match self.decoder.decode(input) {
            Ok(None) => return Ok(None),
            Ok(Some(payload)) => on_payload(self.state, self.verifies, payload),
            Err(error) => Err(error.into()),
        };
        match next {
            Ok((event, state)) => {
                self.state = state;
                Ok(Some(event))
            }
            Err(error) => {
                self.state = ServerState::Over(Some(error));
                Err(error)
            }
        }
    }

    /// Says that the client has ended its sending side. Between messages, and after `q`,
    /// that is a clean end (FRM-5).
    ///
    /// # Errors
    /// [`SessionError`] inside a frame (FRM-6), before a header, or inside a body (TRF-9).
    pub fn finish(self) -> Result<(), SessionError> {
        match self.state {
            ServerState::Over(None) => Ok(()),
            ServerState::Over(Some(error)) => Err(error),
            ServerState::Messages
            | ServerState::Body {
                left: 0,
                verified: None,
            } => Ok(self.decoder.finish()?),
            ServerState::Header(_) => {
                self.decoder.finish()?;
                Err(SessionError::HeaderMissing)
            }
            ServerState::Digest(_)
            | ServerState::Body {
                left: 0,
                verified: Some(_),
            } => {
                self.decoder.finish()?;
                Err(SessionError::DigestMissing)
            }
            ServerState::Body { left, .. } => Err(SessionError::BodyCutShort { left }),
        }
    }
}

fn on_payload(
    state: ServerState,
    verifies: bool,
    payload: &[u8],
) -> Result<(ServerEvent<'_>, ServerState), SessionError> {
    let message = text::decode(payload)?;
    match state {
        ServerState::Header(verified) => {
            let header = FileHeader::parse(message)?;
            let left = header.length;
            let body = ServerState::Body { left, verified };
            return Ok((ServerEvent::FileStart(header), body));
        }
        ServerState::Digest(algorithm) => {
            let digest = Digest::parse(algorithm, message)?;
            return Ok((ServerEvent::FileDigest(digest), ServerState::Messages));
        }
        _ => {}
    }
    if let Some(algorithm) = Algorithm::of_command(message).filter(|_| verifies) {
        let header = ServerState::Header(Some(algorithm));
        return Ok((ServerEvent::VerifiedCommand(algorithm), header));
    }
    Ok(match Command::of(message) {
        Command::Quit => (ServerEvent::Quit, ServerState::Over(None)),
        Command::File => (ServerEvent::FileCommand, ServerState::Header(None)),
        Command::Text => (ServerEvent::Message(message), ServerState::Messages),
    })
}

/// The client's end of a session: what it sends it encodes here, what comes it reads here.
#[derive(Debug)]
pub struct ClientSession {
    decoder: Decoder,
    owed: u64,
}

impl ClientSession {
    /// A session that refuses replies above `max_payload` octets (FRM-7).
    #[must_use]
    pub const fn new(max_payload: u32) -> Self {
        Self {
            decoder: Decoder::new(max_payload),
            owed: 0,
        }
    }

    /// Appends a message to `out`; if it is a text, a reply is owed from then on (SES-4).
    /// After `file` the caller sends a [`ClientSession::header`] and the body.
    ///
    /// # Errors
    /// [`LengthError`] for a message above 4,294,967,295 octets.
    pub fn message(&mut self, message: &str, out: &mut Vec<u8>) -> Result<(), LengthError> {
        frame::encode(message.as_bytes(), out)?;
        if Command::of(message) == Command::Text {
            self.owed += 1;
        }
        Ok(())
    }

    /// Appends the header of a file to `out` (TRF-1). No reply is owed for it (TRF-6).
    pub fn header(&mut self, header: &FileHeader, out: &mut Vec<u8>) {
        frame::encode(header.to_string().as_bytes(), out).expect("a header is short");
    }

    /// Appends the digest of the body that was sent to `out`; the server's answer is owed from
    /// then on (VTR-3). The command is a [`ClientSession::message`], whose answer is owed too.
    pub fn digest(&mut self, digest: &Digest, out: &mut Vec<u8>) {
        frame::encode(digest.to_string().as_bytes(), out).expect("a digest is short");
        self.owed += 1;
    }

    /// Number of replies that have not come yet.
    #[must_use]
    pub const fn owed(&self) -> u64 {
        self.owed
    }

    /// Takes octets from the front of `input` up to the end of one reply; `None` when more
    /// must come (SES-11).
    ///
    /// # Errors
    /// [`SessionError`]: the octets are no reply, or none is owed.
    pub fn next<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<&'a str>, SessionError> {
        let Some(payload) = self.decoder.decode(input)? else {
            return Ok(None);
        };
        self.owed = self.owed.checked_sub(1).ok_or(SessionError::ReplyNotOwed)?;
        Ok(Some(text::decode(payload)?))
    }

    /// Says that the server has ended the connection.
    ///
    /// # Errors
    /// [`SessionError`] inside a reply, or with replies still owed (SES-11).
    pub fn finish(self) -> Result<(), SessionError> {
        self.decoder.finish()?;
        match self.owed {
            0 => Ok(()),
            owed => Err(SessionError::RepliesMissing { owed }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events of a stream fed in pieces of `size` octets, as text, then how it ended.
    fn events(stream: &[u8], size: usize) -> Vec<String> {
        let mut session = ServerSession::new(1024);
        let mut seen = Vec::new();
        for mut piece in stream.chunks(size) {
            loop {
                match session.next(&mut piece) {
                    Ok(Some(ServerEvent::FilePart(part))) => {
                        seen.extend(part.iter().map(|octet| format!("part {octet:02x}")));
                    }
                    Ok(Some(event)) => seen.push(format!("{event:?}")),
                    Ok(None) => break,
                    Err(error) => {
                        seen.push(format!("error: {error}"));
                        return seen;
                    }
                }
            }
        }
        seen.push(format!("end: {:?}", session.finish()));
        seen
    }

    #[test]
    fn the_octet_after_a_body_begins_the_next_frame() {
        let stream = b"\0\0\0\x04file\0\0\0\x03a,2XY\0\0\0\x02hi\0\0\0\x01qjunk";
        for size in 1..=stream.len() {
            assert_eq!(
                events(stream, size),
                [
                    "FileCommand",
                    "FileStart(FileHeader { name: FileName(\"a\"), length: 2 })",
                    "part 58",
                    "part 59",
                    "FileEnd",
                    "Message(\"hi\")",
                    "Quit",
                    "end: Ok(())",
                ]
            );
        }
    }

    #[test]
    fn an_empty_file_ends_at_once() {
        let seen = events(b"\0\0\0\x04FILE\0\0\0\x03a,0", 64);
        assert_eq!(seen[2..], ["FileEnd", "end: Ok(())"]);
    }

    #[test]
    fn near_misses_are_text() {
        for text in ["File", " q", "quit", "q\n", "", "file "] {
            assert_eq!(Command::of(text), Command::Text, "{text:?}");
        }
    }

    #[test]
    fn ends_that_are_not_clean() {
        let half_body = events(b"\0\0\0\x04file\0\0\0\x03a,2X", 64);
        assert_eq!(
            half_body.last().unwrap(),
            "end: Err(BodyCutShort { left: 1 })"
        );
        let no_header = events(b"\0\0\0\x04file", 64);
        assert_eq!(no_header.last().unwrap(), "end: Err(HeaderMissing)");
        let half_frame = events(b"\0\0\0\x04fi", 64);
        assert_eq!(
            half_frame.last().unwrap(),
            "end: Err(Frame(Truncated { arrived: 6 }))"
        );
    }

    /// The events of a session with the extension, in one piece.
    fn verified(stream: &[u8]) -> Vec<String> {
        let mut session = ServerSession::new(1024).verifying();
        let mut seen = Vec::new();
        let mut input = stream;
        loop {
            match session.next(&mut input) {
                Ok(Some(event)) => seen.push(format!("{event:?}")),
                Ok(None) => break,
                Err(error) => {
                    seen.push(format!("error: {error}"));
                    return seen;
                }
            }
        }
        seen.push(format!("end: {:?}", session.finish()));
        seen
    }

    const DIGEST: &[u8] = b"\0\0\0\x20187ef4436122d1cc2f40dc2b92f0eba0";

    #[test]
    fn a_digest_follows_the_body_of_a_verified_transfer() {
        let command = b"\0\0\0\x08file+md5\0\0\0\x04ab,2ab";
        let seen = verified(&[command, DIGEST, b"\0\0\0\x02hi"].concat());
        assert_eq!(seen[0], "VerifiedCommand(Md5)");
        assert_eq!(seen[2], "FilePart([97, 98])");
        assert!(seen[3].starts_with("FileDigest("), "{}", seen[3]);
        assert_eq!(seen[4..], ["Message(\"hi\")", "end: Ok(())"]);
        let empty = verified(b"\0\0\0\x08file+md5\0\0\0\x04ab,0");
        assert_eq!(empty.last().unwrap(), "end: Err(DigestMissing)");
        let capitals = DIGEST.to_ascii_uppercase();
        let wrong = verified(&[command, capitals.as_slice()].concat());
        assert_eq!(
            wrong.last().unwrap(),
            "error: a digest is exactly 32 lower-case hexadecimal digits"
        );
        // After a plain transfer no digest is due.
        let plain = verified(b"\0\0\0\x04file\0\0\0\x03a,0\0\0\0\x02hi");
        assert_eq!(plain[2..], ["FileEnd", "Message(\"hi\")", "end: Ok(())"]);
    }

    #[test]
    fn without_the_extension_its_commands_are_text() {
        let seen = events(b"\0\0\0\x08file+md5", 64);
        assert_eq!(seen, ["Message(\"file+md5\")", "end: Ok(())"]);
    }

    #[test]
    fn an_error_is_for_good() {
        let mut session = ServerSession::new(1024);
        let mut input: &[u8] = b"\0\0\0\x01\xFF\0\0\0\x02hi";
        let error = session.next(&mut input).unwrap_err();
        assert_eq!(session.next(&mut input), Err(error));
        assert_eq!(session.finish(), Err(error));
    }

    #[test]
    fn a_client_counts_what_it_is_owed() {
        let mut client = ClientSession::new(1024);
        let mut out = Vec::new();
        let header = FileHeader::parse("a,2").unwrap();
        client.message("hi", &mut out).unwrap();
        client.message("file", &mut out).unwrap();
        client.header(&header, &mut out);
        client.message("q", &mut out).unwrap();
        assert_eq!(out, b"\0\0\0\x02hi\0\0\0\x04file\0\0\0\x03a,2\0\0\0\x01q");
        assert_eq!(client.owed(), 1);
        let mut input: &[u8] = b"\0\0\0\x02ok\0\0\0\x02no";
        assert_eq!(client.next(&mut input), Ok(Some("ok")));
        assert_eq!(client.owed(), 0);
        assert_eq!(client.next(&mut input), Err(SessionError::ReplyNotOwed));
        let waiting = ClientSession {
            owed: 2,
            ..ClientSession::new(1024)
        };
        assert_eq!(
            waiting.finish(),
            Err(SessionError::RepliesMissing { owed: 2 })
        );
    }
}
