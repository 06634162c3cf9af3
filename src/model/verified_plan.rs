//! A program that makes the stream of a client that verifies its files: what
//! [`session_plan`](super::session_plan) has, and transfers with a digest.
//!
//! Octets that say nothing there stand for the operations that are added, so that a program of sessions
//! means the same here.

use super::digest::Digest;
use super::edges;
use super::program::{Octets, Operation, Program, two};
use super::rendered::Rendered;
use super::session_plan::Op as Session;

/// A client's stream, as the octets that encode it.
pub type VerifiedPlan<'d> = Program<'d, Op<'d>>;

/// Messages that nearly are commands of verified transfers, or answers to them.
const NEAR_COMMANDS: [&[u8]; 16] = [
    b"file+",
    b"file+sha1",
    b"file+sha512",
    b"File+md5",
    b"FILE+MD5",
    b"FILE+SHA256",
    b"file+md5 ",
    b" file+sha256",
    b"file+md5\n",
    b"file+sha256\0",
    b"file+md",
    b"file+md55",
    b"file-md5",
    b"file+md5 ready",
    b"file+sha256 ok",
    b"file+MD5",
];

/// Names of files; the last is refused.
const NAMES: [&[u8]; 4] = [b"v", b"w", b"t", b"a/b"];

/// A message in the place of the digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// The digest.
    Right,
    /// Its first digit is another.
    FirstWrong,
    /// Its last digit is another.
    LastWrong,
    /// The digest of no octets.
    OfNothing,
    /// The digest of all octets but the last.
    OfAllButOne,
    /// Its letters are capitals; its first digit is one too.
    Capitals,
    /// Without its last digit.
    Short,
    /// With a digit more.
    Long,
    /// With a blank behind it.
    BlankBehind,
    /// With the end of a line behind it.
    LineEnd,
    /// Its last digit is none.
    NoDigit,
    /// The digest by the other algorithm.
    Other,
    /// A message of no octets.
    Empty,
    /// A command.
    Command,
    /// Nothing at all.
    Missing,
}

impl Given {
    /// All messages, the right one first.
    const ALL: [Self; 15] = [
        Self::Right,
        Self::FirstWrong,
        Self::LastWrong,
        Self::OfNothing,
        Self::OfAllButOne,
        Self::Capitals,
        Self::Short,
        Self::Long,
        Self::BlankBehind,
        Self::LineEnd,
        Self::NoDigit,
        Self::Other,
        Self::Empty,
        Self::Command,
        Self::Missing,
    ];

    /// The messages that are not right.
    pub const WRONG: &'static [Self] = Self::ALL.split_at(1).1;

    /// The message, if there is one.
    #[must_use]
    pub fn message(self, by: Digest, body: &[u8]) -> Option<Vec<u8>> {
        let mut digits = by.of(body).into_bytes();
        let last = digits.len() - 1;
        match self {
            Self::Right => {}
            Self::FirstWrong => digits[0] = other_digit(digits[0]),
            Self::LastWrong => digits[last] = other_digit(digits[last]),
            Self::OfNothing => digits = by.of(b"").into_bytes(),
            Self::OfAllButOne => {
                digits = by.of(&body[..body.len().saturating_sub(1)]).into_bytes();
            }
            Self::Capitals => {
                digits.make_ascii_uppercase();
                // A digest may have no letter.
                digits[0] = b'A';
            }
            Self::Short => digits.truncate(last),
            Self::Long => digits.push(b'0'),
            Self::BlankBehind => digits.push(b' '),
            Self::LineEnd => digits.extend(b"\r\n"),
            Self::NoDigit => digits[last] = b'g',
            Self::Other => digits = by.other().of(body).into_bytes(),
            Self::Empty => digits.clear(),
            Self::Command => digits = by.command().as_bytes().to_vec(),
            Self::Missing => return None,
        }
        Some(digits)
    }
}

const fn other_digit(digit: u8) -> u8 {
    if digit == b'0' { b'1' } else { b'0' }
}

