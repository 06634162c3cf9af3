//! Streams that end at places of a frame where no stream may end, and those that only look so.

use super::places::{Frame, with_twin};
use super::render::{Renderer, letters};
use crate::framing::{Ends, Place, Unterminated};
use crate::trace::octets::Octets;
use crate::trace::{Action, Cuts, Trace};

pub(super) fn traces(renderer: &Renderer<'_>) -> Vec<Trace> {
    let mut traces = truncated(renderer).unwrap_or_default();
    traces.extend(truncated_otherwise(renderer));
    traces
}

fn truncated(renderer: &Renderer<'_>) -> Option<Vec<Trace>> {
    let framing = renderer.framing;
    let mut begun = renderer.script();
    begun.word("hi")?;
    let hello = renderer.adapted(b"hello")?;
    let parts = begun.framing().parts(&hello, 1).ok()?;
    let frame = Frame::of(&parts);
    let octets: Vec<u8> = parts
        .iter()
        .flat_map(|(_, octets)| octets.iter().copied())
        .collect();
    let mut traces = Vec::new();
    for at in frame.places() {
        let mut script = renderer.script();
        script.word("hi")?;
        script.send(&octets[..at], "the frame of hello, cut short");
        let title = format!(
            "The stream ends after octet {at} of a frame of {}: nothing is delivered",
            frame.len
        );
        let inside_end = frame.has(Place::Behind) && at > frame.start(Place::Behind);
        match framing.unterminated() {
            // A CR that may end a line alone has ended it.
            Unterminated::Error if inside_end && framing.ends() == Some(Ends::Any) => continue,
            Unterminated::Error => script.refused_at_the_end(),
            // Half a terminator may be part of such a line, or not: this cannot be decided.
            Unterminated::Deliver | Unterminated::Drop if inside_end => continue,
            Unterminated::Deliver => {
                let from = frame.start(Place::Payload);
                if at <= from {
                    continue;
                }
                script.then(Action::EndOfStream);
                script.then(Action::Deliver(Octets::from(&octets[from..at])));
                script.then(Action::Close);
            }
            Unterminated::Drop => script.ends(),
        }
        let title = match framing.unterminated() {
            Unterminated::Error => title,
            Unterminated::Deliver => {
                format!(
                    "The stream ends after octet {at} of a line: it is delivered without its end"
                )
            }
            Unterminated::Drop => {
                format!("The stream ends after octet {at} of a line: it is dropped")
            }
        };
        let id = format!("frm/truncated-at-{at}");
        let mut twin = renderer.script();
        twin.word("hi")?;
        twin.word("hello")?;
        twin.ends();
        traces.push(with_twin(
            renderer.trace(id, title, &["FRM-6"], script),
            twin,
        ));
    }
    Some(traces)
}

