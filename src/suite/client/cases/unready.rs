//! Answers to the command of a verified transfer that are not `ready`, or not at once: nothing is sent to
//! a server that has not said so, and the user hears that the file is not verified.

use std::thread;

use super::pauses::PAUSES;
use super::verified::{case, says_on, verified};
use crate::suite::client::case::Case;
use crate::suite::client::diagnosis::Diagnosis;
use crate::suite::client::driver::{Judged, NotPassed, Stage, reply};
use crate::suite::client::extension::{Algorithm, Form};
use crate::suite::client::forms::{CONTENT, NAME};
use crate::suite::plain::frame;

/// Number of times that a client may try again by another command of the extension.
const TRIES: usize = 3;

/// Messages that may come behind an answer that is not `ready`: the one that is typed, and commands.
const NEXT: [&[u8]; 5] = [b"after", b"file", b"FILE", b"file+md5", b"file+sha256"];

const WITHOUT_READY: Diagnosis = Diagnosis::of(
    "VTR-1",
    "it sends a header without having been told `ready`",
);

const ANYTHING_IS_READY: Diagnosis = Diagnosis::of("VTR-1", "it takes another answer for `ready`");

const SAYS_NOTHING: Diagnosis =
    Diagnosis::of("VTR-1", "it does not say that a file was not verified");

const IN_PIECES: Diagnosis = Diagnosis::of("FRM-2", "it takes a part of an answer for a whole one");

