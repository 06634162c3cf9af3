//! Nothing that a stranger wrote commands the terminal, whichever way it comes, on a terminal or off
//! it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{UNSTICK, example, project, unstick};

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
const ALLOWED: [(&str, &str); 6] = [
    ("cli/mod.rs", "the two functions that take `Visible`"),
    ("cli/serve.rs", "READY and an address, for programs"),
    ("cli/proxy.rs", "READY and an address, for programs"),
    (
        "cli/vectors.rs",
        "vectors of ours, a line of JSON each, for programs",
    ),
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

/// Runs the program on a terminal of this width, and returns what that was sent; nothing where `script`,
/// which makes terminals, is not installed.
fn on_a_terminal(columns: usize, environment: &str, arguments: &str) -> Option<String> {
    let command =
        format!("stty cols {columns} rows 24; {environment} exec '{UNSTICK}' {arguments}");
    let script = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .stdin(Stdio::null())
        .output();
    let Ok(output) = script else {
        println!("skipped: `script` is not installed");
        return None;
    };
    Some(String::from_utf8(output.stdout).unwrap().replace('\r', ""))
}

/// On a terminal the report fits it, with wide characters, and colours can be had off.
#[test]
fn a_report_fits_a_narrow_terminal() {
    let program = example("faulty_server");
    let arguments = format!(
        "server --class session --run 'msg/*' -- '{program}' --port {{port}} --dir {{dir}} --fault \
        short-payload 2>/dev/null"
    );
    let Some(narrow) = on_a_terminal(40, "NO_COLOR=", &arguments) else {
        return;
    };
    assert!(narrow.contains('\x1b'), "{narrow}");
    let plain = on_a_terminal(40, "NO_COLOR=1", &arguments).unwrap();
    assert!(!plain.contains('\x1b'), "{plain}");
    let (command, fitted): (Vec<&str>, Vec<&str>) = plain
        .lines()
        .partition(|line| line.ends_with(" --fault short-payload"));
    assert!(!command.is_empty(), "{plain}");
    let wide = fitted
        .iter()
        .filter(|line| textwrap::core::display_width(line) > 40);
    assert_eq!(wide.collect::<Vec<_>>(), Vec::<&&str>::new());
    // A reply in Chinese, and octets, of which four fit.
    assert!(plain.contains('服'), "{plain}");
    assert!(plain.contains("00000000  "), "{plain}");
    // Off a terminal nothing is broken, and there is no colour.
    let ran = Command::new("sh")
        .args(["-c", &format!("'{UNSTICK}' {arguments}")])
        .output();
    let off = String::from_utf8(ran.unwrap().stdout).unwrap();
    assert!(off.lines().any(|line| line.chars().count() > 60), "{off}");
    assert!(!off.contains('\x1b'), "{off}");
}
