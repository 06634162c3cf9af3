//! `UNSTICK_PORTABLE=1`: Linux seen as any other system is, without queues, threads and memory. A right
//! server passes, and mistakes are seen all the same.

use rstest::rstest;

use crate::support::matrix::{chosen_faults, side_by_side};
use crate::support::{Ran, example, program};

/// Pauses are what such a run consists of, so many go on at a time.
const WORKERS: usize = 8;

fn judged(more: &[&str]) -> Ran {
    let output = program()
        .args(["server", "--class", "session", "--timeout", "2"])
        .args(["--run", "frm/two", "--run", "msg/kept-*", "--"])
        .args([&example("faulty_server"), "--port", "{port}"])
        .args(["--dir", "{dir}"])
        .args(more)
        .env("UNSTICK_PORTABLE", "1")
        .output()
        .unwrap();
    output.into()
}

#[test]
fn a_right_server_passes_and_a_sample_of_mistakes_is_seen() {
    let ran = judged(&[]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("timed"), "{}", ran.stdout);
    for fault in [
        "length-little-endian",
        "short-payload",
        "one-frame-a-read",
        "trim",
    ] {
        let ran = judged(&["--fault", fault]);
        assert_eq!(ran.status, 1, "{fault}: {}{}", ran.stdout, ran.stderr);
    }
}

/// A session that has ended may count for a moment longer.
#[rstest]
#[case::seen("0")]
#[case::unseen("1")]
fn slots_that_come_back_late_are_waited_for(#[case] portable: &str) {
    let limit = ["--max-sessions", "8"];
    let output = program()
        .args(["server", "--run", "ses/{over-limit,reset-before,slots}*"])
        .args(limit)
        .args(["--", &example("faulty_server"), "--port", "{port}"])
        .args(["--dir", "{dir}", "--habit", "slots-late"])
        .args(limit)
        .env("UNSTICK_PORTABLE", portable)
        .output();
    let ran = Ran::from(output.unwrap());
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
}

/// Right servers pass the whole suite, and at least 95 % of the planted mistakes are seen, apart from one that only
/// costs time. What shows by memory, or by a server that is known to be stuck, is missed. Every third mistake is
/// planted, and with `UNSTICK_WHOLE` in the environment each, which takes five minutes.
#[test]
#[ignore = "slow proof: the suite over each planted mistake, with pauses instead of what is seen"]
fn nearly_every_planted_mistake_is_seen() {
    for right in ["transfer", "verified-transfer"] {
        let ran = whole(right, None);
        assert_eq!(ran.status, 0, "{right}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains("timed"), "{}", ran.stdout);
    }
    // The cost of what is held is judged by processor time, which cannot be seen: a server that is only slow passes, and
    // takes hours to.
    let faults = chosen_faults("faulty_server", 100, 3, |fault| {
        fault.requirement != "FRM-13"
    });
    let statuses = side_by_side(WORKERS, &faults, |fault| {
        let class = match &fault.requirement[..3] {
            "VTR" => "verified-transfer",
            _ => "transfer",
        };
        whole(class, Some(&fault.name)).status
    });
    let missed: Vec<_> = faults
        .iter()
        .zip(statuses)
        .filter(|(_, status)| *status != 1)
        .map(|(fault, status)| (&fault.name, &fault.requirement, status))
        .collect();
    println!("{} of {} missed: {missed:?}", missed.len(), faults.len());
    assert!(missed.len() * 20 <= faults.len(), "{missed:?}");
}

/// Judges the server by all cases of its class, to the first mistake that is confirmed.
fn whole(class: &str, fault: Option<&str>) -> Ran {
    const LIMITS: [&str; 4] = ["--max-payload", "33554432", "--max-sessions", "8"];
    let mut command = program();
    command
        .args(["server", "--fail-fast", "--class", class])
        .args(LIMITS)
        .args(["--", &example("faulty_server"), "--port", "{port}"])
        .args(["--dir", "{dir}"])
        .args(LIMITS)
        .args((class == "verified-transfer").then_some("--verify"))
        .args(fault.into_iter().flat_map(|fault| ["--fault", fault]))
        .env("UNSTICK_PORTABLE", "1");
    command.output().unwrap().into()
}
