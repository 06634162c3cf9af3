//! The rules, in order: the first that applies is taken.

use super::bodies;
use super::diagnosis::{Diagnosis, SHORT_READ, STICKY, TAKES_ANNOUNCED};
use super::run_facts::{Pattern, SMALL};
use super::streams;
use super::symptom::{Sight, deliveries};
use crate::suite::server::directory_fault::DirectoryFault;
use crate::suite::server::failure::What;
use crate::suite::server::reply_form::Difference;
use crate::trace::Trace;
use crate::trace::segmentation::Segmentation;

type Rule = fn(&Pattern, &Sight<'_>) -> Option<Diagnosis>;

const RULES: &[Rule] = &[
    too_much_memory,
    greets,
    decodes_lengths,
    counts_itself,
    written_length,
    bodies::counted_reads,
    bodies::closes_after,
    on_the_disk,
    accepted_path,
    reply_form,
    repeated_reply,
    acknowledged_transfer,
    quit,
    later_text,
    streams::held_back,
    streams::part_of_a_payload,
    streams::interleaved,
    streams::pauses,
    streams::long_stream,
    answered_error,
    large_length,
    low_limit,
    cut,
    partial_write,
    refusal,
    half_close,
    altered_text,
    unanswered_empty,
];

/// The rules that hold of frames of any framing.
const OF_FRAMES: &[Rule] = &[
    too_much_memory,
    streams::held_back,
    streams::interleaved,
    streams::pauses,
    streams::long_stream,
    low_limit,
    cut,
    partial_write,
];

pub(super) fn of_frames(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    OF_FRAMES.iter().find_map(|rule| rule(pattern, sight))
}

pub(super) fn diagnose(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    RULES.iter().find_map(|rule| rule(pattern, sight))
}

fn too_much_memory(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    let why = if pattern.takes_announced {
        TAKES_ANNOUNCED
    } else {
        "it takes memory without a bound, or for lengths that are only announced"
    };
    let takes = matches!(sight.failure.what, What::TooMuchMemory | What::TookMemory);
    takes.then_some(Diagnosis::new("FRM-8", why))
}

fn greets(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    let other = matches!(
        sight.failure.what,
        What::Directory(_) | What::NotClosed | What::Died
    );
    (pattern.greets && !other).then_some(Diagnosis::new(
        "SES-1",
        "it greets before the client has spoken",
    ))
}

/// Text that is decoded before frames are told apart has wrong lengths, and nothing behind one is as
/// it has to be.
fn decodes_lengths(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    (pattern.decodes_lengths && sight.failure.what != What::Died).then_some(Diagnosis::new(
        "MSG-2",
        "it decodes all that it reads as text, lengths included, before it tells frames apart",
    ))
}

fn counts_itself(pattern: &Pattern, _: &Sight<'_>) -> Option<Diagnosis> {
    pattern.counts_itself.then_some(Diagnosis::new(
        "FRM-1",
        "it takes lengths to count themselves",
    ))
}

/// The mistake that the length of the first frame that came shows in the server that wrote it.
fn written_length(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    if !matches!(
        sight.failure.what,
        What::Missing | What::Different(_) | What::ClosedInstead | What::Extra
    ) {
        return None;
    }
    let (length, payload) = sight.first_payload()?;
    let real = u32::try_from(payload.len()).ok()?;
    let written = u32::from_be_bytes(length);
    if written == real {
        return None;
    }
    if u32::from_le_bytes(length) == real {
        return Some(Diagnosis::new(
            "LEN-1",
            "it writes lengths with the least significant octet first",
        ));
    }
    if written == real + 4 {
        return Some(Diagnosis::new(
            "FRM-1",
            "the lengths that it writes count themselves",
        ));
    }
    let text = std::str::from_utf8(payload).ok()?;
    let characters = text.chars().count() as u32;
    let units = text.encode_utf16().count() as u32;
    let counted = characters != real && (written == characters || written == units);
    // A server that echoes frames owes nothing about text.
    let requirement = if pattern.replies { "MSG-1" } else { "FRM-1" };
    counted.then_some(Diagnosis::new(
        requirement,
        "the lengths that it writes count characters instead of octets",
    ))
}

fn on_the_disk(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    let What::Directory(fault) = &sight.failure.what else {
        return None;
    };
    match fault {
        DirectoryFault::Longer { more, .. } => {
            let sent = sight.sent();
            // Octets of an earlier file may be left too, and do not begin as a frame does.
            (more.starts_with(&[0]) && sent.windows(more.len()).any(|window| window == more))
                .then_some(Diagnosis::new(
                    "TRF-4",
                    "octets of the next frame were taken into the file: it reads beyond the body",
                ))
        }
        DirectoryFault::Outside { .. } => Some(Diagnosis::new(
            "TRF-8",
            if sight.is_about_names() {
                "a name leads it out of its directory"
            } else {
                "it writes outside of its directory, whatever the name"
            },
        )),
        DirectoryFault::Present { .. } if sight.requirement() == "TRF-9" => {
            Some(Diagnosis::because(part_of_a_body(pattern)))
        }
        // A body that was cut short tells it, whatever else the case is about; a file that is to be
        // refused may be there for another reason.
        DirectoryFault::Present { .. } if pattern.keeps_parts && !sight.is_to_be_refused() => {
            Some(Diagnosis::new("TRF-9", part_of_a_body(pattern)))
        }
        DirectoryFault::Changed { .. } if pattern.loses_old && sight.ends_the_stream() => {
            Some(Diagnosis::new(
                "TRF-9",
                "it loses the file of that name before the new one is whole",
            ))
        }
        _ => None,
    }
}

const fn part_of_a_body(pattern: &Pattern) -> &'static str {
    if pattern.shows_parts {
        "it writes into the file under its final name as octets arrive"
    } else {
        "it keeps what came of a body that was cut short"
    }
}

