//! Single lengths, packed and unpacked (LEN-1 to LEN-4).

use super::{Pack, Unpack};
use crate::judge::check::{Check, Verdict};
use crate::judge::evidence::Evidence;
use crate::judge::id::RequirementId;
use crate::trace::Class;
use crate::trace::octets::Octets;

/// The cases: id, title, requirement.
pub(super) const CASES: [(&str, &str, &str); 9] = [
    (
        "codec/pack-boundaries",
        "Lengths at the boundaries are packed in four octets, most significant first",
        "LEN-1",
    ),
    (
        "codec/pack-powers-of-two",
        "Powers of two and their neighbours are packed",
        "LEN-1",
    ),
    (
        "codec/pack-random",
        "10,000 random lengths are packed",
        "LEN-1",
    ),
    (
        "codec/pack-out-of-range",
        "A value that is no length is an error, and neither wrapped nor cut",
        "LEN-2",
    ),
    (
        "codec/unpack-boundaries",
        "Lengths at the boundaries are unpacked",
        "LEN-1",
    ),
    (
        "codec/unpack-powers-of-two",
        "Powers of two and their neighbours are unpacked",
        "LEN-1",
    ),
    (
        "codec/unpack-random",
        "10,000 random lengths are unpacked",
        "LEN-1",
    ),
    (
        "codec/unpack-top-bit",
        "A length with the top bit set is a large one",
        "LEN-4",
    ),
    (
        "codec/unpack-wrong-size",
        "Any other count of octets than four is an error",
        "LEN-3",
    ),
];

/// How many random values there are.
const RANDOM: u64 = 10_000;

/// The octets of a length, by arithmetic: no code of the reference, and no conversion.
fn octets(value: i128) -> Vec<u8> {
    [16_777_216, 65_536, 256, 1]
        .map(|weight| (value / weight % 256) as u8)
        .to_vec()
}

fn boundaries() -> Vec<i128> {
    vec![
        0,
        1,
        2,
        127,
        128,
        255,
        256,
        257,
        32_767,
        32_768,
        65_535,
        65_536,
        65_537,
        16_777_215,
        16_777_216,
        0x0102_0304,
        0x7FFF_FFFF,
        0x8000_0000,
        0x8000_0001,
        0xFFFF_FFFE,
        0xFFFF_FFFF,
    ]
}

fn powers_of_two() -> Vec<i128> {
    (0..=32)
        .map(|exponent| 1_i128 << exponent)
        .flat_map(|power| [power - 1, power, power + 1])
        .filter(|value| *value <= 0xFFFF_FFFF)
        .collect()
}

/// The same in every run: the generator splitmix64, from 0.
fn random() -> Vec<i128> {
    (1..=RANDOM)
        .map(|step| {
            let mut z = step.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            i128::from((z ^ (z >> 31)) >> 32)
        })
        .collect()
}

const OUT_OF_RANGE: [i128; 12] = [
    -1,
    -2,
    -128,
    -2_147_483_648,
    -2_147_483_649,
    0x1_0000_0000,
    0x1_0000_0001,
    0x1_FFFF_FFFF,
    0x2_0000_0000,
    0x100_0000_0000,
    0x7FFF_FFFF_FFFF_FFFF,
    -0x8000_0000_0000_0000,
];

const WRONG_SIZES: [&[u8]; 8] = [
    b"",
    b"\0",
    b"\0\0",
    b"\0\0\0",
    b"\0\0\0\0\0",
    b"\0\0\0\x01\0",
    b"\0\0\0\0\0\0\0\0",
    b"\0\0\0\0\0\0\0\x05",
];

/// Judges the two functions by the cases that are wanted.
pub(super) fn judge(
    pack: &mut Pack<'_>,
    unpack: &mut Unpack<'_>,
    wanted: &mut dyn FnMut(&str) -> bool,
) -> Vec<Check> {
    let known = |values: Vec<i128>| -> Vec<(Vec<u8>, Option<i128>)> {
        let octets = values.into_iter().map(|value| (octets(value), Some(value)));
        octets.collect()
    };
    let top_bit = vec![0x8000_0000, 0x8000_0001, 0xFFFF_FFFE, 0xFFFF_FFFF];
    CASES
        .into_iter()
        .filter(|(id, ..)| wanted(id))
        .map(|(id, title, requirement)| {
            let wrong = match id {
                "codec/pack-boundaries" => packs(pack, boundaries()),
                "codec/pack-powers-of-two" => packs(pack, powers_of_two()),
                "codec/pack-random" => packs(pack, random()),
                "codec/pack-out-of-range" => packs(pack, OUT_OF_RANGE.to_vec()),
                "codec/unpack-boundaries" => unpacks(unpack, known(boundaries())),
                "codec/unpack-powers-of-two" => unpacks(unpack, known(powers_of_two())),
                "codec/unpack-random" => unpacks(unpack, known(random())),
                "codec/unpack-top-bit" => unpacks(unpack, known(top_bit.clone())),
                _ => {
                    let wrong = WRONG_SIZES.map(|octets| (octets.to_vec(), None));
                    unpacks(unpack, wrong.into())
                }
            };
            check(id, title, requirement, wrong)
        })
        .collect()
}

