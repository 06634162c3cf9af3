//! Traces of features that only other framings have: other meanings of zero, several forms of a length,
//! several ends of a line, a first frame of its own.

use super::render::{Renderer, letters};
use crate::framing::{Ends, Forms, Place, Zero};
use crate::trace::octets::Octets;
use crate::trace::{Acceptable, Action, Trace};

pub(super) fn traces(renderer: &Renderer<'_>) -> Vec<Trace> {
    let mut traces = zeros(renderer);
    traces.extend(forms(renderer));
    traces.extend(line_ends(renderer));
    traces.extend(stuffing(renderer));
    traces
}

fn zeros(renderer: &Renderer<'_>) -> Vec<Trace> {
    let Some(zero) = renderer.framing.zero_frame() else {
        return Vec::new();
    };
    let between = |id: &str, title: &str, times: usize| -> Option<Trace> {
        let mut script = renderer.script();
        script.word("hi")?;
        for _ in 0..times {
            script.push(zero.clone(), "nothing to deliver");
        }
        script.word("ho")?;
        script.ends();
        Some(renderer.trace(id, title, &["FRM-4"], script))
    };
    let twin = || -> Option<Vec<crate::trace::Step>> {
        let mut twin = renderer.script();
        twin.word("hi")?;
        twin.word("ho")?;
        twin.ends();
        Some(twin.steps)
    };
    let traces = match renderer.framing.zero() {
        Zero::Frame => Vec::new(),
        Zero::Keepalive | Zero::Ignore => {
            let last = || -> Option<Trace> {
                let mut script = renderer.script();
                script.word("hi")?;
                script.push(zero.clone(), "nothing to deliver");
                script.ends();
                let title = "A frame of zero that nothing follows is no payload and no error";
                Some(renderer.trace("frm/zero-last", title, &["FRM-4"], script))
            };
            vec![
                between(
                    "frm/zero-between",
                    "A frame of zero between two others delivers nothing",
                    1,
                ),
                between("frm/zero-ten", "Ten frames of zero deliver nothing", 10),
                last(),
            ]
        }
        Zero::End => {
            let ends = || -> Option<Trace> {
                let mut script = renderer.script();
                script.word("hi")?;
                script.push(zero.clone(), "this was all");
                script.ends();
                let title = "A frame of zero says that this was all: a clean end";
                Some(renderer.trace("frm/zero-ends", title, &["FRM-4", "FRM-5"], script))
            };
            vec![ends()]
        }
        Zero::Refuse if renderer.framing.adjustment() <= 0 => {
            let refused = || -> Option<Trace> {
                let mut script = renderer.script();
                script.word("hi")?;
                script.push(zero.clone(), "a length of zero");
                script.word("ho").map(|()| script.steps.pop())?;
                script.refused_at_the_end();
                let title = "A length of zero, which is an error here, is refused";
                let mut trace = renderer.trace("frm/zero-refused", title, &["FRM-4"], script);
                trace.repaired = twin();
                Some(trace)
            };
            vec![refused()]
        }
        Zero::Refuse => Vec::new(),
    };
    traces.into_iter().flatten().collect()
}

/// Lengths in other forms than the shortest.
fn forms(renderer: &Renderer<'_>) -> Vec<Trace> {
    let framing = renderer.framing;
    let Some(number) = framing.number() else {
        return Vec::new();
    };
    let mut traces = Vec::new();
    for (name, word) in [("short", "hello"), ("ten", "ten octets"), ("empty", "")] {
        let Some(payload) = renderer.adapted(word.as_bytes()) else {
            continue;
        };
        if payload.is_empty() != word.is_empty() {
            continue;
        }
        let value = payload.len() as i128 + framing.adjustment();
        let Ok(value) = u128::try_from(value) else {
            continue;
        };
        for (count, form) in number.other_forms(value).into_iter().enumerate() {
            let id = format!("len/other-form-{name}-{}", count + 1);
            traces.extend(other_form(renderer, id, &payload, &form));
        }
    }
    traces
}

