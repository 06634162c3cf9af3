//! Operations of a draft, written in another framing than the article's.

use crate::framing::{Framing, Parts, Place};
use crate::model::plan::{Op, Plan};
use crate::model::program::Operation as _;
use crate::model::rendered::Rendered;
use crate::suite::derived::adapted;

/// Letters that fill a payload.
fn letters(count: usize) -> Vec<u8> {
    b"abcdefg".iter().copied().cycle().take(count).collect()
}

/// Writes a plan of frames in this framing: one preface, then the whole plan `times` times.
pub(super) fn render(program: &[u8], framing: &Framing, times: usize, into: &mut Rendered) {
    let plan = Plan::decode(program);
    into.clear();
    into.literal(&framing.preface());
    let mut frames = 0;
    for _ in 0..times {
        for op in plan.ops() {
            match op {
                Op::Literal(payload) => frame(framing, payload, &mut frames, into),
                Op::Filled(size) => frame(framing, &letters(size), &mut frames, into),
                Op::Lie(length, filled) => {
                    into.piece();
                    let length = framing
                        .number()
                        .and_then(|number| number.encode(i128::from(length)));
                    let filled = letters(filled);
                    let parts = match length {
                        Some(length) => framing.parts_with_length(&length, &filled, frames),
                        None => vec![(Place::Payload, filled)],
                    };
                    frames += 1;
                    into.literal(&joined(&parts));
                }
                op => op.render(0, into),
            }
        }
    }
    into.finish();
}

fn frame(framing: &Framing, payload: &[u8], frames: &mut usize, into: &mut Rendered) {
    let framing = of_frame(framing, *frames);
    if let Ok(parts) = framing.parts(&adapted(framing, payload), *frames) {
        into.piece();
        into.literal(&joined(&parts));
        *frames += 1;
    }
}

/// The framing of the frame of this number in a stream.
pub(super) fn of_frame(framing: &Framing, number: usize) -> &Framing {
    match framing.first() {
        Some(first) if number == 0 => first,
        _ => framing,
    }
}

pub(super) fn joined(parts: &Parts) -> Vec<u8> {
    let octets = parts.iter().flat_map(|(_, octets)| octets);
    octets.copied().collect()
}
