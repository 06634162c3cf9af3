//! Conversations that go through sizes: some mistakes show at one size, at the multiples of a number, where two
//! frames have a total of this size, or where a frame ends at a place in a buffer. No table of edges has those.
//!
//! The sizes come in turn, so that a run that is long enough has tried each one up to [`MOST`].

use fastrand::Rng;

use super::draft::{Cutting, Draft, Protocol, piece};
use crate::model::edges;
use crate::model::plan::Op as Frames;
use crate::model::session_plan::Op as Session;
use crate::trace::Class;
use crate::trace::segmentation::Segmentation;

/// Size of a group of conversations, of which the last goes through sizes.
const EVERY: u64 = 6;

/// Sizes up to this are gone through.
const MOST: usize = 4_608;

/// Windows of sizes: the first size, and the number of sizes in a window, which bounds their total.
const WINDOWS: [(usize, usize); 3] = [(0, 64), (1_024, 32), (2_048, 16)];

/// Edges beside which each size is tried: below them a window from nothing on has all.
const EDGES: std::ops::Range<usize> = 32..20_000;

/// Number of sizes that are tried below an edge; above it, as many and those of a length.
const BESIDE: usize = 16;

/// Ends of frames, in octets from an edge: first those that have the next length lie across it.
const FROM_EDGE: [isize; 11] = [-2, -1, -3, 0, -4, 1, 2, 4, -5, -8, 8];

/// Lengths of headers of files, and the number of them that are tried in one conversation.
const HEADERS: std::ops::Range<usize> = 3..255;
const HEADERS_TOGETHER: usize = 36;

/// Characters of several octets.
const CHARACTERS: [&str; 3] = ["é", "你", "😀"];

/// The ways in which a conversation of sizes is cut.
const CUTTINGS: [Segmentation; 5] = [
    Segmentation::Whole,
    Segmentation::Whole,
    Segmentation::Whole,
    Segmentation::Apart,
    Segmentation::StraddleLength,
];

/// The draft of a number, if its turn is one of sizes.
pub(super) fn draft(protocol: &Protocol, number: u64, rng: &mut Rng) -> Option<Draft> {
    if number % EVERY != EVERY - 1 {
        return None;
    }
    let turn = (number / EVERY) as usize;
    let mut drawing = Sizes {
        protocol,
        rng,
        pieces: Vec::new(),
    };
    drawing.draw(turn);
    let pieces = drawing.pieces;
    Some(Draft {
        pieces,
        cutting: Cutting::Named(CUTTINGS[rng.usize(..CUTTINGS.len())]),
        ends: rng.bool(),
        brief: true,
        times: 1,
        beside: None,
        before: Vec::new(),
    })
}

struct Sizes<'g> {
    protocol: &'g Protocol,
    rng: &'g mut Rng,
    pieces: Vec<Vec<u8>>,
}

