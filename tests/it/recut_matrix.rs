//! Recut over small servers in eight protocols (`testees/cut_server`): each planted mistake is found with
//! its least cut, and a right server is never accused, however odd its answers.

use std::fs;

use rstest::rstest;
use serde_json::{Value, json};
use unstick::judge::check::Verdict;
use unstick::report::saved::Saved;
use unstick::trace::octets::to_hex;

use super::support::matrix::{SHARE, judged_rows, side_by_side};
use super::support::{Ran, example, first_failure, ids, reported, unstick, with_verdict};

/// The client's octets, turn by turn, of a conversation in each protocol.
fn turns(protocol: &str) -> Vec<Vec<u8>> {
    let text = |turns: &[&str]| turns.iter().map(|turn| turn.as_bytes().to_vec()).collect();
    match protocol {
        "resp" => text(&[
            "*1\r\n$4\r\nPING\r\n",
            "*2\r\n$3\r\nGET\r\n$5\r\nhello\r\n",
            "*2\r\n$3\r\nGET\r\n$6\r\nh\u{e9}llo\r\n",
        ]),
        "http" => text(&[
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nb\r\n, you there\r\n0\r\n\r\n",
        ]),
        "smtp" => text(&[
            "EHLO a\r\n",
            "NOOP\r\n",
            "DATA\r\n",
            "Subject: hi\r\n\r\nh\u{e9}llo\r\n.\r\n",
            "NOOP\r\n",
        ]),
        "mqtt" => vec![
            [&b"\x10\x0E\0\x04MQTT\x04\x02\0\x3C\0\x02"[..], b"ab"].concat(),
            b"\x82\x08\0\x01\0\x03a/b\0".to_vec(),
            [&b"\x32\xCD\x01\0\x03a/b\0\x05"[..], &[b'x'; 198]].concat(),
            b"\xC0\0".to_vec(),
        ],
        "dns" => vec![
            b"\0\x1D\0\x07\x01\0\0\x01\0\0\0\0\0\0\x07example\x03com\0\0\x01\0\x01".to_vec(),
            b"\0\x13\0\x08\x01\0\0\x01\0\0\0\0\0\0\x01a\0\0\x01\0\x01".to_vec(),
        ],
        "postgres" => vec![
            b"\0\0\0\x13\0\x03\0\0user\0me\0\0\0\0".to_vec(),
            b"Q\0\0\0\x0Dselect 1\0".to_vec(),
            b"Q\0\0\0\x0Eselect 22\0".to_vec(),
        ],
        "websocket" => vec![
            b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n".to_vec(),
            b"\x81\x85\x01\x02\x03\x04ignhn".to_vec(),
            b"\x81\x83\0\0\0\0abc".to_vec(),
        ],
        "varint" => vec![
            b"\x05hello".to_vec(),
            [&b"\x96\x01"[..], &[b'y'; 150]].concat(),
            b"\x02hi".to_vec(),
        ],
        _ => unreachable!("{protocol}"),
    }
}

/// Number of servers that are judged at a time.
const WORKERS: usize = 2;

const PROTOCOLS: [&str; 8] = [
    "resp",
    "mqtt",
    "dns",
    "postgres",
    "http",
    "websocket",
    "smtp",
    "varint",
];

/// Judges a server in a mode, by a recording that has turns and no answers.
fn recut(protocol: &str, mode: &str, options: &[&str]) -> (Ran, Saved) {
    let dir = tempfile::tempdir().unwrap();
    let mut steps = Vec::new();
    if protocol == "smtp" {
        steps.push(json!({"answer": {}}));
    }
    let turns = turns(protocol);
    let count = if mode == "close" { 1 } else { turns.len() };
    for turn in &turns[..count] {
        steps.push(json!({"send": to_hex(turn)}));
        steps.push(json!({"answer": {}}));
    }
    if mode == "close" {
        steps.push(json!({"expect": "close"}));
    }
    let recording = dir.path().join("recording.json");
    let trace = json!({"id": protocol, "title": "A recording", "steps": steps});
    fs::write(&recording, trace.to_string()).unwrap();
    let (recording, server) = (recording.to_str().unwrap(), example("cut_server"));
    reported(|json| {
        let mut arguments = vec!["recut", recording, "--json", json];
        arguments.extend(options);
        arguments.extend(["--", &server, protocol, mode, "{port}"]);
        unstick(arguments)
    })
}

/// Judges a right server, which must not be accused.
fn not_accused(protocol: &str, mode: &str, cuts: &[&str]) {
    let pipelines = protocol != "smtp" && !matches!(mode, "close" | "late");
    let mut options = cuts.to_vec();
    options.extend(pipelines.then_some("--pipelines"));
    let (ran, report) = recut(protocol, mode, &options);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let summary = report.summary();
    assert_eq!(summary.flaky, 0, "{}", ran.stdout);
    assert!(summary.pass >= 1, "{}", ran.stdout);
}

