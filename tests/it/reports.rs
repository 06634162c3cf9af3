//! Reports for people: the page, the summary, the matrix; parts of a run, and what changed between two.

use std::fs;
use std::path::Path;
use std::process::Command;

use rstest::rstest;

use crate::support::served::Served;
use crate::support::{Ran, UNSTICK, example, program, project};

/// Runs the program in a directory of its own.
fn run(dir: &Path, arguments: &[&str]) -> Ran {
    program()
        .args(arguments)
        .current_dir(dir)
        .output()
        .unwrap()
        .into()
}

/// Judges the server with a mistake or without, with these options.
fn judge(dir: &Path, fault: Option<&str>, options: &[&str]) -> Ran {
    let program = example("faulty_server");
    let mut arguments = vec!["server", "--class", "framing", "--run", "frm/t*"];
    arguments.extend(options);
    arguments.extend([
        "--", &program, "--port", "{port}", "--dir", "{dir}", "--echo",
    ]);
    arguments.extend(fault.into_iter().flat_map(|fault| ["--fault", fault]));
    run(dir, &arguments)
}

#[test]
fn a_page_and_a_summary_tell_what_was_found() {
    let dir = tempfile::tempdir().unwrap();
    let options = ["--html", "page.html", "--summary", "summary.md"];
    let ran = judge(dir.path(), Some("short-payload"), &options);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let page = fs::read_to_string(dir.path().join("page.html")).unwrap();
    for part in [
        "<article id=\"finding-1\"",
        "FRM-2",
        "first wrong octet: offset ",
        "class=\"versus",
        "unstick server",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for foreign in ["http://", "https://", "src="] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    let summary = fs::read_to_string(dir.path().join("summary.md")).unwrap();
    assert!(summary.starts_with("## ❌ unstick server: "), "{summary}");
    assert!(summary.contains("### FAIL FRM-2"), "{summary}");
    let ran = judge(dir.path(), None, &options);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let page = fs::read_to_string(dir.path().join("page.html")).unwrap();
    assert!(!page.contains("<article"));
}

/// The content of a report is text: in the page, the matrix and the summary.
#[test]
fn nothing_that_others_wrote_is_markup() {
    let dir = tempfile::tempdir().unwrap();
    let hostile = r#"<script>alert(1)</script>\u001b[2J\u202e\u0000"#;
    let report = format!(
        r#"{{"unstick":"0.1.0","testee":{{"role":"server","command":["{hostile}"]}},"segmentation":"direct","cases":[
        {{"id":"{hostile}","requirements":["FRM-2"],"segmentation":null,"verdict":"fail","message":"{hostile}"}}]}}"#
    );
    fs::write(dir.path().join("a.json"), report).unwrap();
    let ran = run(dir.path(), &["report", "a.json", "--html", "m.html"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let page = fs::read_to_string(dir.path().join("m.html")).unwrap();
    assert!(!page.contains("<script>alert"), "{page}");
    for control in ['\u{1b}', '\u{202e}', '\0'] {
        assert!(!page.contains(control) && !ran.stdout.contains(control));
    }
}

#[test]
fn the_parts_of_a_run_are_the_run() {
    let dir = tempfile::tempdir().unwrap();
    for part in ["1", "2"] {
        let (shard, json) = (format!("{part}/2"), format!("{part}.json"));
        let ran = judge(dir.path(), None, &["--shard", &shard, "--json", &json]);
        assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    }
    judge(dir.path(), None, &["--json", "whole.json"]);
    let ran = run(dir.path(), &["report", "1.json", "2.json"]);
    let joined: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(joined.len(), 1, "{}", ran.stdout);
    // The two plain conversations stand around every part.
    let ran = run(dir.path(), &["report", "--diff", "whole.json", "1.json"]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    let ran = run(dir.path(), &["report", "1.json"]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    let ran = run(
        dir.path(),
        &["report", "--diff", "whole.json", "whole.json"],
    );
    assert_eq!(
        (ran.status, ran.stdout.as_str()),
        (0, "0 cases differ, 0 got worse\n")
    );
    let ran = judge(dir.path(), None, &["--shard", "3/2"]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
}

#[test]
fn what_got_worse_fails_a_comparison() {
    let dir = tempfile::tempdir().unwrap();
    judge(dir.path(), None, &["--json", "old.json"]);
    judge(dir.path(), Some("short-payload"), &["--json", "new.json"]);
    let ran = run(dir.path(), &["report", "--diff", "old.json", "new.json"]);
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    let ran = run(dir.path(), &["report", "--diff", "new.json", "old.json"]);
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    fs::write(dir.path().join("bad.json"), "{}").unwrap();
    let ran = run(dir.path(), &["report", "bad.json"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("bad.json"), "{}", ran.stderr);
}

/// Every command that judges writes every report, and says no more in one than in the other.
#[rstest]
#[case("server", &["--class", "framing", "--run", "frm/two"], &["{faulty}", "--port", "{port}", "--dir", "{dir}", "--echo"])]
#[case("client", &["--run", "client/text-digits"], &["{unstick}", "connect", "{host}:{port}", "--dir", "{dir}"])]
#[case("codec", &["--run", "frm/two"], &["{codec}", "tokio-util"])]
#[case("replay", &["{two}", "--class", "framing"], &["{faulty}", "--port", "{port}", "--dir", "{dir}", "--echo"])]
#[case("recut", &["--filter", "{input}"], &["cat"])]
#[case("proxy", &["--to", "{served}", "--cut", "octets"], &["sh", "-c", "printf 'hi\\nq\\n' | {unstick} connect {host}:{port}"])]
#[case("fuzz", &["{resp}", "--seed", "1", "--budget", "5"], &["python3", "{resp.py}", "right", "{port}"])]
fn every_command_that_judges_writes_every_report(
    #[case] command: &str,
    #[case] options: &[&str],
    #[case] program: &[&str],
) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("input"), "one\ntwo\nthree\n").unwrap();
    let recording = r#"{"id": "resp", "title": "A recording", "steps": [
        {"send": "2a310d0a24340d0a50494e470d0a"}, {"answer": "2b50494e470d0a"}]}"#;
    fs::write(dir.path().join("resp.json"), recording).unwrap();
    let served = (command == "proxy").then(|| Served::start(&[]));
    let filled = |word: &&str| {
        let address = served.as_ref().map_or("", |served| &served.address);
        word.replace("{faulty}", &example("faulty_server"))
            .replace("{codec}", &example("published_codec"))
            .replace("{unstick}", UNSTICK)
            .replace("{two}", &project("fixtures/frm/two.json"))
            .replace("{input}", "input")
            .replace("{resp}", "resp.json")
            .replace("{resp.py}", &project("tests/it/fuzz_servers/resp.py"))
            .replace("{served}", address)
    };
    let mut arguments = vec![command.to_owned()];
    arguments.extend(options.iter().map(filled));
    let files = [
        ("--json", "r.json", "\"unstick\":"),
        ("--junit", "r.xml", "<testsuites name=\"unstick\""),
        ("--html", "r.html", "<!DOCTYPE html>"),
        ("--summary", "r.md", "## ✅ unstick "),
        ("--badge", "r.svg", "<svg "),
    ];
    for (option, file, _) in files {
        arguments.extend([option.to_owned(), file.to_owned()]);
    }
    arguments.push("--".to_owned());
    arguments.extend(program.iter().map(filled));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ran = run(dir.path(), &arguments);
    assert_eq!(ran.status, 0, "{command}: {}{}", ran.stdout, ran.stderr);
    let written = |file: &str| fs::read_to_string(dir.path().join(file)).unwrap();
    for (option, file, begins) in files {
        assert!(written(file).contains(begins), "{command} {option}");
    }
    let report: serde_json::Value = serde_json::from_str(&written("r.json")).unwrap();
    let checks = report["cases"].as_array().unwrap().len();
    assert!(checks > 0, "{command}");
    assert_eq!(
        written("r.xml").matches("<testcase ").count(),
        checks,
        "{command}"
    );
    assert_eq!(
        written("r.html").matches("<tr id=").count(),
        checks,
        "{command}"
    );
}

/// The picture of a finding of `recut` has both answers: the one that comes uncut, and the one that came.
#[test]
fn what_recut_finds_is_drawn_too() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("input"), "one\ntwo\nthree\n").unwrap();
    // It takes what one read gives for the whole.
    let filter = r#"$|=1; while(sysread(STDIN,$d,65536)){print length($d),"\n"}"#;
    if Command::new("perl").arg("-v").output().is_err() {
        println!("skipped: perl is not installed");
        return;
    }
    let options = ["recut", "--filter", "input", "--run", "octets"];
    let files = ["--html", "r.html", "--summary", "r.md", "--"];
    let ran = run(
        dir.path(),
        &[&options[..], &files, &["perl", "-e", filter]].concat(),
    );
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let page = fs::read_to_string(dir.path().join("r.html")).unwrap();
    for part in [
        "class=\"versus",
        "first wrong octet: offset 0, ",
        "<span>cut</span>",
        "that comes uncut",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let summary = fs::read_to_string(dir.path().join("r.md")).unwrap();
    assert!(
        summary.contains("First wrong octet: offset 0, "),
        "{summary}"
    );
}
