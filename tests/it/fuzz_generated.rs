//! `unstick fuzz server`: conversations that nobody wrote, over servers with planted mistakes and without.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::support::matrix::{Fault, faults, mistakes_of_few_sizes, side_by_side};
use super::support::{Ran, example, findings, program, unstick};

/// The limit on payloads that the server declares, and is started with.
const MAX_PAYLOAD: &str = "131072";

/// The command that starts the server, with a fault or without.
fn server(fault: Option<&str>) -> Vec<String> {
    let mut command = vec![example("faulty_server")];
    let words = ["--port", "{port}", "--dir", "{dir}", "--max-sessions", "8"];
    command.extend(words.map(str::to_owned));
    command.extend(["--max-payload", MAX_PAYLOAD].map(str::to_owned));
    command.extend(fault.map(|_| "--fault".to_owned()));
    command.extend(fault.map(str::to_owned));
    command
}

/// Fuzzes it, and keeps what is found in `dir`.
fn fuzz(dir: &Path, options: &[&str], command: &[String]) -> (Ran, Value) {
    let report = dir.join("report.json");
    let (report, found) = (report.to_str().unwrap(), dir.join("found"));
    let mut arguments = vec!["fuzz", "server", "--max-payload", MAX_PAYLOAD];
    arguments.extend(["--json", report, "--findings", found.to_str().unwrap()]);
    arguments.extend(options);
    arguments.push("--");
    arguments.extend(command.iter().map(String::as_str));
    let ran = unstick(arguments);
    let text = fs::read_to_string(report).unwrap_or_default();
    (ran, serde_json::from_str(&text).unwrap_or_default())
}

/// Has it find a fault of the server, which the trace that it keeps shows again as often as asked, and which a
/// right server does not show. Hands over what it says of it.
fn found_again(fault: &str, verifying: bool, options: &[&str], times: usize) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let verify = verifying.then(|| "--verify".to_owned());
    let command = |fault| server(fault).into_iter().chain(verify.clone()).collect();
    let (faulty, right): (Vec<String>, Vec<String>) = (command(Some(fault)), command(None));
    let options = [options, &["--seed", "1", "--fail-fast"]].concat();
    let (ran, report) = fuzz(dir.path(), &options, &faulty);
    assert_eq!(ran.status, 1, "{fault}\n{}{}", ran.stdout, ran.stderr);
    let case = findings(&report).next().unwrap();
    let trace = case["trace"]["id"].as_str().unwrap();
    let trace = dir.path().join("found").join(format!("{trace}.json"));
    for _ in 0..times {
        assert_eq!(replay(&trace, &faulty), 1, "{fault}: {case}");
    }
    assert_eq!(replay(&trace, &right), 0, "{fault}: {case}");
    case.clone()
}

fn replay(trace: &Path, command: &[String]) -> i32 {
    let status = program()
        .args(["replay", "--max-payload", MAX_PAYLOAD])
        .arg(trace)
        .arg("--")
        .args(command)
        .output()
        .unwrap();
    status.status.code().unwrap_or(-1)
}

/// Each is found without any fixed case, made small, and shown again by its trace, which a right server
/// passes.
#[test]
fn planted_faults_are_found_shrunk_and_replayed() {
    let faults = [
        "lost-between",
        "empty-is-end",
        "payload-until-nul",
        "partial-kept",
    ];
    side_by_side(2, &faults, |fault| {
        let case = found_again(fault, false, &["--budget", "300"], 2);
        assert!(case["octets"].as_u64().unwrap() <= 24, "{fault}: {case}");
        assert!(case["cuts"].as_u64().unwrap() <= 2, "{fault}: {case}");
    });
}

/// Mistakes that show at one size, at the multiples of a number, or where two sizes have a sum, and that the fixed
/// cases miss by design.
#[test]
fn mistakes_of_few_sizes_are_found() {
    let mistakes = [
        ("size-multiple-of-61", 4_096),
        ("length-across-8192", 16_384),
        ("size-4112", 4_400),
    ];
    side_by_side(2, &mistakes, |(mistake, most)| {
        let case = found_again(mistake, false, &["--budget", "200"], 1);
        let octets = case["octets"].as_u64().unwrap();
        assert!(octets <= *most, "{mistake}: {case}");
    });
}

/// Faults of verified transfers are found too; the harness computes their digests by itself.
#[test]
fn planted_faults_of_verified_transfers_are_found() {
    let faults = [
        "vtr-digest-goes-on",
        "vtr-digest-longer",
        "vtr-mismatch-kept",
    ];
    let options = ["--class", "verified-transfer", "--budget", "600"];
    side_by_side(2, &faults, |fault| {
        found_again(fault, true, &options, 1);
    });
}

#[test]
fn a_right_server_is_not_accused() {
    let classes = ["framing", "transfer", "verified-transfer"];
    side_by_side(2, &classes, |class| {
        let dir = tempfile::tempdir().unwrap();
        let mut command = server(None);
        command.extend((*class == "framing").then(|| "--echo".to_owned()));
        command.extend((*class == "verified-transfer").then(|| "--verify".to_owned()));
        let options = ["--class", class, "--seed", "5", "--budget", "150"];
        let (ran, report) = fuzz(dir.path(), &options, &command);
        assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
        assert_eq!(report["fuzzed"][0]["mutants"], 150, "{report}");
        assert_eq!(report["fuzzed"][0]["unstable"], 0, "{report}");
    });
}

