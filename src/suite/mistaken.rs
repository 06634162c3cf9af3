//! Framings that programs with a mistake have in place of the right one: lengths of another order or width, or that
//! count something else.

use crate::framing::{Framing, Number, Place};

/// The side of a program that is mistaken.
#[derive(Debug, Clone, Copy)]
pub(super) enum Side {
    /// The program reads frames of another framing.
    Reads,
    /// The program writes them.
    Writes,
}

impl Side {
    /// Words that the order or the width of lengths follows.
    pub(super) const fn lengths(self) -> &'static str {
        match self {
            Self::Reads => "it reads lengths",
            Self::Writes => "it writes lengths",
        }
    }

    /// Words that the things counted follow.
    const fn counting(self) -> &'static str {
        match self {
            Self::Reads => "it takes lengths to count",
            Self::Writes => "it writes lengths that count",
        }
    }
}

/// Mistakes, each as the framing that a program has which makes it, with the requirement that it breaks and
/// what it does.
pub(super) fn mistaken(framing: &Framing, side: Side) -> Vec<(Framing, &'static str, String)> {
    let Some(number) = framing.number() else {
        return Vec::new();
    };
    let mut all = misread(framing, number, side);
    all.extend(miscounting(framing, number, side));
    all.retain(|(other, _, _)| other != framing);
    all
}

/// Payloads by which those framings are told apart: short ones, and, where a length has one octet or several,
/// ones whose length has several.
pub(super) fn telling_payloads(framing: &Framing) -> Vec<[Vec<u8>; 2]> {
    let mut all = vec![[b"hello, everybody".to_vec(), b"hi there".to_vec()]];
    if framing
        .number()
        .is_some_and(|number| number.width().is_none())
    {
        all.push([vec![b'a'; 200], vec![b'b'; 130]]);
    }
    all
}

/// Framings whose length has another order or another width.
fn misread(framing: &Framing, number: &Number, side: Side) -> Vec<(Framing, &'static str, String)> {
    let lengths = side.lengths();
    let (width, little) = match *number {
        Number::Fixed { width, little, .. } => (width, little),
        Number::Varint(most) => return regrouped(framing, &Number::Vlq(most), "most", side),
        Number::Vlq(most) => return regrouped(framing, &Number::Varint(most), "least", side),
        _ => return Vec::new(),
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
        let cause = format!("{lengths} with the {first} significant octet first");
        of(width, !little, cause)
    });
    let widths = [1, 2, 3, 4, 8].into_iter().filter(|other| *other != width);
    let widths = widths.map(|width| {
        let s = if width == 1 { "" } else { "s" };
        of(width, little, format!("{lengths} of {width} octet{s}"))
    });
    swapped.into_iter().chain(widths).flatten().collect()
}

/// The framing whose groups of seven bits have the other order.
fn regrouped(
    framing: &Framing,
    number: &Number,
    first: &str,
    side: Side,
) -> Vec<(Framing, &'static str, String)> {
    let lengths = side.lengths();
    let cause = format!("{lengths} with the {first} significant seven bits first");
    let other = framing.mistaken_for(number, framing.adjustment());
    let other = other.map(|other| (other, "LEN-1", cause));
    other.into_iter().collect()
}

/// Framings whose number counts something else.
fn miscounting(
    framing: &Framing,
    number: &Number,
    side: Side,
) -> Vec<(Framing, &'static str, String)> {
    let lengths_count = side.counting();
    let right = framing.adjustment();
    let width = number.width().unwrap_or(1) as i128;
    let overhead = framing.overhead(5) as i128;
    let mut candidates = vec![right + 1, right - 1, 0, width, overhead];
    // A part of the frame is counted that is not, or is left out.
    let parts = framing.parts(b"hello", 0).unwrap_or_default();
    let parts = parts.iter().filter(|(place, _)| *place != Place::Payload);
    let sizes = parts.map(|(_, octets)| octets.len() as i128);
    candidates.extend(sizes.flat_map(|size| [right + size, right - size]));
    let mut known = vec![right];
    let candidates = candidates.into_iter().filter(|counts| {
        let is_new = !known.contains(counts);
        known.push(*counts);
        is_new
    });
    let all = candidates.filter_map(|counts| {
        let other = framing.mistaken_for(number, counts)?;
        let octets = |count: i128| match count {
            1 => "one octet".to_owned(),
            count => format!("{count} octets"),
        };
        let cause = match counts {
            0 => format!("{lengths_count} the payload alone"),
            counts if counts == width && right == 0 => format!("{lengths_count} themselves"),
            counts if counts == overhead => format!("{lengths_count} the whole frame"),
            counts if counts > right => {
                let more = octets(counts - right);
                format!("{lengths_count} {more} more than they do")
            }
            counts => {
                let fewer = octets(right - counts);
                format!("{lengths_count} {fewer} fewer than they do")
            }
        };
        Some((other, "FRM-1", cause))
    });
    all.collect()
}
