//! The outcome of a program that was started for one conversation.

use super::held::Held;

/// The outcome of one process.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) held: Held,
    /// Its exit status, if it ended.
    pub(super) status: Option<i32>,
    /// The end of what it wrote to standard error.
    pub(super) stderr: String,
}
