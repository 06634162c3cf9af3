//! The oracle for sessions: a one-shot reading of a client's whole stream, written from
//! SPEC.md and from nothing else.

use super::digest::Digest;
use super::header;
use super::reading::{Next, Reading};

/// The meaning that a server must give to the next element of a stream. `due` is the place, in
/// octets from the start, from which on the meaning can be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected<'s> {
    /// A text, which gets one reply (SES-4).
    Text {
        /// The text.
        text: &'s [u8],
        /// The place where the text is complete.
        due: usize,
    },
    /// A file is announced (TRF-1).
    File {
        /// Its name.
        name: String,
        /// The length of its body.
        length: u32,
        /// True if the length has leading zeros: a refusal is as good (TRF-2).
        may_refuse: bool,
        /// The place where the header is complete.
        due: usize,
    },
    /// The octets from `at` to `end` belong to the body (TRF-3).
    Body {
        /// The next of them.
        at: usize,
        /// The first that does not (TRF-4), which may lie beyond the end of the stream.
        end: usize,
        /// A digest follows, and nothing tells the end of the body before it (VTR-2).
        verified: bool,
    },
    /// The command of a verified transfer, which is answered `ready` (VTR-2).
    Command {
        /// The digest that verifies the transfer.
        by: Digest,
        /// The place where the command is complete.
        due: usize,
    },
    /// The digest of the body, which is answered (VTR-3).
    Digest {
        /// The kind of the digest.
        by: Digest,
        /// True if it is the digest of the body.
        right: bool,
        /// The place where the digest is complete.
        due: usize,
    },
    /// The body is complete.
    FileEnd {
        /// The place where the body ends.
        due: usize,
    },
    /// The client said goodbye (SES-2).
    Quit {
        /// The place where the command is complete.
        due: usize,
    },
    /// Nothing that follows is answered.
    Over,
    /// A protocol error (SES-8).
    Refusal {
        /// The place from which on the error can be known.
        due: usize,
    },
    /// The stream ends where it must not.
    CutShort,
    /// The stream ends between messages.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Messages,
    Header(Option<Digest>),
    BodyOf(u32, Option<Digest>),
    /// The digest of the octets from a place to another.
    DigestOf(Digest, usize, usize),
    Over,
}

/// The reading of a client's stream.
#[derive(Debug, Clone)]
pub struct Model<'s> {
    reading: Reading<'s>,
    stream: &'s [u8],
    state: State,
    /// The server has the extension (VTR).
    verifies: bool,
}

impl<'s> Model<'s> {
    /// A reading from the start, with payloads of at most `limit` octets.
    #[must_use]
    pub fn new(stream: &'s [u8], limit: u32) -> Self {
        Self {
            reading: Reading::new(stream, limit),
            stream,
            state: State::Messages,
            verifies: false,
        }
    }

    /// A server with the extension: `file+md5` and `file+sha256` are commands (VTR-1).
    #[must_use]
    pub fn verifying(mut self) -> Self {
        self.verifies = true;
        self
    }

    /// Reads the next element. A body and its end are one step; a plain body of no octets is its end alone.
    pub fn step(&mut self) -> Expected<'s> {
        match self.state {
            State::Over => Expected::Over,
            State::BodyOf(length, verified) => {
                let at = self.reading.at();
                let end = at + length as usize;
                self.state = verified.map_or(State::Messages, |by| State::DigestOf(by, at, end));
                self.reading.skip_to(end);
                match (length, verified) {
                    (0, None) => Expected::FileEnd { due: at },
                    (0, Some(_)) => self.message(),
                    _ => Expected::Body {
                        at,
                        end,
                        verified: verified.is_some(),
                    },
                }
            }
            State::Messages | State::Header(_) | State::DigestOf(..) => self.message(),
        }
    }

    fn message(&mut self) -> Expected<'s> {
        let (payload, due) = match self.reading.step() {
            Next::Frame { payload, ends_at } => (payload, ends_at),
            Next::OverLimit { known_at } => return Expected::Refusal { due: known_at },
            Next::Truncated { .. } => return Expected::CutShort,
            Next::End if self.state == State::Messages => return Expected::End,
            Next::End => return Expected::CutShort,
        };
        if !is_utf8(payload) {
            return Expected::Refusal { due };
        }
        match self.state {
            State::Header(verified) => self.header(payload, verified, due),
            State::DigestOf(by, from, to) => {
                if !by.is_form_of(payload) {
                    return Expected::Refusal { due };
                }
                self.state = State::Messages;
                let right = by.of(&self.stream[from..to]).as_bytes() == payload;
                Expected::Digest { by, right, due }
            }
            _ => self.command(payload, due),
        }
    }

    fn header(&mut self, payload: &[u8], verified: Option<Digest>, due: usize) -> Expected<'s> {
        let text = String::from_utf8_lossy(payload);
        let (may_refuse, (name, length)) = match header::read(&text) {
            header::Reading::Is(header) => (false, header),
            header::Reading::MayBe(header) => (true, header),
            header::Reading::Refused => return Expected::Refusal { due },
        };
        self.state = State::BodyOf(length, verified);
        Expected::File {
            name,
            length,
            may_refuse,
            due,
        }
    }

    fn command(&mut self, payload: &'s [u8], due: usize) -> Expected<'s> {
        let by = match payload {
            b"q" | b"Q" => {
                self.state = State::Over;
                return Expected::Quit { due };
            }
            b"file" | b"FILE" => {
                self.state = State::Header(None);
                return self.message();
            }
            b"file+md5" if self.verifies => Digest::Md5,
            b"file+sha256" if self.verifies => Digest::Sha256,
            text => return Expected::Text { text, due },
        };
        self.state = State::Header(Some(by));
        Expected::Command { by, due }
    }

    /// True if a body with this end was not there whole.
    #[must_use]
    pub fn is_cut_short(&self, end: usize) -> bool {
        end > self.stream.len()
    }
}

