//! The plainest conversation with a client, from which its habits are learned.

use std::time::{Duration, Instant};

use super::driver::{Habits, NotPassed, Stage, Wrong, reply};
use super::patience::patience;
use crate::judge::check::Verdict;
use crate::judge::error::RunError;
use crate::judge::sentence::Sentence;
use crate::testee::launch::Template;

/// The text of the plainest conversation.
const HELLO: &str = "hello";

/// The result of the plainest conversation.
pub(super) enum Opening {
    /// The client speaks the protocol; with its habits, and the time that the conversation took.
    Speaks(Habits, Duration),
    /// The client does not: every other case would only say so again.
    Fails(Box<Wrong>),
    /// No result: the conversation showed neither.
    Unseen(Verdict, Sentence),
}

/// Has the plainest conversation.
pub(super) fn open(template: &Template, timeouts: u32) -> Result<Opening, RunError> {
    let none = Habits::default();
    let started = Instant::now();
    let mut stage = Stage::set(template, &none, patience(template, timeouts))?;
    // A client that connects only when it has something to say does so later.
    let _ = stage.connected();
    let (greeting, _) = stage.said();
    stage.types(HELLO);
    match stage.sends(HELLO.as_bytes()) {
        Ok(()) => {}
        Err(NotPassed::Failed(wrong)) if wrong.nothing_sent => {
            return Err(RunError::NoAnswer(no_message(&wrong).into()));
        }
        Err(NotPassed::Failed(wrong)) => return Ok(Opening::Fails(wrong)),
        Err(NotPassed::Acceptable(why)) => return Ok(Opening::Unseen(Verdict::Acceptable, why)),
        Err(NotPassed::Skipped(why) | NotPassed::Error(why)) => {
            return Ok(Opening::Unseen(Verdict::Skipped, why));
        }
        Err(NotPassed::NotStarted(error)) => return Err(error.into()),
    }
    stage.answers(HELLO);
    let at_once = stage.shows(HELLO).is_ok();
    // Then it shows what it held back, and says what it says whenever it ends.
    stage.leaves();
    let (shown, _) = stage.said();
    let mut habits = learned(&greeting, &shown);
    habits.late = habits.shows.is_some() && !at_once;
    Ok(Opening::Speaks(habits, started.elapsed()))
}

/// The habits of a client, from what it shows before anything is typed, and in the end.
fn learned(greeting: &[u8], shown: &[u8]) -> Habits {
    let begun = greeting.rsplit(|octet| *octet == b'\n').next();
    let prompt = String::from_utf8_lossy(begun.unwrap_or_default()).into_owned();
    let mut habits = Habits {
        prompt,
        ..Habits::default()
    };
    let shown = String::from_utf8_lossy(shown);
    let reply = reply(HELLO);
    for line in shown.lines() {
        let line = habits.without_prompts(line);
        match line.split_once(reply.as_str()) {
            Some((before, behind)) => {
                habits.shows = Some((before.to_owned(), behind.to_owned()));
                habits.lines.push(before.to_owned());
            }
            None => habits.lines.push(line.to_owned()),
        }
    }
    habits
}

/// The message to the author of a client that sends nothing.
fn no_message(wrong: &Wrong) -> String {
    let mut message = format!(
        "the client does not send the plainest message: {}\n\
         typed: {HELLO:?} and the end of the line; expected: 00 00 00 05 68 65 6c 6c 6f\n\
         does it take the address from the command line ({{host}} and {{port}} are filled in), and \
         its messages, a line each, from standard input?\n\
         {}",
        wrong.message, wrong.evidence.ended
    );
    let stderr = wrong.evidence.stderr.trim_end();
    if !stderr.is_empty() {
        message += &format!("\nthe end of its standard error:\n{stderr}");
    }
    message
}
