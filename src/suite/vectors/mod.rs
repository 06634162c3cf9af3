//! The cases as files, for test suites in any language: what `unstick vectors` writes, and
//! `docs/vectors.md` explains.
//!
//! The rule of this folder: it only writes down what the derived traces and the framing say; no file
//! of it decides what is right.

mod decoding;
mod encoding;
mod flags;
mod lengths;
mod verified;

use serde::Serialize;
use serde_json::json;

use super::derived;
use super::fixtures;
use crate::framing::Framing;
use crate::trace::json as text;
use decoding::Decoding;

/// The version of the format: another means that readers have to be changed.
pub const VERSION: u32 = 1;

/// The schema of the files but the traces, which have their own.
pub const SCHEMA: &str = include_str!("../../../fixtures/vectors.schema.json");

/// The schema of the traces.
pub const TRACE_SCHEMA: &str = include_str!("../../../fixtures/trace.schema.json");

/// The files for a framing, by their path in the directory, and their text.
#[must_use]
pub fn files(framing: &Framing) -> Vec<(String, String)> {
    let decodings = decodings(framing);
    let encodings = encoding::encodings(framing);
    let lengths = lengths::lengths(framing);
    let traces = traces(framing);
    let mut manifest = json!({
        "vectors": VERSION,
        "unstick": env!("CARGO_PKG_VERSION"),
        "framing": {
            "template": framing.template(),
            "sentence": framing.sentence(),
        },
        "decode": {
            "file": "decode.json",
            "streams": decodings.len(),
            "checks": decodings.iter().map(Decoding::checks).sum::<usize>(),
        },
        "encode": {
            "file": "encode.json",
            "frames": encodings.len(),
            "exact": encoding::is_exact(framing),
        },
        "traces": {"directory": "traces", "files": traces.len()},
        "flags": flags::meanings(decodings.iter().flat_map(|decoding| &decoding.flags)),
    });
    let mut files = vec![
        ("decode.json".to_owned(), a_line_each(&decodings)),
        ("encode.json".to_owned(), a_line_each(&encodings)),
        ("vectors.schema.json".to_owned(), SCHEMA.to_owned()),
        ("trace.schema.json".to_owned(), TRACE_SCHEMA.to_owned()),
    ];
    if let Some(lengths) = lengths {
        manifest["lengths"] = lengths.counts();
        files.push(("lengths.json".to_owned(), pretty(&lengths)));
    }
    if framing.is_reference() {
        let verified = verified::verified();
        manifest["verified"] = verified.counts();
        files.push((verified::FILE.to_owned(), pretty(&verified)));
    }
    files.push(("manifest.json".to_owned(), pretty(&manifest)));
    files.extend(traces);
    files
}

/// The streams of a framing under every cut, a line of JSON each, with all octets written out: for a
/// test that reads lines and nothing else.
///
/// Streams of more than 20,000 octets are left out; the files have them.
pub fn lines(framing: &Framing) -> impl Iterator<Item = String> {
    decodings(framing)
        .into_iter()
        .flat_map(Decoding::lines)
        .map(|line| serde_json::to_string(&line).expect("it is plain data"))
}

fn decodings(framing: &Framing) -> Vec<Decoding> {
    let traces = derived::traces(framing).iter();
    traces.map(|trace| decoding::of(framing, trace)).collect()
}

/// The traces as files; for the article's framing those of all classes.
fn traces(framing: &Framing) -> Vec<(String, String)> {
    let name = |id: &str| format!("traces/{id}.json");
    if framing.is_reference() {
        let golden = fixtures::TEXTS.iter();
        return golden
            .map(|(id, text)| (name(id), (*text).to_owned()))
            .collect();
    }
    let derived = derived::traces(framing).iter();
    derived
        .map(|trace| (name(&trace.id), text::write(trace)))
        .collect()
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
