//! A stream of another framing than the article's, read at one go.
//!
//! Some framings of several families, each by plain arithmetic from its own text.

/// A framing that can be read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `u16le+2`: two octets, the least significant first, which count themselves.
    Inclusive,
    /// `varint`: groups of seven bits, the least significant first.
    Varint,
    /// `dec':' * x2c forms=shortest`: netstrings.
    Netstring,
    /// `i32be`: four octets, the most significant first, never negative.
    Signed,
    /// `x0300 u16be+4`: TPKT.
    Tpkt,
    /// `hex4+4 zero=end`: git's pkt-lines.
    PktLine,
}

/// All kinds.
pub const KINDS: [Kind; 6] = [
    Kind::Inclusive,
    Kind::Varint,
    Kind::Netstring,
    Kind::Signed,
    Kind::Tpkt,
    Kind::PktLine,
];

/// The next thing in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next<'s> {
    /// A payload, and the offset in the stream at which its frame ends.
    Frame {
        /// The payload.
        payload: &'s [u8],
        /// The offset at which the frame ends.
        ends_at: usize,
    },
    /// Octets that are not a frame, which shows with this octet at the earliest.
    Refused {
        /// The number of octets that must have come.
        known_at: usize,
    },
    /// The end of the stream inside a frame.
    Truncated,
    /// The peer says that this was all; what comes behind does not count.
    Ended,
    /// The end of the stream between frames.
    Clean,
}

/// The number in front of a payload.
enum Number {
    /// The length of the payload, and the offset behind the number.
    Payload(u128, usize),
    Refused(usize),
    Unfinished,
    Ended,
}

/// A stream that is read frame by frame.
#[derive(Debug)]
pub struct Reading<'s> {
    kind: Kind,
    limit: u128,
    stream: &'s [u8],
    at: usize,
}

impl Kind {
    /// The framing in the language of framings.
    #[must_use]
    pub const fn template(self) -> &'static str {
        match self {
            Self::Inclusive => "u16le+2",
            Self::Varint => "varint",
            Self::Netstring => "dec':' * x2c forms=shortest",
            Self::Signed => "i32be",
            Self::Tpkt => "x0300 u16be+4",
            Self::PktLine => "hex4+4 zero=end",
        }
    }

    fn number(self, rest: &[u8]) -> Number {
        match self {
            Self::Inclusive => match rest {
                [low, high, ..] => less(u128::from(*low) + 256 * u128::from(*high), 2, 2),
                _ => Number::Unfinished,
            },
            Self::Varint => varint(rest),
            Self::Netstring => decimal(rest),
            Self::Signed => match rest {
                [first, ..] if *first >= 128 => Number::Refused(1),
                [a, b, c, d, ..] => {
                    let number = [a, b, c, d].into_iter();
                    less(
                        number.fold(0, |sum, octet| sum * 256 + u128::from(*octet)),
                        0,
                        4,
                    )
                }
                _ => Number::Unfinished,
            },
            Self::Tpkt => match rest {
                [first, ..] if *first != 3 => Number::Refused(1),
                [_, second, ..] if *second != 0 => Number::Refused(2),
                [_, _, high, low, ..] => less(u128::from(*high) * 256 + u128::from(*low), 4, 4),
                _ => Number::Unfinished,
            },
            Self::PktLine => hexadecimal(rest),
        }
    }
}

/// A number that counts so many octets beside the payload, and ends there.
const fn less(number: u128, beside: u128, end: usize) -> Number {
    match number.checked_sub(beside) {
        Some(payload) => Number::Payload(payload, end),
        None => Number::Refused(end),
    }
}

fn varint(rest: &[u8]) -> Number {
    let mut number = 0_u128;
    for place in 0..10 {
        let Some(octet) = rest.get(place) else {
            return Number::Unfinished;
        };
        number += u128::from(octet % 128) * 128_u128.pow(place as u32);
        if *octet < 128 {
            return match number < 1 << 64 {
                true => Number::Payload(number, place + 1),
                false => Number::Refused(10),
            };
        }
    }
    Number::Refused(10)
}

