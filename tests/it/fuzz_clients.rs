//! `unstick fuzz client`: conversations that nobody wrote, with clients with planted mistakes and without.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::matrix::side_by_side;
use crate::support::{Ran, UNSTICK, example, findings, unstick};

/// The command that starts the client with a mistake planted.
fn client(fault: &str) -> Vec<String> {
    let program = example("faulty_client");
    let command = [&program, "{host}", "{port}", "{dir}", "--fault", fault];
    command.map(str::to_owned).into()
}

/// The command that starts a right one.
fn reference() -> Vec<String> {
    let command = [UNSTICK, "connect", "{host}:{port}", "--dir", "{dir}"];
    command.map(str::to_owned).into()
}

fn fuzz(dir: &Path, options: &[&str], command: &[String]) -> (Ran, Value) {
    let report = dir.join("report.json");
    let found = dir.join("found");
    let mut arguments = vec!["fuzz", "client", "--json", report.to_str().unwrap()];
    arguments.extend(["--findings", found.to_str().unwrap()]);
    arguments.extend(options);
    arguments.push("--");
    arguments.extend(command.iter().map(String::as_str));
    let ran = unstick(arguments);
    let text = fs::read_to_string(report).unwrap_or_default();
    (ran, serde_json::from_str(&text).unwrap_or_default())
}

#[test]
fn a_right_client_is_not_accused() {
    let dir = tempfile::tempdir().unwrap();
    let options = ["--seed", "5", "--budget", "30"];
    let (ran, report) = fuzz(dir.path(), &options, &reference());
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(report["fuzzed"][0]["mutants"], 30, "{report}");
    assert_eq!(report["fuzzed"][0]["unstable"], 0, "{report}");
}

/// Each is found from the seed alone, and shown again by the directory of findings, which a right client
/// passes.
#[test]
fn planted_mistakes_are_found_and_replayed() {
    let faults = ["short-reply", "quiet", "decodes-chunks"];
    side_by_side(2, &faults, |fault| {
        let dir = tempfile::tempdir().unwrap();
        let command = client(fault);
        let options = ["--seed", "1", "--budget", "80", "--fail-fast"];
        let (ran, report) = fuzz(dir.path(), &options, &command);
        assert_eq!(ran.status, 1, "{fault}\n{}{}", ran.stdout, ran.stderr);
        assert_eq!(findings(&report).count(), 1, "{report}");
        let found = dir.path().join("found");
        for (command, status) in [(command, 1), (reference(), 0)] {
            let words = ["replay", "--client", found.to_str().unwrap(), "--"];
            let ran = unstick(words.into_iter().chain(command.iter().map(String::as_str)));
            assert_eq!(ran.status, status, "{fault}\n{}{}", ran.stdout, ran.stderr);
        }
    });
}

#[test]
fn a_trace_of_a_server_is_no_conversation_with_a_client() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("server.json");
    let trace = r#"{"id": "a", "title": "A frame", "requirements": ["FRM-1"], "class": "session",
        "steps": [{"frame": {"length": "00000001", "payload": "61"}}, {"deliver": "61"}]}"#;
    fs::write(&path, trace).unwrap();
    let words = [
        "replay",
        "--client",
        path.to_str().unwrap(),
        "--",
        "true",
        "{port}",
    ];
    let ran = unstick(words);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("no conversation with a client"),
        "{}",
        ran.stderr
    );
}
