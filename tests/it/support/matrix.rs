//! Helpers that the matrices of planted faults share: `kill_matrix` for servers, `client_matrix` for
//! clients.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{listed, project, snapshots};
use unstick::judge::known_failures::KnownFailures;
use unstick::judge::progress::{Progress, each};
use unstick::judge::sentence::Sentence;
use unstick::report::{Report, Testee};
use unstick::suite::verdict::{Check, Verdict};
use unstick::trace::Class;

/// Mistakes that break more than one requirement: a client that never reports an error, a server that keeps
/// a file before it knows its digest.
const WIDE: [&str; 2] = ["quiet", "vtr-stored-before-digest"];

/// Mistakes that show by chance: in how many cases is not the same twice.
const RACES: [&str; 2] = ["frames-interleave", "two-senders"];

/// From here on cases are not counted.
const MANY: usize = 20;

/// A fault as the faulty testee lists it.
pub struct Fault {
    pub name: String,
    pub requirement: String,
    pub what: String,
}

/// Names of faults, with commas between them: only these are judged then. A matrix in seconds, for
/// whoever works on a fault or changes the judging.
const CHOICE: &str = "UNSTICK_FAULTS";

/// Slow proofs are whole where this is in the environment, and otherwise a share of their rows, cases or tries: whole
/// ones take minutes. The gate makes whole those that `.ci/run` names.
const WHOLE: &str = "UNSTICK_WHOLE";

/// Distance, in rows, between those that are judged where a matrix is not whole.
pub const SHARE: usize = 10;

/// Noise in the place of every sentence (`unstick::judge::sentence`).
pub const NOISE: &str = "UNSTICK_GARBLED";

/// True if slow proofs are whole.
pub fn is_whole() -> bool {
    std::env::var_os(CHOICE).is_none() && std::env::var_os(WHOLE).is_some()
}

/// Options by which a run judges the cases of these patterns; none, so that it judges all, where slow proofs are whole.
pub fn some_cases(patterns: &[&'static str]) -> Vec<&'static str> {
    let patterns = patterns.iter().filter(|_| !is_whole());
    patterns.flat_map(|pattern| ["--run", pattern]).collect()
}

/// The rows of a matrix that are judged, of these: all, or one of `each`.
pub fn judged_rows<T>(rows: Vec<T>, each: usize) -> Vec<T> {
    let each = if is_whole() { 1 } else { each };
    rows.into_iter().step_by(each).collect()
}

/// The faults of an example that a matrix judges, of these, which are so many at least: those that are named in the
/// environment, or all, or one of `each`.
pub fn chosen_faults(
    example: &str,
    least: usize,
    each: usize,
    belongs: impl Fn(&Fault) -> bool,
) -> Vec<Fault> {
    let all = faults(example);
    let is_named = |names: &str, fault: &Fault| names.split(',').any(|name| name == fault.name);
    let names = std::env::var(CHOICE).ok();
    if let Some(names) = &names {
        let some = all.iter().any(|fault| is_named(names, fault));
        assert!(some, "{example} has none of {names}");
    }
    let faults: Vec<_> = all.into_iter().filter(belongs).collect();
    assert!(faults.len() >= least, "{} faults", faults.len());
    match names {
        None => judged_rows(faults, each),
        Some(names) => {
            let named = faults.into_iter().filter(|fault| is_named(&names, fault));
            named.collect()
        }
    }
}

/// All faults of an example.
pub fn faults(example: &str) -> Vec<Fault> {
    planted(example, "--list")
}

/// The faults of the server that show at few sizes, which its cases miss by design.
pub fn mistakes_of_few_sizes() -> Vec<Fault> {
    planted("faulty_server", "--list-sizes")
}

fn planted(example: &str, option: &str) -> Vec<Fault> {
    let columns = listed(example, option).into_iter();
    columns
        .map(|columns| {
            let [name, requirement, what] = columns.try_into().expect("three columns");
            Fault {
                name,
                requirement,
                what,
            }
        })
        .collect()
}

/// Does a job for each of the items, some at a time, and hands back the outcomes in order.
pub fn side_by_side<T: Sync, R: Send>(
    workers: usize,
    items: &[T],
    job: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { return };
                    let outcome = job(item);
                    outcomes.lock().unwrap().insert(at, outcome);
                }
            });
        }
    });
    outcomes.into_inner().unwrap().into_values().collect()
}

