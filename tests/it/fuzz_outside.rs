//! `unstick fuzz` against servers of a RESP-like protocol (`fuzz_servers/resp.py`).

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use unstick::trace::octets::to_hex;

use super::support::{Ran, findings, project, unstick};

/// A valid recording, which no error is in.
fn recording(dir: &Path) -> String {
    let turns: [(&[u8], &[u8]); 2] = [
        (b"*1\r\n$4\r\nPING\r\n", b"+PING\r\n"),
        (b"*2\r\n$3\r\nGET\r\n$5\r\nhello\r\n", b"+GET hello\r\n"),
    ];
    let steps: Vec<Value> = turns
        .iter()
        .flat_map(|(sent, answer)| {
            [
                json!({"send": to_hex(sent)}),
                json!({"answer": to_hex(answer)}),
            ]
        })
        .collect();
    let path = dir.join("resp.json");
    let trace = json!({"id": "resp", "title": "A valid recording", "steps": steps});
    fs::write(&path, trace.to_string()).unwrap();
    path.into_os_string().into_string().unwrap()
}

/// Fuzzes a server in a mode; the report, and the directory with what was found.
fn fuzz(mode: &str, seed: &str, budget: &str, options: &[&str]) -> (Ran, Value, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let recording = recording(dir.path());
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (report, found) = (path("report.json"), path("found"));
    let server = project("tests/it/fuzz_servers/resp.py");
    let mut arguments = vec!["fuzz", &recording, "--seed", seed, "--budget", budget];
    arguments.extend(["--findings", &found, "--json", &report]);
    arguments.extend(options);
    let starts = path("starts");
    arguments.extend(["--", "python3", &server]);
    match mode.strip_suffix(" STARTS") {
        Some(mode) => arguments.extend([mode, "{port}", &starts]),
        None => arguments.extend([mode, "{port}"]),
    }
    let ran = unstick(arguments);
    let text = fs::read_to_string(report).unwrap_or_default();
    (ran, serde_json::from_str(&text).unwrap_or_default(), dir)
}

/// Number of octets that the client sends in a trace.
fn sent(trace: &Value) -> usize {
    let steps = trace["steps"].as_array().unwrap().iter();
    let sends = steps.filter_map(|step| step["send"].as_str());
    sends.map(|hex| hex.len() / 2).sum()
}

/// Recuts the trace of a finding with the server in two modes, each of which ends with its status.
fn recut(dir: &tempfile::TempDir, finding: &Value, options: &[&str], modes: [(&str, i32); 2]) {
    let id = finding["trace"]["id"].as_str().unwrap();
    let trace = dir.path().join("found").join(format!("{id}.json"));
    let server = project("tests/it/fuzz_servers/resp.py");
    for (mode, status) in modes {
        let mut arguments = vec!["recut", trace.to_str().unwrap()];
        arguments.extend(options);
        arguments.extend(["--", "python3", &server, mode, "{port}"]);
        let ran = unstick(arguments);
        assert_eq!(ran.status, status, "{mode}\n{}{}", ran.stdout, ran.stderr);
    }
}

