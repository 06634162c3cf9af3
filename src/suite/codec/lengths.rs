//! Single lengths, packed and unpacked (LEN-1 to LEN-4).

#[cfg(test)]
mod tests;

use super::{Pack, Unpack};
use crate::framing::{Framing, Number};
use crate::judge::check::{Check, Verdict};
use crate::judge::evidence::{Evidence, Wanted};
use crate::judge::id::RequirementId;
use crate::trace::Class;
use crate::trace::octets::Octets;

/// A case on single lengths.
pub(super) struct LengthCase {
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) requirement: &'static str,
    what: What,
}

enum What {
    /// Payload lengths that are packed, or must not be.
    Pack(Vec<i128>),
    /// Octets, and the payload length that they say; `None` where they say none.
    Unpack(Vec<(Vec<u8>, Option<i128>)>),
}

/// Number of random values.
const RANDOM: u64 = 10_000;

/// Largest length that is asked for where the number of a framing has no bound.
const UNBOUNDED: i128 = 1 << 63;

/// The cases for the lengths of a framing; none where it has no length.
pub(super) fn cases(framing: &Framing) -> Vec<LengthCase> {
    if framing.number().is_none() {
        return Vec::new();
    }
    let least = i128::from(framing.min_payload());
    let most = largest(framing);
    let in_range = |values: Vec<i128>| -> Vec<i128> {
        let mut values: Vec<i128> = values
            .into_iter()
            .filter(|value| (least..=most).contains(value))
            .collect();
        values.sort_unstable();
        values.dedup();
        values
    };
    let known = |values: Vec<i128>| {
        let values = values.into_iter();
        What::Unpack(
            values
                .filter_map(|value| Some((framing.pack(value)?, Some(value))))
                .collect(),
        )
    };
    let boundaries = in_range(boundaries(framing));
    let powers = in_range(powers_of_two());
    let random = in_range(random(most));
    let random_title =
        |done: &str| format!("{} random lengths are {done}", with_comma(random.len()));
    let packed_how = if framing.is_reference() {
        "in four octets, most significant first"
    } else {
        "as the framing has them"
    };
    let mut cases: Vec<(&'static str, String, &'static str, What)> = vec![
        (
            "codec/pack-boundaries",
            format!("Lengths at the boundaries are packed {packed_how}"),
            "LEN-1",
            What::Pack(boundaries.clone()),
        ),
        (
            "codec/pack-powers-of-two",
            "Powers of two and their neighbours are packed".to_owned(),
            "LEN-1",
            What::Pack(powers.clone()),
        ),
        (
            "codec/pack-random",
            random_title("packed"),
            "LEN-1",
            What::Pack(random.clone()),
        ),
        (
            "codec/pack-out-of-range",
            "A value that is no length is an error, and neither wrapped nor cut".to_owned(),
            "LEN-2",
            What::Pack(out_of_range(least, most)),
        ),
        (
            "codec/unpack-boundaries",
            "Lengths at the boundaries are unpacked".to_owned(),
            "LEN-1",
            known(boundaries),
        ),
        (
            "codec/unpack-powers-of-two",
            "Powers of two and their neighbours are unpacked".to_owned(),
            "LEN-1",
            known(powers),
        ),
        (
            "codec/unpack-random",
            random_title("unpacked"),
            "LEN-1",
            known(random.clone()),
        ),
    ];
    cases.extend(of_form(framing));
    cases
        .into_iter()
        .map(|(id, title, requirement, what)| LengthCase {
            id,
            title,
            requirement,
            what,
        })
        .collect()
}

/// Cases for the form of a number: its top bit, and its number of octets.
fn of_form(framing: &Framing) -> Vec<(&'static str, String, &'static str, What)> {
    let mut cases = Vec::new();
    if let Some(Number::Fixed {
        width,
        signed: false,
        ..
    }) = framing.number()
    {
        let top = 1_i128 << (width * 8 - 1);
        let values = [top, top + 1, top * 2 - 2, top * 2 - 1].into_iter();
        let known = values
            .map(|number| number - framing.adjustment())
            .filter_map(|value| Some((framing.pack(value)?, Some(value))));
        cases.push((
            "codec/unpack-top-bit",
            "A length with the top bit set is a large one".to_owned(),
            "LEN-4",
            What::Unpack(known.collect()),
        ));
    }
    let title = match framing.number().and_then(Number::width) {
        Some(4) if framing.is_reference() => {
            "Any other count of octets than four is an error".to_owned()
        }
        Some(width) => format!("Any other count of octets than {width} is an error"),
        None => "Fewer octets than a length has are an error".to_owned(),
    };
    let wrong = wrong_sizes(framing);
    let wrong = wrong.into_iter().map(|octets| (octets, None)).collect();
    cases.push((
        "codec/unpack-wrong-size",
        title,
        "LEN-3",
        What::Unpack(wrong),
    ));
    cases
}

