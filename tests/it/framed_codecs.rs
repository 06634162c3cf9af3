//! Decoders in five languages that are given the framing as a template: each passes in framings of every
//! family, and is found where it reads another one. What has no toolchain here is skipped, and says so.

use rstest::rstest;
use tempfile::TempDir;

use crate::support::{is_installed, judge_as, project};
use crate::testees::built;
use unstick::framing::{Framing, PRESETS};

/// Framings of several families; with `UNSTICK_ALL` in the environment all presets too.
const FRAMINGS: [&str; 3] = ["cobs", "lsp", "mqtt"];

/// The command that starts the decoder in a language.
fn command(source: &str, place: &TempDir) -> Option<Vec<String>> {
    let path = project(&format!("examples/testees/{source}"));
    let program = match source {
        "framed.py" => "python3",
        "framed.js" => "node",
        "Framed.java" => "java",
        _ => return Some(vec![built(source, &[], place)?]),
    };
    if !is_installed(program) {
        eprintln!("skipped: there is no {program}");
        return None;
    }
    if program == "java" {
        // Compiled once: to start from the source takes a second each time.
        let compiled = std::process::Command::new("javac")
            .arg("-d")
            .args([place.path().as_os_str(), path.as_ref()])
            .status();
        if !compiled.is_ok_and(|status| status.success()) {
            eprintln!("skipped: there is no javac");
            return None;
        }
        let classes = place.path().to_str().unwrap().to_owned();
        return Some(vec![
            program.to_owned(),
            "-cp".to_owned(),
            classes,
            "Framed".to_owned(),
        ]);
    }
    Some(vec![program.to_owned(), path])
}

/// Judges a decoder that reads one framing as one of another, by some cases: the exit status, and what was said.
fn judged(command: &[String], reads: &str, framing: &str) -> (i32, String) {
    let reads: Framing = reads.parse().unwrap();
    let template = reads.template();
    let mut testee: Vec<&str> = command.iter().map(String::as_str).collect();
    testee.push(&template);
    let options = [
        "--framing",
        framing,
        "--run",
        "frm/two",
        "--run",
        "frm/cut-after-*",
    ];
    let further = ["--run", "frm/truncated-at-*", "--run", "frm/one"];
    let (ran, _) = judge_as("codec", &[&options[..], &further].concat(), &testee);
    (ran.status, format!("{}{}", ran.stdout, ran.stderr))
}

#[rstest]
#[case("framed.py")]
#[case("framed.js")]
#[case("framed.go")]
#[case("framed.c")]
#[case("Framed.java")]
fn a_decoder_takes_the_framing_for_an_argument(#[case] source: &str) {
    let place = TempDir::new().unwrap();
    let Some(command) = command(source, &place) else {
        return;
    };
    let all = std::env::var_os("UNSTICK_ALL").is_some();
    let all = PRESETS.iter().filter(|_| all).map(|preset| preset.name);
    for framing in FRAMINGS.into_iter().chain(all) {
        let (status, said) = judged(&command, framing, framing);
        assert_eq!(status, 0, "{framing}: {said}");
    }
    let (status, said) = judged(&command, "u16be", "u16le");
    assert_eq!(status, 1, "{said}");
    assert!(
        said.contains("with the most significant octet first"),
        "{said}"
    );
}
