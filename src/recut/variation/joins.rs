//! Turns that are sent ahead of their answers, where the protocol may allow that.

use std::collections::BTreeSet;

use super::{Conversation, Variation, asks_for_more};
use crate::trace::octets::Octets;

/// True if a turn may be sent ahead of the answer before it: not where that answer is marked as awaited or asks
/// for more, and not if it is the last turn and the conversation closes after it.
fn may_follow_at_once(conversation: &Conversation, turn: usize) -> bool {
    let before = &conversation.turns[turn - 1];
    let awaited = before.answer.as_ref().is_some_and(|answer| {
        let recorded = answer.octets.as_ref().map(Octets::to_vec);
        answer.awaited || recorded.is_some_and(|octets| asks_for_more(&octets))
    });
    let is_last = turn + 1 == conversation.turns.len();
    let here = &conversation.turns[turn];
    let says_goodbye = is_last && (conversation.closes || here.ends || here.answer.is_none());
    !awaited && !says_goodbye && !before.ends && !here.sent.is_empty()
}

pub(super) fn all(conversation: &Conversation) -> Vec<Variation> {
    let count = conversation.turns.len();
    let free: Vec<bool> = (0..count)
        .map(|turn| turn > 0 && may_follow_at_once(conversation, turn))
        .collect();
    let mut all = Vec::new();
    for turn in (1..count).filter(|turn| free[*turn]) {
        let join = |into| Variation::Join {
            first: turn - 1,
            last: turn,
            into,
        };
        all.push(join(None));
        let len = conversation.turns[turn].sent.len();
        let places: BTreeSet<usize> = [1, 2, 3, 4, len / 2, len.saturating_sub(1)].into();
        let places = places.into_iter().filter(|place| (1..len).contains(place));
        all.extend(places.map(|place| join(Some(place))));
    }
    // The longest runs of turns that may all go at once.
    let mut turn = 0;
    while turn < count {
        let run = free[(turn + 1).min(count)..]
            .iter()
            .take_while(|free| **free)
            .count();
        if run > 1 {
            all.push(Variation::Join {
                first: turn,
                last: turn + run,
                into: None,
            });
        }
        turn += run + 1;
    }
    all
}