/// A path that is accepted where others lead outside.
fn accepted_path(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    (pattern.leads_outside && sight.id().starts_with("trf/refused-name-")).then_some(
        Diagnosis::new("TRF-8", "a name leads it out of its directory"),
    )
}

fn reply_form(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    match sight.failure.what {
        What::Different(Difference::Form) if pattern.form_broken => {
            Some(Diagnosis::new("SES-5", "its replies have another form"))
        }
        What::Different(Difference::Form) if sight.is_bare_echo() => Some(Diagnosis::new(
            "SES-5",
            "it sends the text back instead of a reply to it",
        )),
        _ => None,
    }
}

fn repeated_reply(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    let shows = matches!(
        sight.failure.what,
        What::Different(Difference::Text) | What::Extra
    );
    // A case that sends one text over and over is answered alike over and over.
    let plain = pattern.repeats || !sight.only_when_cut && sight.trace().is_some();
    (pattern.replies && shows && plain && sight.repeats_a_reply())
        .then_some(Diagnosis::new("SES-4", "it replies more than once"))
}

fn acknowledged_transfer(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    let shows = matches!(sight.failure.what, What::Different(_)) && sight.expected_comes_later();
    (pattern.replies && shows && sight.has_a_body())
        .then_some(Diagnosis::new("TRF-6", "it replies to a transfer"))
}

fn quit(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    match sight.failure.what {
        _ if !sight.ends_with_quit() => None,
        // The `q` may have gone into a file.
        _ if sight.has_a_body() => None,
        _ if sight.only_when_cut && (pattern.cutting_breaks || pattern.joining_breaks) => None,
        What::Extra if pattern.upper_quit_unknown => {
            Some(Diagnosis::new("SES-2", "it does not know `Q`"))
        }
        What::Extra => Some(Diagnosis::new(
            "SES-2",
            "it answers `q`, or what follows it",
        )),
        What::NotClosed => Some(Diagnosis::new("SES-2", "it does not close after `q`")),
        _ => None,
    }
}

fn later_text(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    let shows = sight.failure.what == What::Different(Difference::Text);
    (pattern.replies
        && shows
        && sight.only_when_cut
        && !pattern.cutting_breaks
        && sight.answers_a_later_text())
    .then_some(Diagnosis::new(
        "SES-6",
        "it answers only the last of several messages that come together",
    ))
}

fn answered_error(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    // An answer about a digest is none to a protocol error: it takes the digest for one.
    let about_digest = sight.id().starts_with("vtr/");
    let hostile = !about_digest && sight.trace().is_some_and(Trace::is_hostile);
    let answers = sight.failure.what == What::Extra && sight.ends_with_no_reply();
    (pattern.replies && !pattern.form_broken && hostile && answers).then_some(Diagnosis::new(
        "SES-8",
        "it answers a protocol error instead of just closing",
    ))
}

/// A large length that is mistaken is a matter of its top bit only if one without it is not.
fn large_length(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    let announced = sight.id().starts_with("len/announced-");
    if !announced || sight.failure.what == What::NotClosed {
        return None;
    }
    if pattern.cutting_breaks {
        return Some(SHORT_READ);
    }
    if pattern.truncated_delivered {
        return Some(Diagnosis::silent("FRM-6"));
    }
    pattern.large_lengths_break.then_some(Diagnosis::new(
        "LEN-1",
        "it does not use all four octets of a length as they are",
    ))
}

