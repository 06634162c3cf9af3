//! The names that a run may have files stored under: in a directory that the user has named, these
//! and no others are ever removed.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use super::case::{Body, Case};
use crate::suite::plain::next_frame;
use crate::trace::{Action, Placed, Step, Trace};

/// The names that cases in code have files stored under. A test holds every run to this list.
const STORED_BY_CODE: [&str; 10] = [
    "a.bin",
    "0.bin",
    "1.bin",
    "large.bin",
    "gone.bin",
    "half.bin",
    "slow.bin",
    "slow-0.bin",
    "slow-1.bin",
    "slow-2.bin",
];

/// The names that these cases may have files stored under, right or wrong: what a run may remove.
#[must_use]
pub fn names_stored(cases: &[Case]) -> BTreeSet<OsString> {
    let mut names: BTreeSet<OsString> = STORED_BY_CODE.map(OsString::from).into();
    for case in cases {
        if let Body::Trace(trace) = case.body {
            names.extend(names_of(trace));
        }
    }
    names
}

fn names_of(trace: &Trace) -> BTreeSet<OsString> {
    let placed = trace.before.iter().map(|placed| match placed {
        Placed::File { name, .. } | Placed::Link { name, .. } => name.into(),
    });
    let steps = trace.steps.iter().chain(trace.repaired.iter().flatten());
    placed.chain(steps.filter_map(name_in)).collect()
}

/// The name in a step: of a file that is looked at, or of one that is announced.
fn name_in(step: &Step) -> Option<OsString> {
    match &step.action {
        Action::Stored { name, .. } | Action::Absent(name) => Some(name.into()),
        Action::Frame { payload, .. } => before_the_comma(&payload.to_vec()),
        Action::Send(octets) => {
            let octets = octets.to_vec();
            before_the_comma(next_frame(&octets).unwrap_or(&octets))
        }
        _ => None,
    }
}

/// The part of a header before its last comma, if that is a name in one directory.
fn before_the_comma(header: &[u8]) -> Option<OsString> {
    const MAX_NAME: usize = 255;
    let comma = header.iter().rposition(|octet| *octet == b',')?;
    let name = &header[..comma];
    let plain = !name.is_empty()
        && name.len() <= MAX_NAME
        && !name.iter().any(|octet| matches!(octet, b'/' | 0))
        && !matches!(name, b"." | b"..");
    plain.then(|| OsStr::from_bytes(name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::server::cases;

    #[test]
    fn the_names_that_a_run_may_remove_are_those_that_it_has_stored() {
        let names = names_stored(&cases::all());
        for name in [
            "a.bin",
            "gone.bin",
            "no comma, just a name".split(',').next().unwrap(),
        ] {
            let wanted = ["a.bin", "gone.bin"].contains(&name);
            assert_eq!(names.contains(OsStr::new(name)), wanted, "{name}");
        }
        for name in &names {
            let octets = name.as_bytes();
            assert!(
                !octets.contains(&b'/') && !matches!(octets, b"." | b".." | b""),
                "{name:?}"
            );
        }
        assert_eq!(before_the_comma(b"a,b,3"), Some("a,b".into()));
        assert_eq!(before_the_comma(b"../x,3"), None);
        assert_eq!(before_the_comma(b"..,3"), None);
        assert_eq!(before_the_comma(b"hello"), None);
    }
}
