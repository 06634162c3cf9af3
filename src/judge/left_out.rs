//! Reasons for not making a check: enough has failed before it.

/// The reason why a check is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// Its case has failed under another segmentation.
    Case,
    /// Checks with the same foremost requirement and kind of cut have failed.
    Requirement,
    /// Checks of the same chapter and kind of cut have failed.
    Chapter,
    /// The subject did not come back over many cases, and over one with the same foremost requirement.
    Hangs,
    /// The subject takes the memory that is announced to it, which takes its time.
    Memory,
    /// The run was to stop at the first failure.
    FailFast,
}

impl std::fmt::Display for LeftOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Case => {
                "not run: the case has failed under another segmentation, and many checks fail"
            }
            Self::Requirement => {
                "not run: many checks fail, and so did one of the same requirement; fix those first"
            }
            Self::Chapter => "not run: many checks of this chapter fail; fix those first",
            Self::Hangs => {
                "not run: over many cases it did not come back, and so over one of the same requirement; \
                 fix those first"
            }
            Self::Memory => {
                "not run: it takes the memory that is announced, and so would take its time; fix that first"
            }
            Self::FailFast => "not run: a check has failed, and --fail-fast stops there",
        })
    }
}
