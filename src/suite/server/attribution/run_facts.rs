//! Facts that the failures of a run have in common.

use std::collections::{HashMap, HashSet};

use crate::framing::Framing;
use crate::judge::check::Verdict;
use crate::suite::plain::{next_frame, split_frame};
use crate::suite::server::directory_fault::DirectoryFault;
use crate::suite::server::failure::{Failure, HeldBack, OnDisk, What};
use crate::suite::server::finding::Finding;
use crate::suite::server::options::Options;
use crate::suite::server::reply_form::Difference;
use crate::trace::Class;
use crate::trace::segmentation::Segmentation;

/// Largest number of octets that travel in one piece; a larger stream may be cut by the network
/// though we send it whole.
pub(super) const SMALL: usize = 1400;

/// The least limit on payloads that may be declared, in octets (FRM-7).
const LEAST_LIMIT: usize = 65_536;

/// Least limit, in octets, that is suspected to be too low.
const LEAST_SUSPECTED: usize = 1024;

/// Cases whose lengths have an octet that is not a character of ASCII, and cases that are a little longer
/// and have none.
const NOT_ASCII: [&str; 3] = ["len/128", "len/129", "len/255"];
const ASCII: [&str; 3] = ["len/256", "len/257", "len/512"];

/// Facts known of a run as a whole.
pub(super) struct Pattern {
    /// The framing that the testee is to speak.
    pub(super) framing: Framing,
    /// The testee sends replies, and not echoes.
    pub(super) replies: bool,
    /// Its declared limit on payloads.
    pub(super) limit: Option<usize>,
    /// Plain frames fail when they are taken apart.
    pub(super) cutting_breaks: bool,
    /// Plain frames fail when they are put together.
    pub(super) joining_breaks: bool,
    /// Messages fail only when they are taken apart, and only if they are not ASCII.
    pub(super) cut_characters_break: bool,
    /// Characters that are cut in two fail, or are repaired, and so do lengths with an octet that is not ASCII.
    pub(super) decodes_lengths: bool,
    /// The server sends octets before it has received any.
    pub(super) greets: bool,
    /// Its replies have another form.
    pub(super) form_broken: bool,
    /// Writes that are taken in parts lose octets.
    pub(super) partial_writes_break: bool,
    /// The smallest payload that is refused although it is not above the least limit, where
    /// none above is accepted.
    pub(super) refused_from: Option<usize>,
    /// The server replies twice to the plainest message.
    pub(super) repeats: bool,
    /// The server takes lengths to count themselves, and so each payload to end four octets early.
    pub(super) counts_itself: bool,
    /// A large length without the top bit is mistaken as well as one with it.
    pub(super) large_lengths_break: bool,
    /// Files are stored short as soon as their bodies come in pieces.
    pub(super) counts_reads: bool,
    /// No whole file is stored where a body arrives together with its header.
    pub(super) loses_beginnings: bool,
    /// The connection is gone after each transfer, and the file is whole.
    pub(super) closes_after_transfers: bool,
    /// A file is seen under its name before it is whole.
    pub(super) shows_parts: bool,
    /// The part of a body that came is kept when the rest does not come.
    pub(super) keeps_parts: bool,
    /// A file that was there is gone when a body under its name is cut short.
    pub(super) loses_old: bool,
    /// The server rests over octets that have arrived.
    pub(super) leaves_unread: bool,
    /// A reply comes when more arrives.
    pub(super) holds_back: bool,
    /// Only a part of small payloads comes, after their whole length.
    pub(super) sends_parts: bool,
    /// Octets of two frames come mixed up.
    pub(super) interleaves: bool,
    /// Frames are lost of more than a thousand together.
    pub(super) many_frames_break: bool,
    /// A part of a frame is delivered when the stream ends inside it.
    pub(super) truncated_delivered: bool,
    /// Connections stay open after errors of more than one kind.
    pub(super) errors_stay: bool,
    /// Something is written outside of the directory.
    pub(super) leads_outside: bool,
    /// An empty header is treated as it must be, and so the empty frame arrives.
    pub(super) empty_frames_arrive: bool,
    /// `Q` is answered, and `q` is not.
    pub(super) upper_quit_unknown: bool,
    /// Texts are altered.
    pub(super) alters_texts: bool,
    /// Memory is taken for lengths that are only announced.
    pub(super) takes_announced: bool,
    /// Verdict of each case when sent apart.
    apart: HashMap<String, Verdict>,
    /// Requirements whose own cases fail.
    broken: HashSet<String>,
}

