//! Durations in answers: what took how long depends on the cut by nature, and may be equal in all uncut
//! runs all the same.

/// The units of time that follow a number.
const UNITS: [&[u8]; 13] = [
    b"ns",
    b"us",
    b"ms",
    b"s",
    b"msec",
    b"msecs",
    b"sec",
    b"secs",
    b"second",
    b"seconds",
    b"milliseconds",
    b"microseconds",
    b"nanoseconds",
];

/// Marks the numbers of durations, and the fractions on a line of which one varies: a sum of times, as
/// in `(0.015 + 0.000 + 0.014 secs)`.
pub(super) fn mark(tokens: &[&[u8]], varies: &mut [bool]) {
    let mut begin = 0;
    while begin < tokens.len() {
        let line = tokens[begin..].iter().position(|token| *token == b"\n");
        let end = line.map_or(tokens.len(), |line| begin + line + 1);
        mark_line(&tokens[begin..end], &mut varies[begin..end]);
        begin = end;
    }
}

fn mark_line(tokens: &[&[u8]], varies: &mut [bool]) {
    for (place, varies) in varies.iter_mut().enumerate() {
        *varies |= is_duration(tokens, place);
    }
    let fractions: Vec<usize> = (2..tokens.len())
        .filter(|place| {
            is_number(tokens[*place - 2]) && tokens[*place - 1] == b"." && is_number(tokens[*place])
        })
        .collect();
    if fractions
        .iter()
        .any(|place| varies[*place] || varies[*place - 2])
    {
        for place in fractions {
            varies[place] = true;
            varies[place - 2] = true;
        }
    }
}

fn is_number(token: &[u8]) -> bool {
    !token.is_empty() && token.iter().all(u8::is_ascii_digit)
}

/// Whether a number with its unit, or a number before one, begins here.
fn is_duration(tokens: &[&[u8]], place: usize) -> bool {
    let token = tokens[place];
    let digits = token
        .iter()
        .take_while(|octet| octet.is_ascii_digit())
        .count();
    let is_unit = |token: &[u8]| UNITS.contains(&token);
    if digits == 0 {
        return false;
    }
    if digits < token.len() {
        return is_unit(&token[digits..]);
    }
    let mut rest = tokens[place + 1..].iter();
    rest.next() == Some(&&b" "[..]) && rest.next().is_some_and(|token| is_unit(token))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recut::token::{Set, tokens};

    fn marked(text: &str, varies: &str) -> String {
        let split = tokens(text.as_bytes(), Set::Alphanumeric);
        let mut marks: Vec<bool> = split
            .iter()
            .map(|token| *token == varies.as_bytes())
            .collect();
        mark(&split, &mut marks);
        let shown = split.iter().zip(marks).map(|(token, varies)| {
            if varies {
                "#".to_owned()
            } else {
                String::from_utf8_lossy(token).into_owned()
            }
        });
        shown.collect()
    }

    #[test]
    fn numbers_with_a_unit_of_time_vary_though_they_never_did() {
        assert_eq!(marked("took 0 ms, 3 items", ""), "took # ms, 3 items");
        assert_eq!(marked("took 12ms", ""), "took #");
        assert_eq!(marked("OK 1.2.3\r\n5 secrets", ""), "OK 1.2.3\r\n5 secrets");
        assert_eq!(marked("in 0.5 s", ""), "in #.# s");
    }

    #[test]
    fn fractions_vary_with_another_on_their_line() {
        assert_eq!(
            marked("v 1.5\nSelect (0.015 + 0.000 + 0.014 secs)", ""),
            "v 1.5\nSelect (#.# + #.# + #.# secs)"
        );
        assert_eq!(marked("load 0.77 0.10", "77"), "load #.# #.#");
    }
}
