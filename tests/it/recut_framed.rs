//! `unstick recut --framing`: in turns too long for every place, the frames say where to cut.

use std::fs;

use rstest::rstest;
use serde_json::{Value, json};
use unstick::trace::octets::to_hex;

use crate::support::{is_installed, unstick};

/// Answers once to three frames with a length of two octets. With a second argument it loses the first octet of
/// a length whose octets come apart, deep in the stream.
const SERVER: &str = r#"
import socket, sys, threading
faulty = len(sys.argv) > 2
def serve(stream):
    held, total, frames = b"", 0, 0
    while octets := stream.recv(65536):
        if faulty and len(held) == 1 and total > 1500:
            held = b""
        total += len(octets)
        held += octets
        while len(held) >= 2 and len(held) >= (end := 2 + int.from_bytes(held[:2], "big")):
            held, frames = held[end:], frames + 1
            if frames % 3 == 0:
                stream.sendall(b"\0\2ok")
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"#;

/// The report of a run over three long frames in one turn, whose file names its framing or not.
fn judged(named: Option<&str>, options: &[&str], faulty: bool) -> (i32, Value) {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (recording, report, server) = (path("long.json"), path("report.json"), path("server.py"));
    let frame = |size: u16| [&size.to_be_bytes()[..], &vec![b'x'; size.into()]].concat();
    let sent = to_hex(&[frame(1000), frame(900), frame(800)].concat());
    let steps = json!([{"send": sent}, {"answer": {}}]);
    let mut trace = json!({"id": "long", "title": "Three frames", "steps": steps});
    if let Some(framing) = named {
        trace["framing"] = framing.into();
    }
    fs::write(&recording, trace.to_string()).unwrap();
    fs::write(&server, SERVER).unwrap();
    let mut words = vec!["recut", &recording, "--cuts", "edges", "--json", &report];
    words.extend(options);
    words.extend(["--", "python3", &server, "{port}"]);
    words.extend(faulty.then_some("faulty"));
    let ran = unstick(words);
    let text = fs::read_to_string(&report).unwrap_or_else(|_| panic!("{}", ran.stderr));
    (ran.status, serde_json::from_str(&text).unwrap())
}

const INSIDE_THE_LAST_LENGTH: &str = "long/turn1@1905";

fn verdict(report: &Value) -> Option<&str> {
    let mut cases = report["cases"].as_array().unwrap().iter();
    let case = cases.find(|case| case["id"] == INSIDE_THE_LAST_LENGTH)?;
    case["verdict"].as_str()
}

/// Deep in a turn a length is cut only where the framing is known, by the option or by the recording.
#[rstest]
#[case::by_the_option(None, &["--framing", "u16be"], Some("pass"))]
#[case::by_the_recording(Some("u16be"), &[], Some("pass"))]
#[case::by_nothing(None, &[], None)]
fn the_framing_says_where_a_long_turn_is_cut(
    #[case] named: Option<&str>,
    #[case] options: &[&str],
    #[case] expected: Option<&str>,
) {
    if !is_installed("python3") {
        return;
    }
    let (status, report) = judged(named, options, false);
    assert_eq!((status, verdict(&report)), (0, expected), "{report}");
}

#[test]
fn a_length_that_is_lost_when_it_is_cut_is_found() {
    if !is_installed("python3") {
        return;
    }
    let options = ["--framing", "u16be", "--run", "turn1@1905"];
    let (status, report) = judged(None, &options, true);
    assert_eq!((status, verdict(&report)), (1, Some("fail")), "{report}");
}
