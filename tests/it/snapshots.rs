//! Output for people and programs, as it is kept in `snapshots/`.

use crate::support::{example, snapshots, unstick};
use rstest::rstest;
use unstick::suite::fixtures;
use unstick::trace::hexdump;

/// The golden traces as the conversations that they are.
#[rstest]
#[case("len")]
#[case("frm")]
#[case("msg")]
#[case("ses")]
#[case("trf")]
fn golden_traces(#[case] chapter: &str) {
    let traces = fixtures::all()
        .iter()
        .filter(|trace| trace.id.split('/').next() == Some(chapter));
    let shown: Vec<String> = traces
        .map(|trace| {
            format!(
                "{} ({})\n{}\n\n{}",
                trace.id,
                trace.requirements.join(" "),
                trace.title,
                hexdump::conversation(trace)
            )
        })
        .collect();
    snapshots().bind(|| insta::assert_snapshot!(format!("traces-{chapter}"), shown.join("\n\n")));
}

/// Ids are for ever: a line that goes here breaks somebody's list of known failures.
#[test]
fn the_list_of_cases() {
    let ran = unstick(["cases"]);
    snapshots().bind(|| insta::assert_snapshot!("cases", ran.stdout));
}

#[rstest]
#[case("unstick", &["--help"])]
#[case("init", &["init", "--help"])]
#[case("server", &["server", "--help"])]
#[case("client", &["client", "--help"])]
#[case("codec", &["codec", "--help"])]
#[case("proxy", &["proxy", "--help"])]
#[case("vectors", &["vectors", "--help"])]
#[case("dissector", &["dissector", "--help"])]
#[case("replay", &["replay", "--help"])]
#[case("cases", &["cases", "--help"])]
#[case("explain", &["explain", "--help"])]
#[case("framing", &["framing", "--help"])]
#[case("serve", &["serve", "--help"])]
#[case("connect", &["connect", "--help"])]
fn help(#[case] name: &str, #[case] arguments: &[&str]) {
    let ran = unstick(arguments.iter().copied());
    assert_eq!(ran.status, 0);
    snapshots().bind(|| insta::assert_snapshot!(format!("help-{name}"), ran.stdout));
}

#[rstest]
#[case("requirement", "FRM-3")]
#[case("case", "frm/frame-and-half")]
#[case("code", "frm/memory-follows-arrival")]
fn explain(#[case] name: &str, #[case] id: &str) {
    let ran = unstick(["explain", id]);
    snapshots().bind(|| insta::assert_snapshot!(format!("explain-{name}"), ran.stdout));
}

/// The three reports on one failing testee, which fails the same way every time.
#[test]
fn reports_on_a_failing_testee() {
    let program = example("misbehaving_server");
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (json, junit) = (path("report.json"), path("report.xml"));
    let ran = unstick([
        "server",
        "--class",
        "framing",
        // A server that seems late is judged by more at a time, and more of it is seen then.
        "--jobs",
        "2",
        "--run",
        "frm/{two,one,empty,limit-exact}",
        "--json",
        &json,
        "--junit",
        &junit,
        "--",
        &program,
        "--port",
        "{port}",
        "forgetful",
    ]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    // Where the program lies, and which version it is, is no matter of a report's form; nor is how a close
    // shows to one who goes on sending: as the end of the stream, or as the reset that follows it.
    let version = format!("\"unstick\": \"{}\"", env!("CARGO_PKG_VERSION"));
    let plain = |text: &str| {
        text.replace(&program, "testees/misbehaving_server")
            .replace(&version, "\"unstick\": \"VERSION\"")
            .replace("(reset, seen when reading)", "(end of stream)")
    };
    let read = |path: &str| plain(&std::fs::read_to_string(path).unwrap());
    snapshots().bind(|| {
        insta::assert_snapshot!("report-terminal", plain(&ran.stdout));
        insta::assert_snapshot!("report-json", read(&json));
        insta::assert_snapshot!("report-junit", read(&junit));
    });
}