/// An error that is lost when it shows in a later read: nothing of it is in a valid recording.
#[test]
fn a_lost_error_is_found_from_a_valid_recording_and_shrunk() {
    let (ran, report, dir) = fuzz("late", "1", "40", &[]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let failing: Vec<_> = findings(&report).collect();
    assert!(!failing.is_empty(), "{}", ran.stdout);
    for case in &failing {
        assert_eq!(case["kind"], "different", "{case}");
        assert_eq!(case["seed"], 1, "{case}");
        let after = case["cut"]["after"].as_array().unwrap();
        assert_eq!(after.len(), 1, "{case}");
        assert!(sent(&case["trace"]) <= 40, "{case}");
    }
    // The report is read as any other is.
    let report = dir.path().join("report.json");
    let ran = unstick(["report", report.to_str().unwrap()]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    // The written trace shows the same again, and nothing of a right server.
    let found = dir.path().join("found");
    let found: Vec<_> = fs::read_dir(found).unwrap().map(Result::unwrap).collect();
    assert!(found.len() >= failing.len());
    recut(&dir, failing[0], &[], [("late", 1), ("right", 0)]);
}

#[test]
fn a_right_server_is_not_accused() {
    let (ran, report, dir) = fuzz("right", "1", "200", &[]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(report["fuzzed"][0]["mutants"], 200, "{report}");
    assert_eq!(report["seed"], 1);
    assert_eq!(report["summary"]["pass"], 1, "{report}");
    assert_eq!(fs::read_dir(dir.path().join("found")).unwrap().count(), 0);
}

/// An answer to a part of a request, before the rest is there, is not a mistake where the server closes over
/// the request either way.
#[test]
fn a_server_that_answers_early_is_not_accused() {
    let (ran, report, _dir) = fuzz("early", "1", "40", &[]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let cases = report["cases"].as_array().unwrap();
    let early = cases.iter().find(|case| case["kind"] == "answered-early");
    assert_eq!(early.unwrap()["verdict"], "acceptable", "{report}");
}

/// Servers that many people use, by name and command, with a recording each.
#[test]
fn published_servers_are_not_accused() {
    type Octets = &'static [u8];
    type Words = &'static [&'static str];
    let redis: &[Octets] = &[
        b"*1\r\n$4\r\nPING\r\n",
        b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$3\r\nfoo\r\n",
        b"GET a\r\nECHO hello\r\n",
    ];
    let beanstalkd: &[Octets] = &[
        b"use t\r\n",
        b"watch t\r\n",
        b"stats-tube nothere\r\nlist-tube-used\r\n",
    ];
    let servers: [(&str, &[Octets], Words); 2] = [
        ("redis-server", redis, &["--port", "{port}", "--save", ""]),
        (
            "beanstalkd",
            beanstalkd,
            &["-l", "127.0.0.1", "-p", "{port}"],
        ),
    ];
    for (server, turns, options) in servers {
        if Command::new(server).arg("-v").output().is_err() {
            println!("skipped: {server} is not installed");
            continue;
        }
        let dir = tempfile::tempdir().unwrap();
        let steps: Vec<Value> = turns
            .iter()
            .flat_map(|sent| [json!({"send": to_hex(sent)}), json!({"answer": {}})])
            .collect();
        let path = dir.path().join("recorded.json");
        let trace = json!({"id": "recorded", "title": "A recording", "steps": steps});
        fs::write(&path, trace.to_string()).unwrap();
        let mut arguments = vec!["fuzz", path.to_str().unwrap()];
        arguments.extend(["--seed", "2", "--budget", "40", "--", server]);
        arguments.extend(options);
        let ran = unstick(arguments);
        assert_eq!(ran.status, 0, "{server}\n{}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn a_server_that_dies_is_named_and_the_same_seed_finds_the_same() {
    let once = || {
        let (ran, report, _dir) = fuzz("dies", "3", "100", &[]);
        assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
        let failing: Vec<_> = findings(&report).collect();
        let what = |case: &&Value| {
            (
                case["id"].clone(),
                case["kind"].clone(),
                case["cut"].clone(),
            )
        };
        failing.iter().map(what).collect::<Vec<_>>()
    };
    let first = once();
    assert!(
        first.iter().any(|(_, kind, _)| *kind == "died"),
        "{first:?}"
    );
    assert_eq!(once(), first);
}

/// An overnight run may have found much before a server does not start again.
#[test]
fn findings_are_not_lost_when_the_server_does_not_start_again() {
    let (ran, report, dir) = fuzz("dies STARTS", "3", "100", &[]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let failing: Vec<_> = findings(&report).collect();
    assert!(!failing.is_empty(), "{}", ran.stdout);
    let found = fs::read_dir(dir.path().join("found")).unwrap();
    assert_eq!(found.count(), failing.len(), "{}", ran.stdout);
    let notes = report["fuzzed"][0]["notes"].as_array().unwrap();
    assert_eq!(notes.len(), 1, "{report}");
    assert!(
        report["fuzzed"][0]["mutants"].as_u64().unwrap() < 100,
        "{report}"
    );
}

/// A server that hangs makes each conversation long: it is seen at once, and the finding is made small.
#[test]
#[ignore = "slow proof: each conversation takes as long as the server is waited for"]
fn a_server_that_hangs_is_one_small_finding() {
    let (ran, report, dir) = fuzz("hangs", "3", "72", &["--timeout", "1"]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let failing: Vec<_> = findings(&report).collect();
    let hung: Vec<_> = failing
        .iter()
        .filter(|case| case["kind"] == "hung")
        .collect();
    assert_eq!(hung.len(), 1, "{}", ran.stdout);
    assert!(sent(&hung[0]["trace"]) <= 24, "{}", hung[0]);
    assert_eq!(hung[0]["cut"], json!({}), "{}", hung[0]);
    // Nobody takes the server for right as long as it hangs.
    let modes = [("hangs", 3), ("right", 0)];
    recut(&dir, hung[0], &["--timeout", "1"], modes);
}

#[test]
fn what_is_wrong_with_the_command_line_is_said_before_anything_runs() {
    let dir = tempfile::tempdir().unwrap();
    let recording = recording(dir.path());
    let ran = unstick(["fuzz", &recording, "--budget", "5d", "--", "true"]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    let ran = unstick(["fuzz", &recording, "--connect", "192.0.2.1:1", "--", "true"]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
}

/// With a framing frames come and go, and payloads change with their lengths; the recording's own counts where
/// none is given.
#[test]
fn a_framing_makes_mutants_of_frames() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let steps = json!([
        {"send": to_hex(b"\0\x03one\0\x05later")},
        {"answer": to_hex(b"one\nlater\n")},
    ]);
    let trace = json!({"id": "frames", "title": "A valid recording", "steps": steps});
    let mut framed = trace.clone();
    framed["framing"] = json!("u16be");
    fs::write(path("plain.json"), trace.to_string()).unwrap();
    fs::write(path("framed.json"), framed.to_string()).unwrap();
    let server = project("tests/it/fuzz_servers/frames.py");
    let fuzzed = |recording: &str, framing: &[&str]| {
        let recording = path(recording);
        let mut arguments = vec!["fuzz", &recording, "--seed", "1", "--budget", "60"];
        arguments.extend(framing);
        arguments.extend(["--", "python3", &server, "{port}"]);
        unstick(arguments)
    };
    for ran in [
        fuzzed("plain.json", &["--framing", "u16be"]),
        fuzzed("framed.json", &[]),
    ] {
        assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains("different"), "{}", ran.stdout);
    }
    let ran = fuzzed("plain.json", &["--framing", "u99be"]);
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
}
