//! What is judged, as the runner sees it: a server, a client or a codec attempts one check at a time.

use super::case::CaseInfo;
use super::evidence::Evidence;
use super::sentence::Sentence;
use crate::testee::launch::StartError;
use crate::trace::segmentation::Segmentation;

/// What went wrong in an attempt, as data of the role.
pub trait Fails {
    /// In one sentence.
    fn message(&self) -> Sentence;

    /// What was sent, expected and seen.
    fn evidence(&self) -> Evidence;

    /// Whether a wait timed out, so that the failure has taken its time.
    fn took_time(&self) -> bool;

    /// Whether to have seen it once is proof enough.
    fn proves_itself(&self) -> bool {
        false
    }
}

/// Why an attempt did not pass.
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
    /// Cannot be seen here, for this reason.
    #[must_use]
    pub fn skipped(why: &str) -> Self {
        Self::Skipped(why.into())
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

/// One check to be made: a case under one segmentation.
pub trait Planned: Sync {
    /// The case.
    fn info(&self) -> &CaseInfo;

    /// How its stream is cut.
    fn segmentation(&self) -> Option<Segmentation>;

    /// Whether no other check may be under way meanwhile.
    fn alone(&self) -> bool {
        false
    }

    /// Whether the check ends the run, whatever came before.
    fn is_last(&self) -> bool {
        false
    }
}

/// What became of a subject after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovered {
    /// It was started again, so that nothing of earlier conversations remains.
    pub fresh: bool,
    /// To recover took its time, or might have.
    pub costly: bool,
}

/// A subject at work.
pub trait Subject: Send {
    /// What it attempts.
    type Check: Planned;
    /// How it fails.
    type Failure: Fails + Send;

    /// Attempts a check. `timeouts` is how many waits timed out before, in the whole run: the more there
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

    /// Whether it can be seen how much of the time that passes the subject has, on a loaded machine. Where it
    /// cannot, what was missing once and came the second time proves nothing.
    fn shows_its_time(&self) -> bool {
        true
    }

    /// Sees that the next attempt finds the subject in its usual state.
    ///
    /// # Errors
    /// It could not be started again.
    fn recover(&mut self, after: &Self::Failure, timeouts: u32) -> Result<Recovered, StartError>;
}
