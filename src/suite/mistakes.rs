//! Mistakes that decoders of a framing make, servers and codecs alike: the one that the failure of a case
//! points to.

use super::{classes, derived};
use crate::framing::{Framing, Number, Unterminated};
use crate::trace::segmentation::Segmentation;
use crate::trace::{Action, Trace};

/// The mistake of a program that fails under a cut which has to do with the failure.
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
        // Streams that are to be refused say nothing of empty frames.
        let refused = ["frm/truncated-", "len/announced-", "len/no-number-"];
        let says_nothing = |id: &str| refused.iter().any(|group| id.starts_with(group));
        let of_empties =
            |id: &str| id.starts_with(prefix) || has_empty(framing, id) || says_nothing(id);
        fails.iter().all(|id| of_empties(id))
    };
    let is_empties = |id: &str, fails: &[String]| {
        is_empties(id, fails) || broken_beside(framing, id, fails) == Some("FRM-4")
    };
    let text = if id.starts_with("frm/below-least-") {
        "it takes off what the length counts beside the payload without a look whether it is there"
    } else if is_empties(id, fails) && all_of("frm/empt") && framing.adjustment() != 0 {
        "it reads empty frames otherwise than others"
    } else if is_empties(id, fails) && all_of("frm/empt") {
        "it loses empty frames"
    } else if is_empties(id, fails) {
        return None;
    } else if id.starts_with("frm/fragments-") && !ends_behind_a_fragment(id, fails) {
        "it does not put the fragments of a record together"
    } else if broken_by_stuffing(framing, id, fails) {
        "it undoes the stuffing wrongly"
    } else if id == "frm/blanks" {
        "it takes blanks off the ends of a payload"
    } else if id.starts_with("frm/truncated-at-") && framing.unterminated() != Unterminated::Error {
        match framing.unterminated() {
            Unterminated::Deliver => "it does not deliver a last line that lacks its end",
            _ => "it does not drop a last line that lacks its end",
        }
    } else if id.starts_with("frm/zero-") {
        "it gives a length of zero another meaning"
    } else if id.starts_with("frm/wrong-octet-") || id == "frm/nothing-behind" {
        "it does not look at octets that the framing fixes"
    } else if broken_by_chains(framing, id, fails) || id.starts_with("frm/chain-") {
        "it takes each part for a payload, or misses the part that is empty"
    } else if id == "frm/truncated-after-longer" && !fails.iter().any(|id| ends_inside(id)) {
        "it completes a frame with octets of an earlier one"
    } else if id.starts_with("frm/truncated-") && reads_otherwise(fails) {
        return None;
    } else if id.starts_with("frm/truncated-")
        || id == "frm/fragments-unfinished"
        || broken_by_ends(framing, id, fails)
    {
        "it takes an end inside a frame for a clean one"
    } else if let Some(bits) = bits_of_fixed(framing, id, fails) {
        return Some(format!("it keeps {bits} bits of a length"));
    } else if id.starts_with("len/") && !misreads(fails).is_empty() {
        // A decoder that reads plain lengths wrongly reads these wrongly too.
        let announced = of_announced(framing, id, fails).map(str::to_owned);
        return announced.or_else(|| classes::wrong_width(framing, &misreads(fails)));
    } else if id.starts_with("len/other-form-") {
        match framing.forms() {
            crate::framing::Forms::Shortest => "it takes a length that is not in its shortest form",
            _ => "it does not take a length for what it says in another form",
        }
    } else if let Some(text) = of_announced(framing, id, fails) {
        text
    } else if id.starts_with("len/no-number-beyond-") || is_beyond_32_bits(id) {
        return bits_kept(framing, fails).map(str::to_owned);
    } else if id.starts_with("len/no-number-too-many") {
        "it reads a length with more octets than there may be"
    } else if id.starts_with("len/no-number-top-bit") {
        "it takes a length with its top bit set, which is an error here"
    } else if id.starts_with("len/no-number-") {
        "it makes a number of what is none"
    } else {
        return None;
    };
    Some(text.to_owned())
}