/// Octets that are not a length, because they are too few or too many.
pub(in crate::suite) fn wrong_sizes(framing: &Framing) -> Vec<Vec<u8>> {
    match framing.number().and_then(Number::width) {
        Some(4) if framing.is_reference() => WRONG_SIZES.map(<[u8]>::to_vec).into(),
        Some(width) => {
            let five = framing.pack(5).unwrap_or_default();
            let shorter = (0..width.min(five.len())).map(|end| five[..end].to_vec());
            let longer = [[&five[..], &[0]].concat(), [&five[..], &five[..]].concat()];
            shorter.chain(longer).collect()
        }
        // If the octets say themselves how many there are, fewer are not enough.
        None => {
            let longest = [5, 300, 70_000, 0x1_0000_0000]
                .into_iter()
                .filter_map(|value| framing.pack(value));
            let cut = longest.flat_map(|octets| {
                (0..octets.len())
                    .map(|end| octets[..end].to_vec())
                    .collect::<Vec<_>>()
            });
            let mut cut: Vec<_> = cut.collect();
            cut.sort();
            cut.dedup();
            cut
        }
    }
}

/// The largest payload that a length can say.
pub(in crate::suite) fn largest(framing: &Framing) -> i128 {
    let number = framing.number().and_then(|number| number.largest(None));
    let by_number = number.map_or(UNBOUNDED, |number| number as i128 - framing.adjustment());
    by_number.min(UNBOUNDED * 2)
}

fn boundaries(framing: &Framing) -> Vec<i128> {
    let most = largest(framing);
    let mut values = vec![
        0,
        1,
        2,
        63,
        64,
        127,
        128,
        252,
        253,
        255,
        256,
        257,
        16_383,
        16_384,
        32_767,
        32_768,
        65_535,
        65_536,
        65_537,
        2_097_151,
        2_097_152,
        16_777_215,
        16_777_216,
        0x0102_0304,
        0x7FFF_FFFF,
        0x8000_0000,
        0x8000_0001,
        0xFFFF_FFFE,
        0xFFFF_FFFF,
        0x1_0000_0000,
        0x1_0000_0005,
        most - 1,
        most,
    ];
    // A number that counts more than the payload has its own boundaries elsewhere.
    let adjustment = framing.adjustment();
    values.extend([128, 256, 32_768, 65_536].map(|number: i128| number - adjustment));
    values
}

fn powers_of_two() -> Vec<i128> {
    (0..=64)
        .map(|exponent| 1_i128 << exponent)
        .flat_map(|power| [power - 1, power, power + 1])
        .collect()
}

/// The same in every run: the generator splitmix64, from 0.
fn random(most: i128) -> Vec<i128> {
    (1..=RANDOM)
        .map(|step| {
            let mut z = step.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            i128::from(z ^ (z >> 31)) % (most + 1)
        })
        .collect()
}

fn out_of_range(least: i128, most: i128) -> Vec<i128> {
    let mut values = vec![
        -1,
        -2,
        -128,
        -2_147_483_648,
        -2_147_483_649,
        -0x8000_0000_0000_0000,
        most + 1,
        most + 2,
        most + 6,
        most * 2 + 1,
        most * 256,
        0x7FFF_FFFF_FFFF_FFFF,
    ];
    values.retain(|value| *value < 0 || *value > most && most < UNBOUNDED);
    values.extend((least > 0).then_some(least - 1));
    values
}

fn with_comma(count: usize) -> String {
    if count < 1000 {
        count.to_string()
    } else {
        format!("{},{:03}", count / 1000, count % 1000)
    }
}

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

impl LengthCase {
    /// Judges the lengths of a codec, which may have a limit on payloads.
    pub(super) fn judge(
        &self,
        framing: &Framing,
        limit: Option<u64>,
        pack: &mut Pack<'_>,
        unpack: &mut Unpack<'_>,
    ) -> Check {
        let most = owed_up_to(framing, limit);
        let wrong = match &self.what {
            What::Pack(values) => packs(framing, most, pack, values),
            What::Unpack(values) => unpacks(framing, most, unpack, values),
        };
        check(self.id, &self.title, self.requirement, wrong)
    }
}

