//! The testees in other languages, as their communities would write them: each right one passes,
//! and one with a mistake in each role fails where it must. What has no toolchain here is skipped,
//! and says so.

use std::collections::BTreeSet;
use std::process::Command;

use crate::support::matrix::{is_whole, some_cases};
use crate::support::{
    Ran, UNSTICK, broken, example, first_failure, ids, judge, judge_as, program, project, reported,
    unstick, with_verdict,
};
use rstest::rstest;
use tempfile::TempDir;
use unstick::judge::case::Described as _;
use unstick::judge::check::Verdict::{self, Fail, Pass};
use unstick::report::saved::Saved;
use unstick::suite::client;
use unstick::suite::client::run::PLAIN;
use unstick::trace::Class;

/// True if a program can be started; says so where not.
fn there_is(program: &str, argument: &str) -> bool {
    let found = Command::new(program)
        .arg(argument)
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("skipped: there is no {program}");
    }
    found
}

fn testee(name: &str) -> String {
    project(&format!("examples/testees/{name}"))
}

/// Builds a testee in C or Go; `None` where there is no compiler.
pub(crate) fn built(source: &str, options: &[&str], place: &TempDir) -> Option<String> {
    let (compiler, arguments): (&str, &[&str]) = if source.ends_with(".go") {
        ("go", &["build", "-o"])
    } else {
        ("cc", &["-O1", "-o"])
    };
    let version = if compiler == "go" {
        "version"
    } else {
        "--version"
    };
    if !there_is(compiler, version) {
        return None;
    }
    let binary = place.path().join("testee");
    let status = Command::new(compiler)
        .args(arguments)
        .arg(&binary)
        .args(options)
        .arg(testee(source))
        .env("GOFLAGS", "-mod=mod")
        .env("GO111MODULE", "off")
        .env("GOCACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/go"))
        .status()
        .unwrap();
    assert!(status.success(), "{source} does not compile");
    Some(binary.into_os_string().into_string().unwrap())
}

/// The command of a testee in any language, built where it has to be; `None` where the language is not installed.
fn command(program: &str, source: &str, place: &TempDir) -> Option<Vec<String>> {
    match program {
        "javac" => {
            let classes = place.path().to_str().unwrap();
            let built = || {
                Command::new("javac")
                    .args(["-d", classes, &testee(source)])
                    .status()
            };
            if !there_is("javac", "-version") {
                return None;
            }
            assert!(built().unwrap().success(), "{source} does not compile");
            // Options that make a start quick: the programs do not run for long.
            let quick = "java -Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp";
            let class = source.trim_end_matches(".java");
            let words = quick.split(' ').chain([classes, class]);
            Some(words.map(str::to_owned).collect())
        }
        "go" | "cc" => built(source, &[], place).map(|binary| vec![binary]),
        _ => there_is(program, "--version").then(|| vec![program.to_owned(), testee(source)]),
    }
}

fn all_well(report: &Saved, ran: &Ran, at_least: usize) {
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let summary = report.summary();
    assert!(summary.pass >= at_least, "{summary:?}");
    let bad = summary.fail + summary.flaky + summary.error;
    assert_eq!(bad, 0, "{summary:?}");
}

/// Options for one of some parts of the cases, and the least number of checks in it, of those in all; all of them
/// where slow proofs are whole.
fn part_of(options: &[&'static str], least: usize) -> (Vec<&'static str>, usize) {
    if is_whole() {
        return (options.to_vec(), least);
    }
    let shard = ["--shard", "1/5"];
    (options.iter().copied().chain(shard).collect(), least / 10)
}

/// Some of the cases for codecs: truncated streams, empty frames, large lengths, single lengths.
fn some_streams() -> Vec<&'static str> {
    some_cases(&[
        "frm/truncated-at-4",
        "frm/two",
        "frm/empties",
        "len/announced-ffffffff",
        "codec/*",
    ])
}

#[rstest]
#[case("python3", "codec.py")]
#[case("node", "codec.js")]
fn a_scripted_codec_passes(#[case] program: &str, #[case] source: &str) {
    if there_is(program, "--version") {
        let command = [program, &testee(source), "{mode}"];
        let (ran, report) = judge_as("codec", &some_streams(), &command);
        all_well(&report, &ran, 25);
    }
}

#[rstest]
#[case("codec.go", &["{mode}"])]
#[case("codec.c", &[])]
fn a_compiled_codec_passes(#[case] source: &str, #[case] arguments: &[&str]) {
    let place = TempDir::new().unwrap();
    if let Some(binary) = built(source, &[], &place) {
        let command = [&[binary.as_str()], arguments].concat();
        let mut options = some_streams();
        if arguments.is_empty() {
            // It has no mode for single lengths.
            options.retain(|option| *option != "codec/*");
            options.pop();
        }
        let (ran, report) = judge_as("codec", &options, &command);
        all_well(&report, &ran, 25);
    }
}

#[test]
fn a_codec_in_java_passes_line_by_line() {
    let place = TempDir::new().unwrap();
    if let Some(command) = command("javac", "Codec.java", &place) {
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let (options, least) = part_of(&["--lines"], 760);
        let (ran, report) = judge_as("codec", &options, &command);
        all_well(&report, &ran, least);
    }
}

