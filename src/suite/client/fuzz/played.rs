//! A trace, played with a client.

use crate::suite::client::case::{Act, Case};
use crate::suite::client::driver::{Judged, NotPassed, Stage};
use crate::trace::octets::Octets;
use crate::trace::segmentation::{Move, Segmentation, conversations, cut};
use crate::trace::{Action, Placed, Step, Trace};

/// The line or file that is typed to have octets sent, read from them.
enum Typed<'o> {
    Line(&'o str),
    File { name: &'o str, content: &'o [u8] },
}

/// Checks that a trace is a conversation with a client; if not, says why in a sentence.
///
/// # Errors
/// The reason why it is not one.
pub fn playable(trace: &Trace) -> Result<(), String> {
    for step in &trace.steps {
        match &step.action {
            Action::Answer(answer) => {
                let octets = answer.octets.as_ref().map(Octets::to_vec);
                typed(&octets.unwrap_or_default()).map(drop)?;
            }
            Action::Deliver(reply) => {
                String::from_utf8(reply.to_vec())
                    .map_err(|_| "what a client shows is text".to_owned())?;
            }
            Action::Frame { .. } | Action::Send(_) | Action::EndOfStream | Action::Refusal => {}
            _ => {
                return Err("a client is not judged by files, other framings or silence".to_owned());
            }
        }
    }
    let answers = |action: &Action| matches!(action, Action::Answer(_));
    if !trace.steps.iter().any(|step| answers(&step.action)) {
        return Err("it says nowhere what the client sends (`answer`)".to_owned());
    }
    Ok(())
}

/// The lines and files that are typed for these octets.
fn typed(octets: &[u8]) -> Result<Vec<Typed<'_>>, String> {
    let mut rest = octets;
    let mut all = Vec::new();
    while !rest.is_empty() {
        let line = text(&mut rest)?;
        if !matches!(line, "file" | "FILE") {
            all.push(Typed::Line(line));
            continue;
        }
        let header = text(&mut rest)?;
        let (name, length) = header.rsplit_once(',').ok_or("a header has no comma")?;
        let length: usize = length.parse().map_err(|_| "a header has no length")?;
        let (content, behind) = rest.split_at_checked(length).ok_or("a body is cut short")?;
        all.push(Typed::File { name, content });
        rest = behind;
    }
    Ok(all)
}

/// The payload of the frame that octets begin with.
fn text<'o>(rest: &mut &'o [u8]) -> Result<&'o str, String> {
    let (length, behind) = rest
        .split_first_chunk::<4>()
        .ok_or("a length is cut short")?;
    let length = u32::from_be_bytes(*length) as usize;
    let (payload, behind) = behind
        .split_at_checked(length)
        .ok_or("a frame is cut short")?;
    *rest = behind;
    let text = str::from_utf8(payload).map_err(|_| "a client sends no text")?;
    if text.contains(['\n', '\r']) {
        return Err("a line that is typed has no line end in it".to_owned());
    }
    Ok(text)
}

/// Plays a trace to its end.
pub(super) fn play(stage: &mut Stage<'_>, trace: &Trace, segmentation: Segmentation) -> Judged {
    for placed in &trace.before {
        if let Placed::File { name, content } = placed {
            stage.place(name, &content.to_vec())?;
        }
    }
    let shows = stage.habits.shows.is_some();
    let replies = |step: &Step| matches!(step.action, Action::Deliver(_));
    if trace.is_hostile() && stage.habits.late && trace.steps.iter().any(replies) {
        let why = "the client shows replies when it ends, beside what is no whole reply";
        return Err(NotPassed::skipped(why));
    }
    let mut said = (Vec::new(), 0);
    let mut wrong = Vec::new();
    for one in cut(trace, segmentation) {
        match one {
            Move::Chunk(chunk) => {
                stage.answers_in(&[&chunk]);
                wrong.extend(chunk);
            }
            Move::Step(Action::Answer(answer)) => {
                let octets = answer.octets.as_ref().map(Octets::to_vec);
                says(stage, &octets.unwrap_or_default())?;
                if trace.is_hostile() {
                    said = stage.said();
                }
                wrong.clear();
            }
            Move::Step(Action::Deliver(reply)) => {
                let reply = String::from_utf8_lossy(&reply.to_vec()).into_owned();
                stage.has_answered(reply.clone());
                if shows {
                    stage.shows_reply(reply)?;
                }
            }
            Move::Step(Action::EndOfStream) => stage.ends_stream(),
            Move::Step(Action::Refusal) => {
                // A client that goes on finds nobody to talk to.
                stage.settles();
                let partial = String::from_utf8_lossy(wrong.get(4..).unwrap_or_default());
                return stage.reports((&said.0, said.1), &partial);
            }
            Move::Step(_) => {}
        }
    }
    stage.has_shown()
}

/// Types what has these octets sent, and sees that they are.
fn says(stage: &mut Stage<'_>, octets: &[u8]) -> Judged {
    let typed = typed(octets).map_err(|why| NotPassed::Error(why.into()))?;
    for one in typed {
        match one {
            Typed::Line(line) => {
                stage.types(line);
                stage.sends(line.as_bytes())?;
            }
            Typed::File { name, content } => {
                stage.types("file");
                stage.types(name);
                stage.announces(name, content.len())?;
                stage.sends_body(content)?;
            }
        }
    }
    Ok(())
}

/// A trace as a case, under its cuts.
#[must_use]
pub fn case(trace: &'static Trace) -> Case {
    let checks = conversations(trace).into_iter().map(|(segmentation, _)| {
        let act: Act = Box::new(move |stage| play(stage, trace, segmentation));
        (Some(segmentation), act)
    });
    let mut case = Case::cut(
        &trace.id,
        &trace.title,
        &[],
        trace.class(),
        checks.collect(),
    );
    case.info.id = trace.id.clone().into();
    case.info.requirements = trace.requirements.iter().cloned().map(Into::into).collect();
    case
}
