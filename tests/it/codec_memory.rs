//! Codecs that are programs and take the memory that a length announces: seen in each mode, and right ones are not.

use rstest::rstest;
use tempfile::TempDir;

use crate::support::{is_installed, judge_as};

/// A decoder in one of the three modes that makes room for a payload at once, or as it comes.
const PROGRAM: &str = r#"
import os, struct, sys
holds, mode = sys.argv[1] == "holds", sys.argv[2]

class Decoder:
    def __init__(self):
        self.came = b""

    def feed(self, octets):
        self.came += octets
        payloads = []
        while len(self.came) >= 4:
            length, = struct.unpack(">I", self.came[:4])
            if holds:
                self.room = b"\1" * length
            if len(self.came) < 4 + length:
                break
            payloads.append(self.came[4 : 4 + length])
            self.came = self.came[4 + length :]
        return payloads

def say(line):
    print(line, flush=True)

decoder = Decoder()
if mode == "stream":
    if "--chunks" in sys.argv:
        sys.exit(2)
    while octets := os.read(0, 65536):
        for payload in decoder.feed(octets):
            sys.stdout.buffer.write(struct.pack(">I", len(payload)) + payload)
            sys.stdout.buffer.flush()
    sys.exit(1 if decoder.came else 0)
for line in sys.stdin:
    words = line.split()
    if mode == "chunks":
        decoder, answer = Decoder(), []
        for number, word in enumerate(word for word in words if word not in ("-", "$")):
            answer += [f"{number + 1}:{payload.hex()}" for payload in decoder.feed(bytes.fromhex(word))]
        ended = words[-1:] == ["$"]
        say(" ".join(answer + [("error inside a frame" if decoder.came else "end") if ended else "more"]))
    elif words[0] == "feed":
        for payload in decoder.feed(bytes.fromhex("".join(words[1:]))):
            say("payload " + payload.hex())
        say("ok")
    elif words[0] == "encode":
        payload = bytes.fromhex("".join(words[1:]))
        say("octets " + (struct.pack(">I", len(payload)) + payload).hex())
    elif words[0] == "end":
        say("error inside a frame" if decoder.came else "ok")
    else:
        decoder = Decoder()
        say("ok")
"#;

#[rstest]
#[case("stream")]
#[case("chunks")]
#[case("lines")]
fn memory_that_is_taken_for_what_is_announced_is_seen(#[case] mode: &str) {
    if !is_installed("python3") {
        return;
    }
    let place = TempDir::new().unwrap();
    let program = place.path().join("codec.py");
    std::fs::write(&program, PROGRAM).unwrap();
    for (habit, verdict) in [("holds", "fail"), ("grows", "pass")] {
        let mut options = vec!["--run", "frm/memory-follows-arrival", "--run", "frm/two"];
        options.extend((mode == "lines").then_some("--lines"));
        let testee = ["python3", program.to_str().unwrap(), habit, mode];
        let (ran, report) = judge_as("codec", &options, &testee);
        let cases = report["cases"].as_array().unwrap();
        let memory = |case: &&serde_json::Value| case["id"] == "frm/memory-follows-arrival";
        let case = cases.iter().find(memory).unwrap();
        assert_eq!(case["verdict"], verdict, "{}{}", ran.stdout, ran.stderr);
        let others = cases.iter().filter(|case| case["id"] == "frm/two");
        assert!(others.clone().count() > 0);
        assert!(
            others.clone().all(|case| case["verdict"] == "pass"),
            "{}",
            ran.stdout
        );
        if habit == "holds" {
            assert_eq!(case["broken"], "FRM-8");
            assert!(case["cause"].is_string());
        }
    }
}