impl Sizes<'_> {
    /// The kinds in turn, each from small to large.
    fn draw(&mut self, turn: usize) {
        let (class, step) = (self.protocol.class, turn / 8);
        let (half, odd) = (step / 2, step % 2 == 1);
        match turn % 8 {
            0 => self.each(window(2 * step)),
            1 => self.pairs(window(step)),
            3 if odd && class >= Class::Session => self.characters(half),
            3 if class >= Class::Session => self.ends_at_edges(half),
            3 => self.ends_at_edges(step),
            4 => self.each(window(2 * step + 1)),
            5 if odd && class >= Class::Transfer => self.bodies(beside_edge(half)),
            5 if class >= Class::Transfer => self.bodies(window(half)),
            6 if class >= Class::Transfer => self.headers(step),
            7 => self.pairs(beside_edge(step)),
            _ => self.each(beside_edge(step)),
        }
    }

    /// A frame of a size.
    fn frame(&mut self, size: usize) {
        let size = size.min(self.protocol.floor());
        let op = match self.protocol.class < Class::Session {
            true => piece(Frames::Filled(size)),
            false => piece(Session::Letters(size)),
        };
        self.pieces.push(op);
    }

    /// A frame of each of these sizes, in no order.
    fn each(&mut self, mut sizes: Vec<usize>) {
        self.rng.shuffle(&mut sizes);
        for size in sizes {
            self.frame(size);
        }
    }

    /// Draws two frames for each of these numbers of octets, which their payloads have together.
    fn pairs(&mut self, mut sums: Vec<usize>) {
        self.rng.shuffle(&mut sums);
        for sum in sums {
            let first = self.rng.usize(..=sum);
            self.frame(first);
            self.frame(sum - first);
        }
    }

    /// Frames that end beside the edges of buffers, one after the other, each as far from its edge.
    fn ends_at_edges(&mut self, step: usize) {
        let from_edge = FROM_EDGE[step % FROM_EDGE.len()];
        let mut at = 0;
        for edge in edges::SIZES {
            let end = edge.saturating_add_signed(from_edge);
            if EDGES.contains(&edge) && end >= at + 4 {
                self.frame(end - at - 4);
                at = end;
            }
        }
        self.frame(5);
    }

    /// Texts of characters of several octets, each a little longer than an edge, so that one of them lies across
    /// it.
    fn characters(&mut self, step: usize) {
        let character = CHARACTERS[step % CHARACTERS.len()];
        for edge in edges::SIZES {
            if !EDGES.contains(&edge) || edge > MOST {
                continue;
            }
            let before = self.rng.usize(..4);
            let text = "a".repeat(before) + &character.repeat(edge / character.len() + 2);
            let length = (text.len() as u32).to_be_bytes();
            let frame = [&length[..], text.as_bytes()].concat();
            self.pieces.push(piece(Session::Raw(&frame)));
        }
    }

    /// A transfer with a body of each of these sizes, in no order, and a message after each.
    fn bodies(&mut self, mut sizes: Vec<usize>) {
        self.rng.shuffle(&mut sizes);
        for size in sizes {
            self.pieces.push(piece(Session::Transfer(size)));
            self.pieces.push(piece(Session::Message(b"after")));
        }
    }

    /// Headers of each length of a window, that of a short body.
    fn headers(&mut self, step: usize) {
        let windows = HEADERS.len() / HEADERS_TOGETHER;
        let from = HEADERS.start + step % windows * HEADERS_TOGETHER;
        for length in from..from + HEADERS_TOGETHER {
            let header = format!("{},3", "n".repeat(length - 2));
            self.pieces.push(piece(Session::Message(b"file")));
            self.pieces.push(piece(Session::Message(header.as_bytes())));
            self.pieces.push(piece(Session::Raw(b"abc")));
        }
        self.pieces.push(piece(Session::Message(b"after")));
    }
}

/// The sizes of the window of a number; after the last window the first one follows again.
fn window(number: usize) -> Vec<usize> {
    let ends = WINDOWS[1..].iter().map(|(from, _)| *from).chain([MOST]);
    let mut all: Vec<std::ops::Range<usize>> = Vec::new();
    for ((from, count), end) in WINDOWS.into_iter().zip(ends) {
        all.extend((from..end).step_by(count).map(|from| from..from + count));
    }
    all[number % all.len()].clone().collect()
}

/// The sizes beside an edge, of which this number chooses one: the largest first, for windows begin with small sizes.
fn beside_edge(number: usize) -> Vec<usize> {
    let edges = edges::SIZES.into_iter().rev();
    let edges: Vec<usize> = edges
        .filter(|edge| EDGES.contains(edge) && *edge <= MOST)
        .collect();
    let edge = edges[number % edges.len()];
    (edge - BESIDE..=edge + BESIDE + 4).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_have_each_size_once_and_begin_anew() {
        let count = 1_024 / 64 + 1_024 / 32 + (MOST - 2_048) / 16;
        let all: Vec<usize> = (0..count).flat_map(window).collect();
        assert_eq!(all, (0..MOST).collect::<Vec<_>>());
        assert_eq!(window(count), window(0));
    }
}
