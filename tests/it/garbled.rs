//! Words decide nothing: with noise in the place of every sentence the verdicts, the requirements and the causes are
//! the same.

use std::process::Command;

use serde_json::Value;

use crate::support::matrix::{CHOICE, NOISE, faults};
use crate::support::{example, program};

/// Judges the server with a planted fault, with noise for sentences or without.
fn cases(noise: bool) -> Vec<Value> {
    let dir = tempfile::tempdir().unwrap();
    let report = dir.path().join("report.json");
    let mut command = program();
    command
        .args(["server", "--class", "framing", "--run", "frm/t*", "--json"])
        .arg(&report)
        .args(["--", &example("faulty_server"), "--echo"])
        .args([
            "--fault",
            "one-frame-a-read",
            "--port",
            "{port}",
            "--dir",
            "{dir}",
        ])
        .env_remove(NOISE);
    if noise {
        command.env(NOISE, "1");
    }
    let ran = command.output().unwrap();
    assert_eq!(ran.status.code(), Some(1), "{ran:?}");
    let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    report["cases"].as_array().unwrap().clone()
}

/// A switch that does nothing would make every other proof here one that cannot fail.
#[test]
fn sentences_are_noise_where_that_is_wanted_and_nothing_else_changes() {
    let (plain, garbled) = (cases(false), cases(true));
    let decided = |cases: &[Value]| {
        let keys = ["id", "verdict", "broken", "cause"];
        let of = |case: &Value| keys.map(|key| case[key].clone());
        cases.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(decided(&garbled), decided(&plain));
    let failing = |case: &&Value| case["verdict"] == "fail";
    assert!(plain.iter().any(|case| failing(&case)));
    for case in garbled.iter().filter(failing) {
        let message = case["message"].as_str().unwrap();
        let number = message.strip_prefix('#').expect(message);
        assert!(number.parse::<u64>().is_ok(), "{message}");
    }
}

/// Every seventh fault, so that each run of the gate has some of each kind. All of them:
/// `UNSTICK_WHOLE=1 UNSTICK_GARBLED=1 cargo test --test it -- kill_matrix client_matrix codec_matrix`.
#[test]
#[ignore = "a minute or two: the matrices again, with noise for each sentence"]
fn the_matrices_come_out_the_same_without_words() {
    let names = ["faulty_server", "faulty_client"].map(|example| {
        let every = faults(example).into_iter().step_by(7);
        every.map(|fault| fault.name).collect::<Vec<_>>().join(",")
    });
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["kill_matrix::every_", "client_matrix::every_fault_is"])
        .args(["codec_matrix"])
        .env(NOISE, "1")
        .env(CHOICE, names.join(","))
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{shown}");
    assert!(
        shown.contains("every_fault_is_killed_and_every_case_kills ... ok"),
        "{shown}"
    );
    assert!(
        shown.contains("every_fault_is_found_and_every_case_has_failed ... ok"),
        "{shown}"
    );
}
