//! `unstick recut --framing`: in turns too long for every place, the frames say where to cut.

use std::fs;

use rstest::rstest;
use serde_json::json;
use unstick::judge::check::Verdict::{self, Acceptable, Fail, Pass};
use unstick::report::saved::Saved;
use unstick::trace::octets::to_hex;

use crate::support::{is_installed, reported, unstick, with_verdict};

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
fn judged(named: Option<&str>, options: &[&str], faulty: bool) -> (i32, Saved) {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (recording, server) = (path("long.json"), path("server.py"));
    let frame = |size: u16| [&size.to_be_bytes()[..], &vec![b'x'; size.into()]].concat();
    let sent = to_hex(&[frame(1000), frame(900), frame(800)].concat());
    let steps = json!([{"send": sent}, {"answer": {}}]);
    let mut trace = json!({"id": "long", "title": "Three frames", "steps": steps});
    if let Some(framing) = named {
        trace["framing"] = framing.into();
    }
    fs::write(&recording, trace.to_string()).unwrap();
    fs::write(&server, SERVER).unwrap();
    let (ran, report) = reported(|json| {
        let mut words = vec!["recut", &recording, "--cuts", "edges", "--json", json];
        words.extend(options);
        words.extend(["--", "python3", &server, "{port}"]);
        words.extend(faulty.then_some("faulty"));
        unstick(words)
    });
    (ran.status, report)
}

const INSIDE_THE_LAST_LENGTH: &str = "long/turn1@1905";

fn verdict(report: &Saved) -> Option<Verdict> {
    let mut cases = report.cases.iter();
    let case = cases.find(|case| case.id == INSIDE_THE_LAST_LENGTH)?;
    Some(case.verdict)
}

/// Deep in a turn a length is cut only where the framing is known, by the option or by the recording.
#[rstest]
#[case::by_the_option(None, &["--framing", "u16be"], Some(Pass))]
#[case::by_the_recording(Some("u16be"), &[], Some(Pass))]
#[case::by_nothing(None, &[], None)]
fn the_framing_says_where_a_long_turn_is_cut(
    #[case] named: Option<&str>,
    #[case] options: &[&str],
    #[case] expected: Option<Verdict>,
) {
    if !is_installed("python3") {
        return;
    }
    let (status, report) = judged(named, options, false);
    assert_eq!((status, verdict(&report)), (0, expected), "{report:?}");
}

#[test]
fn a_length_that_is_lost_when_it_is_cut_is_found() {
    if !is_installed("python3") {
        return;
    }
    let options = ["--framing", "u16be", "--run", "turn1@1905"];
    let (status, report) = judged(None, &options, true);
    assert_eq!((status, verdict(&report)), (1, Some(Fail)), "{report:?}");
}

/// Answers each frame by another. `mode`: `right` closes over lengths that are too large; `breaks` serves nobody
/// after one, and `ignores` takes what one read brings for a frame, whatever its length says.
const ANSWERER: &str = r#"
import socket, sys, threading
mode = sys.argv[2]
broken = False
def serve(stream):
    global broken
    held = b""
    while octets := stream.recv(65536):
        held += octets
        if mode == "ignores":
            stream.sendall(b"\0\3yes")
            held = b""
        if len(held) >= 2 and int.from_bytes(held[:2], "big") > 9000:
            broken = mode == "breaks"
            break
        while len(held) >= 2 and len(held) >= (end := 2 + int.from_bytes(held[:2], "big")):
            held = held[end:]
            stream.sendall(b"\0\3no!" if broken else b"\0\3yes")
    stream.close()
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"#;

/// Frames that lie are answered by nobody, and harm nobody else.
#[rstest]
#[case::right("right", 0, [Pass, Pass, Pass, Pass])]
#[case::breaks("breaks", 1, [Fail, Pass, Pass, Pass])]
#[case::ignores("ignores", 1, [Fail, Acceptable, Acceptable, Acceptable])]
fn frames_that_lie_are_sent_where_the_framing_is_known(
    #[case] mode: &str,
    #[case] status: i32,
    #[case] expected: [Verdict; 4],
) {
    if !is_installed("python3") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (recording, server) = (path("two.json"), path("server.py"));
    let steps = json!([{"send": to_hex(b"\0\x04data")}, {"answer": {}}]);
    let trace = json!({"id": "one", "title": "A frame", "framing": "u16be", "steps": steps});
    fs::write(&recording, trace.to_string()).unwrap();
    fs::write(&server, ANSWERER).unwrap();
    let (ran, report) = reported(|json| {
        let words = ["recut", &recording, "--run", "hostile*", "--json", json];
        let command = ["--", "python3", &server, "{port}", mode];
        unstick(words.into_iter().chain(command))
    });
    let cases = report.cases.into_iter();
    let found: Vec<_> = cases
        .map(|case| (case.id.to_string(), case.verdict))
        .collect();
    let lies = ["maximum", "truncated@1", "truncated@2", "truncated@5"];
    let ids = lies.map(|lie| format!("one/hostile@turn1/{lie}"));
    let expected: Vec<_> = ids.into_iter().zip(expected).collect();
    assert_eq!((ran.status, found), (status, expected), "{}", ran.stdout);
}

/// A value in the first frame of an answer has another length each time, and a cut changes the second frame.
const VARIES: &str = r#"
import os, socket, sys, threading
count = 0
def serve(stream):
    global count
    held, cut = b"", False
    while octets := stream.recv(65536):
        held += octets
        if len(held) < 6:
            cut = len(sys.argv) > 2 and len(held) == 2
            continue
        count += 1
        name = bytes([0x80 + count % 7]) * (1 + count % 3) + b"x"
        second = b"\1bad" if cut else b"\1yes"
        stream.sendall(len(name).to_bytes(2, "big") + name + b"\0\x04" + second)
        held = b""
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"#;

/// Answers that vary in one frame are compared in the others, and the finding names the frame.
#[rstest]
#[case::right(&[], 0)]
#[case::faulty(&["faulty"], 1)]
fn answers_are_compared_frame_by_frame(#[case] fault: &[&str], #[case] status: i32) {
    if !is_installed("python3") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (recording, server) = (path("two.json"), path("server.py"));
    let steps = json!([{"send": to_hex(b"\0\x04data")}, {"answer": {}}]);
    let trace = json!({"id": "one", "title": "A frame", "steps": steps});
    fs::write(&recording, trace.to_string()).unwrap();
    fs::write(&server, VARIES).unwrap();
    let (ran, report) = reported(|json| {
        let mut words = vec!["recut", &recording, "--framing", "u16be", "--json", json];
        words.extend(["--run", "turn1@?", "--", "python3", &server, "{port}"]);
        words.extend(fault);
        unstick(words)
    });
    assert_eq!(ran.status, status, "{}{}", ran.stdout, ran.stderr);
    if status == 0 {
        return;
    }
    let failed: Vec<_> = with_verdict(&report, Fail).collect();
    assert_eq!(failed.len(), 1, "{}", ran.stdout);
    assert_eq!(failed[0].id, "one/turn1@2");
    let frame = json!({"number": 2, "of": 2, "octet": 4});
    assert_eq!(failed[0].details["frame"], frame, "{}", ran.stdout);
}