impl Pattern {
    pub(super) fn of(findings: &[Finding], options: &Options, form_broken: bool) -> Self {
        let run = Failures::of(findings);
        let first = findings.first().and_then(failure_of);
        Self {
            framing: options.framing.clone(),
            replies: replies(options.class),
            limit: options.limit().map(|limit| limit as usize),
            cutting_breaks: run.cutting_breaks(),
            joining_breaks: run.joining_breaks()
                || run.straddling_breaks() && !run.cutting_breaks(),
            cut_characters_break: run.failed_with("msg/cut-", |_| true),
            decodes_lengths: run.decodes_lengths(),
            greets: run.failed_with("ses/client-first", |what| *what == What::Unsolicited),
            form_broken,
            partial_writes_break: first.is_none() && run.partial_writes_break(),
            refused_from: refused_from(findings),
            repeats: first.is_some_and(|failure| failure.what == What::Extra),
            counts_itself: first.is_some_and(ends_four_octets_early),
            large_lengths_break: ["len/announced-01000000", "len/announced-7fffffff"]
                .into_iter()
                .any(|id| run.failed_with(id, |what| *what == What::Extra)),
            counts_reads: !run.cutting_breaks() && run.body_in_pieces(is_stored_short),
            loses_beginnings: run.body_in_pieces(|failure| {
                failure.on_disk.is_some_and(|found| found != OnDisk::Whole)
            }),
            closes_after_transfers: closes_after_transfers(findings),
            shows_parts: run.failed_with("trf/invisible-until-whole", |_| true),
            keeps_parts: run.failed_with("trf/short-", |what| {
                matches!(what, What::Directory(DirectoryFault::Present { .. }))
            }),
            loses_old: run.failed_with("trf/short-", |what| {
                matches!(what, What::Directory(DirectoryFault::Changed { .. }))
            }),
            leaves_unread: run.held_back(HeldBack::Unread),
            holds_back: run.held_back(HeldBack::UntilMore),
            sends_parts: run.sends_parts(),
            interleaves: run.failed_with("frm/", |what| *what == What::Interleaved),
            many_frames_break: run.failed_with("frm/frames-", |what| *what != What::Died),
            truncated_delivered: run.failed_with("frm/truncated-", |_| true),
            errors_stay: run.failed_with("msg/invalid-", |what| *what == What::NotClosed),
            leads_outside: run.failed_with("trf/refused-name-", |what| {
                matches!(what, What::Directory(DirectoryFault::Outside { .. }))
            }),
            empty_frames_arrive: findings.iter().any(|finding| {
                finding.check.id == "trf/refused-header-empty"
                    && finding.check.verdict == Verdict::Pass
            }),
            upper_quit_unknown: run.failed_with("ses/quit-upper", |what| *what == What::Extra)
                && !run.failed_with("ses/quit-lower", |_| true),
            alters_texts: run
                .failed()
                .any(|finding| finding.is_apart() && finding.check.id.starts_with("msg/kept-")),
            takes_announced: run.failed_with("frm/memory-follows-arrival", |_| true),
            broken: run
                .failed()
                .map(|finding| finding.check.requirement().to_owned())
                .collect(),
            apart: run.apart,
        }
    }

    /// True if a case does not pass in the plainest segmentation.
    pub(super) fn fails_apart(&self, id: &str) -> bool {
        self.apart
            .get(id)
            .is_some_and(|verdict| *verdict != Verdict::Pass)
    }

    /// The cases that fail in the plainest segmentation.
    pub(super) fn failing_apart(&self) -> Vec<String> {
        let failing = self.apart.iter();
        let failing = failing.filter(|(_, verdict)| **verdict == Verdict::Fail);
        failing.map(|(id, _)| id.clone()).collect()
    }

    /// True if a requirement's own cases fail.
    pub(super) fn is_broken(&self, requirement: &str) -> bool {
        self.broken.contains(requirement)
    }
}

/// The findings of a run, and which cases are well when sent apart.
struct Failures<'f> {
    findings: &'f [Finding],
    apart: HashMap<String, Verdict>,
}

impl<'f> Failures<'f> {
    fn of(findings: &'f [Finding]) -> Self {
        let apart = findings.iter().filter(|finding| finding.is_apart());
        let apart = apart.map(|finding| (finding.check.id.to_string(), finding.check.verdict));
        Self {
            findings,
            apart: apart.collect(),
        }
    }

