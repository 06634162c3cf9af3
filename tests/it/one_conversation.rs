//! `unstick recut` of servers that serve one connection and end: whether they listen is seen without a connection.

use std::fs;

use rstest::rstest;
use serde_json::json;
use unstick::trace::octets::to_hex;

use crate::support::{broken, is_installed, reported, unstick};

/// Answers each line. With a second argument it loses the beginning of a line that comes in two pieces.
const SERVER: &str = r#"
import socket, sys
faulty = len(sys.argv) > 2
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
connection, _ = listener.accept()
held = b""
while octets := connection.recv(4096):
    held = octets if faulty else held + octets
    *lines, held = held.split(b"\n")
    for line in lines:
        connection.sendall(b"you said " + line + b"\n")
"#;

#[rstest]
#[case::right(&[], 0)]
#[case::faulty(&["faulty"], 1)]
fn a_server_that_serves_one_connection_is_judged(#[case] more: &[&str], #[case] status: i32) {
    if !is_installed("python3") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (recording, server) = (path("lines.json"), path("server.py"));
    let turn = |line: &[u8]| [json!({"send": to_hex(line)}), json!({"answer": {}})];
    let steps = [turn(b"one\n"), turn(b"two\n")].concat();
    let trace = json!({"id": "lines", "title": "Two lines", "steps": steps});
    fs::write(&recording, trace.to_string()).unwrap();
    fs::write(&server, SERVER).unwrap();
    let (ran, report) = reported(|json| {
        let mut words = vec!["recut", &recording, "--json", json];
        words.extend(["--run", "lines/turn1@1", "--run", "lines/end*"]);
        words.extend(["--", "python3", &server, "{port}"]);
        words.extend(more);
        unstick(words)
    });
    assert_eq!(ran.status, status, "{report:#?}");
    let broken = broken(&report);
    assert_eq!(broken.contains("CUT-1"), status == 1, "{report:#?}");
    assert!(!broken.contains("CUT-4"), "{report:#?}");
}