fn truncated_otherwise(renderer: &Renderer<'_>) -> Vec<Trace> {
    if renderer.framing.unterminated() != Unterminated::Error {
        return Vec::new();
    }
    let mut traces: Vec<Trace> = [
        truncated_first(renderer),
        truncated_large(renderer),
        truncated_looks_whole(renderer),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !renderer.framing.is_reference() {
        traces.extend(truncated_lengths(renderer).unwrap_or_default());
        traces.extend(truncated_after_longer(renderer));
    }
    traces
}

fn truncated_first(renderer: &Renderer<'_>) -> Option<Trace> {
    let mut script = renderer.script();
    let payload = renderer.adapted(b"hello")?;
    let frame = Frame::of(&script.framing().parts(&payload, 0).ok()?);
    let octets = script.octets_of(b"hello")?;
    script.send(&octets[..frame.start(Place::Payload) + 3], "");
    script.refused_at_the_end();
    let mut twin = renderer.script();
    twin.word("hello")?;
    twin.ends();
    let title = "The stream ends inside its first frame: nothing is delivered";
    Some(with_twin(
        renderer.trace("frm/truncated-first", title, &["FRM-6"], script),
        twin,
    ))
}

fn truncated_large(renderer: &Renderer<'_>) -> Option<Trace> {
    let most = renderer.framing.max_payload().unwrap_or(u64::MAX);
    let size = usize::try_from(most).unwrap_or(usize::MAX).min(65_535);
    let payload = vec![b'a'; size];
    let mut script = renderer.script();
    let octets = script.octets_of(&payload)?;
    // The octets after the payload are left out too, so that the payload is what is cut.
    let frame = Frame::of(&script.framing().parts(&payload, 0).ok()?);
    let end = if frame.has(Place::Behind) {
        frame.start(Place::Behind)
    } else {
        frame.len
    } - 1;
    let note = format!(
        "{} of {} octets",
        super::render::with_commas(size as u128 - 1),
        super::render::with_commas(size as u128)
    );
    let head = frame.start(Place::Payload);
    let sent = if renderer.framing.is_stuffed() {
        Octets::folded(&octets[..end])
    } else {
        Octets::from(&octets[..head]).then(Octets::repeat(b"a", end - head))
    };
    script
        .steps
        .push(super::render::noted(Action::Send(sent), &note));
    script.refused_at_the_end();
    let mut twin = renderer.script();
    twin.exchange(&Octets::repeat(b"a", size), "")?;
    let mut trace = with_twin(
        renderer.trace(
            "frm/truncated-large",
            "The stream ends one octet before the end of a large frame",
            &["FRM-6"],
            script,
        ),
        twin,
    );
    trace.cuts = Some(Cuts::Named(vec![
        crate::trace::segmentation::Segmentation::Whole,
    ]));
    Some(trace)
}

fn truncated_looks_whole(renderer: &Renderer<'_>) -> Option<Trace> {
    let mut script = renderer.script();
    script.word("hi")?;
    let length = script.framing().pack(64)?;
    let inside = script.octets_of(b"ho").filter(|inside| inside.len() < 64)?;
    let mut parts = script.framing().parts_with_length(&length, &inside, 1);
    parts.retain(|(place, _)| *place != Place::Behind);
    script.push(parts, "64 octets announced, a frame of ho inside");
    script.refused_at_the_end();
    let mut twin = renderer.script();
    twin.word("hi")?;
    twin.exchange(&Octets::from(&inside[..]), "")?;
    Some(with_twin(
        renderer.trace(
            "frm/truncated-looks-whole",
            "The part of a frame that came holds a whole frame, which is not delivered",
            &["FRM-6"],
            script,
        ),
        twin,
    ))
}

/// Ends inside a length of several octets, where that of a short payload has one.
fn truncated_lengths(renderer: &Renderer<'_>) -> Option<Vec<Trace>> {
    let mut script = renderer.script();
    script.word("hi")?;
    let size = [300, 70_000]
        .into_iter()
        .filter(|size| {
            script
                .framing()
                .max_payload()
                .is_none_or(|most| *size as u64 <= most)
        })
        .max_by_key(|size| {
            script
                .framing()
                .pack(*size as i128)
                .map_or(0, |length| length.len())
        })?;
    let number = script.framing().number()?;
    if number.width().is_some() {
        return None;
    }
    let payload = letters(size);
    let frame = Frame::of(&script.framing().parts(&payload.to_vec(), 1).ok()?);
    let octets = script.octets_of(&payload.to_vec())?;
    let places = frame.start(Place::Length) + 1..=frame.start(Place::Payload);
    let mut traces = Vec::new();
    for at in places {
        let mut script = renderer.script();
        script.word("hi")?;
        script.send(&octets[..at], "the beginning of a longer frame");
        script.refused_at_the_end();
        let mut twin = renderer.script();
        twin.word("hi")?;
        twin.exchange(&payload, "")?;
        twin.ends();
        let title = format!(
            "The stream ends after octet {at} of a frame of {}: nothing is delivered",
            frame.len
        );
        let id = format!("frm/truncated-length-{at}");
        traces.push(with_twin(
            renderer.trace(id, title, &["FRM-6"], script),
            twin,
        ));
    }
    Some(traces)
}

/// A frame that is cut short after a longer one, whose octets a used buffer still holds.
fn truncated_after_longer(renderer: &Renderer<'_>) -> Option<Trace> {
    let mut script = renderer.script();
    let longer = renderer.adapted(b"hello, hello, hello, hello, hello, hello")?;
    script.exchange(&Octets::from(&longer[..]), "")?;
    let octets = script.octets_of(b"hello, world")?;
    let frame = Frame::of(
        &script
            .framing()
            .parts(&renderer.adapted(b"hello, world")?, 1)
            .ok()?,
    );
    script.send(
        &octets[..frame.start(Place::Payload) + 7],
        "the frame of hello, world, cut short",
    );
    script.refused_at_the_end();
    let mut twin = renderer.script();
    twin.exchange(&Octets::from(&longer[..]), "")?;
    twin.word("hello, world")?;
    twin.ends();
    Some(with_twin(
        renderer.trace(
            "frm/truncated-after-longer",
            "The stream ends inside a frame that follows a longer one: its octets complete nothing",
            &["FRM-6"],
            script,
        ),
        twin,
    ))
}
