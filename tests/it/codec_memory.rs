//! Codecs that take the memory that a length announces: seen in each mode of a program and in each framing that can
//! announce so much, and right ones are not.

use rstest::rstest;
use tempfile::TempDir;

use crate::framed::decoder::SHAPES;
use crate::support::{is_installed, judge_as};
use unstick::framing::{Framing, Next};
use unstick::judge::progress::Unwatched;
use unstick::suite::codec::{Decode, Judge};
use unstick::suite::verdict::{Check, Verdict};

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
    for (habit, verdict) in [("holds", Verdict::Fail), ("grows", Verdict::Pass)] {
        let mut options = vec!["--run", "frm/memory-follows-arrival", "--run", "frm/two"];
        options.extend((mode == "lines").then_some("--lines"));
        let testee = ["python3", program.to_str().unwrap(), habit, mode];
        let (ran, report) = judge_as("codec", &options, &testee);
        let cases = || report.cases.iter();
        let case = cases().find(|case| case.id == "frm/memory-follows-arrival");
        let case = case.unwrap();
        assert_eq!(case.verdict, verdict, "{}{}", ran.stdout, ran.stderr);
        let others = cases().filter(|case| case.id == "frm/two");
        assert!(others.clone().count() > 0);
        assert!(
            others.clone().all(|case| case.verdict == Verdict::Pass),
            "{}",
            ran.stdout
        );
        if habit == "holds" {
            assert_eq!(case.broken.as_deref(), Some("FRM-8"));
            assert!(case.cause.is_some());
        }
    }
}

/// A decoder of any framing that makes room for what is needed at once, or as it comes.
struct Roomy {
    framing: Framing,
    at_once: bool,
    came: Vec<u8>,
    /// The most that it has had room for, in octets.
    peak: usize,
}

impl Decode for Roomy {
    fn feed(&mut self, octets: &[u8], deliver: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        self.came.extend_from_slice(octets);
        self.peak = self.peak.max(self.came.len());
        loop {
            let taken = match self.framing.next(&self.came) {
                Next::Frame(frame) => {
                    deliver(&frame.payload);
                    frame.length
                }
                Next::Skip(octets) => octets,
                Next::Need(more) => {
                    let room = self.came.len().saturating_add(more);
                    self.peak = self.peak.max(if self.at_once { room } else { 0 });
                    return Ok(());
                }
                Next::End(_) => return Ok(()),
                Next::Refuse(why) => return Err(why.to_string()),
            };
            self.came.drain(..taken);
        }
    }

    fn finish(&mut self, _: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        match self.came.is_empty() {
            true => Ok(()),
            false => Err("the stream ends inside a frame".to_owned()),
        }
    }

    fn peak_memory(&mut self) -> Option<u64> {
        Some(self.peak as u64)
    }
}

/// The check of the memory of such a decoder, where the framing can announce enough.
fn memory_in(framing: &Framing, at_once: bool) -> Option<Check> {
    let decoder = Judge::decoder(|| {
        Box::new(Roomy {
            framing: framing.clone(),
            at_once,
            came: Vec::new(),
            peak: 0,
        })
    });
    let checks = decoder
        .framing(framing.clone())
        .memory()
        .checks(&mut Unwatched);
    let mut memory = checks.into_iter();
    memory.find(|check| check.id == "frm/memory-follows-arrival")
}

#[test]
fn memory_is_judged_in_each_framing_that_can_announce_much() {
    let framings = SHAPES
        .into_iter()
        .map(|shape| shape.template.parse::<Framing>().unwrap());
    let mut judged = 0;
    for framing in framings.filter(|framing| framing.pack(1 << 29).is_some()) {
        let right = memory_in(&framing, false).unwrap();
        assert_eq!(right.verdict, Verdict::Pass, "{framing} {right:#?}");
        let wrong = memory_in(&framing, true).unwrap();
        assert_eq!(wrong.verdict, Verdict::Fail, "{framing} {wrong:#?}");
        assert_eq!(wrong.broken.unwrap(), "FRM-8", "{framing}");
        assert!(wrong.cause.is_some(), "{framing}");
        judged += 1;
    }
    assert!(judged >= 6, "{judged}");
}
