//! The moves of a conversation that has been cut: chunks, and the steps between them.

use super::Segmentation;
use crate::framing::Place;
use crate::trace::octets::Octets;
use crate::trace::{Action, Cuts, Trace};

/// Length up to which a stream is sent one octet at a time; beyond, only the edges of its parts are, and the
/// insides go in one chunk.
const ALL_OCTETS_UP_TO: usize = 1024;

/// Number of octets at either edge of a part that go one at a time in a long stream.
const EDGE_OCTETS: usize = 8;

/// The chunk that a full segment on Ethernet carries, in octets.
const SEGMENT_OCTETS: usize = 1460;

/// Length up to which a stream is cut into segments; what lies beyond goes in one chunk.
const SEGMENTS_UP_TO: usize = 256 * 1024;

/// A move of a conversation that has been cut.
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
        None => Segmentation::EVERY
            .into_iter()
            .filter(|one| *one != Segmentation::Pinned)
            .collect(),
        Some(Cuts::Named(named)) => named.clone(),
        Some(Cuts::At(_)) => vec![Segmentation::Pinned],
    };
    for segmentation in candidates {
        let moves = cut(trace, segmentation);
        if !all.iter().any(|(_, earlier)| *earlier == moves) {
            all.push((segmentation, moves));
        }
    }
    all
}

/// A trace under one segmentation.
#[must_use]
pub fn cut(trace: &Trace, segmentation: Segmentation) -> Vec<Move<'_>> {
    cut_steps(&trace.steps_of(false), segmentation, trace.cuts.as_ref())
}

/// The repaired twin of a trace, cut the same way; `None` where the trace has none.
#[must_use]
pub fn repaired(trace: &Trace, segmentation: Segmentation) -> Option<Vec<Move<'_>>> {
    trace.repaired.as_ref()?;
    Some(cut_steps(
        &trace.steps_of(true),
        segmentation,
        trace.cuts.as_ref(),
    ))
}

/// The octets of a trace, cut the same way, with what is expected in its repaired twin: the
/// conversation of a testee that takes what it may refuse. `None` where there is no twin.
#[must_use]
pub fn accepted(trace: &Trace, segmentation: Segmentation) -> Option<Vec<Move<'_>>> {
    trace.repaired.as_ref()?;
    let sends = |action: &&Action| {
        matches!(
            action,
            Action::Frame { .. } | Action::Parts(_) | Action::Send(_) | Action::EndOfStream
        )
    };
    let sent = trace.steps_of(false).into_iter().filter(sends);
    let expected = trace.steps_of(true).into_iter().filter(|step| !sends(step));
    let steps: Vec<&Action> = sent.chain(expected).collect();
    Some(cut_steps(&steps, segmentation, trace.cuts.as_ref()))
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

/// A part of what is sent between two waits.
struct Part {
    octets: Vec<u8>,
    /// The place of the part in its frame; `None` for octets that are sent as they are.
    place: Option<Place>,
    /// True if a step of the trace begins with this part.
    begins_step: bool,
    /// True if [`Segmentation::StraddleLength`] reaches into this part: the length, or what comes instead.
    is_straddled: bool,
}

fn cut_steps<'t>(
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
                parts.extend(framed(&[
                    (Place::Length, length),
                    (Place::Payload, payload),
                ]));
            }
            Action::Parts(all) => {
                let all: Vec<_> = all.iter().map(|(place, octets)| (*place, octets)).collect();
                parts.extend(framed(&all));
            }
            Action::Send(octets) => parts.push(Part {
                octets: octets.to_vec(),
                place: None,
                begins_step: true,
                is_straddled: true,
            }),
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

