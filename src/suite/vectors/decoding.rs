//! Streams, how they are cut, and what comes out of them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::flags;
use crate::framing::{Ended, Framing};
use crate::trace::octets::{Octets, to_hex};
use crate::trace::segmentation::{Move, Segmentation, conversations};
use crate::trace::{Action, Trace, stream};

/// The longest stream that has lines of its own, in octets: both sides of each width of a length that is
/// one, two or three octets long fit, and a framing makes some megabytes of lines.
pub(super) const MOST_IN_A_LINE: usize = 20_000;

/// Streams above this have lines for these cuts alone: one line has every octet of the stream.
const FEW_CUTS_ABOVE: usize = 1_000;

/// A stream, how it is cut, and what comes out of it.
#[derive(Debug, Serialize)]
pub(super) struct Decoding {
    id: &'static str,
    title: &'static str,
    requirements: &'static [String],
    pub(super) flags: Vec<&'static str>,
    stream: Octets,
    /// Places where the chunks end, the end of the stream left out, by the name of the segmentation.
    cuts: BTreeMap<&'static str, Vec<usize>>,
    payloads: Vec<Octets>,
    /// `clean`, `error`, or `unfinished`: the stream stops inside a frame, and its end is not
    /// part of the vector.
    end: &'static str,
}

/// A stream under one cut, written out.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    id: &'static str,
    cut: &'static str,
    flags: Vec<&'static str>,
    chunks: Vec<String>,
    payloads: Vec<String>,
    end: &'static str,
}

impl Decoding {
    /// Number of its cuts.
    pub(super) fn checks(&self) -> usize {
        self.cuts.len()
    }

    /// A line for each cut.
    pub(super) fn lines(self) -> Vec<Line> {
        let stream = self.stream.to_vec();
        if stream.len() > MOST_IN_A_LINE {
            return Vec::new();
        }
        let is_wanted = |cut: &str, places: &[usize]| {
            stream.len() <= FEW_CUTS_ABOVE || cut != "octets" && places.len() <= 100
        };
        let lines = self
            .cuts
            .iter()
            .filter(|(cut, places)| is_wanted(cut, places));
        lines
            .map(|(cut, places)| Line {
                id: self.id,
                cut,
                flags: self.flags.clone(),
                chunks: chunks(&stream, places),
                payloads: self
                    .payloads
                    .iter()
                    .map(|one| to_hex(&one.to_vec()))
                    .collect(),
                end: self.end,
            })
            .collect()
    }
}

fn chunks(stream: &[u8], places: &[usize]) -> Vec<String> {
    let starts = std::iter::once(0).chain(places.iter().copied());
    let ends = places.iter().copied().chain([stream.len()]);
    starts
        .zip(ends)
        .map(|(start, end)| to_hex(&stream[start..end]))
        .collect()
}

pub(super) fn of(framing: &Framing, trace: &'static Trace) -> Decoding {
    let stream = stream(&trace.steps);
    let octets = stream.to_vec();
    let actions = || trace.steps.iter().map(|step| &step.action);
    let payloads: Vec<Octets> = actions()
        .filter_map(|action| match action {
            Action::Deliver(payload) => Some(payload.clone()),
            _ => None,
        })
        .collect();
    let says_the_end = actions().any(|action| *action == Action::EndOfStream);
    let end = match framing.split(&octets).ended {
        _ if trace.is_hostile() => "error",
        Ended::Between | Ended::Said => "clean",
        // A last line that its framing delivers or drops.
        _ if says_the_end => "clean",
        _ => "unfinished",
    };
    let cuts = conversations(trace)
        .iter()
        .map(|(segmentation, moves)| (Segmentation::name(*segmentation), places(moves)))
        .collect();
    Decoding {
        id: &trace.id,
        title: &trace.title,
        requirements: &trace.requirements,
        flags: flags::of(framing, trace, &octets),
        stream,
        cuts,
        payloads,
        end,
    }
}

/// Places where the chunks of a conversation end, the last left out.
fn places(moves: &[Move<'_>]) -> Vec<usize> {
    let mut ends: Vec<usize> = moves
        .iter()
        .filter_map(|one| match one {
            Move::Chunk(chunk) => Some(chunk.len()),
            Move::Step(_) => None,
        })
        .scan(0, |end, length| {
            *end += length;
            Some(*end)
        })
        .collect();
    ends.pop();
    ends
}
