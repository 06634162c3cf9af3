//! Every case for clients has been seen to fail, and every planted fault of a client is found at
//! the requirement that it breaks. `snapshots/client-matrix.snap` is the matrix.

use std::time::Duration;

use crate::support::matrix::{Seen, assert_as_kept, chosen_faults, side_by_side, watched};
use crate::support::{UNSTICK, example, listed};
use unstick::suite::client;
use unstick::suite::client::run::{Options, PLAIN, run};
use unstick::suite::effort::Effort;
use unstick::suite::verdict::{Check, Verdict};
use unstick::testee::launch::Template;

/// How many clients are judged at a time: mostly they wait for each other's processes.
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
        env: unstick::suite::time_zone::telling,
    };
    let mut cases = client::cases::all();
    cases.retain(|case| concerned(&case.info.id, requirement));
    let options = Options {
        effort: Effort::Quick,
        jobs: None,
        fail_fast: false,
    };
    watched(|watch| run(&template, &cases, &options, watch)).unwrap()
}

#[test]
fn right_clients_pass_whatever_their_habits() {
    let mut kinds = habits();
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
    let faults = chosen_faults("faulty_client", 20);
    let seen = side_by_side(WORKERS, &faults, |fault| {
        let checks = judged("--fault", &fault.name, &fault.requirement);
        Seen::in_report("client", &checks)
    });
    let cases = client::cases::all()
        .into_iter()
        .map(|case| case.info.id.to_string());
    let cases = cases.chain([PLAIN.to_owned()]);
    assert_as_kept("client-matrix", &faults, &seen, cases);
}
