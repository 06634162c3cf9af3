//! Shrinking a finding: fewer places, fewer turns, fewer octets, as long as it shows the same.

use super::bench::{Bench, Suspect};
use super::compare::Kind;
use crate::judge::shrinking::{Shrinking, minimise};
use crate::recut::variation::Variation;

/// Most conversations that go into one finding.
const RUNS: usize = 200;

/// The same for a server that hangs, which is waited for in each conversation that shows it.
const HUNG_RUNS: usize = 24;

/// Makes a confirmed finding smaller. The result is confirmed again, or else the finding as it was.
pub(super) fn shrink(bench: &mut Bench<'_>, found: Suspect) -> Result<Suspect, String> {
    let runs = match found.kind {
        Kind::Hung => HUNG_RUNS,
        _ => RUNS,
    };
    let time = bench.shrinking;
    let mut shrinking = Shrinking::new(bench, found, runs).within(time);
    shrinking.turns()?;
    shrinking.places()?;
    shrinking.octets()?;
    shrinking.places()?;
    shrinking.ended()
}

impl Shrinking<'_, Bench<'_>> {
    /// Leaves out the turns beside the one that was changed: all, or one by one.
    fn turns(&mut self) -> Result<(), String> {
        let count = self.least.conversation.turns.len();
        let turn = self.least.turn;
        for (from, to) in [(turn + 1, count), (0, turn)] {
            if from == to || self.drop_turns(from, to)? {
                continue;
            }
            for one in (from..to).rev() {
                if to - from > 1 {
                    self.drop_turns(one, one + 1)?;
                }
            }
        }
        Ok(())
    }

    fn drop_turns(&mut self, from: usize, to: usize) -> Result<bool, String> {
        let mut smaller = self.least.clone();
        smaller.conversation.turns.drain(from..to);
        if to <= smaller.turn {
            smaller.turn -= to - from;
            if let Variation::Cut { turn, .. } = &mut smaller.variation {
                *turn = smaller.turn;
            }
        }
        self.keep(&smaller)
    }

    fn places(&mut self) -> Result<(), String> {
        let Variation::Cut { after, .. } = self.least.variation.clone() else {
            return Ok(());
        };
        minimise(after, &mut |places| {
            let mut smaller = self.least.clone();
            if let Variation::Cut { after, .. } = &mut smaller.variation {
                *after = places.to_vec();
            }
            self.keep(&smaller)
        })
    }

    /// Leaves out octets of the turn that was changed. A cut stays between the octets around it.
    fn octets(&mut self) -> Result<(), String> {
        let turn = self.least.turn;
        let sent = self.least.conversation.turns[turn].sent.clone();
        let places = self.least.variation.places(turn, sent.len());
        let is_cut = self.least.variation != Variation::Uncut;
        let marked: Vec<(u8, bool)> = sent
            .iter()
            .enumerate()
            .map(|(at, octet)| (*octet, places.contains(&at)))
            .collect();
        // Octets that are left out are marked by the index of the original, so that cuts move along.
        let indices: Vec<usize> = (0..marked.len()).collect();
        minimise(indices, &mut |kept| {
            let (octets, after) = without(&marked, kept);
            if octets.is_empty() || is_cut && after.is_empty() {
                return Ok(false);
            }
            let mut smaller = self.least.clone();
            smaller.conversation.turns[turn].sent = octets;
            if is_cut {
                smaller.variation = Variation::Cut {
                    turn,
                    after,
                    pause: false,
                };
            }
            self.keep(&smaller)
        })
    }
}

/// The octets that are kept, and the cuts that still lie between two of them.
fn without(marked: &[(u8, bool)], kept: &[usize]) -> (Vec<u8>, Vec<usize>) {
    let (mut octets, mut after) = (Vec::new(), Vec::new());
    let mut next = 0;
    for index in kept {
        let cut = marked[next..=*index].iter().any(|(_, cut)| *cut);
        if cut && !octets.is_empty() {
            after.push(octets.len());
        }
        octets.push(marked[*index].0);
        next = index + 1;
    }
    (octets, after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_stays_between_the_octets_around_it() {
        let marked = [(b'a', false), (b'b', false), (b'c', true), (b'd', false)];
        assert_eq!(without(&marked, &[0, 1, 2, 3]), (b"abcd".to_vec(), vec![2]));
        assert_eq!(without(&marked, &[0, 3]), (b"ad".to_vec(), vec![1]));
        assert_eq!(without(&marked, &[2, 3]), (b"cd".to_vec(), vec![]));
        assert_eq!(without(&marked, &[0, 1]), (b"ab".to_vec(), vec![]));
    }
}