#[test]
fn the_same_seed_finds_the_same() {
    let once = || {
        let dir = tempfile::tempdir().unwrap();
        let options = ["--seed", "3", "--budget", "16"];
        let (_, report) = fuzz(dir.path(), &options, &server(Some("trim")));
        let failing = findings(&report);
        let what = failing.map(|case| (case["id"].clone(), case["trace"].clone()));
        what.collect::<Vec<_>>()
    };
    let first = once();
    assert!(!first.is_empty());
    assert_eq!(once(), first);
}

#[test]
fn a_server_of_another_framing_and_one_that_is_used_up_are_named() {
    let kinds = [
        ("length-little-endian", "dialect"),
        ("slot-leaks-on-error", "worn-out"),
    ];
    side_by_side(2, &kinds, |(fault, kind)| {
        let dir = tempfile::tempdir().unwrap();
        let options = ["--seed", "1", "--budget", "300", "--fail-fast"];
        let (ran, report) = fuzz(dir.path(), &options, &server(Some(fault)));
        assert_eq!(ran.status, 1, "{fault}\n{}{}", ran.stdout, ran.stderr);
        let mut failing = findings(&report);
        assert!(failing.any(|case| case["kind"] == *kind), "{report}");
    });
}

#[test]
fn what_no_list_of_cases_has_cannot_be_split() {
    for form in [&["fuzz", "server"][..], &["fuzz", "x.json"]] {
        let options = ["--shard", "1/2", "--", "true"];
        let ran = unstick(form.iter().chain(&options).copied());
        assert_eq!(ran.status, 2, "{}", ran.stderr);
    }
    let ran = unstick(["fuzz"]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
}

/// Findings of all planted faults, as a table in Markdown:
/// `cargo test --release --test it fuzz_generated::table -- --ignored --nocapture`.
#[test]
#[ignore = "takes half an hour; prints the table of docs/fuzzing-your-server.md"]
fn table() {
    const SEEDS: [&str; 3] = ["1", "2", "3"];
    let mut faults = faults("faulty_server");
    faults.retain(|fault| !fault.requirement.starts_with("VTR"));
    faults.extend(mistakes_of_few_sizes());
    let rows = side_by_side(2, &faults, |fault: &Fault| {
        SEEDS.map(|seed| {
            let dir = tempfile::tempdir().unwrap();
            let options = ["--seed", seed, "--budget", "60s", "--fail-fast"];
            let command = server(Some(&fault.name));
            let started = Instant::now();
            let (_, report) = fuzz(dir.path(), &options, &command);
            let case = findings(&report).next()?.clone();
            let trace = dir.path().join("found").join(format!(
                "{}.json",
                case["trace"]["id"].as_str().unwrap_or_default()
            ));
            let again = (0..20).filter(|_| replay(&trace, &command) == 1).count();
            let seconds = case["seconds"].as_f64();
            let seconds = seconds.unwrap_or_else(|| started.elapsed().as_secs_f64());
            Some((seconds, case, again))
        })
    });
    println!("| fault | breaks | seconds | shown by | octets | cuts | replayed of 20 |");
    println!("|---|---|---|---|---|---|---|");
    let (mut found, mut times, mut octets) = (0, Vec::new(), Vec::new());
    for (fault, row) in faults.iter().zip(&rows) {
        let seconds = row.each_ref().map(|one| match one {
            Some((seconds, ..)) => format!("{seconds:.1}"),
            None => "–".to_owned(),
        });
        found += row.iter().filter(|one| one.is_some()).count();
        times.extend(row.iter().flatten().map(|(seconds, ..)| *seconds));
        let least = row.iter().flatten().next();
        let (kind, sent, cuts, again) = match least {
            Some((_, case, again)) => (
                case["kind"].as_str().unwrap_or_default(),
                case["octets"].to_string(),
                case["cuts"].to_string(),
                again.to_string(),
            ),
            None => ("", String::new(), String::new(), String::new()),
        };
        if let Some((_, case, _)) = least
            && ["LEN", "FRM"].contains(&&fault.requirement[..3])
        {
            octets.push(case["octets"].as_u64().unwrap_or_default());
        }
        let (name, broken, seconds) = (&fault.name, &fault.requirement, seconds.join(" / "));
        println!("| `{name}` | {broken} | {seconds} | {kind} | {sent} | {cuts} | {again} |");
    }
    times.sort_by(f64::total_cmp);
    octets.sort_unstable();
    println!(
        "\n{found} of {} found; median {:.1} s; median of the faults of framing {} octets",
        faults.len() * SEEDS.len(),
        times[times.len() / 2],
        octets[octets.len() / 2]
    );
    assert!(found * 10 >= faults.len() * SEEDS.len() * 9, "{found}");
    assert!(Duration::from_secs_f64(times[times.len() / 2]) < Duration::from_secs(5));
}
