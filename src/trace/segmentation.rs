//! How a stream is cut: a dimension that every trace is run along.
//!
//! The outcome of a conversation must never depend on it (FRM-2, FRM-3), so a trace does not
//! say it and the runner tries all that apply.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::octets::Octets;
use super::{Action, Cuts, Trace};

/// Up to this many octets a stream is sent one octet at a time; beyond, only the edges of
/// its parts are, and the insides go in one chunk.
const ALL_OCTETS_UP_TO: usize = 1024;

/// How many octets at either edge of a part go one at a time in a long stream.
const EDGE_OCTETS: usize = 8;

/// The chunk that a full segment on Ethernet carries, in octets.
const SEGMENT_OCTETS: usize = 1460;

/// Up to here a stream is cut into segments; what lies beyond goes in one chunk.
const SEGMENTS_UP_TO: usize = 256 * 1024;

/// One way of cutting a stream into chunks. A chunk is what one write sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Segmentation {
    /// Each frame a chunk of its own, each reply awaited: the plainest.
    Apart,
    /// Everything up to the next thing to wait for, in one chunk; replies are awaited last.
    Whole,
    /// One octet at a time; in a long stream only at the edges of its parts.
    Octets,
    /// Cut after the first octet of each length.
    #[serde(rename = "length-1")]
    Length1,
    /// Cut after the second octet of each length.
    #[serde(rename = "length-2")]
    Length2,
    /// Cut after the third octet of each length.
    #[serde(rename = "length-3")]
    Length3,
    /// Cut between each length and its payload.
    Payload,
    /// Cut in the middle of each payload and body.
    Middle,
    /// Cut before the last octet of each payload and body.
    Last,
    /// Each chunk reaches two octets into the next frame's length.
    StraddleLength,
    /// Each chunk reaches one octet into the next frame's payload.
    StraddlePayload,
    /// Chunks of 1,460 octets, as full segments carry.
    Segments,
    /// Cut where the trace says, and nowhere else.
    Pinned,
}

impl Segmentation {
    /// All that a trace is run under, the plainest first.
    pub const ALL: [Self; 12] = [
        Self::Apart,
        Self::Whole,
        Self::Octets,
        Self::Length1,
        Self::Length2,
        Self::Length3,
        Self::Payload,
        Self::Middle,
        Self::Last,
        Self::StraddleLength,
        Self::StraddlePayload,
        Self::Segments,
    ];

    /// The name used in fixtures and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Apart => "apart",
            Self::Whole => "whole",
            Self::Octets => "octets",
            Self::Length1 => "length-1",
            Self::Length2 => "length-2",
            Self::Length3 => "length-3",
            Self::Payload => "payload",
            Self::Middle => "middle",
            Self::Last => "last",
            Self::StraddleLength => "straddle-length",
            Self::StraddlePayload => "straddle-payload",
            Self::Segments => "segments",
            Self::Pinned => "pinned",
        }
    }

    /// How the stream is cut, in words that follow "sent".
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Apart => "a frame at a time, each reply awaited",
            Self::Whole => "in as few writes as possible",
            Self::Octets => "one octet at a time",
            Self::Length1 => "with each length cut after its first octet",
            Self::Length2 => "with each length cut after its second octet",
            Self::Length3 => "with each length cut after its third octet",
            Self::Payload => "with a cut between each length and its payload",
            Self::Middle => "with each payload cut in the middle",
            Self::Last => "with each payload cut before its last octet",
            Self::StraddleLength => "with each write reaching into the next frame's length",
            Self::StraddlePayload => "with each write reaching into the next frame's payload",
            Self::Segments => "in chunks of 1460 octets",
            Self::Pinned => "cut where the trace says",
        }
    }

    /// Whether frames are put together in one chunk (FRM-3) rather than taken apart (FRM-2).
    #[must_use]
    pub const fn joins_frames(self) -> bool {
        matches!(
            self,
            Self::Whole | Self::StraddleLength | Self::StraddlePayload
        )
    }
}

impl fmt::Display for Segmentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One move of a conversation that has been cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move<'t> {
    /// Write these octets at once, when all before have been taken.
    Chunk(Vec<u8>),
    /// Do or expect what the step says; it sends nothing.
    Step(&'t Action),
}

