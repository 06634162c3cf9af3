//! The turn to announce a length of which little comes. A server that takes memory by it may take gigabytes, and keep
//! them: several side by side would take all that the machine has, so they are told one after the other.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Number of announcements that must have cost nothing before all are taken to cost nothing. A runtime with a garbage
/// collector gets fresh memory, which costs nothing before it is written to, the first times; later it reuses memory and
/// has to clear it. When its collector has come round depends on the load of the machine: under load four were too few.
pub(crate) const ENOUGH: usize = 12;

/// The turn, for the servers that one command has started.
#[derive(Debug, Default)]
pub(super) struct MemoryTurn {
    /// True if one of them was seen to take memory by a length.
    taking: AtomicBool,
    /// Number of announcements that cost nothing.
    bounded: AtomicUsize,
    turn: Mutex<()>,
}

impl MemoryTurn {
    /// Waits for the turn and holds it; `None` where none is needed: such lengths cost these servers nothing.
    pub(super) fn wait(&self) -> Option<MutexGuard<'_, ()>> {
        if !self.is_needed() {
            return None;
        }
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        // The checks before may have shown that.
        self.is_needed().then_some(turn)
    }

    /// True unless such lengths have cost these servers nothing often enough, and never much.
    fn is_needed(&self) -> bool {
        self.taking.load(Ordering::Relaxed) || self.bounded.load(Ordering::Relaxed) < ENOUGH
    }

    /// Notes that a check which announces much has taken memory of a server, or none; `times` says how often it has
    /// announced that.
    pub(super) fn note(&self, took_memory: bool, times: usize) {
        if took_memory {
            self.taking.store(true, Ordering::Relaxed);
        } else {
            self.bounded.fetch_add(times, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_turn_is_needed_until_lengths_have_cost_nothing_and_for_good_once_one_has_cost_much() {
        let turn = MemoryTurn::default();
        for _ in 0..ENOUGH {
            assert!(turn.wait().is_some());
            turn.note(false, 1);
        }
        assert!(turn.wait().is_none());
        turn.note(true, 1);
        turn.note(false, 1);
        assert!(turn.wait().is_some());
    }
}
