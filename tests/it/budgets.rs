//! A subject that fails everything is not waited for all day: what is left out then, and what never is.

use std::collections::{BTreeMap, BTreeSet};

use unstick::judge::check::{Check, Verdict};
use unstick::judge::id::CaseId;
use unstick::trace::segmentation::Segmentation;

use crate::support::{example, judge_as};

/// Outcome of each check, by case and segmentation: its verdict, or [`LEFT_OUT`].
type Outcomes = BTreeMap<(CaseId, Option<Segmentation>), Option<Verdict>>;

/// Outcome of a check that was left out to save time.
const LEFT_OUT: Option<Verdict> = None;
const PASS: Option<Verdict> = Some(Verdict::Pass);
const FAIL: Option<Verdict> = Some(Verdict::Fail);

fn outcomes(role: &str, options: &[&str], subject: &[&str]) -> Outcomes {
    let (ran, report) = judge_as(role, options, subject);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let outcome = |check: Check| {
        let outcome = (!check.left_out).then_some(check.verdict);
        ((check.id, check.segmentation), outcome)
    };
    report.cases.into_iter().map(outcome).collect()
}

/// A server that is right in the plainest conversation alone.
fn of_server(mode: &str, options: &[&str]) -> Outcomes {
    let subject = [&*example("misbehaving_server"), "--port", "{port}", mode];
    // A server that seems late, on a busy machine, is judged by more at a time, and more is seen of it.
    let jobs: &[&str] = if options.contains(&"--jobs") {
        &[]
    } else {
        &["--jobs", "2"]
    };
    outcomes(
        "server",
        &[&["--class", "framing"], jobs, options].concat(),
        &subject,
    )
}

fn of_client(fault: &str, cases: &str) -> Outcomes {
    let subject = [
        &*example("faulty_client"),
        "{host}",
        "{port}",
        "{dir}",
        "--fault",
        fault,
    ];
    outcomes("client", &["--run", cases], &subject)
}

fn count(outcomes: &Outcomes, outcome: Option<Verdict>) -> usize {
    outcomes.values().filter(|one| **one == outcome).count()
}

const LENGTHS: &str = "{frm/two,len/{1,2,3,127,128,129,255,256,257,511,512,1000,1023,1024,1025}}";

/// Each of these failures times out and calls for restarts; what is left out is decided by counts, so that
/// a second run leaves out the same.
#[test]
fn a_server_that_takes_long_to_fail_is_sampled_and_always_alike() {
    let first = of_server("mute", &["--run", LENGTHS]);
    assert!((5..=30).contains(&count(&first, FAIL)), "{first:#?}");
    assert!(count(&first, LEFT_OUT) > 100, "{first:#?}");
    // Each chapter and each kind of cut has failed before anything was left out.
    for (chapter, cut) in [
        ("frm/", Segmentation::Apart),
        ("len/", Segmentation::Apart),
        ("len/", Segmentation::Whole),
        ("len/", Segmentation::Octets),
    ] {
        let failed = first.iter().any(|((id, by), outcome)| {
            id.starts_with(chapter) && *by == Some(cut) && *outcome == FAIL
        });
        assert!(failed, "{chapter} {cut:?}: {first:#?}");
    }
    assert_eq!(first, of_server("mute", &["--run", LENGTHS]));
}

/// To fail at once is no reason to fail two thousand times.
#[test]
fn a_server_that_fails_fast_meets_a_budget_too() {
    let outcomes = of_server("garbles", &["--run", LENGTHS]);
    assert!((5..=60).contains(&count(&outcomes, FAIL)), "{outcomes:#?}");
    assert!(count(&outcomes, LEFT_OUT) > 80, "{outcomes:#?}");
}

/// A close beside it is seen by luck, which must not decide what else is run.
#[test]
fn a_wrong_answer_costs_the_same_with_a_close_as_without() {
    let closes = of_server("garbles-and-closes", &["--run", "len/{1,2,3}"]);
    let stays = of_server("garbles", &["--run", "len/{1,2,3}"]);
    assert!(count(&stays, FAIL) >= 3, "{stays:#?}");
    assert_eq!(closes, stays);
}

#[test]
fn a_failure_that_is_known_costs_nothing() {
    let list = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(list.path(), "len/1 fail # known\nlen/2 fail # known\n").unwrap();
    let (path, run) = (list.path().to_str().unwrap(), "len/{1,2,3}");
    let outcomes = of_server("garbles", &["--run", run, "--known-failures", path]);
    let left_out = outcomes.iter().filter(|(_, outcome)| **outcome == LEFT_OUT);
    let cases: BTreeSet<_> = left_out.map(|((id, _), _)| id.as_str()).collect();
    assert_eq!(cases, BTreeSet::from(["len/3"]), "{outcomes:#?}");
}

#[test]
fn a_run_that_is_to_fail_fast_stops_at_the_first_failure() {
    let outcomes = of_server(
        "garbles",
        &["--run", "len/{1,2,3}", "--fail-fast", "--jobs", "1"],
    );
    assert_eq!(count(&outcomes, FAIL), 1, "{outcomes:#?}");
    assert_eq!(count(&outcomes, PASS), 1, "{outcomes:#?}");
    assert_eq!(count(&outcomes, LEFT_OUT) + 2, outcomes.len());
}

#[test]
fn a_client_that_takes_long_to_fail_is_sampled() {
    let outcomes = of_client("awaits-acknowledgement", "client/{file-of-*,name-*}");
    assert!((4..=30).contains(&count(&outcomes, FAIL)), "{outcomes:#?}");
    assert!(count(&outcomes, LEFT_OUT) >= 15, "{outcomes:#?}");
}

#[test]
fn a_client_that_has_failed_is_cut_no_further() {
    let cases = "client/reply-{ascii,chinese,emoji,of-5000-octets}";
    let outcomes = of_client("short-length", cases);
    assert!((2..=12).contains(&count(&outcomes, FAIL)), "{outcomes:#?}");
    assert!(count(&outcomes, LEFT_OUT) >= 8, "{outcomes:#?}");
}
