//! How a stream is cut: a dimension that every trace is run along.
//!
//! The outcome of a conversation must never depend on it (FRM-2, FRM-3), so a trace does not
//! say it and the runner tries all that apply.

use std::borrow::Cow;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::framing::Place;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segmentation {
    /// Each frame a chunk of its own, each reply awaited: the plainest.
    Apart,
    /// Everything up to the next thing to wait for, in one chunk; replies are awaited last.
    Whole,
    /// One octet at a time; in a long stream only at the edges of its parts.
    Octets,
    /// Cut after this octet of each length, 1 to [`Self::MOST_IN_LENGTH`].
    Length(u8),
    /// Cut before the last octet of each length, where that is a long one.
    LengthLast,
    /// Cut between what stands before each length and the length.
    Before,
    /// Cut between each length and its payload.
    Payload,
    /// Cut between what stands behind each length and the payload.
    After,
    /// Cut in the middle of each payload and body.
    Middle,
    /// Cut before the last octet of each payload and body.
    Last,
    /// Cut between each payload and what stands behind it.
    Behind,
    /// Cut after the first octet of what stands behind each payload.
    InsideEnd,
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
    /// The furthest octet of a length after which it is cut by count.
    pub const MOST_IN_LENGTH: u8 = 8;

    /// All that a trace of frames of a length of four octets and a payload is run under, the
    /// plainest first.
    pub const ALL: [Self; 12] = [
        Self::Apart,
        Self::Whole,
        Self::Octets,
        Self::Length(1),
        Self::Length(2),
        Self::Length(3),
        Self::Payload,
        Self::Middle,
        Self::Last,
        Self::StraddleLength,
        Self::StraddlePayload,
        Self::Segments,
    ];

    /// All ways there are, of which a trace is run under those that cut it differently.
    pub const EVERY: [Self; 23] = [
        Self::Apart,
        Self::Whole,
        Self::Octets,
        Self::Length(1),
        Self::Length(2),
        Self::Length(3),
        Self::Length(4),
        Self::Length(5),
        Self::Length(6),
        Self::Length(7),
        Self::Length(8),
        Self::LengthLast,
        Self::Before,
        Self::Payload,
        Self::After,
        Self::Middle,
        Self::Last,
        Self::Behind,
        Self::InsideEnd,
        Self::StraddleLength,
        Self::StraddlePayload,
        Self::Segments,
        Self::Pinned,
    ];

    /// The name used in fixtures and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Apart => "apart",
            Self::Whole => "whole",
            Self::Octets => "octets",
            Self::Length(1) => "length-1",
            Self::Length(2) => "length-2",
            Self::Length(3) => "length-3",
            Self::Length(4) => "length-4",
            Self::Length(5) => "length-5",
            Self::Length(6) => "length-6",
            Self::Length(7) => "length-7",
            Self::Length(_) => "length-8",
            Self::LengthLast => "length-last",
            Self::Before => "before",
            Self::Payload => "payload",
            Self::After => "after",
            Self::Middle => "middle",
            Self::Last => "last",
            Self::Behind => "behind",
            Self::InsideEnd => "inside-end",
            Self::StraddleLength => "straddle-length",
            Self::StraddlePayload => "straddle-payload",
            Self::Segments => "segments",
            Self::Pinned => "pinned",
        }
    }

    /// The segmentation of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|one| one.name() == name)
    }

    /// How the stream is cut, in words that follow "sent".
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Apart => "a frame at a time, each reply awaited",
            Self::Whole => "in as few writes as possible",
            Self::Octets => "one octet at a time",
            Self::Length(1) => "with each length cut after its first octet",
            Self::Length(2) => "with each length cut after its second octet",
            Self::Length(3) => "with each length cut after its third octet",
            Self::Length(4) => "with each length cut after its fourth octet",
            Self::Length(5) => "with each length cut after its fifth octet",
            Self::Length(6) => "with each length cut after its sixth octet",
            Self::Length(7) => "with each length cut after its seventh octet",
            Self::Length(_) => "with each length cut after its eighth octet",
            Self::LengthLast => "with each length cut before its last octet",
            Self::Before => "with a cut in front of each length",
            Self::Payload => "with a cut between each length and its payload",
            Self::After => "with a cut in front of each payload",
            Self::Middle => "with each payload cut in the middle",
            Self::Last => "with each payload cut before its last octet",
            Self::Behind => "with a cut behind each payload",
            Self::InsideEnd => "with a cut inside what ends each payload",
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

impl Serialize for Segmentation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Segmentation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        Self::named(&name).ok_or_else(|| {
            D::Error::custom(format!(
                "unknown segmentation {name:?}, expected one of {}",
                Self::EVERY.map(Self::name).join(", ")
            ))
        })
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

/// What a trace sends, cut the same way, with what is expected in its repaired twin: the
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
    /// What it is of its frame; `None` for octets that are sent as they are.
    place: Option<Place>,
    /// A step of the trace begins with this part.
    begins_step: bool,
    /// What [`Segmentation::StraddleLength`] reaches into: the length, or what comes instead.
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
    /// After how many of its octets a segmentation cuts it, if it does.
    fn places(&self, segmentation: Segmentation) -> Option<usize> {
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
}

/// The parts of one frame, which know what they are.
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
    let mut stream = Vec::new();
    let mut ends = Vec::new();
    let total: usize = parts.iter().map(|part| part.octets.len()).sum();
    let mut is_first_step = true;
    for part in parts.drain(..) {
        let start = stream.len();
        let len = part.octets.len();
        stream.extend(part.octets.iter());
        if part.begins_step {
            is_first_step = start == 0;
            if !segmentation.joins_frames() && pinned_places(pinned).is_none() {
                ends.push(start);
            }
        }
        let within = |place: usize| (place < len).then_some(start + place);
        match segmentation {
            Segmentation::Octets => ends.extend((start..start + len).filter(|place| {
                total <= ALL_OCTETS_UP_TO
                    || place - start <= EDGE_OCTETS
                    || start + len - place <= EDGE_OCTETS
            })),
            Segmentation::StraddleLength | Segmentation::StraddlePayload if is_first_step => {}
            _ => ends.extend(part.places(segmentation).and_then(within)),
        }
        match (segmentation, part.place) {
            (Segmentation::StraddlePayload, None) if !is_first_step => ends.push(start + len + 1),
            (Segmentation::StraddlePayload, Some(Place::Payload)) if !is_first_step => {
                ends.push(start + 1);
            }
            (Segmentation::Before, Some(Place::Before))
            | (Segmentation::Payload, Some(Place::Length))
            | (Segmentation::After, Some(Place::After)) => ends.push(start + len),
            (Segmentation::Behind, Some(Place::Behind)) => ends.push(start),
            // A short length is reached to its end.
            (Segmentation::StraddleLength, Some(Place::Length)) if !is_first_step && len == 1 => {
                ends.push(start + 1);
            }
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
