//! Durations in answers: they depend on the cut by nature, although they may be equal in all uncut runs.

use super::token::{Set, tokens};

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

/// The length of the shortest fraction.
pub(super) const SHORTEST: usize = 3;

/// Splits octets into tokens; a sum of times, as in `(0.015 + 0.000 + 0.014 secs)`, is a token by itself, because a
/// server may leave out terms that are nothing.
pub(super) fn split(octets: &[u8], words: Set) -> Vec<&[u8]> {
    let mut split = Vec::new();
    let (mut begin, mut place) = (0, 0);
    while place < octets.len() {
        let inside =
            place > 0 && (octets[place - 1].is_ascii_alphanumeric() || octets[place - 1] == b'.');
        match sum(&octets[place..]) {
            Some((len, terms)) if !inside && terms > 1 && precedes_unit(&octets[place + len..]) => {
                split.extend(tokens(&octets[begin..place], words));
                split.push(&octets[place..place + len]);
                place += len;
                begin = place;
            }
            _ => place += 1,
        }
    }
    split.extend(tokens(&octets[begin..], words));
    split
}

/// True if a token that `split` made is a sum of times.
pub(super) fn is_sum(token: &[u8]) -> bool {
    sum(token).is_some_and(|(len, terms)| len == token.len() && terms > 1)
}

/// The length of a sum of fractions at the beginning of some octets, and the number of its terms.
pub(super) fn sum(octets: &[u8]) -> Option<(usize, usize)> {
    let (mut len, mut terms) = (fraction(octets)?, 1);
    while let Some(next) = octets[len..].strip_prefix(b" + ").and_then(fraction) {
        len += b" + ".len() + next;
        terms += 1;
    }
    Some((len, terms))
}

/// The number of octets at the beginning that may belong to a sum of times.
pub(super) fn agrees(octets: &[u8]) -> usize {
    let signs = b"0123456789. +";
    octets
        .iter()
        .take_while(|octet| signs.contains(octet))
        .count()
}

/// The length of a decimal fraction at the beginning of some octets.
fn fraction(octets: &[u8]) -> Option<usize> {
    let digits = |octets: &[u8]| {
        octets
            .iter()
            .take_while(|octet| octet.is_ascii_digit())
            .count()
    };
    let whole = digits(octets);
    let rest = octets[whole..].strip_prefix(b".")?;
    let part = digits(rest);
    (whole > 0 && part > 0).then_some(whole + 1 + part)
}

/// True if a space and a unit of time come next.
fn precedes_unit(octets: &[u8]) -> bool {
    octets.strip_prefix(b" ").is_some_and(|rest| {
        let word = rest
            .iter()
            .take_while(|octet| octet.is_ascii_alphanumeric())
            .count();
        UNITS.contains(&&rest[..word])
    })
}

/// Marks the numbers of durations, and all fractions on a line where any fraction varies: a sum of times, as in
/// `(0.015 + 0.000 + 0.014 secs)`.
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

/// True if a number begins here that has a unit of time, in the same token or after a space.
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
    use crate::recut::pattern::Pattern;

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

    /// Dovecot's `LOGOUT` leaves out the time that was spent waiting, where that is nothing.
    #[test]
    fn a_sum_of_times_may_have_more_terms() {
        let sample = &b"a OK Done (0.001 + 0.000 secs).\r\n"[..];
        let longer = &b"a OK Done (0.002 + 0.000 + 0.001 secs).\r\n"[..];
        for samples in [
            vec![sample],
            vec![sample, longer],
            vec![longer, sample, longer],
        ] {
            let pattern = Pattern::of(&samples);
            assert!(!pattern.is_loose());
            assert!(samples.iter().all(|sample| pattern.matches(sample)));
            assert!(pattern.matches(b"a OK Done (0.010 + 0.032 + 0.009 secs).\r\n"));
            assert!(!pattern.matches(b"a OK Done (0.010 + 0.032 + secs).\r\n"));
            assert!(!pattern.matches(b"a NO Done (0.010 + 0.032 secs).\r\n"));
        }
        let pattern = Pattern::of(&[b"1.5 + 2.5 = 4.0\r\n"]);
        assert!(!pattern.matches(b"1.5 + 2.5 + 0.0 = 4.0\r\n"));
    }
}
