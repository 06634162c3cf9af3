//! The symptoms of one failure.

use super::run_facts::{Pattern, is_part_of_a_payload};
use crate::framing::Framing;
use crate::suite::server::failure::Failure;
use crate::suite::server::finding::Finding;
use crate::suite::server::reading::deliveries as deliveries_in;
use crate::trace::octets::Octets;
use crate::trace::segmentation::Segmentation;
use crate::trace::{Action, Trace};

/// The end of a reply (SES-5): where it stands, the reply is whole.
const REPLY_END: &[u8] = "信息!".as_bytes();

/// The beginning of a reply.
const REPLY_BEGIN: &[u8] = "服务端于".as_bytes();

/// A failure, and what can be read off it.
pub(super) struct Sight<'f> {
    pub(super) finding: &'f Finding,
    pub(super) failure: &'f Failure,
    /// The case passes, or was not run, in the plainest segmentation.
    pub(super) only_when_cut: bool,
    /// All octets that came.
    pub(super) seen: Vec<u8>,
    /// All payloads that came.
    pub(super) payloads: Vec<Vec<u8>>,
}

impl<'f> Sight<'f> {
    pub(super) fn of(finding: &'f Finding, failure: &'f Failure, pattern: &Pattern) -> Self {
        let seen = failure.evidence.seen.to_vec();
        let payloads = deliveries_in(&pattern.framing, &seen);
        let segmentation = finding.check.segmentation;
        Self {
            only_when_cut: segmentation.is_some()
                && segmentation != Some(Segmentation::Apart)
                && !pattern.fails_apart(&finding.check.id),
            finding,
            failure,
            seen,
            payloads,
        }
    }

    /// Octets that came after the last whole frame.
    pub(super) fn behind(&self, framing: &Framing) -> &[u8] {
        &self.seen[framing.split_mid(&self.seen).whole..]
    }

    pub(super) fn trace(&self) -> Option<&'static Trace> {
        self.finding.trace
    }

    pub(super) fn id(&self) -> &str {
        &self.finding.check.id
    }

    /// The case's own foremost requirement.
    pub(super) fn requirement(&self) -> &str {
        let own = self.finding.check.requirements.first();
        own.map_or("", |id| id.as_str())
    }

    /// The length of the payload that was to be delivered.
    pub(super) fn expected_len(&self) -> Option<usize> {
        Some(self.failure.expected.as_ref()?.len())
    }

    /// All that was sent.
    pub(super) fn sent(&self) -> Vec<u8> {
        let sent = self.failure.evidence.sent.iter();
        sent.flat_map(Octets::to_vec).collect()
    }

    /// The octets of the first payload that came, however it was announced: the length that
    /// was written, and the payload up to where it ends by itself.
    pub(super) fn first_payload(&self) -> Option<([u8; 4], &[u8])> {
        let (length, rest) = self.seen.split_first_chunk::<4>()?;
        let echoed = self
            .failure
            .expected
            .as_deref()
            .filter(|expected| !expected.is_empty() && rest.starts_with(expected));
        let end = match echoed {
            Some(expected) => expected.len(),
            None => find(rest, REPLY_END)? + REPLY_END.len(),
        };
        Some((*length, &rest[..end]))
    }

    /// The text is sent back as it was.
    pub(super) fn is_bare_echo(&self) -> bool {
        let expected = self.failure.expected.as_ref();
        expected.is_some_and(|expected| self.payloads.contains(expected))
    }

    /// The last two replies are the same but for their time.
    pub(super) fn repeats_a_reply(&self) -> bool {
        matches!(&*self.payloads, [.., before, last] if timeless(before) == timeless(last))
    }

    /// The last payload that came has not the form of a reply.
    pub(super) fn ends_with_no_reply(&self) -> bool {
        let last = self.payloads.last();
        last.is_some_and(|last| !last.starts_with(REPLY_BEGIN))
    }

    /// The expected reply came all the same, after one that was not expected.
    pub(super) fn expected_comes_later(&self) -> bool {
        let Some(expected) = &self.failure.expected else {
            return false;
        };
        let tail = ["“".as_bytes(), expected, "”信息!".as_bytes()].concat();
        self.payloads.iter().any(|payload| payload.ends_with(&tail))
    }

    /// A reply came to a text that was to be answered later.
    pub(super) fn answers_a_later_text(&self) -> bool {
        let (Some(trace), Some(last)) = (self.trace(), self.payloads.last()) else {
            return false;
        };
        let answered = |payload: &Octets| {
            let tail = ["“".as_bytes(), &payload.to_vec(), "”信息!".as_bytes()].concat();
            last.ends_with(&tail)
        };
        let deliveries = trace.steps.iter().filter_map(|step| match &step.action {
            Action::Deliver(payload) => Some(payload),
            _ => None,
        });
        deliveries.skip(self.payloads.len()).any(answered)
    }

    /// The conversation ends with `q`, which is nothing but right.
    pub(super) fn ends_with_quit(&self) -> bool {
        let Some(trace) = self.trace().filter(|trace| !trace.is_hostile()) else {
            return false;
        };
        let mut steps = trace.steps.iter();
        steps.any(|step| step.action.sends_one_of([b"q", b"Q"]))
    }

    /// The case is about something that is to be refused.
    pub(super) fn is_to_be_refused(&self) -> bool {
        self.id().contains("/refused-")
    }

    /// Files are sent in the conversation.
    pub(super) fn has_a_body(&self) -> bool {
        self.trace().is_some_and(|trace| {
            let mut steps = trace.steps.iter();
            steps.any(|step| step.action.sends_one_of([b"file", b"FILE"]))
        })
    }

    /// The name, or what stands under it already, may lead out of the directory.
    pub(super) fn is_about_names(&self) -> bool {
        self.finding
            .id_starts_with_any(&["trf/refused-name-", "trf/link-"])
    }

    /// Our sending side ends in the conversation.
    pub(super) fn ends_the_stream(&self) -> bool {
        self.trace().is_some_and(|trace| {
            trace
                .steps
                .iter()
                .any(|step| step.action == Action::EndOfStream)
        })
    }

    /// An answer came to the octets after the offence.
    pub(super) fn answers_behind(&self) -> bool {
        find(&self.seen, b"after").is_some()
    }

    /// The last of what came is a part of a payload whose whole length was announced.
    pub(super) fn is_part_of_a_payload(&self) -> bool {
        is_part_of_a_payload(self.failure)
    }

    /// U+FFFD came.
    pub(super) fn repairs_text(&self) -> bool {
        find(&self.seen, "\u{fffd}".as_bytes()).is_some()
    }
}

/// Number of payloads that a trace delivers.
pub(super) fn deliveries(trace: &Trace) -> usize {
    let actions = trace.steps.iter().map(|step| &step.action);
    actions
        .filter(|action| matches!(action, Action::Deliver(_)))
        .count()
}

fn find(octets: &[u8], wanted: &[u8]) -> Option<usize> {
    octets
        .windows(wanted.len())
        .position(|window| window == wanted)
}

/// A reply without the digits of its time.
fn timeless(payload: &[u8]) -> Vec<u8> {
    let text = find(payload, "“".as_bytes()).unwrap_or(0);
    let (head, text) = payload.split_at(text);
    let head = head.iter().filter(|octet| !octet.is_ascii_digit());
    head.chain(text).copied().collect()
}