fn other_form(renderer: &Renderer<'_>, id: String, payload: &[u8], form: &[u8]) -> Option<Trace> {
    let framing = renderer.framing;
    let mut script = renderer.script();
    script.word("hi")?;
    let is_digits = form
        .iter()
        .all(|octet| octet.is_ascii_graphic() || octet.is_ascii_whitespace());
    let shown = if is_digits {
        format!("{:?}", String::from_utf8_lossy(form))
    } else {
        form.iter()
            .map(|octet| format!("{octet:02x}"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    script.push(
        framing.parts_with_length(form, payload, 1),
        "in another form than the shortest",
    );
    let title = match framing.forms() {
        Forms::Shortest => {
            script.then(Action::EndOfStream);
            script.then(Action::Refusal);
            format!("The length {} written as {shown} is refused", payload.len())
        }
        Forms::Longer | Forms::Any => {
            script.then(Action::Deliver(Octets::from(payload)));
            script.word("ho")?;
            format!(
                "The length {} written as {shown} is taken for what it says",
                payload.len()
            )
        }
    };
    let mut trace = renderer.trace(id, title, &["LEN-5"], script);
    match framing.forms() {
        Forms::Shortest => {
            let mut twin = renderer.script();
            twin.word("hi")?;
            twin.exchange(&Octets::from(payload), "")?;
            twin.ends();
            trace.repaired = Some(twin.steps);
        }
        Forms::Any => trace.acceptable = Some(Acceptable::Refusal),
        Forms::Longer => {}
    }
    Some(trace)
}

/// Lines that end otherwise, where the framing says what is one.
fn line_ends(renderer: &Renderer<'_>) -> Vec<Trace> {
    let framing = renderer.framing;
    let Some(terminator) = framing.terminator() else {
        return Vec::new();
    };
    let ended = |name: &str, octets: &[u8], what: &str| -> Option<Trace> {
        let mut script = renderer.script();
        script.word("hi")?;
        for word in ["hello", "world"] {
            let mut parts = script.framing().parts(word.as_bytes(), 1).ok()?;
            parts.retain(|(place, _)| *place != Place::Behind);
            parts.push((Place::Behind, octets.to_vec()));
            script.push(parts, word);
            script.then(Action::Deliver(Octets::from(word.as_bytes())));
        }
        script.word("ho")?;
        let id = format!("frm/ended-by-{name}");
        let title = format!("Lines that end with {what} are lines");
        Some(renderer.trace(id, title, &["FRM-1"], script))
    };
    let inside = |name: &str, octets: &[u8], what: &str| -> Option<Trace> {
        let mut script = renderer.script();
        let payload = [b"one", octets, b"two"].concat();
        framing.carries(&payload).ok()?;
        script.exchange(&Octets::from(&payload[..]), "")?;
        script.word("hi")?;
        let id = format!("frm/inside-{name}");
        let title = format!("{what} inside a line is an octet like any other");
        Some(renderer.trace(id, title, &["FRM-1"], script))
    };
    let mut traces = Vec::new();
    match framing.ends() {
        Some(Ends::Any) => {
            traces.push(ended("crlf", b"\r\n", "CR LF"));
            traces.push(ended("lf", b"\n", "LF"));
            traces.push(ended("cr", b"\r", "CR"));
        }
        Some(Ends::Lf) => traces.push(ended("lf", b"\n", "LF")),
        Some(Ends::Cr) => traces.push(ended("cr", b"\r", "CR")),
        Some(Ends::Crlf) => {
            traces.push(inside("lf", b"\n", "LF alone"));
            traces.push(inside("cr", b"\r", "CR alone"));
        }
        None if terminator.len() > 1 && !matches!(terminator, b"\r\n") => {
            // The first octet of a terminator that is not followed by the rest of it.
            traces.push(inside(
                "half-end",
                &terminator[..1],
                "The first octet of what ends a line",
            ));
        }
        None => {}
    }
    if framing.strips_cr() {
        traces.push(ended("crlf", b"\r\n", "CR LF"));
    }
    traces.into_iter().flatten().collect()
}

/// Payloads of nothing but octets that have to be escaped, and of none.
fn stuffing(renderer: &Renderer<'_>) -> Vec<Trace> {
    if !renderer.framing.is_stuffed() {
        return Vec::new();
    }
    let rising: Vec<u8> = (1..=255).collect();
    let payloads: [(&str, Vec<u8>); 8] = [
        ("zeros-255", vec![0; 255]),
        ("no-zero-254", rising[..254].to_vec()),
        ("no-zero-255", rising.clone()),
        ("zero-behind-254", [&rising[..254], &[0]].concat()),
        ("ends", vec![0xC0; 40]),
        ("escapes", vec![0xDB; 40]),
        ("escaped", vec![0xDB, 0xDC, 0xDB, 0xDD, 0xC0, 0xDC, 0xDD]),
        ("letters-508", letters(508).to_vec()),
    ];
    payloads
        .into_iter()
        .filter_map(|(name, payload)| {
            let mut script = renderer.script();
            script.exchange(&Octets::folded(&payload), "")?;
            script.word("hi")?;
            let id = format!("frm/stuffed-{name}");
            let title = "Octets that mean something to the stuffing are carried unchanged";
            Some(renderer.trace(id, title, &["FRM-1"], script))
        })
        .collect()
}
