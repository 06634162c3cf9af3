//! The checks to be made: each case under the segmentations that apply.

use super::case::{Body, Case, Code};
use super::options::Effort;
use crate::trace::segmentation::{Move, Segmentation, conversations};
use crate::trace::{Class, Trace};

/// Whether a run of so much effort makes a check.
fn covers(effort: Effort, case: &Case, segmentation: Segmentation) -> bool {
    match segmentation {
        _ if effort == Effort::Full => true,
        Segmentation::Apart | Segmentation::Whole | Segmentation::Pinned => true,
        // Cuts are a matter of frames and texts.
        Segmentation::Octets | Segmentation::Length3 | Segmentation::StraddleLength => {
            case.info.class <= Class::Framing || case.info.id.starts_with("msg/")
        }
        _ => false,
    }
}

/// One check to be made.
pub(super) struct Planned<'c> {
    pub(super) case: &'c Case,
    pub(super) what: Plan,
}

pub(super) enum Plan {
    Conversation(&'static Trace, Segmentation, Vec<Move<'static>>),
    Code(Code),
}

impl<'c> Planned<'c> {
    pub(super) fn of(case: &'c Case, effort: Effort) -> Vec<Self> {
        match case.body {
            Body::Trace(trace) => conversations(trace)
                .into_iter()
                .filter(|(segmentation, _)| covers(effort, case, *segmentation))
                .map(|(segmentation, moves)| Self {
                    case,
                    what: Plan::Conversation(trace, segmentation, moves),
                })
                .collect(),
            Body::Code(code) => vec![Self {
                case,
                what: Plan::Code(code),
            }],
        }
    }

    pub(super) const fn segmentation(&self) -> Option<Segmentation> {
        match self.what {
            Plan::Conversation(_, segmentation, _) => Some(segmentation),
            Plan::Code(_) => None,
        }
    }

    /// Within a chapter the plainest come first, so that of a testee that takes long to fail
    /// every requirement is seen before every cut of the stream.
    pub(super) const fn turn(&self) -> u8 {
        match self.segmentation() {
            Some(Segmentation::Apart) => 0,
            None => 1,
            Some(Segmentation::Whole) => 2,
            Some(_) => 3,
        }
    }
}
