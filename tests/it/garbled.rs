//! Words decide nothing: with noise in the place of every sentence the verdicts, the requirements and the causes are
//! the same.

use unstick::judge::check::{Check, Verdict};

use crate::support::matrix::NOISE;
use crate::support::{example, program, reported};

/// Judges the server with a planted fault, with noise for sentences or without.
fn cases(noise: bool) -> Vec<Check> {
    let (ran, report) = reported(|json| {
        let mut command = program();
        command
            .args(["server", "--class", "framing", "--run", "frm/t*"])
            .args(["--json", json, "--", &example("faulty_server"), "--echo"])
            .args(["--fault", "one-frame-a-read"])
            .args(["--port", "{port}", "--dir", "{dir}"])
            .env_remove(NOISE);
        if noise {
            command.env(NOISE, "1");
        }
        command.output().unwrap().into()
    });
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    report.cases
}

/// A switch that does nothing would make every other proof here one that cannot fail.
#[test]
fn sentences_are_noise_where_that_is_wanted_and_nothing_else_changes() {
    let (plain, garbled) = (cases(false), cases(true));
    let decided = |cases: &[Check]| {
        let of = |case: &Check| {
            let case = case.clone();
            (case.id, case.verdict, case.broken, case.cause)
        };
        cases.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(decided(&garbled), decided(&plain));
    let failing = |case: &&Check| case.verdict == Verdict::Fail;
    assert!(plain.iter().any(|case| failing(&case)));
    for case in garbled.iter().filter(failing) {
        let message = case.message.to_string();
        let number = message.strip_prefix('#').expect(&message);
        assert!(number.parse::<u64>().is_ok(), "{message}");
    }
}
