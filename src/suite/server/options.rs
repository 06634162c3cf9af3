//! What a run against a server is told.

use std::time::Duration;

use crate::trace::Class;

/// What a run is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the testee claims.
    pub class: Class,
    /// Its limit on payloads in octets, if it declares one (FRM-7).
    pub max_payload: Option<u32>,
    /// Its limit on concurrent sessions, if it declares one (SES-9).
    pub max_sessions: Option<usize>,
    /// How long a busy testee is waited for.
    pub timeout: Duration,
    /// How much is done.
    pub effort: Effort,
}

/// How much a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// All that is needed to judge a testee.
    Full,
    /// What is needed to see a known fault again: some segmentations, shorter waits.
    Quick,
}

impl Effort {
    /// After failures of a chapter have taken time so often, by a wait in vain or by a start afresh, a
    /// case that has failed is not run under further segmentations. Counted rather than timed, so that
    /// two runs agree.
    pub(super) const fn soft_budget(self) -> u32 {
        match self {
            Self::Full => 12,
            Self::Quick => 3,
        }
    }

    /// After so often, the rest of the chapter is left out.
    pub(super) const fn hard_budget(self) -> u32 {
        match self {
            Self::Full => 50,
            Self::Quick => 200,
        }
    }

    /// The waits in vain that a run is taken to have behind it when it begins: the more there
    /// are, the shorter the next.
    pub(crate) const fn waits(self) -> u32 {
        match self {
            Self::Full => 0,
            Self::Quick => 12,
        }
    }
}
