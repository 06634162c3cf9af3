//! The symptoms that tell the mistakes of clients apart, as data.

/// The look of a failure, where that tells mistakes apart: words are for people alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::suite::client) enum Symptom {
    /// A whole reply is not shown.
    NotShown,
    /// Octets that are not a whole reply, or not text, are shown as if they were a reply.
    ShownAllTheSame,
    /// The client ends as if all were well.
    Silent,
    /// The client closes, and has sent nothing of what was expected.
    ClosedInstead,
    /// The client sends more than was expected before its close.
    SentMore,
    /// The client does not close.
    NotClosed,
    /// The header of a file is another.
    OtherHeader,
    /// The header is right, and something else is not; or the client did not come to a header at all.
    Other,
}
