//! The reasons why nothing can be said about a subject.

use super::sentence::Sentence;
use crate::testee::launch::StartError;

/// The reason why a run has no outcome.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The subject did not start, or not again.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The subject does not hold the plainest conversation; in words for its author.
    #[error("{0}")]
    NoAnswer(Sentence),
    /// The follower of the run wanted it to end.
    #[error("interrupted")]
    Interrupted,
}
