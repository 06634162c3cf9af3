//! A server as the runner sees it.

use std::sync::atomic::Ordering;

use super::bench::{Bench, NotPassed};
use super::directory_fault::DirectoryFault;
use super::failure::{Failure, What};
use super::judge::judge_conversation;
use super::plan::{Plan, Planned};
use crate::judge::evidence::Evidence;
use crate::judge::sentence::Sentence;
use crate::judge::subject::{Fails, Recovered, Subject};
use crate::testee::launch::StartError;

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

impl<'r> Subject for Bench<'r> {
    type Check = Planned<'r>;
    type Failure = Failure;

    /// Attempts a check. Where sessions count for a moment after their end, those of the last check may be in the way.
    fn attempt(&mut self, check: &Planned<'r>, timeouts: u32) -> Result<(), NotPassed> {
        self.waits = timeouts;
        let attempt = |bench: &mut Self| match &check.what {
            Plan::Conversation(trace, segmentation, moves) => {
                judge_conversation(bench, trace, *segmentation, moves)
            }
            Plan::Code(code) => code(bench),
        };
        if self.frees_slots_late.load(Ordering::Relaxed) {
            self.admitted(attempt)
        } else {
            attempt(self)
        }
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