fn low_limit(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    let length = sight.expected_len()?;
    // A large payload is cut by the network, which is not a matter of a limit.
    let cut = pattern.cutting_breaks || sight.only_when_cut;
    if cut || sight.failure.what != What::ClosedInstead {
        return None;
    }
    if pattern.limit == Some(length) {
        return Some(Diagnosis::new(
            "FRM-7",
            "it refuses a payload of exactly its limit",
        ));
    }
    (length >= pattern.refused_from?).then_some(Diagnosis::new(
        "FRM-7",
        "its limit on payloads is below 65,536 octets",
    ))
}

fn cut(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    let framing = sight.finding.id_starts_with_any(&["len/", "frm/"]);
    // A large stream is cut by the network, and so fails in any segmentation.
    let large = framing && sight.finding.sent() > SMALL;
    let truncated = ["frm/truncated-", "ses/half-close-truncated"]
        .iter()
        .any(|id| sight.id().starts_with(id))
        && sight.failure.what == What::Extra
        || sight.id() == "frm/limit-exceeded-in-pieces";
    if pattern.cutting_breaks && (large || truncated) {
        return Some(SHORT_READ);
    }
    if !sight.only_when_cut {
        return None;
    }
    match sight.finding.check.segmentation? {
        Segmentation::Whole if pattern.joining_breaks => Some(STICKY),
        Segmentation::Whole => bodies::joined(pattern, sight),
        Segmentation::Pinned | Segmentation::StraddleLength | Segmentation::StraddlePayload => {
            match (pattern.cutting_breaks, pattern.joining_breaks) {
                (true, false) => Some(SHORT_READ),
                (false, true) => Some(STICKY),
                (false, false) => bodies::joined(pattern, sight),
                (true, true) => None,
            }
        }
        _ if pattern.cutting_breaks => Some(SHORT_READ),
        _ if pattern.cut_characters_break && sight.finding.id_starts_with_any(&["msg/"]) => Some(
            Diagnosis::new("MSG-2", "it decodes text before the frame is whole"),
        ),
        _ => None,
    }
}

fn partial_write(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    let shows = matches!(
        sight.failure.what,
        What::Missing | What::ClosedInstead | What::Different(_)
    );
    let large = sight.expected_len().is_some_and(|length| length >= 65_536);
    let a_part_came = !sight.seen.is_empty();
    // A frame of which a part is lost has still the length that it was to have.
    let another_length = !pattern.replies
        && matches!(sight.failure.what, What::Different(_))
        && !sight
            .payloads
            .iter()
            .any(|payload| Some(payload.len()) == sight.expected_len());
    (pattern.partial_writes_break
        && shows
        && a_part_came
        && !another_length
        && (large || sight.requirement() == "FRM-9"))
        .then_some(Diagnosis::new(
            "FRM-9",
            "it takes a write that took a part of the octets for a whole one",
        ))
}

fn refusal(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    let trace = sight.trace().filter(|trace| trace.is_hostile())?;
    if !pattern.replies {
        return None;
    }
    match sight.failure.what {
        What::Died => Some(Diagnosis::new(
            "SES-8",
            "a protocol error ends the whole process",
        )),
        What::Unwell => Some(Diagnosis::new(
            "SES-8",
            "a protocol error on one connection harms the others",
        )),
        What::Extra if sight.repairs_text() => Some(Diagnosis::because(
            "it repairs what is not UTF-8 instead of refusing it",
        )),
        What::Extra
            if sight.answers_behind()
                && trace.requirements.first().is_some_and(|id| id == "MSG-3")
                && !sight.has_a_body()
                && sight.payloads.len() <= deliveries(trace) + 1 =>
        {
            Some(Diagnosis::new(
                "SES-8",
                "it passes over a broken message and goes on, instead of closing",
            ))
        }
        What::NotClosed if pattern.errors_stay => Some(Diagnosis::new(
            "SES-8",
            "it does not close the connection after a protocol error",
        )),
        _ => None,
    }
}

fn half_close(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    let clean = sight.trace().is_some_and(|trace| !trace.is_hostile());
    let stays = sight.failure.what == What::NotClosed;
    (pattern.replies && clean && stays && sight.ends_the_stream()).then_some(Diagnosis::new(
        "SES-7",
        "it does not close when the client has ended its sending side",
    ))
}

fn altered_text(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    let altered = sight.failure.what == What::Different(Difference::Text);
    (pattern.replies
        && pattern.alters_texts
        && altered
        && !sight.only_when_cut
        && sight.finding.id_starts_with_any(&["frm/", "msg/"]))
    .then_some(Diagnosis::silent("MSG-4"))
}

/// An empty frame that arrives as a header is no frame that is lost.
fn unanswered_empty(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    let missing = matches!(
        sight.failure.what,
        What::Missing | What::Different(Difference::Text)
    );
    let empty = sight.expected_len() == Some(0);
    (pattern.replies && missing && empty && pattern.empty_frames_arrive).then_some(Diagnosis::new(
        "SES-4",
        "it does not answer the empty message",
    ))
}
