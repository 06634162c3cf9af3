//! Every case has been seen to fail, and every planted fault is seen: the suite over a correct
//! server and over each of its faults.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use support::{UNSTICK, example, listed, snapshots};
use unstick::report::{Report, Testee};
use unstick::suite::case::{self, Case};
use unstick::suite::known_failures::KnownFailures;
use unstick::suite::run::{Effort, Options, run};
use unstick::suite::verdict::{Check, Verdict};
use unstick::testee::process::Template;
use unstick::testee::server::{Origin, Server};
use unstick::trace::Class;

/// The limits that the server declares, and is started with.
const MAX_SESSIONS: usize = 8;
const MAX_PAYLOAD: u32 = 4 * 1024 * 1024;

/// Memory is told from ordinary ups and downs only where much may be announced.
const LARGE_PAYLOAD: u32 = 32 * 1024 * 1024;

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

struct Fault {
    name: String,
    requirement: String,
}

fn faults() -> Vec<Fault> {
    let columns = listed("faulty_server", "--list").into_iter();
    columns
        .map(|columns| Fault {
            name: columns[0].clone(),
            requirement: columns[1].clone(),
        })
        .collect()
}

/// The cases of the chapters that a fault of this requirement shows in.
fn cases_for(requirement: &str) -> Vec<Case> {
    let chapters: &[&str] = match &requirement[..3] {
        "LEN" | "FRM" => &["len/", "frm/"],
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
    case::all()
        .into_iter()
        .filter(|case| case.owed_by(Class::Transfer))
        .filter(|case| chapters.iter().any(|chapter| case.id.starts_with(chapter)))
        .collect()
}

/// Judges the server, with a fault or without.
fn judge(fault: Option<&str>, cases: &[Case], max_payload: u32) -> Vec<Check> {
    let mut command = vec![example("faulty_server")];
    let words = ["--port", "{port}", "--dir", "{dir}"].map(str::to_owned);
    command.extend(words);
    command.extend(["--max-payload".to_owned(), max_payload.to_string()]);
    command.extend(["--max-sessions".to_owned(), MAX_SESSIONS.to_string()]);
    command.extend(
        fault
            .into_iter()
            .flat_map(|fault| ["--fault".to_owned(), fault.to_owned()]),
    );
    let mut server = Server::new(Origin::Command(Template {
        command: command.into_iter().map(Into::into).collect(),
        timeout: Duration::from_secs(30),
        guard: Some(PathBuf::from(UNSTICK)),
    }))
    .unwrap();
    let options = Options {
        class: Class::Transfer,
        max_payload: Some(max_payload),
        max_sessions: Some(MAX_SESSIONS),
        timeout: Duration::from_secs(5),
        effort: Effort::Quick,
    };
    run(&mut server, cases, &options, &mut |_, _, _| true)
        .unwrap()
        .checks
}

/// The requirement that a report names first.
fn named_first(checks: &[Check]) -> Option<(String, Option<String>)> {
    let testee = Testee {
        role: "server",
        command: Vec::new(),
        address: None,
        again: String::new(),
    };
    let known = KnownFailures::default();
    let report = Report {
        testee: &testee,
        class: Class::Transfer,
        segmentation: "drain-gated",
        checks,
        known: &known,
    };
    let groups = report.groups();
    let first = groups.iter().find(|group| group.verdict == Verdict::Fail)?;
    Some((first.requirement.to_owned(), first.cause.map(str::to_owned)))
}

#[derive(Debug)]
struct Killed {
    requirement: String,
    cases: BTreeSet<String>,
    named: Option<(String, Option<String>)>,
}

#[test]
fn every_fault_is_killed_and_every_case_kills() {
    let mut faults = faults();
    faults.sort_by_key(|fault| !SLOW.contains(&fault.name.as_str()));
    assert!(faults.len() >= 70, "{} faults", faults.len());
    let next = Mutex::new(faults.iter());
    let killed: Mutex<BTreeMap<String, Killed>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let Some(fault) = next.lock().unwrap().next() else {
                        return;
                    };
                    let max_payload = match fault.requirement.as_str() {
                        "FRM-8" => LARGE_PAYLOAD,
                        _ => MAX_PAYLOAD,
                    };
                    let cases = cases_for(&fault.requirement);
                    let checks = judge(Some(&fault.name), &cases, max_payload);
                    let failed = checks
                        .iter()
                        .filter(|check| check.verdict == Verdict::Fail)
                        .map(|check| check.id.clone())
                        .collect();
                    let result = Killed {
                        requirement: fault.requirement.clone(),
                        cases: failed,
                        named: named_first(&checks),
                    };
                    killed.lock().unwrap().insert(fault.name.clone(), result);
                }
            });
        }
    });
    let killed = killed.into_inner().unwrap();

    let killing: BTreeSet<&str> = killed
        .values()
        .flat_map(|result| result.cases.iter().map(String::as_str))
        .collect();
    let idle: Vec<&str> = case::all()
        .iter()
        .filter(|case| case.owed_by(Class::Transfer))
        .map(|case| case.id)
        .filter(|id| !killing.contains(id))
        .collect();
    let mut wrong: Vec<String> = idle
        .iter()
        .map(|id| format!("no fault fails the case {id}"))
        .collect();
    for (fault, result) in &killed {
        let named = result.named.as_ref().map(|(requirement, _)| requirement);
        if result.cases.is_empty() {
            wrong.push(format!("nothing sees {fault}"));
        } else if named != Some(&result.requirement) {
            wrong.push(format!(
                "{fault} breaks {}, and {:?} is named first",
                result.requirement, result.named
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    // How many cases fail is no part of this: with a server that dies or reads too much it is a
    // matter of its timing.
    let mut rows = vec![format!("{:28} {:7} likely cause", "fault", "breaks")];
    for (fault, result) in &killed {
        let cause = result
            .named
            .as_ref()
            .and_then(|(_, cause)| cause.as_deref());
        rows.push(format!(
            "{fault:28} {:7} {}",
            result.requirement,
            cause.unwrap_or("-")
        ));
    }
    snapshots().bind(|| insta::assert_snapshot!("kill-matrix", rows.join("\n")));
}
