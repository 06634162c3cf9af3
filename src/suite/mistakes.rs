//! Mistakes that decoders of a framing make, servers and codecs alike: which other framing they speak, and
//! what the failure of a case points to.

use crate::framing::{Framing, Number};
use crate::trace::segmentation::Segmentation;

/// Mistakes, each as the framing that a program has which makes it, with the requirement that it breaks and
/// what it does.
pub(super) fn mistaken(framing: &Framing) -> Vec<(Framing, &'static str, String)> {
    let Some(number) = framing.number() else {
        return Vec::new();
    };
    let mut all = misread(framing, number);
    all.extend(miscounting(framing, number));
    all.retain(|(other, _, _)| other != framing);
    all
}

/// Framings whose length has another order or another width.
fn misread(framing: &Framing, number: &Number) -> Vec<(Framing, &'static str, String)> {
    let Number::Fixed { width, little, .. } = *number else {
        return Vec::new();
    };
    let of = |width: usize, little: bool, cause: String| {
        let number = Number::Fixed {
            width,
            little: little && width > 1,
            signed: false,
        };
        let other = framing.mistaken_for(&number, framing.adjustment())?;
        Some((other, "LEN-1", cause))
    };
    let first = if little { "most" } else { "least" };
    let swapped = (width > 1).then(|| {
        let cause = format!("it reads lengths with the {first} significant octet first");
        of(width, !little, cause)
    });
    let widths = [1, 2, 3, 4, 8].into_iter().filter(|other| *other != width);
    let widths = widths.map(|width| {
        let s = if width == 1 { "" } else { "s" };
        of(
            width,
            little,
            format!("it reads lengths of {width} octet{s}"),
        )
    });
    swapped.into_iter().chain(widths).flatten().collect()
}

/// Framings whose number counts something else.
fn miscounting(framing: &Framing, number: &Number) -> Vec<(Framing, &'static str, String)> {
    let right = framing.adjustment();
    let width = number.width().unwrap_or(1) as i128;
    let overhead = framing.overhead(5) as i128;
    let mut candidates = vec![right + 1, right - 1, 0, width, overhead];
    candidates.dedup();
    let candidates = candidates.into_iter().filter(|counts| *counts != right);
    let all = candidates.filter_map(|counts| {
        let other = framing.mistaken_for(number, counts)?;
        let octets = |count: i128| match count {
            1 => "one octet".to_owned(),
            count => format!("{count} octets"),
        };
        let cause = match counts {
            0 => "it takes lengths to count the payload alone".to_owned(),
            counts if counts == width && right == 0 => {
                "it takes lengths to count themselves".to_owned()
            }
            counts if counts == overhead => "it takes lengths to count the whole frame".to_owned(),
            counts if counts > right => {
                let more = octets(counts - right);
                format!("it takes lengths to count {more} more than they do")
            }
            counts => {
                let fewer = octets(right - counts);
                format!("it takes lengths to count {fewer} fewer than they do")
            }
        };
        Some((other, "FRM-1", cause))
    });
    all.collect()
}

/// What a program does that fails under a cut which it has to do with.
pub(super) const fn short_read(
    framing: &Framing,
    segmentation: Option<Segmentation>,
) -> &'static str {
    match segmentation {
        Some(Segmentation::InsideEnd) if framing.number().is_none() => {
            "it misses an end that is cut in two"
        }
        _ => "it takes a short read for a whole one",
    }
}

/// The mistake that the failure of a case points to by itself.
pub(super) fn of_case(framing: &Framing, id: &str, fails: &[String]) -> Option<String> {
    let all_of = |prefix: &str| {
        let of_empties = |id: &str| id.starts_with(prefix) || has_empty(framing, id);
        fails.iter().all(|id| of_empties(id))
    };
    let is_empties = |id: &str, fails: &[String]| {
        is_empties(id, fails) || broken_by_empties(framing, id, fails).is_some()
    };
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
    } else if let Some(text) = of_announced(framing, id, fails) {
        text
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

/// The requirement that a case which has an empty frame too breaks, where empty frames fail wherever they stand.
pub(super) fn broken_by_empties(
    framing: &Framing,
    id: &str,
    fails: &[String],
) -> Option<&'static str> {
    (has_empty(framing, id) && is_empties("frm/empty", fails)).then_some("FRM-4")
}

/// Whether a case has an empty frame for another reason than to show one: its length is in another form, or
/// it ends a chain.
fn has_empty(framing: &Framing, id: &str) -> bool {
    let ends_a_chain = || {
        let size: Option<u64> = id.strip_prefix("len/").and_then(|size| size.parse().ok());
        let most = framing.max_payload().unwrap_or(0);
        let is_whole = size.is_some_and(|size| most > 0 && size > 0 && size.is_multiple_of(most));
        is_whole || id.starts_with("frm/chain-")
    };
    id.starts_with("len/other-form-empty-") || framing.is_chained() && ends_a_chain()
}

/// Whether empty frames fail wherever they stand.
fn is_empties(id: &str, fails: &[String]) -> bool {
    let fails = |wanted: &str| fails.iter().any(|id| id == wanted);
    id.starts_with("frm/empt") && fails("frm/empty") && fails("frm/empty-between")
}

/// The length that a case announces without the payload.
fn announced(id: &str) -> Option<u128> {
    let hex = id.strip_prefix("len/announced-")?;
    u128::from_str_radix(hex, 16).ok()
}

/// The mistake of which it is that just these announced lengths fail: the highest, or those with the top bit
/// set.
fn of_announced(framing: &Framing, id: &str, fails: &[String]) -> Option<&'static str> {
    announced(id)?;
    let Number::Fixed {
        width,
        signed: false,
        ..
    } = *framing.number()?
    else {
        return None;
    };
    let highest = 256_u128.checked_pow(u32::try_from(width).ok()?)? - 1;
    let failing = || fails.iter().filter_map(|id| announced(id));
    let least = failing().min()?;
    if least > highest - framing.overhead(highest as u64 / 2) as u128 {
        return Some("a size that it computes from a length near the highest wraps around");
    }
    let is_negative = least > highest / 2;
    is_negative.then_some("it takes a length with its top bit set for a negative number")
}

/// Whether a case announces a length of which 32 bits are a short one.
fn is_beyond_32_bits(id: &str) -> bool {
    announced(id).is_some_and(|value| value > 0xFFFF_FFFF && value % 0x1_0000_0000 < 1_000)
}
