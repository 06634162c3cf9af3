//! What tells the mistakes of clients apart, as data.

/// What a failure looks like, where that tells mistakes apart: words are for people alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::suite::client) enum Symptom {
    /// A whole reply is not shown.
    NotShown,
    /// What is no whole reply, or no text, is shown as if it were a reply.
    ShownAllTheSame,
    /// The client ends as if all were well.
    Silent,
    /// It closes, and has sent nothing of what was expected.
    ClosedInstead,
    /// It sends more than was expected before its close.
    SentMore,
    /// It does not close.
    NotClosed,
    /// The header of a file is another.
    OtherHeader,
    /// The header is right, and something else is not; or it did not come to a header at all.
    Other,
}