#[test]
fn a_codec_that_takes_short_reads_for_whole_ones_is_found() {
    let place = TempDir::new().unwrap();
    if let Some(binary) = built("codec.c", &["-DSHORT_READS"], &place) {
        let mut options = some_streams();
        options.retain(|option| *option != "codec/*");
        options.pop();
        let (ran, report) = judge_as("codec", &options, &[&binary]);
        assert_eq!(ran.status, 1, "{}", ran.stderr);
        assert!(ran.stdout.starts_with("FAIL FRM-2"), "{}", ran.stdout);
        assert!(broken(&report).contains("FRM-2"));
    }
}

#[rstest]
#[case("65535", [Fail, Pass, Pass])]
#[case("65536", [Pass, Pass, Pass])]
#[case("65537", [Pass, Fail, Pass])]
fn the_limit_of_a_codec_is_judged_on_both_sides(#[case] own: &str, #[case] expected: [Verdict; 3]) {
    let place = TempDir::new().unwrap();
    let limit = format!("-DLIMIT={own}");
    if let Some(binary) = built("codec.c", &[&limit], &place) {
        let options = ["--max-payload", "65536", "--run", "codec/*"];
        let (_, report) = judge_as("codec", &options, &[&binary]);
        let checks = &report.cases;
        let verdicts: Vec<Verdict> = checks.iter().map(|check| check.verdict).collect();
        assert_eq!(verdicts, expected);
        // The codec's words on a refusal that is wrong are shown.
        let said = checks[0].evidence.as_ref();
        let said = said.map_or("", |evidence| &evidence.stderr);
        assert_eq!(
            said == "a length over the limit\n",
            own == "65535",
            "{said}"
        );
    }
}

#[test]
fn a_codec_that_reads_to_the_end_first_can_be_judged() {
    if there_is("python3", "--version") {
        // An echo is right for a stream of whole frames.
        let echo = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())";
        let (ran, report) = judge_as("codec", &["--run", "frm/two"], &["python3", "-c", echo]);
        all_well(&report, &ran, 1);
    }
}

#[test]
fn a_codec_that_is_no_program_cannot_be_judged() {
    let ran = unstick(["codec", "--", "/nonexistent/codec"]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("/nonexistent/codec"), "{}", ran.stderr);
}

/// The harness has nowhere to start it: the place for temporary files is gone, which says nothing of the codec.
#[test]
fn a_codec_that_cannot_be_started_again_is_not_accused() {
    let place = TempDir::new().unwrap();
    let temporary = place.path().join("temporary");
    std::fs::create_dir(&temporary).unwrap();
    // It answers once, to show that it is there.
    let once = "read line && mv \"$0\" \"$0.gone\" && echo ok";
    let (ran, report) = reported(|json| {
        let mut judged = program();
        judged.args(["codec", "--lines", "--run", "frm/two", "--json", json]);
        judged.args(["--", "sh", "-c", once]).arg(&temporary);
        let output = judged.env("TMPDIR", &temporary).output();
        output.unwrap().into()
    });
    assert_eq!(ran.status, 3, "{}{}", ran.stdout, ran.stderr);
    let summary = report.summary();
    assert_eq!((summary.fail, summary.flaky), (0, 0), "{}", ran.stdout);
    assert!(summary.error > 10, "{}", ran.stdout);
}

#[test]
fn a_server_in_node_passes() {
    if there_is("node", "--version") {
        let (options, least) = part_of(&["--max-payload", "1048576"], 2_200);
        let (ran, report) = judge(&options, &["node", &testee("server.js"), "{port}", "{dir}"]);
        all_well(&report, &ran, least);
    }
}

#[test]
fn a_server_in_go_passes() {
    let place = TempDir::new().unwrap();
    if let Some(binary) = built("server.go", &[], &place) {
        let (ran, report) = judge(&["--max-payload", "1048576"], &[&binary, "{port}", "{dir}"]);
        all_well(&report, &ran, 2_200);
    }
}

#[test]
fn a_client_in_python_passes() {
    if there_is("python3", "--version") {
        let (ran, report) = judge_as(
            "client",
            &some_cases(&[
                "client/text-*",
                "client/reply-a*",
                "client/truncated-*",
                "client/invalid-*",
                "client/quit*",
                "client/file-of-?",
                "client/missing*",
                "client/shrinking-file",
            ]),
            &["python3", &testee("client.py"), "{host}", "{port}", "{dir}"],
        );
        all_well(&report, &ran, 70);
    }
}

/// Clients in other languages: some of each kind of conversation.
#[rstest]
#[case::node("node", "client.js")]
#[case::go("go", "client.go")]
#[case::c("cc", "client.c")]
#[case::java("javac", "Client.java")]
fn a_client_in_another_language_passes(#[case] program: &str, #[case] source: &str) {
    let place = TempDir::new().unwrap();
    let Some(mut command) = command(program, source, &place) else {
        return;
    };
    command.extend(["{host}", "{port}", "{dir}"].map(str::to_owned));
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let options = some_cases(&[
        "client/text-chinese",
        "client/truncated-*",
        "client/invalid-*",
        "client/quit",
        "client/file-of-1",
        "client/missing*",
        "client/shrinking-file",
    ]);
    let (ran, report) = judge_as("client", &options, &command);
    all_well(&report, &ran, 15);
}

