//! Actions of other connections around the conversation of a trace: a right server minds none of them, and each
//! planted mistake shows by the trace alone.

use std::fs;
use std::path::Path;

use super::support::{Ran, example, unstick};

/// Actions of others, and a mistake that shows by each and by no conversation alone.
const SHOWN_BY: [(&str, Option<&str>); 7] = [
    ("served", Some("one-at-a-time")),
    ("half-frame", Some("one-at-a-time")),
    ("pause", Some("timer-drops")),
    ("two-files", Some("temporary-shared")),
    // The end of a peer races with its acceptance.
    ("gone", None),
    ("many", Some("over-limit-hangs")),
    ("unread", Some("partial-write")),
];

fn trace(beside: &str, steps: &str) -> String {
    format!(
        r#"{{
  "id": "beside-{beside}",
  "title": "A conversation goes as it does alone",
  "requirements": ["FRM-2"],
  "class": "transfer",
  "beside": "{beside}",
  "cuts": ["apart"],
  "steps": [
    {{"frame": {{"length": "00000002", "payload": "6869"}}}},
    {{"deliver": "6869"}}{steps}
  ]
}}
"#
    )
}

fn replay(path: &Path, sessions: &str, fault: Option<&str>) -> Ran {
    let server = example("faulty_server");
    let path = path.to_str().unwrap();
    let mut arguments = vec!["replay", "--class", "transfer", path, "--", &server];
    arguments.extend([
        "--port",
        "{port}",
        "--dir",
        "{dir}",
        "--max-sessions",
        sessions,
    ]);
    arguments.extend(fault.into_iter().flat_map(|fault| ["--fault", fault]));
    unstick(arguments)
}

#[test]
fn what_others_do_shows_mistakes_and_accuses_no_right_server() {
    let dir = tempfile::tempdir().unwrap();
    for (beside, _) in SHOWN_BY {
        fs::write(dir.path().join(format!("{beside}.json")), trace(beside, "")).unwrap();
    }
    // A server with fewer sessions than that has to turn some away (SES-9).
    for sessions in ["8", "1"] {
        let ran = replay(dir.path(), sessions, None);
        assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains(" 0 fail"), "{}", ran.stdout);
    }
    for (beside, fault) in SHOWN_BY {
        let Some(fault) = fault else { continue };
        let path = dir.path().join(format!("{beside}.json"));
        let ran = replay(&path, "8", Some(fault));
        assert_eq!(
            ran.status, 1,
            "{beside}, {fault}\n{}{}",
            ran.stdout, ran.stderr
        );
    }
}

/// Nobody could tell whose the files are.
#[test]
fn what_stores_files_is_not_held_beside_two_that_do() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("two.json");
    fs::write(
        &path,
        trace("two-files", ",\n    {\"expect\": \"untouched\"}"),
    )
    .unwrap();
    let ran = replay(&path, "8", None);
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stderr.contains("`beside` is two-files"),
        "{}",
        ran.stderr
    );
}
