//! `unstick recut --filter` and `--client`: programs in Python with a mistake each, and right ones.

use std::process::Command;

use rstest::rstest;
use serde_json::json;
use tempfile::TempDir;
use unstick::judge::check::Verdict;
use unstick::report::saved::Saved;

use crate::support::{Ran, first_failure, ids, reported, unstick, with_verdict};

/// A parser of lines and quoted fields, fed as its input comes, with one mistake or none.
const FILTER: &str = r##"
import json, os, sys, time, codecs
fault = sys.argv[1]
out, line, field = [], "", ""
quoted = held = False
decode = codecs.getincrementaldecoder("utf-8")("replace")
buffer = b""
pieces = 0
while True:
    piece = os.read(0, 65536)
    if not piece: break
    pieces += 1
    if fault == "ten" and len(piece) == 1 and piece == b"u":
        sys.exit(7)
    text = piece.decode("utf-8", "replace") if fault == "utf8" else decode.decode(piece)
    if fault == "crlf":
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        chars = text
    else:
        chars = []
        for c in text:
            if c == "\n" and held: held = False; continue
            held = c == "\r"
            chars.append("\n" if held else c)
    place = 0
    while place < len(chars):
        c = chars[place]
        if c == '"':
            if quoted and place + 1 < len(chars) and chars[place + 1] == '"' and fault == "quote":
                line += '"'; place += 1
            else:
                quoted = not quoted
        elif c == "\n" and not quoted:
            out.append(line); line = ""
            if fault == "early": print(json.dumps(out.pop()), flush=True)
        else: line += c
        place += 1
    if fault == "short" and line: out.append(line); line = ""
if line: out.append(line)
if fault == "volatile": print("at", time.time(), "by", os.getpid())
if fault == "pieces": out.append(pieces)
print(json.dumps(out))
"##;

const INPUT: &[u8] = "one,two\r\n\"q\"\"u\",grün\r\nend\r\n".as_bytes();

/// `None`, and a word on it, where there is no Python 3.
fn python() -> Option<()> {
    let found = Command::new("python3").arg("--version").output().is_ok();
    if !found {
        eprintln!("skipped: there is no python3");
    }
    found.then_some(())
}

/// Runs `recut` over an input in a file of this name.
fn run(options: &[&str], name: &str, input: &[u8], command: &[&str]) -> Ran {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join(name);
    std::fs::write(&file, input).unwrap();
    let file = file.to_str().unwrap();
    unstick([&["recut"][..], options, &[file, "--"], command].concat())
}

/// Judges a program in Python, with a JSON report.
fn judge(options: &[&str], name: &str, input: &[u8], program: &[&str]) -> Option<(Ran, Saved)> {
    python()?;
    let command = [&["python3", "-c"][..], program].concat();
    let judged = |json: &str| {
        let options = [options, &["--json", json]].concat();
        run(&options, name, input, &command)
    };
    Some(reported(judged))
}

fn filter(fault: &str) -> Option<(Ran, Saved)> {
    judge(&["--filter"], "Some input.csv", INPUT, &[FILTER, fault])
}

/// The places of single cuts that make a difference.
fn places(report: &Saved) -> Vec<u64> {
    with_verdict(report, Verdict::Fail)
        .filter(|check| check.id.contains('@'))
        .filter_map(|check| {
            let after = check.details.get("cut")?["after"].as_array()?;
            match after.as_slice() {
                [place] => place.as_u64(),
                _ => None,
            }
        })
        .collect()
}

/// Each mistake shows at the places where it is made, and at no others.
#[rstest]
#[case::crlf("crlf", &[8, 22, 27])]
#[case::utf8("utf8", &[19])]
#[case::quote("quote", &[12])]
fn a_mistake_is_found_where_it_is_made(#[case] fault: &str, #[case] expected: &[u64]) {
    let Some((ran, report)) = filter(fault) else {
        return;
    };
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(places(&report), expected, "{}", ran.stdout);
    let first = first_failure(&report);
    assert_eq!(first.id, format!("some-input/turn1@{}", expected[0]));
    assert_eq!(first.requirements[0], "CUT-1");
    assert_eq!(report.testee.role, "filter");
}

/// A filter that loses half of a line end. The first of its processes whose input is cut after octet 4
/// reads late: both pieces at once.
const LATE: &str = r#"
import fcntl, os, select, struct, sys, termios, time
mark = sys.argv[1]
select.select([0], [], [])
there = struct.unpack("i", fcntl.ioctl(0, termios.FIONREAD, b"\0" * 4))[0]
if there == 4 and not os.path.exists(mark):
    open(mark, "w").close()
    time.sleep(1)
