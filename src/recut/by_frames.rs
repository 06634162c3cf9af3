//! Answers frame by frame, where it is known how their stream is divided.
//!
//! A value that varies in one frame says nothing about its neighbours, and a number that counts octets changes with
//! them. Octet masks over a whole answer know neither.

use serde::Serialize;

use super::pattern::Pattern;
use crate::framing::{Ended, Found, Framing, Place};

/// The frames of an answer that is made of nothing else.
fn frames<'o>(framing: &Framing, octets: &'o [u8]) -> Option<Vec<Found<'o>>> {
    [Framing::split_mid, Framing::split]
        .into_iter()
        .map(|split| split(framing, octets))
        .find(|split| {
            let framed: usize = split.frames.iter().map(|frame| frame.at.len()).sum();
            split.ended == Ended::Between && framed == octets.len() && framed > 0
        })
        .map(|split| split.frames)
}

/// The pattern of answers of as many frames each, whose parts are alike. `None` where they are not, or where
/// nothing varies.
pub(super) fn pattern(framing: &Framing, samples: &[&[u8]]) -> Option<Pattern> {
    let first = samples.first()?;
    if samples.iter().all(|sample| sample == first) {
        return None;
    }
    let split = samples.iter().map(|sample| frames(framing, sample));
    let split: Vec<Vec<Found<'_>>> = split.collect::<Option<_>>()?;
    let count = split[0].len();
    if split.iter().any(|frames| frames.len() != count) {
        return None;
    }
    let mut whole = Pattern::of(&[b""]);
    for number in 0..count {
        let of_each: Vec<(&[u8], &Found<'_>)> = samples
            .iter()
            .zip(&split)
            .map(|(sample, frames)| (*sample, &frames[number]))
            .collect();
        whole = whole.then(&frame(&of_each)?);
    }
    Some(whole)
}

/// The pattern of one frame in all samples.
fn frame(of_each: &[(&[u8], &Found<'_>)]) -> Option<Pattern> {
    let (_, first) = of_each[0];
    let places =
        |frame: &Found<'_>| -> Vec<Place> { frame.parts.iter().map(|(place, _)| *place).collect() };
    let parts: usize = first.parts.iter().map(|(_, at)| at.len()).sum();
    let alike = |(_, frame): &(&[u8], &Found<'_>)| places(frame) == places(first);
    if !of_each.iter().all(alike) || parts != first.at.len() {
        let octets: Vec<&[u8]> = of_each
            .iter()
            .map(|(sample, frame)| &sample[frame.at.clone()])
            .collect();
        return Some(Pattern::of(&octets));
    }
    let mut whole = Pattern::of(&[b""]);
    for (part, (place, _)) in first.parts.iter().enumerate() {
        let octets: Vec<&[u8]> = of_each
            .iter()
            .map(|(sample, frame)| &sample[frame.parts[part].1.clone()])
            .collect();
        let varies = octets.iter().any(|other| *other != octets[0]);
        let pattern = if *place == Place::Length && varies {
            let width = octets[0].len();
            if octets.iter().any(|other| other.len() != width) {
                return None;
            }
            Pattern::any(width)
        } else {
            Pattern::of(&octets)
        };
        whole = whole.then(&pattern);
    }
    Some(whole)
}

/// The frame of an answer in which a difference lies. All counts are from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Differs {
    /// The number of the frame: one more than `of` where octets come after the last.
    pub number: usize,
    /// The number of frames that come uncut.
    pub of: usize,
    /// The first octet of it that differs.
    pub octet: usize,
}

impl Differs {
    /// The place, by frames, of a difference whose offset in what came is `place`.
    pub(super) fn at(framing: &Framing, sample: &[u8], came: &[u8], place: usize) -> Option<Self> {
        let of = frames(framing, sample)?.len();
        let ends = framing.split_mid(came).frames.into_iter();
        let before: Vec<usize> = ends
            .map(|frame| frame.at.end)
            .take_while(|end| *end <= place)
            .take(of)
            .collect();
        Some(Self {
            number: before.len() + 1,
            of,
            octet: place - before.last().copied().unwrap_or(0) + 1,
        })
    }

    /// The sentence for people.
    pub(super) fn in_words(self) -> String {
        let Self { number, of, octet } = self;
        if number > of {
            return format!("more comes after the last of {of} frames");
        }
        format!("frame {number} of {of} differs, from its octet {octet} on")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLES: [&[u8]; 3] = [
        b"\0\x02ok\0\x03\x01id\0\x01x",
        b"\0\x02ok\0\x05\xf1name\0\x01x",
        b"\0\x02ok\0\x04\x81abc\0\x01x",
    ];

    #[test]
    fn a_frame_that_varies_leaves_its_neighbours_as_they_are() {
        let framing: Framing = "u16be".parse().unwrap();
        let pattern = pattern(&framing, &SAMPLES).unwrap();
        for sample in SAMPLES {
            assert!(pattern.matches(sample));
        }
        assert!(pattern.matches(b"\0\x02ok\0\x06\x91other\0\x01x"));
        // Octets that never varied must be the same, beside the frame that does too.
        assert!(!pattern.matches(b"\0\x02oK\0\x03\x01id\0\x01x"));
        assert!(!pattern.matches(b"\0\x02ok\0\x03\x01id\0\x01y"));
        assert!(!pattern.matches(b"\0\x03ok\0\x03\x01id\0\x01x"));
    }

    /// A counter of which only the last octet has changed: a mask around it reaches into the next frame.
    #[test]
    fn no_mask_reaches_into_the_next_frame() {
        let framing: Framing = "u8".parse().unwrap();
        let samples: [&[u8]; 2] = [b"\x02\xf0\x01\x03yes", b"\x02\xf0\x02\x03yes"];
        assert!(Pattern::of(&samples).matches(b"\x02\xf0\x01\x03Yes"));
        let pattern = pattern(&framing, &samples).unwrap();
        assert!(pattern.matches(b"\x02\xf1\x07\x03yes"));
        assert!(!pattern.matches(b"\x02\xf0\x01\x03Yes"));
    }

    #[test]
    fn what_is_not_made_of_as_many_frames_is_left_to_others() {
        let framing: Framing = "u8".parse().unwrap();
        assert!(pattern(&framing, &[b"\x01a", b"\x01a"]).is_none());
        assert!(pattern(&framing, &[b"\x01a", b"\x01a\x01b"]).is_none());
        assert!(pattern(&framing, &[b"\x01a", b"\x02b"]).is_none());
    }

    #[test]
    fn a_difference_is_told_by_its_frame() {
        let framing: Framing = "u16be".parse().unwrap();
        let say = |came: &[u8], place| {
            let differs = Differs::at(&framing, SAMPLES[0], came, place).unwrap();
            differs.in_words()
        };
        assert_eq!(
            say(b"\0\x02ok\0\x03\x01id\0\x01y", 11),
            "frame 3 of 3 differs, from its octet 3 on"
        );
        assert_eq!(
            say(b"\0\x02ok\0", 5),
            "frame 2 of 3 differs, from its octet 2 on"
        );
        assert_eq!(
            say(b"\0\x02ok\0\x03\x01id\0\x01x\0\x01x", 12),
            "more comes after the last of 3 frames"
        );
        assert_eq!(Differs::at(&framing, b"text", b"", 0), None);
    }
}
