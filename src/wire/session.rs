//! Sessions as state machines: octets in, events out, for both ends (SES, TRF).
//!
//! ```text
//! server:  Messages ──`file`──▶ Header ──name,length──▶ Body ──last octet──▶ Messages
//!             └──`q`──▶ Over            any error, in any state ──▶ Over
//! ```

use super::file_header::{FileHeader, HeaderError};
use super::frame::{self, Decoder, FrameError};
use super::length::LengthError;
use super::text::{self, TextError};

/// What a message asks for. Commands are the whole message, matched exactly (SES-3).
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

/// Why a session cannot go on. The server closes and answers nothing more (SES-8).
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
        /// How many did not come.
        owed: u64,
    },
}

/// What a server learns from its client.
#[derive(Debug, PartialEq, Eq)]
pub enum ServerEvent<'a> {
    /// A text, to be answered with one [`reply`] (SES-4).
    Message(&'a str),
    /// `file`: the next message is the header of one (SES-3).
    FileCommand,
    /// A file begins (TRF-1). [`ServerEvent::FileEnd`] follows, at once if its length is 0.
    FileStart(FileHeader),
    /// The next octets of its body (TRF-3).
    FilePart(&'a [u8]),
    /// The body is complete; nothing is sent about it (TRF-6).
    FileEnd,
    /// The client said goodbye: close, and answer nothing (SES-2).
    Quit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ServerState {
    Messages,
    Header,
    Body { left: u32 },
    Over(Option<SessionError>),
}

/// The server's end of a session.
#[derive(Debug)]
pub struct ServerSession {
    decoder: Decoder,
    state: ServerState,
}

impl ServerSession {
    /// A session that refuses payloads above `max_payload` octets (FRM-7).
    #[must_use]
    pub const fn new(max_payload: u32) -> Self {
        Self {
            decoder: Decoder::new(max_payload),
            state: ServerState::Messages,
        }
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
            ServerState::Body { left: 0 } => {
                self.state = ServerState::Messages;
                return Ok(Some(ServerEvent::FileEnd));
            }
            ServerState::Body { left } => {
                let available = u32::try_from(input.len()).unwrap_or(u32::MAX);
                let taken = left.min(available);
                let (part, rest) = input.split_at(taken as usize);
                *input = rest;
                self.state = ServerState::Body { left: left - taken };
                return Ok((taken > 0).then_some(ServerEvent::FilePart(part)));
            }
            ServerState::Messages | ServerState::Header => {}
        }
        let next = match self.decoder.decode(input) {
            Ok(None) => return Ok(None),
            Ok(Some(payload)) => on_payload(self.state, payload),
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
            ServerState::Messages | ServerState::Body { left: 0 } => Ok(self.decoder.finish()?),
            ServerState::Header => {
                self.decoder.finish()?;
                Err(SessionError::HeaderMissing)
            }
            ServerState::Body { left } => Err(SessionError::BodyCutShort { left }),
        }
    }
}

fn on_payload(
    state: ServerState,
    payload: &[u8],
) -> Result<(ServerEvent<'_>, ServerState), SessionError> {
    let message = text::decode(payload)?;
    if state == ServerState::Header {
        let header = FileHeader::parse(message)?;
        let left = header.length;
        return Ok((ServerEvent::FileStart(header), ServerState::Body { left }));
    }
    Ok(match Command::of(message) {
        Command::Quit => (ServerEvent::Quit, ServerState::Over(None)),
        Command::File => (ServerEvent::FileCommand, ServerState::Header),
        Command::Text => (ServerEvent::Message(message), ServerState::Messages),
    })
}

/// A server's local time, as a reply gives it (SES-5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    /// The year, 0 to 9999.
    pub year: u16,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day of the month, 1 to 31.
    pub day: u8,
    /// The hour, 0 to 23.
    pub hour: u8,
    /// The minute, 0 to 59.
    pub minute: u8,
    /// The second, 0 to 60.
    pub second: u8,
}

/// The reply to a text, which it holds unchanged (SES-5).
#[must_use]
pub fn reply(text: &str, at: LocalTime) -> String {
    let LocalTime {
        year,
        month,
        day,
        hour,
        minute,
        second,
    } = at;
    format!(
        "服务端于{year:04}年{month:02}月{day:02}日{hour:02}时{minute:02}分{second:02}秒\
         收到了你发来的“{text}”信息!"
    )
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

    /// How many replies have not come yet.
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

    #[test]
    fn an_error_is_for_good() {
        let mut session = ServerSession::new(1024);
        let mut input: &[u8] = b"\0\0\0\x01\xFF\0\0\0\x02hi";
        let error = session.next(&mut input).unwrap_err();
        assert_eq!(session.next(&mut input), Err(error));
        assert_eq!(session.finish(), Err(error));
    }

    #[test]
    fn the_reply_has_the_article_form() {
        let at = LocalTime {
            year: 2025,
            month: 1,
            day: 2,
            hour: 3,
            minute: 4,
            second: 5,
        };
        assert_eq!(
            reply("你好", at),
            "服务端于2025年01月02日03时04分05秒收到了你发来的“你好”信息!"
        );
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
