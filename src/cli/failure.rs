//! The ways in which a command does not come to what it is asked for.

use std::process::ExitCode;

/// A case failed, is flaky, or the list of known failures is stale.
pub(super) const FAILED: u8 = 1;

/// Bad usage: an option, a file, a pattern that matches nothing.
pub(super) const USAGE: u8 = 2;

/// Nothing can be said: the testee did not start, or does not answer.
pub(super) const UNJUDGED: u8 = 3;

/// A command that did not come to its end, in words for its user.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// It was understood, and did not succeed: a case failed, a file could not be written.
    #[error("{0}")]
    Failed(String),
    /// An option, a file or a pattern is wrong.
    #[error("{0}")]
    Usage(String),
    /// Nothing can be said about what was to be judged.
    #[error("{0}")]
    Unjudged(String),
}

impl Failure {
    /// The exit status, as the help of the program has it.
    pub(super) const fn status(&self) -> u8 {
        match self {
            Self::Failed(_) => FAILED,
            Self::Usage(_) => USAGE,
            Self::Unjudged(_) => UNJUDGED,
        }
    }

    /// The same, in other words.
    pub(super) fn reworded(mut self, words: impl FnOnce(&str) -> String) -> Self {
        let (Self::Failed(why) | Self::Usage(why) | Self::Unjudged(why)) = &mut self;
        *why = words(why);
        self
    }
}

impl From<Failure> for ExitCode {
    fn from(failure: Failure) -> Self {
        failure.status().into()
    }
}