/// The bits that are kept of a length which has more of them than there may be. A decoder that fails over lengths of
/// more octets or digits too may have any of several mistakes.
fn bits_kept(framing: &Framing, fails: &[String]) -> Option<&'static str> {
    let fails_any = |wanted: fn(&str) -> bool| fails.iter().any(|id| wanted(id));
    let has_top_bit = |id: &str| announced(id).is_some_and(|value| value >> 63 == 1);
    let beyond = || fails.iter().filter(|id| is_beyond_32_bits(id));
    if beyond().next().is_some() && beyond().all(|id| has_top_bit(id)) {
        // If only 32 bits are kept, lengths without that bit fail too.
        return Some("it takes a length with its top bit set for a negative number");
    }
    if framing.number() == Some(&Number::Varint(5)) || fails_any(is_beyond_32_bits) {
        return Some("it keeps 32 bits of a length");
    }
    let has_no_end = |id: &str| {
        id.starts_with("len/no-number-too-many") || id.starts_with("len/no-number-digits-")
    };
    (!fails_any(has_no_end)).then_some("it keeps 64 bits of a length")
}

/// The requirement that a case breaks which is for another, where its neighbours fail that are for this one:
/// it has an empty frame too, its payload is the sum of a chain, or its stream ends inside a frame.
pub(super) fn broken_beside(framing: &Framing, id: &str, fails: &[String]) -> Option<&'static str> {
    if has_empty(framing, id) && is_empties("frm/empty", fails) {
        Some("FRM-4")
    } else if broken_by_chains(framing, id, fails)
        || id == "frm/fragments-unfinished" && !ends_behind_a_fragment(id, fails)
    {
        Some("FRM-12")
    } else if broken_by_stuffing(framing, id, fails) {
        Some("FRM-1")
    } else if broken_by_ends(framing, id, fails) {
        Some("FRM-6")
    } else if bits_of_fixed(framing, id, fails).is_some() || announces_misread(framing, id, fails) {
        Some("LEN-1")
    } else {
        None
    }
}

/// True of a case that has a chain, where chains fail and single frames do not.
fn broken_by_chains(framing: &Framing, id: &str, fails: &[String]) -> bool {
    if !framing.is_chained() || !fails.iter().any(|id| id.starts_with("frm/chain-")) {
        return false;
    }
    let most = framing.max_payload().unwrap_or(u64::MAX);
    let has_chain = |id: &str| {
        let mut traces = derived::traces(framing).iter();
        let trace = traces.find(|trace| trace.id == id);
        trace.is_some_and(|trace| trace.largest_payload() as u64 >= most)
    };
    has_chain(id) && fails.iter().all(|id| has_chain(id))
}

/// True of the case whose record lacks its last fragment, where other records in fragments are well.
fn ends_behind_a_fragment(id: &str, fails: &[String]) -> bool {
    let is_unfinished = |id: &str| id == "frm/fragments-unfinished";
    let mut others = fails.iter().filter(|id| id.starts_with("frm/fragments-"));
    is_unfinished(id) && others.all(|id| is_unfinished(id))
}

/// True of a case with a payload that stuffing changes, where those of stuffing fail and plain ones do not.
fn broken_by_stuffing(framing: &Framing, id: &str, fails: &[String]) -> bool {
    let is_of_stuffing = |id: &str| id.starts_with("frm/stuffed-");
    if !framing.is_stuffed() || !fails.iter().any(|id| is_of_stuffing(id)) {
        return false;
    }
    let is_touched = |id: &str| {
        let mut traces = derived::traces(framing).iter();
        let delivers = |trace: &Trace| {
            let mut steps = trace.steps.iter();
            steps.any(
                |step| matches!(&step.action, Action::Deliver(payload) if framing.stuffs(&payload.to_vec())),
            )
        };
        is_of_stuffing(id) || traces.find(|trace| trace.id == id).is_some_and(delivers)
    };
    is_touched(id) && fails.iter().all(|id| is_touched(id))
}