/// The conversations that a trace stands for: a segmentation each, without those that would
/// cut the stream in the same places as one before.
#[must_use]
pub fn conversations(trace: &Trace) -> Vec<(Segmentation, Vec<Move<'_>>)> {
    let mut all: Vec<(Segmentation, Vec<Move<'_>>)> = Vec::new();
    let candidates = match &trace.cuts {
        None => Segmentation::ALL.to_vec(),
        Some(Cuts::Named(named)) => named.clone(),
        Some(Cuts::At(_)) => vec![Segmentation::Pinned],
    };
    for segmentation in candidates {
        let moves = cut(&trace.steps_of(false), segmentation, trace.cuts.as_ref());
        if !all.iter().any(|(_, earlier)| *earlier == moves) {
            all.push((segmentation, moves));
        }
    }
    all
}

/// The repaired twin of a trace, cut the same way; `None` where the trace has none.
#[must_use]
pub fn repaired(trace: &Trace, segmentation: Segmentation) -> Option<Vec<Move<'_>>> {
    trace.repaired.as_ref()?;
    Some(cut(
        &trace.steps_of(true),
        segmentation,
        trace.cuts.as_ref(),
    ))
}

/// What a trace sends, cut the same way, with what is expected in its repaired twin: the
/// conversation of a testee that takes what it may refuse. `None` where there is no twin.
#[must_use]
pub fn accepted(trace: &Trace, segmentation: Segmentation) -> Option<Vec<Move<'_>>> {
    trace.repaired.as_ref()?;
    let sends = |action: &&Action| {
        matches!(
            action,
            Action::Frame { .. } | Action::Send(_) | Action::EndOfStream
        )
    };
    let sent = trace.steps_of(false).into_iter().filter(sends);
    let expected = trace.steps_of(true).into_iter().filter(|step| !sends(step));
    let steps: Vec<&Action> = sent.chain(expected).collect();
    Some(cut(&steps, segmentation, trace.cuts.as_ref()))
}

impl Trace {
    fn steps_of(&self, repaired: bool) -> Vec<&Action> {
        let steps = match &self.repaired {
            Some(steps) if repaired => steps,
            _ => &self.steps,
        };
        steps.iter().map(|step| &step.action).collect()
    }
}

/// A part of what is sent between two waits: a whole length, a payload, or other octets.
struct Part {
    octets: Vec<u8>,
    is_length: bool,
    /// A step of the trace begins with this part.
    begins_step: bool,
}

fn cut<'t>(
    actions: &[&'t Action],
    segmentation: Segmentation,
    pinned: Option<&Cuts>,
) -> Vec<Move<'t>> {
    let mut moves = Vec::new();
    let mut parts: Vec<Part> = Vec::new();
    let mut awaited = Vec::new();
    let mut sent = 0;
    for action in actions {
        match action {
            Action::Frame { length, payload } => {
                parts.extend([part(length, true, true), part(payload, false, false)]);
            }
            Action::Send(octets) => parts.push(part(octets, false, true)),
            // Frames are joined across the replies that they cause; else each is awaited.
            Action::Deliver(_)
                if segmentation.joins_frames() || pinned_places(pinned).is_some() =>
            {
                awaited.push(Move::Step(action));
            }
            _ => {
                flush(&mut moves, &mut parts, segmentation, pinned, &mut sent);
                moves.append(&mut awaited);
                moves.push(Move::Step(action));
            }
        }
    }
    flush(&mut moves, &mut parts, segmentation, pinned, &mut sent);
    moves.append(&mut awaited);
    moves
}

fn part(octets: &Octets, is_length: bool, begins_step: bool) -> Part {
    Part {
        octets: octets.to_vec(),
        is_length,
        begins_step,
    }
}

/// Turns the parts gathered since the last wait into chunks.
fn flush(
    moves: &mut Vec<Move<'_>>,
    parts: &mut Vec<Part>,
    segmentation: Segmentation,
    pinned: Option<&Cuts>,
    sent: &mut usize,
) {
    let mut stream = Vec::new();
    let mut ends = Vec::new();
    let total: usize = parts.iter().map(|part| part.octets.len()).sum();
    for part in parts.drain(..) {
        let start = stream.len();
        let len = part.octets.len();
        stream.extend(part.octets);
        let within = |place: usize| (place < len).then_some(start + place);
        let first_step = start == 0;
        if part.begins_step && !segmentation.joins_frames() && pinned_places(pinned).is_none() {
            ends.push(start);
        }
        match segmentation {
            Segmentation::Length1 if part.is_length => ends.extend(within(1)),
            Segmentation::Length2 if part.is_length => ends.extend(within(2)),
            Segmentation::Length3 if part.is_length => ends.extend(within(3)),
            Segmentation::Payload if part.is_length => ends.push(start + len),
            Segmentation::Middle if !part.is_length => ends.extend(within(len / 2)),
            Segmentation::Last if !part.is_length => ends.extend(within(len.saturating_sub(1))),
            Segmentation::StraddleLength if part.begins_step && !first_step => {
                ends.extend(within(2));
            }
            Segmentation::StraddlePayload if part.begins_step && !first_step => {
                ends.push(start + len + 1);
            }
            Segmentation::Octets if total <= ALL_OCTETS_UP_TO => ends.extend(start..start + len),
            Segmentation::Octets => ends.extend((start..start + len).filter(|place| {
                place - start <= EDGE_OCTETS || start + len - place <= EDGE_OCTETS
            })),
            _ => {}
        }
    }
    if segmentation == Segmentation::Segments {
        ends.extend((0..total.min(SEGMENTS_UP_TO)).step_by(SEGMENT_OCTETS));
    }
    ends.extend(
        pinned_places(pinned)
            .unwrap_or_default()
            .iter()
            .filter_map(|place| place.checked_sub(*sent)),
    );
    *sent += total;
    ends.push(total);
    ends.sort_unstable();
    let mut from = 0;
    for end in ends {
        if from < end && end <= total {
            moves.push(Move::Chunk(stream[from..end].to_vec()));
            from = end;
        }
    }
}

