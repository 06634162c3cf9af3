//! A finding as a trace, so that it can be read, and replayed against any testee.

use unstick::trace::octets::{Octets, to_hex};
use unstick::trace::{Action, Class, Cuts, Step, Trace, json};

use crate::plan::Plan;
use crate::reading::{Next, Reading};
use crate::rendered::Rendered;
use crate::session_model::{Expected, Model};
use crate::session_plan::SessionPlan;
use crate::verified_plan::VerifiedPlan;
use crate::wire_input::WireInput;

/// The stream of an input, cut as it is, with what a right testee makes of it; none for
/// targets whose inputs are no streams.
#[must_use]
pub fn trace(target: &str, data: &[u8]) -> Option<String> {
    let mut rendered = Rendered::default();
    let (stream, ends, limit, class) = match target {
        "decoder" => {
            let input = WireInput::new(data);
            (
                input.stream.to_vec(),
                input.ends().collect(),
                input.limit,
                Class::Framing,
            )
        }
        "decoder_structured" | "roundtrip" | "differential" => {
            Plan::decode(data).render(&mut rendered);
            let limit = Plan::decode(data).limit();
            (
                rendered.octets().to_vec(),
                rendered.ends().to_vec(),
                limit,
                Class::Framing,
            )
        }
        "session" | "transfer" => {
            SessionPlan::decode(data).render(&mut rendered);
            let limit = SessionPlan::decode(data).limit();
            (
                rendered.octets().to_vec(),
                rendered.ends().to_vec(),
                limit,
                Class::Session,
            )
        }
        "verified" => {
            VerifiedPlan::decode(data).render(&mut rendered);
            let limit = VerifiedPlan::decode(data).limit();
            (
                rendered.octets().to_vec(),
                rendered.ends().to_vec(),
                limit,
                Class::VerifiedTransfer,
            )
        }
        _ => return None,
    };
    let (delivered, end) = match class {
        Class::Framing => frames(&stream, limit),
        Class::VerifiedTransfer => texts(Model::new(&stream, limit).verifying(), &stream),
        _ => texts(Model::new(&stream, limit), &stream),
    };
    let step = |action| Step { action, note: None };
    let mut steps = Vec::new();
    if !stream.is_empty() {
        steps.push(step(Action::Send(Octets::folded(&stream))));
    }
    let deliveries = delivered
        .iter()
        .map(|payload| Action::Deliver(Octets::folded(payload)));
    steps.extend(deliveries.map(step));
    steps.extend([step(Action::EndOfStream), step(end)]);
    let trace = Trace {
        id: format!("{target}/{}", to_hex(&data[..data.len().min(8)])).replace('_', "-"),
        title: format!("Found by the fuzz target {target}, at a limit of {limit} octets"),
        requirements: vec![
            match class {
                Class::Framing => "FRM-2",
                Class::VerifiedTransfer => "VTR-3",
                _ => "SES-6",
            }
            .to_owned(),
        ],
        class: Some(class),
        framing: None,
        acceptable: None,
        before: Vec::new(),
        cuts: (!ends.is_empty()).then_some(Cuts::At(ends)),
        steps,
        beside: None,
        repaired: None,
    };
    Some(json::write(&trace))
}

fn frames(stream: &[u8], limit: u32) -> (Vec<Vec<u8>>, Action) {
    let mut reading = Reading::new(stream, limit);
    let mut delivered = Vec::new();
    loop {
        match reading.step() {
            Next::Frame { payload, .. } => delivered.push(payload.to_vec()),
            Next::End => return (delivered, Action::Close),
            Next::OverLimit { .. } | Next::Truncated { .. } => return (delivered, Action::Refusal),
        }
    }
}

fn texts(mut model: Model<'_>, stream: &[u8]) -> (Vec<Vec<u8>>, Action) {
    let mut delivered = Vec::new();
    loop {
        match model.step() {
            Expected::Text { text, .. } => delivered.push(text.to_vec()),
            Expected::Refusal { .. } | Expected::CutShort => return (delivered, Action::Refusal),
            Expected::Body { end, .. } if end > stream.len() => {
                return (delivered, Action::Refusal);
            }
            Expected::Quit { .. } | Expected::Over | Expected::End => {
                return (delivered, Action::Close);
            }
            Expected::Command { by, .. } => {
                delivered.push(format!("{} ready", by.command()).into_bytes());
            }
            Expected::Digest { by, right, .. } => {
                let verdict = if right { "ok" } else { "mismatch" };
                delivered.push(format!("{} {verdict}", by.command()).into_bytes());
            }
            Expected::File { .. } | Expected::Body { .. } | Expected::FileEnd { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_reads_as_a_conversation() {
        let data = WireInput::encode(65_536, &[3], b"\0\0\0\x02hi\0");
        let text = trace("decoder", &data).unwrap();
        let read = json::read(&text).unwrap();
        assert_eq!(read.cuts, Some(Cuts::At(vec![3, 6])));
        assert_eq!(read.steps.len(), 4);
        assert_eq!(
            read.steps[1].action,
            Action::Deliver(Octets::from(&b"hi"[..]))
        );
        assert_eq!(read.steps[3].action, Action::Refusal);
        assert!(trace("file_header", b"a,1").is_none());
    }
}
