//! Helpers that the tests of the program share.

#![allow(unreachable_pub)]

pub mod capture;
pub mod matrix;
pub mod served;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use serde_json::Value;
use unstick::judge::check::{Check, Verdict};
use unstick::report::saved::Saved;

/// The program.
pub const UNSTICK: &str = env!("CARGO_BIN_EXE_unstick");

/// `PATH` with the system's Python in front, if there is one: a version manager's takes three to ten times as long to
/// start, and tests start thousands.
pub static PATH: LazyLock<OsString> = LazyLock::new(|| {
    const SYSTEMS: &str = "/usr/bin/python3";
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !Path::new(SYSTEMS).exists() {
        return path;
    }
    let links = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
    std::fs::create_dir_all(&links).unwrap();
    let link = links.join("python3");
    // Another test program may have made it.
    if let Err(error) = std::os::unix::fs::symlink(SYSTEMS, &link) {
        assert!(link.exists(), "{}: {error}", link.display());
    }
    let all = std::iter::once(links).chain(std::env::split_paths(&path));
    std::env::join_paths(all).unwrap()
});

/// The program, to be given arguments and run.
pub fn program() -> Command {
    let mut program = Command::new(UNSTICK);
    program.env("PATH", &*PATH);
    program
}

/// A program among the examples, which `cargo test` builds beside the tests.
pub fn example(name: &str) -> String {
    let path = PathBuf::from(UNSTICK).with_file_name("examples").join(name);
    assert!(
        path.exists(),
        "{} is not built: run `cargo build --examples`",
        path.display()
    );
    path.into_os_string().into_string().unwrap()
}

/// True if a program is installed; what needs one that is not is skipped, with a word.
pub fn is_installed(program: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .stdout(Stdio::null())
        .status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        println!("skipped: {program} is not installed");
    }
    found
}

/// A file of the project.
pub fn project(path: &str) -> String {
    format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))
}

/// Result of a run of the program.
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs the program to its end.
pub fn unstick<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Ran {
    program().args(arguments).output().unwrap().into()
}

/// A run of the program that is told where to write its JSON report, and the report.
pub fn reported(run: impl FnOnce(&str) -> Ran) -> (Ran, Saved) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("report.json");
    let ran = run(path.to_str().unwrap());
    let text = std::fs::read_to_string(path);
    let text = text.unwrap_or_else(|_| panic!("no report: {}{}", ran.stdout, ran.stderr));
    let report = Saved::read(&text).unwrap();
    // Counts in the file are those of its checks.
    let written: Value = serde_json::from_str(&text).unwrap();
    let counted = serde_json::to_value(report.summary()).unwrap();
    assert_eq!(written["summary"], counted);
    (ran, report)
}

/// Judges a server, with a JSON report.
pub fn judge(options: &[&str], testee: &[&str]) -> (Ran, Saved) {
    judge_as("server", options, testee)
}

/// Judges a testee in this role, with a JSON report.
pub fn judge_as(role: &str, options: &[&str], testee: &[&str]) -> (Ran, Saved) {
    reported(|json| unstick([&[role, "--json", json][..], options, &["--"], testee].concat()))
}

/// The checks of a report that have this verdict.
pub fn with_verdict(report: &Saved, verdict: Verdict) -> impl Iterator<Item = &Check> {
    let checks = report.cases.iter();
    checks.filter(move |check| check.verdict == verdict)
}

/// The ids of the checks that have this verdict.
pub fn ids(report: &Saved, verdict: Verdict) -> Vec<&str> {
    let checks = with_verdict(report, verdict);
    checks.map(|check| check.id.as_str()).collect()
}

/// The first check that failed.
pub fn first_failure(report: &Saved) -> &Check {
    let failure = with_verdict(report, Verdict::Fail).next();
    failure.expect("a check fails")
}

/// The foremost requirements of the checks that failed, each once.
pub fn broken(report: &Saved) -> BTreeSet<&str> {
    with_verdict(report, Verdict::Fail)
        .map(|check| check.requirements[0].as_str())
        .collect()
}

/// Findings in a report of `unstick fuzz`. The `trace` of a finding is a recording, which `Saved` passes over, and that
/// of any other check its evidence.
pub fn findings(report: &Value) -> impl Iterator<Item = &Value> {
    let cases = report["cases"].as_array().expect("a report has cases");
    cases.iter().filter(|case| case["verdict"] == "fail")
}

/// Snapshots are kept in `snapshots/`, under names that say what they are.
pub fn snapshots() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(project("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

/// Lists of an example about itself: a line each, its columns.
pub fn listed(name: &str, option: &str) -> Vec<Vec<String>> {
    let output = Command::new(example(name)).arg(option).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}
