//! The checks to be made: each case under the segmentations that apply.

use super::case::{Body, Case, Code};
use crate::framing::{Framing, Place};
use crate::judge;
use crate::judge::case::CaseInfo;
use crate::suite::effort::Effort;
use crate::trace::segmentation::{Move, Segmentation, conversations};
use crate::trace::{Action, Class, Trace};

/// Octets that are announced and do not come, from which on a server that takes memory by them takes much.
const MUCH: u128 = 64 * 1024 * 1024;

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

    /// True of a check that announces much more than it sends.
    pub(super) fn announces_much(&self, framing: &Framing) -> bool {
        match &self.what {
            Plan::Conversation(trace, ..) => breaks_off(trace, framing),
            Plan::Code(_) => self.case.info.shows("FRM-8"),
        }
    }

    /// True of the check that looks for memory which is taken by a length, and for nothing else.
    pub(super) fn looks_for_memory(&self) -> bool {
        let foremost = self.case.info.requirements.first();
        matches!(self.what, Plan::Code(_)) && foremost.is_some_and(|id| *id == "FRM-8")
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

/// True if a frame of the trace lacks much of the payload that it announces.
fn breaks_off(trace: &Trace, framing: &Framing) -> bool {
    trace.steps.iter().any(|step| {
        let (number, came) = match &step.action {
            Action::Frame { length, payload } => {
                (framing.number_in(&length.to_vec()), payload.len())
            }
            Action::Parts(parts) => {
                let in_place = |place| parts.iter().filter(move |part| part.0 == place);
                let number = in_place(Place::Length)
                    .filter_map(|(_, octets)| framing.number_in(&octets.to_vec()))
                    .max();
                (
                    number,
                    in_place(Place::Payload)
                        .map(|(_, octets)| octets.len())
                        .sum(),
                )
            }
            _ => return false,
        };
        number.is_some_and(|number| number >= came as u128 + MUCH)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::fixtures;

    fn breaks_off_in(id: &str) -> bool {
        let trace = fixtures::all().iter().find(|trace| trace.id == id);
        breaks_off(trace.expect("the fixture is there"), &Framing::default())
    }

    #[test]
    fn a_trace_that_announces_much_more_than_it_sends_is_known() {
        assert!(breaks_off_in("len/announced-80000000"));
        assert!(breaks_off_in("len/announced-ffffffff"));
        assert!(!breaks_off_in("frm/two"));
        assert!(!breaks_off_in("len/4-mib"));
    }
}
