//! A program that makes a client's stream: texts, commands and their near misses, headers,
//! bodies, cuts.

use super::edges;
use super::program::{Octets, Operation, Program, two};
use super::rendered::Rendered;

/// A client's stream, as the octets that encode it.
pub type SessionPlan<'d> = Program<'d, Op<'d>>;

/// Messages that are commands, or nearly.
const MESSAGES: [&[u8]; 16] = [
    b"file",
    b"q",
    b"FILE",
    b"Q",
    b"",
    b"File",
    b"q\n",
    b" q",
    b"quit",
    b"file ",
    b"fILE",
    b"q\0",
    b"\xEF\xBB\xBFq",
    b"file\r\n",
    "你好".as_bytes(),
    b"file+md5",
];

/// Names of files, good and bad.
const NAMES: [&[u8]; 20] = [
    b"a",
    b"b.bin",
    b"a,1",
    b"",
    b".",
    b"..",
    b"...",
    b"../a",
    b"/a",
    b"a/b",
    b"a\\b",
    b"a\0b",
    b" ",
    b"-rf",
    b"\"",
    "文件".as_bytes(),
    b",",
    b".hidden",
    b"a\n",
    b"~",
];

/// Lengths of bodies, good and bad; where it is good, the number is the body's.
const DIGITS: [(&[u8], usize); 20] = [
    (b"0", 0),
    (b"1", 1),
    (b"5", 5),
    (b"255", 255),
    (b"1024", 1_024),
    (b"4096", 4_096),
    (b"65536", 65_536),
    (b"0000000007", 7),
    (b"00000000007", 7),
    (b"4294967295", 9),
    (b"4294967296", 0),
    (b"4294967301", 5),
    (b"", 0),
    (b"+5", 5),
    (b"-1", 0),
    (b" 5", 5),
    (b"5 ", 5),
    (b"1_0", 10),
    ("٣".as_bytes(), 3),
    (b"1e1", 10),
];

/// Payloads that are not UTF-8.
const NOT_TEXT: [&[u8]; 8] = [
    b"\xFF",
    b"\xC0\xAF",
    b"\xED\xA0\x80",
    b"\xF4\x90\x80\x80",
    b"\xE4\xBD",
    b"a\x80",
    b"\xE0\x80\xAF",
    b"q\xC3",
];

