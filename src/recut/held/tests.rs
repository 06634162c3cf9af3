//! Differences between what came and what was learned.

use super::*;

/// The conversation with these answers.
pub(in crate::recut) fn held(answers: &[&str], closed: bool) -> Held {
    Held {
        answers: answers
            .iter()
            .map(|answer| answer.as_bytes().to_vec())
            .collect(),
        closed,
        ..Held::default()
    }
}

#[test]
fn each_kind_of_difference_is_told_apart() {
    let learned = Learned::of(&[
        held(&["", "one", "two 1"], false),
        held(&["", "one", "two 2"], false),
    ]);
    let difference = |answers: &[&str], closed| learned.difference(&held(answers, closed));
    assert_eq!(difference(&["", "one", "two 33"], false), None);
    assert_eq!(
        difference(&["", "on", "two 3"], false),
        Some(Difference::Missing { answer: 1 })
    );
    assert_eq!(
        difference(&["", "one"], false),
        Some(Difference::Missing { answer: 2 })
    );
    assert_eq!(
        difference(&["", "o"], true),
        Some(Difference::ClosedInstead { answer: 1 })
    );
    assert_eq!(
        difference(&["", "ane", "two 3"], false),
        Some(Difference::Other { answer: 1 })
    );
    assert_eq!(
        difference(&["", "one", "two 3"], true),
        Some(Difference::Closed)
    );
    assert_eq!(learned.differs_at(1, b"ane"), 0);
}

#[test]
fn an_answer_is_missing_or_beyond_help_or_neither() {
    let learned = Learned::of(&[
        held(&["", "one", "two 1"], false),
        held(&["", "one", "two 2"], false),
    ]);
    for (answer, came, missing, beyond_help) in [
        (1, "", true, false),
        (1, "on", true, false),
        (1, "one", false, false),
        (1, "an", false, true),
        (1, "one more", false, true),
        (2, "", true, false),
        (2, "two", false, false),
        (2, "two 77", false, false),
        (2, "two;", false, true),
    ] {
        assert_eq!(
            learned.is_missing(answer, came.as_bytes()),
            missing,
            "{came}"
        );
        assert_eq!(
            learned.is_beyond_help(answer, came.as_bytes()),
            beyond_help,
            "{came}"
        );
    }
}

#[test]
fn a_heartbeat_counts_for_nothing_wherever_it_comes() {
    let mut beats = held(&["", "hello", "bye"], true);
    beats.unasked = vec![b"PING 1\n".to_vec(), b"PING 2\n".to_vec()];
    let learned = Learned::of(&[held(&["", "hello", "bye"], true), beats]);
    assert_eq!(
        learned.difference(&held(&["PING 7\n", "helPING 12\nlo", "bye"], true)),
        None
    );
    let other = learned.difference(&held(&["", "helPONG 1\nlo", "bye"], true));
    assert_eq!(other, Some(Difference::Other { answer: 1 }));
}

#[test]
fn an_end_that_varies_is_not_compared() {
    let learned = Learned::of(&[held(&["", "a"], true), held(&["", "a"], false)]);
    assert_eq!(learned.difference(&held(&["", "a"], false)), None);
    assert_eq!(learned.difference(&held(&["", "a"], true)), None);
}

#[test]
fn a_value_that_is_another_one_once_is_learned_and_a_refusal_is_not() {
    let mut learned = Learned::of(&[held(&["+7 a", "+OK"], false), held(&["+8 a", "+OK"], false)]);
    assert!(!learned.absorb(&held(&["+7 a", "+KO"], false)));
    assert!(!learned.absorb(&held(&["-7 a", "+OK"], false)));
    assert!(!learned.absorb(&held(&["+7 a", "+OK"], true)));
    assert!(
        learned
            .difference(&held(&["+7x a", "+OK"], false))
            .is_some()
    );
    assert!(learned.absorb(&held(&["+7x a", "+OK"], false)));
    assert_eq!(learned.difference(&held(&["+9z a", "+OK"], false)), None);
}

/// A farewell that the server closes after, before the client's own end of the stream, is the last answer.
#[test]
fn turns_without_an_answer_are_left_out_too() {
    let learned = Learned::of(&[held(&["hello", "one", "bye"], true)]);
    let answers = |from, to| learned.without_turns(from, to, true).patterns.len();
    assert_eq!(answers(1, 3), 2);
    assert_eq!(answers(2, 3), 3);
    assert_eq!(answers(0, 1), 2);
}
