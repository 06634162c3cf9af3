//! The report on a finding: its check, its trace, and the chunks for people.

use std::fmt::Write;

use super::conversation::Conversation;
use super::draft::Draft;
use crate::judge::case::{CaseInfo, Role};
use crate::judge::check::{Check, Verdict};
use crate::judge::evidence::Evidence;
use crate::judge::fuzzed::{Confirmed, Found};
use crate::judge::id::{CaseId, RequirementId};
use crate::judge::sentence::Sentence;
use crate::trace::octets::Octets;
use crate::trace::segmentation::{Move, cut};
use crate::trace::{Action, Class, Cuts, Trace};

/// A conversation that has failed.
#[derive(Debug, Clone)]
pub(crate) struct Suspect<D = Draft> {
    /// The draft that it was made from.
    pub(in crate::suite) draft: D,
    pub(in crate::suite) conversation: Conversation,
    /// Name of the symptom.
    pub(in crate::suite) kind: &'static str,
    /// The same where it is waited for shortly: what is missing then may be a close later.
    pub(in crate::suite) at_once: &'static str,
    /// While it is made smaller, a related symptom counts as the same.
    pub(in crate::suite) akin: bool,
    /// In one sentence.
    pub(in crate::suite) message: Sentence,
    pub(in crate::suite) evidence: Evidence,
}

/// Symptoms of a stream that is out of step: which one shows depends on the octets that come next.
const OUT_OF_STEP: [&str; 5] = [
    "missing",
    "closed-instead",
    "different",
    "extra",
    "not-closed",
];

impl<D> Suspect<D> {
    /// True if a conversation that shows this goes wrong as the suspect does.
    pub(in crate::suite) fn is_like(&self, kind: &'static str) -> bool {
        let related = |kind| OUT_OF_STEP.contains(&kind);
        kind == self.at_once || self.akin && related(kind) && related(self.at_once)
    }

    /// The text that findings of one cause have in common.
    pub(in crate::suite) fn signature(&self) -> String {
        let trace = &self.conversation.trace;
        let broken = trace.requirements.first();
        let broken = broken.map(String::as_str).unwrap_or_default();
        format!("{:?} {} {broken}", trace.beside, self.kind)
    }
}

/// A check of a conversation, or of all.
pub(in crate::suite) fn check(
    role: Role,
    what: &str,
    class: Class,
    verdict: Verdict,
    message: impl Into<Sentence>,
) -> Check {
    let case = CaseInfo {
        id: CaseId::from(format!("fuzz/{what}")),
        role,
        title: "a generated conversation goes as the specification has it".into(),
        requirements: vec![RequirementId::new("FRM-2")],
        class,
        expected_to_fail: false,
    };
    Check::new(&case, None, verdict, message)
}

/// The finding of the conversation of a number.
#[derive(Debug, Clone, Copy)]
pub(in crate::suite) struct Numbered {
    pub(in crate::suite) role: Role,
    pub(in crate::suite) seed: u64,
    pub(in crate::suite) number: u64,
}

impl Numbered {
    /// The report on a finding.
    pub(in crate::suite) fn found<D>(self, least: &Suspect<D>, confirmed: Confirmed) -> Found {
        let conversation = &least.conversation;
        let beside = conversation.trace.beside;
        let beside = beside.map(|beside| format!("{}: ", beside.in_words()));
        let beside = beside.unwrap_or_default();
        let message = format!("{beside}{}", least.message);
        let mut found = self.of(conversation, least.kind, &message);
        let requirements = found.trace.requirements.iter();
        found.check.requirements = requirements
            .map(|id| RequirementId::from(id.clone()))
            .collect();
        found.check.broken = found.check.requirements.first().cloned();
        found.check.evidence = Some(least.evidence.clone());
        let seconds = (confirmed.elapsed.as_secs_f64() * 100.0).round() / 100.0;
        let details = [
            ("beside", conversation.trace.beside.is_some().into()),
            ("conversations", confirmed.conversations.into()),
            ("seconds", seconds.into()),
        ];
        let details = details.map(|(name, value)| (name.to_owned(), value));
        found.check.details.extend(details);
        found.shown = shown(conversation, &least.evidence);
        found
    }

