//! The least conversation that shows a difference, as evidence for reports of any kind.

use super::shrink::Least;
use super::variation::Variation;
use crate::judge::evidence::{Evidence, Wanted};
use crate::trace::octets::Octets;

/// Most octets of the answers that are kept.
const MOST_SEEN: usize = 64 * 1024;

/// The octets that were sent, cut as they were, those that came, and the answer that comes uncut in the place of the
/// wrong one.
pub(super) fn of(least: &Least) -> Evidence {
    let held = &least.shown.held;
    let mut seen = held.answers.concat();
    seen.truncate(MOST_SEEN);
    let (expected, wanted) = match least.shown.difference.answer() {
        None => (
            "that it goes as uncut, afterwards and at its end".to_owned(),
            None,
        ),
        Some(answer) => {
            let before = held.answers.iter().take(answer);
            let at = before.map(Vec::len).sum::<usize>();
            let came = held.answers.get(answer);
            let came = came.map(Vec::as_slice).unwrap_or_default();
            let sample = least.learned.sample(answer);
            let same = least.learned.differs_at(answer, came).min(came.len());
            let wanted = Wanted::around(at, sample, same);
            (
                format!("the answer of {} octets that comes uncut", sample.len()),
                (wanted.wrong <= seen.len()).then_some(wanted),
            )
        }
    };
    Evidence {
        sent: chunks(least),
        expected: expected.into(),
        seen: Octets::folded(&seen),
        wanted,
        ended: held.ended.as_str().into(),
        ..Evidence::default()
    }
}

/// The turns as they were sent: cut, or joined with those before them.
fn chunks(least: &Least) -> Vec<Octets> {
    let mut chunks: Vec<Vec<u8>> = Vec::new();
    let mut joins = false;
    for (turn, here) in least.conversation.turns.iter().enumerate() {
        let mut sent = here.sent.as_slice();
        let mut places = least.variation.pieces(turn, here, sent.len());
        match &least.variation {
            Variation::Join { first, last, into } => {
                joins = (first + 1..=*last).contains(&turn);
                places.extend(into.filter(|_| turn == *last));
            }
            Variation::Hostile(one) if one.turn == turn => sent = &one.octets,
            Variation::BreakOff { turn: at, after } if *at == turn => {
                sent = &sent[..sent.len().min(*after)];
            }
            _ => {}
        }
        let mut from = 0;
        for to in places.into_iter().chain([sent.len()]) {
            let piece = &sent[from..to.clamp(from, sent.len())];
            from += piece.len();
            match chunks.last_mut() {
                Some(last) if joins => last.extend_from_slice(piece),
                _ => chunks.push(piece.to_vec()),
            }
            joins = false;
        }
    }
    chunks.retain(|chunk| !chunk.is_empty());
    chunks.iter().map(|chunk| Octets::folded(chunk)).collect()
}
