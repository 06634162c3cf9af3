//! Which mistake the failures of a codec point to.

use super::Decode;
use crate::framing::{Framing, Number};
use crate::judge::check::{Check, Verdict};
use crate::trace::segmentation::Segmentation;

/// Another framing that a codec decodes well.
pub(super) struct Dialect {
    requirement: &'static str,
    cause: String,
}

/// A mistake, as the framing that a codec has which makes it.
fn mistaken(framing: &Framing) -> Vec<(Framing, &'static str, String)> {
    let mut all = Vec::new();
    let mut add = |template: String, requirement, cause: String| {
        if let Ok(other) = template.parse::<Framing>()
            && other != *framing
        {
            all.push((other, requirement, cause));
        }
    };
    let template = framing.template();
    let words: Vec<&str> = template.split(' ').collect();
    let with = |at: usize, word: &str| {
        let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        words[at] = word.to_owned();
        // Limits and meanings of the right framing may not fit the other.
        words.retain(|word| !word.contains('=') || word.contains('\''));
        words.join(" ")
    };
    for (at, word) in words.iter().enumerate() {
        let (number, counts) = match word.find(['+', '-']) {
            Some(sign) => word.split_at(sign),
            None => (*word, ""),
        };
        let is_number = framing.number().is_some() && is_fixed(number);
        if !is_number {
            continue;
        }
        let (order, other) = if number.ends_with("le") {
            ("least", "be")
        } else {
            ("most", "le")
        };
        let flipped = if order == "least" { "most" } else { "least" };
        if number.ends_with("le") || number.ends_with("be") {
            let swapped = format!("{}{other}{counts}", &number[..number.len() - 2]);
            add(
                with(at, &swapped),
                "LEN-1",
                format!("it reads lengths with the {flipped} significant octet first"),
            );
        }
        let bits = number
            .trim_start_matches(['u', 'i'])
            .trim_end_matches(['b', 'e', 'l']);
        let end = if number.ends_with("le") { "le" } else { "be" };
        for (width, octets) in [("8", 1), ("16", 2), ("24", 3), ("32", 4), ("64", 8)] {
            if width != bits {
                let s = if octets == 1 { "" } else { "s" };
                let end = if octets == 1 { "" } else { end };
                add(
                    with(at, &format!("u{width}{end}{counts}")),
                    "LEN-1",
                    format!("it reads lengths of {octets} octet{s}"),
                );
            }
        }
    }
    all.extend(miscounting(framing, &words));
    all
}

fn is_fixed(number: &str) -> bool {
    number.parse::<Framing>().is_ok_and(|framing| {
        matches!(framing.number(), Some(Number::Fixed { .. })) && framing.template() == number
    })
}

/// Framings whose number counts something else.
fn miscounting(framing: &Framing, words: &[&str]) -> Vec<(Framing, &'static str, String)> {
    let Some(number) = framing.number() else {
        return Vec::new();
    };
    let right = framing.adjustment();
    let mut all = Vec::new();
    let width = number.width().unwrap_or(1) as i128;
    let overhead = framing.overhead(5) as i128;
    let mut candidates = vec![right + 1, right - 1, 0, width, overhead];
    candidates.dedup();
    for counts in candidates.into_iter().filter(|counts| *counts != right) {
        let replaced = words.iter().map(|word| {
            let bare = word.split(['+', '-']).next().unwrap_or(word);
            let is_length = !word.contains('=')
                && bare
                    .parse::<Framing>()
                    .is_ok_and(|one| one.number() == Some(number));
            if is_length {
                match counts {
                    0 => bare.to_owned(),
                    more if more > 0 => format!("{bare}+{more}"),
                    less => format!("{bare}{less}"),
                }
            } else {
                (*word).to_owned()
            }
        });
        let kept = replaced.filter(|word| !word.contains('=') || word.contains('\''));
        let template: Vec<String> = kept.collect();
        let Ok(other) = template.join(" ").parse::<Framing>() else {
            continue;
        };
        if other == *framing {
            continue;
        }
        let cause = match counts {
            0 => "it takes lengths to count the payload alone".to_owned(),
            counts if counts == width && right == 0 => {
                "it takes lengths to count themselves".to_owned()
            }
            counts if counts == overhead => "it takes lengths to count the whole frame".to_owned(),
            counts if counts > right => {
                format!(
                    "it takes lengths to count {} octets more than they do",
                    counts - right
                )
            }
            counts => format!(
                "it takes lengths to count {} octets fewer than they do",
                right - counts
            ),
        };
        all.push((other, "FRM-1", cause));
    }
    all
}

/// The mistaken framing that a codec decodes two frames of.
pub(super) fn dialect<'c>(
    framing: &Framing,
    fresh: &mut dyn FnMut() -> Box<dyn Decode + 'c>,
) -> Option<Dialect> {
    let payloads = [&b"hello, everybody"[..], b"hi there"];
    mistaken(framing)
        .into_iter()
        .find_map(|(other, requirement, cause)| {
            let stream = other.stream(payloads).ok()?;
            let mut codec = fresh();
            let mut delivered: Vec<Vec<u8>> = Vec::new();
            let mut take = |payload: &[u8]| {
                if delivered.len() < 8 {
                    delivered.push(payload.to_vec());
                }
            };
            let fed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                codec
                    .feed(&stream, &mut take)
                    .and_then(|()| codec.finish(&mut take))
            }));
            (matches!(fed, Ok(Ok(()))) && delivered == payloads)
                .then_some(Dialect { requirement, cause })
        })
}

