//! The cases as files, for test suites in any language: what `unstick vectors` writes, and
//! `docs/vectors.md` explains.

use std::collections::BTreeMap;

use serde::Serialize;

use super::fixtures;
use super::plain::ends_between_frames;
use crate::trace::octets::Octets;
use crate::trace::segmentation::{Move, Segmentation, conversations};
use crate::trace::{Acceptable, Action, Class, Trace, stream};

/// The version of the format: another means that readers have to be changed.
pub const VERSION: u32 = 1;

/// The schema of the files but the traces, which have their own.
pub const SCHEMA: &str = include_str!("../../fixtures/vectors.schema.json");

/// The schema of the traces.
pub const TRACE_SCHEMA: &str = include_str!("../../fixtures/trace.schema.json");

/// Why a vector exists, by its flags.
const FLAGS: [(&str, &str); 7] = [
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
];

/// A stream, how it is cut, and what comes out of it.
#[derive(Debug, Serialize)]
struct Decoding<'t> {
    id: &'t str,
    title: &'t str,
    requirements: &'t [String],
    flags: Vec<&'static str>,
    stream: Octets,
    /// Where the chunks end, the end of the stream left out, by the name of the segmentation.
    cuts: BTreeMap<&'static str, Vec<usize>>,
    payloads: Vec<Octets>,
    /// `clean`, `error`, or `unfinished`: the stream stops inside a frame, and its end is no
    /// part of the vector.
    end: &'static str,
}

/// A payload, and the frame that it makes.
#[derive(Debug, Serialize)]
struct Encoding {
    id: String,
    payload: Octets,
    frame: Octets,
}

#[derive(Debug, Serialize)]
struct Packing {
    value: u32,
    octets: Octets,
}

#[derive(Debug, Serialize)]
struct Lengths {
    /// Values, and their octets.
    packed: Vec<Packing>,
    /// Values that are no length, as decimal digits: some have more than 64 bits.
    not_lengths: Vec<String>,
    /// Octets that are no length.
    not_packed: Vec<Octets>,
}

/// The files, by their path in the directory, and their text.
#[must_use]
pub fn files() -> Vec<(String, String)> {
    let decodings: Vec<Decoding<'_>> = fixtures::all()
        .iter()
        .filter(|trace| trace.class() <= Class::Framing)
        .map(decoding)
        .collect();
    let encodings = encodings();
    let lengths = lengths();
    let manifest = serde_json::json!({
        "vectors": VERSION,
        "unstick": env!("CARGO_PKG_VERSION"),
        "decode": {
            "file": "decode.json",
            "streams": decodings.len(),
            "checks": decodings.iter().map(|decoding| decoding.cuts.len()).sum::<usize>(),
        },
        "encode": {"file": "encode.json", "frames": encodings.len()},
        "lengths": {
            "file": "lengths.json",
            "packed": lengths.packed.len(),
            "not_lengths": lengths.not_lengths.len(),
            "not_packed": lengths.not_packed.len(),
        },
        "traces": {"directory": "traces", "files": fixtures::TEXTS.len()},
        "flags": FLAGS.into_iter().collect::<BTreeMap<_, _>>(),
    });
    let mut files = vec![
        ("manifest.json".to_owned(), pretty(&manifest)),
        ("decode.json".to_owned(), a_line_each(&decodings)),
        ("encode.json".to_owned(), a_line_each(&encodings)),
        ("lengths.json".to_owned(), pretty(&lengths)),
        ("vectors.schema.json".to_owned(), SCHEMA.to_owned()),
        ("trace.schema.json".to_owned(), TRACE_SCHEMA.to_owned()),
    ];
    let traces = fixtures::TEXTS.iter();
    files.extend(traces.map(|(id, text)| (format!("traces/{id}.json"), (*text).to_owned())));
    files
}

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("it is plain data") + "\n"
}

