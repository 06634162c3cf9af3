//! Payloads of framings that are made for text: blanks at their ends, and octets that other libraries take for
//! the end of a line. Both are part of the payload.

use super::render::Renderer;
use crate::framing::{Ends, Number};
use crate::trace::Trace;
use crate::trace::octets::Octets;

pub(super) fn traces(renderer: &Renderer<'_>) -> Vec<Trace> {
    let framing = renderer.framing;
    let is_text = match framing.number() {
        Some(number) => matches!(
            number,
            Number::Decimal(_) | Number::DecimalFixed(_) | Number::HexFixed(_) | Number::Header(_)
        ),
        None => framing.terminator().is_some(),
    };
    if !is_text {
        return Vec::new();
    }
    let mut traces = vec![blanks(renderer)];
    if framing.terminator().is_some() {
        traces.push(other_ends(renderer));
        traces.push(half_ends(renderer));
    }
    traces.into_iter().flatten().collect()
}

fn carried(renderer: &Renderer<'_>, id: &str, title: &str, payloads: &[Vec<u8>]) -> Option<Trace> {
    let carried = |payload: &&Vec<u8>| renderer.framing.carries(payload).is_ok();
    let payloads: Vec<&Vec<u8>> = payloads.iter().filter(carried).collect();
    if payloads.is_empty() {
        return None;
    }
    let mut script = renderer.script();
    for payload in payloads {
        script.exchange(&Octets::from(&payload[..]), "")?;
    }
    script.word("hi")?;
    Some(renderer.trace(id, title, &["FRM-1"], script))
}

fn blanks(renderer: &Renderer<'_>) -> Option<Trace> {
    let payloads = ["  hello ", "\thello\t", " ", "hello \t", "\t hello"];
    let payloads = payloads.map(|payload| payload.as_bytes().to_vec());
    let title = "Blanks at the ends of a payload are part of it";
    carried(renderer, "frm/blanks", title, &payloads)
}

fn other_ends(renderer: &Renderer<'_>) -> Option<Trace> {
    let payloads = [
        "one\u{b}two\u{c}three",
        "one\u{1c}two\u{1d}three\u{1e}four",
        "one\u{85}two\u{2028}three\u{2029}four",
        "one\0two\0",
    ];
    let payloads = payloads.map(|payload| payload.as_bytes().to_vec());
    let title = "What ends a line elsewhere is an octet like any other";
    carried(renderer, "frm/other-ends", title, &payloads)
}

/// Payloads that end with the beginning of their terminator: a decoder that looks for it octet by octet, and begins
/// again after the first octet that does not fit, misses the end.
fn half_ends(renderer: &Renderer<'_>) -> Option<Trace> {
    let framing = renderer.framing;
    let terminator = framing.terminator()?;
    // To many, a CR in front of CR LF is no octet of the line: it is one only where the framing says what ends lines.
    if terminator == b"\r\n" && framing.ends() != Some(Ends::Crlf) {
        return None;
    }
    let halves = (1..terminator.len()).map(|count| &terminator[..count]);
    let payloads: Vec<Vec<u8>> = halves
        .flat_map(|half| [[b"hello", half].concat(), half.to_vec(), half.repeat(2)])
        .collect();
    let title = "The beginning of what ends a payload, in front of it, is part of the payload";
    carried(renderer, "frm/half-end-last", title, &payloads)
}