fn packs(pack: &mut Pack<'_>, values: Vec<i128>) -> Option<Wrong> {
    let packed = values
        .into_iter()
        .filter_map(|value| packed_wrong(value, pack(value)));
    first(packed)
}

fn unpacks(unpack: &mut Unpack<'_>, values: Vec<(Vec<u8>, Option<i128>)>) -> Option<Wrong> {
    let unpacked = values
        .into_iter()
        .filter_map(|(octets, value)| unpacked_wrong(&octets, value, &unpack(&octets)));
    first(unpacked)
}

/// The first that is wrong, which knows of the others whether only large lengths are.
fn first(mut wrong: impl Iterator<Item = Wrong>) -> Option<Wrong> {
    let mut first = wrong.next()?;
    first.is_large &= wrong.all(|further| further.is_large);
    Some(first)
}

fn is_large(value: i128) -> bool {
    (0x8000_0000..=0xFFFF_FFFF).contains(&value)
}

struct Wrong {
    /// Of lengths: it has its top bit set, and so have all others that are wrong (LEN-4).
    is_large: bool,
    message: String,
    given: Vec<u8>,
    expected: String,
    came: Vec<u8>,
}

fn packed_wrong(value: i128, packed: Result<Vec<u8>, String>) -> Option<Wrong> {
    let is_length = (0..=0xFFFF_FFFF).contains(&value);
    let expected = is_length.then(|| octets(value));
    let came = packed.as_ref().ok();
    if came == expected.as_ref() {
        return None;
    }
    Some(Wrong {
        is_large: is_large(value),
        message: match &packed {
            Ok(octets) => format!("{value} is packed as {octets:02x?}"),
            Err(error) => format!("{value} is not packed: {error}"),
        },
        given: Vec::new(),
        expected: match expected {
            Some(octets) => format!("{octets:02x?}"),
            None => "an error".to_owned(),
        },
        came: packed.unwrap_or_default(),
    })
}

fn unpacked_wrong(
    octets: &[u8],
    expected: Option<i128>,
    unpacked: &Result<i128, String>,
) -> Option<Wrong> {
    if unpacked.as_ref().ok() == expected.as_ref() {
        return None;
    }
    Some(Wrong {
        is_large: expected.is_some_and(is_large),
        message: match unpacked {
            Ok(value) => format!("{octets:02x?} is unpacked as {value}"),
            Err(error) => format!("{octets:02x?} is not unpacked: {error}"),
        },
        given: octets.to_vec(),
        expected: expected.map_or_else(|| "an error".to_owned(), |value| value.to_string()),
        came: Vec::new(),
    })
}

fn check(id: &str, title: &str, requirement: &str, wrong: Option<Wrong>) -> Check {
    let large = requirement == "LEN-1" && wrong.as_ref().is_some_and(|wrong| wrong.is_large);
    let broken = wrong.as_ref().map(|_| {
        let id = if large { "LEN-4" } else { requirement };
        RequirementId::from(id.to_owned())
    });
    Check {
        id: id.to_owned().into(),
        title: title.to_owned(),
        left_out: false,
        requirements: vec![requirement.to_owned().into()],
        broken,
        class: Class::Codec,
        segmentation: None,
        verdict: if wrong.is_some() {
            Verdict::Fail
        } else {
            Verdict::Pass
        },
        message: wrong
            .as_ref()
            .map_or_else(String::new, |wrong| wrong.message.clone()),
        evidence: wrong.map(|wrong| Evidence {
            sent: vec![Octets::folded(&wrong.given)],
            expected: wrong.expected,
            seen: Octets::folded(&wrong.came),
            ended: "a single length, without a stream".to_owned(),
            ..Evidence::default()
        }),
        cause: None,
        rerun: None,
        details: serde_json::Map::new(),
    }
}
