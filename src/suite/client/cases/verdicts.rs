//! Answers to the digest: `ok`, `mismatch`, `refused: …`, late, in pieces, something else, or none.

use std::thread;

use super::pauses::PAUSES;
use super::unready::in_pieces;
use super::verified::{case, pattern, says_on, verified};
use crate::suite::client::case::Case;
use crate::suite::client::diagnosis::Diagnosis;
use crate::suite::client::driver::{Judged, NotPassed, Stage};
use crate::suite::client::extension::Form;
use crate::suite::client::forms::{CONTENT, NAME};
use crate::suite::plain::frame;

/// Number of times that a client may resend, by itself, a file that has not arrived.
const TRIES: usize = 3;

const MISMATCH_UNSAID: Diagnosis = Diagnosis::of(
    "VTR-3",
    "it does not say that a file did not arrive as it was sent",
);

const REFUSAL_UNSAID: Diagnosis = Diagnosis::of("VTR-5", "it does not say that a file was refused");

const ANYTHING_IS_OK: Diagnosis = Diagnosis::of("VTR-3", "it takes another answer for `ok`");

const LOSS_UNSAID: Diagnosis = Diagnosis::of(
    "SES-11",
    "it does not say that the answer about a file is missing",
);

const A_REPLY_BEHIND: Diagnosis = Diagnosis::of(
    "SES-11",
    "it takes a late answer about a file for the reply to the next message",
);

const NO_DIGEST: Diagnosis = Diagnosis::of("VTR-2", "it sends no digest once the answer is there");

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![
        case(
            "verdict-late",
            "`ok` that comes late is not taken for the next reply",
            &["SES-11", "VTR-3"],
            verdict_late,
        ),
        case(
            "verdict-in-pieces",
            "`ok` is put together however it is cut",
            &["FRM-2", "VTR-3"],
            verdict_in_pieces,
        ),
        case(
            "mismatch-then-good",
            "`mismatch`, then the same file once more, which is stored",
            &["VTR-3", "VTR-2"],
            |stage, form| {
                if !answered(stage, form, "mismatch")? {
                    return Err(NotPassed::Acceptable(
                        "the client ends its session after a mismatch, and says why".into(),
                    ));
                }
                verified(stage, form, NAME, CONTENT)
            },
        ),
        case(
            "refused-then-good",
            "`refused: …`, then another file, which is stored",
            &["VTR-5", "VTR-2"],
            |stage, form| {
                if !answered(stage, form, "refused: no room")? {
                    return Err(NotPassed::Acceptable(
                        "the client ends its session after a refusal, and says why".into(),
                    ));
                }
                verified(stage, form, "b.bin", b"other")
            },
        ),
        case(
            "ok-before-the-digest",
            "`ok` before the digest: it is sent all the same, or the client ends with an error",
            &["VTR-2"],
            ok_before_digest,
        ),
    ];
    cases.extend(told());
    cases.extend(lost());
    cases
}

/// Has a file sent that is answered so, as often as the client sends it again by itself; a file that it
/// goes on sending is stored in the end. False where the client has ended instead, and said why.
fn answered(stage: &mut Stage<'_>, form: &Form, verdict: &str) -> Judged<bool> {
    stage.place(NAME, CONTENT)?;
    stage.asks(form, NAME)?;
    let (shown, on_stderr) = stage.said();
    for again in 0..=TRIES {
        stage.says(form.algorithm, "ready");
        stage.sends_verified(form.algorithm, NAME, CONTENT)?;
        let verdict = if again == TRIES { "ok" } else { verdict };
        stage.says(form.algorithm, verdict);
        stage.settles();
        stage.waits_briefly_for(4);
        let command = form.algorithm.command().as_bytes();
        if !stage.rest().starts_with(&frame(command)) {
            break;
        }
        stage.sends(command)?;
    }
    if stage.rest().is_empty() && stage.has_closed() {
        stage.reports((&shown, on_stderr), "")?;
        return Ok(false);
    }
    Ok(true)
}

