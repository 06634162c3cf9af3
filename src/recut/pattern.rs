//! Patterns: the form of an answer, learned from several samples of it.
//!
//! Octets that are the same in all samples must be the same ever after; a part that differs may take any value
//! of its class, of any length. Octet masks would be wrong within minutes: counters get longer, and
//! their high digits change later than the runs that were compared.

use super::duration;
use super::token::{Set, is_text, is_word, set_of};

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// These octets.
    Literal(Vec<u8>),
    /// Octets of the set, at least one.
    Word(Set),
    /// Any octets, this many.
    Masked(usize),
    /// A sum of times, of any number of terms.
    Sum,
    /// Any octets, or none.
    Gap,
}

/// The pattern that the octets of an answer match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    pieces: Vec<Piece>,
    /// The octets of an answer whose parts come in any order, sorted.
    anagram: Option<Vec<u8>>,
    least: usize,
}

/// Distance, in octets, within a field of a binary answer: octets this far from one that differed may differ later.
const FIELD: usize = 3;

impl Pattern {
    /// The pattern of all samples, of which there is at least one.
    pub(crate) fn of(samples: &[&[u8]]) -> Self {
        let first = samples.first().copied().unwrap_or_default();
        if samples.iter().all(|sample| *sample == first) {
            let timed = Some(first).filter(|first| is_text(first));
            let pieces = timed.and_then(|first| by_tokens(&[first], Set::Alphanumeric));
            return Self::new(pieces.unwrap_or_else(|| vec![Piece::Literal(first.to_vec())]));
        }
        if let Some(anagram) = anagram(samples) {
            return Self {
                pieces: vec![Piece::Masked(anagram.len())],
                least: anagram.len(),
                anagram: Some(anagram),
            };
        }
        let pieces = if samples.iter().all(|sample| is_text(sample)) {
            [Set::Alphanumeric, Set::Base64, Set::Visible]
                .into_iter()
                .find_map(|words| by_tokens(samples, words))
        } else {
            by_octets(samples).or_else(|| by_tokens(samples, Set::Alphanumeric))
        };
        Self::new(pieces.unwrap_or_else(|| around_a_gap(samples)))
    }

    /// The pattern of `count` octets of any value.
    pub(crate) fn any(count: usize) -> Self {
        Self::new(vec![Piece::Masked(count)])
    }

    fn new(mut pieces: Vec<Piece>) -> Self {
        pieces.retain(|piece| !matches!(piece, Piece::Literal(octets) if octets.is_empty()));
        let least = pieces.iter().map(Piece::least).sum();
        Self {
            pieces,
            anagram: None,
            least,
        }
    }

    /// These patterns one after the other.
    pub(crate) fn then(&self, next: &Self) -> Self {
        let pieces = self.pieces.iter().chain(&next.pieces).cloned();
        Self::new(pieces.collect())
    }

    /// True if these octets, as a whole, match the pattern.
    pub(crate) fn matches(&self, octets: &[u8]) -> bool {
        if octets.len() < self.least {
            return false;
        }
        if let Some(anagram) = &self.anagram {
            let mut sorted = octets.to_vec();
            sorted.sort_unstable();
            return sorted == *anagram;
        }
        self.ends(octets).contains(&octets.len())
    }

    /// The lengths of the prefixes of these octets that match the pattern.
    pub(crate) fn ends(&self, octets: &[u8]) -> Vec<usize> {
        let mut places = vec![0];
        for piece in &self.pieces {
            let mut next: Vec<usize> = places
                .iter()
                .flat_map(|place| piece.ends(octets, *place))
                .collect();
            next.sort_unstable();
            next.dedup();
            places = next;
            if places.is_empty() {
                break;
            }
        }
        places
    }

    /// Number of octets at the beginning that agree with the pattern: the place where a difference shows.
    pub(crate) fn agrees_until(&self, octets: &[u8]) -> usize {
        let mut places = vec![0];
        let mut furthest = 0;
        for piece in &self.pieces {
            for place in &places {
                furthest = furthest.max(place + piece.agrees(&octets[*place..]));
            }
            places = places
                .iter()
                .flat_map(|place| piece.ends(octets, *place))
                .collect();
            places.sort_unstable();
            places.dedup();
        }
        furthest
            .max(places.last().copied().unwrap_or(0))
            .min(octets.len())
    }

    /// True if a longer answer may match too, so that an answer is complete only once the server rests.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.pieces.last(), Some(Piece::Word(_) | Piece::Gap))
    }

    /// Number of octets that may have any value, in fields of a fixed length.
    pub(crate) fn masked(&self) -> usize {
        let masked = self.pieces.iter().map(|piece| match piece {
            Piece::Masked(count) => *count,
            _ => 0,
        });
        masked.sum()
    }

    /// True if nothing is known but a beginning and an end.
    pub(crate) fn is_loose(&self) -> bool {
        self.pieces.contains(&Piece::Gap)
    }

    /// The classes of the parts that vary, in words; none if no part varies.
    pub(crate) fn varies(&self) -> Vec<&'static str> {
        let mut varies: Vec<&str> = self.pieces.iter().filter_map(Piece::varies).collect();
        if self.anagram.is_some() {
            varies = vec!["order"];
        }
        varies.sort_unstable();
        varies.dedup();
        varies
    }
}

