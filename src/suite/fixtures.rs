//! The golden traces, as the program carries them.

use std::sync::OnceLock;

use crate::trace::{Trace, json};

/// The id and the text of each fixture, sorted by id.
pub const TEXTS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/fixtures.rs"));

/// All golden traces, by chapter of the specification and then by id.
///
/// # Panics
/// Never in a build that passed its tests, which read every fixture.
pub fn all() -> &'static [Trace] {
    static ALL: OnceLock<Vec<Trace>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut traces: Vec<Trace> = TEXTS
            .iter()
            .map(|(id, text)| {
                json::read(text).unwrap_or_else(|error| panic!("fixtures/{id}.json: {error}"))
            })
            .collect();
        traces.sort_by_cached_key(|trace| order(&trace.id));
        traces
    })
}

/// The chapters of the specification as directories of fixtures, in its order.
pub const CHAPTERS: [&str; 6] = ["len", "frm", "msg", "ses", "trf", "vtr"];

/// The place of an id's chapter; what has none comes first.
#[must_use]
pub fn chapter(id: &str) -> Option<usize> {
    let (directory, _) = id.split_once('/')?;
    CHAPTERS.iter().position(|chapter| *chapter == directory)
}

/// The place of an id among others: by chapter, then by name, numbers as numbers.
pub(super) fn order(id: &str) -> impl Ord + use<> {
    (chapter(id), natural(id))
}

/// A key under which `cut-after-9` comes before `cut-after-10`.
fn natural(id: &str) -> Vec<(u64, String)> {
    id.split('-')
        .map(|part| {
            let digits = part.rsplit('/').next().unwrap_or(part);
            (digits.parse().unwrap_or(0), part.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_sorted_as_numbers() {
        let mut ids = ["frm/cut-10", "frm/cut-9", "frm/cut-1", "frm/a"];
        ids.sort_by_key(|id| natural(id));
        assert_eq!(ids, ["frm/a", "frm/cut-1", "frm/cut-9", "frm/cut-10"]);
    }
}
