//! Mistakes planted in decoders of other framings than the article's: each is seen in each framing that can
//! have it, and put down to the requirement that it breaks; without a mistake nothing is said.
//! `snapshots/framing-matrix.snap` is the outcome.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::support::matrix::{Seen, side_by_side};
use crate::support::{example, judge_as, snapshots, unstick, with_verdict};
use decoder::{Decoder, FAULTS, SHAPES, Shape};
use unstick::judge::progress::Unwatched;
use unstick::suite::codec::{Decode, Judge};
use unstick::suite::verdict::{Check, Verdict};

#[path = "../../testees/framed/decoder.rs"]
pub(crate) mod decoder;

const WORKERS: usize = 2;

/// The limit that is declared, in octets: larger payloads take time, and show no more of these mistakes.
const LIMIT: u32 = 1_000;

/// Framings whose largest payloads are soon decoded. The others take minutes without optimization, and are
/// looked at by name.
const QUICK: [&str; 6] = [
    "onc-rpc",
    "u16le",
    "u16le+2",
    "u8 1? chain",
    "x0300 u16be+4",
    "hex4+4 zero=end",
];

/// No mistake.
const NONE: &str = "";

struct Codec(Decoder);

impl Decode for Codec {
    fn feed(&mut self, octets: &[u8], deliver: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        self.0.feed(octets, &mut |payload, _| deliver(payload))
    }

    fn finish(&mut self, deliver: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        self.0.finish(&mut |payload, _| deliver(payload))
    }
}

/// A limit that payloads of the framing can be above; without one where lengths with their top bit are what
/// shows a mistake.
fn limit_of(shape: &Shape, fault: &str) -> u32 {
    if ["signed", "unsigned"].contains(&fault) || shape.template.contains("chain") {
        return u32::MAX;
    }
    let framing: unstick::framing::Framing = shape.template.parse().unwrap();
    let most = framing.max_payload().unwrap_or(u64::MAX);
    LIMIT.min(u32::try_from(most / 2).unwrap_or(LIMIT))
}

fn judge(shape: Shape, fault: &str) -> Vec<Check> {
    let limit = limit_of(&shape, fault);
    let fresh = || -> Box<dyn Decode> { Box::new(Codec(Decoder::new(shape, fault, limit.into()))) };
    let judge = Judge::decoder(fresh).framing(shape.template.parse().unwrap());
    let judge = match limit {
        u32::MAX => judge,
        limit => judge.max_payload(limit),
    };
    judge.checks(&mut Unwatched)
}

