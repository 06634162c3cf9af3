//! A program that makes a stream of frames and near-frames: edge sizes, lengths that lie, raw
//! octets, cuts.

use super::edges;
use super::program::{Octets, Operation, Program, two};
use super::rendered::Rendered;

/// A stream of frames and near-frames, as the octets that encode it.
pub type Plan<'d> = Program<'d, Op<'d>>;

/// An operation of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op<'d> {
    /// A frame with these octets.
    Literal(&'d [u8]),
    /// A frame of this size, filled.
    Filled(usize),
    /// A frame as large as the limit, plus this, filled; an empty one where that is too large.
    AtLimit(i8),
    /// A length, and so many octets behind it.
    Lie(u32, usize),
    /// Octets as they are.
    Raw(&'d [u8]),
    /// The last piece again, so many times.
    Repeat(usize),
    /// A cut so many octets on.
    Cut(usize),
    /// Cuts, this many, an octet apart.
    Octetwise(usize),
    /// A cut every so many octets from here on; 0 for no more of that.
    Every(usize),
    /// A frame of this size, with a cut so many octets into it.
    CutFrame(usize, usize),
    /// Octets taken away from the end, this many.
    Truncate(usize),
}

const SMALL: u8 = 0;
const LITERAL: u8 = 1;
const EDGE: u8 = 2;
const FREE: u8 = 3;
const AT_LIMIT: u8 = 4;
const LIE: u8 = 5;
const BARE_LENGTH: u8 = 6;
const RAW: u8 = 7;
const REPEAT: u8 = 8;
const CUT: u8 = 9;
const CUT_FAR: u8 = 10;
const OCTETWISE: u8 = 11;
const EVERY: u8 = 12;
const CUT_FRAME: u8 = 13;
const TRUNCATE: u8 = 14;
const CUT_EDGE: u8 = 15;

/// A size from the table, or one less or more.
fn edge(octets: &mut Octets<'_>, argument: u8) -> usize {
    let size = edges::size(octets.one());
    match argument % 4 {
        1 => size.saturating_sub(1),
        2 => size + 1,
        _ => size,
    }
}

impl<'d> Operation<'d> for Op<'d> {
    fn read(octets: &mut Octets<'d>) -> Self {
        let code = octets.one();
        let argument = code & 0x0F;
        let number = usize::from(argument);
        match code >> 4 {
            SMALL => Op::Literal(octets.some(number)),
            LITERAL => {
                let length = usize::from(octets.one());
                Op::Literal(octets.some(length))
            }
            EDGE => Op::Filled(edge(octets, argument)),
            FREE => Op::Filled(octets.two()),
            AT_LIMIT => Op::AtLimit([0, -1, 1, -2][number % 4]),
            LIE => Op::Lie(edge(octets, argument) as u32, number / 4),
            BARE_LENGTH => {
                let mut length = [0; 4];
                for octet in &mut length {
                    *octet = octets.one();
                }
                let [a, b, c, d] = length.map(u32::from);
                // With its body, if the argument says so and there is room.
                let announced = a << 24 | b << 16 | c << 8 | d;
                Op::Lie(
                    announced,
                    if number < 8 {
                        number
                    } else {
                        announced as usize
                    },
                )
            }
            RAW => Op::Raw(octets.some(number + 1)),
            REPEAT => Op::Repeat(if number < 8 {
                number + 1
            } else {
                usize::from(octets.one())
            }),
            CUT => Op::Cut(number),
            CUT_FAR => Op::Cut(octets.two()),
            OCTETWISE => Op::Octetwise(4 * (number + 1)),
            EVERY => Op::Every(if number < 8 {
                number
            } else {
                edges::chunk(octets.one())
            }),
            CUT_FRAME => Op::CutFrame(edge(octets, argument), 1 + number / 4),
            TRUNCATE => Op::Truncate(number + 1),
            CUT_EDGE => Op::Cut(edge(octets, argument)),
            _ => unreachable!("four bits were read"),
        }
    }

    fn render(self, limit: u32, into: &mut Rendered) {
        match self {
            Self::Literal(payload) => {
                into.piece();
                into.frame(payload);
            }
            Self::Filled(size) => {
                into.piece();
                into.filled_frame(size);
            }
            Self::AtLimit(more) => {
                into.piece();
                let size = i64::from(limit) + i64::from(more);
                into.filled_frame(usize::try_from(size).unwrap_or(0));
            }
            Self::Lie(length, filled) => {
                into.piece();
                into.length(length);
                into.fill(filled);
            }
            Self::Raw(octets) => {
                into.piece();
                into.literal(octets);
            }
            Self::Repeat(times) => into.repeat(times),
            Self::Cut(distance) => into.cut_in(distance),
            Self::Octetwise(count) => (0..count).for_each(|distance| into.cut_in(distance)),
            Self::Every(size) => into.cut_every(size),
            Self::CutFrame(size, place) => {
                into.piece();
                into.cut_in(place);
                into.filled_frame(size);
            }
            Self::Truncate(count) => into.truncate_by(count),
        }
    }

    fn encode(self, data: &mut Vec<u8>) {
        match self {
            Self::Literal(payload) if payload.len() < 16 => {
                data.push(SMALL << 4 | payload.len() as u8);
                data.extend(payload);
            }
            Self::Literal(payload) if payload.len() < 256 => {
                data.extend([LITERAL << 4, payload.len() as u8]);
                data.extend(payload);
            }
            Self::Literal(payload) => Op::Filled(payload.len()).encode(data),
            Self::Filled(size) => match edges::SIZES.iter().position(|edge| *edge == size) {
                Some(index) => data.extend([EDGE << 4, index as u8]),
                None if size < 65_536 => {
                    data.push(FREE << 4);
                    data.extend(two(size));
                }
                None => Op::Lie(size as u32, size).encode(data),
            },
            Self::AtLimit(more) => {
                let argument = [0, -1, 1, -2].iter().position(|known| *known == more);
                data.push(AT_LIMIT << 4 | argument.unwrap_or(0) as u8);
            }
            Self::Lie(length, filled) => {
                let argument = if filled < 8 { filled as u8 } else { 8 };
                data.push(BARE_LENGTH << 4 | argument);
                let length = length as usize;
                data.extend(two(length / 65_536).into_iter().chain(two(length)));
            }
            Self::Raw(octets) => {
                for piece in octets.chunks(16) {
                    data.push(RAW << 4 | (piece.len() - 1) as u8);
                    data.extend(piece);
                }
            }
            Self::Repeat(times) if (1..=8).contains(&times) => {
                data.push(REPEAT << 4 | (times - 1) as u8);
            }
            Self::Repeat(times) => data.extend([REPEAT << 4 | 8, times.min(255) as u8]),
            Self::Cut(distance) if distance < 16 => data.push(CUT << 4 | distance as u8),
            Self::Cut(distance) => {
                data.push(CUT_FAR << 4);
                data.extend(two(distance));
            }
            Self::Octetwise(count) => {
                data.push((OCTETWISE << 4) | ((count / 4).clamp(1, 16) as u8 - 1));
            }
            Self::Every(size) if size < 8 => data.push(EVERY << 4 | size as u8),
            Self::Every(size) => {
                data.extend([EVERY << 4 | 8, edges::chunk_code(size).unwrap_or(239)]);
            }
            Self::CutFrame(size, place) => {
                let index = edges::SIZES.iter().position(|edge| *edge == size);
                let place = (place.clamp(1, 4) as u8 - 1) * 4;
                data.extend([CUT_FRAME << 4 | place, index.unwrap_or(0) as u8]);
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
            Op::Literal(b"abc"),
            Op::Literal(b"twenty octets of text"),
            Op::Filled(65_536),
            Op::Filled(777),
            Op::AtLimit(1),
            Op::Lie(0x8000_0000, 3),
            Op::Lie(70_000, 70_000),
            Op::Raw(b"raw"),
            Op::Repeat(3),
            Op::Repeat(99),
            Op::Cut(3),
            Op::Cut(300),
            Op::Octetwise(8),
            Op::Every(0),
            Op::Every(1_460),
            Op::CutFrame(2_097_152, 3),
            Op::Truncate(2),
        ];
        let data = Plan::encode(255, ops);
        let plan = Plan::decode(&data);
        assert_eq!(plan.limit(), 255);
        assert_eq!(plan.ops().collect::<Vec<_>>(), ops);
    }

    #[test]
    fn a_plan_can_be_read_by_people() {
        let data = Plan::encode(4, [Op::Literal(b"a"), Op::Cut(2), Op::Lie(9, 1)]);
        assert_eq!(
            Plan::decode(&data).to_string(),
            "limit 4; Literal([97]); Cut(2); Lie(9, 1)"
        );
    }

    #[test]
    fn the_stream_is_what_the_plan_says() {
        let mut rendered = Rendered::default();
        Plan::decode(&Plan::encode(
            4,
            [
                Op::Cut(2),
                Op::Literal(b"hi"),
                Op::Repeat(1),
                Op::AtLimit(-2),
                Op::Truncate(1),
            ],
        ))
        .render(&mut rendered);
        assert_eq!(rendered.octets(), b"\0\0\0\x02hi\0\0\0\x02hi\0\0\0\x02\x10");
        assert_eq!(rendered.ends(), [2]);
    }
}
