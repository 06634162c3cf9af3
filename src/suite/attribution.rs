//! Which requirement a failure is really about, and which mistake it points to.
//!
//! One mistake shows in many cases: a server that takes a short read for a whole one fails
//! whatever is cut, whichever requirement the case is for. What a failure looks like, and
//! which of its neighbours fail too, tells the requirement that is broken.

use super::case::{Body, Case};
use super::conversation::{Failure, What, next_frame};
use super::directory::DirectoryFault;
use super::reply_form::Difference;
use super::requirement;
use super::verdict::{Check, Verdict};
use crate::trace::segmentation::Segmentation;
use crate::trace::{Class, Trace};

/// A check with what is known beside its verdict.
pub(crate) struct Finding {
    pub(crate) check: Check,
    pub(crate) failure: Option<Box<Failure>>,
    trace: Option<&'static Trace>,
}

impl Finding {
    pub(crate) fn of(
        case: &Case,
        segmentation: Option<Segmentation>,
        verdict: Verdict,
        message: &str,
        failure: Option<Box<Failure>>,
    ) -> Self {
        Self {
            check: Check {
                id: case.id.to_owned(),
                title: case.title.clone().into_owned(),
                requirements: case
                    .requirements
                    .iter()
                    .map(|id| (*id).to_owned())
                    .collect(),
                class: case.class,
                segmentation,
                verdict,
                message: message.to_owned(),
                evidence: failure.as_ref().map(|failure| failure.evidence.clone()),
                cause: None,
            },
            failure,
            trace: match case.body {
                Body::Trace(trace) => Some(trace),
                Body::Code(_) => None,
            },
        }
    }

    pub(crate) fn plain(
        case: &Case,
        segmentation: Option<Segmentation>,
        verdict: Verdict,
        message: &str,
    ) -> Self {
        Self::of(case, segmentation, verdict, message, None)
    }

    /// How much was sent, in octets.
    fn sent(&self) -> usize {
        let evidence = self.check.evidence.as_ref();
        evidence.map_or(0, |evidence| {
            evidence
                .sent
                .iter()
                .map(crate::trace::octets::Octets::len)
                .sum()
        })
    }

    fn failed(&self) -> bool {
        self.check.verdict == Verdict::Fail
    }

    fn in_chapter(&self, chapters: &[&str]) -> bool {
        chapters
            .iter()
            .any(|chapter| self.check.id.starts_with(chapter))
    }
}

/// Up to this many octets travel in one piece.
const SMALL: usize = 1400;

/// What the failures of a run have in common.
struct Pattern {
    /// Plain frames fail when they are taken apart.
    cutting_breaks: bool,
    /// Plain frames fail when they are put together.
    joining_breaks: bool,
    /// Messages fail only when they are taken apart, and only if they are not ASCII.
    cut_characters_break: bool,
    greets: bool,
    form_broken: bool,
    /// Writes that are taken in parts lose octets.
    partial_writes_break: bool,
    /// The smallest payload that is refused although it is not above the least limit.
    refused_from: Option<usize>,
    /// A large length without the top bit is mistaken as well as one with it.
    large_lengths_break: bool,
    /// Requirements whose own cases fail.
    broken: Vec<String>,
}

/// Puts the broken requirement first, and names the likely mistake.
pub(crate) fn attribute(findings: &mut [Finding], form_broken: bool) {
    let pattern = Pattern::of(findings, form_broken);
    let apart: Vec<String> = findings
        .iter()
        .filter(|finding| {
            finding.check.segmentation == Some(Segmentation::Apart)
                && finding.check.verdict == Verdict::Fail
        })
        .map(|finding| finding.check.id.clone())
        .collect();
    for finding in findings {
        if finding.check.verdict != Verdict::Fail && finding.check.verdict != Verdict::Flaky {
            continue;
        }
        let Some(failure) = &finding.failure else {
            continue;
        };
        let only_when_cut = finding.check.segmentation.is_some()
            && finding.check.segmentation != Some(Segmentation::Apart)
            && !apart.contains(&finding.check.id);
        if let Some((requirement, cause)) = pattern.explain(finding, failure, only_when_cut) {
            let requirements = &mut finding.check.requirements;
            if !requirement.is_empty() {
                requirements.retain(|id| id != requirement);
                requirements.insert(0, requirement.to_owned());
            }
            if !cause.is_empty() {
                finding.check.cause = Some(cause.to_owned());
            }
        } else {
            pattern.prefer_what_is_broken_itself(&mut finding.check);
        }
    }
}