#[test]
fn a_server_in_java_passes() {
    let place = TempDir::new().unwrap();
    if let Some(mut command) = command("javac", "Server.java", &place) {
        command.extend(["{port}", "{dir}"].map(str::to_owned));
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let (options, least) = part_of(&["--max-payload", "1048576", "--run", "trf/*"], 1_000);
        let (ran, report) = judge(&options, &command);
        all_well(&report, &ran, least);
    }
}

/// Verified transfers in other languages, octet by octet: all cases of the chapter, cut in a few ways.
#[rstest]
#[case::python("python3", "verified_server.py")]
#[case::node("node", "verified_server.js")]
fn a_server_of_verified_transfers_passes(#[case] program: &str, #[case] source: &str) {
    if there_is(program, "--version") {
        let (ran, report) = judge(
            &["--class", "verified-transfer", "--run", "vtr/*"],
            &[program, &testee(source), "{port}", "{dir}"],
        );
        all_well(&report, &ran, 280);
    }
}

#[test]
fn a_client_of_verified_transfers_in_python_passes() {
    if there_is("python3", "--version") {
        let mut options = vec!["--class", "verified-transfer"];
        options.extend(some_cases(&[
            "client/verified-sha256*",
            "client/verified-un*",
            "client/verified-*-told",
            "client/verified-closed-*",
            "client/file-of-?",
        ]));
        let client = testee("verified_client.py");
        let command = ["python3", &client, "{host}", "{port}", "{dir}", "sha256"];
        let (ran, report) = judge_as("client", &options, &command);
        all_well(&report, &ran, 20);
    }
}

#[test]
fn the_reference_client_passes() {
    let (ran, report) = judge_as(
        "client",
        &[],
        &[UNSTICK, "connect", "{host}:{port}", "--dir", "{dir}"],
    );
    all_well(&report, &ran, 290);
    let judged = report.cases.iter().map(|check| check.id.as_str());
    let cases = client::cases::all();
    let owed = cases.iter().filter(|case| case.owed_by(Class::Transfer));
    let owed = owed.map(|case| case.info.id.as_str()).chain([PLAIN]);
    assert_eq!(BTreeSet::from_iter(judged), BTreeSet::from_iter(owed));
    let skipped = ids(&report, Verdict::Skipped);
    // It awaits each reply, so two never meet.
    assert_eq!(skipped.len(), 5, "{skipped:?}");
}

#[test]
fn a_client_that_does_not_connect_cannot_be_judged() {
    let ran = unstick(["client", "--", "true", "{port}"]);
    assert_eq!(ran.status, 3, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("does not connect"), "{}", ran.stderr);
    // It wrote nothing there.
    assert!(!ran.stderr.contains("standard error"), "{}", ran.stderr);
    let ran = unstick(["client", "--", "true"]);
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("{port}"), "{}", ran.stderr);
}

#[test]
fn what_a_faulty_client_shows_is_reported_with_what_was_typed() {
    let client = example("faulty_client");
    let (ran, report) = judge_as(
        "client",
        &["--run", "client/{text-chinese,three-hundred-of-two}"],
        &[
            &client,
            "{host}",
            "{port}",
            "{dir}",
            "--fault",
            "characters",
            "--habit",
            "octets",
        ],
    );
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("FAIL MSG-1"), "{}", ran.stdout);
    assert!(ran.stdout.contains("typed: 你好"), "{}", ran.stdout);
    assert_eq!(
        first_failure(&report).cause.as_deref(),
        Some("its lengths count characters, and not octets")
    );
    // Octets that it goes on to send, one by one, behind the wrong one are shown too.
    let mut failures = with_verdict(&report, Fail);
    let long = failures.find(|check| check.id == "client/three-hundred-of-two");
    let evidence = long.unwrap().evidence.as_ref().unwrap();
    assert_eq!(
        evidence.seen.to_vec(),
        [&b"\0\0\x01\x2c"[..], &"é".repeat(300).into_bytes()].concat()
    );
}

/// Both clients send nothing behind a file that came whole.
#[rstest]
#[case::waits("awaits-acknowledgement", "client/two-files", true)]
#[case::drops_a_repeated_text("repeat-dropped", "client/missing-file-twice", false)]
fn a_client_that_sends_the_next_text_does_not_wait_for_an_answer_to_a_file(
    #[case] fault: &str,
    #[case] case: &str,
    #[case] waits: bool,
) {
    let client = example("faulty_client");
    let testee = [&*client, "{host}", "{port}", "{dir}", "--fault", fault];
    let (ran, report) = judge_as("client", &["--run", case], &testee);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let check = first_failure(&report);
    let broken = check.broken.as_deref();
    assert_eq!(broken == Some("TRF-6"), waits, "{check:#?}");
    assert_eq!(check.cause.is_some(), waits, "{check:#?}");
}
