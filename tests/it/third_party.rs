//! Other people's code, judged as it is: a library's codec behind a socket, and the servers
//! that a Python programmer writes.

use std::process::Command;

use crate::support::{broken, example, judge, project};
use rstest::rstest;

#[test]
fn tokio_util_passes_class_framing() {
    let server = example("tokio_echo");
    // Its default limit is 8 MiB.
    let (ran, report) = judge(
        &["--class", "framing", "--max-payload", "8388608"],
        &[&server, "--port", "{port}"],
    );
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let summary = report.summary();
    assert_eq!((summary.fail, summary.acceptable), (0, 0));
    assert!(summary.pass > 700, "{summary:?}");
}

/// `None`, and a word on it, where there is no Python 3.
fn python() -> Option<&'static str> {
    let found = Command::new("python3")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("skipped: there is no python3");
    }
    found.then_some("python3")
}

#[test]
fn a_right_server_in_python_passes() {
    let Some(python) = python() else { return };
    let (ran, report) = judge(
        &["--max-payload", "1048576"],
        &[
            python,
            &project("examples/testees/server.py"),
            "{port}",
            "{dir}",
        ],
    );
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let summary = report.summary();
    assert_eq!((summary.fail, summary.flaky), (0, 0));
}

#[rstest]
#[case("framing")]
#[case("transfer")]
fn the_beginner_is_shown_the_mistakes(#[case] class: &str) {
    let Some(python) = python() else { return };
    let (ran, report) = judge(
        &[
            "--class",
            class,
            "--run",
            "{frm/{one,two,three,cut-after-3},trf/body-{of,1024}*}",
        ],
        &[
            python,
            &project("examples/testees/beginner.py"),
            "{port}",
            "{dir}",
        ],
    );
    if class == "framing" {
        // It is no echo server, which is found at once.
        assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
        return;
    }
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let broken = broken(&report);
    for requirement in ["FRM-2", "TRF-4"] {
        assert!(broken.contains(requirement), "{broken:?}");
    }
    for part in [
        "it takes a short read for a whole one",
        "it reads beyond the body",
        "again: unstick server",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
}
