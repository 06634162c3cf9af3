//! The mistakes of the server matrix that are about cuts, found from a recording of a right conversation alone:
//! no specification, no framing, no client.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};
use unstick::judge::check::{Check, Verdict};
use unstick::report::saved::Saved;
use unstick::trace::octets::to_hex;

use crate::support::matrix::{is_whole, side_by_side, some_cases};
use crate::support::{Ran, example, first_failure, ids, is_installed, reported, unstick};

/// Much of each run is waiting.
const WORKERS: usize = 8;

fn frame(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap();
    [&length.to_be_bytes()[..], payload].concat()
}

/// The octets of a client, turn by turn, each with its number of replies.
fn turns() -> Vec<(Vec<u8>, usize)> {
    let text = |text: &str| frame(text.as_bytes());
    let transfer = [
        text("file"),
        text("a.bin,100"),
        vec![b'.'; 100],
        text("stored?"),
    ];
    vec![
        (text("hello"), 1),
        (text("gr\u{fc}\u{df}e an alle"), 1),
        (text("once more").repeat(12), 12),
        (transfer.concat(), 1),
        (text("and goodbye"), 1),
    ]
}

fn replies(stream: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut all = Vec::new();
    for _ in 0..count {
        let mut length = [0; 4];
        stream.read_exact(&mut length).unwrap();
        let mut payload = vec![0; u32::from_be_bytes(length) as usize];
        stream.read_exact(&mut payload).unwrap();
        all.extend([&length[..], &payload].concat());
    }
    all
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The conversation with a right server, as a recording.
fn recording() -> &'static Value {
    static RECORDING: OnceLock<Value> = OnceLock::new();
    RECORDING.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let server = Command::new(example("faulty_server"))
            .arg("--dir")
            .arg(dir.path())
            .stdout(Stdio::piped())
            .spawn();
        let mut server = Ended(server.unwrap());
        let mut ready = [0; 64];
        let count = server.0.stdout.as_mut().unwrap().read(&mut ready).unwrap();
        let ready = str::from_utf8(&ready[..count]).unwrap();
        let address = ready.trim().strip_prefix("READY ").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let mut steps = Vec::new();
        for (sent, count) in turns() {
            stream.write_all(&sent).unwrap();
            let answer = replies(&mut stream, count);
            steps.push(json!({"send": to_hex(&sent)}));
            steps.push(json!({"answer": to_hex(&answer)}));
        }
        json!({"id": "session", "title": "A session with a right server", "steps": steps})
    })
}

/// Judges a server by a recording, with further options before its command.
fn recut(recording: &Value, server: &[&str]) -> (Ran, Saved) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("session.json");
    fs::write(&file, recording.to_string()).unwrap();
    let file = file.to_str().unwrap();
    reported(|json| {
        let options = ["recut", file, "--pipelines", "--json", json];
        unstick(options.iter().chain(server).copied())
    })
}

fn planted(options: &[&str], fault: &[&str]) -> (Ran, Saved) {
    let program = example("faulty_server");
    let words = ["--", &program, "--port", "{port}", "--dir", "{dir}"];
    recut(recording(), &[options, &words, fault].concat())
}

/// The ids of the cuts that make a difference, without the name of the recording.
fn failing(report: &Saved) -> Vec<&str> {
    let ids = ids(report, Verdict::Fail).into_iter();
    ids.map(|id| id.strip_prefix("session/").unwrap()).collect()
}

