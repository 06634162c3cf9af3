//! Single lengths: those of payloads, packed as the framing has them, and what is not one.

use serde::Serialize;

use crate::framing::Framing;
use crate::suite::codec::lengths::{largest, wrong_sizes};
use crate::trace::octets::Octets;

#[derive(Debug, Serialize)]
struct Packing {
    value: Value,
    octets: Octets,
}

/// The length of a payload: a number where every reader of JSON has it exactly, and else its digits.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Value {
    Number(u64),
    Digits(String),
}

/// The largest whole number that all readers of JSON have exactly: 2^53 - 1.
const MOST_EXACT: u64 = (1 << 53) - 1;

#[derive(Debug, Serialize)]
pub(super) struct Lengths {
    /// Values, and their octets.
    packed: Vec<Packing>,
    /// Values that are not a length, as decimal digits: some have more than 64 bits.
    not_lengths: Vec<String>,
    /// Octets that are not a length.
    not_packed: Vec<Octets>,
}

impl Lengths {
    /// The manifest's entry for them.
    pub(super) fn counts(&self) -> serde_json::Value {
        serde_json::json!({
            "file": "lengths.json",
            "packed": self.packed.len(),
            "not_lengths": self.not_lengths.len(),
            "not_packed": self.not_packed.len(),
        })
    }
}

/// The lengths of a framing; `None` where it has none.
pub(super) fn lengths(framing: &Framing) -> Option<Lengths> {
    framing.number()?;
    let (least, most) = (i128::from(framing.min_payload()), largest(framing));
    let powers = (0..64).flat_map(|exponent| {
        let power = 1_i128 << exponent;
        [power - 1, power, power + 1]
    });
    let adjusted = [128, 256, 65_536].map(|number| number - framing.adjustment());
    let others = [0x0102_0304, 0xFFFF_FFFE, 0xFFFF_FFFF, most - 1, most];
    let mut values: Vec<i128> = powers
        .chain(adjusted)
        .chain(others)
        .filter(|value| (least..=most).contains(value))
        .collect();
    values.sort_unstable();
    values.dedup();
    let packed = values.into_iter().filter_map(|value| {
        Some(Packing {
            octets: Octets::from(&framing.pack(value)?[..]),
            value: match u64::try_from(value) {
                Ok(value) if value <= MOST_EXACT => Value::Number(value),
                _ => Value::Digits(value.to_string()),
            },
        })
    });
    let above = [most + 1, most + 2, 0x7FFF_FFFF_FFFF_FFFF, 1 << 64];
    let above = above
        .into_iter()
        .filter(|value| framing.pack(*value).is_none());
    let below = [-1, -0x8000_0000]
        .into_iter()
        .chain((least > 0).then_some(least - 1));
    let mut not_lengths: Vec<i128> = below.chain(above).collect();
    not_lengths.dedup();
    Some(Lengths {
        packed: packed.collect(),
        not_lengths: not_lengths.iter().map(i128::to_string).collect(),
        not_packed: wrong_sizes(framing)
            .iter()
            .map(|octets| Octets::from(&octets[..]))
            .collect(),
    })
}
