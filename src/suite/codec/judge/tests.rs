//! Checks of a codec that are left out, and the reasons.

use std::collections::BTreeSet;

use super::*;
use crate::suite::codec::{Decode, reference};

/// A codec that does not come back at the end of a stream.
struct NeverEnds;

impl Decode for NeverEnds {
    fn feed(&mut self, _: &[u8], _: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        Ok(())
    }

    fn finish(&mut self, _: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        Err("it does not end".to_owned())
    }

    fn broke(&self) -> bool {
        true
    }

    fn hung(&self) -> bool {
        true
    }
}

fn never_ends() -> Judge<'static> {
    Judge::decoder(|| Box::new(NeverEnds))
}

fn failed(checks: &[Check]) -> Vec<&Check> {
    let failed = |check: &&Check| check.verdict == Verdict::Fail;
    checks.iter().filter(failed).collect()
}

fn foremost(checks: &[&Check]) -> BTreeSet<String> {
    let foremost = |check: &&Check| check.requirements[0].to_string();
    checks.iter().map(foremost).collect()
}

#[test]
fn a_codec_that_does_not_come_back_is_sampled_and_each_requirement_has_its_say() {
    let checks = never_ends().run(&Manner::ALL, &mut Unwatched);
    let failed = failed(&checks);
    let all: Vec<&Check> = checks.iter().collect();
    assert_eq!(foremost(&failed), foremost(&all));
    assert!(
        failed.len() < MANY_HANGS + foremost(&all).len(),
        "{}",
        failed.len()
    );
    let left_out = checks.iter().filter(|check| check.left_out).count();
    assert!(
        left_out > checks.len() / 2,
        "{left_out} of {}",
        checks.len()
    );
}

#[test]
fn what_is_known_to_hang_leaves_out_nothing_else() {
    let known = |id: &str| !id.starts_with("frm/end-");
    let manner = Manner {
        known: &known,
        ..Manner::ALL
    };
    let checks = never_ends().run(&manner, &mut Unwatched);
    assert!(checks.iter().all(|check| !check.left_out));
}

#[test]
fn a_run_that_fails_fast_stops_at_the_first_failure_that_is_not_known() {
    let manner = Manner {
        fail_fast: true,
        ..Manner::ALL
    };
    let checks = never_ends().run(&manner, &mut Unwatched);
    assert_eq!(failed(&checks).len(), 1);
    assert!(checks[1..].iter().all(|check| check.left_out));
    let first = checks[0].id.clone();
    let known = |id: &str| first.as_str() == id;
    let manner = Manner {
        known: &known,
        ..manner
    };
    let checks = never_ends().run(&manner, &mut Unwatched);
    let ids: BTreeSet<_> = failed(&checks)
        .iter()
        .map(|check| check.id.clone())
        .collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    let right = reference().run(&manner, &mut Unwatched);
    assert!(right.iter().all(|check| check.verdict == Verdict::Pass));
}
