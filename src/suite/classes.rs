//! Mistakes in lengths that have one octet or several, where the first octet says how many follow: no framing
//! describes the program that makes one.

use super::mistaken::Side;
use crate::framing::{Framing, Number, Place};

/// A mistake in the lengths of a framing.
#[derive(Debug, Clone)]
pub(super) struct Misread {
    kind: Kind,
    /// Two payloads whose lengths show it.
    pub(super) payloads: [Vec<u8>; 2],
    /// The mistake, in words.
    pub(super) cause: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The octets after the first have the other order.
    Swapped,
    /// A number of octets that follow this one.
    Width(u8, usize),
    /// The first octet is the length, whatever it is.
    Single,
}

/// The requirement that each of them breaks.
pub(super) const REQUIREMENT: &str = "LEN-1";

/// First octets that announce a width, with that width in octets; and the wrong order.
fn classes(number: &Number) -> Option<(&'static [(u8, usize)], &'static str)> {
    match number {
        Number::WebSocket => Some((&[(126, 2), (127, 8)], "least")),
        Number::Compact => Some((&[(253, 2), (254, 4), (255, 8)], "most")),
        Number::Ber => Some((&[], "least")),
        _ => None,
    }
}

/// The mistakes that a framing has room for.
pub(super) fn misread(framing: &Framing, side: Side) -> Vec<Misread> {
    let Some((classes, other_order)) = framing.number().and_then(classes) else {
        return Vec::new();
    };
    let two = |one: usize, other: usize| [vec![b'a'; one], vec![b'b'; other]];
    // Lengths of three octets and of five or nine.
    let (short, long) = (two(300, 260), two(70_000, 66_001));
    let lengths = side.lengths();
    let swapped = || format!("{lengths} with the {other_order} significant octet first");
    let mut all: Vec<Misread> = [&short, &long]
        .into_iter()
        .map(|payloads| Misread {
            kind: Kind::Swapped,
            payloads: payloads.clone(),
            cause: swapped(),
        })
        .collect();
    for (first, right) in classes {
        let others = [1, 2, 3, 4, 8].into_iter().filter(|width| width != right);
        all.extend(others.map(|width| {
            let s = if width == 1 { "" } else { "s" };
            Misread {
                kind: Kind::Width(*first, width),
                payloads: if *right == 2 { &short } else { &long }.clone(),
                cause: format!(
                    "{lengths} of {width} octet{s} behind {first:02x}, where {right} are the length"
                ),
            }
        }));
    }
    let single = match framing.number() {
        Some(Number::WebSocket) => two(126, 127),
        Some(Number::Compact) => two(253, 255),
        _ => two(200, 130),
    };
    all.push(Misread {
        kind: Kind::Single,
        payloads: single,
        cause: format!("{lengths} of 1 octet"),
    });
    all
}

impl Misread {
    /// The octets of the length of a payload, as a program with this mistake has them; `None` where they are as they
    /// ought to be, or cannot be said.
    pub(super) fn length(&self, framing: &Framing, payload: usize) -> Option<Vec<u8>> {
        let right = framing.pack(payload as i128)?;
        let (first, value) = right.split_first()?;
        let number = payload as i128 + framing.adjustment();
        let wrong = match self.kind {
            Kind::Swapped => {
                let mut value = value.to_vec();
                value.reverse();
                [vec![*first], value].concat()
            }
            Kind::Width(of, width) if of == *first => {
                let number = u64::try_from(number)
                    .ok()
                    .filter(|number| number >> (8 * width.min(7)) == 0)?;
                let value = match framing.number()? {
                    Number::Compact => number.to_le_bytes()[..width].to_vec(),
                    _ => number.to_be_bytes()[8 - width..].to_vec(),
                };
                [vec![*first], value].concat()
            }
            Kind::Width(..) => return None,
            Kind::Single => vec![u8::try_from(number).ok()?],
        };
        (wrong != right).then_some(wrong)
    }

    /// Its two payloads in frames.
    pub(super) fn stream(&self, framing: &Framing) -> Option<Vec<u8>> {
        let mut stream = framing.preface();
        for (number_in_stream, payload) in self.payloads.iter().enumerate() {
            let length = self.length(framing, payload.len())?;
            let parts = framing.parts_with_length(&length, payload, number_in_stream);
            stream.extend(parts.into_iter().flat_map(|(_, octets)| octets));
        }
        Some(stream)
    }

