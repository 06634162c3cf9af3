//! What is said of a finding: its check, its trace, and the chunks for people.

use std::fmt::Write;
use std::time::Duration;

use super::conversation::Conversation;
use super::draft::Draft;
use crate::judge::case::{CaseInfo, Role};
use crate::judge::check::{Check, Verdict};
use crate::judge::fuzzed::Found;
use crate::judge::id::{CaseId, RequirementId};
use crate::suite::server::failure::{Failure, What};
use crate::trace::segmentation::{Move, cut};
use crate::trace::{Action, Class, Cuts, Trace};

/// A conversation that has failed.
#[derive(Debug, Clone)]
pub(super) struct Suspect {
    pub(super) draft: Draft,
    pub(super) conversation: Conversation,
    pub(super) failure: Box<Failure>,
}

impl Suspect {
    /// Whether another failure is of the same kind.
    pub(super) fn is_like(&self, other: &Failure) -> bool {
        kind(&self.failure.what) == kind(&other.what)
    }

    /// What findings of one cause have in common.
    pub(super) fn signature(&self) -> String {
        let beside = if self.conversation.beside {
            "beside "
        } else {
            ""
        };
        let broken = self.conversation.trace.requirements.first();
        let broken = broken.map(String::as_str).unwrap_or_default();
        format!("{beside}{} {broken}", kind(&self.failure.what))
    }
}

/// What went wrong, by name.
const fn kind(what: &What) -> &'static str {
    match what {
        What::NoConnection => "no-connection",
        What::NotTaken => "not-taken",
        What::Unsolicited => "unsolicited",
        What::Missing => "missing",
        What::ClosedInstead => "closed-instead",
        What::Different(_) => "different",
        What::Interleaved => "interleaved",
        What::Extra => "extra",
        What::NotClosed => "not-closed",
        What::Directory(_) => "directory",
        What::Died => "died",
        What::TooMuchMemory => "memory",
        What::Unwell => "unwell",
        What::Other => "other",
    }
}

/// A check of a conversation, or of all.
pub(super) fn check(
    what: &str,
    class: Class,
    verdict: Verdict,
    message: impl Into<String>,
) -> Check {
    let case = CaseInfo {
        id: CaseId::from(format!("fuzz/{what}")),
        role: Role::Server,
        title: "a generated conversation goes as the specification has it".into(),
        requirements: vec![RequirementId::new("FRM-2")],
        class,
        expected_to_fail: false,
    };
    Check::new(&case, None, verdict, message)
}

/// What is said of a finding; `after` is when it was confirmed.
pub(super) fn found(seed: u64, number: u64, least: Suspect, after: (usize, Duration)) -> Found {
    let Suspect {
        conversation,
        failure,
        ..
    } = least;
    let kind = kind(&failure.what);
    let trace = named(&conversation.trace, seed, number);
    let beside = if conversation.beside {
        "while another connection is open: "
    } else {
        ""
    };
    let message = failure.message.replace("testee", "server");
    let mut check = check(
        &format!("conversation-{number}"),
        trace.class(),
        Verdict::Fail,
        format!("{beside}{message}"),
    );
    let requirements = trace.requirements.iter();
    check.requirements = requirements
        .map(|id| RequirementId::from(id.clone()))
        .collect();
    check.broken = check.requirements.first().cloned();
    check.segmentation = Some(conversation.segmentation);
    check.evidence = Some(failure.evidence.clone());
    let seconds = (after.1.as_secs_f64() * 100.0).round() / 100.0;
    let details = [
        ("kind", kind.into()),
        ("seed", seed.into()),
        ("octets", octets(&trace).into()),
        ("cuts", cuts(&conversation).into()),
        ("beside", conversation.beside.into()),
        ("conversations", after.0.into()),
        ("seconds", seconds.into()),
        ("trace", serde_json::to_value(&trace).unwrap_or_default()),
    ];
    let details = details.map(|(name, value)| (name.to_owned(), value));
    check.details.extend(details);
    Found {
        shown: shown(&conversation, &failure),
        check,
        trace,
        also: 0,
        kind,
    }
}

/// The finding that is a server of another framing.
pub(super) fn dialect(
    seed: u64,
    conversation: &Conversation,
    what: &str,
    kind: &'static str,
) -> Found {
    let trace = named(&conversation.trace, seed, 0);
    let mut check = check("conversation-0", trace.class(), Verdict::Fail, what);
    let details = [
        ("kind", kind.into()),
        ("seed", seed.into()),
        ("octets", octets(&trace).into()),
        ("cuts", 0.into()),
        ("trace", serde_json::to_value(&trace).unwrap_or_default()),
    ];
    let details = details.map(|(name, value)| (name.to_owned(), value));
    check.details.extend(details);
    Found {
        shown: String::new(),
        check,
        trace,
        also: 0,
        kind,
    }
}

/// The finding that is a server which a conversation uses up.
pub(super) fn worn_out(
    seed: u64,
    number: u64,
    conversation: &Conversation,
    times: usize,
    kind: &'static str,
) -> Found {
    let trace = named(&conversation.trace, seed, number);
    let message = format!(
        "after this conversation, held {times} times, the server does not serve a plain one any more"
    );
    let mut check = check(
        &format!("conversation-{number}"),
        trace.class(),
        Verdict::Fail,
        message,
    );
    check.requirements = vec![RequirementId::new("SES-9")];
    check.broken = check.requirements.first().cloned();
    check.segmentation = Some(conversation.segmentation);
    let details = [
        ("kind", kind.into()),
        ("seed", seed.into()),
        ("octets", octets(&trace).into()),
        ("cuts", cuts(conversation).into()),
        ("times", times.into()),
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

fn named(trace: &Trace, seed: u64, number: u64) -> Trace {
    Trace {
        id: format!("found-server-{seed}-{number}"),
        ..trace.clone()
    }
}

/// How much is sent, in octets.
fn octets(trace: &Trace) -> usize {
    crate::trace::stream(&trace.steps).len()
}

/// In how many places the stream is cut, beyond the ends of what is awaited.
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

fn shown(conversation: &Conversation, failure: &Failure) -> String {
    let mut out = sent(conversation);
    let evidence = &failure.evidence;
    let _ = writeln!(out, "expected: {}", evidence.expected);
    let _ = writeln!(out, "came:    {}", escaped(&evidence.seen.to_vec()));
    let _ = writeln!(out, "then:    {}", evidence.ended);
    out
}

/// What is sent and awaited, a line each.
fn sent(conversation: &Conversation) -> String {
    let mut out = String::new();
    for one in cut(&conversation.trace, conversation.segmentation) {
        let _ = match one {
            Move::Chunk(chunk) => writeln!(out, "send:    {}", escaped(&chunk)),
            Move::Step(Action::Deliver(payload)) => {
                writeln!(
                    out,
                    "awaited: a reply to \"{}\"",
                    escaped(&payload.to_vec())
                )
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
