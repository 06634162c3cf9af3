//! `unstick fuzz` over framings other than the article's: conversations drawn from the framing, over servers
//! and codecs with planted mistakes and without (`testees/framed`, which shares nothing with the framings).

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::matrix::side_by_side;
use crate::support::{Ran, example, findings, unstick};

/// The command of a server of a framing, with a mistake or none.
fn server(framing: &str, fault: &str) -> Vec<String> {
    let mut command = codec(framing, fault);
    command.extend(["--port", "{port}"].map(str::to_owned));
    command
}

/// The command of a codec of a framing, which answers a stream a line where it is asked to.
fn codec(framing: &str, fault: &str) -> Vec<String> {
    let program = example("framed");
    let mut command = vec![&*program, "--framing", framing];
    if !fault.is_empty() {
        command.extend(["--fault", fault]);
    }
    command.into_iter().map(str::to_owned).collect()
}

/// Fuzzes it, and keeps what is found in `dir`.
fn fuzz(dir: &Path, role: &str, options: &[&str], command: &[String]) -> (Ran, Value) {
    let report = dir.join("report.json");
    let found = dir.join("found");
    let mut arguments = vec!["fuzz", role, "--json", report.to_str().unwrap()];
    arguments.extend(["--findings", found.to_str().unwrap()]);
    arguments.extend(options);
    arguments.push("--");
    arguments.extend(command.iter().map(String::as_str));
    let ran = unstick(arguments);
    let text = fs::read_to_string(report).unwrap_or_default();
    (ran, serde_json::from_str(&text).unwrap_or_default())
}

#[test]
fn right_servers_of_other_framings_are_not_accused() {
    let framings = [
        "u16le+2",
        "u8 1? chain",
        "u32be zero=keepalive",
        "varint",
        "dec':' * x2c forms=shortest",
        "line'\\r\\n'",
    ];
    side_by_side(2, &framings, |framing| {
        let dir = tempfile::tempdir().unwrap();
        let options = ["--framing", *framing, "--seed", "4", "--budget", "60"];
        let (ran, report) = fuzz(dir.path(), "server", &options, &server(framing, ""));
        assert_eq!(ran.status, 0, "{framing}\n{}{}", ran.stdout, ran.stderr);
        assert_eq!(report["fuzzed"][0]["mutants"], 60, "{report}");
        assert_eq!(report["fuzzed"][0]["unstable"], 0, "{framing}: {report}");
    });
}

/// Each is found from the framing alone, made small, and shown again by its trace, which a right server of
/// the framing passes.
#[test]
fn mistakes_in_other_framings_are_found_shrunk_and_replayed() {
    let planted = [
        ("u16le+2", "underflow-empty", "FRM-10"),
        ("x0300 u16be+4", "literal-unseen", "FRM-11"),
        ("varint", "truncated-delivered", "FRM-6"),
    ];
    side_by_side(2, &planted, |(framing, fault, broken)| {
        let dir = tempfile::tempdir().unwrap();
        let command = server(framing, fault);
        let options = ["--framing", *framing, "--seed", "1", "--budget", "400"];
        let options = [&options[..], &["--fail-fast"]].concat();
        let (ran, report) = fuzz(dir.path(), "server", &options, &command);
        assert_eq!(ran.status, 1, "{fault}\n{}{}", ran.stdout, ran.stderr);
        let case = findings(&report).next().unwrap();
        assert_eq!(case["broken"], *broken, "{fault}: {case}");
        assert!(case["octets"].as_u64().unwrap() <= 24, "{fault}: {case}");
        assert!(case["cuts"].as_u64().unwrap() <= 1, "{fault}: {case}");
        let trace = case["trace"]["id"].as_str().unwrap();
        let trace = dir.path().join("found").join(format!("{trace}.json"));
        for (fault, status) in [(*fault, 1), ("", 0)] {
            let command = server(framing, fault);
            let words = ["replay", trace.to_str().unwrap(), "--"].into_iter();
            let ran = unstick(words.chain(command.iter().map(String::as_str)));
            assert_eq!(ran.status, status, "{fault}\n{}{}", ran.stdout, ran.stderr);
        }
    });
}

/// A server that takes the length for another number answers nothing that was asked, and is named at once.
#[test]
fn a_server_of_a_mistaken_framing_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let options = ["--framing", "u16le", "--seed", "1", "--budget", "50"];
    let (ran, report) = fuzz(dir.path(), "server", &options, &server("u16le", "swapped"));
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let case = findings(&report).next().unwrap();
    assert_eq!(case["kind"], "dialect", "{report}");
}

#[test]
fn messages_and_files_are_of_no_other_framing() {
    let options = ["--framing", "u16le", "--class", "session", "--", "true"];
    let ran = unstick(["fuzz", "server"].iter().chain(&options).copied());
    assert_eq!(ran.status, 2, "{}", ran.stderr);
}

#[test]
fn right_codecs_are_not_accused() {
    let framings = ["u16le", "x0300 u16be+4", "hex4+4 zero=end", "i32le+all 12?"];
    side_by_side(2, &framings, |framing| {
        let dir = tempfile::tempdir().unwrap();
        let options = ["--framing", *framing, "--seed", "4", "--budget", "100"];
        let (ran, report) = fuzz(dir.path(), "codec", &options, &codec(framing, ""));
        assert_eq!(ran.status, 0, "{framing}\n{}{}", ran.stdout, ran.stderr);
        assert_eq!(report["fuzzed"][0]["mutants"], 100, "{report}");
        assert_eq!(report["fuzzed"][0]["unstable"], 0, "{framing}: {report}");
    });
}

/// Mistakes that no server shows too: an end inside a frame that is taken for a clean one. The directory of findings
/// is held again as a whole.
#[test]
fn mistakes_of_codecs_are_found_shrunk_and_replayed() {
    let planted = [
        ("u16le", "truncated-clean"),
        ("varint", "prefix-cut"),
        ("u8 1? chain", "chain-unseen"),
    ];
    side_by_side(2, &planted, |(framing, fault)| {
        let dir = tempfile::tempdir().unwrap();
        let command = codec(framing, fault);
        let options = ["--framing", *framing, "--seed", "2", "--budget", "600"];
        let options = [&options[..], &["--fail-fast"]].concat();
        let (ran, report) = fuzz(dir.path(), "codec", &options, &command);
        assert_eq!(ran.status, 1, "{fault}\n{}{}", ran.stdout, ran.stderr);
        assert_eq!(findings(&report).count(), 1, "{report}");
        let found = dir.path().join("found");
        for (fault, status) in [(*fault, 1), ("", 0)] {
            let command = codec(framing, fault);
            let words = ["replay", "--codec", found.to_str().unwrap(), "--"];
            let ran = unstick(words.into_iter().chain(command.iter().map(String::as_str)));
            assert_eq!(ran.status, status, "{fault}\n{}{}", ran.stdout, ran.stderr);
        }
    });
}

#[test]
fn the_same_seed_finds_the_same_in_a_codec() {
    let once = || {
        let dir = tempfile::tempdir().unwrap();
        let options = ["--framing", "u16le", "--seed", "3", "--budget", "60"];
        let (_, report) = fuzz(dir.path(), "codec", &options, &codec("u16le", "short-read"));
        let failing = findings(&report);
        let what = failing.map(|case| (case["id"].clone(), case["trace"].clone()));
        what.collect::<Vec<_>>()
    };
    let first = once();
    assert!(!first.is_empty());
    assert_eq!(once(), first);
}
