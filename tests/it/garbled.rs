//! Words decide nothing: with noise in the place of every sentence the verdicts, the requirements and the causes are
//! the same.

use serde_json::Value;

use crate::support::matrix::NOISE;
use crate::support::{example, program};

/// Judges the server with a planted fault, with noise for sentences or without.
fn cases(noise: bool) -> Vec<Value> {
    let dir = tempfile::tempdir().unwrap();
    let report = dir.path().join("report.json");
    let mut command = program();
    command
        .args(["server", "--class", "framing", "--run", "frm/t*", "--json"])
        .arg(&report)
        .args(["--", &example("faulty_server"), "--echo"])
        .args([
            "--fault",
            "one-frame-a-read",
            "--port",
            "{port}",
            "--dir",
            "{dir}",
        ])
        .env_remove(NOISE);
    if noise {
        command.env(NOISE, "1");
    }
    let ran = command.output().unwrap();
    assert_eq!(ran.status.code(), Some(1), "{ran:?}");
    let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    report["cases"].as_array().unwrap().clone()
}

/// A switch that does nothing would make every other proof here one that cannot fail.
#[test]
fn sentences_are_noise_where_that_is_wanted_and_nothing_else_changes() {
    let (plain, garbled) = (cases(false), cases(true));
    let decided = |cases: &[Value]| {
        let keys = ["id", "verdict", "broken", "cause"];
        let of = |case: &Value| keys.map(|key| case[key].clone());
        cases.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(decided(&garbled), decided(&plain));
    let failing = |case: &&Value| case["verdict"] == "fail";
    assert!(plain.iter().any(|case| failing(&case)));
    for case in garbled.iter().filter(failing) {
        let message = case["message"].as_str().unwrap();
        let number = message.strip_prefix('#').expect(message);
        assert!(number.parse::<u64>().is_ok(), "{message}");
    }
}
