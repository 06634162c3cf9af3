//! Messages of failures: of planted mistakes, in the words that their authors read.

use unstick::judge::check::Verdict;
use unstick::trace::segmentation::Segmentation::{self, Apart, Octets, StraddleLength};

use crate::support::matrix::side_by_side;
use crate::support::{example, judge_as, snapshots, with_verdict};

/// A fault and a case that fails for it, and under which segmentation where that matters.
type Planted = (&'static str, &'static str, Option<Segmentation>);

/// Number of testees that are judged at a time: mostly they are waited for.
const WORKERS: usize = 6;

const OF_SERVERS: &[Planted] = &[
    ("greeting", "ses/client-first", None),
    ("double-reply", "plain/first", None),
    ("half-frame-dropped", "frm/two", Some(StraddleLength)),
    ("reply-length-characters", "msg/kept-bom", None),
    ("nul-ends", "msg/kept-nul", None),
    ("reply-newline", "ses/reply-form-empty", None),
    ("quit-stays", "ses/quit-lower", Some(Apart)),
    ("limit-ignored", "frm/limit-exceeded", None),
    ("one-at-a-time", "ses/beside-a-silent-peer", None),
    ("error-kills-others", "ses/others-live-on", None),
    ("error-kills-process", "msg/invalid-first", Some(Apart)),
    ("slot-leaks-on-error", "ses/slots-after-error", None),
    ("body-off-by-one", "trf/body-2048", Some(Apart)),
    ("writes-over", "trf/empty-replaces", Some(Apart)),
    ("partial-visible", "trf/invisible-until-whole", Some(Apart)),
];

const OF_CLIENTS: &[Planted] = &[
    ("characters", "client/text-chinese", None),
    ("characters", "client/three-hundred-of-two", None),
    ("short-reply", "client/reply-chinese", Some(Octets)),
    ("cut-is-whole", "client/truncated-after-7", None),
    ("quiet", "client/closed-at-once", None),
    ("no-quit", "client/quit", None),
    ("extra-quit", "client/quit", None),
    ("stays", "client/quit", None),
    ("one-too-few", "client/file-of-2", None),
    ("one-too-many", "client/file-of-2", None),
    ("text-mode", "client/file-with-line-ends", None),
    ("awaits-acknowledgement", "client/two-files", None),
];

/// Signs of a close: which shows is a matter of luck.
const LUCK: [&str; 3] = [
    " (end of stream)",
    " (reset, seen when reading)",
    " (seen when writing)",
];

/// The first words on a fault in its case.
fn said(role: &str, limits: &[&str], testee: &[&str], planted: &Planted) -> String {
    let (fault, case, segmentation) = planted;
    let testee = [testee, limits, &["--fault", fault]].concat();
    // The plain conversation goes before every other.
    let run = if *case == "plain/first" {
        "len/1"
    } else {
        case
    };
    let (_, report) = judge_as(role, &[&["--run", run], limits].concat(), &testee);
    let mut failures = with_verdict(&report, Verdict::Fail).filter(|check| check.id == *case);
    let failure = failures
        .find(|check| segmentation.is_none() || check.segmentation == *segmentation)
        .unwrap_or_else(|| panic!("{fault}: {report:#?}"));
    let evidence = failure.evidence.as_ref().unwrap();
    let ended = evidence.ended.to_string();
    let ended = LUCK.iter().fold(ended, |ended, how| ended.replace(how, ""));
    let stderr = match evidence.stderr.as_str() {
        "" => String::new(),
        stderr => format!("    stderr:   {}\n", stderr.trim_end()),
    };
    let typed = evidence.typed.iter();
    let typed: String = typed
        .map(|line| format!("    typed:    {line}\n"))
        .collect();
    format!(
        "{fault}, {case}\n    {}\n{typed}    expected: {}\n    then:     {ended}\n{stderr}",
        failure.message, evidence.expected,
    )
}

#[test]
fn what_is_said_of_servers() {
    let limits = ["--max-payload", "4194304", "--max-sessions", "8"];
    let testee = [
        &*example("faulty_server"),
        "--port",
        "{port}",
        "--dir",
        "{dir}",
    ];
    let said = side_by_side(WORKERS, OF_SERVERS, |planted| {
        said("server", &limits, &testee, planted)
    });
    snapshots().bind(|| insta::assert_snapshot!("server-words", said.concat()));
}

#[test]
fn what_is_said_of_clients() {
    let testee = [&*example("faulty_client"), "{host}", "{port}", "{dir}"];
    let said = side_by_side(WORKERS, OF_CLIENTS, |planted| {
        said("client", &[], &testee, planted)
    });
    snapshots().bind(|| insta::assert_snapshot!("client-words", said.concat()));
}
