//! The places at which the frames of one direction can be cut, however they come in bursts.

use crate::framing::{Ended, Framing, Place};

/// Octets of an unfinished frame that are kept: a larger one is passed on without further cuts.
const MAX_UNFINISHED: usize = 1 << 20;

/// Finds the frames of a stream as it passes.
#[derive(Debug)]
pub(super) struct Frames<'f> {
    framing: &'f Framing,
    /// The frame that has begun, as far as it has come.
    unfinished: Vec<u8>,
    /// True once the preface, or a frame, has come whole.
    begun: bool,
    /// True if the stream is not of this framing after all, or a frame is too large.
    lost: bool,
}

impl<'f> Frames<'f> {
    pub(super) const fn new(framing: &'f Framing) -> Self {
        Self {
            framing,
            unfinished: Vec::new(),
            begun: false,
            lost: false,
        }
    }

    /// The offsets at which to cut these octets, which follow those before: inside each number,
    /// after it, and in the middle of each payload. The second half of a frame then comes with the
    /// first octets of the next. `None` where the octets are not frames.
    pub(super) fn cuts(&mut self, octets: &[u8]) -> Option<Vec<u64>> {
        if self.lost {
            return None;
        }
        let seen = self.unfinished.len();
        let mut stream = std::mem::take(&mut self.unfinished);
        stream.extend_from_slice(octets);
        let split = if self.begun {
            self.framing.split_mid(&stream)
        } else {
            self.framing.split(&stream)
        };
        if matches!(split.ended, Ended::Refused(_)) || stream.len() - split.whole > MAX_UNFINISHED {
            self.lost = true;
            return None;
        }
        self.begun |= split.whole > 0;
        let mut cuts = Vec::new();
        for frame in &split.frames {
            for (place, at) in &frame.parts {
                let middle = at.start + at.len() / 2;
                match place {
                    Place::Length => cuts.extend([middle, at.end]),
                    _ => cuts.push(middle),
                }
            }
        }
        // A frame that has only begun is cut after its first octet: inside its number, mostly.
        if split.whole < stream.len() {
            cuts.push(split.whole + 1);
        }
        let whole = split.whole;
        self.unfinished = stream.split_off(whole);
        Some(
            cuts.into_iter()
                .filter(|cut| (seen..seen + octets.len()).contains(cut))
                .map(|cut| (cut - seen) as u64)
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preface_that_comes_alone_is_not_looked_for_again() {
        let framing: Framing = "u8 preface=x6869".parse().unwrap();
        for bursts in [
            &[&b"hi\x03abc\x01d"[..]][..],
            &[b"hi", b"\x03abc\x01d"],
            &[b"h", b"i", b"\x03abc", b"\x01d"],
        ] {
            let mut frames = Frames::new(&framing);
            let mut before = 0;
            let mut cuts = Vec::new();
            for burst in bursts {
                let here = frames.cuts(burst).expect("these are frames");
                cuts.extend(here.iter().map(|cut| before + *cut));
                before += burst.len() as u64;
            }
            // In the middle of the first payload, in whatever bursts it comes.
            assert!(cuts.contains(&4), "{bursts:?}: {cuts:?}");
        }
    }
}
