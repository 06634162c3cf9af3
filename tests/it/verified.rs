//! Verified transfers between the reference client and server (VTR), with literal octets where one
//! end is ours.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Stdio;

use rstest::rstest;

use crate::support::program;
use crate::support::served::Served;

/// `printf hello | md5sum`, and `sha256sum`.
const MD5: &str = "5d41402abc4b2a76b9719d911017c592";
const SHA256: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

/// Output and exit status of the reference client, with `hello` in `a.bin`.
fn connect(address: &str, verify: &str, typed: &str) -> (String, Option<i32>) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.bin"), "hello").unwrap();
    let mut child = program()
        .args(["connect", address, "--verify", verify, "--dir"])
        .arg(dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(typed.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (text, output.status.code())
}

fn frame(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length, payload].concat()
}

/// The octets of a whole verified transfer of `a.bin`.
fn transfer(command: &str, body: &str, digest: &str) -> Vec<u8> {
    let header = format!("a.bin,{}", body.len());
    [
        frame(command.as_bytes()),
        frame(header.as_bytes()),
        body.as_bytes().to_vec(),
        frame(digest.as_bytes()),
    ]
    .concat()
}

#[rstest]
#[case::md5("md5")]
#[case::sha256("sha256")]
fn a_transfer_is_verified_by_both_ends(#[case] by: &str) {
    let server = Served::start(&["--verify"]);
    let (said, status) = connect(&server.address, by, "file\na.bin\nq\n");
    let sent = format!("a.bin: sent, 5 octets, verified by {by}\n");
    assert_eq!((said, status), (sent, Some(0)));
    assert_eq!(fs::read(server.dir.path().join("a.bin")).unwrap(), b"hello");
    assert_eq!(server.names(), ["a.bin"]);
}

/// VTR-1: the server answers the command as text, and the client sends the file as a plain one.
#[test]
fn a_server_without_the_extension_gets_the_file_all_the_same() {
    let server = Served::start(&[]);
    // The reply to what follows the files proves that they are stored.
    let typed = "file\na.bin\nfile\na.bin\nafter\nq\n";
    let (said, status) = connect(&server.address, "sha256", typed);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(
        lines[..2],
        [
            "a.bin: sent, 5 octets, not verified: the server has no verified transfers",
            "a.bin: sent, 5 octets"
        ]
    );
    assert_eq!(lines.len(), 3, "{said}");
    assert_eq!(status, Some(0));
    assert_eq!(fs::read(server.dir.path().join("a.bin")).unwrap(), b"hello");
}

/// VTR-3: the octets are literal, and the session goes on after each answer.
#[rstest]
#[case::right(MD5, "file+md5", "ok", &["a.bin"])]
#[case::right_sha256(SHA256, "file+sha256", "ok", &["a.bin"])]
#[case::of_another_file("900150983cd24fb0d6963f7d28e17f72", "file+md5", "mismatch", &[])]
fn the_digest_decides(
    #[case] digest: &str,
    #[case] command: &str,
    #[case] answer: &str,
    #[case] kept: &[&str],
) {
    let server = Served::start(&["--verify"]);
    let stream = [transfer(command, "hello", digest), frame(b"q")].concat();
    let expected = [
        frame(format!("{command} ready").as_bytes()),
        frame(format!("{command} {answer}").as_bytes()),
    ]
    .concat();
    assert_eq!(server.converse(&stream), expected);
    assert_eq!(server.names(), kept);
}

/// VTR-3: nothing is kept, and what was there before stays as it was.
#[test]
fn an_old_file_survives_a_mismatch() {
    let server = Served::start(&["--verify"]);
    fs::write(server.dir.path().join("a.bin"), "old").unwrap();
    let wrong = transfer("file+md5", "hello", &MD5.replace('5', "6"));
    server.converse(&[wrong, frame(b"q")].concat());
    assert_eq!(fs::read(server.dir.path().join("a.bin")).unwrap(), b"old");
}

/// VTR-4: an end or a broken digest message keeps nothing, and is answered by nothing more.
#[rstest]
#[case::end_before_the_digest(&transfer("file+md5", "hello", "")[..28])]
#[case::capitals(&transfer("file+md5", "hello", &MD5.to_uppercase()))]
#[case::a_digit_short(&transfer("file+md5", "hello", &MD5[..31]))]
#[case::a_digit_more(&transfer("file+md5", "hello", &format!("{MD5}0")))]
fn what_is_no_digest_ends_the_session(#[case] stream: &[u8]) {
    let server = Served::start(&["--verify"]);
    assert_eq!(server.converse(stream), frame(b"file+md5 ready"));
    assert_eq!(server.names(), [""; 0]);
    assert!(server.is_well());
}

/// VTR-5: the body is taken all the same, so the session stays in step.
#[test]
fn a_file_that_cannot_be_stored_is_refused_and_the_session_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let server = Served::start_in(dir, &["--verify"]);
    let gone = server.dir.path().with_extension("gone");
    fs::rename(server.dir.path(), &gone).unwrap();
    let stream = [transfer("file+md5", "hello", MD5), frame(b"file+md5")].concat();
    let seen = server.converse(&stream);
    fs::rename(&gone, server.dir.path()).unwrap();
    let ready = frame(b"file+md5 ready");
    let rest = seen.strip_prefix(ready.as_slice()).unwrap();
    let refused = rest.strip_suffix(ready.as_slice()).unwrap();
    assert!(refused[4..].starts_with(b"file+md5 refused: "), "{seen:?}");
    assert_eq!(server.names(), [""; 0]);
}

/// A server of our own that answers the command with `ready`, takes the transfer, and answers that.
/// What it got, what the client said, and how the client ended.
fn answered(answer: &'static str) -> (Vec<u8>, Vec<u8>, String, Option<i32>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(&frame(b"file+md5 ready")).unwrap();
        let mut got = vec![0; transfer("file+md5", "hello", MD5).len()];
        stream.read_exact(&mut got).unwrap();
        let mut rest = Vec::new();
        if !answer.is_empty() {
            stream.write_all(&frame(answer.as_bytes())).unwrap();
            stream.read_to_end(&mut rest).unwrap();
        }
        (got, rest)
    });
    let (said, status) = connect(&address, "md5", "file\na.bin\nq\n");
    let (got, rest) = server.join().unwrap();
    (got, rest, said, status)
}

#[rstest]
#[case::stored("file+md5 ok", "a.bin: sent, 5 octets, verified by md5\n", 0)]
#[case::mismatch(
    "file+md5 mismatch",
    "a.bin: not stored: the server got another body than was sent\n",
    1
)]
#[case::refused("file+md5 refused: no room", "a.bin: not stored: no room\n", 1)]
fn the_client_tells_what_became_of_a_file(
    #[case] answer: &'static str,
    #[case] told: &str,
    #[case] exit: i32,
) {
    let (got, rest, said, status) = answered(answer);
    assert_eq!(got, transfer("file+md5", "hello", MD5));
    assert_eq!(said, told);
    // The session goes on, and ends as any other.
    assert_eq!((rest, status), (frame(b"q"), Some(exit)));
}

/// SES-11: an answer that does not come, or is none, is an error.
#[rstest]
#[case::closed("")]
#[case::ready_again("file+md5 ready")]
#[case::text("ok")]
fn what_is_no_answer_is_an_error(#[case] answer: &'static str) {
    let (_, _, said, status) = answered(answer);
    assert_eq!((said.as_str(), status), ("", Some(1)));
}
