//! The cases for servers: the golden traces, and the few that need code.
//!
//! A file here holds cases of one kind, and uses what `suite::server` has for conversations;
//! nothing in `suite::server` but the list of all cases knows what stands here.

mod cost;
mod disk;
mod gone_peers;
mod limits;
mod memory;
pub(super) mod pauses;
mod sessions;
mod slow_peers;
mod volume;
mod wraparound;

use super::case::{Case, Coded};
use crate::framing::Framing;
use crate::suite::{derived, fixtures};
use crate::trace::Class;

/// All cases for servers of the article's framing, chapter by chapter; those that need code behind the
/// traces.
#[must_use]
pub fn all() -> Vec<Case> {
    in_order(fixtures::all().iter().map(Case::of), |_| true)
}

/// All cases for servers of a framing: those of class `framing`, where it is another than the article's.
#[must_use]
pub fn of(framing: &Framing) -> Vec<Case> {
    if framing.is_reference() {
        return all();
    }
    let applies = |coded: &Coded| match coded.id {
        _ if coded.class > Class::Framing => false,
        id if id.starts_with("frm/wraps-") => wraparound::applies(framing),
        "frm/memory-follows-arrival" => memory::applies(framing),
        "frm/cost-of-a-large-frame" => cost::applies(framing),
        // Until a line has its end, it has no length to be refused by.
        "frm/limit-exceeded-in-pieces" => framing.number().is_some(),
        _ => true,
    };
    let traces = derived::traces(framing).iter().map(Case::of);
    let mut cases = in_order(traces, applies);
    for case in &mut cases {
        if case.info.id == "frm/limit-exceeded" && framing.number().is_none() {
            case.info.title = "A frame of more than the declared limit is refused".into();
        }
    }
    cases
}

fn in_order(traces: impl Iterator<Item = Case>, applies: impl Fn(&Coded) -> bool) -> Vec<Case> {
    let coded = [
        limits::CASES,
        wraparound::CASES,
        volume::CASES,
        pauses::CASES,
        slow_peers::CASES,
        memory::CASES,
        cost::CASES,
        sessions::CASES,
        gone_peers::CASES,
        disk::CASES,
    ];
    let coded = coded.into_iter().flatten().filter(|coded| applies(coded));
    let mut cases: Vec<Case> = traces.chain(coded.map(Case::from)).collect();
    cases.sort_by_key(|case| fixtures::chapter(&case.info.id));
    cases
}
