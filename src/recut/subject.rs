//! What a conversation is held with: a server, or whatever else answers.

use std::time::Duration;

use super::held::{Held, Learned};
use super::turn::Conversation;
use super::variation::Variation;
use crate::testee::wait::Patience;

/// How a conversation is to be held.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Talk<'t> {
    /// What is said.
    pub(crate) conversation: &'t Conversation,
    /// How it is cut.
    pub(crate) variation: &'t Variation,
    /// What the answers are like, once that is known.
    pub(crate) learned: Option<&'t Learned>,
    /// The answers of an uncut run before, while nothing is learned yet.
    pub(crate) hints: &'t [Vec<u8>],
    /// How long an answer that does not come is waited for.
    pub(crate) patience: Patience,
    /// Whether values of answers are carried over into what is sent later.
    pub(crate) carry: bool,
    /// How long nothing is said before the last turn, to see what comes unasked.
    pub(crate) linger: Option<Duration>,
}

/// Somebody who can be talked to again and again.
pub(crate) trait Subject {
    /// Holds a conversation.
    ///
    /// # Errors
    /// Why it could not even be begun for reasons that are not the subject's.
    fn hold(&mut self, talk: &Talk<'_>) -> Result<Held, String>;

    /// Replaces the subject by a fresh one.
    ///
    /// # Errors
    /// Why that was not possible.
    fn refresh(&mut self) -> Result<(), String>;

    /// Whether [`Subject::refresh`] does anything.
    fn can_refresh(&self) -> bool;
}
