//! The memory of a codec: it follows what arrived, and not what is announced (FRM-8).

use super::{Decode, limits};
use crate::framing::Framing;
use crate::judge::case::{CaseInfo, Role};
use crate::judge::check::{Check, Verdict};
use crate::judge::evidence::Evidence;
use crate::trace::Class;
use crate::trace::octets::Octets;

const MEBIBYTE: u64 = 1024 * 1024;

/// The length that is announced where no limit is lower, in octets.
const ANNOUNCED: u64 = 512 * MEBIBYTE;

/// Below this, what is announced cannot be told from the ups and downs of a runtime.
const LEAST_ANNOUNCED: u64 = 32 * MEBIBYTE;

/// Octets of the payload that are sent.
const SENT: usize = 1_000;

/// The mistake.
pub(super) const CAUSE: &str = "it takes the memory that a length announces before the octets come";

/// The id of the case.
pub(super) const ID: &str = "frm/memory-follows-arrival";

/// True of a framing that can announce enough for it to show.
pub(super) fn applies(framing: &Framing) -> bool {
    framing.pack(i128::from(LEAST_ANNOUNCED)).is_some()
}

/// The case, described.
pub(super) fn case() -> CaseInfo {
    let title = "A large announced length takes no memory before its octets arrive";
    CaseInfo::new(Role::Codec, ID, title, &["FRM-8"], Class::Codec)
}

/// True of a trace whose point is a large length, by its id.
pub(super) fn announces_much(id: &str) -> bool {
    id.starts_with("len/announced-")
}

/// Judges whether a decoder holds what is announced to it.
pub(super) fn judge<'c>(
    framing: &Framing,
    limit: Option<u64>,
    fresh: &mut dyn FnMut() -> Box<dyn Decode + 'c>,
) -> Check {
    let skipped = |why: &str| Check::new(&case(), None, Verdict::Skipped, why);
    let most = framing.max_payload().unwrap_or(u64::MAX).min(ANNOUNCED);
    let announced = limit.unwrap_or(most).min(most);
    let Some(mut octets) =
        limits::head(framing, i128::from(announced)).filter(|_| announced >= LEAST_ANNOUNCED)
    else {
        return skipped("the limit bounds what can be announced");
    };
    octets.resize(octets.len() + SENT, b'a');
    let shortest = usize::try_from(framing.min_payload()).unwrap_or(0).max(1);
    let plain = framing
        .stream([&vec![b'a'; shortest][..]])
        .unwrap_or_default();
    let Some(before) = peak(fresh().as_mut(), &plain) else {
        return skipped("the memory of the codec cannot be seen");
    };
    let Some(after) = peak(fresh().as_mut(), &octets) else {
        return skipped("the memory of the codec cannot be seen");
    };
    let grown = after.saturating_sub(before);
    if grown <= announced / 4 {
        return Check::new(&case(), None, Verdict::Pass, "");
    }
    let message = format!(
        "{announced} octets were announced and {SENT} sent, and the codec held {} MiB more than over a short frame",
        grown / MEBIBYTE
    );
    Check {
        evidence: Some(Evidence {
            sent: vec![Octets::folded(&octets)],
            expected: "memory that grows with what arrived".into(),
            ended: "inside the payload".into(),
            ..Evidence::default()
        }),
        ..Check::new(&case(), None, Verdict::Fail, message)
    }
}

/// The most memory that a decoder has held after it was fed these octets, and told of the end.
fn peak(codec: &mut dyn Decode, octets: &[u8]) -> Option<u64> {
    // Payloads and errors are judged elsewhere.
    let fed = codec.feed(octets, &mut |_| {});
    let inside = codec.peak_memory();
    if fed.is_ok() {
        drop(codec.finish(&mut |_| {}));
    }
    inside.max(codec.peak_memory())
}
