//! Operations drawn for a framing other than the article's: payloads, edges of its lengths, frames with
//! something wrong.

use fastrand::Rng;

use super::draft::{Protocol, piece as encoded};
use super::rendering::joined;
use crate::framing::{Framing, Number, Parts, Place};
use crate::model::edges;
use crate::model::plan::Op;
use crate::suite::derived::adapted;

/// Numbers at which lengths of other framings get longer, or change what they mean.
const EDGES: [u64; 18] = [
    9, 10, 63, 64, 99, 100, 125, 126, 127, 128, 252, 253, 255, 256, 999, 16_383, 32_768, 65_535,
];

/// Numbers that announce more than comes.
const LIES: [u32; 16] = [
    1,
    2,
    3,
    5,
    9,
    100,
    127,
    128,
    255,
    256,
    65_535,
    0x0100_0000,
    0x7FFF_FFFF,
    0x8000_0000,
    0x8000_0002,
    0xFFFF_FFFF,
];

/// An operation for a frame, or for what is nearly one.
pub(super) fn piece(protocol: &Protocol, rng: &mut Rng, texts: &[&str]) -> Vec<u8> {
    let framing = &protocol.framing;
    match rng.u8(..24) {
        0..8 => encoded(Op::Literal(&text(rng, texts))),
        8..11 => {
            let octets: Vec<u8> = (0..rng.usize(..12)).map(|_| rng.u8(..)).collect();
            encoded(Op::Literal(&octets))
        }
        11..15 => encoded(Op::Filled(size(protocol, rng))),
        15..17 => encoded(Op::Repeat(rng.usize(1..=16))),
        17 | 18 if framing.number().is_some() => encoded(lie(framing, rng)),
        19 => encoded(Op::Truncate(rng.usize(1..=8))),
        20..23 => {
            let payload = adapted(framing, &text(rng, texts));
            encoded(Op::Raw(&spoilt(framing, &payload, rng)))
        }
        _ => match framing.zero_frame() {
            Some(zero) if rng.bool() => encoded(Op::Raw(&joined(&zero))),
            _ => encoded(Op::Filled(0)),
        },
    }
}

fn text(rng: &mut Rng, texts: &[&str]) -> Vec<u8> {
    let count = rng.usize(..4);
    let mut one = || texts[rng.usize(..texts.len())].bytes();
    (0..count).flat_map(|_| one()).collect()
}

/// A size at an edge of the framing, of buffers, or of the limit, or beside one.
fn size(protocol: &Protocol, rng: &mut Rng) -> usize {
    let most = protocol.most();
    let large = rng.u8(..6) == 0;
    let beside = |size: u64, rng: &mut Rng| match rng.u8(..4) {
        0 => size.saturating_sub(1),
        1 => size + 1,
        _ => size,
    };
    let size = match rng.u8(..8) {
        0 => most.min(PAYLOAD),
        1 | 2 => {
            let edge = EDGES[rng.usize(..EDGES.len())];
            let adjustment = protocol.framing.adjustment();
            let edge = (i128::from(edge) - adjustment).max(0) as u64;
            beside(edge, rng)
        }
        _ => {
            let near: Vec<usize> = edges::SIZES
                .into_iter()
                .filter(|size| (*size > 4_096) == large && *size <= PAYLOAD as usize)
                .collect();
            beside(near[rng.usize(..near.len())] as u64, rng)
        }
    };
    size.min(most) as usize
}

/// A larger payload is not made.
const PAYLOAD: u64 = 140_000;

/// A length with less after it than it says, or a length that is over a limit.
fn lie(framing: &Framing, rng: &mut Rng) -> Op<'static> {
    let adjustment = framing.adjustment().clamp(0, 64) as u32;
    let limit = framing.declared_max_payload().unwrap_or(0);
    let over = u32::try_from(limit).unwrap_or(0).saturating_add(1);
    let length = match rng.u8(..6) {
        // Below what it counts beside the payload.
        0 => rng.u32(..=adjustment),
        1 if over > 1 => over.saturating_add(adjustment),
        _ => LIES[rng.usize(..LIES.len())].saturating_add(adjustment),
    };
    Op::Lie(length, rng.usize(..8))
}

/// The octets of a frame with something wrong outside of its payload.
fn spoilt(framing: &Framing, payload: &[u8], rng: &mut Rng) -> Vec<u8> {
    let Ok(mut parts) = framing.parts(payload, 1) else {
        return payload.to_vec();
    };
    // Readers differ in the header blocks that they take.
    let is_header = matches!(framing.number(), Some(Number::Header(_)));
    let can_be_spoilt = |parts: &Parts, index: usize| {
        let (place, octets) = &parts[index];
        let keeps = *place == Place::Payload || *place == Place::Length && is_header;
        !keeps && !octets.is_empty()
    };
    let chosen: Vec<usize> = (0..parts.len())
        .filter(|index| can_be_spoilt(&parts, *index))
        .collect();
    let Some(index) = rng.choice(&chosen).copied() else {
        return joined(&parts);
    };
    let octets = &mut parts[index].1;
    let at = rng.usize(..octets.len());
    match rng.u8(..6) {
        0 | 1 => octets[at] ^= 1 << rng.u8(..8),
        2 => octets[at] = rng.u8(..),
        3 => octets.insert(at, rng.u8(..)),
        4 => drop(octets.remove(at)),
        _ => octets.clear(),
    }
    joined(&parts)
}