    /// The finding that a conversation shows, of which no more is said than this.
    pub(in crate::suite) fn of(
        self,
        conversation: &Conversation,
        kind: &'static str,
        message: &str,
    ) -> Found {
        let Self { role, seed, number } = self;
        let trace = Trace {
            id: format!("found-{}-{seed}-{number}", role.name()),
            ..conversation.trace.clone()
        };
        let mut check = check(
            role,
            &format!("conversation-{number}"),
            trace.class(),
            Verdict::Fail,
            message,
        );
        check.segmentation = Some(conversation.segmentation);
        let details = [
            ("kind", kind.into()),
            ("seed", seed.into()),
            ("octets", octets(&trace).into()),
            ("cuts", cuts(conversation).into()),
            ("trace", serde_json::to_value(&trace).unwrap_or_default()),
        ];
        let details = details.map(|(name, value)| (name.to_owned(), value));
        check.details.extend(details);
        Found {
            shown: sent(conversation),
            check,
            trace,
            also: 0,
            kind,
        }
    }
}

/// Length of what is sent, in octets.
fn octets(trace: &Trace) -> usize {
    crate::trace::stream(&trace.steps).len()
}

/// Number of places at which the stream is cut, beyond the ends of what is awaited.
fn cuts(conversation: &Conversation) -> usize {
    match &conversation.trace.cuts {
        Some(Cuts::At(places)) => places.len(),
        _ => {
            let moves = cut(&conversation.trace, conversation.segmentation);
            let together = |pair: &[Move<'_>]| matches!(pair, [Move::Chunk(_), Move::Chunk(_)]);
            moves.windows(2).filter(|pair| together(pair)).count()
        }
    }
}

/// Most octets that are shown of a chunk.
const SHOWN: usize = 80;

fn escaped(octets: &[u8]) -> String {
    let part = &octets[..octets.len().min(SHOWN)];
    let more = match octets.len() - part.len() {
        0 => String::new(),
        more => format!("… and {more} octets more"),
    };
    format!("{}{more}", part.escape_ascii())
}

fn shown(conversation: &Conversation, evidence: &Evidence) -> String {
    let mut out = sent(conversation);
    if !evidence.typed.is_empty() {
        let _ = writeln!(out, "typed:   {:?}", evidence.typed);
    }
    let _ = writeln!(out, "expected: {}", evidence.expected);
    let _ = writeln!(out, "came:    {}", escaped(&evidence.seen.to_vec()));
    let _ = writeln!(out, "then:    {}", evidence.ended);
    out
}

/// The chunks sent and the steps awaited, a line each.
fn sent(conversation: &Conversation) -> String {
    let mut out = String::new();
    for one in cut(&conversation.trace, conversation.segmentation) {
        let _ = match one {
            Move::Chunk(chunk) => writeln!(out, "send:    {}", escaped(&chunk)),
            Move::Step(Action::Deliver(payload)) => {
                writeln!(
                    out,
                    "awaited: the delivery of \"{}\"",
                    escaped(&payload.to_vec())
                )
            }
            Move::Step(Action::Answer(answer)) => {
                let octets = answer.octets.as_ref().map(Octets::to_vec);
                writeln!(out, "awaited: {}", escaped(&octets.unwrap_or_default()))
            }
            Move::Step(Action::EndOfStream) => writeln!(out, "end of what we send"),
            Move::Step(Action::Close | Action::Refusal) => writeln!(out, "awaited: a close"),
            Move::Step(Action::Stored { name, content }) => {
                writeln!(out, "awaited: {} octets in {name:?}", content.len())
            }
            Move::Step(Action::Absent(name)) => writeln!(out, "awaited: no file {name:?}"),
            Move::Step(Action::Untouched) => writeln!(out, "awaited: no new file"),
            Move::Step(_) => Ok(()),
        };
    }
    out
}
