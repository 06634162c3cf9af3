//! Rules about what long streams and pauses show.

use super::diagnosis::{Diagnosis, SHORT_READ, STICKY};
use super::run_facts::Pattern;
use super::symptom::Sight;
use crate::suite::server::cases::pauses::AFTER_A_BODY;
use crate::suite::server::failure::What;
use crate::trace::segmentation::Segmentation;

const INTERLEAVED: Diagnosis = Diagnosis::new(
    "FRM-9",
    "it writes two frames at the same time, and their octets interleave",
);

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
    if sight.failure.expected.as_deref() == Some(AFTER_A_BODY)
        || matches!(sight.failure.what, What::Directory(_))
    {
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
