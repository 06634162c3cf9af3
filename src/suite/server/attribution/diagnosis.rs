//! The diagnosis of a failure by a rule.

/// The reason of a failure: the requirement that is broken, where it is not the case's own
/// foremost one, and the likely mistake in words that follow "it".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Diagnosis {
    pub(super) requirement: Option<&'static str>,
    pub(super) cause: Option<&'static str>,
}

impl Diagnosis {
    pub(super) const fn new(requirement: &'static str, cause: &'static str) -> Self {
        Self {
            requirement: Some(requirement),
            cause: Some(cause),
        }
    }

    /// The requirement is broken, and the reason may be one of many.
    pub(super) const fn silent(requirement: &'static str) -> Self {
        Self {
            requirement: Some(requirement),
            cause: None,
        }
    }

    /// The case's own requirement is broken, for this reason.
    pub(super) const fn because(cause: &'static str) -> Self {
        Self {
            requirement: None,
            cause: Some(cause),
        }
    }
}

/// The mistake of a server whose memory follows the lengths that are announced to it.
pub(super) const TAKES_ANNOUNCED: &str = "it takes memory by the announced length";

/// A common mistake of programs that read from a stream.
pub(super) const SHORT_READ: Diagnosis =
    Diagnosis::new("FRM-2", "it takes a short read for a whole one");

/// Another common mistake of programs that read from a stream.
pub(super) const STICKY: Diagnosis = Diagnosis::new(
    "FRM-3",
    "it loses what arrives together with the end of a frame",
);
