//! Answers to turns that were sent together, in another order or interleaved.

use super::held::Learned;
use super::pattern::Pattern;

/// Octets of an answer that a coded value may change beside those that vary in the samples.
const MAX_CODED: usize = 32;

/// Bounds on octets of joined answers that may differ from the samples.
struct Varies {
    octets: usize,
    length: usize,
    /// The number of lengths in which each answer is tried.
    lengths: usize,
}

fn count(counts: &mut [i64; 256], octets: &[u8], each: i64) {
    for octet in octets {
        counts[usize::from(*octet)] += each;
    }
}

impl Learned {
    /// True if the octets are a permutation of these answers, one after the other.
    pub(crate) fn are_in_any_order(&self, answers: &[usize], octets: &[u8]) -> bool {
        if answers.is_empty() {
            return octets.is_empty();
        }
        let octets = self.asked(octets);
        self.permuted(answers, &octets)
    }

    /// True if the octets are those of these answers, mixed in any way, except for as many as vary. Values that vary
    /// may be coded, so that more octets of them change than in the samples, and their length too: a date in
    /// compressed headers.
    pub(crate) fn are_interleaved(&self, answers: &[usize], octets: &[u8]) -> bool {
        if answers.iter().any(|it| self.patterns[*it].is_open()) {
            return false;
        }
        let mut counts = [0_i64; 256];
        count(&mut counts, &self.asked(octets), 1);
        let shortest = answers.iter().map(|it| self.sample(*it).len()).min();
        let patterns = answers.iter().map(|it| &self.patterns[*it]);
        let coded = patterns
            .clone()
            .filter(|pattern| pattern.masked() > 0 || pattern.is_loose())
            .count()
            * MAX_CODED.min(shortest.unwrap_or(0) / 4);
        let varies = Varies {
            octets: patterns.map(Pattern::masked).sum::<usize>() + coded,
            length: coded,
            lengths: match answers.len() {
                0..=4 => 4,
                5..=8 => 2,
                _ => 1,
            },
        };
        self.leaves_little(answers, counts, &varies)
    }

    /// True if little is left of these counts when these answers, each in one of its lengths, are taken off.
    fn leaves_little(&self, answers: &[usize], counts: [i64; 256], varies: &Varies) -> bool {
        let Some((answer, others)) = answers.split_first() else {
            let of = |sign: i64| {
                let some = counts.iter().map(|count| (count * sign).max(0));
                usize::try_from(some.sum::<i64>()).unwrap_or(usize::MAX)
            };
            let (more, fewer) = (of(1), of(-1));
            return more.max(fewer) <= varies.octets && more.abs_diff(fewer) <= varies.length;
        };
        self.of_each_length(*answer, varies.lengths)
            .into_iter()
            .any(|sample| {
                let mut counts = counts;
                count(&mut counts, sample, -1);
                self.leaves_little(others, counts, varies)
            })
    }

    fn permuted(&self, answers: &[usize], octets: &[u8]) -> bool {
        if answers.is_empty() {
            return octets.is_empty();
        }
        answers.iter().enumerate().any(|(place, answer)| {
            let mut rest = answers.to_vec();
            rest.remove(place);
            let ends = self.patterns[*answer].ends(octets);
            ends.into_iter()
                .rev()
                .take(4)
                .any(|end| self.permuted(&rest, &octets[end..]))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recut::held::Held;

    #[test]
    fn joined_answers_may_come_in_any_order() {
        let learned = Learned::of(&[Held {
            answers: ["", "a1", "b22", "c"].map(Into::into).to_vec(),
            ..Held::default()
        }]);
        assert!(learned.are_in_any_order(&[1, 2, 3], b"cb22a1"));
        assert!(!learned.are_in_any_order(&[1, 2, 3], b"cb22"));
    }

    /// A value that varies is coded: more of it differs than in the samples, but no answer is missing.
    #[test]
    fn interleaved_answers_may_differ_in_coded_values() {
        let held = |second: u8| Held {
            answers: [
                Vec::new(),
                [&[0xb0, second][..], &[b'a'; 48]].concat(),
                [&[0xb1, second][..], &[b'b'; 48]].concat(),
                b"OK".to_vec(),
            ]
            .map(Into::into)
            .to_vec(),
            ..Held::default()
        };
        let learned = Learned::of(&[held(1), held(2)]);
        let mixed = |head: &[u8], a: usize, b: usize| {
            let mut octets = head.to_vec();
            octets.extend([b'a'].repeat(a));
            octets.extend([b'b'].repeat(b));
            octets
        };
        let coded = [0xb1, 0xb0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5];
        assert!(learned.are_interleaved(&[1, 2], &mixed(&coded, 46, 46)));
        assert!(learned.are_interleaved(&[1, 2], &mixed(&coded, 46, 47)));
        assert!(!learned.are_interleaved(&[1, 2], &mixed(&coded, 46, 0)));
        assert!(!learned.are_interleaved(&[1, 2], &mixed(&coded, 16, 48)));
        // A value that was sent whole when it was new, and by its number after that.
        let mut new = held(3);
        new.answers[2].splice(2..2, [b'd'; 23]);
        let learned = Learned::of(&[new, held(1), held(2)]);
        assert!(learned.are_interleaved(&[1, 2], &mixed(&coded, 46, 46)));
        assert!(!learned.are_interleaved(&[1, 2], &mixed(&coded, 46, 0)));
        let fixed = Learned::of(&[held(1), held(1)]);
        assert!(!fixed.are_interleaved(&[1, 2], &mixed(&coded, 46, 46)));
        assert!(!learned.are_interleaved(&[1, 3], &mixed(&[0xb0, 2], 48, 0)));
    }
}
