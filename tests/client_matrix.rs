//! Every case for clients has been seen to fail, and every planted fault of a client is found at
//! the requirement that it breaks. `snapshots/client-matrix.snap` is the matrix.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::{UNSTICK, example, listed, snapshots};
use unstick::suite::client;
use unstick::suite::client::run::{PLAIN, run};
use unstick::suite::run::Effort;
use unstick::suite::verdict::{Check, Verdict};
use unstick::testee::process::Template;

/// How many clients are judged at a time: mostly they wait for each other's processes.
const WORKERS: usize = 8;

struct Fault {
    name: String,
    requirement: String,
    what: String,
}

fn faults() -> Vec<Fault> {
    let columns = listed("faulty_client", "--list").into_iter();
    columns
        .map(|columns| {
            let [name, requirement, what] = columns.try_into().expect("three columns");
            Fault {
                name,
                requirement,
                what,
            }
        })
        .collect()
}

fn habits() -> Vec<String> {
    let columns = listed("faulty_client", "--habits").into_iter();
    columns.map(|columns| columns[0].clone()).collect()
}

/// The cases that a fault of this requirement can show in. Large files show nothing that small
/// ones do not, but for what is about large files.
fn concerned(id: &str, requirement: &str) -> bool {
    let large = ["16777217", "3000000", "slow", "growing", "shrinking"];
    if large.iter().any(|part| id.contains(part)) {
        return requirement == "FRM-9" || requirement == "TRF-13" || requirement.is_empty();
    }
    let about_replies = [
        "reply",
        "replies",
        "truncated",
        "invalid",
        "announced",
        "closed",
        "reset",
    ]
    .iter()
    .any(|part| id.contains(part));
    let about_files = [
        "file",
        "name",
        "header",
        "directory",
        "link",
        "large",
        "article",
        "acknow",
    ]
    .iter()
    .any(|part| id.contains(part))
        && !id.contains("client/text-");
    match requirement {
        "" => true,
        "FRM-2" | "FRM-3" | "FRM-6" | "SES-11" | "MSG-3" => about_replies || id.contains("text-"),
        _ if requirement.starts_with("TRF") => about_files,
        _ => !about_replies && !about_files || id.contains("quit"),
    }
}

fn judged(option: &str, name: &str, requirement: &str) -> Vec<Check> {
    let mut command: Vec<_> = [
        example("faulty_client").as_str(),
        "{host}",
        "{port}",
        "{dir}",
    ]
    .map(Into::into)
    .into();
    if !name.is_empty() {
        command.extend([option.into(), name.into()]);
    }
    let template = Template {
        command,
        timeout: Duration::from_secs(10),
        guard: Some(UNSTICK.into()),
    };
    let mut cases = client::all();
    cases.retain(|case| concerned(&case.id, requirement));
    run(&template, &cases, Effort::Quick, &mut |_, _, _| true).unwrap()
}

/// Runs a job for each of the items, a few at a time, and hands back the outcomes in order.
fn all<T: Sync, R: Send>(items: &[T], job: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { return };
                    let outcome = job(item);
                    outcomes.lock().unwrap().insert(at, outcome);
                }
            });
        }
    });
    outcomes.into_inner().unwrap().into_values().collect()
}

/// The requirement that the report would name first: the one that most checks show.
fn first_named(checks: &[Check]) -> Option<&str> {
    let mut counts = BTreeMap::<(&str, Option<&str>), usize>::new();
    for check in checks.iter().filter(|check| check.verdict == Verdict::Fail) {
        let group = (check.requirements[0].as_str(), check.cause.as_deref());
        *counts.entry(group).or_default() += 1;
    }
    let ((requirement, _), _) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    Some(requirement)
}

#[test]
fn right_clients_pass_whatever_their_habits() {
    let mut kinds = habits();
    kinds.push(String::new());
    let outcomes = all(&kinds, |habit| judged("--habit", habit, ""));
    for (habit, checks) in kinds.iter().zip(&outcomes) {
        for check in checks {
            assert!(
                matches!(check.verdict, Verdict::Pass | Verdict::Skipped),
                "{habit:?}: {check:#?}"
            );
        }
        let skipped = checks
            .iter()
            .filter(|check| check.verdict == Verdict::Skipped)
            .count();
        assert_eq!(skipped > 0, habit == "silent", "{habit:?}");
    }
}

#[test]
fn every_fault_is_found_and_every_case_has_failed() {
    let faults = faults();
    assert!(faults.len() >= 20);
    let outcomes = all(&faults, |fault| {
        judged("--fault", &fault.name, &fault.requirement)
    });
    let mut killed = BTreeSet::new();
    let mut matrix = String::new();
    let mut wrong = Vec::new();
    for (fault, checks) in faults.iter().zip(&outcomes) {
        let named = first_named(checks);
        if named != Some(fault.requirement.as_str()) {
            wrong.push(format!(
                "{} breaks {}, and {named:?} is named",
                fault.name, fault.requirement
            ));
        }
        killed.extend(
            checks
                .iter()
                .filter(|check| check.verdict == Verdict::Fail)
                .map(|check| check.id.clone()),
        );
        writeln!(
            matrix,
            "{:24} {:7} {}",
            fault.name, fault.requirement, fault.what
        )
        .unwrap();
    }
    assert_eq!(wrong, [""; 0]);
    let mut unkilled: Vec<String> = client::all().into_iter().map(|case| case.id).collect();
    unkilled.push(PLAIN.to_owned());
    unkilled.retain(|id| !killed.contains(id));
    assert_eq!(unkilled, [""; 0], "cases that no fault fails");
    snapshots().bind(|| insta::assert_snapshot!("client-matrix", matrix));
}
