//! Every case has been seen to fail, and every planted fault is seen: the suite over a correct
//! server and over each of its faults.

use std::path::PathBuf;
use std::time::Duration;

use crate::support::matrix::{
    Fault, SHARE, Seen, assert_as_kept, chosen_faults, faults, mistakes_of_few_sizes, side_by_side,
    watched,
};
use crate::support::{UNSTICK, example};
use unstick::judge::case::Described as _;
use unstick::suite::effort::Effort;
use unstick::suite::server::case::Case;
use unstick::suite::server::cases;
use unstick::suite::server::options::Options;
use unstick::suite::server::run::run;
use unstick::suite::verdict::{Check, Verdict};
use unstick::testee::launch::Template;
use unstick::testee::server::{Origin, Server};
use unstick::trace::Class;

/// The limits that the server declares, and is started with.
const MAX_SESSIONS: usize = 8;
const MAX_PAYLOAD: u32 = 4 * 1024 * 1024;

/// Memory is told from ordinary ups and downs only where much may be announced.
const LARGE_PAYLOAD: u32 = 32 * 1024 * 1024;

/// The cost of what is held is judged by payloads of this size.
const HELD_PAYLOAD: u32 = 8 * 1024 * 1024;

/// More runs than cores, because much of each is waiting.
const WORKERS: usize = 10;

/// The faults whose failures take long, which are judged first, so that none is waited for in the
/// end.
const SLOW: [&str; 6] = [
    "body-off-by-one",
    "body-overread",
    "body-dropped",
    "error-stays",
    "one-frame-a-read",
    "reply-length-counts-itself",
];

/// True if a fault is of verified transfers.
fn is_verified(fault: &Fault) -> bool {
    fault.requirement.starts_with("VTR")
}

/// The cases of the chapters that a fault of this requirement shows in.
fn cases_for(requirement: &str) -> Vec<Case> {
    let chapters: &[&str] = match &requirement[..3] {
        // A server that is slow with what it holds keeps every large payload waiting.
        _ if requirement == "FRM-13" => &["frm/cost-"],
        "LEN" | "FRM" => &["len/", "frm/"],
        // A length is decoded as text too, if all that is read is.
        _ if requirement == "MSG-2" => &["msg/", "len/"],
        "MSG" => &["msg/"],
        "SES" => &[
            "msg/",
            "ses/",
            "frm/end-",
            "trf/end-",
            "trf/refused-",
            "trf/upper-case-command",
        ],
        _ => &["trf/"],
    };
    cases::all()
        .into_iter()
        .filter(|case| case.owed_by(Class::Transfer))
        .filter(|case| {
            chapters
                .iter()
                .any(|chapter| case.info.id.starts_with(chapter))
        })
        .collect()
}

/// Judges the server, with a fault or without, in class `transfer` or as an echo.
fn judge(class: Class, fault: Option<&str>, cases: &[Case], max_payload: u32) -> Vec<Check> {
    let mut command = vec![example("faulty_server")];
    let words = ["--port", "{port}", "--dir", "{dir}"].map(str::to_owned);
    command.extend(words);
    command.extend(["--max-payload".to_owned(), max_payload.to_string()]);
    command.extend(["--max-sessions".to_owned(), MAX_SESSIONS.to_string()]);
    command.extend((class == Class::Framing).then(|| "--echo".to_owned()));
    command.extend((class == Class::VerifiedTransfer).then(|| "--verify".to_owned()));
    command.extend(
        fault
            .into_iter()
            .flat_map(|fault| ["--fault".to_owned(), fault.to_owned()]),
    );
    let mut server = Server::new(Origin::Command(Template {
        command: command.into_iter().map(Into::into).collect(),
        timeout: Duration::from_secs(30),
        guard: Some(PathBuf::from(UNSTICK)),
        env: unstick::suite::time_zone::telling,
    }))
    .unwrap();
    let options = Options {
        class,
        framing: unstick::framing::Framing::default(),
        max_payload: Some(max_payload),
        max_sessions: Some(MAX_SESSIONS),
        timeout: Duration::from_secs(5),
        effort: Effort::Quick,
        jobs: None,
        fail_fast: false,
    };
    watched(|watch| run(&mut server, cases, &options, watch))
        .unwrap()
        .checks
}