/// Watches a run to its end, and asserts that each check is counted once, within a number that was
/// known from the start.
pub fn watched<T>(run: impl FnOnce(&mut dyn Progress) -> T) -> T {
    let mut counted = (0, 0);
    run(&mut each(|done, of, _| {
        assert_eq!(done, counted.0 + 1);
        assert!(done <= of && (counted.1 == 0 || counted.1 == of), "{of}");
        counted = (done, of);
        ControlFlow::Continue(())
    }))
}

/// Findings of a report on a faulty testee.
#[derive(Debug)]
pub struct Seen {
    /// The cases that fail.
    pub cases: BTreeSet<String>,
    /// The requirement that is named first.
    pub requirement: Option<String>,
    /// The likely cause that is named first.
    pub cause: Option<String>,
    /// All likely causes that are named, each with its requirement.
    pub causes: Vec<(String, String)>,
}

impl Seen {
    pub fn in_report(role: &'static str, checks: &[Check]) -> Self {
        let testee = Testee {
            role,
            command: Vec::new(),
            address: None,
            again: String::new(),
            framing: None,
        };
        let known = KnownFailures::default();
        let report = Report {
            unjudged: None,
            testee: &testee,
            class: Some(Class::Transfer),
            segmentation: "drain-gated",
            checks,
            known: &known,
        };
        let groups = report.groups();
        let failures = groups.iter().filter(|group| group.verdict == Verdict::Fail);
        let first = failures.clone().next();
        let failed = checks.iter().filter(|check| check.verdict == Verdict::Fail);
        for check in failed.clone() {
            assert_shows_what_happened(check);
        }
        Self {
            cases: failed.map(|check| check.id.to_string()).collect(),
            requirement: first.map(|group| group.requirement.to_owned()),
            cause: first.and_then(|group| group.cause.map(str::to_owned)),
            causes: failures
                .filter_map(|group| Some((group.requirement.to_owned(), group.cause?.to_owned())))
                .collect(),
        }
    }
}

/// The failure of a conversation is told with what was sent and typed, what was expected, and how
/// it ended. Less is shown where no connection was made, and where nothing had been sent yet.
fn assert_shows_what_happened(check: &Check) {
    if check.segmentation.is_none() && check.id != "frm/slow-reader" {
        return;
    }
    let evidence = check.evidence.as_ref().expect("a failure has evidence");
    let talked = !evidence.sent.is_empty() || !evidence.typed.is_empty();
    let silent = ["frm/end-before-anything", "ses/client-first-empty"].contains(&&*check.id);
    assert!(
        talked || !evidence.seen.is_empty() || silent || evidence.unconnected,
        "{check:#?}"
    );
    for said in [&evidence.expected, &evidence.ended] {
        assert_ne!(said, &Sentence::default(), "{check:#?}");
    }
}

/// Compares a whole matrix with the snapshot of this name, and a part of one with its rows there.
pub fn assert_as_kept(
    name: &str,
    faults: &[Fault],
    seen: &[Seen],
    cases: impl IntoIterator<Item = String>,
) {
    if !is_whole() {
        assert_agrees(name, faults, seen);
        for (fault, seen) in faults.iter().zip(seen) {
            assert_eq!(wrong_causes(fault, seen), [""; 0]);
        }
        return;
    }
    assert_all_killed(faults, seen, cases);
    if std::env::var_os("INSTA_UPDATE").is_some() {
        snapshots().bind(|| insta::assert_snapshot!(name, table(faults, seen)));
        return;
    }
    assert_agrees(name, faults, seen);
}