/// A part of the places of each protocol.
const SOME: &[&str] = &[
    "--cuts", "4", "--run", "turn*", "--run", "octets", "--run", "join*",
];

#[rstest]
fn right_servers_are_not_accused(
    #[values(
        "resp",
        "mqtt",
        "dns",
        "postgres",
        "http",
        "websocket",
        "smtp",
        "varint"
    )]
    protocol: &str,
) {
    not_accused(protocol, "right", SOME);
}

const ODD: [(&str, &str); 9] = [
    ("resp", "times"),
    ("resp", "ids"),
    ("http", "counter"),
    ("varint", "counter"),
    ("smtp", "nonce"),
    ("smtp", "heartbeat"),
    ("resp", "late"),
    ("dns", "order"),
    ("http", "close"),
];

#[rstest]
fn right_servers_are_not_accused_however_odd(#[values(0, 1, 2, 3, 4, 5, 6, 7, 8)] odd: usize) {
    let (protocol, mode) = ODD[odd];
    not_accused(protocol, mode, SOME);
}

#[test]
#[ignore = "minutes: every place of every protocol"]
fn right_servers_are_not_accused_at_any_place() {
    for (protocol, mode) in PROTOCOLS.map(|one| (one, "right")).into_iter().chain(ODD) {
        not_accused(protocol, mode, &[]);
    }
}

/// Replies that overtake each other, as some protocols allow, are worth a word and no more.
#[test]
fn answers_in_another_order_are_acceptable() {
    let (ran, report) = recut("dns", "order", &["--pipelines", "--run", "join@1"]);
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    assert_eq!(report.summary().acceptable, 1, "{}", ran.stdout);
}

/// A mistake, where it shows, and where it does not.
struct Planted {
    protocol: &'static str,
    mode: &'static str,
    fails: &'static [&'static str],
    passes: &'static [&'static str],
}

const fn planted(
    protocol: &'static str,
    mode: &'static str,
    fails: &'static [&'static str],
    passes: &'static [&'static str],
) -> Planted {
    Planted {
        protocol,
        mode,
        fails,
        passes,
    }
}

const PLANTED: [Planted; 24] = [
    planted("resp", "header", &["turn1@1", "turn2@3"], &["turn1@4"]),
    planted("mqtt", "header", &["turn3@1"], &["turn3@2", "turn3@3"]),
    planted("dns", "header", &["turn1@1"], &["turn1@2", "turn2@20"]),
    planted(
        "postgres",
        "header",
        &["turn1@3", "turn2@4"],
        &["turn1@4", "turn2@5"],
    ),
    planted("websocket", "header", &["turn2@5"], &["turn2@6", "turn3@8"]),
    planted("varint", "header", &["turn2@1"], &["turn2@2"]),
    planted("resp", "read", &["turn1@1", "turn2@20"], &["join@1"]),
    planted("http", "read", &["turn2@40"], &["join@1"]),
    planted("smtp", "read", &["turn1@4", "turn4@7"], &[]),
    planted(
        "resp",
        "line-end",
        &["turn1@3", "turn2@7"],
        &["turn1@2", "turn1@4"],
    ),
    planted("http", "line-end", &["turn1@24"], &["turn1@23", "turn1@25"]),
    planted(
        "smtp",
        "line-end",
        &["turn1@7", "turn4@12"],
        &["turn1@6", "turn4@11"],
    ),
    planted("dns", "crash", &["turn1@1"], &["turn1@2"]),
    planted(
        "varint",
        "three-reads",
        &["turn1@1+2"],
        &["turn1@1", "turn1@2"],
    ),
    planted("postgres", "three-reads", &["turn2@1+2"], &["turn2@1"]),
    planted("varint", "tail", &["join@1", "join@2"], &["turn1@1"]),
    planted("postgres", "tail", &["join@2"], &["turn2@3"]),
    planted("resp", "tail", &["join@1"], &["turn2@3"]),
    planted("dns", "held-back", &["join@1+1"], &["join@1"]),
    planted("http", "held-back", &["join@1+2"], &["join@1"]),
    planted("websocket", "pause", &["pauses"], &[]),
    planted("varint", "pause", &["pauses"], &[]),
    planted("dns", "end", &["end@turn1@1"], &["turn1@1"]),
    planted("varint", "endless", &["turn2@3"], &["turn2@2", "turn2@4"]),
];

