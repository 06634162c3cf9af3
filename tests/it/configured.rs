//! Plain `unstick` with an `unstick.toml`, and commands that take what they judge from it.

use std::fs;

use tempfile::TempDir;

use crate::support::{Ran, UNSTICK, example, program};

fn here(config: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("unstick.toml"), config).unwrap();
    dir
}

fn run(dir: &TempDir, words: &[&str]) -> Ran {
    let mut command = program();
    command.args(words).current_dir(dir.path());
    command.output().unwrap().into()
}

/// A server that is right, one with a fault, and a codec.
fn several() -> String {
    let faulty = example("faulty_server");
    let codec = example("published_codec");
    format!(
        "reports = 'reports'\n\
        [[server]]\ncommand = ['{UNSTICK}', 'serve', '--listen', '{{host}}:{{port}}', '--dir', '{{dir}}']\n\
        run = ['frm/two', 'ses/quit-lower']\n\
        [codec]\ncommand = \"{codec} tokio-util\"\nrun = 'frm/two'\n\
        [[server]]\nname = 'faulty'\ncommand = '{faulty} --fault short-length --port {{port}} --dir {{dir}}'\n\
        run = 'frm/two'\n"
    )
}

#[test]
fn all_are_judged_and_the_worst_status_is_that_of_the_run() {
    let dir = here(&several());
    let ran = run(&dir, &[]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let (_, summary) = ran
        .stdout
        .split_once("unstick.toml: 2 of 3 well\n")
        .unwrap();
    let lines: Vec<Vec<&str>> = summary
        .lines()
        .map(|line| line.split_whitespace().take(2).collect())
        .collect();
    assert_eq!(
        lines,
        [["server", "well"], ["codec", "well"], ["faulty", "failed"]]
    );
    for name in ["server", "codec", "faulty"] {
        for end in ["json", "xml", "html", "md"] {
            assert!(
                dir.path().join(format!("reports/{name}.{end}")).exists(),
                "{name}.{end}"
            );
        }
    }
    let ran = run(&dir, &["--only", "codec", "--reports", "others"]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(fs::read_dir(dir.path().join("others")).unwrap().count(), 4);
    let ran = run(&dir, &["--only", "codecs"]);
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stderr.contains("server, codec, faulty"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_subject_that_cannot_be_judged_hides_no_other() {
    let codec = example("published_codec");
    let text = format!(
        "[server]\ncommand = 'false {{port}}'\n[codec]\ncommand = \"{codec} tokio-util\"\nrun = 'frm/two'\n"
    );
    let ran = run(&here(&text), &[]);
    assert_eq!(ran.status, 3, "{}{}", ran.stdout, ran.stderr);
    let words: Vec<&str> = ran.stdout.split_whitespace().collect();
    let summary = words.join(" ");
    assert!(
        summary.contains("unstick.toml: 1 of 2 well server not judged"),
        "{summary}"
    );
    assert!(summary.contains("codec well"), "{summary}");
    assert!(ran.stderr.contains("unstick: server: "), "{}", ran.stderr);
}

#[test]
fn options_win_over_the_file() {
    let dir = here(&several());
    // The file's patterns give way to the one that is typed, and only the servers are judged.
    let ran = run(&dir, &["--only", "server", "server", "--run", "len/1"]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let checks = |ran: &Ran| {
        ran.stdout
            .lines()
            .filter(|line| line.contains(" checks, "))
            .count()
    };
    assert_eq!(checks(&ran), 1, "{}", ran.stdout);
    let report = fs::read_to_string(dir.path().join("reports/server.json")).unwrap();
    assert!(
        report.contains("\"len/1\"") && !report.contains("frm/two"),
        "{report}"
    );
    let ran = run(&dir, &["server", "--run", "len/1"]);
    assert_eq!(checks(&ran), 2, "{}", ran.stdout);
    // A file cannot be the report of two servers.
    let ran = run(&dir, &["server", "--json", "one.json"]);
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("--only NAME"), "{}", ran.stderr);
    // A command that is typed has nothing to do with the file.
    fs::write(dir.path().join("unstick.toml"), "[broken").unwrap();
    let codec = example("published_codec");
    let ran = run(
        &dir,
        &["codec", "--run", "frm/two", "--", &codec, "tokio-util"],
    );
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn what_is_missing_is_said_with_what_to_type() {
    let dir = tempfile::tempdir().unwrap();
    for (words, said) in [
        (&["server"][..], "unstick server -- python3 server.py"),
        (&["client"], "unstick client -- python3 client.py"),
        (&["codec"], "unstick codec -- python3 codec.py"),
        (&["recut", "redis.json"], "redis-server --port {port}"),
        (&["--only", "x"], "unstick init"),
        (&["--reports", "x", "cases"], "plain `unstick`"),
        (&["--config", "none.toml"], "none.toml"),
    ] {
        let ran = run(&dir, words);
        assert_eq!(ran.status, 2, "{words:?}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(said), "{words:?}: {}", ran.stderr);
    }
    let dir = here("[server]\ncommand = 'x {port}'\nclas = 'framing'\n");
    for words in [&[][..], &["server"], &["server", "--run", "frm/two"]] {
        let ran = run(&dir, words);
        assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
        assert_eq!(
            ran.stderr,
            "unstick: unstick.toml:3: unknown key \"clas\" in [server]; did you mean \"class\"?\n"
        );
    }
    let ran = run(&dir, &["codec"]);
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
}