fn pinned_places(pinned: Option<&Cuts>) -> Option<&[usize]> {
    match pinned {
        Some(Cuts::At(places)) => Some(places),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::json;

    fn trace(extra: &str) -> Trace {
        json::read(&format!(
            r#"{{"id": "x", "title": "x", "requirements": ["FRM-1"], "class": "framing"{extra},
            "steps": [
                {{"frame": {{"length": "00000003", "payload": "616263"}}}},
                {{"deliver": "616263"}},
                {{"frame": {{"length": "00000001", "payload": "64"}}}},
                {{"deliver": "64"}}, {{"end": "stream"}}, {{"expect": "close"}}]}}"#
        ))
        .unwrap()
    }

    /// The chunks in hexadecimal, `|` for a step that is waited for.
    fn shown(moves: &[Move<'_>]) -> String {
        let shown: Vec<String> = moves
            .iter()
            .map(|one| match one {
                Move::Chunk(octets) => crate::trace::octets::to_hex(octets),
                Move::Step(_) => "|".to_owned(),
            })
            .collect();
        shown.join(" ")
    }

    #[test]
    fn every_way_of_cutting() {
        let trace = trace("");
        let all: Vec<String> = conversations(&trace)
            .iter()
            .map(|(segmentation, moves)| format!("{segmentation}: {}", shown(moves)))
            .collect();
        assert_eq!(
            all,
            [
                "apart: 00000003616263 | 0000000164 | | |",
                "whole: 000000036162630000000164 | | | |",
                "octets: 00 00 00 03 61 62 63 | 00 00 00 01 64 | | |",
                "length-1: 00 000003616263 | 00 00000164 | | |",
                "length-2: 0000 0003616263 | 0000 000164 | | |",
                "length-3: 000000 03616263 | 000000 0164 | | |",
                "payload: 00000003 616263 | 00000001 64 | | |",
                "middle: 0000000361 6263 | 00000001 64 | | |",
                "last: 000000036162 63 | 00000001 64 | | |",
                "straddle-length: 000000036162630000 000164 | | | |",
            ]
        );
    }

    #[test]
    fn pinned_cuts_are_the_only_ones() {
        let trace = trace(r#", "cuts": [3, 8]"#);
        let all = conversations(&trace);
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].0, Segmentation::Pinned);
        assert_eq!(shown(&all[0].1), "000000 0361626300 00000164 | | | |");
    }

    #[test]
    fn what_names_its_segmentations_awaits_each_reply_all_the_same() {
        let trace = trace(r#", "cuts": ["apart"]"#);
        let all = conversations(&trace);
        assert_eq!(shown(&all[0].1), "00000003616263 | 0000000164 | | |");
    }

    #[test]
    fn long_streams_are_cut_at_the_edges_of_their_parts() {
        let trace = json::read(
            r#"{"id": "x", "title": "x", "requirements": ["FRM-1"], "class": "framing", "cuts": ["octets"],
            "steps": [{"frame": {"length": "00002000", "payload": {"repeat": "61", "times": 8192}}}]}"#,
        )
        .unwrap();
        let all = conversations(&trace);
        let sizes: Vec<usize> = all[0]
            .1
            .iter()
            .map(|one| shown(std::slice::from_ref(one)).len() / 2)
            .collect();
        assert_eq!(sizes.iter().sum::<usize>(), 8196);
        assert_eq!(sizes.iter().filter(|size| **size == 1).count(), 4 + 16);
        assert_eq!(sizes.iter().max(), Some(&8176));
    }
}
