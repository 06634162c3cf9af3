//! Records that come in several fragments, each with a mark that says whether it is the last.

use super::render::{Renderer, Script, letters};
use crate::framing::Number;
use crate::trace::{Acceptable, Action, Step, Trace};

pub(super) fn traces(renderer: &Renderer<'_>) -> Vec<Trace> {
    if renderer.framing.number() != Some(&Number::Mark) {
        return Vec::new();
    }
    let letters = letters(20_000).to_vec();
    let (much, more) = letters.split_at(7_000);
    let singles: Vec<&[u8]> = b"ten octets".chunks(1).collect();
    let records: [(&str, &str, &[&[u8]]); 6] = [
        ("two", "of two fragments", &[b"hel", b"lo"]),
        ("ten", "of ten fragments, an octet each", &singles),
        ("large", "of two large fragments", &[much, more]),
        (
            "empty-first",
            "whose first fragment is empty",
            &[b"", b"hello"],
        ),
        (
            "empty-last",
            "whose last fragment is empty",
            &[b"hello", b""],
        ),
        (
            "empty-between",
            "with an empty fragment in the middle",
            &[b"hel", b"", b"lo"],
        ),
    ];
    let joined = records
        .into_iter()
        .filter_map(|(name, what, fragments)| record(renderer, name, what, fragments));
    joined.chain(unfinished(renderer)).collect()
}

/// Writes the fragments of a record, the last of which says so if it `ends`.
fn fragments(script: &mut Script<'_>, fragments: &[&[u8]], ends: bool) -> Option<()> {
    let framing = script.framing().clone();
    for (place, fragment) in fragments.iter().enumerate() {
        let mut length = framing.pack(fragment.len() as i128)?;
        let is_last = ends && place + 1 == fragments.len();
        if !is_last {
            *length.first_mut()? &= 0x7F;
        }
        let parts = framing.parts_with_length(&length, fragment, place + 1);
        let note = match is_last {
            true => "the last fragment",
            false => "a fragment that another follows",
        };
        script.push(parts, note);
    }
    Some(())
}

fn record(renderer: &Renderer<'_>, name: &str, what: &str, pieces: &[&[u8]]) -> Option<Trace> {
    let payload = pieces.concat();
    renderer.adapted(&payload).filter(|same| *same == payload)?;
    let mut script = renderer.script();
    script.word("hi")?;
    // Twice, so that what one record leaves behind spoils the other.
    for _ in 0..2 {
        fragments(&mut script, pieces, true)?;
        script.then(Action::Deliver(crate::trace::octets::Octets::folded(
            &payload,
        )));
    }
    script.word("ho")?;
    let title = format!("A record {what} is one payload");
    let id = format!("frm/fragments-{name}");
    let mut trace = renderer.trace(id, title, &["FRM-12"], script);
    // Nobody writes such fragments, and the specification has no word on them.
    if pieces.contains(&&b""[..]) {
        trace.acceptable = Some(Acceptable::Refusal);
    }
    Some(trace)
}

/// The stream ends where another fragment has to follow.
fn unfinished(renderer: &Renderer<'_>) -> Option<Trace> {
    let mut script = renderer.script();
    script.word("hi")?;
    fragments(&mut script, &[b"hello"], false)?;
    script.refused_at_the_end();
    let twin = || -> Option<Vec<Step>> {
        let mut twin = renderer.script();
        twin.word("hi")?;
        twin.word("hello")?;
        twin.ends();
        Some(twin.steps)
    };
    let title = "The stream ends behind a fragment that is not the last: nothing is delivered";
    let mut trace = renderer.trace("frm/fragments-unfinished", title, &["FRM-6"], script);
    trace.repaired = twin();
    Some(trace)
}
