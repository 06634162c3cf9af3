//! The cuts of one burst: those that follow from the place alone, and those that follow from the burst.

use super::cut::{Cut, Direction, ONE_BY_ONE, Place};
use super::frames::Frames;
use crate::framing::Framing;

/// Octets at each edge of a burst that go alone under [`Cut::Octets`].
const EDGE: u64 = 8;

/// Cuts that follow from bursts, in each direction of a connection. A long transfer comes in
/// thousands of bursts, and each cut costs a millisecond at most.
const MAX_EDGE_CUTS: usize = 512;

/// Line ends at the start of a burst, and as many at its end, that are cut in two under
/// [`Cut::Edges`].
const LINE_ENDS: usize = 16;

/// Finds the cuts of one direction of a connection.
#[derive(Debug)]
pub(super) struct Cutter<'c> {
    cut: &'c Cut,
    direction: Direction,
    connection: u32,
    edge_cuts: usize,
    bursts: usize,
    frames: Option<Frames<'c>>,
}

impl<'c> Cutter<'c> {
    pub(super) fn new(
        cut: &'c Cut,
        framing: Option<&'c Framing>,
        connection: u32,
        direction: Direction,
    ) -> Self {
        Self {
            cut,
            direction,
            connection,
            edge_cuts: 0,
            bursts: 0,
            frames: framing.filter(|_| *cut == Cut::Edges).map(Frames::new),
        }
    }

    pub(super) const fn place(&self, after: u64) -> Place {
        Place {
            direction: self.direction,
            connection: self.connection,
            after,
        }
    }

    /// The offsets at which a burst is cut that begins at `start`, in ascending order. A cut at
    /// `start` itself keeps it apart from what came before; there is none at its end.
    pub(super) fn cuts(&mut self, start: u64, burst: &[u8]) -> Vec<u64> {
        let length = burst.len() as u64;
        let mut cuts: Vec<u64> = match self.cut {
            Cut::None | Cut::Join | Cut::JoinAt(_) => Vec::new(),
            Cut::At(places) => places
                .iter()
                .filter(|place| {
                    place.direction == self.direction && place.connection == self.connection
                })
                .map(|place| place.after)
                .filter(|after| (start..start + length).contains(after))
                .collect(),
            Cut::Octets | Cut::Random(_) => (start..start + length)
                .filter(|after| self.cut.is_at(self.place(*after)))
                .collect(),
            Cut::Edges => Vec::new(),
        };
        if self.edge_cuts < MAX_EDGE_CUTS {
            let mut of_burst: Vec<u64> = match self.cut {
                Cut::Octets if start + length > ONE_BY_ONE => edges_one_by_one(length),
                Cut::Edges => match self.frames.as_mut().and_then(|frames| frames.cuts(burst)) {
                    Some(cuts) => cuts,
                    None => edges(burst, self.bursts),
                },
                _ => Vec::new(),
            };
            of_burst.sort_unstable();
            of_burst.dedup();
            let of_burst = outermost(of_burst, MAX_EDGE_CUTS - self.edge_cuts);
            self.edge_cuts += of_burst.len();
            cuts.extend(of_burst.into_iter().map(|offset| start + offset));
        }
        self.bursts += 1;
        cuts.retain(|after| *after > 0);
        cuts.sort_unstable();
        cuts.dedup();
        cuts
    }
}

/// The first and the last of `cuts`, `most` in all.
fn outermost(mut cuts: Vec<u64>, most: usize) -> Vec<u64> {
    let too_many = cuts.len().saturating_sub(most);
    let first = most.div_ceil(2).min(cuts.len());
    cuts.drain(first..first + too_many);
    cuts
}

fn edges_one_by_one(length: u64) -> Vec<u64> {
    (0..length)
        .filter(|offset| *offset <= EDGE || length - offset <= EDGE)
        .collect()
}