/// Answers that are not `ready`: an id, what is answered, and a title.
fn answers(algorithm: Algorithm) -> [(&'static str, String, &'static str); 9] {
    let answer = |what: &str| algorithm.answer(what);
    [
        (
            "unknown",
            reply(algorithm.command()),
            "A server without the extension answers the command as a text",
        ),
        (
            "refused-at-once",
            answer("refused: no room"),
            "A refusal in the place of `ready`",
        ),
        ("ready-capitals", answer("READY"), "`READY` is not `ready`"),
        (
            "ready-and-more",
            answer("ready soon"),
            "`ready soon` is not `ready`",
        ),
        (
            "not-ready",
            answer("not ready"),
            "`not ready` is not `ready`",
        ),
        (
            "ready-bare",
            "ready".to_owned(),
            "`ready` without the command",
        ),
        (
            "ready-of-the-other",
            algorithm.other().answer("ready"),
            "`ready` to the other command",
        ),
        ("ok-at-once", answer("ok"), "`ok` in the place of `ready`"),
        (
            "empty-answer",
            String::new(),
            "An empty answer to the command",
        ),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    // The texts hang on the algorithm, and so on the client; ids and titles do not.
    let unready = answers(Algorithm::Md5).into_iter().enumerate();
    let mut cases: Vec<Case> = unready
        .map(|(number, (id, _, title))| {
            case(id, title, &["VTR-1"], move |stage, form| {
                let (_, answer, _) = &answers(form.algorithm)[number];
                unready_answer(stage, form, answer).map(drop)
            })
        })
        .collect();
    cases.extend([
        case(
            "unknown-twice",
            "Two files for a server without the extension",
            &["VTR-1"],
            |stage, form| {
                let answer = reply(form.algorithm.command());
                if !unready_answer(stage, form, &answer)? {
                    return Err(NotPassed::Acceptable(
                        "the client ends its session where a file cannot be verified, and says why"
                            .into(),
                    ));
                }
                unready_answer(stage, form, &answer).map(drop)
            },
        ),
        case(
            "unknown-told",
            "The user hears that a file is not verified, because the server cannot",
            &["VTR-1"],
            |stage, form| {
                stage.place(NAME, CONTENT)?;
                stage.asks(form, NAME)?;
                let answer = reply(form.algorithm.command());
                stage.answers_in(&[&frame(answer.as_bytes())]);
                stage.settles();
                stage.tells_apart(form, SAYS_NOTHING)
            },
        ),
        case(
            "ready-late",
            "`ready` comes late, and nothing is sent before",
            &["VTR-2", "VTR-1"],
            ready_late,
        ),
        case(
            "ready-in-pieces",
            "`ready` is put together however it is cut",
            &["FRM-2", "VTR-2"],
            ready_in_pieces,
        ),
    ]);
    cases
}

/// Checks that nothing has come before the command was answered.
fn nothing_yet(stage: &mut Stage<'_>) -> Judged {
    stage.gather();
    if stage.rest().is_empty() {
        return Ok(());
    }
    // Part of an answer is not a reason to send a header: a client that sends it has not waited at all.
    let diagnosis = if is_header(stage) {
        WITHOUT_READY
    } else {
        Diagnosis::default()
    };
    let wrong = stage.wrong(
        "the client goes on before the command is answered",
        "nothing until the command is answered",
        false,
    );
    Err(wrong.because(diagnosis).into())
}

fn is_header(stage: &Stage<'_>) -> bool {
    let header = format!("{NAME},{}", CONTENT.len());
    stage.rest().starts_with(&frame(header.as_bytes()))
}

/// Answers the command so that no header may follow. The client may send the file by `file`, or not at
/// all, or end with an error: false then.
fn unready_answer(stage: &mut Stage<'_>, form: &Form, answer: &str) -> Judged<bool> {
    stage.place(NAME, CONTENT)?;
    stage.types(form.line);
    stage.types(NAME);
    // A client that knows by now that the server has no extension may leave out the command.
    let commands: [&[u8]; 3] = [form.algorithm.command().as_bytes(), b"file", b"FILE"];
    let asked = stage.sends_any(&commands)?;
    let before = stage.said();
    if asked == 0 {
        nothing_yet(stage)?;
        stage.answers_in(&[&frame(answer.as_bytes())]);
    } else {
        stage.sends_header(NAME, CONTENT.len())?;
        stage.sends_octets(CONTENT)?;
    }
    stage.types("after");
    let mut typed_again = false;
    let mut tries = 0;
    loop {
        match stage.sends_any(&NEXT) {
            Ok(0) => {
                stage.answers("after");
                return Ok(true);
            }
            Ok(_) if tries == TRIES => {
                return Err(NotPassed::Acceptable(
                    "the client tries its commands again and again".into(),
                ));
            }
            Ok(1 | 2) => {
                tries += 1;
                stage.sends_header(NAME, CONTENT.len())?;
                stage.sends_octets(CONTENT)?;
            }
            Ok(number) => {
                tries += 1;
                let text = String::from_utf8_lossy(NEXT[number]).into_owned();
                stage.answers_in(&[&frame(reply(&text).as_bytes())]);
            }
            Err(_) if stage.rest().is_empty() && stage.has_closed() => {
                stage.reports((&before.0, before.1), "")?;
                return Ok(false);
            }
            // The line may have been an answer to a question that the client has asked its user.
            Err(NotPassed::Failed(wrong)) if wrong.nothing_sent && !typed_again => {
                typed_again = true;
                stage.types("after");
            }
            Err(why) => {
                return Err(why.with_failure(|wrong| {
                    if is_header(stage) {
                        wrong.message =
                            "the client sends a header to a server that is not ready".into();
                        wrong.diagnosis = ANYTHING_IS_READY;
                    }
                }));
            }
        }
    }
}

fn ready_late(stage: &mut Stage<'_>, form: &Form) -> Judged {
    for pause in PAUSES {
        stage.place(NAME, CONTENT)?;
        stage.asks(form, NAME)?;
        let (shown, on_stderr) = stage.said();
        // The pause itself is what is sent here: nothing is waited for.
        thread::sleep(pause);
        if stage.has_closed() {
            stage.reports((&shown, on_stderr), "")?;
            return Err(NotPassed::Acceptable(
                "the client gives up on an answer that takes its time, and says so".into(),
            ));
        }
        if !stage.rest().is_empty() {
            // The client may have taken the silence for a server without the extension.
            return if is_header(stage) {
                nothing_yet(stage)
            } else {
                // The plain command `file`, for example.
                Err(NotPassed::Acceptable(
                    "the client goes on without an answer that takes its time".into(),
                ))
            };
        }
        stage.says(form.algorithm, "ready");
        stage.sends_verified(form.algorithm, NAME, CONTENT)?;
        stage.says(form.algorithm, "ok");
        says_on(stage)?;
    }
    Ok(())
}

fn ready_in_pieces(stage: &mut Stage<'_>, form: &Form) -> Judged {
    let wire = frame(form.algorithm.answer("ready").as_bytes());
    verified(stage, form, NAME, CONTENT)?;
    for cut in 1..wire.len() {
        stage.asks(form, NAME)?;
        nothing_yet(stage)?;
        let (start, rest) = wire.split_at(cut);
        stage.answers_in(&[start]);
        nothing_yet(stage).map_err(in_pieces)?;
        stage.answers_in(&[rest]);
        let judged = stage.sends_verified(form.algorithm, NAME, CONTENT);
        judged.map_err(in_pieces)?;
        stage.says(form.algorithm, "ok");
    }
    // The same with one octet at a time.
    stage.asks(form, NAME)?;
    let octets: Vec<&[u8]> = wire.chunks(1).collect();
    stage.answers_in(&octets);
    let judged = stage.sends_verified(form.algorithm, NAME, CONTENT);
    judged.map_err(in_pieces)?;
    stage.says(form.algorithm, "ok");
    says_on(stage)
}

/// Blames a failure on an answer in pieces, unless it is a wrong digest or a header before its time, which
/// have other causes.
pub(super) fn in_pieces(why: NotPassed) -> NotPassed {
    let elsewhere = [Some("VTR-1"), Some("VTR-2")];
    why.with_failure(|wrong| {
        if !elsewhere.contains(&wrong.diagnosis.requirement) {
            wrong.diagnosis = IN_PIECES;
        }
    })
}
