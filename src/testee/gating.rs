//! Ways of keeping chunks apart.

/// The way in which the chunks of a stream are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gating {
    /// The next chunk goes out when the testee has taken the last.
    DrainGated,
    /// The testee's queue cannot be seen, so a pause takes its place.
    Timed,
}

impl Gating {
    /// The name used in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DrainGated => "drain-gated",
            Self::Timed => "timed",
        }
    }
}