#[test]
fn each_mistake_is_seen_and_named_in_each_framing_that_can_have_it() {
    let planted: Vec<(Shape, &str, &[&str])> = SHAPES
        .iter()
        .flat_map(|shape| {
            let faults = FAULTS.iter().filter(|fault| fault.exists_in(shape));
            let faults = faults.map(|fault| (*shape, fault.name, fault.breaks));
            std::iter::once((*shape, NONE, &[][..])).chain(faults)
        })
        .collect();
    // Names of framings and mistakes, with commas between them: those alone are looked at.
    let chosen = std::env::var("UNSTICK_FAULTS").ok();
    let planted: Vec<_> = planted
        .into_iter()
        .filter(|(shape, fault, _)| {
            let named = |name: &str| [shape.template, fault].contains(&name);
            match &chosen {
                Some(chosen) => chosen.split(',').any(named),
                None => QUICK.contains(&shape.template),
            }
        })
        .collect();
    let seen = side_by_side(WORKERS, &planted, |(shape, fault, _)| {
        let checks = judge(*shape, fault);
        let odd = checks.iter().find(|check| check.verdict == Verdict::Error);
        let odd = odd.map(|check| format!("{}: {}", check.id, check.message));
        (Seen::in_report("codec", &checks), odd)
    });
    let mut kept = String::new();
    let mut wrong = Vec::new();
    for ((shape, fault, breaks), (seen, odd)) in planted.iter().zip(seen) {
        let template = shape.template;
        let requirement = seen.requirement.as_deref().unwrap_or("-");
        let is_right = match *fault {
            NONE => seen.cases.is_empty() && odd.is_none(),
            _ => breaks.contains(&requirement),
        };
        if !is_right {
            wrong.push(format!(
                "{template} {fault}: {requirement} {:?} {odd:?} {:?}",
                seen.cause, seen.cases
            ));
        }
        if *fault == NONE {
            writeln!(kept, "{template}").unwrap();
        } else {
            let cause = seen.cause.as_deref().unwrap_or("-");
            writeln!(kept, "  {fault:22} {requirement:7} {cause}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    if chosen.is_some() {
        return;
    }
    snapshots().bind(|| insta::assert_snapshot!("framing-matrix", kept));
}

/// Only lengths of several octets show it, and lengths that are too large fail along with them.
#[test]
fn groups_of_seven_bits_in_the_other_order_are_named() {
    let shape = SHAPES.into_iter().find(|shape| shape.template == "varint");
    let checks = judge(shape.unwrap(), "groups-swapped");
    let seen = Seen::in_report("codec", &checks);
    let cause = "it reads lengths with the most significant seven bits first";
    assert_eq!(seen.causes, [("LEN-1".to_owned(), cause.to_owned())]);
}

/// A server that sends frames of a framing back, judged by some cases: the exit status, and the requirements
/// that are broken with the causes that are named.
fn served(framing: &str, fault: &str, cases: &[&str]) -> (i32, BTreeSet<String>, BTreeSet<String>) {
    let mut options = vec!["--framing", framing];
    options.extend(cases.iter().flat_map(|case| ["--run", *case]));
    let program = example("framed");
    let mut testee = vec![&*program, "--port", "{port}", "--framing", framing];
    if !fault.is_empty() {
        testee.extend(["--fault", fault]);
    }
    let (ran, report) = judge_as("server", &options, &testee);
    let failed = || with_verdict(&report, Verdict::Fail);
    let broken = failed().filter_map(|check| Some(check.broken.as_ref()?.to_string()));
    let causes = failed().filter_map(|check| check.cause.clone());
    (ran.status, broken.collect(), causes.collect())
}

#[test]
fn right_servers_of_other_framings_pass() {
    for (framing, own) in [
        ("u16le+2", "frm/below-*"),
        ("u8 1? chain", "frm/chain-*"),
        ("i32le+all 12?", "len/no-number-*"),
        ("line'\\r\\n'", "frm/cut-after-*"),
    ] {
        let cases = ["frm/two", "frm/empty", "frm/frames-1001", "frm/limit*", own];
        let (status, broken, _) = served(framing, "", &cases);
        assert_eq!((status, broken), (0, BTreeSet::new()), "{framing}");
    }
}

#[test]
fn mistakes_of_servers_of_other_framings_are_named() {
    for (framing, fault, case, requirement, cause) in [
        (
            "1? u32be+4",
            "underflow-wraps",
            "frm/below*",
            "FRM-10",
            "without a look whether it is there",
        ),
        (
            "x0300 u16be+4",
            "literal-unseen",
            "frm/wrong-*",
            "FRM-11",
            "octets that the framing fixes",
        ),
        (
            "u16le",
            "swapped",
            "frm/two",
            "LEN-1",
            "with the most significant octet first",
        ),
        (
            "u16le",
            "signed",
            "len/3276*",
            "LEN-4",
            "with its top bit set for a negative number",
        ),
        (
            "u16le",
            "sticky",
            "frm/two",
            "FRM-3",
            "it loses what arrives together",
        ),
        (
            "varint",
            "prefix-cut",
            "len/128",
            "FRM-2",
            "it takes a short read for a whole one",
        ),
    ] {
        let (status, broken, causes) = served(framing, fault, &["frm/one", case]);
        assert_eq!(status, 1, "{framing} {fault}");
        let named: Vec<&str> = broken.iter().map(String::as_str).collect();
        assert_eq!(named, [requirement], "{framing} {fault}: {causes:?}");
        let told = causes.iter().any(|one| one.contains(cause));
        assert!(told, "{framing} {fault}: {causes:?}");
    }
}

/// A codec that demands the shortest form, where the framing lets it take others or not.
#[test]
fn other_forms_may_be_refused_under_a_declared_limit() {
    let strict = "varint5 forms=shortest";
    let shape = SHAPES.into_iter().find(|shape| shape.template == strict);
    let shape = shape.unwrap();
    let checks = Judge::decoder(|| Box::new(Codec(Decoder::new(shape, NONE, LIMIT.into()))))
        .framing("varint5".parse().unwrap())
        .max_payload(LIMIT)
        .checks(&mut Unwatched);
    let wrong = checks.iter().find(|check| {
        let is_wrong = [Verdict::Fail, Verdict::Error].contains(&check.verdict);
        is_wrong || check.id == "len/other-form-short-1" && check.verdict != Verdict::Acceptable
    });
    assert!(wrong.is_none(), "{wrong:?}");

    let program = example("framed");
    let limit = LIMIT.to_string();
    let mut testee = vec![&*program, "--port", "{port}", "--framing", strict];
    testee.extend(["--max-payload", &limit]);
    let options = ["--framing", "varint5", "--max-payload", &limit];
    let cases = ["--run", "len/other-form-short-1", "--run", "frm/two"];
    let (ran, _) = judge_as("server", &[&options[..], &cases].concat(), &testee);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
}

/// The limit is on the payload, which the links of a chain make together.
#[test]
fn a_chain_above_the_declared_limit_is_not_owed() {
    let chain = "u8 1? chain";
    let program = example("framed");
    let mut testee = vec![&*program, "--port", "{port}", "--framing", chain];
    testee.extend(["--max-payload", "300"]);
    let options = ["--framing", chain, "--max-payload", "300"];
    let cases = [
        "--run",
        "frm/chain-*",
        "--run",
        "len/1024",
        "--run",
        "frm/two",
    ];
    let (ran, _) = judge_as("server", &[&options[..], &cases].concat(), &testee);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn other_framings_are_for_servers_of_frames() {
    let ran = unstick([
        "server",
        "--framing",
        "u16le",
        "--class",
        "session",
        "--",
        "true",
    ]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("--framing u16le is for --class framing"),
        "{}",
        ran.stderr
    );
}
