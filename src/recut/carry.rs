//! Values that are carried over: a value that varies in an answer and is sent back later, such as a session's
//! identifier, is sent back as the server gave it this time.

use super::token::{Set, is_text, is_word, tokens};

/// Least length of a value, in octets. A shorter value may stand in later octets by chance.
const LEAST: usize = 4;

/// The values of the recording, and those that this conversation has in their place.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Carried {
    values: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Carried {
    /// Learns from an answer the values to carry over into `later`, the octets that the client sends afterwards.
    pub(crate) fn learn(&mut self, recorded: &[u8], came: &[u8], later: &[&[u8]]) {
        if recorded == came {
            return;
        }
        let mut found: Vec<(&[u8], &[u8])> = Vec::new();
        for (before, now) in pairs(recorded, came) {
            let is_sent = later.iter().any(|octets| contains(octets, before));
            // A part of a value that is carried over whole says nothing new.
            let is_part = found.iter().any(|(whole, _)| contains(whole, before));
            if before != now && before.len() >= LEAST && is_sent && !is_part {
                found.push((before, now));
            }
        }
        for (before, now) in found {
            self.values.retain(|(known, _)| known != before);
            self.values.push((before.to_vec(), now.to_vec()));
        }
    }

    /// The octets that the client sends, with the values of this conversation.
    pub(crate) fn apply(&self, sent: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(sent.len());
        let mut rest = sent;
        while let Some(octet) = rest.first() {
            let found = self
                .values
                .iter()
                .find(|(before, _)| rest.starts_with(before));
            match found {
                Some((before, now)) => {
                    out.extend_from_slice(now);
                    rest = &rest[before.len()..];
                }
                None => {
                    out.push(*octet);
                    rest = &rest[1..];
                }
            }
        }
        out
    }

    /// The recorded values that are replaced.
    pub(crate) fn recorded(&self) -> impl Iterator<Item = &[u8]> {
        self.values.iter().map(|(before, _)| before.as_slice())
    }
}

/// The tokens of two answers that stand in the same places, the longest kind of token first.
fn pairs<'a>(recorded: &'a [u8], came: &'a [u8]) -> Vec<(&'a [u8], &'a [u8])> {
    if is_text(recorded) && is_text(came) {
        let mut found = Vec::new();
        for words in [Set::Visible, Set::Base64, Set::Alphanumeric] {
            let (before, now) = (tokens(recorded, words), tokens(came, words));
            let fits = before.len() == now.len()
                && before
                    .iter()
                    .zip(&now)
                    .all(|(a, b)| a == b || is_word(a, words) && is_word(b, words));
            if fits {
                found.extend(before.into_iter().zip(now));
            }
        }
        return found;
    }
    if recorded.len() != came.len() {
        return Vec::new();
    }
    // Runs of octets that differ; one octet in them may be the same by chance.
    let differs: Vec<bool> = (0..recorded.len())
        .map(|place| {
            let around = place.saturating_sub(1)..(place + 2).min(recorded.len());
            recorded[place] != came[place]
                || around.len() == 3
                    && recorded[around.start] != came[around.start]
                    && recorded[around.end - 1] != came[around.end - 1]
        })
        .collect();
    let mut found = Vec::new();
    let mut place = 0;
    for run in differs.chunk_by(|a, b| a == b) {
        let range = place..place + run.len();
        place += run.len();
        if run[0] {
            found.push((&recorded[range.clone()], &came[range]));
        }
    }
    found
}

fn contains(octets: &[u8], wanted: &[u8]) -> bool {
    !wanted.is_empty() && octets.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_sent_back_as_it_was_given() {
        let mut carried = Carried::default();
        let later: &[&[u8]] = &[b"USE 7f3a-01\r\n", b"BYE\r\n"];
        carried.learn(
            b"SESSION 7f3a-01 at 10:15\r\n",
            b"SESSION 99-c0ffee at 10:16\r\n",
            later,
        );
        assert_eq!(carried.apply(b"USE 7f3a-01\r\n"), b"USE 99-c0ffee\r\n");
        assert_eq!(carried.recorded().collect::<Vec<_>>(), [b"7f3a-01"]);
    }

    #[test]
    fn what_stands_there_by_chance_is_left_alone() {
        let mut carried = Carried::default();
        carried.learn(b"id 7", b"id 8", &[b"GET 7"]);
        carried.learn(b"OK", b"OK", &[b"OK"]);
        assert_eq!(carried, Carried::default());
        assert_eq!(carried.apply(b"GET 7"), b"GET 7");
    }

    #[test]
    fn binary_values_are_found_where_they_differ() {
        let mut carried = Carried::default();
        let before = [0, 1, 0xA1, 0xB2, 0xC3, 0xD4, 0, 0];
        let now = [0, 1, 0x11, 0xB2, 0x33, 0x44, 0, 0];
        carried.learn(&before, &now, &[&[9, 0xA1, 0xB2, 0xC3, 0xD4, 9]]);
        assert_eq!(
            carried.apply(&[9, 0xA1, 0xB2, 0xC3, 0xD4, 9]),
            [9, 0x11, 0xB2, 0x33, 0x44, 9]
        );
    }
}