/// Few cuts with much between them: parsers that join what comes octet by octet may still fail
/// over a message and a half, or over two whole pieces. So the bursts take turns.
fn edges(burst: &[u8], number: usize) -> Vec<u64> {
    let length = burst.len();
    let mut cuts = match number % 3 {
        0 => vec![0, length * 2 / 3],
        1 => vec![0, 1, length.saturating_sub(1)],
        _ => vec![0, length / 2],
    };
    if number % 3 == 1 {
        let line_ends: Vec<usize> = burst
            .windows(2)
            .enumerate()
            .filter(|(_, pair)| pair == b"\r\n")
            .map(|(offset, _)| offset + 1)
            .collect();
        cuts.extend(line_ends.iter().take(LINE_ENDS));
        cuts.extend(line_ends.iter().rev().take(LINE_ENDS));
    }
    cuts.retain(|offset| *offset < length);
    cuts.into_iter().map(|offset| offset as u64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cuts(cut: &str, start: u64, burst: &[u8]) -> Vec<u64> {
        let cut = cut.parse().unwrap();
        Cutter::new(&cut, None, 1, Direction::ToClient).cuts(start, burst)
    }

    #[test]
    fn octets_go_alone_at_first_and_at_edges_later() {
        assert_eq!(cuts("octets", 0, b"abcd"), [1, 2, 3]);
        assert_eq!(cuts("octets", 4, b"ab"), [4, 5]);
        let late: Vec<u64> = (8192..=8200).chain(8192 + 92..8192 + 100).collect();
        assert_eq!(cuts("octets", 8192, &[0; 100]), late);
        assert_eq!(cuts("octets", ONE_BY_ONE, b"abcdef").len(), 6);
    }

    #[test]
    fn edges_are_few() {
        let cut = Cut::Edges;
        let mut cutter = Cutter::new(&cut, None, 1, Direction::ToClient);
        assert_eq!(cutter.cuts(0, b"+OK\r\n+PONG\r\n"), [8]);
        assert_eq!(cutter.cuts(12, b"+OK\r\n+PONG\r\n"), [12, 13, 16, 23]);
        assert_eq!(cutter.cuts(24, b"abcdefgh"), [24, 28]);
        assert_eq!(cutter.cuts(32, b"abcdef"), [32, 36]);
        assert!(cuts("edges", 0, b"a").is_empty());
    }

    #[test]
    fn with_a_framing_the_frames_are_cut_whatever_the_bursts_are() {
        let framing = "u32be".parse().unwrap();
        let cut = Cut::Edges;
        let mut cutter = Cutter::new(&cut, Some(&framing), 1, Direction::ToServer);
        assert_eq!(cutter.cuts(0, b"\0\0\0\x04abcd\0\0"), [2, 4, 6, 9]);
        assert_eq!(cutter.cuts(10, b"\0\x02xy"), [10, 12, 13]);
    }

    #[test]
    fn a_burst_of_a_thousand_frames_is_cut_in_the_first_and_the_last() {
        let framing = "netstring".parse().unwrap();
        let mut cutter = Cutter::new(&Cut::Edges, Some(&framing), 1, Direction::ToClient);
        let cuts = cutter.cuts(0, &b"1:a,".repeat(1000));
        assert_eq!(cuts.len(), MAX_EDGE_CUTS);
        assert!(cuts[0] < 4 && cuts[MAX_EDGE_CUTS - 1] >= 3996, "{cuts:?}");
        assert!(cutter.cuts(4000, b"1:a,1:a,").is_empty());
    }

    #[test]
    fn given_places_are_those_of_this_stream() {
        let at = "at:1:to-client:2,1:to-server:1,2:to-client:3,1:to-client:9";
        assert_eq!(cuts(at, 0, b"abcdef"), [2]);
        assert_eq!(cuts(at, 6, b"abcdef"), [9]);
    }

    #[test]
    fn a_long_transfer_is_not_cut_for_ever() {
        let cut = Cut::Octets;
        let mut cutter = Cutter::new(&cut, None, 1, Direction::ToClient);
        let many: usize = (1..1000)
            .map(|burst| cutter.cuts(burst * 65536, &[0; 65536]).len())
            .sum();
        assert!(many < MAX_EDGE_CUTS + 2 * EDGE as usize, "{many}");
    }
}