/// A list with an element a line, so that a difference can be read.
fn a_line_each<T: Serialize>(list: &[T]) -> String {
    let lines: Vec<String> = list
        .iter()
        .map(|one| serde_json::to_string(one).expect("it is plain data"))
        .collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

fn decoding(trace: &'static Trace) -> Decoding<'static> {
    let stream = stream(&trace.steps);
    let octets = stream.to_vec();
    let actions = || trace.steps.iter().map(|step| &step.action);
    let payloads: Vec<Octets> = actions()
        .filter_map(|action| match action {
            Action::Deliver(payload) => Some(payload.clone()),
            _ => None,
        })
        .collect();
    let end = if actions().any(|action| *action == Action::Refusal) {
        "error"
    } else if ends_between_frames(&octets) {
        "clean"
    } else {
        "unfinished"
    };
    let cuts = conversations(trace)
        .iter()
        .map(|(segmentation, moves)| (Segmentation::name(*segmentation), places(moves)))
        .collect();
    Decoding {
        id: &trace.id,
        title: &trace.title,
        requirements: &trace.requirements,
        flags: flags(trace, &octets, &payloads, end),
        stream,
        cuts,
        payloads,
        end,
    }
}

/// Where the chunks of a conversation end, the last left out.
fn places(moves: &[Move<'_>]) -> Vec<usize> {
    let mut ends: Vec<usize> = moves
        .iter()
        .filter_map(|one| match one {
            Move::Chunk(chunk) => Some(chunk.len()),
            Move::Step(_) => None,
        })
        .scan(0, |end, length| {
            *end += length;
            Some(*end)
        })
        .collect();
    ends.pop();
    ends
}

fn flags(trace: &Trace, stream: &[u8], payloads: &[Octets], end: &str) -> Vec<&'static str> {
    let announces = |wanted: fn(u32) -> bool| {
        trace.steps.iter().any(|step| match &step.action {
            Action::Frame { length, .. } => {
                <[u8; 4]>::try_from(length.to_vec()).is_ok_and(|l| wanted(u32::from_be_bytes(l)))
            }
            _ => false,
        })
    };
    let top_bit = stream.first().is_some_and(|first| *first >= 0x80);
    let holds = [
        payloads.iter().any(Octets::is_empty),
        payloads.len() > 1,
        top_bit || announces(|length| length >= 0x8000_0000),
        end == "error",
        trace.acceptable == Some(Acceptable::Refusal) || announces(|length| length > 65_536),
        payloads
            .iter()
            .any(|payload| std::str::from_utf8(&payload.to_vec()).is_err()),
        announces(|length| length > 0 && length.is_multiple_of(2 * 1024 * 1024)),
    ];
    let named = FLAGS.into_iter().zip(holds);
    named
        .filter(|(_, holds)| *holds)
        .map(|((flag, _), _)| flag)
        .collect()
}

/// Every payload of the traces once, with the frame that stands for it there.
fn encodings() -> Vec<Encoding> {
    let mut seen = Vec::new();
    let mut encodings = Vec::new();
    for trace in fixtures::all().iter().filter(|trace| !trace.is_hostile()) {
        for (place, step) in trace.steps.iter().enumerate() {
            let Action::Frame { length, payload } = &step.action else {
                continue;
            };
            let whole = <[u8; 4]>::try_from(length.to_vec())
                .is_ok_and(|length| u32::from_be_bytes(length) as usize == payload.len());
            if whole && !seen.contains(&payload) {
                seen.push(payload);
                encodings.push(Encoding {
                    id: format!("{}/{place}", trace.id),
                    payload: payload.clone(),
                    frame: length.clone().then(payload.clone()),
                });
            }
        }
    }
    encodings
}

fn lengths() -> Lengths {
    let powers = (0..32).flat_map(|exponent| {
        let power = 1_u64 << exponent;
        [power - 1, power, power + 1]
    });
    let mut values: Vec<u32> = powers
        .chain([0x0102_0304, 0xFFFF_FFFE, 0xFFFF_FFFF])
        .filter_map(|value| value.try_into().ok())
        .collect();
    values.sort_unstable();
    values.dedup();
    let octets =
        |value: u32| [16_777_216, 65_536, 256, 1].map(|weight| (value / weight % 256) as u8);
    Lengths {
        packed: values
            .into_iter()
            .map(|value| Packing {
                value,
                octets: Octets::from(&octets(value)[..]),
            })
            .collect(),
        not_lengths: [
            "-1",
            "-2147483648",
            "4294967296",
            "4294967297",
            "9223372036854775807",
            "18446744073709551616",
        ]
        .map(str::to_owned)
        .into(),
        not_packed: [
            &b""[..],
            b"\0",
            b"\0\0",
            b"\0\0\0",
            b"\0\0\0\0\0",
            b"\0\0\0\0\0\0\0\x05",
        ]
        .map(Octets::from)
        .into(),
    }
}
