//! Hostile frames, made from recorded frames: they announce octets that do not come, or are not valid frames.

use super::turn::Conversation;
use crate::framing::{Ended, Found, Framing, Place};

/// The number of turns whose frames are changed.
const TURNS: usize = 2;

/// Kinds of frames that lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lie {
    /// Its length announces the most that it can.
    Maximum,
    /// Its length is below the least that is possible.
    TooSmall,
    /// An octet that is always the same has another value.
    WrongLiteral,
    /// It ends inside its length, right after it, or before its last octet, and nothing follows.
    Truncated(usize),
}

/// A turn whose last frame lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hostile {
    /// The turn, from 0.
    pub turn: usize,
    /// The lie.
    pub lie: Lie,
    /// The octets of the turn with the lie.
    pub octets: Vec<u8>,
    /// True if the turn is only this frame, so that nothing else in it can be answered.
    pub alone: bool,
}

impl Lie {
    /// The end of the id of a variation.
    pub(super) fn id(self) -> String {
        match self {
            Self::Maximum => "maximum".to_owned(),
            Self::TooSmall => "too-small".to_owned(),
            Self::WrongLiteral => "literal".to_owned(),
            Self::Truncated(after) => format!("truncated@{after}"),
        }
    }

    /// The frame that is sent, in words.
    pub(super) fn in_words(self) -> String {
        match self {
            Self::Maximum => "a length that announces the maximum".to_owned(),
            Self::TooSmall => "a length below the least there is".to_owned(),
            Self::WrongLiteral => "a wrong octet where one is fixed".to_owned(),
            Self::Truncated(after) => format!("a frame that stops after octet {after}"),
        }
    }

    /// True if a server that answers as if the frame were right cannot have read its length. A server that needs no
    /// more of a frame may answer before the rest of it, and a server may leave a fixed octet to its peers.
    pub(super) const fn forbids_the_answer(self) -> bool {
        matches!(self, Self::Maximum | Self::TooSmall)
    }
}

/// The hostile variants of a conversation: the last frame of a turn is changed, and what stands before it stays.
pub(super) fn all(framing: &Framing, conversation: &Conversation) -> Vec<Hostile> {
    let mut turns: Vec<(usize, Vec<Found<'_>>)> = Vec::new();
    for (turn, here) in conversation.turns.iter().enumerate() {
        let split = if turn == 0 {
            framing.split(&here.sent)
        } else {
            framing.split_mid(&here.sent)
        };
        if split.ended == Ended::Between && !split.frames.is_empty() && here.answer.is_some() {
            turns.push((turn, split.frames));
        }
    }
    // The first turn of a conversation is read in another state than later turns.
    let longest = (1..turns.len()).max_by_key(|at| {
        let (turn, _) = &turns[*at];
        (conversation.turns[*turn].sent.len(), usize::MAX - turn)
    });
    let mut all = Vec::new();
    for at in [Some(0), longest].into_iter().flatten().take(TURNS) {
        let Some((turn, frames)) = turns.get(at) else {
            continue;
        };
        let sent = &conversation.turns[*turn].sent;
        let Some(last) = frames.last() else { continue };
        all.extend(
            of_frame(framing, sent, last)
                .into_iter()
                .map(|(lie, octets)| Hostile {
                    turn: *turn,
                    lie,
                    octets,
                    alone: frames.len() == 1,
                }),
        );
    }
    all
}

/// The changed octets of a turn, by what is wrong with the frame that it ends with.
fn of_frame(framing: &Framing, sent: &[u8], frame: &Found<'_>) -> Vec<(Lie, Vec<u8>)> {
    let mut all = Vec::new();
    let part = |wanted: Place| {
        let mut parts = frame.parts.iter();
        parts
            .find(|(place, _)| *place == wanted)
            .map(|(_, at)| at.clone())
    };
    let length = part(Place::Length);
    if let (Some(at), Some(number)) = (&length, framing.number()) {
        let mut with = |lie, octets: Option<Vec<u8>>| {
            if let Some(octets) = octets.filter(|octets| *octets != sent[at.clone()]) {
                let changed = [&sent[..at.start], &octets, &sent[at.end..]].concat();
                all.push((lie, changed));
            }
        };
        let most = framing
            .max_payload()
            .and_then(|most| framing.pack(most.into()));
        with(Lie::Maximum, most);
        let least = framing.least_number();
        with(
            Lie::TooSmall,
            (least > 0).then(|| number.encode(least - 1)).flatten(),
        );
    }
    let fixed = frame
        .parts
        .iter()
        .filter(|(place, _)| matches!(place, Place::Before | Place::After))
        .flat_map(|(_, at)| at.clone())
        .find_map(|at| {
            let mut changed = sent.to_vec();
            changed[at] ^= 0x55;
            let split = framing.split_mid(&changed[frame.at.start..]);
            matches!(
                split.ended,
                Ended::Refused(crate::framing::Refusal::WrongLiteral { .. })
            )
            .then_some(changed)
        });
    all.extend(fixed.map(|changed| (Lie::WrongLiteral, changed)));
    let mut ends = vec![frame.at.end - 1];
    ends.extend(length.iter().map(|at| at.end));
    ends.extend(length.iter().map(|at| at.start + at.len() / 2));
    ends.retain(|end| (frame.at.start + 1..frame.at.end).contains(end));
    ends.sort_unstable();
    ends.dedup();
    all.extend(
        ends.into_iter()
            .map(|end| (Lie::Truncated(end), sent[..end].to_vec())),
    );
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::octets::to_hex;

    fn lies(framing: &str, turns: &[&[u8]]) -> Vec<(String, String)> {
        let mut conversation = Conversation::default();
        for turn in turns {
            conversation.sent(turn);
            conversation.answered(b"ok");
        }
        let all = all(&framing.parse().unwrap(), &conversation);
        all.iter()
            .map(|one| {
                (
                    format!("{}/{}", one.turn + 1, one.lie.id()),
                    to_hex(&one.octets),
                )
            })
            .collect()
    }

    #[test]
    fn a_frame_lies_about_its_length_in_either_direction_and_stops_early() {
        let expected = [
            ("1/maximum", "ffff6162"),
            ("1/too-small", "00016162"),
            ("1/truncated@1", "00"),
            ("1/truncated@2", "0004"),
            ("1/truncated@3", "000461"),
        ];
        let expected: Vec<_> = expected.map(|(a, b)| (a.to_owned(), b.to_owned())).into();
        assert_eq!(lies("u16be+2", &[b"\0\x04ab"]), expected);
    }

    #[test]
    fn a_fixed_octet_is_another_one() {
        let lies = lies("x51 u8", &[b"\x51\x01a"]);
        assert!(
            lies.contains(&("1/literal".to_owned(), "040161".to_owned())),
            "{lies:?}"
        );
    }

    #[test]
    fn the_first_turn_and_the_longest_are_changed_at_their_ends() {
        let lies = lies("u8", &[b"\x01a", b"\x01b", b"\x01c\x03def", b"no frame"]);
        let ids: Vec<&str> = lies.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(
            ids,
            [
                "1/maximum",
                "1/truncated@1",
                "3/maximum",
                "3/truncated@3",
                "3/truncated@5",
            ]
        );
        assert_eq!(lies[2].1, "0163ff646566");
    }
}