while piece := os.read(0, 65536):
    os.write(1, piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
"#;

/// The process of a loaded machine that gets no time until the next piece is there proves nothing.
#[test]
fn a_piece_that_was_left_unread_is_written_again() {
    let directory = TempDir::new().unwrap();
    let mark = directory.path().join("mark");
    let input = b"one\r\ntwo\r\n";
    let program = [LATE, mark.to_str().unwrap()];
    let Some((ran, report)) = judge(&["--filter"], "late", input, &program) else {
        return;
    };
    assert!(mark.exists(), "{}", ran.stdout);
    assert_eq!(places(&report), [4, 9], "{}", ran.stdout);
}

#[test]
fn a_short_read_shows_nearly_everywhere() {
    let Some((ran, report)) = filter("short") else {
        return;
    };
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(places(&report).len() > 15, "{}", ran.stdout);
    assert!(ran.stdout.contains("short read"), "{}", ran.stdout);
}

/// Octets one at a time, and no cut into two, show it; and all that shows is the exit status.
#[test]
fn an_exit_status_is_part_of_the_answer() {
    let Some((ran, report)) = filter("ten") else {
        return;
    };
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let failed = ids(&report, Verdict::Fail);
    assert_eq!(failed, ["some-input/octets"], "{}", ran.stdout);
    let failed = first_failure(&report);
    let after = &failed.details["cut"]["after"];
    assert_eq!(after, &json!([13, 14]), "{}", ran.stdout);
    assert!(failed.message.to_string().contains('7'));
}

#[rstest]
#[case::none("none")]
#[case::early("early")]
#[case::volatile("volatile")]
fn a_right_program_is_not_accused(#[case] fault: &str) {
    let Some((ran, report)) = filter(fault) else {
        return;
    };
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(report.summary().pass, report.cases.len());
    // Output before the end shows that pieces are looked at one by one.
    assert_eq!(ran.stdout.contains("could not be seen"), fault != "early");
}

/// A program that awaits something else for each piece, one after the other, and numbers lines. `before` is the time
/// that it sleeps before it reads; with a `most` it stops for ever at so many pieces.
const SLOW: &str = r#"
import os, queue, sys, threading, time
before, each, most = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
time.sleep(before)
pieces = queue.Queue()
def work():
    rest, taken, lines = b"", 0, 0
    while (piece := pieces.get()) is not None:
        taken += 1
        if taken == most: threading.Event().wait()
        time.sleep(each)
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            lines += 1
            os.write(1, b"%d %s\n" % (lines, line))
    os._exit(0)
threading.Thread(target=work).start()
while piece := os.read(0, 65536): pieces.put(piece)
pieces.put(None)
"#;

fn slow(before: &str, each: &str, most: &str) -> Option<(Ran, Saved)> {
    let input = b"one,two\nthree\nfour,five,six\n";
    judge(&["--filter"], "slow", input, &[SLOW, before, each, most])
}

#[rstest]
#[case::to_start("0.5", "0")]
#[case::with_each_piece("0", "0.1")]
fn a_program_that_takes_its_time_is_not_accused(#[case] before: &str, #[case] each: &str) {
    let Some((ran, report)) = slow(before, each, "0") else {
        return;
    };
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let summary = report.summary();
    let is_well = summary.pass > 20 && summary.acceptable <= 1;
    assert!(is_well, "{}", ran.stdout);
}

#[test]
fn a_program_that_stops_at_many_pieces_is_found_however_slow_it_is() {
    let Some((ran, report)) = slow("0", "0.02", "9") else {
        return;
    };
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let failed = ids(&report, Verdict::Fail);
    assert_eq!(failed, ["slow/octets"], "{}", ran.stdout);
}

/// A reader that gathers its input is right by definition.
#[test]
fn a_reader_that_wants_its_input_whole_cannot_be_judged() {
    if python().is_none() {
        return;
    }
    let whole = "import sys; print(len(sys.stdin.read().split()))";
    let ran = run(&["--filter"], "x", INPUT, &["python3", "-c", whole]);
    assert_eq!(ran.status, 3, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stderr.contains("nothing could be seen"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_program_that_does_not_run_is_named_with_what_it_wrote() {
    if python().is_none() {
        return;
    }
    let wrong = ["python3", "-c", "import no_such_module"];
    let ran = run(&["--filter"], "x", INPUT, &wrong);
    assert_eq!(ran.status, 3, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("no_such_module"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("server"), "{}", ran.stderr);
}

/// Runs one variation of a long input only.
fn long(program: &str, input: &[u8], run: &str) -> Option<(Ran, Saved)> {
    let options = ["--filter", "--run", run, "--timeout", "1"];
    judge(&options, "long.txt", input, &[program])
}

/// Two octets that belong together, cut apart once in an input too long for every place by itself; octet by
/// octet the mistake does not show.
#[test]
fn one_place_of_a_long_input_is_found_among_others() {
    let reader = r#"
import os
while True:
    piece = os.read(0, 65536)
    if not piece: break
    if len(piece) > 1 and piece.endswith(b"<"): piece = piece[:-1]
    os.write(1, piece)
"#;
    let mut input = vec![b'x'; 2000];
    input[1500..1503].copy_from_slice(b"y<z");
    let run = format!("long/every64@{}", 1502 % 64);
    let Some((ran, report)) = long(reader, &input, &run) else {
        return;
    };
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let cut = &first_failure(&report).details["cut"];
    assert_eq!(cut["after"], json!([1502]));
    assert_eq!(cut["turn"], 1);
}

/// It is ended, and what it did not write is the finding.
#[test]
fn a_program_that_reads_no_more_and_works_for_ever_is_found() {
    let reader = r#"
import os
while True:
    piece = os.read(0, 65536)
    if not piece: break
    while piece.endswith(b"<"): pass
    os.write(1, piece)
"#;
    let Some((ran, report)) = long(reader, b"a<b>cdefghij", "long/turn1@2") else {
        return;
    };
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let cut = &first_failure(&report).details["cut"];
    assert_eq!(cut["after"], json!([2]));
    assert!(ran.stdout.contains("still running"), "{}", ran.stdout);
}

/// A client that asks two questions, and takes an answer for a line that ends.
const CLIENT: &str = r##"
import socket, sys
fault, host, port = sys.argv[1:4]
s = socket.create_connection((host, int(port)))
buffer = b""
def line():
    global buffer
    if fault == "short":
        return s.recv(4096)
    while b"\r\n" not in buffer:
        piece = s.recv(4096)
        if not piece: sys.exit(9)
        if fault == "crlf" and piece.startswith(b"\n"): piece = piece[1:]
        buffer += piece
    got, buffer = buffer.split(b"\r\n", 1)
    return got
print("hello", line())
for question in (b"one\r\n", b"quit\r\n"):
    s.sendall(question)
    print("answer", line())
"##;

const RECORDED: &str = r#"{"id": "asks", "title": "Two questions", "steps": [
    {"answer": "68690d0a"}, {"send": "6f6e650d0a"}, {"answer": "3120310d0a"},
    {"send": "717569740d0a"}, {"answer": "6279650d0a"}, {"expect": "close"}]}"#;

fn client(options: &[&str], fault: &str) -> Option<(Ran, Saved)> {
    let options = [&["--client"], options].concat();
    let program = [CLIENT, fault, "{host}", "{port}"];
    judge(&options, "asks.json", RECORDED.as_bytes(), &program)
}

#[test]
fn a_right_client_is_not_accused() {
    let Some((ran, report)) = client(&[], "none") else {
        return;
    };
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(report.summary().pass > 10);
}

#[test]
fn a_client_that_takes_one_read_for_an_answer_is_found() {
    let Some((ran, report)) = client(&[], "short") else {
        return;
    };
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    // Three answers of 4, 5 and 5 octets.
    assert_eq!(places(&report).len(), 3 + 4 + 4, "{}", ran.stdout);
}

#[test]
fn a_client_that_loses_half_of_a_line_end_is_found_there() {
    // A client that is lost waits for ever: the cuts inside of line ends, and a few others.
    let Some((ran, report)) = client(&["--run", "asks/turn?@{3,4}"], "crlf") else {
        return;
    };
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let cuts: Vec<(u64, u64)> = with_verdict(&report, Verdict::Fail)
        .filter_map(|check| {
            let cut = check.details.get("cut")?;
            Some((cut["turn"].as_u64()?, cut["after"][0].as_u64()?))
        })
        .collect();
    assert_eq!(cuts, [(1, 3), (2, 4), (3, 4)]);
    assert_eq!(report.testee.role, "client");
}

#[test]
fn what_cannot_be_played_is_bad_usage() {
    if python().is_none() {
        return;
    }
    let text = RECORDED.replace("\"3120310d0a\"", "{}");
    let ran = run(&["--client"], "x.json", text.as_bytes(), &["true"]);
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("turn 1"), "{}", ran.stderr);
}