/// Asserts that the matrix is the kept one. How many cases fail, and whether there is enough to name a
/// cause by, depends on which failures a budget was spent on first; what is named does not: the same
/// requirement, and the cause that is kept or none. Where sentences are noise, of fifty faults one may be
/// left without the cause that is kept: more would mean that causes hang on words.
fn assert_agrees(name: &str, faults: &[Fault], seen: &[Seen]) {
    let kept = std::fs::read_to_string(project(&format!("snapshots/{name}.snap"))).unwrap();
    let lines: Vec<&str> = kept.lines().collect();
    let mut unnamed = Vec::new();
    for (fault, seen) in faults.iter().zip(seen) {
        let head = format!("{:26}  {:6}  ", fault.name, fault.requirement);
        let at = lines.iter().position(|line| line.starts_with(&head));
        let at = at.unwrap_or_else(|| {
            let row = row(fault, seen);
            panic!("a new fault has a row in snapshots/{name}.snap, in order of names:\n{row}")
        });
        assert_eq!(lines[at + 1].trim(), format!("planted:  {}", fault.what));
        let reported = lines[at + 2].trim().strip_prefix("reported: ").unwrap();
        let seen_at = seen.requirement.as_ref();
        assert_eq!(seen_at, Some(&fault.requirement), "{}", fault.name);
        match seen.cause.as_deref() {
            None if reported != "-" => unnamed.push(&fault.name),
            Some(cause) if reported != "-" => assert_eq!(cause, reported, "{}", fault.name),
            _ => {}
        }
    }
    assert!(
        std::env::var_os(NOISE).is_none() || unnamed.len() <= faults.len() / 50,
        "no cause is named for {unnamed:?}"
    );
    let rows = lines
        .iter()
        .filter(|line| line.starts_with("    planted: "));
    if is_whole() {
        assert_eq!(rows.count(), faults.len(), "{name} has other rows");
    }
}

/// Asserts that each fault is seen at the requirement that it breaks, that no cause is named that
/// it is not, that each of the cases fails for some fault, and that for two thirds of the faults the
/// likely cause is named.
fn assert_all_killed(faults: &[Fault], seen: &[Seen], cases: impl IntoIterator<Item = String>) {
    let mut wrong = Vec::new();
    for (fault, seen) in faults.iter().zip(seen) {
        let Fault {
            name, requirement, ..
        } = fault;
        if seen.cases.is_empty() {
            wrong.push(format!("nothing sees {name}"));
        } else if seen.requirement.as_ref() != Some(requirement) {
            wrong.push(format!(
                "{name} breaks {requirement}, and {:?} is named first",
                seen.requirement
            ));
        }
        wrong.extend(wrong_causes(fault, seen));
    }
    for id in cases {
        if !seen.iter().any(|seen| seen.cases.contains(&id)) {
            wrong.push(format!("no fault fails the case {id}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let explained = seen.iter().filter(|seen| seen.cause.is_some()).count();
    assert!(
        explained * 3 >= faults.len() * 2,
        "the likely cause is named for {explained} of {} faults",
        faults.len()
    );
}

/// A single mistake is planted, so a cause that belongs to another requirement is wrong. To name none is
/// not.
fn wrong_causes(fault: &Fault, seen: &Seen) -> Vec<String> {
    let Fault {
        name, requirement, ..
    } = fault;
    let elsewhere = seen
        .causes
        .iter()
        .filter(|(of, _)| of != requirement && !WIDE.contains(&name.as_str()));
    elsewhere
        .map(|(of, cause)| format!("{name} breaks {requirement}, not {of}: {cause}"))
        .collect()
}

/// Number of cases that fail. Where many do it is partly a matter of a testee's timing: one that dies may
/// take the next conversation along.
fn killing(cases: usize) -> String {
    match cases {
        0..MANY => cases.to_string(),
        _ => format!("{MANY}+"),
    }
}

fn row(fault: &Fault, seen: &Seen) -> String {
    format!(
        "{:26}  {:6}  {}\n    planted:  {}\n    reported: {}\n",
        fault.name,
        fault.requirement,
        if RACES.contains(&fault.name.as_str()) {
            "some".to_owned()
        } else {
            killing(seen.cases.len())
        },
        fault.what,
        seen.cause.as_deref().unwrap_or("-"),
    )
}

/// The matrix, to be read: what is planted, and what is reported.
fn table(faults: &[Fault], seen: &[Seen]) -> String {
    let mut rows: Vec<_> = faults.iter().zip(seen).collect();
    rows.sort_by_key(|(fault, _)| &fault.name);
    let rows: String = rows.iter().map(|(fault, seen)| row(fault, seen)).collect();
    format!("{:26}  breaks  cases\n{rows}", "fault")
}