/// Cases for what the user hears of each verdict but `ok`.
fn told() -> Vec<Case> {
    type Verdict = fn(&Form) -> String;
    let verdicts: [(&str, &str, &'static str, Verdict, Diagnosis); 6] = [
        (
            "mismatch-told",
            "The user hears that a file did not arrive as it was sent",
            "VTR-3",
            |form| form.algorithm.answer("mismatch"),
            MISMATCH_UNSAID,
        ),
        (
            "refused-told",
            "The user hears that a file was refused",
            "VTR-5",
            |form| form.algorithm.answer("refused: no room"),
            REFUSAL_UNSAID,
        ),
        (
            "not-ok",
            "`not ok` is not `ok`",
            "VTR-3",
            |form| form.algorithm.answer("not ok"),
            ANYTHING_IS_OK,
        ),
        (
            "ok-bare",
            "`ok` without the command is not the answer",
            "VTR-3",
            |_| "ok".to_owned(),
            ANYTHING_IS_OK,
        ),
        (
            "ok-of-the-other",
            "`ok` to the other command is not the answer",
            "VTR-3",
            |form| form.algorithm.other().answer("ok"),
            ANYTHING_IS_OK,
        ),
        (
            "ready-again",
            "`ready` in the place of `ok` is not the answer",
            "VTR-3",
            |form| form.algorithm.answer("ready"),
            ANYTHING_IS_OK,
        ),
    ];
    verdicts
        .into_iter()
        .map(|(id, title, requirement, verdict, unsaid)| {
            case(id, title, &[requirement], move |stage, form| {
                stage.place(NAME, CONTENT)?;
                stage.asks(form, NAME)?;
                stage.says(form.algorithm, "ready");
                stage.sends_verified(form.algorithm, NAME, CONTENT)?;
                stage.answers_in(&[&frame(verdict(form).as_bytes())]);
                stage.settles();
                stage.tells_apart(form, unsaid)
            })
        })
        .collect()
}

fn verdict_late(stage: &mut Stage<'_>, form: &Form) -> Judged {
    let shows = stage.habits.shows.is_some();
    verified(stage, form, NAME, CONTENT)?;
    for pause in PAUSES {
        stage.place(NAME, CONTENT)?;
        stage.asks(form, NAME)?;
        stage.says(form.algorithm, "ready");
        stage.sends_verified(form.algorithm, NAME, CONTENT)?;
        let (shown, on_stderr) = stage.said();
        // The pause itself is what is sent here: nothing is waited for.
        thread::sleep(pause);
        if stage.has_closed() {
            stage.reports((&shown, on_stderr), "")?;
            return Err(NotPassed::Acceptable(
                "the client gives up on an answer that takes its time, and says so".into(),
            ));
        }
        stage.says(form.algorithm, "ok");
        let text = format!("after {} ms", pause.as_millis());
        stage.types(&text);
        stage.sends(text.as_bytes())?;
        stage.answers(&text);
        if shows {
            stage
                .shows(&text)
                .map_err(|why| because(why, A_REPLY_BEHIND))?;
        }
    }
    // A client that went on without an answer takes it for another one now.
    verified(stage, form, NAME, CONTENT).map_err(|why| because(why, A_REPLY_BEHIND))
}

fn because(why: NotPassed, diagnosis: Diagnosis) -> NotPassed {
    why.with_failure(|wrong| wrong.diagnosis = diagnosis)
}

fn verdict_in_pieces(stage: &mut Stage<'_>, form: &Form) -> Judged {
    let wire = frame(form.algorithm.answer("ok").as_bytes());
    verified(stage, form, NAME, CONTENT)?;
    for cut in 1..=wire.len() {
        stage.asks(form, NAME)?;
        stage.says(form.algorithm, "ready");
        stage.sends_verified(form.algorithm, NAME, CONTENT)?;
        if cut == wire.len() {
            let octets: Vec<&[u8]> = wire.chunks(1).collect();
            stage.answers_in(&octets);
        } else {
            let (start, rest) = wire.split_at(cut);
            stage.answers_in(&[start, rest]);
        }
        let text = format!("after {cut}");
        stage.types(&text);
        stage.sends(text.as_bytes()).map_err(in_pieces)?;
        stage.answers(&text);
        if stage.habits.shows.is_some() {
            stage.shows(&text).map_err(in_pieces)?;
        }
    }
    Ok(())
}

fn ok_before_digest(stage: &mut Stage<'_>, form: &Form) -> Judged {
    let answer = |what: &str| frame(form.algorithm.answer(what).as_bytes());
    verified(stage, form, NAME, CONTENT)?;
    stage.asks(form, NAME)?;
    let (shown, on_stderr) = stage.said();
    stage.answers_in(&[&[answer("ready"), answer("ok")].concat()]);
    let judged = stage.sends_verified(form.algorithm, NAME, CONTENT);
    if stage.has_closed() {
        return stage.reports((&shown, on_stderr), "");
    }
    judged.map_err(|why| because(why, NO_DIGEST))?;
    match says_on(stage) {
        Err(NotPassed::Failed(_)) if stage.has_closed() => stage.reports((&shown, on_stderr), ""),
        Err(NotPassed::Failed(wrong)) if wrong.nothing_sent => Err(NotPassed::Acceptable(
            "the client waits for another answer than the one that came before its time".into(),
        )),
        judged => judged,
    }
}

/// Connections that end before the verdict: the user has to hear of it.
fn lost() -> Vec<Case> {
    let ends = [
        (
            "closed-after-command",
            "A server that closes in the place of `ready` is reported",
            0,
        ),
        (
            "closed-after-ready",
            "A server that closes after `ready` is reported",
            1,
        ),
        (
            "closed-before-verdict",
            "A server that closes in the place of the answer to the digest is reported",
            2,
        ),
        (
            "reset-before-verdict",
            "A reset in the place of the answer to the digest is reported",
            3,
        ),
        (
            "closed-inside-verdict",
            "A server that closes inside the answer to the digest is reported",
            4,
        ),
    ];
    ends.into_iter()
        .map(|(id, title, end)| {
            case(id, title, &["SES-11", "VTR-3"], move |stage, form| {
                ends_at(stage, form, end)
            })
        })
        .collect()
}

fn ends_at(stage: &mut Stage<'_>, form: &Form, end: u8) -> Judged {
    // A body that the system takes whole shows nothing of the close, and its digest is answered by nobody.
    let content = pattern(1_000);
    stage.place(NAME, &content)?;
    stage.asks(form, NAME)?;
    if end > 0 {
        stage.says(form.algorithm, "ready");
    }
    if end > 1 {
        stage.sends_verified(form.algorithm, NAME, &content)?;
    }
    let (shown, on_stderr) = stage.said();
    if end == 4 {
        let verdict = frame(form.algorithm.answer("ok").as_bytes());
        stage.answers_in(&[&verdict[..verdict.len() - 1]]);
    }
    if end == 3 {
        stage.resets();
    } else {
        stage.ends_stream();
    }
    stage.settles();
    // A client that looks at its connection only when it has something to say.
    for line in ["after", "and after"] {
        stage.types(line);
        stage.settles();
    }
    stage
        .reports((&shown, on_stderr), "")
        .map_err(|why| because(why, LOSS_UNSAID))
}
