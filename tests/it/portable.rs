//! `UNSTICK_PORTABLE=1`: Linux seen as any other system is, without queues, threads and memory. A right
//! server passes, and mistakes are seen all the same.

use std::process::Command;

use crate::support::{Ran, UNSTICK, example};

fn judged(more: &[&str]) -> Ran {
    let output = Command::new(UNSTICK)
        .args(["server", "--class", "session", "--timeout", "2"])
        .args(["--run", "frm/two", "--run", "msg/kept-*", "--"])
        .args([&example("faulty_server"), "--port", "{port}"])
        .args(["--dir", "{dir}"])
        .args(more)
        .env("UNSTICK_PORTABLE", "1")
        .output()
        .unwrap();
    output.into()
}

#[test]
fn a_right_server_passes_and_a_sample_of_mistakes_is_seen() {
    let ran = judged(&[]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("timed"), "{}", ran.stdout);
    for fault in [
        "length-little-endian",
        "short-payload",
        "one-frame-a-read",
        "trim",
    ] {
        let ran = judged(&["--fault", fault]);
        assert_eq!(ran.status, 1, "{fault}: {}{}", ran.stdout, ran.stderr);
    }
}
