//! Nothing that a stranger wrote commands the terminal, whichever way it comes, on a terminal or off
//! it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::{UNSTICK, project, unstick};

/// Every way to write to a terminal, and the places that may: `cli/mod.rs` takes nothing but
/// `Visible`; what the others write is not from strangers, or is read by a program.
const WAYS: [&str; 6] = [
    "print!(",
    "println!(",
    "dbg!(",
    "io::stdout()",
    "io::stderr()",
    "anstream::",
];
const ALLOWED: [(&str, &str); 5] = [
    ("cli/mod.rs", "the two functions that take `Visible`"),
    ("cli/serve.rs", "READY and an address, for programs"),
    ("cli/proxy.rs", "READY and an address, for programs"),
    (
        "cli/connect.rs",
        "the client's output, which `Escaped` makes visible on a terminal",
    ),
    (
        "testee/supervise/guard.rs",
        "the guard, whose output the harness reads",
    ),
];

/// Lines outside of comments and unit tests that write, by file below `src/`.
fn writers(dir: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            writers(&path, found);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text
            .split("\n#[cfg(test)]\nmod ")
            .next()
            .unwrap_or_default();
        let writes = |line: &str| {
            let line = line.trim_start();
            !line.starts_with("//") && WAYS.iter().any(|way| line.contains(way))
        };
        if code.lines().any(writes) {
            let root = project("src/");
            found.insert(path.to_str().unwrap().trim_start_matches(&root).to_owned());
        }
    }
}

#[test]
fn everything_that_is_printed_goes_through_one_type() {
    let mut found = BTreeSet::new();
    writers(Path::new(&project("src")), &mut found);
    let allowed = ALLOWED.map(|(file, _)| file.to_owned());
    let more: Vec<_> = found
        .iter()
        .filter(|file| !allowed.contains(file))
        .collect();
    assert!(more.is_empty(), "{more:?}: print by cli::print or cli::say");
    let cli = fs::read_to_string(project("src/cli/mod.rs")).unwrap();
    for one in [
        "fn print(text: impl Into<Visible>)",
        "fn say(text: impl Into<Visible>)",
    ] {
        assert!(cli.contains(one), "{one}");
    }
    let writing = cli
        .lines()
        .filter(|line| WAYS.iter().any(|way| line.contains(way)));
    assert_eq!(writing.count(), 2, "one line for each of the two");
    // Only what escapes makes one.
    let visible = fs::read_to_string(project("src/trace/visible.rs")).unwrap();
    assert_eq!(visible.matches("Visible(self.out)").count(), 1);
    assert!(visible.contains("pub struct Visible(String);"));
}

#[test]
fn words_of_the_command_line_and_of_files_are_written_out() {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("known");
    fs::write(&list, "\x1b[2J\u{9b}x fail # \x1b]0;title\x07\u{202e}why\n").unwrap();
    let trace = dir.path().join("a\x1b[2J\r.json");
    fs::write(&trace, "{\"id\": \"\u{9b}2J\"}").unwrap();
    let [list, trace] = [&list, &trace].map(|path| path.to_str().unwrap());
    let reference = [
        "--",
        UNSTICK,
        "serve",
        "--listen",
        "{host}:{port}",
        "--dir",
        "{dir}",
    ];
    let known = ["server", "--run", "frm/two", "--known-failures", list];
    for arguments in [
        &["\x1b[2J\r"][..],
        &["server", "--class", "\x1b[2J"],
        &["server", "--\x1b]0;x\x07"],
        &["server", "--run", "\x1b[2J\u{9b}", "--", "x"],
        &["server", "--connect", "\x1b[2J\u{8}"],
        &["server", "--", "\x1b[2J/none"],
        &["explain", "\u{9b}2J\u{202e}"],
        &["cases", "\x1b[2J"],
        &["replay", trace, "--", "x"],
        &["replay", "none\r\x1b[2J", "--", "x"],
        &["server", "--json", "/none\x1b[2J/x", "--", "x"],
        &[&known[..], &reference[..]].concat(),
    ] {
        let ran = unstick(arguments.iter().copied());
        assert_ne!(ran.status, 0, "{arguments:?}");
        let text = format!("{}{}", ran.stdout, ran.stderr);
        let bad = ['\x1b', '\r', '\x07', '\x08', '\u{9b}', '\u{202e}'];
        assert!(!text.contains(bad), "{arguments:?}: {text:?}");
        assert!(!text.is_empty(), "{arguments:?}");
    }
}