#[test]
fn every_fault_is_killed_and_every_case_kills() {
    // Those of verified transfers have a matrix of their own, with the class that has them.
    let mut faults = chosen_faults("faulty_server", 100, SHARE, |fault| !is_verified(fault));
    faults.sort_by_key(|fault| !SLOW.contains(&fault.name.as_str()));
    let seen = side_by_side(WORKERS, &faults, |fault: &Fault| {
        let max_payload = match fault.requirement.as_str() {
            "FRM-8" => LARGE_PAYLOAD,
            "FRM-13" => HELD_PAYLOAD,
            _ => MAX_PAYLOAD,
        };
        let cases = cases_for(&fault.requirement);
        let checks = judge(Class::Transfer, Some(&fault.name), &cases, max_payload);
        Seen::in_report("server", &checks)
    });
    let cases = cases::all();
    let owed = cases.iter().filter(|case| case.owed_by(Class::Transfer));
    let owed = owed.map(|case| case.info.id.to_string());
    assert_as_kept("kill-matrix", &faults, &seen, owed);
}

/// Mistakes of few sizes, for which no case is made: that the cases miss them is what the matrix of fuzzing counts
/// on. One that a case sees belongs into the other list.
#[test]
fn mistakes_of_few_sizes_are_missed_by_design() {
    let mistakes = mistakes_of_few_sizes();
    assert!(mistakes.len() >= 9, "{}", mistakes.len());
    let chapters = ["len/", "frm/", "msg/", "trf/"];
    let mut cases = cases::all();
    cases.retain(|case| {
        let id = &case.info.id;
        case.owed_by(Class::Transfer) && chapters.iter().any(|chapter| id.starts_with(chapter))
    });
    for check in judge(Class::Transfer, Some("all-sizes"), &cases, MAX_PAYLOAD) {
        let passes = matches!(check.verdict, Verdict::Pass | Verdict::Skipped);
        assert!(passes, "{check:#?}");
    }
}

/// The echo of a server of class `framing` is compared octet by octet, without a reply's form
/// around it. A few faults are enough to see that this is done.
#[test]
fn faults_of_frames_show_in_an_echo_too() {
    const FEW: [&str; 5] = [
        "length-little-endian",
        "payload-until-nul",
        "empty-skipped",
        "limit-off-by-one",
        "truncated-delivered",
    ];
    let cases: Vec<_> = cases_for("FRM-1")
        .into_iter()
        .filter(|case| case.owed_by(Class::Framing))
        .collect();
    for check in judge(Class::Framing, None, &cases, MAX_PAYLOAD) {
        let passes = matches!(check.verdict, Verdict::Pass | Verdict::Skipped);
        assert!(passes, "{check:#?}");
    }
    let mut faults = faults("faulty_server");
    faults.retain(|fault| FEW.contains(&fault.name.as_str()));
    assert_eq!(faults.len(), FEW.len());
    let seen = side_by_side(WORKERS, &faults, |fault: &Fault| {
        let checks = judge(Class::Framing, Some(&fault.name), &cases, MAX_PAYLOAD);
        Seen::in_report("server", &checks).requirement
    });
    for (fault, seen) in faults.iter().zip(seen) {
        assert_eq!(seen.as_ref(), Some(&fault.requirement), "{}", fault.name);
    }
}

/// The faults of verified transfers, and the cases of their chapter. A right server with the extension
/// passes them, and those of all other chapters that it owes.
#[test]
fn faults_of_verified_transfers_are_killed_by_their_chapter() {
    let mut cases = cases::all();
    cases.retain(|case| case.owed_by(Class::VerifiedTransfer) && case.info.id.starts_with("vtr/"));
    for check in judge(Class::VerifiedTransfer, None, &cases, MAX_PAYLOAD) {
        assert_eq!(check.verdict, Verdict::Pass, "{check:#?}");
    }
    let faults = chosen_faults("faulty_server", 20, SHARE, is_verified);
    let seen = side_by_side(WORKERS, &faults, |fault: &Fault| {
        let checks = judge(
            Class::VerifiedTransfer,
            Some(&fault.name),
            &cases,
            MAX_PAYLOAD,
        );
        Seen::in_report("server", &checks)
    });
    let owed = cases.iter().map(|case| case.info.id.to_string());
    assert_as_kept("verified-matrix", &faults, &seen, owed);
}
