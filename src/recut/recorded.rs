//! Comparison of the outcome of an answer with that of the recorded one.

use super::token::{Set, is_text, is_word, tokens};
use crate::trace::answer::Answer;
use crate::trace::octets::Octets;

/// True if an answer came where the recording has one, and it says the same as there.
pub(super) fn is_as_recorded(answer: Option<&Answer>, came: &[u8]) -> bool {
    let Some(answer) = answer else { return true };
    match answer.octets.as_ref().map(Octets::to_vec) {
        None => !came.is_empty(),
        Some(recorded) if recorded.is_empty() => true,
        Some(recorded) => !came.is_empty() && same_outcome(&recorded, came),
    }
}

/// Number of words at the beginning of an answer that say whether something went well.
const STATUS_WORDS: usize = 4;

/// True if two answers say the same, apart from values: times, identifiers, versions, sizes.
///
/// The question is whether the uncut conversation went as it was recorded. A refusal begins with
/// another word or another status, or has little in common with the recorded answer.
pub(crate) fn same_outcome(recorded: &[u8], came: &[u8]) -> bool {
    if recorded == came || recorded.is_empty() {
        return true;
    }
    if !is_text(recorded) || !is_text(came) {
        return same_binary(recorded, came);
    }
    let words = |octets| -> Vec<&[u8]> {
        tokens(octets, Set::Alphanumeric)
            .into_iter()
            .filter(|token| is_word(token, Set::Alphanumeric))
            .collect()
    };
    let (before, now) = (words(recorded), words(came));
    let sign = |octets: &[u8]| octets.first().copied().filter(u8::is_ascii_punctuation);
    if sign(recorded) != sign(came) {
        return false;
    }
    let statuses = before.iter().zip(&now).take(STATUS_WORDS);
    for (a, b) in statuses {
        let letters = |word: &[u8]| word.iter().all(u8::is_ascii_alphabetic);
        let is_status = |word: &[u8]| word.len() == 3 && word.iter().all(u8::is_ascii_digit);
        if is_status(a) && is_status(b) && a[0] != b[0] {
            return false;
        }
        // The first word is a verdict more often than a value.
        if a != b && std::ptr::eq(*a, before[0]) && letters(a) && letters(b) {
            return false;
        }
    }
    let common = before.iter().filter(|word| now.contains(word)).count();
    let values = before
        .iter()
        .filter(|word| word.iter().any(u8::is_ascii_digit))
        .count();
    // Words that hold digits are values; of the others at least half are there again.
    let names = before.len() - values.min(before.len());
    let names_again = before
        .iter()
        .filter(|word| !word.iter().any(u8::is_ascii_digit) && now.contains(word))
        .count();
    names == 0 || names_again * 2 >= names || common * 2 >= before.len()
}

/// Binary answers have the same outcome if at least half of the octets stand where they stood, from
/// either end.
fn same_binary(recorded: &[u8], came: &[u8]) -> bool {
    let longest = recorded.len().max(came.len());
    let same_place = |a: &[u8], b: &[u8]| a.iter().zip(b).filter(|(a, b)| a == b).count();
    let from_start = same_place(recorded, came);
    let reversed = |octets: &[u8]| octets.iter().rev().copied().collect::<Vec<u8>>();
    let from_end = same_place(&reversed(recorded), &reversed(came));
    let same_first = recorded.first() == came.first();
    from_start.max(from_end) * 2 >= longest || same_first && recorded.len() == came.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_may_differ_and_outcomes_may_not() {
        for (recorded, came, same) in [
            ("+OK 17\r\n", "+OK 18\r\n", true),
            ("+OK\r\n", "-ERR unknown\r\n", false),
            ("OK welcome\n", "DENIED\n", false),
            (
                "250 2.0.0 Ok: queued as 4F1\r\n",
                "250 2.0.0 Ok: queued as 77B0\r\n",
                true,
            ),
            ("250 ok\r\n", "550 no\r\n", false),
            (
                "HTTP/1.1 200 OK\r\nDate: Sat, 28 Nov\r\n\r\n",
                "HTTP/1.1 200 OK\r\nDate: Mon, 30 Nov\r\n\r\n",
                true,
            ),
            (
                "HTTP/1.1 200 OK\r\n\r\n",
                "HTTP/1.1 400 Bad Request\r\n\r\n",
                false,
            ),
            (
                "HTTP/1.1 200 OK\r\nServer: a/1.2\r\n\r\nhi",
                "HTTP/1.1 200 OK\r\nServer: a/1.3\r\nVia: x\r\n\r\nhi",
                true,
            ),
            (":1\r\n", ":2\r\n", true),
        ] {
            assert_eq!(
                same_outcome(recorded.as_bytes(), came.as_bytes()),
                same,
                "{recorded:?} {came:?}"
            );
        }
        assert!(same_outcome(b"\0\x01\xFFabcd", b"\0\x01\xFFabce"));
        assert!(!same_outcome(
            &[7, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0],
            &[
                0x17, 0, 0, 2, 0xFF, 0x15, 4, b'#', b'2', b'8', b'0', 0, b'A', b'c', b'c', b'e',
                b's', b's', b' ', b'd'
            ]
        ));
    }
}
