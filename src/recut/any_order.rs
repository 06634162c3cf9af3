//! Answers to turns that were sent together, in another order or interleaved.

use super::held::Learned;

impl Learned {
    /// Whether octets are a permutation of these answers, one after the other.
    pub(crate) fn are_in_any_order(&self, answers: &[usize], octets: &[u8]) -> bool {
        if answers.is_empty() {
            return octets.is_empty();
        }
        let octets = self.asked(octets);
        self.permuted(answers, &octets)
    }

    /// Whether octets are those of these answers, mixed in any way, but for as many as vary.
    pub(crate) fn are_interleaved(&self, answers: &[usize], octets: &[u8]) -> bool {
        let octets = self.asked(octets);
        let usual: Vec<u8> = answers
            .iter()
            .flat_map(|answer| self.sample(*answer).to_vec())
            .collect();
        if octets.len() != usual.len() || answers.iter().any(|it| self.patterns[*it].is_open()) {
            return false;
        }
        let mut counts = [0_i64; 256];
        for (came, usual) in octets.iter().zip(&usual) {
            counts[usize::from(*came)] += 1;
            counts[usize::from(*usual)] -= 1;
        }
        let others: i64 = counts.iter().filter(|count| **count > 0).sum();
        let vary: usize = answers.iter().map(|it| self.patterns[*it].masked()).sum();
        usize::try_from(others).is_ok_and(|others| others <= vary)
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
}
