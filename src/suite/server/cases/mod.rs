//! The cases for servers: the golden traces, and the few that need code.
//!
//! A file here holds cases of one kind, and uses what `suite::server` has for conversations;
//! nothing in `suite::server` but the list of all cases knows what stands here.

mod disk;
mod early_reset;
mod limits;
mod memory;
pub(super) mod pauses;
mod sessions;
mod slow_peers;
mod volume;
mod wraparound;

use super::case::Case;
use crate::suite::fixtures;

/// All cases for servers, chapter by chapter; those that need code behind the traces.
#[must_use]
pub fn all() -> Vec<Case> {
    let traces = fixtures::all().iter().map(Case::of);
    let coded = [
        limits::CASES,
        wraparound::CASES,
        volume::CASES,
        pauses::CASES,
        slow_peers::CASES,
        memory::CASES,
        sessions::CASES,
        early_reset::CASES,
        disk::CASES,
    ]
    .into_iter()
    .flatten()
    .map(Case::from);
    let mut cases: Vec<Case> = traces.chain(coded).collect();
    cases.sort_by_key(|case| fixtures::chapter(&case.info.id));
    cases
}
