//! `unstick framing`: what divides octets into whole frames.

use rstest::rstest;

use crate::support::{project, unstick};

/// The framing of the first line that is printed of a file.
fn first_of(octets: &[u8]) -> (i32, String) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("octets");
    std::fs::write(&file, octets).unwrap();
    let ran = unstick(["framing", file.to_str().unwrap()]);
    let first = ran.stdout.split('\t').next().unwrap_or_default();
    (ran.status, first.to_owned())
}

#[rstest]
#[case(b"\x05\0hello\x0c\0how are you?\0\0", "u16le")]
#[case(b"\0\0\0\x05hello\0\0\0\x0chow are you?", "u32be")]
#[case(b"5:hello,12:how are you?,0:,", "netstring")]
#[case(b"GET a\r\nGET b\r\nQUIT\r\n", "line'\\r\\n'")]
fn the_likeliest_comes_first(#[case] octets: &[u8], #[case] framing: &str) {
    assert_eq!(first_of(octets), (0, framing.to_owned()));
}

/// Both directions of a recording have to be divided.
#[test]
fn a_recording_is_two_streams() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("recording.json");
    let steps = r#"[{"send": "00026869"}, {"answer": "000568656c6c6f"}, {"send": "0000"}]"#;
    let text = format!(r#"{{"id": "a", "title": "A recording", "steps": {steps}}}"#);
    std::fs::write(&file, text).unwrap();
    let ran = unstick(["framing", file.to_str().unwrap()]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.starts_with("u16be\t3 frames\t"),
        "{}",
        ran.stdout
    );
}

#[test]
fn nothing_fits_and_nothing_is_there() {
    assert_eq!(first_of(b"").0, 2);
    let ran = unstick(["framing", &project("no such file")]);
    assert_eq!(ran.status, 2);
    // No line end, and no number that leads to the end.
    assert_eq!(first_of(b"\xff\xfe\xfd\xfc\xfb").0, 3);
}

/// A recording says something only as a whole; of octets the beginning is enough, and that is said.
#[test]
fn long_files_are_not_taken_for_something_else() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("recording.json");
    let blanks = " ".repeat(17 * 1024 * 1024);
    let text = format!(
        r#"{{"id": "a", "title": "Long", {blanks} "steps": [{{"send": "0000026869"}}, {{"answer": "000000"}}]}}"#
    );
    std::fs::write(&file, text).unwrap();
    let ran = unstick(["framing", file.to_str().unwrap()]);
    assert!(
        ran.stdout.starts_with("u24be\t2 frames\t"),
        "{}{}",
        ran.stdout,
        ran.stderr
    );
    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    let payload: Vec<u8> = (0..65_000_u32).map(|at| ((at * at) >> 7) as u8).collect();
    let frame = [&65_000_u32.to_be_bytes()[..], &payload].concat();
    std::fs::write(&file, frame.repeat(260)).unwrap();
    let ran = unstick(["framing", file.to_str().unwrap()]);
    assert!(
        ran.stderr.contains("the first 16 MiB are looked at"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stdout
            .starts_with("u32be\t258 frames, 1 stream ends inside one\t"),
        "{}",
        ran.stdout
    );
}