/// True of a case that announces more than comes, where any end inside a frame is taken for a clean one and lengths
/// without their top bit fail too.
fn broken_by_ends(framing: &Framing, id: &str, fails: &[String]) -> bool {
    let Some(number) = framing.number().filter(|_| announced(id).is_some()) else {
        return false;
    };
    let least = fails.iter().filter_map(|id| announced(id)).min();
    let is_small = match (number, least) {
        (Number::Fixed { width, .. }, Some(least)) => least < 1 << (width * 8 - 1),
        _ => true,
    };
    is_small && fails.iter().any(|id| ends_inside(id)) && misreads(fails).is_empty()
}

/// True if plain lengths are read wrongly, so that an end elsewhere is not an end to the decoder.
fn reads_otherwise(fails: &[String]) -> bool {
    !misreads(fails).is_empty() && !fails.iter().any(|id| ends_inside(id))
}

/// True if a stream of the case ends inside a frame, and no longer frame precedes it.
fn ends_inside(id: &str) -> bool {
    id.starts_with("frm/truncated-at-")
}

/// The plain lengths that fail.
fn misreads(fails: &[String]) -> Vec<u64> {
    let sizes = fails.iter().filter_map(|id| id.strip_prefix("len/"));
    sizes.filter_map(|size| size.parse().ok()).collect()
}

/// True if a case has an empty frame for another reason than to show one: its length is in another form, or
/// it ends a chain.
fn has_empty(framing: &Framing, id: &str) -> bool {
    let ends_a_chain = || {
        let size: Option<u64> = id.strip_prefix("len/").and_then(|size| size.parse().ok());
        let most = framing.max_payload().unwrap_or(0);
        let is_whole = size.is_some_and(|size| most > 0 && size > 0 && size.is_multiple_of(most));
        is_whole || id.starts_with("frm/chain-")
    };
    let is_of = |group: &str| id.starts_with(group);
    is_of("len/other-form-empty-")
        || is_of("frm/fragments-empty-")
        || framing.is_chained() && ends_a_chain()
}

/// True if the case is of empty frames, which fail wherever they stand.
fn is_empties(id: &str, fails: &[String]) -> bool {
    let fails = |wanted: &str| fails.iter().any(|id| id == wanted);
    id.starts_with("frm/empt") && fails("frm/empty") && fails("frm/empty-between")
}

/// True of a case that announces more than comes, where payloads of some lengths fail and ends inside a frame do not:
/// what is read wrongly is the length.
fn announces_misread(framing: &Framing, id: &str, fails: &[String]) -> bool {
    let of_ends = fails.iter().any(|id| id.starts_with("frm/truncated-"));
    let has_own = of_announced(framing, id, fails).is_some();
    announced(id).is_some() && !has_own && !misreads(fails).is_empty() && !of_ends
}

