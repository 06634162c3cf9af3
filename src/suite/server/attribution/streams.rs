//! Rules about what long streams and pauses show.

use super::bodies;
use super::diagnosis::{Diagnosis, SHORT_READ, STICKY};
use super::run_facts::{Pattern, SMALL};
use super::symptom::Sight;
use crate::suite::server::cases::pauses::AFTER_A_BODY;
use crate::suite::server::failure::{HeldBack, What};
use crate::trace::segmentation::Segmentation;

const INTERLEAVED: Diagnosis = Diagnosis::new(
    "FRM-9",
    "it writes two frames at the same time, and their octets interleave",
);

const UNREAD: Diagnosis = Diagnosis::new(
    "FRM-2",
    "it leaves octets unread that have arrived, until more arrive",
);

const UNTIL_MORE: Diagnosis =
    Diagnosis::new("FRM-3", "it holds a whole frame back until more arrives");

/// A frame that is late is not lost.
pub(super) fn held_back(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    match sight.failure.held_back {
        Some(HeldBack::Unread) => return Some(UNREAD),
        Some(HeldBack::UntilMore) => return Some(UNTIL_MORE),
        None => {}
    }
    let missing = sight.failure.what == What::Missing;
    let large = sight.finding.sent() > SMALL;
    let alone = sight.finding.check.segmentation == Some(Segmentation::Apart);
    if missing && pattern.leaves_unread && (large || is_long_stream(sight)) {
        return Some(UNREAD);
    }
    // The end of the stream arrives too.
    if pattern.leaves_unread && sight.failure.what == What::NotClosed && sight.ends_the_stream() {
        return Some(UNREAD);
    }
    (missing && pattern.holds_back && !alone).then_some(UNTIL_MORE)
}

/// The length is that of the whole payload, and only a part of it follows. A small payload is never taken
/// in parts by a system whose peer reads.
pub(super) fn part_of_a_payload(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    let large = sight.expected_len().is_some_and(|length| length > SMALL);
    let torn = matches!(
        sight.failure.what,
        What::Missing | What::ClosedInstead | What::Different(_)
    );
    (pattern.sends_parts && (sight.is_part_of_a_payload() || large && torn)).then_some(
        Diagnosis::new(
            "FRM-1",
            "it announces a whole payload and sends only a part of it",
        ),
    )
}

/// All octets came, in another order. In the shorter streams of a server that does so, it is the same
/// mistake, whether they show it twice or once.
pub(super) fn interleaved(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    let here = sight.failure.what == What::Interleaved;
    let follows = !matches!(
        sight.finding.check.segmentation,
        None | Some(Segmentation::Apart)
    );
    let torn = matches!(
        sight.failure.what,
        What::Different(_) | What::Missing | What::ClosedInstead
    );
    (here || pattern.interleaves && (follows || is_long_stream(sight)) && torn)
        .then_some(INTERLEAVED)
}

/// A frame that pauses on its way is cut, and more.
pub(super) fn pauses(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    if sight.id() != "frm/pauses" || sight.failure.what == What::Died {
        return None;
    }
    if pattern.cutting_breaks {
        return Some(SHORT_READ);
    }
    let in_a_body = sight.failure.expected.as_deref() == Some(AFTER_A_BODY)
        || matches!(sight.failure.what, What::Directory(_));
    if in_a_body && pattern.counts_reads {
        return Some(bodies::COUNTED);
    }
    if in_a_body && pattern.closes_after_transfers {
        return Some(bodies::CLOSES_AFTER);
    }
    if in_a_body {
        return Some(Diagnosis::new(
            "TRF-3",
            "it takes a pause inside a body for its end",
        ));
    }
    Some(Diagnosis::because(
        "it loses what it has of a frame when the rest is late: a read with a timer drops it",
    ))
}

/// Frames that are lost in short streams are lost in long ones too.
pub(super) fn long_stream(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    if !is_long_stream(sight) || sight.failure.what == What::Died {
        return None;
    }
    match (pattern.cutting_breaks, pattern.joining_breaks) {
        (true, _) => Some(SHORT_READ),
        (_, true) => Some(STICKY),
        _ if pattern.many_frames_break => Some(Diagnosis::new(
            "FRM-3",
            "it handles no more than so many frames of one read",
        )),
        _ => None,
    }
}

fn is_long_stream(sight: &Sight<'_>) -> bool {
    sight.id().starts_with("frm/frames-") || sight.id() == "frm/pipelined"
}