/// The largest payload whose length a codec owes. Above a limit an error is right, and so it is where nothing
/// bounds a length but the limit of who reads it (FRM-7), or where no payload can be so long: many languages
/// have no numbers of 64 bits.
fn owed_up_to(framing: &Framing, limit: Option<u64>) -> i128 {
    const LARGEST_EXACT_DOUBLE: i128 = (1 << 53) - 1;
    let by_number = match framing.number().and_then(|number| number.largest(None)) {
        Some(_) => LARGEST_EXACT_DOUBLE,
        None => 65_536,
    };
    limit.map_or(by_number, |limit| by_number.min(i128::from(limit)))
}

fn packs(framing: &Framing, most: i128, pack: &mut Pack<'_>, values: &[i128]) -> Option<Wrong> {
    let packed = values.iter().filter_map(|value| {
        let packed = pack(*value);
        let refused = packed.is_err() && *value > most;
        packed_wrong(framing, *value, packed).filter(|_| !refused)
    });
    first(packed)
}

fn unpacks(
    framing: &Framing,
    most: i128,
    unpack: &mut Unpack<'_>,
    values: &[(Vec<u8>, Option<i128>)],
) -> Option<Wrong> {
    let unpacked = values.iter().filter_map(|(octets, value)| {
        let unpacked = unpack(octets);
        let refused = unpacked.is_err() && value.is_some_and(|value| value > most);
        unpacked_wrong(framing, octets, *value, &unpacked).filter(|_| !refused)
    });
    first(unpacked)
}

/// The first that is wrong, which knows of the others whether only large lengths are.
fn first(mut wrong: impl Iterator<Item = Wrong>) -> Option<Wrong> {
    let mut first = wrong.next()?;
    first.is_large &= wrong.all(|further| further.is_large);
    Some(first)
}

/// True if the length of a payload of this size has its top bit set.
fn is_large(framing: &Framing, value: i128) -> bool {
    let Some(Number::Fixed { width, .. }) = framing.number() else {
        return false;
    };
    let top = 1_i128 << (width * 8 - 1);
    (top..top * 2).contains(&(value + framing.adjustment()))
}

struct Wrong {
    /// For lengths: the top bit is set, and so it is in all others that are wrong (LEN-4).
    is_large: bool,
    message: String,
    given: Vec<u8>,
    expected: String,
    /// The octets that were expected, where octets were.
    owed: Option<Vec<u8>>,
    came: Vec<u8>,
}

fn packed_wrong(framing: &Framing, value: i128, packed: Result<Vec<u8>, String>) -> Option<Wrong> {
    let is_length = value >= i128::from(framing.min_payload()) && value <= largest(framing);
    let expected = framing.pack(value).filter(|_| is_length);
    // Another form of the same length is right where there are several.
    let is_other_form = |octets: &Vec<u8>| {
        expected.is_some()
            && framing.number().is_some_and(Number::has_forms)
            && framing.unpack(octets).ok() == u128::try_from(value).ok()
    };
    let came = packed.as_ref().ok();
    if came == expected.as_ref() || came.is_some_and(is_other_form) {
        return None;
    }
    Some(Wrong {
        is_large: is_large(framing, value),
        message: match &packed {
            Ok(octets) => format!("{value} is packed as {octets:02x?}"),
            Err(error) => format!("{value} is not packed: {error}"),
        },
        given: Vec::new(),
        expected: match &expected {
            Some(octets) => format!("{octets:02x?}"),
            None => "an error".to_owned(),
        },
        owed: expected,
        came: packed.unwrap_or_default(),
    })
}

fn unpacked_wrong(
    framing: &Framing,
    octets: &[u8],
    expected: Option<i128>,
    unpacked: &Result<i128, String>,
) -> Option<Wrong> {
    if unpacked.as_ref().ok() == expected.as_ref() {
        return None;
    }
    Some(Wrong {
        is_large: expected.is_some_and(|value| is_large(framing, value)),
        message: match unpacked {
            Ok(value) => format!("{octets:02x?} is unpacked as {value}"),
            Err(error) => format!("{octets:02x?} is not unpacked: {error}"),
        },
        given: octets.to_vec(),
        expected: expected.map_or_else(|| "an error".to_owned(), |value| value.to_string()),
        owed: None,
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
        title: title.into(),
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
            .map(|wrong| wrong.message.clone().into())
            .unwrap_or_default(),
        evidence: wrong.map(|wrong| Evidence {
            sent: vec![Octets::folded(&wrong.given)],
            expected: wrong.expected.into(),
            wanted: wrong
                .owed
                .and_then(|owed| Wanted::of(&Octets::folded(&wrong.came), 0, &owed)),
            seen: Octets::folded(&wrong.came),
            ended: "a single length, without a stream".into(),
            ..Evidence::default()
        }),
        cause: None,
        rerun: None,
        details: serde_json::Map::new(),
    }
}
