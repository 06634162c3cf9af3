//! The server's end of a session as an ordinary programmer writes one, wrong in one place.

use super::{Fault, fault, headers, held_out};
use crate::decoding::Refused;
use crate::serving::{Seen, Serve};

/// The faults of sessions.
pub const FAULTS: &[Fault] = &[
    fault("quit-capital", "`Q` is taken for text"),
    fault("file-capital", "`FILE` is taken for text"),
    fault("any-case", "commands are matched in any case"),
    fault("trimmed", "commands are matched without white space"),
    fault("quit-prefix", "what begins with `q` ends the session"),
    fault("after-quit", "what follows `q` is answered"),
    fault("empty-unanswered", "the empty message is passed over"),
    fault("text-trimmed", "texts lose the white space at their end"),
    fault("nul-ends", "texts end at U+0000"),
    fault("lossy", "what is not UTF-8 is repaired"),
    fault("surrogates", "surrogates are accepted"),
    fault("body-over-read", "all that has come is taken into the file"),
    fault(
        "body-one-more",
        "one octet more than the body is taken, if it has come",
    ),
    fault(
        "body-first-lost",
        "the first octet of a body that begins a chunk is lost",
    ),
    fault(
        "body-tail-lost",
        "what comes behind a body in the same chunk is dropped",
    ),
    fault("empty-body-waits", "an empty body takes an octet"),
    fault("empty-body-ends", "an empty body ends the session"),
    fault(
        "body-4096",
        "a body whose length is a multiple of 4,096 takes an octet more",
    ),
    fault(
        "cut-body-clean",
        "an end inside a body is taken for a clean one",
    ),
    fault(
        "no-header-clean",
        "an end before a header is taken for a clean one",
    ),
    fault(
        "header-is-text",
        "a header that cannot be read is taken for text",
    ),
    fault(
        "error-passed-over",
        "a message that is not UTF-8 is passed over",
    ),
    fault(
        "header-cut",
        "a header that is cut between chunks is forgotten",
    ),
    fault(
        "second-file",
        "the second file of a session is taken for text",
    ),
    held_out(
        "quit-after-file",
        "`q` right behind a transfer is taken for text",
    ),
    held_out(
        "body-ends-chunk",
        "a body that ends with its chunk loses the first octet behind it",
    ),
    held_out("name-kept", "a second file gets the name of the first"),
];

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Messages,
    Header,
    Body(usize),
    Over,
    Failed,
}

/// A server with one of [`FAULTS`], or a right one for any other name.
#[derive(Debug, Default)]
pub struct Planted {
    fault: &'static str,
    limit: usize,
    buffer: Vec<u8>,
    state: State,
    files: usize,
    name: String,
    /// The message before was a header.
    after_file: bool,
    /// The next octet is to be lost.
    loses_next: bool,
}

impl Planted {
    /// A server with this fault.
    #[must_use]
    pub fn new(fault: &'static str) -> Self {
        Self {
            fault,
            ..Self::default()
        }
    }

    fn is(&self, fault: &str) -> bool {
        self.fault == fault
    }

