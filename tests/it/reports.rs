//! Reports for people: the page, the summary, the matrix; parts of a run, and what changed between two.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{Ran, UNSTICK, example};

/// Runs the program in a directory of its own.
fn run(dir: &Path, arguments: &[&str]) -> Ran {
    Command::new(UNSTICK)
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

/// Whatever stands in a report is text: in the page, the matrix and the summary.
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