impl Part {
    /// Number of its octets after which a segmentation cuts inside it, if it does.
    fn inside(&self, segmentation: Segmentation) -> Option<usize> {
        let len = self.octets.len();
        let carries = matches!(self.place, None | Some(Place::Payload));
        let most = usize::from(Segmentation::MOST_IN_LENGTH);
        match segmentation {
            Segmentation::Length(n) if self.place == Some(Place::Length) => Some(usize::from(n)),
            Segmentation::LengthLast if self.place == Some(Place::Length) && len > most => {
                Some(len - 1)
            }
            Segmentation::Middle if carries => Some(len / 2),
            Segmentation::Last if carries => Some(len.saturating_sub(1)),
            Segmentation::InsideEnd if self.place == Some(Place::Behind) => Some(1),
            Segmentation::StraddleLength if self.is_straddled => match self.place {
                Some(Place::Length) => Some((len / 2).clamp(1, 2)),
                _ => Some(2),
            },
            _ => None,
        }
    }

    /// Number of octets, from its start, after which a segmentation cuts at its edge or behind it, if it does.
    fn edge(&self, segmentation: Segmentation) -> Option<usize> {
        let len = self.octets.len();
        match (segmentation, self.place) {
            (Segmentation::StraddlePayload, None) => Some(len + 1),
            (Segmentation::StraddlePayload, Some(Place::Payload)) => Some(1),
            (Segmentation::Before, Some(Place::Before))
            | (Segmentation::Payload, Some(Place::Length))
            | (Segmentation::After, Some(Place::After)) => Some(len),
            (Segmentation::Behind, Some(Place::Behind)) => Some(0),
            // A short length is reached to its end.
            (Segmentation::StraddleLength, Some(Place::Length)) if len == 1 => Some(1),
            _ => None,
        }
    }

    /// All places at which a segmentation cuts it, from its start.
    fn ends(&self, segmentation: Segmentation) -> impl Iterator<Item = usize> {
        let len = self.octets.len();
        let inside = self.inside(segmentation).filter(|place| *place < len);
        inside.into_iter().chain(self.edge(segmentation))
    }
}

/// Each octet by itself, where there are not too many; of others those at the edges of parts.
fn single_octets(parts: &[Part], total: usize) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut start = 0;
    for part in parts {
        let end = start + part.octets.len();
        ends.extend((start..end).filter(|place| {
            total <= ALL_OCTETS_UP_TO || place - start <= EDGE_OCTETS || end - place <= EDGE_OCTETS
        }));
        start = end;
    }
    ends
}

/// The parts of one frame, each with its place.
fn framed(parts: &[(Place, &Octets)]) -> Vec<Part> {
    let straddled = parts
        .iter()
        .map(|(place, _)| *place)
        .find(|place| *place == Place::Length)
        .unwrap_or(Place::Payload);
    let places = parts.iter().enumerate();
    places
        .map(|(at, (place, octets))| Part {
            octets: octets.to_vec(),
            place: Some(*place),
            begins_step: at == 0,
            is_straddled: *place == straddled,
        })
        .collect()
}

/// Turns the parts gathered since the last wait into chunks.
fn flush(
    moves: &mut Vec<Move<'_>>,
    parts: &mut Vec<Part>,
    segmentation: Segmentation,
    pinned: Option<&Cuts>,
    sent: &mut usize,
) {
    let total: usize = parts.iter().map(|part| part.octets.len()).sum();
    let mut ends = match segmentation {
        Segmentation::Octets => single_octets(parts, total),
        _ => Vec::new(),
    };
    let mut stream = Vec::new();
    let mut is_first_step = true;
    for part in parts.drain(..) {
        let start = stream.len();
        stream.extend(part.octets.iter());
        if part.begins_step {
            is_first_step = start == 0;
            if !segmentation.joins_frames() && pinned_places(pinned).is_none() {
                ends.push(start);
            }
        }
        let straddles = matches!(
            segmentation,
            Segmentation::StraddleLength | Segmentation::StraddlePayload
        );
        if !(straddles && is_first_step) {
            ends.extend(part.ends(segmentation).map(|place| start + place));
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
