//! The reasons why a vector exists, in words that a test can select by.

use std::collections::BTreeMap;

use crate::framing::{Ended, Framing};
use crate::trace::{Acceptable, Action, Trace};

/// The flags, with what they mean.
const FLAGS: [(&str, &str); 12] = [
    (
        "empty-frame",
        "a frame of length 0 is a frame, and no end of the stream (FRM-4)",
    ),
    (
        "several-frames",
        "more than one frame in a stream, which one write may hold (FRM-3)",
    ),
    (
        "top-bit",
        "a length with the top bit set, which signed integers turn negative (LEN-4)",
    ),
    (
        "truncated",
        "the stream ends inside a frame, which is no clean end (FRM-6)",
    ),
    (
        "above-64-kib",
        "a payload that a decoder with a limit may refuse (FRM-7)",
    ),
    (
        "not-text",
        "payloads that are not UTF-8: a decoder of frames does not look",
    ),
    (
        "two-mib",
        "a length that is a multiple of 2 MiB, where a real decoder lost step",
    ),
    (
        "refused",
        "octets that are not a frame: an error, at the latest at the end of the stream",
    ),
    (
        "other-form",
        "a length in another form than the shortest (LEN-5)",
    ),
    (
        "may-be-refused",
        "a form of the length that a decoder takes or refuses, as it likes (LEN-5)",
    ),
    (
        "below-least",
        "a length below the number of octets that it counts beside the payload (FRM-10)",
    ),
    (
        "chain",
        "a payload in several parts, the last of which may be empty (FRM-12)",
    ),
];

/// The meanings of the flags that are in use.
pub(super) fn meanings<'f>(
    used: impl Iterator<Item = &'f &'static str>,
) -> BTreeMap<&'static str, &'static str> {
    let known: BTreeMap<&str, &str> = FLAGS.into_iter().collect();
    used.map(|flag| (*flag, known[*flag])).collect()
}

/// The flags of a trace with this stream.
pub(super) fn of(framing: &Framing, trace: &Trace, stream: &[u8]) -> Vec<&'static str> {
    let about = |id: &str| trace.requirements.iter().any(|one| one == id);
    let payloads: Vec<Vec<u8>> = trace
        .steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::Deliver(payload) => Some(payload.to_vec()),
            _ => None,
        })
        .collect();
    let refused = matches!(framing.split(stream).ended, Ended::Refused(_));
    let either_way = trace.acceptable == Some(Acceptable::Refusal);
    let holds = [
        payloads.iter().any(Vec::is_empty),
        payloads.len() > 1,
        about("LEN-4"),
        trace.is_hostile() && !refused,
        either_way && !about("LEN-5") || is_above_64_kib(framing, stream),
        payloads
            .iter()
            .any(|payload| std::str::from_utf8(payload).is_err()),
        trace.steps.iter().any(|step| is_of_mebibytes(&step.action)),
        trace.is_hostile() && refused,
        about("LEN-5"),
        either_way && about("LEN-5"),
        about("FRM-10"),
        about("FRM-12"),
    ];
    let named = FLAGS.into_iter().zip(holds);
    named
        .filter(|(_, holds)| *holds)
        .map(|((flag, _), _)| flag)
        .collect()
}

/// True if a decoder with a limit of 64 KiB makes something else of a stream.
fn is_above_64_kib(framing: &Framing, stream: &[u8]) -> bool {
    // A chain has a limit already, which is a part of the framing.
    let limited = framing.clone().with_max_payload(65_536);
    !framing.is_unbounded() && limited.payloads(stream) != framing.payloads(stream)
}

/// True if a length is a multiple of 2 MiB, and not 0.
fn is_of_mebibytes(action: &Action) -> bool {
    const TWO_MIB: usize = 2 * 1024 * 1024;
    let length = match action {
        Action::Frame { length, .. } => {
            let octets = <[u8; 4]>::try_from(length.to_vec());
            octets.map_or(0, |length| u32::from_be_bytes(length) as usize)
        }
        Action::Deliver(payload) => payload.len(),
        _ => 0,
    };
    length > 0 && length.is_multiple_of(TWO_MIB)
}
