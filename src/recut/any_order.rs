//! Answers to turns that were sent together, in another order or interleaved.

use super::held::Learned;

/// Octets of an answer that a coded value may change beside those that were seen to.
const MAX_CODED: usize = 32;

impl Learned {
    /// Whether octets are a permutation of these answers, one after the other.
    pub(crate) fn are_in_any_order(&self, answers: &[usize], octets: &[u8]) -> bool {
        if answers.is_empty() {
            return octets.is_empty();
        }
        let octets = self.asked(octets);
        self.permuted(answers, &octets)
    }

    /// Whether octets are those of these answers, mixed in any way, but for as many as vary. Values that vary may
    /// be coded, so that more of them changes than was seen to, and by one octet more or less in length: a date
    /// in compressed headers.
    pub(crate) fn are_interleaved(&self, answers: &[usize], octets: &[u8]) -> bool {
        let octets = self.asked(octets);
        let samples = || answers.iter().map(|answer| self.sample(*answer));
        if answers.iter().any(|it| self.patterns[*it].is_open()) {
            return false;
        }
        let mut counts = [0_i64; 256];
        for came in octets.iter() {
            counts[usize::from(*came)] += 1;
        }
        for usual in samples().flatten() {
            counts[usize::from(*usual)] -= 1;
        }
        let sum = |counts: &mut dyn Iterator<Item = i64>| {
            usize::try_from(counts.map(i64::abs).sum::<i64>()).unwrap_or(usize::MAX)
        };
        let more = sum(&mut counts.iter().copied().filter(|count| *count > 0));
        let fewer = sum(&mut counts.iter().copied().filter(|count| *count < 0));
        let shortest = samples().map(<[u8]>::len).min().unwrap_or(0);
        let varying = answers.iter().map(|it| self.patterns[*it].masked());
        let vary: usize = varying.clone().sum();
        let coded = varying.filter(|masked| *masked > 0).count() * MAX_CODED.min(shortest / 4);
        more.max(fewer) <= vary + coded && more.abs_diff(fewer) <= coded
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

    /// A value that varies is coded: more of it differs than was seen to, but no answer is missing.
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
        let fixed = Learned::of(&[held(1), held(1)]);
        assert!(!fixed.are_interleaved(&[1, 2], &mixed(&coded, 46, 46)));
        assert!(!learned.are_interleaved(&[1, 3], &mixed(&[0xb0, 2], 48, 0)));
    }
}