/// The number of bits that are kept of a length of fixed width, where it has more: every length that is
/// announced and fails is a short one in the bits that are kept, and every payload that fails needs more.
fn bits_of_fixed(framing: &Framing, id: &str, fails: &[String]) -> Option<u32> {
    /// A number from here on is not a short one: streams end before that many octets.
    const SHORT: u128 = 64;
    let Some(Number::Fixed { width, .. }) = framing.number() else {
        return None;
    };
    let lengths: Vec<u128> = fails.iter().filter_map(|id| announced(id)).collect();
    if !id.starts_with("len/") || lengths.is_empty() {
        return None;
    }
    let is_cut = |bits: u32| {
        let more = 1_u128 << bits;
        let needs_more = |size: u64| {
            let number = i128::from(size) + framing.adjustment();
            u128::try_from(number).is_ok_and(|number| number >= more)
        };
        let becomes_short = |length: &u128| *length >= more && length % more < SHORT;
        lengths.iter().all(becomes_short) && misreads(fails).into_iter().all(needs_more)
    };
    let kept = (1..*width).map(|octets| octets as u32 * 8);
    kept.rev().find(|bits| is_cut(*bits))
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

/// True if a case announces a length above 32 bits whose low 32 bits are a short one.
fn is_beyond_32_bits(id: &str) -> bool {
    announced(id).is_some_and(|value| value > 0xFFFF_FFFF && value % 0x1_0000_0000 < 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The diagnosis of the first of the cases that fail: the requirement where it is another than the case
    /// is for, and the cause.
    fn said(framing: &str, fails: &[&str]) -> (Option<&'static str>, Option<String>) {
        let framing: Framing = framing.parse().unwrap();
        let all: Vec<String> = fails.iter().map(|&id| id.to_owned()).collect();
        let requirement = broken_beside(&framing, fails[0], &all);
        (requirement, of_case(&framing, fails[0], &all))
    }

    #[test]
    fn chains_are_blamed_where_single_frames_are_well() {
        let chain = "u8 1? chain";
        let parts = "it takes each part for a payload, or misses the part that is empty";
        let (requirement, cause) = said(chain, &["len/1000", "frm/chain-exact", "len/255"]);
        assert_eq!(
            (requirement, cause.as_deref()),
            (Some("FRM-12"), Some(parts))
        );
        // A payload of less than a part fails too; chains are well; there is no chain.
        for fails in [
            &["len/1000", "frm/chain-exact", "len/254"][..],
            &["len/1000"],
        ] {
            assert_eq!(said(chain, fails), (None, None), "{fails:?}");
        }
        let (requirement, _) = said("u16be", &["len/1000", "frm/chain-exact"]);
        assert_eq!(requirement, None);
    }

    #[test]
    fn mistakes_of_single_families_are_named() {
        let joins = "it does not put the fragments of a record together";
        let clean = "it takes an end inside a frame for a clean one";
        let stuffing = "it undoes the stuffing wrongly";
        let last = "it does not drop a last line that lacks its end";
        let unfinished = "frm/fragments-unfinished";
        for (framing, fails, wanted) in [
            (
                "onc-rpc",
                &[unfinished, "frm/fragments-two"][..],
                (Some("FRM-12"), Some(joins)),
            ),
            ("onc-rpc", &[unfinished], (None, Some(clean))),
            (
                "onc-rpc",
                &["frm/fragments-empty-last", "frm/empty", "frm/empty-between"],
                (Some("FRM-4"), Some("it loses empty frames")),
            ),
            (
                "cobs",
                &["len/1000", "frm/stuffed-no-zero-255"],
                (Some("FRM-1"), Some(stuffing)),
            ),
            // A payload fails that no stuffing changes.
            ("cobs", &["len/5", "frm/stuffed-no-zero-255"], (None, None)),
            (
                "line'\\n' unterminated=drop",
                &["frm/truncated-at-3"],
                (None, Some(last)),
            ),
        ] {
            let (requirement, cause) = said(framing, fails);
            assert_eq!(
                (requirement, cause.as_deref()),
                wanted,
                "{framing} {fails:?}"
            );
        }
    }

    #[test]
    fn bits_that_are_kept_of_a_fixed_width_are_counted() {
        let (large, mib) = ("len/announced-00010005", "len/1-mib");
        for (framing, fails, bits) in [
            (
                "u32be",
                &[large, "len/announced-01000000", "len/65536", mib][..],
                Some(16),
            ),
            ("u32be", &["len/announced-01000000"], Some(24)),
            ("u64le", &["len/announced-0000000100000005"], Some(32)),
            // The number counts two octets more than the payload.
            ("u32be+2", &[large, "len/65534"], Some(16)),
            // A payload fails that these bits can say; one length is none in them.
            ("u32be", &[large, "len/200"], None),
            ("u32be", &[large, "len/announced-ffffffff"], None),
            ("u16be", &["len/announced-8000"], None),
            ("varint", &["len/announced-100000005"], None),
        ] {
            let (requirement, cause) = said(framing, fails);
            let wanted = bits.map(|bits: u32| format!("it keeps {bits} bits of a length"));
            if bits.is_some() {
                assert_eq!(
                    (requirement, &cause),
                    (Some("LEN-1"), &wanted),
                    "{framing} {fails:?}"
                );
            } else {
                let keeps = cause.is_some_and(|cause| cause.contains("16 bits"));
                assert!(!keeps, "{framing} {fails:?}");
            }
        }
    }

    #[test]
    fn announced_lengths_are_put_down_to_lengths_that_are_read_wrongly() {
        let (low, beyond) = ("len/announced-10005", "len/announced-8000000000000005");
        for (framing, fails, requirement) in [
            ("varint5", &[low, "len/16384"][..], Some("LEN-1")),
            ("varint5", &[low], None),
            // An end inside a frame may be what it misses.
            ("varint5", &[low, "len/16384", "frm/truncated-at-3"], None),
        ] {
            assert_eq!(said(framing, fails).0, requirement, "{fails:?}");
        }
        let negative = "it takes a length with its top bit set for a negative number";
        let all = [beyond, "len/announced-8000000000000000"];
        assert_eq!(said("varint", &all).1.as_deref(), Some(negative));
    }

    #[test]
    fn announced_lengths_are_put_down_to_ends_where_those_fail_everywhere() {
        let clean = "it takes an end inside a frame for a clean one";
        let all = ["len/announced-ff", "len/announced-7f", "frm/truncated-at-3"];
        let (requirement, cause) = said("u8", &all);
        assert_eq!(
            (requirement, cause.as_deref()),
            (Some("FRM-6"), Some(clean))
        );
        let negative = "it takes a length with its top bit set for a negative number";
        let (requirement, cause) = said("u8", &["len/announced-ff", "len/announced-80"]);
        assert_eq!((requirement, cause.as_deref()), (None, Some(negative)));
        let (requirement, _) = said("u8", &["len/announced-ff", "len/announced-7f"]);
        assert_eq!(requirement, None);
    }

    #[test]
    fn a_cause_is_named_only_where_nothing_speaks_against_it() {
        let beyond = "len/no-number-beyond-bits";
        let announced = "len/announced-100000005";
        let two_octets = Some("it does not read lengths of 2 octets");
        for (framing, fails, cause) in [
            (
                "varint",
                &[beyond][..],
                Some("it keeps 64 bits of a length"),
            ),
            ("varint5", &[beyond], Some("it keeps 32 bits of a length")),
            (
                "varint",
                &[beyond, announced],
                Some("it keeps 32 bits of a length"),
            ),
            ("varint", &[announced], Some("it keeps 32 bits of a length")),
            ("varint", &[beyond, "len/no-number-too-many-octets"], None),
            // Plain lengths are read wrongly.
            ("varint", &[announced, "len/128"], two_octets),
            ("varint", &[beyond, "len/128"], two_octets),
            ("varint", &[beyond, "len/200"], None),
            (
                "varint",
                &["frm/truncated-after-longer"],
                Some("it completes a frame with octets of an earlier one"),
            ),
            (
                "varint",
                &["frm/truncated-after-longer", "frm/truncated-at-1"],
                Some("it takes an end inside a frame for a clean one"),
            ),
            (
                "i32be",
                &["len/no-number-top-bit"],
                Some("it takes a length with its top bit set, which is an error here"),
            ),
            ("varint", &["frm/truncated-length-1", "len/128"], None),
            // Empty frames are lost, and more is wrong.
            (
                "varint",
                &[
                    "len/other-form-empty-1",
                    "frm/empty",
                    "frm/empty-between",
                    "frm/two",
                ],
                None,
            ),
        ] {
            let (_, said) = said(framing, fails);
            assert_eq!(said.as_deref(), cause, "{framing} {fails:?}");
        }
    }
}
