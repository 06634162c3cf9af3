//! The end of a connection.

/// The way in which a connection ended. All are a close: which of them shows is chance (unread input makes
/// the kernel send a reset).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// End of stream.
    EndOfStream,
    /// A reset, seen when reading.
    ResetOnRead,
    /// An error of our own write.
    ErrorOnWrite,
    /// We closed: more came than any conversation holds.
    Flooded,
}

impl Ending {
    /// True if the end may have taken octets with it that the testee had written before.
    #[must_use]
    pub const fn is_reset(self) -> bool {
        matches!(self, Self::ResetOnRead | Self::ErrorOnWrite)
    }

    /// In words, for a connection to a `role`: a server or a client.
    pub(super) fn in_words(self, role: &str) -> String {
        match self {
            Self::EndOfStream => format!("the {role} closed (end of stream)"),
            Self::ResetOnRead => format!("the {role} closed (reset, seen when reading)"),
            Self::ErrorOnWrite => format!("the {role} closed (seen when writing)"),
            Self::Flooded => "we closed, after a flood of octets".to_owned(),
        }
    }
}