impl Piece {
    const fn least(&self) -> usize {
        match self {
            Self::Literal(octets) => octets.len(),
            Self::Word(_) => 1,
            Self::Masked(count) => *count,
            Self::Sum => duration::SHORTEST,
            Self::Gap => 0,
        }
    }

    const fn varies(&self) -> Option<&'static str> {
        match self {
            Self::Literal(_) => None,
            Self::Word(set) => Some(set.name()),
            Self::Sum => Some(Set::Digits.name()),
            Self::Masked(_) | Self::Gap => Some("octets"),
        }
    }

    /// The offsets at which this piece may end if it begins at `place`.
    fn ends(&self, octets: &[u8], place: usize) -> std::ops::Range<usize> {
        let rest = &octets[place..];
        match self {
            Self::Literal(literal) if rest.starts_with(literal) => {
                place + literal.len()..place + literal.len() + 1
            }
            Self::Word(set) => {
                let run = rest.iter().take_while(|octet| set.has(**octet)).count();
                place + 1..place + 1 + run
            }
            Self::Masked(count) if rest.len() >= *count => place + count..place + count + 1,
            Self::Sum => duration::sum(rest).map_or(0..0, |(len, _)| place + len..place + len + 1),
            Self::Gap => place..octets.len() + 1,
            Self::Literal(_) | Self::Masked(_) => 0..0,
        }
    }

    /// Number of octets at the beginning of `rest` that agree with this piece.
    fn agrees(&self, rest: &[u8]) -> usize {
        match self {
            Self::Literal(literal) => common_prefix(literal, rest),
            Self::Word(set) => rest.iter().take_while(|octet| set.has(**octet)).count(),
            Self::Masked(count) => rest.len().min(*count),
            Self::Sum => duration::agrees(rest),
            Self::Gap => 0,
        }
    }
}

/// The sorted octets, if the samples are the same in different orders.
fn anagram(samples: &[&[u8]]) -> Option<Vec<u8>> {
    let mut sorted = samples.iter().map(|sample| {
        let mut octets = sample.to_vec();
        octets.sort_unstable();
        octets
    });
    let first = sorted.next()?;
    sorted.all(|other| other == first).then_some(first)
}

/// The pieces token by token, if all samples have the same tokens between their words.
fn by_tokens(samples: &[&[u8]], words: Set) -> Option<Vec<Piece>> {
    let split: Vec<Vec<&[u8]>> = samples
        .iter()
        .map(|sample| duration::split(sample, words))
        .collect();
    let count = split[0].len();
    if split.iter().any(|tokens| tokens.len() != count) {
        return None;
    }
    let values =
        |place: usize| -> Vec<&[u8]> { split.iter().map(|tokens| tokens[place]).collect() };
    let are_sums = |place: usize| values(place).into_iter().all(duration::is_sum);
    let is_word = |value: &[u8]| is_word(value, words) && !duration::is_sum(value);
    let are_words = |place: usize| values(place).into_iter().all(is_word);
    let is_same = |place: usize| values(place).iter().all(|it| *it == split[0][place]);
    let varies = (0..count).map(|place| !is_same(place) || are_sums(place));
    let mut varies: Vec<bool> = varies.collect();
    let counts: Vec<bool> = (0..count).map(|place| counts(&split, place)).collect();
    // The higher octet of a length changes with the lower one.
    let is_length = |place: usize| counts[place] || counts.get(place + 1) == Some(&true);
    let fits = |place: usize| are_words(place) || are_sums(place) || is_length(place);
    if !(0..count).all(|place| !varies[place] || fits(place)) {
        return None;
    }
    spread(&split[0], &mut varies);
    duration::mark(&split[0], &mut varies);
    lengths(&split[0], &mut varies);
    let mut pieces = Vec::new();
    let mut literal = Vec::new();
    for (place, varies) in varies.into_iter().enumerate() {
        if !varies {
            literal.extend_from_slice(split[0][place]);
            continue;
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(std::mem::take(&mut literal)));
        }
        pieces.push(if are_sums(place) {
            Piece::Sum
        } else if are_words(place) {
            Piece::Word(set_of(&values(place), words))
        } else {
            Piece::Masked(1)
        });
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    Some(pieces)
}

