//! Believable verdicts: what is right passes whatever its habits, what is no server at all
//! is far from green, and nothing is green on nothing.

use std::collections::BTreeSet;

use crate::support::matrix::is_whole;
use crate::support::{Ran, broken, example, first_failure, ids, judge, unstick, with_verdict};
use rstest::rstest;
use unstick::judge::case::Described as _;
use unstick::judge::check::{Summary, Verdict};
use unstick::report::saved::Saved;
use unstick::trace::Class;

/// Checks of a chapter that passed.
fn passed<'r>(report: &'r Saved, chapter: &str) -> Vec<&'r str> {
    let mut passed = ids(report, Verdict::Pass);
    passed.retain(|id| id.starts_with(chapter));
    passed
}

/// A correct server, in Rust, that shares no code with the reference.
fn server(options: &[&str]) -> Vec<String> {
    let words = ["--port", "{port}", "--dir", "{dir}"];
    let program = example("faulty_server");
    let words = words.iter().chain(options).map(|word| (*word).to_owned());
    std::iter::once(program).chain(words).collect()
}

fn judge_server(options: &[&str], testee: &[&str]) -> (Ran, Saved) {
    let testee = server(testee);
    let testee: Vec<&str> = testee.iter().map(String::as_str).collect();
    judge(options, &testee)
}