impl Pattern {
    fn of(findings: &[Finding], form_broken: bool) -> Self {
        let failed = || findings.iter().filter(|finding| finding.failed());
        let framing = |finding: &&Finding| finding.in_chapter(&["len/", "frm/"]);
        let apart_fails = |id: &str| {
            failed().any(|finding| {
                finding.check.id == id && finding.check.segmentation == Some(Segmentation::Apart)
            })
        };
        let cut = |finding: &&Finding| {
            finding.check.segmentation.is_some_and(|segmentation| {
                !segmentation.joins_frames()
                    && !matches!(segmentation, Segmentation::Apart | Segmentation::Pinned)
            }) && !apart_fails(&finding.check.id)
        };
        // What is large may be cut by the network though we send it whole.
        let whole = |finding: &&Finding| {
            finding.check.segmentation == Some(Segmentation::Whole)
                && finding.sent() <= SMALL
                && !apart_fails(&finding.check.id)
        };
        let cutting_breaks = failed().filter(framing).any(|finding| cut(&finding));
        Self {
            cutting_breaks,
            joining_breaks: failed().filter(framing).any(|finding| whole(&finding)),
            cut_characters_break: !cutting_breaks
                && failed().any(|finding| finding.check.id.starts_with("msg/cut-")),
            greets: failed().any(|finding| {
                finding.check.id == "ses/client-first"
                    && finding
                        .failure
                        .as_ref()
                        .is_some_and(|failure| failure.what == What::Unsolicited)
            }),
            form_broken,
            partial_writes_break: !cutting_breaks
                && failed().any(|finding| finding.check.requirements[0] == "FRM-9"),
            refused_from: failed()
                .filter(framing)
                .filter(|finding| finding.check.segmentation == Some(Segmentation::Apart))
                .filter_map(|finding| finding.failure.as_ref())
                .filter(|failure| failure.what == What::ClosedInstead)
                .filter_map(|failure| Some(failure.expected.as_ref()?.len()))
                .filter(|length| (1024..=65_536).contains(length))
                .min(),
            large_lengths_break: failed()
                .any(|finding| finding.check.id == "len/announced-7fffffff"),
            broken: failed()
                .map(|finding| finding.check.requirements[0].clone())
                .collect(),
        }
    }

    /// The requirement that is broken, where it is not the case's own foremost one, and the
    /// likely mistake. Either may be empty.
    fn explain(
        &self,
        finding: &Finding,
        failure: &Failure,
        only_when_cut: bool,
    ) -> Option<(&'static str, &'static str)> {
        self.from_what_came(finding, failure, only_when_cut)
            .or_else(|| self.from_a_large_length(finding))
            .or_else(|| self.from_a_low_limit(finding, failure, only_when_cut))
            .or_else(|| self.from_the_cut(finding, only_when_cut))
            .or_else(|| self.from_the_refusal(finding, failure))
    }

    fn from_what_came(
        &self,
        finding: &Finding,
        failure: &Failure,
        only_when_cut: bool,
    ) -> Option<(&'static str, &'static str)> {
        if self.greets
            && !matches!(
                failure.what,
                What::Directory(_) | What::NotClosed | What::Died
            )
        {
            return Some(("SES-1", "it greets before the client has spoken"));
        }
        if let What::Directory(fault) = &failure.what {
            return from_the_disk(finding, failure, fault);
        }
        if let Some(found) = from_the_length(failure) {
            return Some(found);
        }
        match failure.what {
            What::Different(Difference::Form) if self.form_broken => {
                Some(("SES-5", "its replies have another form"))
            }
            What::Different(Difference::Form) if is_bare_echo(failure) => {
                Some(("SES-5", "it sends the text back instead of a reply to it"))
            }
            What::Different(Difference::Text) if !only_when_cut && repeats_a_reply(failure) => {
                Some(("SES-4", "it replies more than once"))
            }
            What::Missing | What::ClosedInstead | What::Different(_)
                if self.partial_writes_break
                    && failure
                        .expected
                        .as_ref()
                        .is_some_and(|payload| payload.len() >= 65_536) =>
            {
                Some((
                    "FRM-9",
                    "it takes a write that took a part of the octets for a whole one",
                ))
            }
            _ => None,
        }
    }

