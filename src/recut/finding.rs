//! Findings: what reports say of each variation.

use std::fmt::Write;

use super::by_frames::Differs;
use super::cause;
use super::held::{Difference, Learned};
use super::shrink::Least;
use super::subject::Words;
use super::variation::{Cut, Variation};
use crate::judge::case::{CaseInfo, Role};
use crate::judge::check::{Check, Verdict};
use crate::judge::id::{CaseId, RequirementId};
use crate::judge::sentence::Sentence;
use crate::trace::answer::{Answer, TokenClass};
use crate::trace::octets::{Octets, to_hex};
use crate::trace::segmentation::Segmentation;
use crate::trace::{Class, Cuts, Trace};

/// A variation of a conversation, judged.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The verdict, with its message and its cause.
    pub check: Check,
    /// The least cut that shows a difference.
    pub cut: Option<Cut>,
    /// The least conversation that shows it.
    pub shrunk: Option<Trace>,
    /// The frame of the answer that differs first, where the framing is known.
    pub frame: Option<Differs>,
    /// The conversation and both answers, for people; empty if the check is green.
    pub shown: String,
}

/// A check of a variation.
pub(crate) fn check(
    name: &str,
    variation: &Variation,
    verdict: Verdict,
    message: impl Into<Sentence>,
) -> Check {
    let case = CaseInfo {
        id: CaseId::from(format!("{name}/{}", variation.id())),
        role: Role::Server,
        title: title(variation).into(),
        requirements: vec![RequirementId::new(variation.requirement())],
        class: Class::Framing,
        expected_to_fail: false,
    };
    let segmentation = (*variation == Variation::Octets).then_some(Segmentation::Octets);
    Check::new(&case, segmentation, verdict, message)
}

/// The title of a variation, in one line.
fn title(variation: &Variation) -> String {
    let places = |after: &[usize]| {
        let places: Vec<String> = after.iter().map(usize::to_string).collect();
        places.join(" and ")
    };
    match variation {
        Variation::Uncut => "as it was recorded".to_owned(),
        Variation::Cut { turn, after, pause } => format!(
            "turn {} cut after octet {}{}",
            turn + 1,
            places(after),
            if *pause { ", with a pause" } else { "" }
        ),
        Variation::Whole { turn } => format!("turn {} in one piece", turn + 1),
        Variation::Octets => "every turn one octet at a time".to_owned(),
        Variation::Every { first, step } => {
            format!("every turn cut after its octet {first}, and each {step} octets from there")
        }
        Variation::Pauses => "every turn cut in its middle, with a pause of 60 ms".to_owned(),
        Variation::Join { first, last, into } => {
            let into = into.map_or_else(String::new, |into| {
                format!(", of the last at first no more than {into} octets")
            });
            format!("turns {} to {} sent as one{into}", first + 1, last + 1)
        }
        Variation::EndApart => "the end of the stream apart from the last octet".to_owned(),
        Variation::BreakOff { turn, after } => {
            format!("the stream ends after octet {after} of turn {}", turn + 1)
        }
        Variation::Hostile(one) => format!("turn {} with {}", one.turn + 1, one.lie.in_words()),
    }
}

/// The difference, in one sentence.
pub(crate) fn message(
    words: &Words,
    learned: &Learned,
    difference: &Difference,
    held_ended: &str,
) -> String {
    let count = learned.patterns.len();
    let which = |answer: usize| (words.which)(answer, count);
    let (who, closes) = (words.who, words.closes);
    match difference {
        Difference::Died(death) => format!("the {who} ended {death}"),
        Difference::Other { answer } => format!("{} is another one than uncut", which(*answer)),
        Difference::Missing { answer } if learned.sample(*answer).is_empty() => {
            format!("{} has octets, which it has not uncut", which(*answer))
        }
        Difference::Missing { answer } => {
            format!("{} does not come, or not whole", which(*answer))
        }
        Difference::ClosedInstead { answer } => {
            format!("instead of {}: {held_ended}", which(*answer))
        }
        Difference::Endless { answer } => format!("{} does not end", which(*answer)),
        Difference::HeldBack { answer } => format!(
            "{} comes only once the rest of the next turn has been sent",
            which(*answer)
        ),
        Difference::Closed => format!("the {who} {closes}s at the end, which it does not uncut"),
        Difference::LeftOpen => {
            format!("the {who} does not {closes} at the end, as it does uncut")
        }
        Difference::Unwell => {
            format!("afterwards the {who} does not answer the uncut conversation as before")
        }
        Difference::AnsweredAnyway => {
            format!("the {who} answers it as it answers the frame that this was made from")
        }
    }
}

/// The least conversation as a trace, cut where it has to be.
pub(crate) fn trace(name: &str, least: &Least) -> Trace {
    let id = format!("{name}-{}", least.variation.id());
    let slug: String = id
        .chars()
        .map(|c| match c {
            'a'..='z' | '0'..='9' | '/' => c,
            _ => '-',
        })
        .collect();
    let mut conversation = least.conversation.clone();
    let learned = |number: usize, answer: &mut Option<Answer>| {
        let Some(answer) = answer else { return };
        let sample = least.learned.sample(number);
        answer.octets = Some(Octets::folded(sample));
        let varies = least
            .learned
            .patterns
            .get(number)
            .map(super::pattern::Pattern::varies);
        answer.varies = varies
            .unwrap_or_default()
            .into_iter()
            .map(|class| match class {
                "digits" => TokenClass::Digits,
                "hex" => TokenClass::Hex,
                "base64" => TokenClass::Base64,
                _ => TokenClass::Other,
            })
            .collect();
        answer.varies.dedup();
    };
    learned(0, &mut conversation.greeting);
    let mut before = 0;
    let mut places = Vec::new();
    for (turn, here) in conversation.turns.iter_mut().enumerate() {
        let after = least.variation.pieces(turn, here, here.sent.len());
        places.extend(after.iter().map(|place| before + place));
        before += here.sent.len();
        learned(turn + 1, &mut here.answer);
    }
    let title = title(&least.variation);
    let mut trace = conversation.into_trace(&slug, &title);
    trace.cuts = (!places.is_empty()).then_some(Cuts::At(places));
    trace
}

