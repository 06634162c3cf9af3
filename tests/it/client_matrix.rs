//! Every case for clients has been seen to fail, and every planted fault of a client is found at
//! the requirement that it breaks. `snapshots/client-matrix.snap` is the matrix.

use std::time::Duration;

use crate::support::matrix::{
    Fault, SHARE, Seen, assert_as_kept, chosen_faults, judged_rows, side_by_side, watched,
};
use crate::support::{UNSTICK, example, listed};
use unstick::judge::case::Described;
use unstick::suite::client;
use unstick::suite::client::case::Case;
use unstick::suite::client::run::{Options, PLAIN, run};
use unstick::suite::effort::Effort;
use unstick::suite::verdict::{Check, Verdict};
use unstick::testee::launch::Template;
use unstick::trace::Class;

/// The mistake that shows in a file of more than 2 GiB only.
const ONE_CALL: &str = "one-call";

/// Number of clients that are judged at a time: mostly they wait for each other's processes.
const WORKERS: usize = 8;

fn habits() -> Vec<String> {
    let columns = listed("faulty_client", "--habits").into_iter();
    columns.map(|columns| columns[0].clone()).collect()
}

/// The cases that a fault of this requirement can show in. Large files show nothing that small
/// ones do not, but for what is about large files.
fn concerned(id: &str, requirement: &str) -> bool {
    let large = [
        "16777217",
        "3000000",
        "slow",
        "growing",
        "shrinking",
        "lines-while",
        "large-file",
    ];
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
        "pause",
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
        "FRM-2" | "FRM-3" | "FRM-6" | "SES-11" | "MSG-2" | "MSG-3" => {
            about_replies || id.contains("text-")
        }
        _ if requirement.starts_with("TRF") => about_files,
        _ => !about_replies && !about_files || id.contains("quit"),
    }
}

/// Runs these cases against the client, with a fault, a habit or neither.
fn run_cases(class: Class, option: &str, name: &str, cases: &[Case]) -> Vec<Check> {
    let mut command: Vec<_> = [
        example("faulty_client").as_str(),
        "{host}",
        "{port}",
        "{dir}",
    ]
    .map(Into::into)
    .into();
    if class == Class::VerifiedTransfer || is_verified(name) {
        command.push("--verify".into());
    }
    if !name.is_empty() {
        command.extend([option.into(), name.into()]);
    }
    let template = Template {
        command,
        timeout: Duration::from_secs(10),
        guard: Some(UNSTICK.into()),
        env: unstick::suite::time_zone::telling,
    };
    let options = Options {
        class,
        effort: Effort::Quick,
        jobs: None,
        fail_fast: false,
    };
    watched(|watch| run(&template, cases, &options, watch)).unwrap()
}

fn judged(option: &str, name: &str, requirement: &str) -> Vec<Check> {
    if name == ONE_CALL {
        return run_cases(Class::Transfer, option, name, &client::cases::large());
    }
    let mut cases = client::cases::all();
    cases.retain(|case| case.owed_by(Class::Transfer) && concerned(&case.info.id, requirement));
    if name.is_empty() {
        cases.extend(client::cases::large());
    }
    run_cases(Class::Transfer, option, name, &cases)
}

/// The cases of verified transfers.
fn verified() -> Vec<Case> {
    let mut cases = client::cases::all();
    cases.retain(|case| !case.owed_by(Class::Transfer));
    cases
}

/// The cases of verified transfers that a fault can show in, and some that it must not show in; with all of
/// them the matrix has once been made, and said the same. Large files and the second digest are for the
/// faults that need them.
fn verified_for(fault: &Fault) -> Vec<Case> {
    let parts: &[&str] = match fault.requirement.as_str() {
        "VTR-1" => &[
            "-md5",
            "-sha256",
            "unknown",
            "-ready",
            "refused-at",
            "ok-at-once",
            "empty-answer",
        ],
        "VTR-2" => &[
            "-md5",
            "two-files",
            "twice",
            "name",
            "ok-before",
            "ready-in-pieces",
        ],
        "VTR-3" | "VTR-5" => &["-md5", "told", "then-good", "-ok", "ready-again"],
        "FRM-2" => &["-md5", "pieces", "two-files"],
        // A client with a timer is judged where only that can show.
        "SES-11" if fault.name == "vtr-answer-by-timer" => &["verdict-late"],
        "SES-11" => &["-md5", "late", "-closed-", "-reset-"],
        _ => &["-md5", "growing", "missing", "name", "-quit"],
    };
    let further: &[&str] = match fault.name.as_str() {
        "vtr-digest-read-again" => &["growing", "changed"],
        "vtr-line-before-digest" => &["meanwhile"],
        "vtr-digest-capitals" | "vtr-no-digest-of-nothing" | "vtr-digest-no-zeros" => &["-sha256"],
        _ => &[],
    };
    let chosen = |id: &str| parts.iter().chain(further).any(|part| id.contains(part));
    let mut cases = verified();
    cases.retain(|case| chosen(&case.info.id));
    cases
}