/// An operation of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op<'d> {
    /// An operation that sessions have without the extension.
    Session(Session<'d>),
    /// The whole of a transfer: command, header, body, and what is given for the digest.
    Transfer {
        /// The digest that verifies it.
        by: Digest,
        /// The name of the file.
        name: &'d [u8],
        /// The octets of its body.
        length: usize,
        /// The message behind the body.
        given: Given,
    },
    /// A command alone.
    Command(Digest),
    /// The message in place of the digest of the octets behind the first frame of the last piece: of a body, if
    /// that was a header.
    Digest(Digest, Given),
}

/// The first of the octets 0x48 to 0x4F, which add nothing to 0x40 in a program of sessions.
const APART: u8 = 0x48;
/// The upper bits of 0xF1 to 0xFF, which add nothing to 0xF0 there.
const TRANSFER: u8 = 0xF0;

const COMMANDS: [(u8, Digest); 2] = [(0, Digest::Md5), (1, Digest::Sha256)];
const DIGEST_MD5: u8 = 2;
const DIGEST_SHA256: u8 = 3;
const NEAR: u8 = 4;
const FREE: u8 = 5;

/// In the octet behind: five bits of size, one of the digest, two of the name.
const BY_SHA256: u8 = 0x20;

impl<'d> Operation<'d> for Op<'d> {
    fn read(octets: &mut Octets<'d>) -> Self {
        let code = octets.peek();
        match code {
            0x48..=0x4F => {
                octets.one();
                Self::apart(code - APART, octets)
            }
            0xF1..=0xFF => {
                octets.one();
                let more = octets.one();
                Op::Transfer {
                    by: by(more & BY_SHA256 != 0),
                    name: NAMES[usize::from(more / 64)],
                    length: edges::size(more % 32),
                    given: Given::ALL[usize::from(code - TRANSFER - 1)],
                }
            }
            _ => Op::Session(Session::read(octets)),
        }
    }

    fn render(self, limit: u32, into: &mut Rendered) {
        match self {
            Self::Session(op) => op.render(limit, into),
            Self::Transfer {
                by,
                name,
                length,
                given,
            } => {
                into.piece();
                into.frame(by.command().as_bytes());
                let header = [name, format!(",{length}").as_bytes()].concat();
                into.frame(&header);
                let from = into.octets().len();
                into.fill(length);
                if let Some(message) = given.message(by, &into.octets()[from..]) {
                    into.frame(&message);
                }
            }
            Self::Command(by) => {
                into.piece();
                into.frame(by.command().as_bytes());
            }
            Self::Digest(by, given) => {
                if let Some(message) = given.message(by, behind_frame(into.last_piece())) {
                    into.piece();
                    into.frame(&message);
                }
            }
        }
    }

    fn encode(self, data: &mut Vec<u8>) {
        let index = |given| Given::ALL.iter().position(|one| *one == given).unwrap_or(0) as u8;
        match self {
            Self::Session(op) => op.encode(data),
            Self::Command(by) => {
                let code = COMMANDS.iter().find(|(_, one)| *one == by);
                data.push(APART + code.map_or(0, |(code, _)| *code));
            }
            Self::Digest(by, given) => {
                let code = match by {
                    Digest::Md5 => DIGEST_MD5,
                    Digest::Sha256 => DIGEST_SHA256,
                };
                data.extend([APART + code, index(given)]);
            }
            Self::Transfer {
                by,
                name,
                length,
                given,
            } => {
                let sha256 = if by == Digest::Sha256 { BY_SHA256 } else { 0 };
                match edges::SIZES.iter().position(|size| *size == length) {
                    Some(size) => {
                        let name = NAMES.iter().position(|one| *one == name).unwrap_or(0) as u8;
                        data.extend([TRANSFER + 1 + index(given), name * 64 + sha256 + size as u8]);
                    }
                    None => {
                        data.extend([APART + FREE, sha256 + index(given)]);
                        data.extend(two(length));
                    }
                }
            }
        }
    }
}

