//! The framings that octets are probably of: those that divide them without a remainder.

use super::{Ended, Framing, PRESETS, Part};

/// A framing that divides octets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    /// The framing.
    pub framing: Framing,
    /// Number of frames in all streams.
    pub frames: usize,
    /// Number of streams that end inside a frame, as a recording that was stopped does.
    pub cut: usize,
}

/// Templates that are tried beside the presets.
const SIMPLE: [&str; 32] = [
    "u8",
    "u16be",
    "u16le",
    "u24be",
    "u24le",
    "u32be",
    "u32le",
    "u64be",
    "u64le",
    "u16be+2",
    "u16le+2",
    "u32be+4",
    "u32le+4",
    "u8+1",
    "varint",
    "compact",
    "quic",
    "vlq",
    "line'\\n'",
    "line'\\r\\n'",
    "line'\\0'",
    "dec' '",
    "dec':'",
    "dec'\\n'",
    "hex4",
    "hex8",
    "dec4",
    "1? u16be",
    "1? u32be",
    "1? u32le",
    "2? u16be",
    "4? u32be",
];

/// Cost of a stream that is cut off inside a frame, in bits.
const CUT_OFF: u64 = 64;

/// The framings that divide all these streams without a remainder, the likeliest first: the one
/// under which the streams would be written in the fewest bits, where the octets that the
/// framing itself explains cost nothing.
#[must_use]
pub fn guess(streams: &[&[u8]]) -> Vec<Guess> {
    let streams: Vec<&[u8]> = streams.iter().copied().filter(|s| !s.is_empty()).collect();
    if streams.is_empty() {
        return Vec::new();
    }
    let templates = SIMPLE
        .into_iter()
        .chain(PRESETS.iter().map(|preset| preset.name));
    let mut guesses: Vec<((bool, u64), Guess)> = Vec::new();
    for template in templates {
        let Ok(framing) = template.parse::<Framing>() else {
            continue;
        };
        if guesses
            .iter()
            .any(|(_, earlier)| earlier.framing == framing)
        {
            continue;
        }
        if let Some((rank, guess)) = tile(framing, &streams) {
            guesses.push((rank, guess));
        }
    }
    // Stable: of two that explain as much, the plainer one comes first.
    guesses.sort_by_key(|(rank, _)| *rank);
    guesses.into_iter().map(|(_, guess)| guess).collect()
}

/// The guess for a framing that divides the streams, with its rank: true if most of a stream lies in a frame
/// that is cut off, which shows little; then the number of bits that the framing does not explain.
fn tile(framing: Framing, streams: &[&[u8]]) -> Option<((bool, u64), Guess)> {
    let mut guess = Guess {
        framing,
        frames: 0,
        cut: 0,
    };
    let free = guess.framing.free_octets() as u64 * 8;
    let mut bits = 0;
    let mut mostly_cut = false;
    for stream in streams {
        let split = guess.framing.split(stream);
        match split.ended {
            Ended::Between | Ended::Said => {}
            // A stream that was cut off has at least some whole frames before.
            Ended::Inside(_) if !split.frames.is_empty() && guess.framing.number().is_some() => {
                guess.cut += 1;
                mostly_cut |= split.whole < stream.len() / 2;
                bits += CUT_OFF + (stream.len() - split.whole) as u64 * 8;
            }
            _ => return None,
        }
        guess.frames += split.frames.len();
        let of_frames = split.frames.iter().map(|found| {
            let length = found.payload.len() as u64;
            // A length costs what Elias's gamma code takes for it.
            free + length * 8 + 2 * u64::from((length + 1).ilog2()) + 1
        });
        bits += of_frames.sum::<u64>();
        // Octets that deliver nothing are not explained either.
        let in_frames: usize = split.frames.iter().map(|found| found.at.len()).sum();
        bits += (split.whole - in_frames) as u64 * 8;
    }
    (guess.frames > 0).then_some(((mostly_cut, bits), guess))
}

impl Framing {
    /// Number of octets of a frame beside the payload that may be anything.
    fn free_octets(&self) -> usize {
        let shape = &self.shape;
        [&shape.before, &shape.after, &shape.behind]
            .into_iter()
            .flatten()
            .map(|part| match part {
                Part::Any(count) => *count,
                Part::Literal { .. } => 0,
            })
            .sum()
    }
}