    /// A large length that is mistaken is a matter of its top bit only if one without it is not.
    fn from_a_large_length(&self, finding: &Finding) -> Option<(&'static str, &'static str)> {
        if !self.large_lengths_break || !finding.check.id.starts_with("len/announced-") {
            return None;
        }
        Some(if self.cutting_breaks {
            ("FRM-2", "it takes a short read for a whole one")
        } else {
            ("FRM-6", "")
        })
    }

    fn from_a_low_limit(
        &self,
        finding: &Finding,
        failure: &Failure,
        only_when_cut: bool,
    ) -> Option<(&'static str, &'static str)> {
        let length = failure.expected.as_ref()?.len();
        let refused = (self.refused_from?..=65_536).contains(&length);
        (refused
            && !only_when_cut
            && failure.what == What::ClosedInstead
            && finding.in_chapter(&["len/", "frm/", "msg/"]))
        .then_some(("FRM-7", "its limit on payloads is below 65,536 octets"))
    }

    fn from_the_cut(
        &self,
        finding: &Finding,
        only_when_cut: bool,
    ) -> Option<(&'static str, &'static str)> {
        const SHORT: (&str, &str) = ("FRM-2", "it takes a short read for a whole one");
        const STICKY: (&str, &str) = (
            "FRM-3",
            "it loses what arrives together with the end of a frame",
        );
        if !only_when_cut {
            return None;
        }
        let segmentation = finding.check.segmentation?;
        match segmentation {
            Segmentation::Whole => self.joining_breaks.then_some(STICKY),
            Segmentation::Pinned | Segmentation::StraddleLength | Segmentation::StraddlePayload => {
                match (self.cutting_breaks, self.joining_breaks) {
                    (true, false) => Some(SHORT),
                    (false, true) => Some(STICKY),
                    _ => None,
                }
            }
            _ if self.cutting_breaks => Some(SHORT),
            _ if self.cut_characters_break && finding.check.id.starts_with("msg/") => {
                Some(("MSG-2", "it decodes text before the frame is whole"))
            }
            _ => None,
        }
    }

    fn from_the_refusal(
        &self,
        finding: &Finding,
        failure: &Failure,
    ) -> Option<(&'static str, &'static str)> {
        let trace = finding.trace?;
        if trace.class < Class::Session || !trace.is_hostile() {
            return None;
        }
        let seen = failure.evidence.seen.to_vec();
        let answers_behind = seen.windows("after".len()).any(|window| window == b"after");
        let repaired = seen
            .windows(3)
            .any(|window| window == "\u{fffd}".as_bytes());
        match failure.what {
            What::Died => Some(("SES-8", "a protocol error ends the whole process")),
            What::Unwell => Some((
                "SES-8",
                "a protocol error on one connection harms the others",
            )),
            What::Extra if repaired => {
                Some(("", "it repairs what is not UTF-8 instead of refusing it"))
            }
            What::Extra
                if answers_behind
                    && trace.requirements[0] == "MSG-3"
                    && frames(&seen) <= deliveries(trace) + 1 =>
            {
                Some((
                    "SES-8",
                    "it passes over a broken message and goes on, instead of closing",
                ))
            }
            What::NotClosed if trace.requirements[0] == "MSG-3" => Some((
                "SES-8",
                "it does not close the connection after a protocol error",
            )),
            _ => None,
        }
    }

    /// Of the requirements that a case shows, the earliest whose own cases fail.
    fn prefer_what_is_broken_itself(&self, check: &mut Check) {
        let first = check
            .requirements
            .iter()
            .filter(|id| self.broken.contains(id))
            .min_by_key(|id| requirement::position(id))
            .cloned();
        if let Some(first) = first {
            check.requirements.retain(|id| *id != first);
            check.requirements.insert(0, first);
        }
    }
}

