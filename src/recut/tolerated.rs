//! Differences that a right server may make: they are worth a word, and no accusation.

use std::time::Duration;

use super::held::{Difference, Held, Learned, Shown};
use super::variation::Variation;

/// Shortest time limit of a server that waits for the rest of a request at all.
pub(super) const LONG: Duration = Duration::from_millis(200);

/// A reason for which a difference is no mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tolerated {
    /// The answers to turns sent ahead come in another order, or interleaved: streams of HTTP/2, DNS, LDAP.
    Reordered,
    /// The server answered before it had the whole turn, because it needs no more of it, and closes
    /// because the rest is still under way: an HTTP server that does not want the body of a request.
    AnsweredEarly,
    /// An answer waits while the server is inside the next turn, and does not where only the first octet
    /// of that has come.
    HeldBackInside,
    /// The answer differed only where the octets of a turn took far longer to go out than where it did not: the
    /// server's limit for a request that stays away, met on a loaded machine.
    TookLong,
    /// The answer to a turn in many pieces is the same, and comes late: a program that awaits something else for each
    /// piece, one after the other, does so by right.
    CameLate,
    /// A frame that stops early, or has a wrong fixed octet, is answered as the frame that it was made from.
    TakenAnyway,
}

impl Tolerated {
    /// The reason in words.
    pub(crate) const fn in_words(self) -> &'static str {
        match self {
            Self::Reordered => "the answers are the same, in another order",
            Self::AnsweredEarly => {
                "answered before the turn was whole, and closed because of the rest"
            }
            Self::HeldBackInside => {
                "an answer waits while the server is inside the next turn; a client that waits for it \
                there waits for ever"
            }
            Self::TakenAnyway => {
                "answered as the right frame is: the rest of it, or the octet that is wrong, is not looked at"
            }
            Self::CameLate => {
                "the answer is the same, and comes late: it takes its time for each piece"
            }
            Self::TookLong => {
                "answered otherwise only where a turn took far longer to go out: a time limit, met on a loaded \
                machine"
            }
        }
    }

    /// The reason to tolerate a difference, by what was seen of it alone.
    pub(crate) fn of(learned: &Learned, variation: &Variation, shown: &Shown) -> Option<Self> {
        if let Variation::Hostile(one) = variation
            && shown.difference == Difference::AnsweredAnyway
            && !one.lie.forbids_the_answer()
        {
            return Some(Self::TakenAnyway);
        }
        if is_order_alone(learned, variation, &shown.held) {
            return Some(Self::Reordered);
        }
        answered_early(learned, shown).then_some(Self::AnsweredEarly)
    }

    /// The reason to tolerate a variation that differed in some runs and not in others, by how long the
    /// octets of a turn took to go out in each.
    pub(crate) fn of_times(differed: &[Duration], same: &[Duration]) -> Option<Self> {
        let (Some(differed), Some(same)) = (differed.iter().min(), same.iter().max()) else {
            return None;
        };
        (*differed >= LONG && *differed >= *same * 2).then_some(Self::TookLong)
    }

    /// The variation that tells whether an answer is held back inside the next turn alone.
    pub(crate) fn first_octet(variation: &Variation, shown: &Shown) -> Option<Variation> {
        match (variation, &shown.difference) {
            (
                Variation::Join {
                    first,
                    last,
                    into: Some(into),
                },
                Difference::HeldBack { .. },
            ) if *into > 1 => Some(Variation::Join {
                first: *first,
                last: *last,
                into: Some(1),
            }),
            _ => None,
        }
    }
}

fn is_order_alone(learned: &Learned, variation: &Variation, held: &Held) -> bool {
    let Variation::Join {
        first,
        last,
        into: None,
    } = variation
    else {
        return false;
    };
    let answers: Vec<usize> = (first + 1..=last + 1).collect();
    let octets: Vec<u8> = answers
        .iter()
        .filter_map(|answer| held.answers.get(*answer))
        .flatten()
        .copied()
        .collect();
    learned.are_in_any_order(&answers, &octets) || learned.are_interleaved(&answers, &octets)
}