/// True if a fault or a habit is about verified transfers, which have a matrix of their own.
fn is_verified(name: &str) -> bool {
    name.starts_with("vtr-")
}

#[test]
fn right_clients_pass_whatever_their_habits() {
    let mut kinds = habits();
    kinds.retain(|habit| !is_verified(habit));
    kinds = judged_rows(kinds, SHARE);
    kinds.push(String::new());
    let outcomes = side_by_side(WORKERS, &kinds, |habit| judged("--habit", habit, ""));
    for (habit, checks) in kinds.iter().zip(&outcomes) {
        let with = |verdict| checks.iter().filter(move |check| check.verdict == verdict);
        for bad in [Verdict::Fail, Verdict::Flaky, Verdict::Error] {
            assert_eq!(with(bad).next(), None, "{habit:?}");
        }
        let acceptable = with(Verdict::Acceptable).count();
        assert_eq!(acceptable > 0, habit == "short-lines", "{habit:?}");
        let skipped = with(Verdict::Skipped).count();
        assert_eq!(skipped > 0, habit == "silent", "{habit:?}");
    }
}

#[test]
fn every_fault_is_found_and_every_case_has_failed() {
    let faults = chosen_faults("faulty_client", 50, SHARE, |fault| {
        !is_verified(&fault.name)
    });
    let seen = side_by_side(WORKERS, &faults, |fault| {
        let checks = judged("--fault", &fault.name, &fault.requirement);
        Seen::in_report("client", &checks)
    });
    let cases = client::cases::with_large().into_iter();
    let cases = cases
        .filter(|case| case.owed_by(Class::Transfer))
        .map(|case| case.info.id.to_string());
    let cases = cases.chain([PLAIN.to_owned()]);
    assert_as_kept("client-matrix", &faults, &seen, cases);
}

/// Ways in which a right client of verified transfers may differ from others, and what cannot be judged
/// of it then.
#[test]
fn right_clients_with_the_extension_pass_whatever_their_habits() {
    let of_others = ["prompts", "silent", "buffered", "errors-on-stdout"];
    let mut kinds = habits();
    kinds.retain(|habit| is_verified(habit) || of_others.contains(&habit.as_str()));
    kinds.push(String::new());
    let kinds = judged_rows(kinds, 2);
    // Cases that take long, and habits for which they may differ.
    let slow = ["growing", "changed", "meanwhile", "late"];
    let at_length = ["", "buffered", "vtr-digest-first"];
    let outcomes = side_by_side(WORKERS, &kinds, |habit| {
        let mut cases = verified();
        let is_slow = |case: &Case| slow.iter().any(|part| case.info.id.contains(part));
        cases.retain(|case| at_length.contains(&habit.as_str()) || !is_slow(case));
        run_cases(Class::VerifiedTransfer, "--habit", habit, &cases)
    });
    for (habit, checks) in kinds.iter().zip(&outcomes) {
        let with = |verdict| checks.iter().filter(move |check| check.verdict == verdict);
        for bad in [Verdict::Fail, Verdict::Flaky, Verdict::Error] {
            assert_eq!(with(bad).next(), None, "{habit:?}");
        }
        let acceptable = with(Verdict::Acceptable).count();
        assert_eq!(acceptable > 0, habit == "vtr-ends-unverified", "{habit:?}");
        let skipped = with(Verdict::Skipped).count();
        let one_digest = ["vtr-md5-only", "vtr-by-file"].contains(&habit.as_str());
        assert_eq!(skipped > 0, one_digest, "{habit:?}");
    }
}

/// A client that verifies whatever it sends is judged in every class: a server without the extension gets
/// its files unverified, and one with it gets them verified.
#[test]
fn a_client_that_verifies_all_it_sends_passes_the_other_cases_too() {
    let mut cases = client::cases::all();
    cases.retain(|case| {
        let parts = ["file-of-1", "name-c", "shrinking", "quit", "missing"];
        let chosen = parts.iter().any(|part| case.info.id.contains(part));
        case.owed_by(Class::Transfer) && chosen
    });
    for class in [Class::Transfer, Class::VerifiedTransfer] {
        for check in run_cases(class, "--habit", "vtr-by-file", &cases) {
            assert_eq!(check.verdict, Verdict::Pass, "{check:#?}");
        }
    }
}

#[test]
fn every_fault_of_verified_transfers_is_found_and_every_case_has_failed() {
    let faults = chosen_faults("faulty_client", 30, SHARE, |fault| is_verified(&fault.name));
    let seen = side_by_side(WORKERS, &faults, |fault| {
        let cases = verified_for(fault);
        let checks = run_cases(Class::VerifiedTransfer, "--fault", &fault.name, &cases);
        Seen::in_report("client", &checks)
    });
    let cases = verified();
    let cases = cases.iter().map(|case| case.info.id.to_string());
    assert_as_kept("client-verified-matrix", &faults, &seen, cases);
}
