//! The cases for clients: a file for each kind.

mod changing;
mod goodbyes;
mod large;
mod messages;
mod pauses;
pub(super) mod replies;
mod stress;
mod transfers;
mod unready;
mod verdicts;
mod verified;

use super::case::Case;

/// All cases for clients but the large ones, the plainest first.
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

/// Cases that are made only where they are asked for (`--large`): they take gigabytes through the network.
#[must_use]
pub fn large() -> Vec<Case> {
    large::cases()
}

/// All cases for clients, the large ones after the others.
#[must_use]
pub fn with_large() -> Vec<Case> {
    let mut cases = all();
    cases.extend(large());
    cases
}
