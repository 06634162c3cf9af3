//! Malformed frames: lengths that lie, that are out of range, that are not numbers; octets that are
//! not the ones which must stand there.

use super::render::{Renderer, Script, noted, with_commas};
use crate::framing::{Next, Number, Parts, Place};
use crate::trace::octets::Octets;
use crate::trace::{Action, Trace};

/// Most octets that follow a frame that announces too much.
const COMES: u128 = 64;

/// The conversation in which `hello` is to be spoilt: one frame before, one after.
fn hostile(
    renderer: &Renderer<'_>,
    id: String,
    title: String,
    requirements: &[&str],
    spoil: impl FnOnce(&mut Script<'_>) -> Option<()>,
) -> Option<Trace> {
    let mut script = renderer.script();
    script.word("hi")?;
    spoil(&mut script)?;
    let there = renderer.adapted(b"there")?;
    script.frame_noted(&Octets::from(&there[..]), "there")?;
    script.refused_at_the_end();
    let mut twin = renderer.script();
    twin.word("hi")?;
    twin.word("hello")?;
    twin.word("there")?;
    let mut trace = renderer.trace(id, title, requirements, script);
    trace.repaired = Some(twin.steps);
    Some(trace)
}

/// Lengths that announce far more than comes.
pub(super) fn announced(renderer: &Renderer<'_>) -> Vec<Trace> {
    let framing = renderer.framing;
    let Some(number) = framing.number() else {
        return Vec::new();
    };
    let adjustment = framing.adjustment();
    let largest = number.largest(None).unwrap_or(u128::from(u64::MAX));
    let mut values: Vec<u128> = match number {
        Number::Fixed { width, .. } if *width <= 4 => {
            let top = 1_u128 << (width * 8 - 1);
            let all = (1_u128 << (width * 8)) - 1;
            let step = 1_u128 << (width * 8 - 8);
            let mut values = vec![
                step,
                top - 1,
                top,
                top + 2,
                255 * step,
                all - 3,
                all - 1,
                all,
            ];
            if adjustment > 0 {
                // Fewer bits of a round number are below the least, and refused: these are short lengths in them.
                let hello = (5 + adjustment) as u128;
                let kept = (1..*width).map(|octets| (1 << (8 * octets)) + hello);
                values.extend(kept);
                values.sort_unstable();
            }
            values
        }
        _ => {
            let hello = (5 + adjustment) as u128;
            vec![
                16_384,
                0x10000 + hello,
                0x0100_0000,
                0x7FFF_FFFF,
                0x8000_0000,
                0x8000_0002,
                0xFFFF_FFFF,
                0x1_0000_0000,
                0x1_0000_0000 + hello,
                1 << 53,
                100_000_000_000_000,
                1 << 63,
                (1 << 63) + hello,
                u128::from(u64::MAX),
            ]
        }
    };
    values.retain(|value| *value <= largest && *value as i128 > adjustment + COMES as i128);
    values.dedup();
    let digits = number.width().map_or(0, |width| width * 2);
    let is_top = |value: u128| match number {
        Number::Fixed { width, .. } => value >= 1 << (width * 8 - 1),
        _ => value == 0x8000_0000 || value == 0x8000_0002 || value >= 1 << 63,
    };
    values
        .into_iter()
        .filter_map(|value| {
            let length = number.encode(value as i128)?;
            let id = format!("len/announced-{value:0digits$x}");
            let title = format!(
                "A length of {} is large, and the few octets behind it are not delivered",
                with_commas(value)
            );
            // 32 bits of it are the length of hello.
            let is_cut = value > 0xFFFF_FFFF && value % 0x1_0000_0000 < 1_000;
            let requirements: &[&str] = match is_cut {
                true if number.has_forms() => &["LEN-5", "FRM-6"],
                true => &["LEN-1", "FRM-6"],
                false if is_top(value) => &["LEN-4", "FRM-6"],
                false => &["FRM-6", "LEN-1"],
            };
            announces(renderer, id, title, requirements, &length)
        })
        .collect()
}

fn announces(
    renderer: &Renderer<'_>,
    id: String,
    title: String,
    requirements: &[&str],
    length: &[u8],
) -> Option<Trace> {
    let hello = renderer.adapted(b"hello")?;
    hostile(renderer, id, title, requirements, |script| {
        let parts = script.framing().parts_with_length(length, &hello, 1);
        script.push(parts, "announces far more than comes");
        Some(())
    })
}

pub(super) fn traces(renderer: &Renderer<'_>) -> Vec<Trace> {
    let mut traces = Vec::new();
    traces.extend(below_the_least(renderer));
    traces.extend(no_numbers(renderer));
    traces.extend(wrong_literals(renderer));
    traces.extend(endless(renderer));
    traces.extend(badly_stuffed(renderer));
    traces
}

/// A frame with these octets in the place of its length, which must be refused.
fn refused_length(
    renderer: &Renderer<'_>,
    id: String,
    title: String,
    requirements: &[&str],
    length: &[u8],
) -> Option<Trace> {
    let hello = renderer.adapted(b"hello")?;
    refused_before(renderer, id, title, requirements, (length, &hello))
}

/// A frame with a length that is to be refused, and the octets where the payload would be.
fn refused_before(
    renderer: &Renderer<'_>,
    id: String,
    title: String,
    requirements: &[&str],
    (length, payload): (&[u8], &[u8]),
) -> Option<Trace> {
    let parts = renderer.framing.parts_with_length(length, payload, 1);
    // Only what the framing itself has no other reading of.
    if !matches!(renderer.framing.next(&joined(&parts)), Next::Refuse(_)) {
        return None;
    }
    hostile(renderer, id, title, requirements, |script| {
        script.push(parts, "is no length");
        Some(())
    })
}

fn joined(parts: &Parts) -> Vec<u8> {
    parts
        .iter()
        .flat_map(|(_, octets)| octets.iter().copied())
        .collect()
}

/// Numbers below what they count beside the payload.
fn below_the_least(renderer: &Renderer<'_>) -> Vec<Trace> {
    let framing = renderer.framing;
    let Some(number) = framing.number() else {
        return Vec::new();
    };
    let least = framing.least_number();
    let mut values: Vec<i128> = if least <= 8 {
        (0..least).collect()
    } else {
        vec![0, 1, 4, least / 2, least - 2, least - 1]
    };
    values.dedup();
    // A part behind the payload has to follow at once: a reader that takes the length for nothing goes on with it.
    let payload = match framing.places().contains(&Place::Behind) {
        true => Some(Vec::new()),
        false => renderer.adapted(b"hello"),
    };
    let Some(payload) = payload else {
        return Vec::new();
    };
    values
        .into_iter()
        .filter_map(|value| {
            let length = number.encode(value)?;
            let title = format!(
                "A length of {value} is below {least}, what it counts beside the payload, and is refused"
            );
            let id = format!("frm/below-least-{value}");
            let frame = (&length[..], &payload[..]);
            let mut trace = refused_before(renderer, id, title, &["FRM-10"], frame)?;
            at_once(&mut trace);
            Some(trace)
        })
        .collect()
}

/// Has a frame refused from its length alone: a decoder that takes it for a large one waits for more, and the
/// end of the stream would excuse that.
fn at_once(trace: &mut Trace) {
    trace
        .steps
        .retain(|step| step.action != Action::EndOfStream);
}

/// Octets in the place of a length that are not a number.
fn no_numbers(renderer: &Renderer<'_>) -> Vec<Trace> {
    let framing = renderer.framing;
    let Some(number) = framing.number() else {
        return Vec::new();
    };
    let five = 5 + framing.adjustment();
    let text = |text: &str| -> Option<Vec<u8>> {
        match number {
            Number::Decimal(terminator) => Some([text.as_bytes(), terminator].concat()),
            Number::Header(name) => Some(format!("{name}: {text}\r\n\r\n").into_bytes()),
            Number::DecimalFixed(width) | Number::HexFixed(width) => {
                let padded = format!("{}{text}", "0".repeat(width.saturating_sub(text.len())));
                (padded.len() == *width).then(|| padded.into_bytes())
            }
            _ => None,
        }
    };
    let mut lengths: Vec<(&str, String, Option<Vec<u8>>)> = [
        ("plus", format!("+{five}")),
        ("blank-before", format!(" {five}")),
        ("blank-behind", format!("{five} ")),
        ("underscore", "1_0".to_owned()),
        ("hexadecimal", format!("0x{five}")),
        ("exponent", format!("{five}e0")),
        ("fraction", format!("{five}.0")),
        ("arabic", "٥".to_owned()),
        ("minus-zero", "-0".to_owned()),
        ("negative", format!("-{five}")),
        ("none", String::new()),
        ("word", "five".to_owned()),
        (
            "beyond-64-bits",
            (18_446_744_073_709_551_616 + five).to_string(),
        ),
        ("digits-65", "9".repeat(65)),
        ("digits-4000", "9".repeat(4000)),
    ]
    .into_iter()
    .map(|(name, written)| {
        let octets = text(&written);
        let short: String = written.chars().take(24).collect();
        (name, format!("The length {short:?}"), octets)
    })
    .collect();
    if let Number::Header(_) = number {
        // Of two lengths that differ, published readers take the first, the last or none: nothing is asked of them.
        lengths.push((
            "no-header",
            "A header block without a length".to_owned(),
            Some(b"Content-Type: text/plain\r\n\r\n".to_vec()),
        ));
    }
    lengths.extend(beyond_bits(number));
    lengths
        .into_iter()
        .filter_map(|(name, what, octets)| {
            let requirement = match number {
                _ if name.starts_with("top-bit") => "LEN-4",
                Number::Varint(_) | Number::Vlq(_) | Number::Ber => "LEN-5",
                _ => "LEN-1",
            };
            let title = format!("{what} is refused");
            let id = format!("len/no-number-{name}");
            let mut trace = refused_length(renderer, id, title, &[requirement], &octets?)?;
            if requirement == "LEN-4" {
                at_once(&mut trace);
            }
            Some(trace)
        })
        .collect()
}

/// Binary numbers with more bits or more octets than there may be.
fn beyond_bits(number: &Number) -> Vec<(&'static str, String, Option<Vec<u8>>)> {
    let continued = |count: usize, last: u8| [vec![0x80; count], vec![last]].concat();
    match number {
        Number::Fixed {
            width,
            signed: true,
            little,
        } => {
            let of = |value: u128| {
                let unsigned = Number::Fixed {
                    width: *width,
                    little: *little,
                    signed: false,
                };
                unsigned.encode(value as i128)
            };
            let top = 1_u128 << (width * 8 - 1);
            vec![
                (
                    "top-bit",
                    "A length with nothing but its top bit".to_owned(),
                    of(top),
                ),
                (
                    "top-bit-five",
                    "A length of five with its top bit set".to_owned(),
                    of(top + 5),
                ),
                (
                    "top-bit-all",
                    "A length of minus one".to_owned(),
                    of(top * 2 - 1),
                ),
            ]
        }
        Number::Varint(most) => {
            let mut all = vec![
                (
                    "too-many-octets",
                    format!("A length of {} octets", most + 1),
                    Some(continued(*most, 5)),
                ),
                (
                    "too-many-zeros",
                    format!("A length of {} octets that say zero", most + 1),
                    Some(continued(*most, 0)),
                ),
            ];
            // Five, and a bit that 32 or 64 bits do not have.
            let beyond = match most {
                5 => Some([0x85, 0x80, 0x80, 0x80, 0x10].to_vec()),
                10 => Some([vec![0x85], vec![0x80; 8], vec![0x02]].concat()),
                _ => None,
            };
            all.push((
                "beyond-bits",
                "A length with a bit that there may not be".to_owned(),
                beyond,
            ));
            all
        }
        Number::Vlq(most) => vec![(
            "too-many-octets",
            format!("A length of {} octets", most + 1),
            Some(continued(*most, 5)),
        )],
        Number::Ber => vec![
            (
                "indefinite",
                "The indefinite form".to_owned(),
                Some(vec![0x80]),
            ),
            ("reserved", "The reserved form".to_owned(), Some(vec![0xFF])),
            (
                "nine-octets",
                "A length of nine octets".to_owned(),
                Some([vec![0x89, 1], vec![0; 8]].concat()),
            ),
        ],
        Number::WebSocket => vec![(
            "top-bit",
            "A length of 64 bits with its top bit set".to_owned(),
            Some(vec![127, 128, 0, 0, 0, 0, 0, 0, 5]),
        )],
        _ => Vec::new(),
    }
}

/// Octets that the framing fixes, with one bit changed.
fn wrong_literals(renderer: &Renderer<'_>) -> Vec<Trace> {
    let framing = renderer.framing;
    let has_wrong = |parts: &Parts| matches!(framing.next(&joined(parts)), Next::Refuse(_));
    let Some(hello) = renderer.adapted(b"hello") else {
        return Vec::new();
    };
    let Ok(good) = framing.parts(&hello, 1) else {
        return Vec::new();
    };
    let mut traces = Vec::new();
    let mut at = 0;
    for (index, (place, octets)) in good.iter().enumerate() {
        if matches!(place, Place::Length | Place::Payload) {
            at += octets.len();
            continue;
        }
        let places = [0, octets.len() / 2, octets.len() - 1];
        let mut places: Vec<usize> = places.to_vec();
        places.dedup();
        for offset in places {
            let mut parts = good.clone();
            parts[index].1[offset] ^= 1;
            if !has_wrong(&parts) {
                continue;
            }
            let octet = at + offset + 1;
            let title = format!("A frame whose octet {octet} has one bit wrong is refused");
            let id = format!("frm/wrong-octet-{octet}");
            traces.extend(hostile(renderer, id, title, &["FRM-11"], |script| {
                script.push(parts, "one bit is wrong");
                Some(())
            }));
        }
        // The part that must follow the payload is left out, and the next frame stands there.
        if *place == Place::Behind {
            let mut parts = good.clone();
            parts.remove(index);
            let next = framing.parts(&hello, 0).unwrap_or_default();
            if matches!(
                framing.next(&[joined(&parts), joined(&next)].concat()),
                Next::Refuse(_)
            ) {
                let title =
                    "A frame without what must stand behind its payload is refused".to_owned();
                let id = "frm/nothing-behind".to_owned();
                traces.extend(hostile(renderer, id, title, &["FRM-11"], |script| {
                    script.push(parts, "ends with its payload");
                    Some(())
                }));
            }
        }
        at += octets.len();
    }
    traces
}

/// A length that goes on for a MiB.
fn endless(renderer: &Renderer<'_>) -> Option<Trace> {
    let (octet, what) = match renderer.framing.number()? {
        Number::Varint(_) | Number::Vlq(_) => (0x80, "octets that say that the length goes on"),
        Number::Decimal(_) => (b'1', "digits"),
        _ => return None,
    };
    let mut script = renderer.script();
    script.word("hi")?;
    let before = script.framing().parts_with_length(&[], b"", 1);
    let before: Vec<u8> = before
        .into_iter()
        .filter(|(place, _)| *place == Place::Before)
        .flat_map(|(_, octets)| octets)
        .collect();
    let sent = Octets::from(&before[..]).then(Octets::repeat(&[octet], 1024 * 1024));
    script
        .steps
        .push(noted(Action::Send(sent), "without an end"));
    script.refused_at_the_end();
    let mut twin = renderer.script();
    twin.word("hi")?;
    twin.ends();
    let title = format!("1,048,576 {what} without an end are refused");
    let mut trace = renderer.trace("len/endless", title, &["LEN-3"], script);
    trace.cuts = Some(crate::trace::Cuts::Named(vec![
        crate::trace::segmentation::Segmentation::Whole,
        crate::trace::segmentation::Segmentation::Segments,
    ]));
    trace.repaired = Some(twin.steps);
    Some(trace)
}

/// Groups of COBS that are longer than what is there.
fn badly_stuffed(renderer: &Renderer<'_>) -> Option<Trace> {
    let wrong = b"\x05\x11\x22\0";
    if !renderer.framing.is_stuffed() || !matches!(renderer.framing.next(wrong), Next::Refuse(_)) {
        return None;
    }
    hostile(
        renderer,
        "frm/wrong-stuffing".to_owned(),
        "A group that says more octets than come before the end of the frame is refused".to_owned(),
        &["FRM-11"],
        |script| {
            script.send(wrong, "five announced, three there");
            Some(())
        },
    )
}
