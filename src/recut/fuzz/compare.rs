//! The difference of a run of a mutant that was cut from runs of it whole.

use crate::recut::held::{Held, Learned};

/// The kind of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The answer depends on the cut.
    Different,
    /// The server ended, by itself or by a signal.
    Died,
    /// After the conversation the server does not serve the recorded one any more.
    Hung,
    /// The answers are the same up to a close, which may have taken some octets along by right.
    LostAtClose,
    /// The server answered a part of what was sent, otherwise than the whole, and closes either way.
    AnsweredEarly,
    /// The answers are the same, and some come only when more has been sent.
    HeldBack,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Different => "different",
            Self::Died => "died",
            Self::Hung => "hung",
            Self::LostAtClose => "lost-at-close",
            Self::AnsweredEarly => "answered-early",
            Self::HeldBack => "held-back",
        }
    }

    /// True if it fails the run.
    pub(super) const fn is_hard(self) -> bool {
        matches!(self, Self::Different | Self::Died | Self::Hung)
    }
}

/// Runs of a mutant whole, and the facts learned from them.
#[derive(Debug, Clone)]
pub(super) struct Whole {
    pub(super) learned: Learned,
    /// The first of the runs.
    pub(super) first: Held,
}

impl Whole {
    /// `None` if the runs do not agree with each other: nothing can be said of the mutant.
    pub(super) fn of(runs: &[Held]) -> Option<Self> {
        let first = runs.first()?.clone();
        let learned = Learned::of(runs);
        let agree = runs.iter().all(|run| {
            run.closed == first.closed
                && run.died.is_some() == first.died.is_some()
                && run.answers.len() == first.answers.len()
        });
        let steady = agree && learned.patterns.iter().all(|pattern| !pattern.is_loose());
        steady.then_some(Self { learned, first })
    }

    /// The kind of difference of a cut run, if it differs.
    pub(super) fn differs(&self, cut: &Held) -> Option<Kind> {
        if cut.died.is_some() && self.first.died.is_none() {
            return Some(Kind::Died);
        }
        let same_end = self.first.closed == cut.closed;
        let count = self.learned.patterns.len();
        let all_here = cut.answers.iter().skip(count).all(Vec::is_empty);
        let answered = |answer| {
            let came = cut.answers.get(answer).map(Vec::as_slice);
            self.learned.is_answer(answer, came.unwrap_or_default())
        };
        if same_end && all_here && (0..count).all(answered) {
            return None;
        }
        let (whole, cut_octets) = (self.first.answers.concat(), cut.answers.concat());
        let same_octets = whole == cut_octets
            || all_here && count > 0 && self.learned.are_answers(0..=count - 1, &cut_octets);
        if same_octets {
            return Some(if same_end {
                Kind::HeldBack
            } else {
                Kind::Different
            });
        }
        Some(self.loses(cut, &whole, &cut_octets))
    }

    /// The kind of difference where some octets of one run are not in the other.
    fn loses(&self, cut: &Held, whole: &[u8], cut_octets: &[u8]) -> Kind {
        // A reset takes along what the server had written before, and a server that closes at an error
        // may drop what it had not written yet; the same octets in pieces leave time to write it.
        let reset = cut.reset || self.first.reset;
        let is_part = whole.starts_with(cut_octets) || cut_octets.starts_with(whole);
        let whole_lost = self.first.closed && cut_octets.starts_with(whole);
        if is_part && (reset || whole_lost) {
            return Kind::LostAtClose;
        }
        // A server may answer before all of a request is there, and what it says of it (whether the
        // connection stays open, say) then rests on what it has seen. An error follows either way.
        let early = &cut_octets[..cut.early.min(cut_octets.len())];
        let said_otherwise = !collapsed(whole).starts_with(&collapsed(early));
        if self.first.closed && cut.closed && !early.is_empty() && said_otherwise {
            Kind::AnsweredEarly
        } else {
            Kind::Different
        }
    }
}

/// Octets in which every number is like any other.
pub(super) fn collapsed(octets: &[u8]) -> Vec<u8> {
    let digit = |octet: &u8| if octet.is_ascii_digit() { b'0' } else { *octet };
    let mut collapsed: Vec<u8> = octets.iter().map(digit).collect();
    collapsed.dedup_by(|a, b| *a == b'0' && *b == b'0');
    collapsed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recut::held::tests::held;

    fn kind(whole: &Held, cut: &Held) -> Option<Kind> {
        Whole::of(&[whole.clone(), whole.clone()])
            .unwrap()
            .differs(cut)
    }

    #[test]
    fn differences_have_their_kinds() {
        let whole = held(&["", "+OK\r\n", "-ERR\r\n"], true);
        assert_eq!(kind(&whole, &whole.clone()), None);
        for (cut, expected) in [
            (
                held(&["", "+OK\r\n", "+OK\r\n"], true),
                Some(Kind::Different),
            ),
            // The error never came, and nothing explains that.
            (held(&["", "+OK\r\n", ""], true), Some(Kind::Different)),
            (
                held(&["", "+OK\r\n", "-ERR\r\n"], false),
                Some(Kind::Different),
            ),
            (
                held(&["", "", "+OK\r\n-ERR\r\n"], true),
                Some(Kind::HeldBack),
            ),
            (
                held(&["", "+OK\r\n", "-ERR\r\nmore"], true),
                Some(Kind::LostAtClose),
            ),
        ] {
            assert_eq!(kind(&whole, &cut), expected, "{cut:?}");
        }
        // The answer to a part, before the rest was there, and the answer to the whole.
        for (early, closed, expected) in [
            (5, true, Kind::Different),
            (11, true, Kind::AnsweredEarly),
            (11, false, Kind::Different),
        ] {
            let cut = Held {
                early,
                ..held(&["", "+OK\r\n", "-NO\r\n"], closed)
            };
            assert_eq!(kind(&whole, &cut), Some(expected), "{cut:?}");
        }
        let reset = Held {
            reset: true,
            ..held(&["", "+OK\r\n", ""], true)
        };
        assert_eq!(kind(&whole, &reset), Some(Kind::LostAtClose));
        let died = Held {
            died: Some("killed by signal 11".to_owned()),
            ..held(&["", "+OK\r\n", ""], true)
        };
        assert_eq!(kind(&whole, &died), Some(Kind::Died));
    }

    #[test]
    fn runs_that_disagree_say_nothing() {
        let one = held(&["", "+OK 1\r\n"], false);
        let ends = held(&["", "+OK 1\r\n"], true);
        assert!(Whole::of(&[one.clone(), ends]).is_none());
        let counts = held(&["", "+OK 22\r\n"], false);
        let whole = Whole::of(&[one, counts]).unwrap();
        assert_eq!(whole.differs(&held(&["", "+OK 333\r\n"], false)), None);
        assert_eq!(
            whole.differs(&held(&["", "-NO 333\r\n"], false)),
            Some(Kind::Different)
        );
    }
}