#[test]
fn every_planted_mistake_is_found_where_it_is_and_nowhere_else() {
    let chosen = std::env::var("UNSTICK_FAULTS").ok();
    let is_chosen = |one: &Planted, names: &str| {
        let name = format!("{}-{}", one.protocol, one.mode);
        names.split(',').any(|chosen| chosen == name)
    };
    let mut rows: Vec<&Planted> = PLANTED.iter().collect();
    match &chosen {
        Some(names) => rows.retain(|one| is_chosen(one, names)),
        None => rows = judged_rows(rows, SHARE),
    }
    side_by_side(WORKERS, &rows, |one| {
        let mut options = Vec::new();
        options.extend((one.protocol != "smtp").then_some("--pipelines"));
        for id in one.fails.iter().chain(one.passes) {
            options.extend(["--run", id]);
        }
        let (ran, report) = recut(one.protocol, one.mode, &options);
        let what = format!(
            "{} {}\n{}{}",
            one.protocol, one.mode, ran.stdout, ran.stderr
        );
        assert_eq!(ran.status, 1, "{what}");
        let mut failed = ids(&report, Verdict::Fail);
        failed.sort_unstable();
        let mut expected: Vec<String> = one
            .fails
            .iter()
            .map(|id| format!("{}/{id}", one.protocol))
            .collect();
        expected.sort_unstable();
        assert_eq!(failed, expected, "{what}");
        assert_eq!(report.summary().pass, one.passes.len(), "{what}");
        for case in with_verdict(&report, Verdict::Fail) {
            assert!(case.details["cut"].is_object(), "{case:?}");
            assert!(case.details["shrunk"]["steps"].is_array(), "{case:?}");
        }
    });
}

/// A failure octet by octet is brought down to one place of one turn, with the other turns left out.
#[test]
fn a_finding_is_minimal() {
    let (ran, report) = recut("varint", "header", &["--run", "octets"]);
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    let found = &first_failure(&report).details;
    assert_eq!(found["cut"], json!({"turn": 1, "after": [1]}), "{found:?}");
    let steps = found["shrunk"]["steps"].as_array().unwrap();
    let sends = steps.iter().filter(|step| step["send"].is_string());
    assert_eq!(sends.count(), 1, "{found:?}");
    assert_eq!(found["shrunk"]["cuts"], json!([1]));

    let (ran, report) = recut("varint", "three-reads", &["--run", "octets"]);
    let cut = &first_failure(&report).details["cut"];
    let after = cut["after"].as_array().unwrap();
    assert_eq!(after.len(), 2, "{cut}\n{}", ran.stdout);

    let (_, report) = recut("websocket", "pause", &["--run", "pauses"]);
    let cut = &first_failure(&report).details["cut"];
    assert_eq!(cut["pause"], cut["after"], "{cut}");
}

/// A shrunk trace is a recording of its own, which shows the same.
#[test]
fn what_was_shrunk_shows_the_same_again() {
    let (_, report) = recut("mqtt", "header", &["--run", "turn3@1"]);
    let shrunk = &first_failure(&report).details["shrunk"];
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("shrunk.json");
    fs::write(&path, shrunk.to_string()).unwrap();
    let server = example("cut_server");
    for (mode, status) in [("header", 1), ("right", 0)] {
        let ran = unstick([
            "recut",
            path.to_str().unwrap(),
            "--",
            &server,
            "mqtt",
            mode,
            "{port}",
        ]);
        assert_eq!(ran.status, status, "{}{}", ran.stdout, ran.stderr);
    }
}

/// A server that answers otherwise once in twenty times is never said to fail.
#[test]
fn an_unsteady_server_does_not_fail() {
    let (ran, report) = recut("resp", "unsteady", &["--cuts", "30"]);
    assert_eq!(report.summary().fail, 0, "{}", ran.stdout);
}

#[test]
fn what_cannot_be_replayed_is_refused_with_the_way_out() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.json");
    let path = path.to_str().unwrap();
    let server = example("cut_server");
    let run = |steps: Value, options: &[&str]| {
        let trace = json!({"id": "x", "title": "x", "steps": steps});
        fs::write(path, trace.to_string()).unwrap();
        let mut arguments = vec!["recut", path];
        arguments.extend(options);
        arguments.extend(["--", &server, "smtp", "right", "{port}"]);
        unstick(arguments)
    };
    let noop = to_hex(b"NOOP\r\n");
    // Another outcome than was recorded.
    let steps = json!([{"answer": {}}, {"send": noop}, {"answer": to_hex(b"535 wrong proof\r\n")}]);
    let ran = run(steps, &[]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("unstick proxy"), "{}", ran.stderr);
    // No answer at all.
    let ran = run(json!([{"send": to_hex(b"NO")}]), &[]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("--silent"), "{}", ran.stderr);
    let ran = run(
        json!([{"answer": {}}, {"send": to_hex(b"NO")}, {"answer": {}}]),
        &[],
    );
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    // Usage.
    let ran = run(
        json!([{"answer": {}}, {"send": noop}, {"answer": {}}]),
        &["--run", "nothing"],
    );
    assert_eq!(ran.status, 2, "{}", ran.stderr);
}