fn decimal(rest: &[u8]) -> Number {
    let mut number = 0_u128;
    for (place, octet) in rest.iter().enumerate() {
        match octet {
            b':' if place > 0 => {
                return match number < 1 << 64 {
                    true => Number::Payload(number, place + 1),
                    // Twenty digits may say more than there is.
                    false => Number::Refused(place),
                };
            }
            b'0'..=b'9' if place == 20 => return Number::Refused(place),
            b'0'..=b'9' if place > 0 && rest[0] == b'0' => return Number::Refused(place + 1),
            b'0'..=b'9' => number = number * 10 + u128::from(octet - b'0'),
            _ => return Number::Refused(place + 1),
        }
    }
    Number::Unfinished
}

fn hexadecimal(rest: &[u8]) -> Number {
    let mut number = 0_u128;
    for place in 0..4 {
        let Some(octet) = rest.get(place) else {
            return Number::Unfinished;
        };
        let digit = match octet {
            b'0'..=b'9' => octet - b'0',
            b'a'..=b'f' => octet - b'a' + 10,
            b'A'..=b'F' => octet - b'A' + 10,
            _ => return Number::Refused(place + 1),
        };
        number = number * 16 + u128::from(digit);
    }
    match number {
        0 => Number::Ended,
        number => less(number, 4, 4),
    }
}

impl<'s> Reading<'s> {
    /// Begins with a stream whose payloads have at most `limit` octets.
    #[must_use]
    pub const fn new(kind: Kind, limit: u32, stream: &'s [u8]) -> Self {
        Self {
            kind,
            limit: limit as u128,
            stream,
            at: 0,
        }
    }

    /// Reads the next thing. Behind a refusal it is the same again.
    pub fn step(&mut self) -> Next<'s> {
        let rest = &self.stream[self.at..];
        if rest.is_empty() {
            return Next::Clean;
        }
        let refused = |after: usize| Next::Refused {
            known_at: self.at + after,
        };
        let (length, from) = match self.kind.number(rest) {
            Number::Payload(length, from) => (length, from),
            Number::Refused(after) => return refused(after),
            Number::Unfinished => return Next::Truncated,
            Number::Ended => return Next::Ended,
        };
        if length > self.limit {
            return refused(from);
        }
        let Some(payload) = rest
            .get(from..)
            .and_then(|rest| rest.get(..length as usize))
        else {
            return Next::Truncated;
        };
        let mut end = from + payload.len();
        if self.kind == Kind::Netstring {
            match rest.get(end) {
                Some(b',') => end += 1,
                Some(_) => return refused(end + 1),
                None => return Next::Truncated,
            }
        }
        self.at += end;
        Next::Frame {
            payload,
            ends_at: self.at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payloads(kind: Kind, stream: &[u8]) -> (Vec<&[u8]>, Next<'_>) {
        let mut reading = Reading::new(kind, 1_000, stream);
        let mut payloads = Vec::new();
        loop {
            match reading.step() {
                Next::Frame { payload, .. } => payloads.push(payload),
                end => return (payloads, end),
            }
        }
    }

    #[test]
    fn each_framing_is_read() {
        let hi = &b"hi"[..];
        let refused = |known_at| Next::Refused { known_at };
        for (kind, stream, count, end) in [
            (Kind::Inclusive, &b"\x04\0hi\x02\0"[..], 1, Next::Clean),
            (Kind::Inclusive, b"\x04\0hi\x01\0", 1, refused(6)),
            (Kind::Varint, b"\x02hi\x80", 1, Next::Truncated),
            (Kind::Varint, b"\x02hi\xe9\x07", 1, refused(5)),
            (Kind::Varint, b"\x82\x80\0hi", 1, Next::Clean),
            (Kind::Netstring, b"2:hi,2:hi;", 1, refused(10)),
            (Kind::Netstring, b"02:hi,", 0, refused(2)),
            (Kind::Signed, b"\0\0\0\x02hi\x80", 1, refused(7)),
            (Kind::Tpkt, b"\x03\0\0\x06hi\x03\x01", 1, refused(8)),
            (Kind::PktLine, b"0006hi00000006", 1, Next::Ended),
            (Kind::PktLine, b"0006hi0003", 1, refused(10)),
        ] {
            let (came, ended) = payloads(kind, stream);
            let full = came.iter().filter(|payload| **payload == hi).count();
            assert_eq!((full, ended), (count, end), "{kind:?} {stream:?}");
        }
        assert_eq!(payloads(Kind::Inclusive, b"\x02\0").0, [b""]);
    }
}
