//! Payloads, and the frames that an encoder makes of them.

use serde::Serialize;

use crate::framing::{Forms, Framing, Number};
use crate::suite::{derived, fixtures};
use crate::trace::octets::Octets;
use crate::trace::{Action, Trace};

/// A payload, and the frame that it makes.
#[derive(Debug, Serialize)]
pub(super) struct Encoding {
    id: String,
    payload: Octets,
    frame: Octets,
    /// From where to where octets of the frame may be others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    any: Vec<[usize; 2]>,
}

/// True if there is one right frame for a payload, but for octets that may be anything.
pub(super) fn is_exact(framing: &Framing) -> bool {
    let has_forms = framing.number().is_some_and(Number::has_forms);
    !framing.is_stuffed() && (!has_forms || framing.forms() == Forms::Shortest)
}

/// Every payload of the traces once, with its frame.
pub(super) fn encodings(framing: &Framing) -> Vec<Encoding> {
    let mut seen: Vec<&Octets> = Vec::new();
    let mut encodings = Vec::new();
    // Messages of sessions and transfers are payloads like others.
    let traces: &[Trace] = match framing.is_reference() {
        true => fixtures::all(),
        false => derived::traces(framing),
    };
    for trace in traces.iter().filter(|trace| !trace.is_hostile()) {
        for (place, step) in trace.steps.iter().enumerate() {
            let payload = match &step.action {
                Action::Frame { payload, .. } => payload,
                Action::Deliver(payload) if !framing.is_reference() => payload,
                _ => continue,
            };
            if seen.contains(&payload) {
                continue;
            }
            let octets = payload.to_vec();
            let Some(frame) = derived::frame(framing, &octets) else {
                continue;
            };
            seen.push(payload);
            encodings.push(Encoding {
                id: format!("{}/{place}", trace.id),
                payload: payload.clone(),
                frame,
                any: framing
                    .may_be_anything(&octets)
                    .iter()
                    .map(|range| [range.start, range.end])
                    .collect(),
            });
        }
    }
    encodings
}