    fn failed(&self) -> impl Iterator<Item = &'f Finding> + use<'f> {
        self.findings.iter().filter(|finding| finding.failed())
    }

    /// Failures of cases that pass when sent apart.
    fn failed_by_cut(&self) -> impl Iterator<Item = &'f Finding> {
        self.failed()
            .filter(|finding| self.apart.get(finding.check.id.as_str()) == Some(&Verdict::Pass))
    }

    /// Failures of plain frames that pass when sent apart.
    fn frames_failed_by_cut(&self) -> impl Iterator<Item = &'f Finding> {
        self.failed_by_cut()
            .filter(|finding| finding.id_starts_with_any(&["len/", "frm/"]))
    }

    fn frames_fail_under(&self, cuts: fn(Segmentation) -> bool) -> bool {
        self.frames_failed_by_cut()
            .filter(|finding| !breaks_off(finding))
            .any(|finding| finding.check.segmentation.is_some_and(cuts))
    }

    fn cutting_breaks(&self) -> bool {
        self.frames_fail_under(|segmentation| {
            !segmentation.joins_frames()
                && !matches!(segmentation, Segmentation::Apart | Segmentation::Pinned)
        })
    }

    fn straddling_breaks(&self) -> bool {
        self.frames_fail_under(|segmentation| {
            matches!(
                segmentation,
                Segmentation::StraddleLength | Segmentation::StraddlePayload
            )
        })
    }

    /// Small frames fail where all are sent together.
    fn joining_breaks(&self) -> bool {
        self.frames_failed_by_cut().any(|finding| {
            // A server that loses the end of what comes together has answered the beginning.
            let another = What::Different(Difference::Text);
            finding.check.segmentation == Some(Segmentation::Whole)
                && finding.sent() <= SMALL
                && failure_of(finding).is_some_and(|failure| failure.what != another)
        })
    }

    fn failed_with(&self, id: &str, what: fn(&What) -> bool) -> bool {
        self.failed().any(|finding| {
            finding.check.id.starts_with(id)
                && failure_of(finding).is_some_and(|failure| what(&failure.what))
        })
    }

    fn held_back(&self, why: HeldBack) -> bool {
        self.failed()
            .filter_map(failure_of)
            .any(|failure| failure.held_back == Some(why))
    }

    /// Characters that are cut in two fail, or are repaired, and so do lengths with an octet that is not ASCII.
    fn decodes_lengths(&self) -> bool {
        let any =
            |ids: [&str; 3], verdict| ids.iter().any(|id| self.apart.get(*id) == Some(&verdict));
        (self.failed_with("msg/cut-", |_| true) || self.failed().any(shows_a_repair))
            && any(NOT_ASCII, Verdict::Fail)
            && any(ASCII, Verdict::Pass)
    }

    /// Octets are lost, and neither by a cut, nor by a server that alters all answers.
    fn partial_writes_break(&self) -> bool {
        !self.cutting_breaks()
            && !self.joining_breaks()
            && !self.failed().any(alters_what_is_small)
            && self
                .failed()
                .any(|finding| finding.check.requirement() == "FRM-9")
    }

    /// A body that is stored well when sent apart fails like this when it comes in other pieces.
    fn body_in_pieces(&self, like: fn(&Failure) -> bool) -> bool {
        self.failed_by_cut()
            .filter(|finding| finding.check.id.starts_with("trf/body-"))
            .filter_map(failure_of)
            .any(like)
    }

    /// Only a part of small payloads comes, after their whole length.
    fn sends_parts(&self) -> bool {
        self.failed()
            .filter(|finding| finding.is_apart())
            .filter_map(failure_of)
            .any(|failure| {
                let expected = failure.expected.as_ref();
                expected.is_some_and(|payload| payload.len() < LEAST_LIMIT)
                    && is_part_of_a_payload(failure)
            })
    }
}

/// The beginning of a body was found under the name of its file.
fn is_stored_short(failure: &Failure) -> bool {
    failure.on_disk == Some(OnDisk::Short)
        || matches!(
            failure.what,
            What::Directory(DirectoryFault::Shorter { held: 1.., .. })
        )
}

/// True if a server of this class sends replies, and not echoes.
const fn replies(class: Class) -> bool {
    matches!(
        class,
        Class::Session | Class::Transfer | Class::VerifiedTransfer
    )
}

/// Most octets that a system takes by one write, of a peer that reads at once.
const SURELY_TAKEN: usize = 32_768;