/// True if the last answer holds all lines of the learned one in their order, begins as that does, and
/// came before the turn was whole, and the server closed after it.
fn answered_early(learned: &Learned, shown: &Shown) -> bool {
    let Difference::Other { answer } = shown.difference else {
        return false;
    };
    let held = &shown.held;
    if held.answered_early.is_none_or(|turn| turn + 1 != answer)
        || !held.closed
        || answer + 1 != held.answers.len()
    {
        return false;
    }
    let lines = |octets: &[u8]| -> Vec<Vec<u8>> {
        octets
            .split_inclusive(|octet| *octet == b'\n')
            .map(<[u8]>::to_vec)
            .collect()
    };
    let (usual, came) = (lines(learned.sample(answer)), lines(&held.answers[answer]));
    let mut rest = came.iter();
    usual.len() > 1
        && usual.first() == came.first()
        && usual.iter().all(|line| rest.any(|other| other == line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(answers: &[&str], early: Option<usize>, closed: bool) -> Held {
        Held {
            answers: answers
                .iter()
                .map(|answer| answer.as_bytes().to_vec())
                .collect(),
            answered_early: early,
            closed,
            ..Held::default()
        }
    }

    fn tolerated(uncut: &[&str], variation: &Variation, cut: Held) -> Option<Tolerated> {
        let uncut = held(uncut, None, false);
        let learned = Learned::of(&[uncut.clone(), uncut]);
        let difference = learned.difference(&cut).unwrap();
        let shown = Shown {
            difference,
            held: cut,
        };
        Tolerated::of(&learned, variation, &shown)
    }

    const CUT: Variation = Variation::Cut {
        turn: 0,
        after: Vec::new(),
        pause: false,
    };

    #[test]
    fn an_early_answer_with_a_line_more_and_a_close_is_tolerated_and_no_other() {
        let uncut = ["", "200 OK\r\nlength: 2\r\n\r\nhi"];
        let more = "200 OK\r\nlength: 2\r\nconnection: close\r\n\r\nhi";
        let early = |answer: &str, early, closed| {
            tolerated(&uncut, &CUT, held(&["", answer], early, closed))
        };
        assert_eq!(early(more, Some(0), true), Some(Tolerated::AnsweredEarly));
        assert_eq!(early(more, None, true), None);
        assert_eq!(early(more, Some(0), false), None);
        let refused = "400 bad\r\nlength: 2\r\nconnection: close\r\n\r\nhi";
        assert_eq!(early(refused, Some(0), true), None);
        let shorter = "200 OK\r\nconnection: close\r\n\r\nhi";
        assert_eq!(early(shorter, Some(0), true), None);
    }

    #[test]
    fn a_difference_that_comes_with_a_long_wait_is_put_down_to_that() {
        let took = |millis: &[u64]| -> Vec<Duration> {
            millis.iter().copied().map(Duration::from_millis).collect()
        };
        let of = |differed: &[u64], same: &[u64]| Tolerated::of_times(&took(differed), &took(same));
        assert_eq!(of(&[520], &[3, 9, 40]), Some(Tolerated::TookLong));
        assert_eq!(of(&[520, 700], &[3, 40]), Some(Tolerated::TookLong));
        assert_eq!(of(&[520], &[3, 300]), None);
        assert_eq!(of(&[520, 4], &[3, 40]), None);
        assert_eq!(of(&[90], &[3, 4]), None);
        assert_eq!(of(&[520], &[]), None);
    }

    #[test]
    fn answers_that_are_mixed_are_tolerated_where_turns_are_joined() {
        let join = |into| Variation::Join {
            first: 0,
            last: 1,
            into,
        };
        let mixed = |variation: &Variation, came: &str| {
            tolerated(
                &["", "abAB", "cdCD"],
                variation,
                held(&["", came, ""], None, false),
            )
        };
        assert_eq!(mixed(&join(None), "abcdABCD"), Some(Tolerated::Reordered));
        assert_eq!(mixed(&join(None), "abcdABCx"), None);
        assert_eq!(mixed(&join(None), "abcdABC"), None);
        assert_eq!(mixed(&CUT, "abcdABCD"), None);
    }
}