impl<'d> Op<'d> {
    fn apart(code: u8, octets: &mut Octets<'d>) -> Self {
        let given =
            |octets: &mut Octets<'d>| Given::ALL[usize::from(octets.one()) % Given::ALL.len()];
        match code {
            0 => Op::Command(Digest::Md5),
            1 => Op::Command(Digest::Sha256),
            DIGEST_MD5 => Op::Digest(Digest::Md5, given(octets)),
            DIGEST_SHA256 => Op::Digest(Digest::Sha256, given(octets)),
            NEAR => {
                let one = usize::from(octets.one());
                Op::Session(Session::Message(NEAR_COMMANDS[one % NEAR_COMMANDS.len()]))
            }
            _ => {
                let more = octets.one();
                Op::Transfer {
                    by: by(more & BY_SHA256 != 0),
                    name: NAMES[0],
                    given: Given::ALL[usize::from(more % 32) % Given::ALL.len()],
                    length: octets.two(),
                }
            }
        }
    }
}

const fn by(sha256: bool) -> Digest {
    if sha256 { Digest::Sha256 } else { Digest::Md5 }
}

/// The octets behind the first frame of some.
fn behind_frame(octets: &[u8]) -> &[u8] {
    let Some((length, rest)) = octets.split_first_chunk::<4>() else {
        return &[];
    };
    let length = u32::from_be_bytes(*length) as usize;
    rest.get(length..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        let transfer = |by, length, given| Op::Transfer {
            by,
            name: b"v",
            length,
            given,
        };
        let mut ops = vec![
            Op::Session(Session::Message(b"hi")),
            Op::Session(Session::Transfer(777)),
            Op::Session(Session::Every(3)),
            Op::Command(Digest::Md5),
            Op::Command(Digest::Sha256),
            Op::Digest(Digest::Sha256, Given::Long),
            transfer(Digest::Md5, 777, Given::Short),
            transfer(Digest::Sha256, 778, Given::Missing),
        ];
        for given in Given::ALL {
            ops.push(transfer(Digest::Md5, 65_536, given));
            ops.push(transfer(Digest::Sha256, 100, given));
            ops.push(Op::Digest(Digest::Md5, given));
        }
        ops.push(Op::Transfer {
            by: Digest::Sha256,
            name: b"a/b",
            length: 0,
            given: Given::Right,
        });
        let data = VerifiedPlan::encode(65_536, ops.iter().copied());
        assert_eq!(VerifiedPlan::decode(&data).ops().collect::<Vec<_>>(), ops);
    }

    #[test]
    fn the_stream_is_what_the_plan_says() {
        let mut rendered = Rendered::default();
        let mut stream = |ops: &[Op<'_>]| {
            let data = VerifiedPlan::encode(65_536, ops.iter().copied());
            VerifiedPlan::decode(&data).render(&mut rendered);
            rendered.octets().to_vec()
        };
        let whole = stream(&[Op::Transfer {
            by: Digest::Md5,
            name: b"v",
            length: 0,
            given: Given::Right,
        }]);
        let expected = b"\0\0\0\x08file+md5\0\0\0\x03v,0\0\0\0\x20d41d8cd98f00b204e9800998ecf8427e";
        assert_eq!(whole, expected);
        // Said apart: a header whose body has two octets, and their digest.
        let apart = stream(&[
            Op::Command(Digest::Md5),
            Op::Session(Session::Message(b"a,2")),
            Op::Session(Session::Fill(2)),
            Op::Digest(Digest::Md5, Given::Right),
            Op::Session(Session::Message(b"q")),
        ]);
        let expected =
            b"\0\0\0\x08file+md5\0\0\0\x03a,2\x13\x14\0\0\0\x20eb5c743e298f519f9155d83a3d3ea770\0\0\0\x01q";
        assert_eq!(apart, expected);
    }

    #[test]
    fn no_two_forms_of_a_digest_are_the_same() {
        for by in [Digest::Md5, Digest::Sha256] {
            let forms: Vec<_> = Given::ALL
                .iter()
                .map(|given| given.message(by, b"body"))
                .collect();
            for (place, form) in forms.iter().enumerate() {
                assert!(!forms[..place].contains(form), "{:?}", Given::ALL[place]);
            }
            let right = Given::ALL.iter().zip(&forms).filter(|(_, form)| {
                form.as_deref()
                    .is_some_and(|message| by.is_form_of(message))
            });
            let right: Vec<Given> = right.map(|(given, _)| *given).collect();
            let of_the_form = [
                Given::Right,
                Given::FirstWrong,
                Given::LastWrong,
                Given::OfNothing,
                Given::OfAllButOne,
            ];
            assert_eq!(right, of_the_form);
        }
    }
}
