//! The cases for clients: a file for each kind.

mod changing;
mod goodbyes;
mod messages;
mod pauses;
pub(super) mod replies;
mod stress;
mod transfers;
mod unready;
mod verdicts;
mod verified;

use super::case::Case;

/// All cases for clients, the plainest first.
#[must_use]
pub fn all() -> Vec<Case> {
    [
        messages::cases(),
        replies::cases(),
        pauses::cases(),
        goodbyes::cases(),
        transfers::cases(),
        changing::cases(),
        stress::cases(),
        verified::cases(),
        unready::cases(),
        verdicts::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
