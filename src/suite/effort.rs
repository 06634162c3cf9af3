//! The extent of a run.

use crate::judge::budget::Budget;

/// The extent of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// All that is needed to judge a testee.
    Full,
    /// The least that shows a known fault again: some segmentations, shorter waits.
    Quick,
}

impl Effort {
    /// The budget for failures.
    pub(crate) const fn budget(self) -> Budget {
        match self {
            Self::Full => Budget::FULL,
            Self::Quick => Budget::THOROUGH,
        }
    }

    /// Initial value of the timeout counter. Each timeout shortens the following ones; starting higher
    /// makes the whole run impatient.
    pub(crate) const fn waits(self) -> u32 {
        match self {
            Self::Full => 0,
            Self::Quick => 12,
        }
    }
}
