//! A server as the runner sees it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::bench::{Bench, NotPassed};
use super::directory_fault::DirectoryFault;
use super::exchange::MUCH_MEMORY;
use super::failure::{Failure, What};
use super::judge::judge_conversation;
use super::memory_turn::ENOUGH;
use super::plan::{Plan, Planned};
use crate::judge::evidence::Evidence;
use crate::judge::sentence::Sentence;
use crate::judge::subject::{Fails, Recovered, Subject};
use crate::testee::launch::StartError;
use crate::testee::memory_limit;

impl Fails for Failure {
    fn message(&self) -> Sentence {
        self.message.clone()
    }

    fn evidence(&self) -> Evidence {
        self.evidence.clone()
    }

    fn took_time(&self) -> bool {
        self.what.took_time()
    }

    fn proves_itself(&self) -> bool {
        self.what.proves_itself()
    }
}

/// The memory of a server, in octets.
#[derive(Clone, Copy)]
struct Memory {
    /// Memory that its processes hold together.
    resident: u64,
    /// The most that one of them has held.
    peak: u64,
}

impl Bench<'_> {
    /// Makes a check. Where sessions count for a moment after their end, those of the last check may be in the way.
    fn make(&mut self, check: &Planned<'_>) -> Result<(), NotPassed> {
        let make = |bench: &mut Self| match &check.what {
            Plan::Conversation(trace, segmentation, moves) => {
                judge_conversation(bench, trace, *segmentation, moves)
            }
            Plan::Code(code) => code(bench),
        };
        if self.frees_slots_late.load(Ordering::Relaxed) {
            self.admitted(make)
        } else {
            make(self)
        }
    }

    /// True if the server has come to hold much more than it held before, if only for a while, or was ended for that.
    fn has_taken_memory(&mut self, before: Memory) -> bool {
        self.testee.settle();
        let grown = self.testee.grown_since(before.resident).unwrap_or(0);
        let peak = self.testee.highest_peak().unwrap_or(0);
        self.testee.exceeded_memory().is_some()
            || grown >= MUCH_MEMORY
            || peak > before.peak && peak >= before.resident + MUCH_MEMORY
    }

    /// The memory of the server now; `None` where it cannot be seen.
    fn memory(&mut self) -> Option<Memory> {
        Some(Memory {
            resident: self.testee.resident()?,
            peak: self.testee.highest_peak()?,
        })
    }
}

impl<'r> Subject for Bench<'r> {
    type Check = Planned<'r>;
    type Failure = Failure;

    /// Attempts a check, one that announces much in its turn.
    fn attempt(&mut self, check: &Planned<'r>, timeouts: u32) -> Result<(), NotPassed> {
        self.waits = timeouts;
        if !check.announces_much(self.framing()) {
            return self.make(check);
        }
        let Some(before) = self.memory() else {
            return self.make(check);
        };
        let memory_turn = Arc::clone(&self.memory_turn);
        let _turn = memory_turn.wait();
        let outcome = self.make(check);
        let (is_shown, times) = match (check.looks_for_memory(), &outcome) {
            // The check has no other failure without a name than that of its measurement.
            (true, Err(NotPassed::Failed(failure))) => (failure.what == What::Other, 1),
            (true, Ok(())) => (false, ENOUGH),
            _ => (false, 1),
        };
        if is_shown {
            memory_limit::lower(before.resident);
        }
        let took = self.has_taken_memory(before) || is_shown;
        memory_turn.note(took, times);
        if took {
            // The memory that it took would be missing to the next one whose turn it is.
            self.testee.restart().map_err(NotPassed::NotStarted)?;
        }
        outcome
    }

    /// Attempts a check again, more patiently where the time that the server has cannot be seen.
    fn attempt_again(&mut self, check: &Planned<'r>, timeouts: u32) -> Result<(), NotPassed> {
        self.doubts = !self.shows_its_time();
        let outcome = self.attempt(check, timeouts);
        self.doubts = false;
        outcome
    }

    fn shows_its_time(&self) -> bool {
        self.testee.shows_its_time()
    }

    /// Starts the server again where a failure may have left it in a state that is not its usual one.
    fn recover(&mut self, after: &Failure, timeouts: u32) -> Result<Recovered, StartError> {
        self.waits = timeouts;
        let clean = match &after.what {
            What::Different(_) | What::Extra | What::Unsolicited => true,
            // Only a fresh server has its directory in place again.
            What::Directory(fault) => !matches!(fault, DirectoryFault::Replaced { .. }),
            _ => false,
        };
        // A reply before a close, and the close itself, are seen by luck, since a reset takes
        // replies along: a difference costs as much with it as without, so that budgets agree.
        let as_it_is = Recovered {
            fresh: false,
            costly: matches!(after.what, What::Different(_)),
        };
        if !self.testee.can_restart() || clean && (!after.left_open || self.is_well().is_ok()) {
            return Ok(as_it_is);
        }
        self.testee.restart()?;
        Ok(Recovered {
            fresh: true,
            costly: true,
        })
    }
}
