//! Replies that come late, or with a pause inside: a pause is a cut like any other (FRM-2), and a late
//! reply is never taken for the answer to another message (SES-11).

use std::thread;
use std::time::Duration;

use crate::suite::client::case::Case;
use crate::suite::client::diagnosis::Diagnosis;
use crate::suite::client::driver::{Judged, NotPassed, Stage, reply};
use crate::suite::plain::frame;
use crate::trace::Class;

/// Lengths of the pauses. Timers of 50, 100, 200, 500 and 1,000 ms are common.
pub(super) const PAUSES: [Duration; 3] = [
    Duration::from_millis(60),
    Duration::from_millis(250),
    Duration::from_millis(1200),
];

pub(super) const LATE: Diagnosis = Diagnosis::of(
    "SES-11",
    "it takes a late reply for the answer to the next message",
);

const DROPPED: Diagnosis = Diagnosis::of(
    "FRM-2",
    "it loses what it has of a reply when the rest is late",
);

pub(super) fn cases() -> Vec<Case> {
    let places: [(&str, &str, &[&'static str], usize); 4] = [
        (
            "late-reply",
            "A reply that comes late is not taken for the next one",
            &["SES-11"],
            0,
        ),
        (
            "pause-after-1",
            "A reply that pauses after its first octet is put together",
            &["FRM-2", "SES-11"],
            1,
        ),
        (
            "pause-after-length",
            "A reply that pauses after its length is put together",
            &["FRM-2", "SES-11"],
            4,
        ),
        (
            "pause-inside",
            "A reply that pauses inside its text is put together",
            &["FRM-2", "SES-11"],
            // Inside the second character, so that a client that decodes what it has shows it too.
            8,
        ),
    ];
    places
        .into_iter()
        .map(|(id, title, requirements, cut)| {
            Case::new(id, title, requirements, Class::Session, move |stage| {
                answered_late(stage, cut)
            })
        })
        .collect()
}

/// Answers with a pause of each length after `cut` octets of the reply; after each, a message is
/// answered at once, which shows whether the client is still in step.
fn answered_late(stage: &mut Stage<'_>, cut: usize) -> Judged {
    if stage.habits.shows.is_none() {
        return Err(NotPassed::skipped(
            "the client does not show replies, so how it reads them cannot be seen",
        ));
    }
    for pause in PAUSES {
        let text = format!("answered after {} ms", pause.as_millis());
        stage.types(&text);
        stage.sends(text.as_bytes())?;
        let (shown, on_stderr) = stage.said();
        let wire = frame(reply(&text).as_bytes());
        let (before, after) = wire.split_at(cut);
        stage.answers_in(&[before]);
        // The pause itself is what is sent here: nothing is waited for.
        thread::sleep(pause);
        if stage.has_closed() {
            stage.reports((&shown, on_stderr), "")?;
            return Err(NotPassed::Acceptable(
                "the client gives up on a reply that takes its time, and says so".into(),
            ));
        }
        stage.answers_in(&[after]);
        let next = format!("{text}, and this at once");
        stage.types(&next);
        let judged = stage.sends(next.as_bytes()).and_then(|()| {
            stage.answers(&next);
            stage.shows(&next)
        });
        judged.map_err(|why| out_of_step(stage, why, &text, cut))?;
    }
    Ok(())
}

/// A client that shows the late reply now, and not the one to its last message, is a reply behind.
fn out_of_step(stage: &mut Stage<'_>, why: NotPassed, late: &str, cut: usize) -> NotPassed {
    why.with_failure(|wrong| {
        wrong.diagnosis = match cut {
            _ if stage.has_shown_already(late) => LATE,
            0 => Diagnosis {
                requirement: Some("SES-11"),
                cause: None,
            },
            _ => DROPPED,
        };
    })
}