/// A large answer that begins as it has to and ends too early: a system may have taken a write of it in part, and
/// does so or not however the request was cut.
fn breaks_off(finding: &Finding) -> bool {
    failure_of(finding).is_some_and(|failure| {
        let expected = failure.expected.as_ref();
        expected.is_some_and(|payload| payload.len() > SURELY_TAKEN)
            && is_part_of_a_payload(failure)
    })
}

/// Another answer than the right one comes for a frame that no system takes in parts.
fn alters_what_is_small(finding: &Finding) -> bool {
    let other = failure_of(finding)
        .is_some_and(|failure| matches!(failure.what, What::Different(Difference::Text)));
    let framing = finding.id_starts_with_any(&["len/", "frm/"]);
    framing && other && finding.is_apart() && (1..=SURELY_TAKEN).contains(&finding.sent())
}

/// The character that stands for what is not UTF-8 comes, and was not sent.
fn shows_a_repair(finding: &Finding) -> bool {
    const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();
    let has = |octets: &[u8]| octets.windows(REPLACEMENT.len()).any(|w| w == REPLACEMENT);
    failure_of(finding).is_some_and(|failure| {
        let sent = failure
            .evidence
            .sent
            .iter()
            .any(|chunk| has(&chunk.to_vec()));
        !sent && has(&failure.evidence.seen.to_vec())
    })
}

fn failure_of(finding: &Finding) -> Option<&Failure> {
    finding.failure.as_deref()
}

/// True if no plain transfer is followed by an answer, because the connection is closed.
fn closes_after_transfers(findings: &[Finding]) -> bool {
    let transfers = findings
        .iter()
        .filter(|finding| finding.is_apart() && finding.check.id.starts_with("trf/body-"));
    let (mut closed, mut others) = (0, 0);
    for finding in transfers {
        let closes = failure_of(finding).is_some_and(|failure| {
            failure.what == What::ClosedInstead && failure.on_disk == Some(OnDisk::Whole)
        });
        match finding.check.verdict {
            Verdict::Fail if closes => closed += 1,
            Verdict::Skipped => {}
            _ => others += 1,
        }
    }
    closed > 0 && others == 0
}

/// True if the last frame that came has about the expected length, and breaks off inside its payload.
pub(super) fn is_part_of_a_payload(failure: &Failure) -> bool {
    /// Most octets that a reply has around its text; the form need not be the prescribed one.
    const AROUND: usize = 200;
    let seen = failure.evidence.seen.to_vec();
    let mut rest = seen.as_slice();
    while let Some((_, behind)) = split_frame(rest) {
        rest = behind;
    }
    let (Some(expected), Some((length, payload))) =
        (&failure.expected, rest.split_first_chunk::<4>())
    else {
        return false;
    };
    let announced = u32::from_be_bytes(*length) as usize;
    let whole = expected.len()..=expected.len() + AROUND;
    matches!(failure.what, What::Missing | What::ClosedInstead)
        && whole.contains(&announced)
        && !payload.is_empty()
}

/// The first delivery of a run has all but the last four octets of what was sent.
fn ends_four_octets_early(failure: &Failure) -> bool {
    let seen = failure.evidence.seen.to_vec();
    let (Some(expected), Some(came)) = (&failure.expected, next_frame(&seen)) else {
        return false;
    };
    let Some((early, _)) = expected.split_last_chunk::<4>() else {
        return false;
    };
    let reply = ["“".as_bytes(), early, "”信息!".as_bytes()].concat();
    came == early || came.ends_with(&reply)
}

fn refused_from(findings: &[Finding]) -> Option<usize> {
    let plain = || {
        findings
            .iter()
            .filter(|finding| finding.id_starts_with_any(&["len/", "frm/"]) && finding.is_apart())
    };
    let refused = plain()
        .filter(|finding| finding.failed())
        .filter_map(|finding| finding.failure.as_ref())
        .filter(|failure| failure.what == What::ClosedInstead)
        .filter_map(|failure| Some(failure.expected.as_ref()?.len()))
        .filter(|length| (LEAST_SUSPECTED..=LEAST_LIMIT).contains(length))
        .min()?;
    let accepted = plain()
        .filter(|finding| finding.check.verdict == Verdict::Pass)
        .filter_map(|finding| finding.trace)
        .any(|trace| trace.largest_payload() >= refused);
    (!accepted).then_some(refused)
}