#[test]
fn a_right_server_passes() {
    let (ran, report) = planted(&[], &[]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(failing(&report), [""; 0]);
}

/// Mistakes of the server matrix, each with a cut that shows it.
const MISTAKES: [(&str, &str); 15] = [
    ("short-length", "turn1@1"),
    ("short-payload", "turn1@5"),
    ("lost-between", "turn1@4"),
    ("lost-third-octet", "turn1@3"),
    ("one-frame-a-read", "turn3@whole"),
    ("one-frame-an-arrival", "turn3@whole"),
    ("half-frame-dropped", "turn3@14"),
    ("at-most-ten-a-read", "turn3@13"),
    ("decode-chunks", "turn2@7"),
    ("decode-stream", "turn2@7"),
    ("pipelined-last-only", "turn3@whole"),
    ("body-blocks", "turn4@22"),
    ("body-start-lost", "turn4@whole"),
    ("body-overread", "turn4@whole"),
    ("body-dropped", "turn4@whole"),
];

/// Those that are tried each time: a server that loses octets of its prefixes fails at nearly every cut, which takes
/// minutes.
const QUICK: [&str; 6] = [
    "lost-third-octet",
    "one-frame-a-read",
    "decode-chunks",
    "pipelined-last-only",
    "body-start-lost",
    "body-overread",
];

#[test]
fn each_mistake_about_cuts_is_found() {
    let mut tried = MISTAKES.to_vec();
    tried.retain(|(fault, _)| is_whole() || QUICK.contains(fault));
    let runs = side_by_side(WORKERS, &tried, |(fault, _)| {
        planted(&[], &["--fault", fault])
    });
    for ((fault, cut), (ran, report)) in tried.iter().zip(&runs) {
        assert_eq!(ran.status, 1, "{fault}: {}{}", ran.stdout, ran.stderr);
        let failing = failing(report);
        assert!(failing.contains(cut), "{fault}: {failing:?}");
    }
}

/// The command that a report names finds it again, and so does the smallest conversation.
#[test]
fn a_turn_that_is_lost_whole_is_found_again() {
    let whole = ["--run", "session/turn3@whole", "--"];
    let program = example("faulty_server");
    let server = [&program, "--port", "{port}", "--dir", "{dir}"];
    let right = recut(recording(), &[&whole[..], &server].concat());
    assert_eq!((right.0.status, failing(&right.1)), (0, vec![]));
    let server = [&server[..], &["--fault", "pipelined-last-only"]].concat();
    let (ran, report) = recut(recording(), &[&whole[..], &server].concat());
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(failing(&report), ["turn3@whole"]);
    let shrunk = &first_failure(&report).details["shrunk"];
    assert_eq!(shrunk["cuts"], Value::Null, "{shrunk}");
    let again = recut(shrunk, &[&["--"], &server[..]].concat());
    assert_eq!(again.0.status, 1, "{}{}", again.0.stdout, again.0.stderr);
}

/// Two runs over the same recording report the same: the verdict of each cut, its cause, and the least cut.
#[test]
fn the_same_recording_gives_the_same_report_twice() {
    let reported = || {
        let some = some_cases(&["session/{turn2@?,octets,pauses,join@1*}"]);
        let (ran, report) = planted(&some, &["--fault", "decode-chunks"]);
        assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
        let told = |case: Check| {
            let cut = case.details.get("cut").cloned();
            let why = (case.requirements, case.message, case.cause);
            (case.id, case.verdict, why, cut)
        };
        report.cases.into_iter().map(told).collect::<Vec<_>>()
    };
    assert_eq!(reported(), reported());
}

/// A beginner's server: each read is taken for whole, and a body takes what comes with it.
const BEGINNER: &str = r#"
import os, socket, sys, threading
def serve(stream):
    with stream:
        while length := stream.recv(4):
            text = stream.recv(int.from_bytes(length, "big")).decode()
            if text == "file":
                length = int.from_bytes(stream.recv(4), "big")
                name, size = stream.recv(length).decode().split(",")
                body = b""
                while len(body) < int(size):
                    body += stream.recv(1024)
                with open(os.path.join(sys.argv[2], name), "wb") as file:
                    file.write(body)
            elif text == "q":
                return
            else:
                reply = f"you said {text}!".encode()
                stream.sendall(len(reply).to_bytes(4, "big") + reply)
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"#;

/// It reads what is recorded of it in the pieces that its client wrote, and not in one: the message behind the body
/// lands in the file.
#[test]
fn a_beginners_server_is_found_out() {
    if !is_installed("python3") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("beginner.py");
    fs::write(&program, BEGINNER).unwrap();
    let cuts = ["turn1@2", "turn1@5", "turn4@whole"];
    let chosen = cuts.iter().flat_map(|cut| ["--run", cut]);
    let server = [
        "--",
        "python3",
        program.to_str().unwrap(),
        "{port}",
        "{dir}",
    ];
    let words: Vec<&str> = chosen.chain(server).collect();
    let (ran, report) = recut(&recording_without_answers(), &words);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let mut failing = failing(&report);
    failing.sort_unstable();
    assert_eq!(failing, cuts);
}

/// The same turns, for a server whose replies read otherwise.
fn recording_without_answers() -> Value {
    let mut recording = recording().clone();
    for step in recording["steps"].as_array_mut().unwrap() {
        if step.get("answer").is_some() {
            *step = json!({"answer": {}});
        }
    }
    recording
}