/// An operation of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op<'d> {
    /// A message with these octets.
    Message(&'d [u8]),
    /// A message of this many ASCII letters.
    Letters(usize),
    /// The header of a file: a name, a comma, a length; the body with so many octets.
    File {
        /// The name.
        name: &'d [u8],
        /// The length as it is written.
        digits: &'d [u8],
        /// The octets of the body that are sent.
        body: usize,
    },
    /// The whole of a transfer: the command, a header of this length, and the body.
    Transfer(usize),
    /// Octets as they are.
    Raw(&'d [u8]),
    /// The octets of a body, filled.
    Fill(usize),
    /// The last piece again, so many times.
    Repeat(usize),
    /// A cut so many octets on.
    Cut(usize),
    /// Cuts, this many, an octet apart.
    Octetwise(usize),
    /// A cut every so many octets from here on; 0 for no more of that.
    Every(usize),
    /// Octets taken away from the end, this many.
    Truncate(usize),
}

const SMALL: u8 = 0;
const LITERAL: u8 = 1;
const TABLE: u8 = 2;
const FILE: u8 = 3;
const TRANSFER: u8 = 4;
const NAMED: u8 = 5;
const BROKEN: u8 = 6;
const RAW: u8 = 7;
const REPEAT: u8 = 8;
const CUT: u8 = 9;
const LETTERS: u8 = 10;
const OCTETWISE: u8 = 11;
const EVERY: u8 = 12;
const FILL: u8 = 13;
const TRUNCATE: u8 = 14;
const FREE_TRANSFER: u8 = 15;

/// The lower bits of [`LETTERS`] where the count is said in two octets.
const FREE_LETTERS: usize = 15;

impl<'d> Operation<'d> for Op<'d> {
    fn read(octets: &mut Octets<'d>) -> Self {
        let code = usize::from(octets.one());
        let number = code & 0x0F;
        match (code >> 4) as u8 {
            SMALL => Op::Message(octets.some(number)),
            LITERAL => {
                let length = usize::from(octets.one());
                Op::Message(octets.some(length))
            }
            TABLE => Op::Message(MESSAGES[number]),
            FILE => {
                let (digits, body) = DIGITS[usize::from(octets.one()) % DIGITS.len()];
                // Mostly the body that is announced; else one octet less or more.
                let body = match number {
                    14 => body.saturating_sub(1),
                    15 => body + 1,
                    _ => body,
                };
                Op::File {
                    name: NAMES[number % 3],
                    digits,
                    body,
                }
            }
            TRANSFER => Op::Transfer(edges::size(octets.one())),
            NAMED => {
                let name = NAMES[usize::from(octets.one()) % NAMES.len()];
                let (digits, body) = DIGITS[number % DIGITS.len()];
                Op::File { name, digits, body }
            }
            BROKEN => Op::Message(NOT_TEXT[number % NOT_TEXT.len()]),
            RAW => Op::Raw(octets.some(number + 1)),
            REPEAT => Op::Repeat(number + 1),
            CUT => Op::Cut(if number < 12 {
                number
            } else {
                usize::from(octets.one())
            }),
            LETTERS if number == FREE_LETTERS => Op::Letters(octets.two()),
            LETTERS => Op::Letters(edges::size(octets.one()) + number % 2),
            OCTETWISE => Op::Octetwise(4 * (number + 1)),
            EVERY => Op::Every(if number < 8 {
                number
            } else {
                edges::chunk(octets.one())
            }),
            FILL => Op::Fill(if number < 8 {
                number
            } else {
                usize::from(octets.one()) * 16
            }),
            TRUNCATE => Op::Truncate(number + 1),
            FREE_TRANSFER => Op::Transfer(octets.two()),
            _ => unreachable!("four bits were read"),
        }
    }

    fn render(self, _: u32, into: &mut Rendered) {
        match self {
            Self::Message(payload) => {
                into.piece();
                into.frame(payload);
            }
            Self::Letters(count) => {
                into.piece();
                into.length(count as u32);
                into.fill_text(count);
            }
            Self::File { name, digits, body } => {
                into.piece();
                into.length((name.len() + 1 + digits.len()) as u32);
                for part in [name, b",", digits] {
                    into.literal(part);
                }
                into.fill(body);
            }
            Self::Transfer(length) => {
                into.piece();
                into.frame(b"file");
                into.frame(format!("t,{length}").as_bytes());
                into.fill(length);
            }
            Self::Raw(octets) => {
                into.piece();
                into.literal(octets);
            }
            Self::Fill(count) => into.fill(count),
            Self::Repeat(times) => into.repeat(times),
            Self::Cut(distance) => into.cut_in(distance),
            Self::Octetwise(count) => (0..count).for_each(|distance| into.cut_in(distance)),
            Self::Every(size) => into.cut_every(size),
            Self::Truncate(count) => into.truncate_by(count),
        }
    }

    fn encode(self, data: &mut Vec<u8>) {
        match self {
            Self::Message(payload) if payload.len() < 16 => {
                data.push(SMALL << 4 | payload.len() as u8);
                data.extend(payload);
            }
            Self::Message(payload) if payload.len() < 256 => {
                data.extend([LITERAL << 4, payload.len() as u8]);
                data.extend(payload);
            }
            Self::Message(payload) => Op::Letters(payload.len()).encode(data),
            Self::Letters(count) => {
                let index = |wanted| edges::SIZES.iter().position(|size| *size == wanted);
                // A count of an edge plus one can be said too.
                let beside = || index(count.checked_sub(1)?);
                match (index(count), beside()) {
                    (Some(index), _) => data.extend([LETTERS << 4, index as u8]),
                    (None, Some(index)) => data.extend([LETTERS << 4 | 1, index as u8]),
                    (None, None) => {
                        data.push(LETTERS << 4 | FREE_LETTERS as u8);
                        data.extend(two(count.min(65_535)));
                    }
                }
            }
            Self::File { name, digits, body } => {
                let header = [name, b",", digits].concat();
                Op::Message(&header).encode(data);
                Op::Fill(body).encode(data);
            }
            Self::Transfer(length) => {
                data.push(FREE_TRANSFER << 4);
                data.extend(two(length));
            }
            Self::Raw(octets) => {
                for piece in octets.chunks(16) {
                    data.push(RAW << 4 | (piece.len() - 1) as u8);
                    data.extend(piece);
                }
            }
            Self::Fill(count) if count < 8 => data.push(FILL << 4 | count as u8),
            Self::Fill(count) => data.extend([FILL << 4 | 8, (count / 16).min(255) as u8]),
            Self::Repeat(times) => data.push(REPEAT << 4 | (times.clamp(1, 16) as u8 - 1)),
            Self::Cut(distance) if distance < 12 => data.push(CUT << 4 | distance as u8),
            Self::Cut(distance) => data.extend([CUT << 4 | 12, distance.min(255) as u8]),
            Self::Octetwise(count) => {
                data.push((OCTETWISE << 4) | ((count / 4).clamp(1, 16) as u8 - 1));
            }
            Self::Every(size) if size < 8 => data.push(EVERY << 4 | size as u8),
            Self::Every(size) => {
                data.extend([EVERY << 4 | 8, edges::chunk_code(size).unwrap_or(239)]);
            }
            Self::Truncate(count) => data.push(TRUNCATE << 4 | (count.clamp(1, 16) as u8 - 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        let ops = [
            Op::Message(b"hi"),
            Op::Message(b"a message of some length"),
            Op::Letters(65_536),
            Op::Letters(4_097),
            Op::Letters(4_095),
            Op::Letters(777),
            Op::Transfer(777),
            Op::Raw(b"raw"),
            Op::Fill(3),
            Op::Fill(160),
            Op::Repeat(3),
            Op::Cut(3),
            Op::Cut(200),
            Op::Octetwise(8),
            Op::Every(1_460),
            Op::Truncate(2),
        ];
        let data = SessionPlan::encode(65_536, ops);
        assert_eq!(SessionPlan::decode(&data).ops().collect::<Vec<_>>(), ops);
    }

    #[test]
    fn the_stream_is_what_the_plan_says() {
        let mut rendered = Rendered::default();
        SessionPlan::decode(&SessionPlan::encode(
            65_536,
            [Op::Transfer(2), Op::Message(b"q")],
        ))
        .render(&mut rendered);
        assert_eq!(
            rendered.octets(),
            b"\0\0\0\x04file\0\0\0\x03t,2\x0f\x10\0\0\0\x01q"
        );
    }
}
