//! Mutations of a stream whose framing is known: of whole frames, of their lengths, and of payloads whose lengths are
//! made to fit again, so that a server reads on after them.

use std::ops::Range;

use fastrand::Rng;

use crate::framing::{Found, Framing, Place};

/// The frames of a turn, and the framing that divides it.
#[derive(Debug)]
pub(super) struct Frames<'f> {
    framing: &'f Framing,
    at: Vec<Range<usize>>,
    parts: Vec<Vec<(Place, Range<usize>)>>,
}

impl<'f> Frames<'f> {
    /// `None` where the octets do not begin with a whole frame. The first turn of a conversation begins the
    /// stream.
    pub(super) fn of(framing: &'f Framing, octets: &[u8], begins: bool) -> Option<Self> {
        let split = match begins {
            true => framing.split(octets),
            false => framing.split_mid(octets),
        };
        let (at, parts) = split
            .frames
            .into_iter()
            .map(|Found { at, parts, .. }| (at, parts))
            .unzip();
        let frames = Self { framing, at, parts };
        (!frames.at.is_empty()).then_some(frames)
    }

    fn place(&self, frame: usize, wanted: Place) -> Option<Range<usize>> {
        let mut parts = self.parts[frame].iter();
        parts
            .find(|(place, _)| *place == wanted)
            .map(|(_, range)| range.clone())
    }

    /// Changes the octets. False where the chosen mutation changes nothing.
    pub(super) fn mutate(
        &self,
        octets: &mut Vec<u8>,
        rng: &mut Rng,
        of_payload: &mut dyn FnMut(&mut Vec<u8>, &mut Rng),
    ) -> bool {
        let frame = rng.usize(..self.at.len());
        let at = self.at[frame].clone();
        match rng.u8(..8) {
            0 => drop(octets.drain(at)),
            1 => {
                let copy = octets[at.clone()].to_vec();
                drop(octets.splice(at.start..at.start, copy));
            }
            2 => {
                let Some(next) = self.at.get(frame + 1).filter(|next| next.start == at.end) else {
                    return false;
                };
                octets[at.start..next.end].rotate_left(at.len());
            }
            3..5 => return self.lie(octets, frame, rng),
            5 => return self.replace(octets, frame, &[]),
            _ => {
                let Some(place) = self.place(frame, Place::Payload) else {
                    return false;
                };
                let mut payload = octets[place].to_vec();
                of_payload(&mut payload, rng);
                return self.replace(octets, frame, &payload);
            }
        }
        true
    }

    /// Replaces a length by another number: one off, the least, below the least, the largest.
    fn lie(&self, octets: &mut Vec<u8>, frame: usize, rng: &mut Rng) -> bool {
        let Some(place) = self.place(frame, Place::Length) else {
            return false;
        };
        let Some(number) = self.framing.number() else {
            return false;
        };
        let Some(said) = self.framing.number_in(&octets[place.clone()]) else {
            return false;
        };
        let digits = Some(place.len());
        let said = said as i128;
        let least = self.framing.least_number();
        let lie = match rng.u8(..6) {
            0 | 1 => said + 1,
            2 => said - 1,
            3 => least,
            4 => least - 1,
            _ => number.largest(digits).map_or(said + 2, |most| most as i128),
        };
        let Some(length) = number.encode(lie).filter(|_| lie >= 0 && lie != said) else {
            return false;
        };
        drop(octets.splice(place, length));
        true
    }

    /// Replaces the payload of a frame, and its length by that of the new payload.
    fn replace(&self, octets: &mut Vec<u8>, frame: usize, payload: &[u8]) -> bool {
        let Some(place) = self.place(frame, Place::Payload) else {
            return false;
        };
        let changes = octets[place.clone()] != *payload;
        let length = match self.place(frame, Place::Length) {
            None => None,
            Some(length) => match self.framing.pack(payload.len() as i128) {
                Some(packed) => Some((length, packed)),
                None => return false,
            },
        };
        drop(octets.splice(place.clone(), payload.iter().copied()));
        match length {
            // A length may stand after its payload.
            Some((range, packed)) if range.start >= place.end => {
                let moved = range.start - place.len() + payload.len();
                drop(octets.splice(moved..moved + range.len(), packed));
            }
            Some((range, packed)) => drop(octets.splice(range, packed)),
            None => {}
        }
        changes
    }

    /// A place inside the length of a frame, or after it.
    pub(super) fn place_to_cut(&self, rng: &mut Rng) -> Option<usize> {
        let length = self.place(rng.usize(..self.at.len()), Place::Length)?;
        Some(length.start + rng.usize(1..=length.len().max(1)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// All mutants of a stream in many draws.
    fn mutants(framing: &str, stream: &[u8]) -> BTreeSet<Vec<u8>> {
        let framing: Framing = framing.parse().unwrap();
        let frames = Frames::of(&framing, stream, true).unwrap();
        let mut rng = Rng::with_seed(1);
        let mut mutants = BTreeSet::new();
        for _ in 0..2_000 {
            let mut octets = stream.to_vec();
            let changed = frames.mutate(&mut octets, &mut rng, &mut |payload, _| {
                payload.extend(b"!!");
            });
            assert_eq!(changed, octets != stream, "{octets:?}");
            mutants.insert(octets);
        }
        mutants
    }

    #[test]
    fn frames_go_come_twice_change_places_and_lie() {
        let mutants = mutants("u16be", b"\0\x03one\0\x02up");
        for expected in [
            &b"\0\x02up"[..],
            b"\0\x03one\0\x03one\0\x02up",
            b"\0\x02up\0\x03one",
            b"\0\x04one\0\x02up",
            b"\0\x02one\0\x02up",
            b"\0\0one\0\x02up",
            b"\xFF\xFFone\0\x02up",
            b"\0\0\0\x02up",
            b"\0\x05one!!\0\x02up",
            b"\0\x03one\0\x04up!!",
        ] {
            assert!(mutants.contains(expected), "{}", expected.escape_ascii());
        }
    }

    #[test]
    fn a_length_that_counts_itself_is_too_small_now_and_then() {
        let mutants = mutants("u16be+2", b"\0\x05one\0\x04up");
        assert!(mutants.contains(&b"\0\x01one\0\x04up"[..]));
        assert!(mutants.contains(&b"\0\x07one!!\0\x04up"[..]));
    }

    #[test]
    fn lines_have_frames_and_no_lengths() {
        let mutants = mutants("line'\\n'", b"one\nup\n");
        for expected in [&b"up\n"[..], b"up\none\n", b"\nup\n", b"one!!\nup\n"] {
            assert!(mutants.contains(expected), "{}", expected.escape_ascii());
        }
    }

    #[test]
    fn what_is_no_frame_is_left_to_others() {
        let framing: Framing = "u16be".parse().unwrap();
        assert!(Frames::of(&framing, b"\0\x09one", true).is_none());
        let frames = Frames::of(&framing, b"\0\x03one\0", false).unwrap();
        let mut rng = Rng::with_seed(1);
        let places: BTreeSet<_> = (0..50).map(|_| frames.place_to_cut(&mut rng)).collect();
        assert_eq!(places, BTreeSet::from([Some(1), Some(2)]));
    }
}
