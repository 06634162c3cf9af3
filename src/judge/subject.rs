//! The subject as the runner sees it: a server, a client or a codec attempts one check at a time.

use super::case::CaseInfo;
use super::evidence::Evidence;
use super::sentence::Sentence;
use crate::testee::launch::StartError;
use crate::trace::segmentation::Segmentation;

/// A failure of an attempt, as data of the role.
pub trait Fails {
    /// The failure in one sentence.
    fn message(&self) -> Sentence;

    /// The evidence: what was sent, expected and seen.
    fn evidence(&self) -> Evidence;

    /// True if a wait timed out, so that the failure has taken its time.
    fn took_time(&self) -> bool;

    /// True if a failure that was seen once is proof enough.
    fn proves_itself(&self) -> bool {
        false
    }
}

/// The reason why an attempt did not pass.
#[derive(Debug)]
pub enum NotPassed<F> {
    /// Allowed by a MAY.
    Acceptable(Sentence),
    /// Not claimed, or cannot be seen here.
    Skipped(Sentence),
    /// Could not be judged.
    Error(Sentence),
    /// Against the requirement.
    Failed(Box<F>),
    /// The subject could not be started, so nothing can be said about it any more.
    NotStarted(StartError),
}

impl<F> NotPassed<F> {
    /// A result that cannot be seen here, for this reason.
    #[must_use]
    pub fn skipped(why: &str) -> Self {
        Self::Skipped(why.into())
    }

    /// The same, with a failure as `change` leaves it.
    #[must_use]
    pub fn with_failure(mut self, change: impl FnOnce(&mut F)) -> Self {
        if let Self::Failed(failure) = &mut self {
            change(failure);
        }
        self
    }
}

impl<F> From<Box<F>> for NotPassed<F> {
    fn from(failure: Box<F>) -> Self {
        Self::Failed(failure)
    }
}

impl<F> From<StartError> for NotPassed<F> {
    fn from(error: StartError) -> Self {
        Self::NotStarted(error)
    }
}

/// A check to be made: a case under one segmentation.
pub trait Planned: Sync {
    /// The case.
    fn info(&self) -> &CaseInfo;

    /// The segmentation of its stream.
    fn segmentation(&self) -> Option<Segmentation>;

    /// True if no other check may be under way meanwhile.
    fn alone(&self) -> bool {
        false
    }

    /// True if the check ends the run, whatever came before.
    fn is_last(&self) -> bool {
        false
    }
}

/// The recovery of a subject after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovered {
    /// True if the subject was started again, so that nothing of earlier conversations remains.
    pub fresh: bool,
    /// True if the recovery took its time, or might have.
    pub costly: bool,
}

/// A subject at work.
pub trait Subject: Send {
    /// The checks that the subject attempts.
    type Check: Planned;
    /// The failure of an attempt.
    type Failure: Fails + Send;

    /// Attempts a check. `timeouts` is the number of waits that timed out before, in the whole run: the more there
    /// were, the shorter the next.
    ///
    /// # Errors
    /// [`NotPassed`]
    fn attempt(
        &mut self,
        check: &Self::Check,
        timeouts: u32,
    ) -> Result<(), NotPassed<Self::Failure>>;

    /// Attempts a check that has failed once.
    ///
    /// # Errors
    /// [`NotPassed`]
    fn attempt_again(
        &mut self,
        check: &Self::Check,
        timeouts: u32,
    ) -> Result<(), NotPassed<Self::Failure>> {
        self.attempt(check, timeouts)
    }

    /// True if it can be seen how much of the time that passes the subject has, on a loaded machine. Where it
    /// cannot, output that was missing once and came the second time proves nothing.
    fn shows_its_time(&self) -> bool {
        true
    }

    /// Sees that the next attempt finds the subject in its usual state.
    ///
    /// # Errors
    /// The subject could not be started again.
    fn recover(&mut self, after: &Self::Failure, timeouts: u32) -> Result<Recovered, StartError>;
}
