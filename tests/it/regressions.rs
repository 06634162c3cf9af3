//! Former findings of fuzzing: every kept input, through the functions that the targets call.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use unstick_fuzz::targets;

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions")
}

/// The kept inputs, by `target/slug`.
fn kept() -> BTreeMap<String, Vec<u8>> {
    let mut kept = BTreeMap::new();
    for target in targets::ALL {
        let entries = fs::read_dir(home().join(target.name));
        for entry in entries.into_iter().flatten().flatten() {
            let slug = entry.file_name().into_string().unwrap();
            let data = fs::read(entry.path()).unwrap();
            kept.insert(format!("{}/{slug}", target.name), data);
        }
    }
    kept
}

/// The mistake that each showed, from `LIST`.
fn list() -> BTreeMap<String, String> {
    let text = fs::read_to_string(home().join("LIST")).unwrap();
    text.lines()
        .map(|line| {
            let (input, what) = line.split_once(": ").expect("a line is `INPUT: WHAT`");
            (input.to_owned(), what.to_owned())
        })
        .collect()
}

#[test]
fn every_kept_input_passes() {
    for (input, data) in kept() {
        let (name, _) = input.split_once('/').unwrap();
        let target = targets::find(name).unwrap();
        assert_eq!(
            (target.check)(&data),
            Ok(()),
            "{input}: {}",
            (target.show)(&data)
        );
    }
}

#[test]
fn every_kept_input_says_what_it_showed() {
    let inputs: BTreeSet<String> = kept().into_keys().collect();
    let listed: BTreeSet<String> = list().into_keys().collect();
    assert_eq!(inputs, listed);
}

/// An input that was kept for a planted fault exposes it: these tests have been seen to fail.
#[test]
fn what_was_kept_for_a_planted_fault_exposes_it() {
    let kept = kept();
    let mut exposed = BTreeMap::<&str, BTreeSet<&str>>::new();
    for (input, what) in list() {
        let Some(name) = what.strip_prefix("the planted fault ") else {
            continue;
        };
        let (target, _) = input.split_once('/').unwrap();
        let target = targets::find(target).unwrap();
        let planted = target.planted.unwrap();
        let fault = planted.faults.iter().find(|fault| fault.name == name);
        let fault = fault.unwrap_or_else(|| panic!("{input}: there is no fault {name:?}"));
        let data = &kept[&input];
        assert!(
            (planted.check)(fault.name, data).is_err(),
            "{input} does not expose {name}"
        );
        exposed.entry(target.name).or_default().insert(fault.name);
    }
    // Every fault but the one that takes a counting allocator has its input.
    for target in targets::ALL {
        let Some(planted) = target.planted.filter(|_| target.name != "decoder") else {
            continue;
        };
        let missing: Vec<&str> = planted
            .faults
            .iter()
            .map(|fault| fault.name)
            .filter(|name| {
                !exposed
                    .get(target.name)
                    .is_some_and(|known| known.contains(name))
            })
            .filter(|name| *name != "announced-memory")
            .collect();
        assert_eq!(missing, [""; 0], "{}", target.name);
    }
}
