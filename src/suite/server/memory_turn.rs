//! The turn to announce a length of which little comes. A server that takes memory by it may take gigabytes, and keep
//! them: several side by side would take all that the machine has, so they are told one after the other.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::plan::{Plan, Planned};
use crate::framing::{Framing, Place};
use crate::judge::subject::Planned as _;
use crate::trace::{Action, Trace};

/// Octets that are announced and do not come, from which on a server that takes memory by them takes much.
const MUCH: u128 = 64 * 1024 * 1024;

/// Number of checks that must have cost nothing before such lengths are taken to cost nothing. A runtime with a garbage
/// collector gets fresh memory the first times, which costs nothing before it is written to.
const ENOUGH: usize = 12;

/// The turn, for the servers that one command has started.
#[derive(Debug, Default)]
pub(super) struct MemoryTurn {
    /// True if one of them was seen to take memory by a length.
    taking: AtomicBool,
    /// Number of checks that cost nothing.
    bounded: AtomicUsize,
    turn: Mutex<()>,
}

impl MemoryTurn {
    /// Waits for the turn and holds it; `None` where none is needed: such lengths cost these servers nothing.
    pub(super) fn wait(&self) -> Option<MutexGuard<'_, ()>> {
        self.is_needed().then(|| {
            let turn = self.turn.lock();
            turn.unwrap_or_else(PoisonError::into_inner)
        })
    }

    /// True unless such lengths have cost these servers nothing often enough, and never much.
    fn is_needed(&self) -> bool {
        self.taking.load(Ordering::Relaxed) || self.bounded.load(Ordering::Relaxed) < ENOUGH
    }

    /// Notes what a check that announces much has cost a server.
    pub(super) fn note(&self, took_memory: bool) {
        if took_memory {
            self.taking.store(true, Ordering::Relaxed);
        } else {
            self.bounded.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// True of a check that announces much more than it sends.
pub(super) fn announces_much(check: &Planned<'_>, framing: &Framing) -> bool {
    match &check.what {
        Plan::Conversation(trace, ..) => breaks_off(trace, framing),
        Plan::Code(_) => check.info().shows("FRM-8"),
    }
}

/// True of the check that looks for memory which is taken by a length, and for nothing else.
pub(super) fn looks_for_memory(check: &Planned<'_>) -> bool {
    let foremost = check.info().requirements.first();
    matches!(check.what, Plan::Code(_)) && foremost.is_some_and(|id| *id == "FRM-8")
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

    #[test]
    fn the_turn_is_needed_until_lengths_have_cost_nothing_and_for_good_once_one_has_cost_much() {
        let turn = MemoryTurn::default();
        for _ in 0..ENOUGH {
            assert!(turn.wait().is_some());
            turn.note(false);
        }
        assert!(turn.wait().is_none());
        turn.note(true);
        turn.note(false);
        assert!(turn.wait().is_some());
    }
}