/// Number of octets that are shown on either side of a cut, and of an answer.
const AROUND: usize = 12;
const OF_AN_ANSWER: usize = 160;

/// The cut in its octets, and both answers with the first difference marked.
pub(crate) fn shown(least: &Least) -> String {
    let mut out = String::new();
    if let Some(turn) = least.variation.turn() {
        let here = &least.conversation.turns[turn];
        let sent = &here.sent;
        let of = least.conversation.turns.len();
        match &least.variation {
            Variation::Whole { .. } => {
                let _ = writeln!(
                    out,
                    "turn {} of {of} in one piece; it is answered when it goes apart here:",
                    turn + 1
                );
                for place in here.apart.iter().take(4) {
                    let _ = writeln!(out, "  {}", cut_octets(sent, *place));
                    let _ = writeln!(out, "  {}", cut_text(sent, *place));
                }
            }
            Variation::Cut { after, .. } => {
                for place in after.iter().take(4) {
                    let _ = writeln!(
                        out,
                        "turn {} of {of}, cut after octet {place}: {}",
                        turn + 1,
                        cut_octets(sent, *place)
                    );
                    let _ = writeln!(out, "  {}", cut_text(sent, *place));
                }
                if after.len() > 4 {
                    let _ = writeln!(out, "and at {} places more", after.len() - 4);
                }
            }
            other => {
                let _ = writeln!(out, "{}", title(other));
            }
        }
    } else {
        let _ = writeln!(out, "{}", title(&least.variation));
    }
    if let Some(answer) = least.shown.difference.answer() {
        let came = least.shown.held.answers.get(answer);
        let came = came.map(Vec::as_slice).unwrap_or_default();
        let learned = least.learned.sample(answer);
        let place = least.learned.differs_at(answer, came);
        let (as_learned, here) = match least.variation {
            Variation::Whole { .. } => ("apart:", "whole:"),
            _ => ("uncut:", "cut:  "),
        };
        let _ = writeln!(out, "{as_learned} {}", marked(learned, place));
        let _ = writeln!(out, "{here} {}", marked(came, place));
        if let Some(frame) = frame(least) {
            let _ = writeln!(out, "{}", frame.in_words());
        }
    }
    let _ = writeln!(out, "then: {}", least.shown.held.ended);
    out
}

/// The frame of the answer that differs first, where the framing is known.
pub(crate) fn frame(least: &Least) -> Option<Differs> {
    let answer = least.shown.difference.answer()?;
    let framing = least.learned.framing.as_ref()?;
    let came = least.shown.held.answers.get(answer);
    let came = came.map(Vec::as_slice).unwrap_or_default();
    let place = least.learned.differs_at(answer, came);
    Differs::at(framing, least.learned.sample(answer), came, place)
}

fn cut_octets(sent: &[u8], place: usize) -> String {
    let spaced = |octets: &[u8]| {
        let hex: Vec<String> = octets.iter().map(|octet| to_hex(&[*octet])).collect();
        hex.join(" ")
    };
    let from = place.saturating_sub(AROUND);
    let to = (place + AROUND).min(sent.len());
    format!(
        "{}{} | {}{}",
        if from > 0 { "… " } else { "" },
        spaced(&sent[from..place]),
        spaced(&sent[place..to]),
        if to < sent.len() { " …" } else { "" }
    )
}

fn cut_text(sent: &[u8], place: usize) -> String {
    let from = place.saturating_sub(2 * AROUND);
    let to = (place + 2 * AROUND).min(sent.len());
    format!(
        "{:?} | {:?}",
        escaped(&sent[from..place]),
        escaped(&sent[place..to])
    )
    .replace("\\\\", "\\")
}

/// Octets as text, escaped so that no terminal obeys them.
fn escaped(octets: &[u8]) -> String {
    octets.escape_ascii().to_string()
}

/// An answer as text, with a mark where it differs first.
fn marked(octets: &[u8], place: usize) -> String {
    if octets.is_empty() {
        return "(nothing)".to_owned();
    }
    let place = place.min(octets.len());
    let from = place.saturating_sub(OF_AN_ANSWER / 2);
    let to = (from + OF_AN_ANSWER).min(octets.len());
    let before = escaped(&octets[from..place]);
    let after = escaped(&octets[place..to]);
    let more = |more: bool| if more { "…" } else { "" };
    format!(
        "{}{before}»{after}{}  ({} octets)",
        more(from > 0),
        more(to < octets.len()),
        octets.len()
    )
}

/// The likely mistake, where the cut points to one.
pub(crate) fn likely_cause(
    least: &Least,
    differing: usize,
    of: usize,
    words: &Words,
) -> Option<String> {
    let sent = least
        .variation
        .turn()
        .map(|turn| least.conversation.turns[turn].sent.as_slice())
        .unwrap_or_default();
    let difference = &least.shown.difference;
    cause::of(
        &least.variation,
        difference,
        sent,
        (differing, of),
        words.unit,
    )
}
