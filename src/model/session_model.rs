//! The oracle for sessions: a one-shot reading of a client's whole stream, written from
//! SPEC.md and from nothing else.

use super::header;
use super::reading::{Next, Reading};

/// What a server must make of what stands next in a stream. `due` is the place, in octets
/// from the start, from which on it can be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected<'s> {
    /// A text, which gets one reply (SES-4).
    Text {
        /// The text.
        text: &'s [u8],
        /// Where it is complete.
        due: usize,
    },
    /// A file is announced (TRF-1).
    File {
        /// Its name.
        name: String,
        /// The length of its body.
        length: u32,
        /// It has leading zeros: a refusal is as good (TRF-2).
        may_refuse: bool,
        /// Where the header is complete.
        due: usize,
    },
    /// The octets from `at` to `end` belong to the body (TRF-3).
    Body {
        /// The next of them.
        at: usize,
        /// The first that does not (TRF-4), which may lie beyond the end of the stream.
        end: usize,
    },
    /// The body is complete.
    FileEnd {
        /// Where it is.
        due: usize,
    },
    /// The client said goodbye (SES-2).
    Quit {
        /// Where it is complete.
        due: usize,
    },
    /// Nothing that follows is answered.
    Over,
    /// A protocol error (SES-8).
    Refusal {
        /// Where it can be known.
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
    Header,
    BodyOf(u32),
    Over,
}

/// The reading of a client's stream.
#[derive(Debug, Clone)]
pub struct Model<'s> {
    reading: Reading<'s>,
    stream: &'s [u8],
    state: State,
}

impl<'s> Model<'s> {
    /// A reading from the start, with payloads of at most `limit` octets.
    #[must_use]
    pub fn new(stream: &'s [u8], limit: u32) -> Self {
        Self {
            reading: Reading::new(stream, limit),
            stream,
            state: State::Messages,
        }
    }

    /// What stands next. A body is one step, and its end another.
    pub fn step(&mut self) -> Expected<'s> {
        match self.state {
            State::Over => Expected::Over,
            State::BodyOf(length) => {
                let at = self.reading.at();
                let end = at + length as usize;
                self.state = State::Messages;
                self.reading.skip_to(end);
                if length == 0 {
                    Expected::FileEnd { due: at }
                } else {
                    Expected::Body { at, end }
                }
            }
            State::Messages | State::Header => self.message(),
        }
    }

    fn message(&mut self) -> Expected<'s> {
        let (payload, due) = match self.reading.step() {
            Next::Frame { payload, ends_at } => (payload, ends_at),
            Next::OverLimit { known_at } => return Expected::Refusal { due: known_at },
            Next::Truncated { .. } => return Expected::CutShort,
            Next::End if self.state == State::Header => return Expected::CutShort,
            Next::End => return Expected::End,
        };
        if !is_utf8(payload) {
            return Expected::Refusal { due };
        }
        if self.state == State::Header {
            let text = String::from_utf8_lossy(payload);
            let (may_refuse, (name, length)) = match header::read(&text) {
                header::Reading::Is(header) => (false, header),
                header::Reading::MayBe(header) => (true, header),
                header::Reading::Refused => return Expected::Refusal { due },
            };
            self.state = State::BodyOf(length);
            return Expected::File {
                name,
                length,
                may_refuse,
                due,
            };
        }
        match payload {
            b"q" | b"Q" => {
                self.state = State::Over;
                Expected::Quit { due }
            }
            b"file" | b"FILE" => {
                self.state = State::Header;
                self.message()
            }
            text => Expected::Text { text, due },
        }
    }

    /// The end of a body that was not there whole.
    #[must_use]
    pub fn is_cut_short(&self, end: usize) -> bool {
        end > self.stream.len()
    }
}

/// Whether octets are well-formed UTF-8, by the table of the Unicode standard (table 3-7).
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
                Expected::Body { at: 21, end: 23 },
                Expected::Quit { due: 28 },
                Expected::Over,
                Expected::Over,
            ]
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