/// Says of failures which requirement is really broken, and by what mistake.
pub(super) fn attribute(framing: &Framing, dialect: Option<&Dialect>, checks: &mut [Check]) {
    let failed = |check: &Check| check.verdict == Verdict::Fail;
    if let Some(dialect) = dialect {
        for check in checks.iter_mut().filter(|check| failed(check)) {
            check.broken = Some(dialect.requirement.into());
            check.cause = Some(dialect.cause.clone());
        }
        return;
    }
    let with_verdict = |verdict: Verdict, segmentation: Segmentation| -> Vec<String> {
        let plain = checks
            .iter()
            .filter(|check| check.verdict == verdict && check.segmentation == Some(segmentation));
        plain.map(|check| check.id.to_string()).collect()
    };
    let well = with_verdict(Verdict::Pass, Segmentation::Apart);
    let fails_apart = with_verdict(Verdict::Fail, Segmentation::Apart);
    let is_well = |id: &str| well.iter().any(|well| well == id);
    let pinned_well = is_well("frm/two") || is_well("frm/one");
    for check in checks
        .iter_mut()
        .filter(|check| check.verdict == Verdict::Fail)
    {
        let id = check.id.as_str().to_owned();
        let by_cut = match check.segmentation {
            Some(Segmentation::Pinned) if pinned_well => Some(false),
            Some(segmentation) if is_well(&id) => Some(segmentation.joins_frames()),
            _ => None,
        };
        match by_cut {
            Some(true) => {
                check.broken = Some("FRM-3".into());
                check.cause = Some("it loses what comes together with a frame".to_owned());
            }
            Some(false) if check.segmentation != Some(Segmentation::Pinned) => {
                check.broken = Some("FRM-2".into());
                check.cause = Some(short_read(framing, check.segmentation).to_owned());
            }
            _ => {
                if let Some(cause) = of_case(framing, &id, &fails_apart) {
                    check.cause = Some(cause);
                }
            }
        }
    }
}

/// What a codec does that fails under a cut which it has to do with.
const fn short_read(framing: &Framing, segmentation: Option<Segmentation>) -> &'static str {
    match segmentation {
        Some(Segmentation::InsideEnd) if framing.number().is_none() => {
            "it misses an end that is cut in two"
        }
        _ => "it takes a short read for a whole one",
    }
}

/// The mistake that the failure of a case points to by itself.
fn of_case(framing: &Framing, id: &str, fails: &[String]) -> Option<String> {
    let all_of = |prefix: &str| fails.iter().all(|id| id.starts_with(prefix));
    let text = if id.starts_with("frm/below-least-") {
        "it takes off what the length counts beside the payload without a look whether it is there"
    } else if is_empties(id, fails) && all_of("frm/empt") && framing.adjustment() != 0 {
        "it reads empty frames otherwise than others"
    } else if is_empties(id, fails) && all_of("frm/empt") {
        "it loses empty frames"
    } else if id.starts_with("frm/zero-") {
        "it gives a length of zero another meaning"
    } else if id.starts_with("frm/wrong-octet-") || id == "frm/nothing-behind" {
        "it does not look at octets that the framing fixes"
    } else if id.starts_with("frm/chain-") {
        "it takes each part for a payload, or misses the part that is empty"
    } else if id == "frm/truncated-after-longer" {
        "it completes a frame with octets of an earlier one"
    } else if id.starts_with("frm/truncated-") {
        "it takes an end inside a frame for a clean one"
    } else if id.starts_with("len/other-form-") {
        match framing.forms() {
            crate::framing::Forms::Shortest => "it takes a length that is not in its shortest form",
            _ => "it does not take a length for what it says in another form",
        }
    } else if id == "len/no-number-beyond-bits" || is_beyond_32_bits(id) {
        "it keeps 32 bits of a length"
    } else if id.starts_with("len/no-number-too-many") {
        "it reads a length with more octets than there may be"
    } else if id.starts_with("len/no-number-") {
        "it makes a number of what is none"
    } else {
        return None;
    };
    Some(text.to_owned())
}

/// Whether empty frames fail wherever they stand.
fn is_empties(id: &str, fails: &[String]) -> bool {
    let fails = |wanted: &str| fails.iter().any(|id| id == wanted);
    id.starts_with("frm/empt") && fails("frm/empty") && fails("frm/empty-between")
}

/// Whether a case announces a length of which 32 bits are a short one.
fn is_beyond_32_bits(id: &str) -> bool {
    let value = id.strip_prefix("len/announced-");
    let value = value.and_then(|hex| u128::from_str_radix(hex, 16).ok());
    value.is_some_and(|value| value > 0xFFFF_FFFF && value % 0x1_0000_0000 < 1_000)
}