/// True if a token is a single octet in all samples that differs with the length of the octets after it, up to
/// some place: the length of a frame whose contents vary.
fn counts(split: &[Vec<&[u8]>], place: usize) -> bool {
    let first = &split[0];
    if split.iter().any(|tokens| tokens[place].len() != 1)
        || split.iter().all(|tokens| tokens[place] == first[place])
    {
        return false;
    }
    let mut lengths = vec![0_usize; split.len()];
    (place + 1..first.len()).any(|end| {
        let rests = split.iter().zip(&mut lengths).map(|(tokens, length)| {
            *length += tokens[end].len();
            usize::from(tokens[place][0]).wrapping_sub(*length) % 256
        });
        let rests: Vec<usize> = rests.collect();
        rests.iter().all(|rest| *rest == rests[0])
    })
}

/// Marks numbers beside a number that varies, as in times and addresses: they vary too, more slowly.
fn spread(tokens: &[&[u8]], varies: &mut [bool]) {
    let is_number = |token: &[u8]| token.iter().any(u8::is_ascii_digit);
    let binds = |token: &[u8]| matches!(token, b":" | b"-" | b"." | b"/");
    let mut step = |from: usize, to: usize, between: usize| {
        if varies[from] && !varies[to] && binds(tokens[between]) && is_number(tokens[to]) {
            varies[to] = true;
        }
    };
    for place in 2..tokens.len() {
        step(place - 2, place, place - 1);
    }
    for place in (2..tokens.len()).rev() {
        step(place, place - 2, place - 1);
    }
}

/// Marks numbers that give the length of something that varies: they vary too.
fn lengths(tokens: &[&[u8]], varies: &mut [bool]) {
    let ends: Vec<usize> = tokens
        .iter()
        .scan(0, |end, token| {
            *end += token.len();
            Some(*end)
        })
        .collect();
    let total = ends.last().copied().unwrap_or(0);
    for place in (0..tokens.len()).rev() {
        let number = str::from_utf8(tokens[place])
            .ok()
            .and_then(|text| text.parse::<usize>().ok());
        let Some(number) = number.filter(|_| !varies[place]) else {
            continue;
        };
        // Of the next words, or of what is left after the end of a line, with its own or without.
        let mut words = (place + 1..tokens.len()).filter(|at| varies[*at]);
        let counts_word = words.next().is_some_and(|at| tokens[at].len() == number);
        let counts_rest = (place + 1..tokens.len())
            .filter(|at| tokens[*at] == b"\n")
            .any(|at| {
                let rest = total - ends[at];
                let varied = varies[at..].contains(&true);
                varied && (rest == number || rest == number + 1 || rest == number + 2)
            });
        varies[place] = counts_word || counts_rest;
    }
}

/// The pieces octet by octet, if all samples have the same length. Beside octets that differ are others that
/// differ less often: the high octets of a counter.
fn by_octets(samples: &[&[u8]]) -> Option<Vec<Piece>> {
    let first = samples[0];
    if samples.iter().any(|sample| sample.len() != first.len()) {
        return None;
    }
    let differs = |place: &usize| samples.iter().any(|sample| sample[*place] != first[*place]);
    let different: Vec<usize> = (0..first.len()).filter(differs).collect();
    let mut masked = vec![false; first.len()];
    for place in different {
        let field = place.saturating_sub(FIELD)..(place + FIELD + 1).min(first.len());
        masked[field].fill(true);
    }
    let mut pieces = Vec::new();
    let mut place = 0;
    for run in masked.chunk_by(|a, b| a == b) {
        pieces.push(if run[0] {
            Piece::Masked(run.len())
        } else {
            Piece::Literal(first[place..place + run.len()].to_vec())
        });
        place += run.len();
    }
    Some(pieces)
}

/// The octets that all samples begin and end with, and a gap between them.
fn around_a_gap(samples: &[&[u8]]) -> Vec<Piece> {
    let first = samples[0];
    let shortest = samples.iter().map(|sample| sample.len()).min().unwrap_or(0);
    let prefix = samples
        .iter()
        .map(|sample| common_prefix(first, sample))
        .min()
        .unwrap_or(0);
    let suffix = samples
        .iter()
        .map(|sample| {
            let pairs = first.iter().rev().zip(sample.iter().rev());
            pairs.take_while(|(a, b)| a == b).count()
        })
        .min()
        .unwrap_or(0)
        .min(shortest - prefix);
    vec![
        Piece::Literal(first[..prefix].to_vec()),
        Piece::Gap,
        Piece::Literal(first[first.len() - suffix..].to_vec()),
    ]
}

fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(samples: &[&str], octets: &str) -> bool {
        let samples: Vec<&[u8]> = samples.iter().map(|sample| sample.as_bytes()).collect();
        let pattern = Pattern::of(&samples);
        assert!(samples.iter().all(|sample| pattern.matches(sample)));
        pattern.matches(octets.as_bytes())
    }

    #[test]
    fn what_never_varied_must_be_the_same() {
        assert!(matches(&["+OK\r\n", "+OK\r\n"], "+OK\r\n"));
        assert!(!matches(&["+OK\r\n", "+OK\r\n"], "+OK\r\n+OK\r\n"));
        assert!(!matches(&["+OK\r\n", "+OK\r\n"], "+OK\r"));
    }

    #[test]
    fn a_token_that_varied_may_take_any_value_and_length_of_its_class() {
        let counter: &[&str] = &["job 98 queued\r\n", "job 99 queued\r\n"];
        assert!(matches(counter, "job 100 queued\r\n"));
        assert!(!matches(counter, "job queued\r\n"));
        assert!(!matches(counter, "job 100 lost\r\n"));
        let date: &[&str] = &["at 2026-11-28T01:09:59.7Z", "at 2026-11-28T01:10:00.12Z"];
        assert!(matches(date, "at 2026-11-28T02:00:01.0001Z"));
        let nonce: &[&str] = &["nonce=ab+/c=; x", "nonce=Zb9xq; x"];
        assert!(matches(nonce, "nonce=+x/Y-_; x"));
        assert!(!matches(nonce, "nonce=+x/Y-_; y"));
    }

    #[test]
    fn a_length_varies_with_what_it_counts() {
        let time: &[&str] = &["$6\r\n123456\r\n", "$6\r\n999999\r\n"];
        assert!(matches(time, "$5\r\n12345\r\n"));
        assert!(!matches(time, "$5\r\n12345"));
        let page: &[&str] = &[
            "Length: 4\r\nA: 7\r\n\r\nat 1",
            "Length: 4\r\nA: 7\r\n\r\nat 9",
        ];
        assert!(matches(page, "Length: 5\r\nA: 7\r\n\r\nat 10"));
        assert!(!matches(page, "Length: 4\r\nA: 8\r\n\r\nat 2"));
    }

    #[test]
    fn binary_answers_have_masks_with_room_for_what_counts_slower() {
        let counter = |low: u8| [9, 9, 9, 9, 9, 0, 0, 1, low, 7, 7, 7, 7, 7];
        let pattern = Pattern::of(&[&counter(254), &counter(255)]);
        assert!(pattern.matches(&[9, 9, 9, 9, 9, 0, 0, 2, 0, 7, 7, 7, 7, 7]));
        assert!(!pattern.matches(&[8, 9, 9, 9, 9, 0, 0, 2, 0, 7, 7, 7, 7, 7]));
        assert!(!pattern.matches(&[9, 9, 9, 9, 9, 0, 0, 2, 0, 7, 7, 7, 7]));
        assert_eq!(pattern.agrees_until(&[9, 9, 8]), 2);
    }

    #[test]
    fn a_length_before_text_varies_with_it_in_binary_answers_too() {
        let frame = |text: &str| [&[0, text.len() as u8, 0xFF][..], text.as_bytes()].concat();
        let pattern = Pattern::of(&[&frame("at 9"), &frame("at 10")]);
        assert!(pattern.matches(&frame("at 1234")));
        assert!(!pattern.is_loose());
        assert!(!pattern.matches(&frame("on 11")));
        assert!(!pattern.matches(&frame("at 11!")));
    }

    #[test]
    fn a_value_that_looks_like_base64_may_take_all_its_signs() {
        let greeting: &[&str] = &["220 <aB3dEf9hIj>\r\n", "220 <Zx81qWErtY>\r\n"];
        assert!(matches(greeting, "220 <+x/Yab4d1a>\r\n"));
        assert!(!matches(greeting, "220 <+x/Yab4d1a\r\n"));
    }

    #[test]
    fn what_comes_in_any_order_is_compared_as_a_multiset() {
        let orders: &[&str] = &["AUTH PLAIN LOGIN", "AUTH LOGIN PLAIN"];
        assert!(matches(orders, "LOGIN AUTH PLAIN"));
        assert!(!matches(orders, "AUTH LOGIN LOGIN"));
    }

    #[test]
    fn what_has_no_common_structure_keeps_its_beginning_and_end() {
        let lists: &[&str] = &["* 1\r\n* 2\r\nend\r\n", "* 1\r\nend\r\n"];
        assert!(matches(lists, "* 1\r\n* 2\r\n* 3\r\nend\r\n"));
        assert!(!matches(lists, "error\r\n"));
    }

    #[test]
    fn patterns_follow_each_other() {
        let pattern = Pattern::of(&[b"1 a", b"22 a"]).then(&Pattern::of(&[b"b"]));
        assert!(pattern.matches(b"333 ab"));
        assert!(!pattern.matches(b"333 a"));
        assert_eq!(pattern.ends(b"333 ab and more"), [6]);
        assert_eq!(pattern.agrees_until(b"333 acb"), 5);
    }
}
