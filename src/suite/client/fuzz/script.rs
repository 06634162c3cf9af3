//! The script of a conversation with a client, from a seed and a number and nothing else.

use fastrand::Rng;

use crate::suite::client::driver::reply;
use crate::suite::fuzz::draft::Cutting;
use crate::suite::plain::frame;
use crate::trace::Class;
use crate::trace::segmentation::Segmentation;

/// Pieces that lines are put together from. No line end, and nothing that a terminal would act on.
const TEXTS: [&str; 21] = [
    "a",
    "hello",
    "1",
    "x y",
    "é",
    "e\u{301}",
    "你好",
    "😀",
    "\u{FEFF}b",
    "”信息!",
    "%s",
    "\"",
    "\\n",
    ",",
    ",3",
    "\u{A0}c",
    "\u{10FFFF}",
    "\u{7FF}",
    "a\tb",
    "x\0y",
    "quit",
];

/// Octets that no text has.
const NOT_TEXT: [&[u8]; 9] = [
    b"a\x80b",
    b"a\xC0\xAFb",
    b"a\xC0\x80b",
    b"a\xE0\x80\xAFb",
    b"a\xED\xA0\x80b",
    b"a\xF4\x90\x80\x80b",
    b"a\xFFb",
    b"ab\xE4\xBD",
    b"ab\xF0\x9F\x98",
];

/// Sizes of the texts in long replies, and of files, in octets.
const SIZES: [usize; 14] = [
    127, 200, 255, 256, 1_000, 1_024, 1_460, 2_048, 4_095, 4_096, 8_192, 16_384, 32_768, 60_000,
];

/// A line or a file that is typed, and what comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Exchange {
    /// A line, and the text in its reply.
    Line {
        /// The line that is typed.
        typed: String,
        /// The text that the reply repeats.
        text: String,
    },
    /// A file, which is not answered.
    File { name: String, content: Vec<u8> },
}

/// The fault in the reply to the last line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spoilt {
    /// Octets that come in its place, before our side ends.
    pub(super) octets: Vec<u8>,
    /// The requirement that it is about.
    pub(super) broken: &'static str,
}

/// A conversation with a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) exchanges: Vec<Exchange>,
    /// A last line, and the octets that come instead of its reply.
    pub(super) spoilt: Option<Spoilt>,
    /// The way in which the replies are cut.
    pub(super) cutting: Cutting,
}

impl Script {
    /// The plainest one.
    pub(super) fn plain() -> Self {
        Self {
            exchanges: vec![Exchange::Line {
                typed: "hello".to_owned(),
                text: "hello".to_owned(),
            }],
            spoilt: None,
            cutting: Cutting::Named(Segmentation::Apart),
        }
    }

    /// The script of a number.
    pub(super) fn drawn(class: Class, seed: u64, number: u64) -> Self {
        let mut rng = Rng::with_seed(seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let count = 1 + rng.usize(0..3).min(rng.usize(0..4));
        let exchanges: Vec<Exchange> = (0..count).map(|_| exchange(class, &mut rng)).collect();
        let spoilt = (rng.u8(..3) == 0).then(|| spoilt(&mut rng));
        let cutting = match rng.u8(..4) {
            0 => Cutting::Places(vec![rng.usize(1..100)]),
            1 => Cutting::Places((0..rng.usize(2..6)).map(|_| rng.usize(1..200)).collect()),
            _ => Cutting::Named(CUTTINGS[rng.usize(..CUTTINGS.len())]),
        };
        Self {
            exchanges,
            spoilt,
            cutting: match cutting {
                Cutting::Places(mut places) => {
                    places.sort_unstable();
                    places.dedup();
                    Cutting::Places(places)
                }
                named => named,
            },
        }
    }
}

/// The ways of cutting replies.
const CUTTINGS: [Segmentation; 8] = [
    Segmentation::Apart,
    Segmentation::Octets,
    Segmentation::Length(1),
    Segmentation::Length(2),
    Segmentation::Length(3),
    Segmentation::Payload,
    Segmentation::Middle,
    Segmentation::Last,
];

fn exchange(class: Class, rng: &mut Rng) -> Exchange {
    // A client that sends digests sends its files otherwise.
    if class == Class::Transfer && rng.u8(..4) == 0 {
        let size = match rng.u8(..3) {
            0 => SIZES[rng.usize(..SIZES.len())],
            _ => rng.usize(..12),
        };
        let names = ["a.bin", "b", "文件", "a b.bin", "a,1", "é.txt"];
        return Exchange::File {
            name: names[rng.usize(..names.len())].to_owned(),
            content: (0..size).map(|_| rng.u8(..)).collect(),
        };
    }
    let typed = line(rng);
    let text = match rng.u8(..4) {
        0 => "a".repeat(SIZES[rng.usize(..SIZES.len())]),
        1 => line(rng),
        _ => typed.clone(),
    };
    Exchange::Line { typed, text }
}

/// A line that is not a command.
fn line(rng: &mut Rng) -> String {
    let count = rng.usize(1..4);
    let line: String = (0..count)
        .map(|_| TEXTS[rng.usize(..TEXTS.len())])
        .collect();
    match rng.u8(..8) {
        0 => line.repeat(rng.usize(2..20)),
        _ => line,
    }
}

fn spoilt(rng: &mut Rng) -> Spoilt {
    let whole = frame(reply("hello").as_bytes());
    let (octets, broken) = match rng.u8(..8) {
        0 => (Vec::new(), "SES-11"),
        1..5 => (whole[..rng.usize(1..whole.len())].to_vec(), "FRM-6"),
        5 | 6 => (frame(NOT_TEXT[rng.usize(..NOT_TEXT.len())]), "MSG-3"),
        _ => {
            let lengths = [u32::MAX, 0x8000_0000, 0x7FFF_FFFF, 0x0100_0000, 200];
            let length = lengths[rng.usize(..lengths.len())];
            ([&length.to_be_bytes()[..], b"ten octets"].concat(), "FRM-6")
        }
    };
    Spoilt { octets, broken }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_follows_from_seed_and_number_alone() {
        let all = |seed, numbers: Vec<u64>| -> Vec<Script> {
            let numbers = numbers.into_iter();
            numbers
                .map(|number| Script::drawn(Class::Transfer, seed, number))
                .collect()
        };
        let mut backward = all(7, (0..100).rev().collect());
        backward.reverse();
        assert_eq!(all(7, (0..100).collect()), backward);
        assert_ne!(all(8, (0..100).collect()), backward);
    }
}