    /// True of octets that begin with a frame of this payload, whatever its free octets are.
    pub(super) fn begins(&self, framing: &Framing, octets: &[u8], payload: &[u8]) -> bool {
        let Some(length) = self.length(framing, payload.len()) else {
            return false;
        };
        let parts = framing.parts_with_length(&length, payload, 0);
        let mut at = 0;
        parts.iter().all(|(place, part)| {
            let came = octets.get(at..at + part.len());
            at += part.len();
            match place {
                Place::Length | Place::Payload => came == Some(part),
                _ => came.is_some(),
            }
        })
    }
}

/// The mistake, in words, if lengths of some number of octets are read wrongly and those with fewer are read well;
/// `sizes` are those of the payloads that fail.
pub(super) fn wrong_width(framing: &Framing, sizes: &[u64]) -> Option<String> {
    let number = framing.number().filter(|number| number.width().is_none())?;
    if matches!(number, Number::Decimal(_) | Number::Header(_)) {
        return None;
    }
    let octets = |size: u64| framing.pack(i128::from(size)).map(|length| length.len());
    let least = *sizes.iter().min()?;
    let (fewest, most) = (octets(least)?, octets(*sizes.iter().max()?)?);
    // The least length of this width fails: that a larger one does may have another reason.
    let is_first = octets(least.checked_sub(1)?).is_some_and(|fewer| fewer < fewest);
    is_first.then(|| match fewest == most {
        true => format!("it does not read lengths of {fewest} octets"),
        false => format!("it does not read lengths of {fewest} octets and more"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(template: &str, cause: &str) -> Vec<Vec<u8>> {
        let framing: Framing = template.parse().unwrap();
        let all = misread(&framing, Side::Reads).into_iter();
        let wanted = all.filter(|mistake| mistake.cause == cause);
        wanted
            .map(|mistake| mistake.length(&framing, mistake.payloads[0].len()).unwrap())
            .collect()
    }

    #[test]
    fn wrong_lengths_are_laid_out() {
        let least = "it reads lengths with the least significant octet first";
        assert_eq!(
            octets("websocket", least),
            [
                &[0x7e, 0x2c, 0x01][..],
                &[0x7f, 0x70, 0x11, 0x01, 0, 0, 0, 0, 0]
            ]
        );
        assert_eq!(octets("ber", least)[0], [0x82, 0x2c, 0x01]);
        let most = "it reads lengths with the most significant octet first";
        assert_eq!(
            octets("compact", most),
            [&[0xfd, 0x01, 0x2c][..], &[0xfe, 0, 0x01, 0x11, 0x70]]
        );
        let three = "it reads lengths of 3 octets behind fe, where 4 are the length";
        assert_eq!(octets("compact", three), [[0xfe, 0x70, 0x11, 0x01]]);
        let four = "it reads lengths of 4 octets behind 7f, where 8 are the length";
        assert_eq!(octets("websocket", four), [[0x7f, 0, 0x01, 0x11, 0x70]]);
        assert_eq!(octets("websocket", "it reads lengths of 1 octet"), [[0x7e]]);
        assert!(misread(&"varint".parse().unwrap(), Side::Reads).is_empty());
    }

    #[test]
    fn a_frame_begins_with_a_wrong_length() {
        let framing: Framing = "websocket".parse().unwrap();
        let payload = [b'x'; 300];
        let frame = [&[0x81, 0x7e, 0x2c, 0x01][..], &payload].concat();
        let mistakes = misread(&framing, Side::Writes);
        let found = mistakes
            .iter()
            .find(|one| one.begins(&framing, &frame, &payload));
        let cause = "it writes lengths with the least significant octet first";
        assert_eq!(found.map(|one| one.cause.as_str()), Some(cause));
        let right = [&[0x81, 0x7e, 0x01, 0x2c][..], &payload].concat();
        assert!(
            !mistakes
                .iter()
                .any(|one| one.begins(&framing, &right, &payload))
        );
    }

    #[test]
    fn lengths_that_fail_by_their_width_are_told() {
        for (template, sizes, wanted) in [
            (
                "compact",
                &[253, 256, 65_535][..],
                Some("it does not read lengths of 3 octets"),
            ),
            (
                "compact",
                &[65_536, 100_000],
                Some("it does not read lengths of 5 octets"),
            ),
            (
                "websocket",
                &[126, 65_536],
                Some("it does not read lengths of 3 octets and more"),
            ),
            (
                "varint",
                &[16_384],
                Some("it does not read lengths of 3 octets"),
            ),
            // Another length of this width is well, or nothing fails; a fixed width is none; digits are many.
            ("compact", &[256], None),
            ("compact", &[], None),
            ("u32be", &[256], None),
            ("netstring", &[10], None),
        ] {
            let framing: Framing = template.parse().unwrap();
            assert_eq!(
                wrong_width(&framing, sizes).as_deref(),
                wanted,
                "{template} {sizes:?}"
            );
        }
    }
}
