//! Reports are written whole or not at all, whatever ends a run, and a run that says nothing is no
//! success.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::served::names;
use crate::support::{Ran, UNSTICK, example, program, unstick};

/// Judges the reference, or a server that is named so.
fn server(options: &[&str], command: &[&str]) -> Ran {
    let mut arguments = vec!["server"];
    arguments.extend(options);
    arguments.push("--");
    if command.is_empty() {
        arguments.extend([
            UNSTICK,
            "serve",
            "--listen",
            "{host}:{port}",
            "--dir",
            "{dir}",
        ]);
    }
    arguments.extend(command);
    unstick(arguments)
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn a_run_that_cannot_be_judged_has_its_report_too() {
    let dir = tempfile::tempdir().unwrap();
    let [report, junit] = ["report.json", "report.xml"].map(|name| dir.path().join(name));
    let files = [
        "--json",
        report.to_str().unwrap(),
        "--junit",
        junit.to_str().unwrap(),
    ];
    let ran = server(
        &files,
        &[
            "sh",
            "-c",
            "printf 'a\\033]0;x\\007b\\r\\302\\2332J' >&2; exit 4",
        ],
    );
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    let report = json(&report);
    let why = report["unjudged"].as_str().unwrap();
    assert!(why.contains("with exit status 4"), "{why}");
    assert_eq!(report["cases"].as_array().unwrap().len(), 0);
    let junit = fs::read_to_string(junit).unwrap();
    assert!(junit.contains("<error"), "{junit}");
    // The program's output commands neither a terminal nor what reads the file.
    for text in [&ran.stderr, &junit] {
        assert!(text.contains("a\\u{1b}]0;x\\u{7}b\\r\\u{9b}2J"), "{text:?}");
        assert!(!text.contains(['\x1b', '\x07', '\r', '\u{9b}']), "{text:?}");
    }
}

/// Runs the program until something of it has made the file, interrupts it, and hands over its standard output.
fn interrupted(arguments: &[&str], started: &Path) -> String {
    let run = program()
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while !started.exists() {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "it was not started"
        );
        std::thread::yield_now();
    }
    let signal = Command::new("kill")
        .args(["-s", "INT", &run.id().to_string()])
        .status();
    assert!(signal.unwrap().success());
    let ran = run.wait_with_output().unwrap();
    assert_eq!(ran.status.code(), Some(3));
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn a_run_that_is_interrupted_has_its_report_too() {
    let dir = tempfile::tempdir().unwrap();
    let [report, started] = ["report.json", "started"].map(|name| dir.path().join(name));
    let touch = format!("touch {}", started.display());
    let script = format!("{touch}; exec \"$0\" --port \"$1\" mute");
    let (json_to, server) = (report.to_str().unwrap(), example("misbehaving_server"));
    let options = ["server", "--class", "framing", "--json", json_to, "--"];
    let command = ["sh", "-c", &script, &server, "{port}"];
    interrupted(&[&options[..], &command].concat(), &started);
    let report = json(&report);
    assert!(report["unjudged"].as_str().is_some(), "{report}");
    assert_eq!(names(dir.path()), ["report.json", "started"]);
}

/// Its findings are those of recut, with the cut that each needs.
#[test]
fn a_recut_that_is_interrupted_has_its_findings() {
    let dir = tempfile::tempdir().unwrap();
    let place = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let [sent, report, started] = ["sent", "report.json", "started"].map(place);
    fs::write(&sent, "x".repeat(2_000)).unwrap();
    // It answers each read, so that every cut shows, and tells when it has served 40 connections.
    let script = "import pathlib, socket, sys\n\
                  listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n\
                  for served in range(1 << 20):\n\
                  \x20   if served == 40: pathlib.Path(sys.argv[2]).touch()\n\
                  \x20   connection = listener.accept()[0]\n\
                  \x20   while octets := connection.recv(4096): connection.sendall(b'%d\\n' % len(octets))\n";
    let options = [
        "recut", "--octets", &sent, "--cuts", "all", "--json", &report,
    ];
    let command = ["--", "python3", "-c", script, "{port}", &started];
    let shown = interrupted(&[&options[..], &command].concat(), Path::new(&started));
    let last = shown.lines().last().unwrap_or_default();
    assert!(last.starts_with("recut "), "{shown}");
    let report = json(Path::new(&report));
    assert!(report["unjudged"].as_str().is_some(), "{report}");
    let first = &report["cases"][0];
    assert_eq!(first["verdict"], "fail", "{first}");
    assert_eq!(first["cut"]["after"], serde_json::json!([1]), "{first}");
}

#[test]
fn a_report_that_cannot_be_written_takes_the_verdict_from_nobody() {
    let only = ["--run", "frm/two", "--json", "/dev/full"];
    let ran = server(&only, &[]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    assert!(ran.stdout.contains("pass, 0 fail"), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("--json /dev/full could not be written"),
        "{}",
        ran.stderr
    );
    let ran = server(&["--run", "frm/two", "--json", "/dev/stdout"], &[]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("\"unstick\":"), "{}", ran.stdout);
}

#[test]
fn reports_overwrite_nothing_that_they_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("known");
    let text = "frm/two fail # a bug\n";
    fs::write(&list, text).unwrap();
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(&list, &link).unwrap();
    let [list_name, link_name] = [&list, &link].map(|path| path.to_str().unwrap());
    let new = dir.path().join("new");
    let new = new.to_str().unwrap();
    for (options, why) in [
        (
            ["--json", list_name, "--known-failures", list_name],
            "--known-failures",
        ),
        (
            ["--junit", link_name, "--known-failures", list_name],
            "--known-failures",
        ),
        (["--json", new, "--junit", new], "--json"),
    ] {
        let ran = server(&options, &[]);
        assert_eq!(ran.status, 2, "{}", ran.stderr);
        assert!(
            ran.stderr.contains(&format!("that is the file of {why}")),
            "{}",
            ran.stderr
        );
    }
    assert_eq!(fs::read_to_string(&list).unwrap(), text);
    assert_eq!(names(dir.path()), ["known", "link"]);
}

#[test]
fn a_run_that_tests_nothing_is_no_success() {
    let ran = server(&["--run", "ses/over-limit"], &[]);
    assert_eq!(ran.status, 3, "{}", ran.stdout);
    assert!(
        ran.stdout.contains("none of the chosen cases was tested"),
        "{}",
        ran.stdout
    );
    let ran = server(&["--run", "ses/over-limit", "--run", "frm/two"], &[]);
    assert_eq!(ran.status, 0, "{}", ran.stdout);
}

/// The list holds all that fails; what that costs must not hide what is not on it.
#[test]
fn known_failures_cost_the_other_cases_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let program = example("misbehaving_server");
    let faulty = [&*program, "--port", "{port}", "garbles-and-closes"];
    let [path, known] = ["report.json", "known"].map(|name| dir.path().join(name));
    let mut options = vec!["--class", "framing", "--run", "len/{1,2,3}"];
    options.extend(["--json", path.to_str().unwrap()]);
    let ran = server(&options, &faulty);
    let summary = &json(&path)["summary"];
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    assert!(summary["skipped"].as_u64().unwrap() > 0, "{summary}");
    options.extend(["--known-failures", known.to_str().unwrap()]);
    let list = |ids: &[&str]| {
        let lines = ids.iter().map(|id| format!("{id} fail # a bug\n"));
        fs::write(&known, lines.collect::<String>()).unwrap();
    };
    list(&["len/1", "len/2", "len/3"]);
    let ran = server(&options, &faulty);
    let summary = &json(&path)["summary"];
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    assert_eq!(summary["skipped"], 0, "{summary}");
}