    fn frame(&mut self) -> Result<Option<Vec<u8>>, Refused> {
        let Some((octets, behind)) = self.buffer.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*octets) as usize;
        if length > self.limit {
            return Err(Refused);
        }
        let Some(payload) = behind.get(..length).map(<[u8]>::to_vec) else {
            return Ok(None);
        };
        self.buffer.drain(..4 + length);
        Ok(Some(payload))
    }

    fn text(&self, payload: Vec<u8>) -> Result<String, Refused> {
        let has_surrogate = payload
            .windows(2)
            .any(|pair| pair[0] == 0xED && pair[1] >= 0xA0);
        match String::from_utf8(payload) {
            Ok(text) => Ok(text),
            Err(error) if self.is("lossy") || self.is("surrogates") && has_surrogate => {
                Ok(String::from_utf8_lossy(error.as_bytes()).into_owned())
            }
            Err(_) => Err(Refused),
        }
    }

    fn message(
        &mut self,
        payload: Vec<u8>,
        tell: &mut impl FnMut(Seen<'_>),
    ) -> Result<(), Refused> {
        let text = match self.text(payload) {
            Err(Refused) if self.is("error-passed-over") => return Ok(()),
            other => other?,
        };
        if self.state == State::Header {
            match headers::parse("", &text) {
                Some((name, length)) => {
                    self.files += 1;
                    if self.files == 1 {
                        self.name.clone_from(&name);
                    }
                    let told = if self.is("name-kept") {
                        &self.name
                    } else {
                        &name
                    };
                    tell(Seen::File(told, length));
                    self.after_file = true;
                    self.state = self.body(length as usize);
                    if length == 0 && self.state == State::Messages {
                        tell(Seen::FileEnd);
                    }
                }
                None if self.is("header-is-text") => {
                    self.state = State::Messages;
                    tell(Seen::Text(&text));
                }
                None => return Err(Refused),
            }
            return Ok(());
        }
        let command = match self.fault {
            "any-case" => text.to_lowercase(),
            "trimmed" => text.trim().to_owned(),
            "quit-prefix" if text.starts_with('q') => "q".to_owned(),
            "quit-capital" if text == "Q" => "text".to_owned(),
            "file-capital" if text == "FILE" => "text".to_owned(),
            "quit-after-file" if std::mem::take(&mut self.after_file) => format!("no {text}"),
            "second-file" if self.files > 0 => format!("no {text}"),
            _ => text.clone(),
        };
        match command.as_str() {
            "q" | "Q" => {
                tell(Seen::Quit);
                if !self.is("after-quit") {
                    self.state = State::Over;
                }
            }
            "file" | "FILE" => self.state = State::Header,
            _ => match self.fault {
                "empty-unanswered" if text.is_empty() => {}
                "text-trimmed" => tell(Seen::Text(text.trim_end())),
                "nul-ends" => tell(Seen::Text(text.split('\0').next().unwrap_or(""))),
                _ => tell(Seen::Text(&text)),
            },
        }
        Ok(())
    }

    fn body(&self, length: usize) -> State {
        match self.fault {
            "empty-body-waits" if length == 0 => State::Body(1),
            "empty-body-ends" if length == 0 => State::Over,
            "body-4096" if length > 0 && length.is_multiple_of(4_096) => State::Body(length + 1),
            _ if length == 0 => State::Messages,
            _ => State::Body(length),
        }
    }

    fn body_part(&mut self, left: usize, tell: &mut impl FnMut(Seen<'_>)) {
        let come = self.buffer.len();
        let mut count = left.min(come);
        match self.fault {
            "body-over-read" => count = come,
            "body-one-more" if come > left => count = left + 1,
            _ => {}
        }
        tell(Seen::Part(&self.buffer[..count]));
        self.buffer.drain(..count);
        if count < left {
            self.state = State::Body(left - count);
            return;
        }
        tell(Seen::FileEnd);
        self.state = State::Messages;
        self.loses_next = self.is("body-ends-chunk") && self.buffer.is_empty();
        if self.is("body-tail-lost") {
            self.buffer.clear();
        }
    }
}

impl Serve for Planted {
    fn start(&mut self, limit: u32) {
        *self = Self {
            fault: self.fault,
            limit: limit as usize,
            ..Self::default()
        };
    }

    fn push(&mut self, chunk: &[u8], mut tell: impl FnMut(Seen<'_>)) -> Result<(), Refused> {
        let held = self.buffer.len();
        if self.is("header-cut") && self.state == State::Header && held > 0 {
            self.state = State::Messages;
        }
        let skip = usize::from(self.loses_next && !chunk.is_empty());
        self.loses_next &= chunk.is_empty();
        self.buffer.extend_from_slice(&chunk[skip..]);
        if self.is("body-first-lost") && matches!(self.state, State::Body(_)) && chunk.len() > 1 {
            self.buffer.remove(0);
        }
        loop {
            match self.state {
                State::Over => return Ok(()),
                State::Failed => return Err(Refused),
                State::Body(_) if self.buffer.is_empty() => return Ok(()),
                State::Body(left) => self.body_part(left, &mut tell),
                State::Messages | State::Header => {
                    let done = match self.frame() {
                        Ok(None) => return Ok(()),
                        Ok(Some(payload)) => self.message(payload, &mut tell),
                        Err(Refused) => Err(Refused),
                    };
                    if done.is_err() {
                        self.state = State::Failed;
                    }
                }
            }
        }
    }

    fn ends_cleanly(&mut self) -> bool {
        match self.state {
            State::Over => true,
            State::Failed => false,
            State::Messages => self.buffer.is_empty(),
            State::Header => self.is("no-header-clean") && self.buffer.is_empty(),
            State::Body(_) => self.is("cut-body-clean"),
        }
    }
}
