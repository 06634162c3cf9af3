//! Why nothing can be said about a subject.

use super::sentence::Sentence;
use crate::testee::launch::StartError;

/// Why a run has no outcome.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The subject did not start, or not again.
    #[error(transparent)]
    Start(#[from] StartError),
    /// It does not hold the plainest conversation; in words for its author.
    #[error("{0}")]
    NoAnswer(Sentence),
    /// Whoever followed the run wanted it to end.
    #[error("interrupted")]
    Interrupted,
}