fn from_the_disk(
    finding: &Finding,
    failure: &Failure,
    fault: &DirectoryFault,
) -> Option<(&'static str, &'static str)> {
    match fault {
        DirectoryFault::Longer { more, .. } => {
            let sent: Vec<u8> = failure
                .evidence
                .sent
                .iter()
                .flat_map(crate::trace::octets::Octets::to_vec)
                .collect();
            sent.windows(more.len())
                .any(|window| window == more)
                .then_some((
                    "TRF-4",
                    "octets of the next frame were taken into the file: it reads beyond the body",
                ))
        }
        DirectoryFault::Outside { .. } => Some(("TRF-8", "a name leads it out of its directory")),
        DirectoryFault::Present { .. } if finding.trace.is_some_and(is_cut_short) => Some((
            "TRF-9",
            "it writes into the file under its final name as octets arrive",
        )),
        _ => None,
    }
}

fn is_cut_short(trace: &Trace) -> bool {
    trace.requirements[0] == "TRF-9"
}

/// What the length of a frame that came says about the one who wrote it.
fn from_the_length(failure: &Failure) -> Option<(&'static str, &'static str)> {
    if !matches!(
        failure.what,
        What::Missing | What::Different(_) | What::ClosedInstead
    ) {
        return None;
    }
    let seen = failure.evidence.seen.to_vec();
    let rest = last_frame(&seen);
    let (length, payload) = rest.split_first_chunk::<4>()?;
    let came = u32::try_from(payload.len()).ok()?;
    if came == 0 {
        return None;
    }
    let announced = u32::from_be_bytes(*length);
    if announced == came {
        return None;
    }
    if u32::from_le_bytes(*length) == came {
        return Some((
            "LEN-1",
            "it writes lengths with the least significant octet first",
        ));
    }
    if announced == came + 4 {
        return Some(("FRM-1", "the lengths that it writes count themselves"));
    }
    let text = std::str::from_utf8(payload).ok()?;
    let characters = text.chars().count() as u32;
    let units = text.encode_utf16().count() as u32;
    (characters != came && (announced == characters || announced == units)).then_some((
        "MSG-1",
        "the lengths that it writes count characters instead of octets",
    ))
}

/// What is left of a stream when the whole frames before its last octets are taken away,
/// as long as they look like frames.
fn last_frame(seen: &[u8]) -> &[u8] {
    let mut rest = seen;
    while let Some(payload) = next_frame(rest) {
        let behind = &rest[4 + payload.len()..];
        // Something that is no length follows: this frame was not one.
        if behind.is_empty() || behind[0] != 0 {
            break;
        }
        rest = behind;
    }
    rest
}

fn frames(seen: &[u8]) -> usize {
    let mut rest = seen;
    let mut count = 0;
    while let Some(payload) = next_frame(rest) {
        rest = &rest[4 + payload.len()..];
        count += 1;
    }
    count
}

fn deliveries(trace: &Trace) -> usize {
    trace
        .steps
        .iter()
        .filter(|step| matches!(step.action, crate::trace::Action::Deliver(_)))
        .count()
}

/// All payloads that came.
fn payloads(failure: &Failure) -> Vec<Vec<u8>> {
    let seen = failure.evidence.seen.to_vec();
    let mut rest = seen.as_slice();
    let mut all = Vec::new();
    while let Some(payload) = next_frame(rest) {
        rest = &rest[4 + payload.len()..];
        all.push(payload.to_vec());
    }
    all
}

fn is_bare_echo(failure: &Failure) -> bool {
    failure
        .expected
        .as_ref()
        .is_some_and(|expected| payloads(failure).contains(expected))
}

/// Whether two replies, one behind the other, are the same but for their time.
fn repeats_a_reply(failure: &Failure) -> bool {
    let without_digits = |payload: &[u8]| -> Vec<u8> {
        payload
            .iter()
            .copied()
            .take_while(|octet| *octet != 0xE2)
            .filter(|octet| !octet.is_ascii_digit())
            .chain(payload.iter().copied().skip_while(|octet| *octet != 0xE2))
            .collect()
    };
    let all = payloads(failure);
    all.windows(2)
        .any(|pair| without_digits(&pair[0]) == without_digits(&pair[1]))
}
