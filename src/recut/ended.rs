//! What came of a program that was started for one conversation.

use super::held::Held;

/// What came of one process.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) held: Held,
    /// How it ended, if it did.
    pub(super) status: Option<i32>,
    /// The end of what it wrote to standard error.
    pub(super) stderr: String,
}
