//! Decoders in five languages that are given the framing as a template: each passes in framings of every
//! family, and is found where it reads another one. What has no toolchain here is skipped, and says so.

use rstest::rstest;
use tempfile::TempDir;

use crate::support::matrix::is_whole;
use crate::support::{is_installed, judge_as, project};
use crate::testees::built;
use unstick::framing::{Framing, PRESETS};
use unstick::judge::check::Verdict;

/// Framings of several families; with `UNSTICK_WHOLE` in the environment all presets too.
const FRAMINGS: [&str; 3] = ["cobs", "lsp", "mqtt"];

/// The command that starts the decoder in a language.
fn command(source: &str, place: &TempDir) -> Option<Vec<String>> {
    let path = project(&format!("examples/testees/{source}"));
    let program = match source {
        "framed.py" => "python3",
        "framed.js" => "node",
        "Framed.java" => "java",
        _ => return Some(vec![built(source, &[], place)?]),
    };
    if !is_installed(program) {
        eprintln!("skipped: there is no {program}");
        return None;
    }
    if program == "java" {
        // Compiled once: to start from the source takes a second each time.
        let compiled = std::process::Command::new("javac")
            .arg("-d")
            .args([place.path().as_os_str(), path.as_ref()])
            .status();
        if !compiled.is_ok_and(|status| status.success()) {
            eprintln!("skipped: there is no javac");
            return None;
        }
        let classes = place.path().to_str().unwrap().to_owned();
        return Some(vec![
            program.to_owned(),
            "-cp".to_owned(),
            classes,
            "Framed".to_owned(),
        ]);
    }
    Some(vec![program.to_owned(), path])
}

/// Judges a decoder that reads one framing as one of another, by some cases: the exit status, and what was said.
fn judged(command: &[String], reads: &str, framing: &str) -> (i32, String) {
    let reads: Framing = reads.parse().unwrap();
    let template = reads.template();
    let mut testee: Vec<&str> = command.iter().map(String::as_str).collect();
    testee.push(&template);
    let options = [
        "--framing",
        framing,
        "--run",
        "frm/two",
        "--run",
        "frm/cut-after-*",
    ];
    let further = ["--run", "frm/truncated-at-*", "--run", "frm/one"];
    let (ran, _) = judge_as("codec", &[&options[..], &further].concat(), &testee);
    (ran.status, format!("{}{}", ran.stdout, ran.stderr))
}

#[rstest]
#[case("framed.py")]
#[case("framed.js")]
#[case("framed.go")]
#[case("framed.c")]
#[case("Framed.java")]
fn a_decoder_takes_the_framing_for_an_argument(#[case] source: &str) {
    let place = TempDir::new().unwrap();
    let Some(command) = command(source, &place) else {
        return;
    };
    let all = is_whole();
    // A virtual machine starts slowly.
    let few = if source.ends_with(".java") && !all {
        &FRAMINGS[..1]
    } else {
        &FRAMINGS
    };
    let all = PRESETS.iter().filter(|_| all).map(|preset| preset.name);
    for framing in few.iter().copied().chain(all) {
        let (status, said) = judged(&command, framing, framing);
        assert_eq!(status, 0, "{framing}: {said}");
    }
    let (status, said) = judged(&command, "u16be", "u16le");
    assert_eq!(status, 1, "{said}");
    assert!(
        said.contains("with the most significant octet first"),
        "{said}"
    );
}

/// A decoder of `u16le` that is right; what it writes in the mode `encode` is told by `ENCODES`.
const ENCODER: &str = r#"
import struct, sys

ENCODES, mode = sys.argv[1], sys.argv[2]

def frames(order):
    while prefix := sys.stdin.buffer.read(struct.calcsize(order)):
        if len(prefix) < struct.calcsize(order):
            sys.exit("the stream ends inside a frame")
        (length,) = struct.unpack(order, prefix)
        payload = sys.stdin.buffer.read(length)
        if len(payload) < length:
            sys.exit("the stream ends inside a frame")
        yield payload

if mode == "encode" and ENCODES != "-":
    for payload in frames(">I"):
        sys.stdout.buffer.write(struct.pack(ENCODES, len(payload)) + payload)
else:
    for payload in frames("<H"):
        sys.stdout.buffer.write(struct.pack(">I", len(payload)) + payload)
"#;

/// An encoder is judged although it writes no frame of the framing, and a program that looks at no mode has none.
#[rstest]
#[case("<H", 0, "")]
#[case(">H", 1, "it writes lengths with the most significant octet first")]
#[case("<I", 1, "it writes lengths of 4 octets")]
#[case("-", 0, "")]
fn an_encoder_is_judged_by_what_it_writes(
    #[case] encodes: &str,
    #[case] status: i32,
    #[case] said: &str,
) {
    if !is_installed("python3") {
        eprintln!("skipped: there is no python3");
        return;
    }
    let place = TempDir::new().unwrap();
    let program = place.path().join("codec.py");
    std::fs::write(&program, ENCODER).unwrap();
    let options = [
        "--framing",
        "u16le",
        "--run",
        "codec/encode*",
        "--run",
        "frm/two",
    ];
    let testee = ["python3", program.to_str().unwrap(), encodes, "{mode}"];
    let (ran, report) = judge_as("codec", &options, &testee);
    assert_eq!(ran.status, status, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    let mut cases = report.cases.iter();
    let encoded = cases.any(|case| case.id == "codec/encode-stream");
    let mut cases = report.cases.iter();
    let is_of_lengths = cases.any(|case| case.broken.as_deref() == Some("LEN-1"));
    assert_eq!(is_of_lengths, status == 1);
    assert_eq!(encoded, encodes != "-");
}

/// A decoder of `u8` frames with `--chunks` that hands each payload over with the chunk behind it, or in time.
const NUMBERED: &str = r#"
import sys
late = sys.argv[1] == "late"
for line in sys.stdin:
    came, answer = b"", []
    for number, word in enumerate(line.split(), 1):
        if word == "$":
            break
        came += b"" if word == "-" else bytes.fromhex(word)
        while came and len(came) > came[0]:
            answer.append(f"{number + late}:{came[1 : 1 + came[0]].hex()}")
            came = came[1 + came[0] :]
    ends = line.split()[-1:] == ["$"]
    print(*answer, ("error inside a frame" if came else "end") if ends else "more", flush=True)
"#;

#[rstest]
#[case("late", Verdict::Fail)]
#[case("in time", Verdict::Pass)]
fn payloads_that_are_handed_over_a_chunk_too_late_are_seen(
    #[case] habit: &str,
    #[case] verdict: Verdict,
) {
    if !is_installed("python3") {
        return;
    }
    let place = TempDir::new().unwrap();
    let program = place.path().join("codec.py");
    std::fs::write(&program, NUMBERED).unwrap();
    let options = ["--framing", "u8", "--run", "frm/two"];
    let codec = ["python3", program.to_str().unwrap(), habit];
    let (ran, report) = judge_as("codec", &options, &codec);
    assert!(!report.cases.is_empty());
    for case in report.cases {
        assert_eq!(case.verdict, verdict, "{}{}", ran.stdout, ran.stderr);
    }
}