/// True if octets are well-formed UTF-8, by the table of the Unicode standard (table 3-7).
#[must_use]
pub fn is_utf8(octets: &[u8]) -> bool {
    let mut rest = octets;
    loop {
        let tail = |octet: &u8| (0x80..=0xBF).contains(octet);
        let length = match rest {
            [] => return true,
            [0x00..=0x7F, ..] => 1,
            [0xC2..=0xDF, 0x80..=0xBF, ..] => 2,
            [0xE0, 0xA0..=0xBF, c, ..] if tail(c) => 3,
            [0xE1..=0xEC | 0xEE..=0xEF, 0x80..=0xBF, c, ..] if tail(c) => 3,
            [0xED, 0x80..=0x9F, c, ..] if tail(c) => 3,
            [0xF0, 0x90..=0xBF, c, d, ..] if tail(c) && tail(d) => 4,
            [0xF1..=0xF3, 0x80..=0xBF, c, d, ..] if tail(c) && tail(d) => 4,
            [0xF4, 0x80..=0x8F, c, d, ..] if tail(c) && tail(d) => 4,
            _ => return false,
        };
        rest = &rest[length..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_session() {
        let stream = b"\0\0\0\x02hi\0\0\0\x04file\0\0\0\x03a,2XY\0\0\0\x01q\0\0\0\x02no";
        let mut model = Model::new(stream, 99);
        let seen: Vec<_> = std::iter::repeat_with(|| model.step()).take(6).collect();
        assert_eq!(
            seen,
            [
                Expected::Text {
                    text: b"hi",
                    due: 6
                },
                Expected::File {
                    name: "a".to_owned(),
                    length: 2,
                    may_refuse: false,
                    due: 21
                },
                Expected::Body {
                    at: 21,
                    end: 23,
                    verified: false
                },
                Expected::Quit { due: 28 },
                Expected::Over,
                Expected::Over,
            ]
        );
    }

    #[test]
    fn a_literal_verified_transfer() {
        const DIGEST: &[u8] = b"\0\0\0\x20187ef4436122d1cc2f40dc2b92f0eba0";
        let command = b"\0\0\0\x08file+md5\0\0\0\x03a,2";
        let steps = |stream: &[u8]| {
            let mut model = Model::new(stream, 99).verifying();
            std::iter::repeat_with(|| format!("{:?}", model.step()))
                .take(4)
                .collect::<Vec<_>>()
        };
        let right = steps(&[command, &b"ab"[..], DIGEST].concat());
        assert_eq!(
            right,
            [
                "Command { by: Md5, due: 12 }",
                "File { name: \"a\", length: 2, may_refuse: false, due: 19 }",
                "Body { at: 19, end: 21, verified: true }",
                "Digest { by: Md5, right: true, due: 57 }",
            ]
        );
        let wrong = steps(&[command, &b"aB"[..], DIGEST].concat());
        assert_eq!(wrong[3], "Digest { by: Md5, right: false, due: 57 }");
        let capitals = steps(&[command, &b"ab"[..], &DIGEST.to_ascii_uppercase()].concat());
        assert_eq!(capitals[3], "Refusal { due: 57 }");
        assert_eq!(steps(&[command, &b"ab"[..]].concat())[3], "CutShort");
        let text = Model::new(b"\0\0\0\x08file+md5", 99).step();
        assert_eq!(
            text,
            Expected::Text {
                text: b"file+md5",
                due: 12
            }
        );
    }

    #[test]
    fn utf8_by_the_table_agrees_with_the_standard_library_on_all_short_strings() {
        for first in 0..=255_u8 {
            for second in 0..=255_u8 {
                for rest in [&[][..], &[0x80], &[0xBF, 0x80], &[0x80, 0xC0], &[0x41]] {
                    let octets = [&[first, second][..], rest].concat();
                    assert_eq!(
                        is_utf8(&octets),
                        std::str::from_utf8(&octets).is_ok(),
                        "{octets:02x?}"
                    );
                }
            }
        }
    }
}
