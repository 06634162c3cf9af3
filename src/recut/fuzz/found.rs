//! The report of a finding: its check, its trace, and the octets for people.

use std::fmt::Write;

use super::bench::Suspect;
use super::compare::Kind;
use crate::judge::case::{CaseInfo, Role};
use crate::judge::check::{Check, Verdict};
use crate::judge::fuzzed::Found;
use crate::judge::id::{CaseId, RequirementId};
use crate::judge::sentence::Sentence;
use crate::recut::variation::Variation;
use crate::trace::answer::Answer;
use crate::trace::{Class, Cuts, Trace};

/// The report of a finding of this mutant.
pub(super) fn found(name: &str, seed: u64, number: u64, suspect: &Suspect) -> Found {
    let kind = suspect.kind;
    let verdict = if kind.is_hard() {
        Verdict::Fail
    } else {
        Verdict::Acceptable
    };
    let mut check = check(name, &format!("mutant-{number}"), verdict, message(suspect));
    let trace = trace(name, seed, number, suspect);
    let json = |value| serde_json::to_value(value).unwrap_or_default();
    check.details.insert("kind".to_owned(), kind.name().into());
    check.details.insert("seed".to_owned(), seed.into());
    check
        .details
        .insert("cut".to_owned(), json_cut(&suspect.variation));
    check.details.insert("trace".to_owned(), json(&trace));
    Found {
        check,
        trace,
        shown: shown(suspect),
        also: 0,
        kind: kind.name(),
    }
}

fn json_cut(variation: &Variation) -> serde_json::Value {
    serde_json::to_value(variation.cut()).unwrap_or_default()
}

/// A check of a mutant, or of all.
pub(super) fn check(
    name: &str,
    what: &str,
    verdict: Verdict,
    message: impl Into<Sentence>,
) -> Check {
    let case = CaseInfo {
        id: CaseId::from(format!("{name}/{what}")),
        role: Role::Server,
        title: "the answer to any octets does not depend on how they are cut".into(),
        requirements: vec![RequirementId::new("CUT-1")],
        class: Class::Framing,
        expected_to_fail: false,
    };
    Check::new(&case, None, verdict, message)
}

fn message(suspect: &Suspect) -> String {
    match suspect.kind {
        Kind::Different => format!(
            "cut, the answer is another one than whole (whole: {}; cut: {})",
            suspect.whole.first.ended,
            suspect.cut.ended
        ),
        Kind::Died => {
            let died = suspect.cut.died.as_deref().unwrap_or("by itself");
            format!("the server ended {died}")
        }
        Kind::Hung => "afterwards the server does not serve the recorded conversation".to_owned(),
        Kind::LostAtClose => {
            "octets of an answer are lost at a close, whole or cut; a close may take them along"
                .to_owned()
        }
        Kind::AnsweredEarly => {
            "the server answers a part of what is sent before the rest is there, otherwise than the whole, \
             and closes either way"
                .to_owned()
        }
        Kind::HeldBack => {
            "the answers are the same, and some of them come only when more has been sent"
                .to_owned()
        }
    }
}

/// The conversation as a trace, cut where it has to be, which `recut` and `replay` run.
fn trace(name: &str, seed: u64, number: u64, suspect: &Suspect) -> Trace {
    let mut conversation = suspect.conversation.clone();
    let learned = &suspect.whole.learned;
    let closed = suspect.whole.first.closed;
    let last = (1..=conversation.turns.len())
        .rev()
        .find(|answer| !learned.sample(*answer).is_empty());
    if closed {
        // Turns that were not sent any more are not part of the trace.
        let turns = last.unwrap_or(0).max(suspect.turn + 1);
        conversation.turns.truncate(turns);
    }
    conversation.greeting = (!learned.sample(0).is_empty()).then(|| Answer::of(learned.sample(0)));
    let count = conversation.turns.len();
    let mut before = 0;
    let mut places = Vec::new();
    for (turn, here) in conversation.turns.iter_mut().enumerate() {
        let after = suspect.variation.places(turn, here.sent.len());
        places.extend(after.iter().map(|place| before + place));
        before += here.sent.len();
        let answer = learned.sample(turn + 1);
        // An empty answer in the middle keeps two turns apart.
        let stands = !answer.is_empty() || turn + 1 < count;
        here.answer = stands.then(|| Answer::of(answer));
    }
    conversation.closes = closed;
    let breaks = suspect.kind == Kind::Hung || suspect.variation == Variation::Uncut;
    if let Some(last) = conversation.turns.last_mut().filter(|_| breaks) {
        // An answer that never came is left open: no run passes without one, and a mended server may give any.
        if last.answer.is_none() {
            last.answer = Some(Answer::default());
            conversation.closes = false;
        }
    }
    let id = format!("found-{name}-{seed}-{number}").replace(
        |c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '/',
        "-",
    );
    let title = format!("Found by fuzzing: {}", suspect.kind.name());
    let mut trace = conversation.into_trace(&id, &title);
    trace.cuts = (!places.is_empty()).then_some(Cuts::At(places));
    trace
}

/// Most octets that are shown of a turn and of an answer.
const SHOWN: usize = 120;

/// Octets of an answer that are shown before the first that differs.
const BEFORE: usize = 40;

fn shown(suspect: &Suspect) -> String {
    let escaped = |octets: &[u8]| {
        let part = &octets[..octets.len().min(SHOWN)];
        let more = if part.len() < octets.len() { "…" } else { "" };
        format!("{}{more}", part.escape_ascii())
    };
    let mut out = String::new();
    for (turn, here) in suspect.conversation.turns.iter().enumerate() {
        let mut from = 0;
        let mut pieces = Vec::new();
        for place in suspect.variation.places(turn, here.sent.len()) {
            pieces.push(escaped(&here.sent[from..place]));
            from = place;
        }
        pieces.push(escaped(&here.sent[from..]));
        let _ = writeln!(out, "turn {}: {}", turn + 1, pieces.join(" | "));
    }
    let (whole, cut) = (&suspect.whole.first.answers, &suspect.cut.answers);
    // Answers that are alike for long are shown from shortly before they part.
    let from = |answer: usize| match (whole.get(answer), cut.get(answer)) {
        (Some(one), Some(other)) if one != other => {
            let alike = one.iter().zip(other).take_while(|(a, b)| a == b).count();
            if alike < SHOWN - BEFORE {
                0
            } else {
                alike - BEFORE
            }
        }
        _ => 0,
    };
    let answers = |answers: &[Vec<u8>]| {
        let shown = answers.iter().enumerate().map(|(number, answer)| {
            let from = from(number);
            let before = if from > 0 { "…" } else { "" };
            format!("{before}{}", escaped(&answer[from..]))
        });
        shown.collect::<Vec<_>>().join(" / ")
    };
    if suspect.variation != Variation::Uncut && suspect.kind != Kind::Hung {
        let _ = writeln!(out, "whole: {}", answers(whole));
        let _ = writeln!(out, "cut:   {}", answers(cut));
    }
    out
}
