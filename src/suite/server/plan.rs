//! The checks to be made: each case under the segmentations that apply.

use super::case::{Body, Case, Code};
use crate::judge;
use crate::judge::case::CaseInfo;
use crate::suite::effort::Effort;
use crate::trace::segmentation::{Move, Segmentation, conversations};
use crate::trace::{Class, Trace};

/// The case that ends every run.
pub(super) const PLAIN_LAST: &str = "plain/last";

/// True if a run of this effort makes a check.
fn covers(effort: Effort, case: &Case, segmentation: Segmentation) -> bool {
    match segmentation {
        _ if effort == Effort::Full => true,
        Segmentation::Apart | Segmentation::Whole | Segmentation::Pinned => true,
        // Cuts are a matter of frames and texts.
        Segmentation::Octets | Segmentation::Length(3) | Segmentation::StraddleLength => {
            case.info.class <= Class::Framing || case.info.id.starts_with("msg/")
        }
        _ => false,
    }
}

/// A check to be made.
pub(crate) struct Planned<'c> {
    pub(super) case: &'c Case,
    pub(super) what: Plan,
    /// The server is one for all, so that a check that concerns more than its conversation is made alone.
    pub(super) shared: bool,
}

pub(crate) enum Plan {
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
                    shared: false,
                })
                .collect(),
            Body::Code(code) => vec![Self {
                case,
                what: Plan::Code(code),
                shared: false,
            }],
        }
    }
}

impl judge::subject::Planned for Planned<'_> {
    fn info(&self) -> &CaseInfo {
        &self.case.info
    }

    fn segmentation(&self) -> Option<Segmentation> {
        match self.what {
            Plan::Conversation(_, segmentation, _) => Some(segmentation),
            Plan::Code(_) => None,
        }
    }

    fn alone(&self) -> bool {
        let plain = matches!(self.what, Plan::Conversation(..));
        let needs_directory = self.case.info.class >= Class::Transfer;
        self.is_last() || self.shared && (needs_directory || !plain)
    }

    fn is_last(&self) -> bool {
        self.case.info.id == PLAIN_LAST
    }
}