#[test]
fn the_reference_passes_everything() {
    let ran = unstick([]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{}", ran.stdout);
    assert!(lines[0].starts_with("codec 810 checks"), "{}", lines[0]);
    assert!(
        lines[1].contains("server 2362 checks, class transfer, drain-gated: 2362 pass, 0 fail")
    );
}

#[test]
fn a_correct_server_passes_everything() {
    let (ran, report) = judge_server(
        &["--max-payload", "4194304", "--max-sessions", "8"],
        &["--max-payload", "4194304", "--max-sessions", "8"],
    );
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    let skipped = 2;
    let expected = Summary {
        pass: report.cases.len() - skipped,
        skipped,
        ..Summary::default()
    };
    assert_eq!(report.summary(), expected, "{}", ran.stdout);
    assert_eq!(report.segmentation, "drain-gated");
    let ids = report.cases.iter();
    let mut ids: Vec<&str> = ids.map(|check| check.id.as_str()).collect();
    ids.dedup();
    let known = unstick::suite::server::cases::all();
    let known = known.iter().filter(|case| case.owed_by(Class::Transfer));
    let known: Vec<&str> = known.map(|case| case.info.id.as_str()).collect();
    assert_eq!(
        ids,
        [&["plain/first"], &known[..], &["plain/last"]].concat()
    );
}

/// Cases above the declared limits are not asked for, and all others are.
#[test]
fn low_limits_skip_what_they_rule_out() {
    let limits = ["--max-payload", "65536", "--max-sessions", "2"];
    let cases = ["len/6553*", "ses/beside-*", "frm/memory-*"].map(|cases| ["--run", cases]);
    let cases = cases.concat();
    let (ran, report) = judge_server(&[&limits[..], &cases].concat(), &limits);
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    let ids_with = |verdict| BTreeSet::from_iter(ids(&report, verdict));
    assert_eq!(
        Vec::from_iter(ids_with(Verdict::Skipped)),
        [
            "frm/memory-follows-arrival",
            "len/65537",
            "ses/beside-a-silent-peer",
            "ses/beside-half-a-frame",
        ]
    );
    assert_eq!(
        Vec::from_iter(ids_with(Verdict::Pass)),
        [
            "len/65535",
            "len/65536",
            "plain/first",
            "plain/last",
            "ses/beside-half-a-body",
            "ses/beside-one-that-does-not-read",
        ]
    );
}

/// A payload of exactly the limit is sent up to 32 MiB, and no length is above the largest.
#[rstest]
#[case("33554432", &["frm/limit-exact", "frm/limit-exceeded", "frm/limit-exceeded-in-pieces"])]
#[case("33554433", &["frm/limit-exceeded", "frm/limit-exceeded-in-pieces"])]
#[case("4294967295", &[])]
fn limits_are_tried_as_far_as_they_can_be(#[case] limit: &str, #[case] tried: &[&str]) {
    let limits = ["--max-payload", limit];
    let options = ["--max-payload", limit, "--run", "frm/limit-*"];
    let (ran, report) = judge_server(&options, &limits);
    // A run that tested nothing is no success.
    let status = if tried.is_empty() { 3 } else { 0 };
    assert_eq!(ran.status, status, "{}", ran.stdout);
    assert_eq!(passed(&report, "frm/"), tried);
}

/// Up to 400 sessions are opened, one behind the other or at a time.
#[rstest]
#[case("400", "ses/over-limit", true)]
#[case("401", "ses/over-limit", false)]
#[case("397", "ses/slots-after-quit", true)]
#[case("398", "ses/slots-after-quit", false)]
fn sessions_are_opened_as_far_as_they_can_be(
    #[case] limit: &str,
    #[case] case: &str,
    #[case] tried: bool,
) {
    let limits = ["--max-sessions", limit];
    let options = ["--class", "session", "--run", case];
    let (ran, report) = judge_server(&[&limits[..], &options].concat(), &limits);
    assert_eq!(ran.status, if tried { 0 } else { 3 }, "{}", ran.stdout);
    assert_eq!(passed(&report, "ses/") == [case], tried, "{}", ran.stdout);
}

/// Habits that no requirement forbids.
#[rstest]
#[case("one-octet-replies")]
#[case("slow-replies")]
#[case("chatty")]
#[case("small-reads")]
#[case("restless")]
#[case("resets")]
#[case("lingering")]
#[case("zeros-refused")]
#[case("extension")]
#[case("holds-directory")]
fn a_harmless_habit_fails_nothing(#[case] habit: &str) {
    // Habits show in small conversations; the megabytes only take their time.
    let cases: &[&str] = if is_whole() {
        &[
            "frm/{c,e,h,n,o,r,t[hwr]}*",
            "msg/{c,i}*",
            "ses/*",
            "trf/{digits,directory,empty,length,name,refused,short}*",
        ]
    } else {
        &[
            "frm/{em,t[hwr]}*",
            "msg/c*",
            "ses/{near-miss-file-md5,q*}",
            "trf/{empty,length-t,short}*",
        ]
    };
    let cases = cases.iter().flat_map(|cases| ["--run", cases]);
    let limits = ["--max-payload", "4194304"];
    let options: Vec<&str> = limits.into_iter().chain(cases).collect();
    let (ran, report) = judge_server(&options, &[&limits[..], &["--habit", habit]].concat());
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    let summary = report.summary();
    assert_eq!((summary.fail, summary.flaky), (0, 0));
    let acceptable = with_verdict(&report, Verdict::Acceptable).next();
    let why = acceptable.map(|check| check.message.to_string());
    let expected = match habit {
        "zeros-refused" => Some("refused, which is allowed"),
        "extension" => Some("the server has the optional extension, whose cases are not run"),
        _ => None,
    };
    assert_eq!(why.as_deref(), expected);
}

/// A limit that a testee may have is found, and is no failure where it does not declare one.
#[test]
fn a_limit_that_is_not_declared_is_acceptable() {
    let (ran, report) = judge_server(&["--run", "len/65537"], &["--max-payload", "65536"]);
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    assert_eq!(passed(&report, "len/"), [""; 0]);
    let mut acceptable = with_verdict(&report, Verdict::Acceptable);
    assert_eq!(
        acceptable.next().unwrap().message.to_string(),
        "a payload of 65537 octets is refused; limits from 65536 on are allowed, and judged when \
         declared with --max-payload"
    );
}

/// Distance from green of servers that do nothing right: the most checks that each passes.
#[rstest]
#[case::closes_at_once("closes", 3)]
#[case::never_answers("silent", 3)]
#[case::sends_back_raw_octets("raw-echo", 1)]
#[case::answers_anything("accepts", 1)]
#[case::refuses_anything("refuses", 3)]
#[case::floods("floods", 1)]
fn a_null_testee_is_far_from_green(#[case] mode: &str, #[case] status: i32) {
    let program = example("misbehaving_server");
    // Where every check fails, and takes its time to, a few tell as much as many.
    let cases = match mode {
        "raw-echo" | "floods" => "{frm/o*,msg/kept-b*,ses/q*}",
        _ => "{frm/{e,o,t}*,msg/{i,kept-b}*,ses/{n,q}*,trf/{body-of,name,refused-n,short}*}",
    };
    let (ran, report) = judge(
        &["--timeout", "2", "--run", cases],
        &[&program, "--port", "{port}", mode],
    );
    assert_eq!(ran.status, status, "{mode}: {}{}", ran.stdout, ran.stderr);
    if status == 3 {
        // Nothing could be judged, and the message says what a newcomer got wrong.
        assert!(report.unjudged.is_some(), "{report:?}");
        assert!(
            ran.stderr
                .contains("does not answer the plainest conversation"),
            "{}",
            ran.stderr
        );
        // It wrote nothing there.
        assert!(!ran.stderr.contains("standard error"), "{}", ran.stderr);
        return;
    }
    let (total, passed) = (report.cases.len(), report.summary().pass);
    // Accepting anything is right as long as nothing is wrong: so much is a green run worth.
    let most = match mode {
        "raw-echo" | "floods" => 0,
        _ => total / 2,
    };
    assert!(passed <= most, "{mode} passes {passed} of {total}");
    if mode == "floods" {
        // Of what came without end the beginning is shown. How much has come by then is luck.
        let mut shown =
            with_verdict(&report, Verdict::Fail).filter_map(|check| check.evidence.as_ref());
        let flood = shown.find(|evidence| {
            let ended = evidence.ended.to_string();
            ended.ends_with(" octets that came, these are the first")
        });
        assert_eq!(flood.expect("a flood").seen.to_vec(), [b'x'; 262_144]);
    }
}

/// It refuses what it must refuse, and everything else: the repaired twins tell.
#[test]
fn a_refusal_without_its_twin_proves_nothing() {
    let program = example("misbehaving_server");
    let (ran, report) = judge(
        &[
            "--class",
            "session",
            "--run",
            "msg/invalid-*",
            "--skip",
            "msg/invalid-first",
        ],
        &[&program, "--port", "{port}", "choosy"],
    );
    assert_eq!(ids(&report, Verdict::Pass), ["plain/first", "plain/last"]);
    // The rest is left out: many checks have had an error.
    assert!(report.summary().error >= 10, "{}", ran.stdout);
    let error = with_verdict(&report, Verdict::Error).next().unwrap();
    let message = error.message.to_string();
    assert!(
        message.contains("without the offence fails too"),
        "{message}"
    );
    assert_eq!(ran.status, 3);
}

/// It stores nothing at all.
#[test]
fn a_refusal_by_one_that_stores_nothing_proves_nothing() {
    let program = example("misbehaving_server");
    let cases = "trf/{directory-gone,refused-name-absolute-outside}";
    let testee = [&*program, "--port", "{port}", "choosy"];
    let (_, report) = judge(&["--run", cases], &testee);
    assert_eq!(passed(&report, "trf/"), [""; 0]);
    assert_eq!(report.summary().fail, 2);
}

#[test]
fn a_failure_that_does_not_repeat_is_flaky_and_not_green() {
    let program = example("misbehaving_server");
    let (ran, report) = judge(
        &["--class", "framing", "--jobs", "1", "--run", "len/255"],
        &[&program, "--port", "{port}", "stumbles"],
    );
    assert_eq!(ran.status, 1);
    let summary = report.summary();
    assert_eq!((summary.flaky, summary.fail), (1, 0));
}

#[test]
fn a_testee_that_dies_is_named_and_started_again() {
    let program = example("misbehaving_server");
    let (ran, report) = judge(
        &["--class", "framing", "--run", "len/25*"],
        &[&program, "--port", "{port}", "dies"],
    );
    assert_eq!(ran.status, 1);
    let failed = BTreeSet::from_iter(ids(&report, Verdict::Fail));
    assert_eq!(failed, BTreeSet::from(["len/256"]));
    let first = first_failure(&report);
    let message = first.message.to_string();
    assert!(
        message.contains("the server ended with exit status 70"),
        "{message}"
    );
    let stderr = &first.evidence.as_ref().unwrap().stderr;
    assert!(stderr.contains("at most 255 octets"), "{stderr}");
    // The cases behind it were judged all the same.
    assert!(ids(&report, Verdict::Pass).contains(&"len/257"));
}

#[test]
fn known_failures_are_expected_and_a_stale_list_is_not_green() {
    let program = example("misbehaving_server");
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("known");
    let run = |text: &str| {
        std::fs::write(&list, text).unwrap();
        let options = ["--known-failures", list.to_str().unwrap()];
        let cases = ["server", "--class", "framing", "--run", "len/25*"];
        let testee = ["--", &program, "--port", "{port}", "dies"];
        unstick(cases.into_iter().chain(options).chain(testee))
    };
    let expected = run("len/256 fail # it has a buffer of 255 octets\n");
    assert_eq!(expected.status, 0, "{}", expected.stdout);
    assert!(expected.stdout.contains("it has a buffer of 255 octets"));
    let stale = run("len/256 fail # why\nlen/255 fail # mended\n");
    assert_eq!(stale.status, 1);
    assert!(
        stale
            .stdout
            .contains("len/255: listed as fail, and passes: remove the line")
    );
    assert!(
        stale
            .stdout
            .contains("the list would be true with these lines")
    );
    let otherwise = run("len/256 flaky # why\n");
    assert_eq!(otherwise.status, 1);
    assert!(
        otherwise
            .stdout
            .contains("listed as flaky, and the verdict is fail")
    );
    let malformed = run("len/256 fail\n");
    assert_eq!(malformed.status, 2);
    assert!(
        malformed.stderr.contains("line 1: there is no reason"),
        "{}",
        malformed.stderr
    );
}

/// The same server judged again and again: a verdict is no matter of chance.
#[test]
fn verdicts_do_not_depend_on_luck() {
    let verdicts = || {
        let (_, report) = judge_server(&["--class", "session", "--run", "{frm,ses}/*"], &[]);
        let cases = report.cases.into_iter();
        cases
            .map(|check| (check.id, check.verdict))
            .collect::<Vec<_>>()
    };
    let first = verdicts();
    let again = if is_whole() { 3 } else { 1 };
    for _ in 0..again {
        assert_eq!(verdicts(), first);
    }
}

#[test]
fn a_failure_names_the_broken_requirement_and_the_mistake() {
    let (ran, report) = judge_server(&["--run", "trf/body-of-*"], &["--fault", "body-overread"]);
    assert_eq!(ran.status, 1);
    assert!(broken(&report).contains("TRF-4"));
    assert!(
        ran.stdout.contains(
            "likely cause: octets of the next frame were taken into the file: it reads beyond the body"
        ),
        "{}",
        ran.stdout
    );
}
