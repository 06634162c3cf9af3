//! The places in frames that are worth a cut, if it is known how the stream of a conversation is divided.

use std::collections::BTreeSet;

use super::turn::Conversation;
use crate::framing::{Ended, Framing, Place};

/// Number of frames that are cut at the beginning, and at the end, of a turn of many frames.
const FRAMES: usize = 16;

/// The places of one turn, which is made of whole frames.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Framed {
    /// Places after each octet of a number, in the middle of every other part, and after it.
    pub(super) singles: BTreeSet<usize>,
    /// Pairs of places: inside a number and after it; and on either side of a boundary, so that the second half of a
    /// frame comes with the first octet of the next.
    pub(super) pairs: Vec<(usize, usize)>,
}

/// The places of each turn; `None` for a turn that is not made of whole frames.
pub(super) fn of(framing: &Framing, conversation: &Conversation) -> Vec<Option<Framed>> {
    let turns = conversation.turns.iter().enumerate();
    turns
        .map(|(number, turn)| of_turn(framing, &turn.sent, number == 0))
        .collect()
}

fn of_turn(framing: &Framing, sent: &[u8], begins: bool) -> Option<Framed> {
    let split = if begins {
        framing.split(sent)
    } else {
        framing.split_mid(sent)
    };
    if !matches!(split.ended, Ended::Between) || split.frames.is_empty() {
        return None;
    }
    let mut framed = Framed::default();
    let count = split.frames.len();
    let mut half_way = None;
    for (place, frame) in split.frames.iter().enumerate() {
        if (FRAMES..count.saturating_sub(FRAMES)).contains(&place) {
            half_way = None;
            continue;
        }
        if let (Some(half_way), Some((_, first))) = (half_way, frame.parts.first()) {
            framed.pairs.push((half_way, first.start + 1));
        }
        for (place, at) in &frame.parts {
            let middle = at.start + at.len() / 2;
            framed.singles.extend([middle, at.end]);
            if *place == Place::Length {
                framed.singles.extend(at.start + 1..at.end);
                framed.pairs.push((middle, at.end));
            }
            half_way = Some(middle);
        }
    }
    let is_inside = |place: usize| (1..sent.len()).contains(&place);
    framed.singles.retain(|place| is_inside(*place));
    framed
        .pairs
        .retain(|(first, second)| is_inside(*first) && is_inside(*second) && first < second);
    Some(framed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation(turns: &[&[u8]]) -> Conversation {
        let mut conversation = Conversation::default();
        for turn in turns {
            conversation.sent(turn);
            conversation.answered(b"ok");
        }
        conversation
    }

    #[test]
    fn numbers_are_cut_everywhere_and_frames_across_their_boundary() {
        let framing = "u16be".parse().unwrap();
        let turns = conversation(&[b"\0\x04abcd\0\x02xy", b"no", b"\0\x03abc"]);
        let places = of(&framing, &turns);
        let first = places[0].as_ref().unwrap();
        assert_eq!(Vec::from_iter(&first.singles), [&1, &2, &4, &6, &7, &8, &9]);
        assert_eq!(first.pairs, [(1, 2), (4, 7), (7, 8)]);
        assert_eq!(places[1], None);
        let last = places[2].as_ref().unwrap();
        assert_eq!(Vec::from_iter(&last.singles), [&1, &2, &3]);
    }

    #[test]
    fn a_thousand_frames_are_cut_in_the_first_and_the_last() {
        let framing = "u8".parse().unwrap();
        let stream = b"\x02ab".repeat(1000);
        let places = of(&framing, &conversation(&[&stream]));
        let singles = &places[0].as_ref().unwrap().singles;
        assert!(singles.len() <= 2 * FRAMES * 3, "{}", singles.len());
        assert!(singles.contains(&1) && singles.contains(&2999));
        assert!(!singles.contains(&1500));
    }
}
