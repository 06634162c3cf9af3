use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::super::held::Held;
use super::super::subject::Talk;
use super::*;
use crate::judge::progress::{Unwatched, each};
use crate::trace::answer::Answer;

/// A server that answers a request with this, and refuses what comes ahead of the answer.
struct Answers(&'static [u8]);

impl Subject for Answers {
    fn hold(&mut self, talk: &Talk<'_>) -> Result<Held, String> {
        let joined = matches!(talk.variation, Variation::Join { .. });
        let answer = if joined { b"400" } else { self.0 };
        Ok(Held {
            answers: vec![Vec::new(), answer.to_vec(), b"hello".to_vec()],
            ..Held::default()
        })
    }

    fn refresh(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn can_refresh(&self) -> bool {
        true
    }
}

/// The outcome of the joins of a recording whose answers are left open.
fn joined(answer: &'static [u8], progress: &mut dyn Progress) -> Judged {
    let mut conversation = Conversation::default();
    for octets in [b"upgrade", b"message"] {
        conversation.sent(octets);
        conversation.turns.last_mut().unwrap().answer = Some(Answer::default());
    }
    let recording = Recording::of(&conversation.into_trace("x", "x")).unwrap();
    let join = |into| Variation::Join {
        first: 0,
        last: 1,
        into,
    };
    let variations = [join(None), join(Some(3))];
    let options = Options::untold(Duration::from_millis(10));
    let mut server = Answers(answer);
    run(&mut server, &recording, &variations, &options, progress)
}

fn verdicts(judged: Judged) -> Vec<Verdict> {
    let findings = judged.findings.into_iter();
    findings.map(|finding| finding.check.verdict).collect()
}

#[test]
fn nothing_goes_ahead_of_an_answer_that_is_learned_to_ask_for_more() {
    let switches = b"HTTP/1.1 101 Switching Protocols\r\n\r\n";
    let judged = |answer| verdicts(joined(answer, &mut Unwatched));
    assert_eq!(judged(switches), [Verdict::Skipped; 2]);
    assert_eq!(judged(b"HTTP/1.1 200 OK\r\n\r\n"), [Verdict::Fail; 2]);
}

#[test]
fn a_run_that_is_ended_early_keeps_its_findings() {
    let mut progress = each(|_, _, _| ControlFlow::Break(()));
    let judged = joined(b"HTTP/1.1 200 OK\r\n\r\n", &mut progress);
    assert!(matches!(judged.stopped, Some(Unjudged::Interrupted)));
    assert!(judged.findings[0].cut.is_some());
    assert_eq!(verdicts(judged), [Verdict::Fail]);
}

/// A server that answers otherwise where turns are joined, until something smaller than the recording is tried: then
/// the run is to end.
struct Interrupts(Arc<AtomicBool>);

impl Subject for Interrupts {
    fn hold(&mut self, talk: &Talk<'_>) -> Result<Held, String> {
        let turns = talk.conversation.turns.len();
        if turns < 3 {
            self.0.store(true, Ordering::Relaxed);
        }
        let joined = matches!(talk.variation, Variation::Join { .. });
        let answer = if joined { b"400" } else { b"200" };
        let mut answers = vec![answer.to_vec(); turns + 1];
        answers[0].clear();
        Ok(Held {
            answers,
            ..Held::default()
        })
    }

    fn refresh(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn can_refresh(&self) -> bool {
        true
    }
}

#[test]
fn a_finding_that_is_being_made_small_is_kept_as_it_is() {
    let mut conversation = Conversation::default();
    for octets in [b"one", b"two", b"six"] {
        conversation.sent(octets);
        conversation.answered(b"200");
    }
    let recording = Recording::of(&conversation.into_trace("x", "x")).unwrap();
    let join = |into| Variation::Join {
        first: 1,
        last: 2,
        into,
    };
    let interrupted = Arc::new(AtomicBool::new(false));
    let mut server = Interrupts(Arc::clone(&interrupted));
    let options = Options {
        interrupted: Some(interrupted),
        ..Options::untold(Duration::from_millis(10))
    };
    let variations = [join(None), join(Some(1))];
    let judged = run(
        &mut server,
        &recording,
        &variations,
        &options,
        &mut Unwatched,
    );
    assert!(matches!(judged.stopped, Some(Unjudged::Interrupted)));
    let shrunk = judged.findings[0].shrunk.as_ref().unwrap();
    assert_eq!(Conversation::of(shrunk).unwrap().turns.len(), 3);
    assert_eq!(verdicts(judged), [Verdict::Fail]);
}
