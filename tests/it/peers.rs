//! The reference server and client, started as programs and talking to each other.

use std::fs;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Output, Stdio};

use crate::support::program;
use crate::support::served::{Served, status};
use rstest::rstest;

/// The article's own run: a message, a file, a message, goodbye. Theirs hangs, and takes
/// nine octets of the second message into the file (TRF-4). An empty line is passed over.
#[test]
fn the_run_that_breaks_the_article() {
    let served = Served::start(&[]);
    let from = tempfile::tempdir().unwrap();
    let content: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
    fs::write(from.path().join("a.bin"), &content).unwrap();
    let mut client = program()
        .args(["connect", &served.address, "--dir"])
        .arg(from.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    client
        .stdin
        .take()
        .unwrap()
        .write_all(b"hello\n\nfile\na.bin\nfile\nmissing.bin\nafter\nq\n")
        .unwrap();
    let output = client.wait_with_output().unwrap();
    // A file was not sent.
    assert_eq!(output.status.code(), Some(1));
    let lines: Vec<_> = output.stdout.split(|octet| *octet == b'\n').collect();
    assert_eq!(
        lines.len(),
        5,
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert!(lines[0].ends_with("收到了你发来的“hello”信息!".as_bytes()));
    assert_eq!(lines[1], b"a.bin: sent, 100000 octets");
    assert!(lines[2].starts_with(b"missing.bin: not sent: "));
    assert!(lines[3].ends_with("收到了你发来的“after”信息!".as_bytes()));
    assert_eq!(fs::read(served.dir.path().join("a.bin")).unwrap(), content);
}

#[test]
fn replies_owed_come_before_the_close_and_none_after_an_error() {
    let served = Served::start(&[]);
    let two = served.converse(b"\0\0\0\x02hi\0\0\0\x02ho");
    assert_eq!(two.len(), 2 * (4 + 80));
    assert_eq!(two[..4], [0, 0, 0, 80]);
    // The second payload is not UTF-8: SES-8.
    assert_eq!(
        served
            .converse(b"\0\0\0\x02hi\0\0\0\x01\xFF\0\0\0\x02ho")
            .len(),
        84
    );
    assert_eq!(served.converse(b"\0\0\0\x01q\0\0\0\x02hi"), b"");
    assert_eq!(served.converse(b"\0\x01\0\x01"), b"");
}

#[test]
fn a_body_cut_short_leaves_no_file() {
    let served = Served::start(&[]);
    served.converse(b"\0\0\0\x04file\0\0\0\x07a.bin,9half");
    assert_eq!(fs::read_dir(served.dir.path()).unwrap().count(), 0);
}

#[test]
fn a_connection_over_the_limit_is_closed_and_a_slot_is_free_again() {
    let served = Served::start(&["--max-sessions", "1"]);
    let mut first = served.connect();
    first.write_all(b"\0\0\0\x02hi").unwrap();
    first.read_exact(&mut [0; 84]).unwrap();
    assert_eq!(served.converse(b"\0\0\0\x02hi"), b"");
    first.write_all(b"\0\0\0\x01q").unwrap();
    assert_eq!(first.read_to_end(&mut Vec::new()).unwrap(), 0);
    // The close is seen an instant before the slot is free: a fact to wait for.
    while served.converse(b"\0\0\0\x02hi").is_empty() {}
}

/// A silent peer gives its only slot back after the idle limit, and no sooner than one that talks.
#[test]
fn a_silent_peer_is_ended_after_the_idle_limit() {
    let server = Served::start(&["--max-sessions", "1", "--idle-timeout", "1"]);
    let mut silent = server.connect();
    silent.write_all(b"\0\0\0\x05he").unwrap();
    // The end comes by itself: nothing is sent, and the read waits for it.
    let mut seen = Vec::new();
    let _ = silent.read_to_end(&mut seen);
    assert_eq!(seen, b"");
    let mut other = server.connect();
    other.write_all(b"\0\0\0\x02hi").unwrap();
    let mut length = [0; 4];
    other.read_exact(&mut length).unwrap();
    assert!(u32::from_be_bytes(length) > 2);
}

/// Output of a client that is typed `typed` to, with us as its server.
fn client_of(typed: &[u8], serve: impl FnOnce(TcpStream)) -> Output {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = program()
        .args(["connect", &listener.local_addr().unwrap().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    client.stdin.take().unwrap().write_all(typed).unwrap();
    serve(listener.accept().unwrap().0);
    client.wait_with_output().unwrap()
}

/// SES-12: whoever types no more leaves as with `q`, where a line was asked for and where a name was.
#[rstest]
#[case(b"")]
#[case(b"file\n")]
fn the_end_of_the_input_ends_the_session(#[case] typed: &[u8]) {
    let mut seen = Vec::new();
    let output = client_of(typed, |mut server| {
        server.read_to_end(&mut seen).unwrap();
    });
    assert_eq!(seen, b"\0\0\0\x01q");
    assert!(output.status.success());
}

/// SES-11: a reply that does not come is told, however the connection ended.
#[rstest]
#[case("no reply", true, 0, "the server broke the protocol: ")]
#[case("half a reply", true, 5, "the server broke the protocol: ")]
#[case("a reset", false, 0, "waiting for a reply: ")]
fn a_missing_reply_is_told(
    #[case] _what: &str,
    #[case] takes_the_message: bool,
    #[case] replied: usize,
    #[case] told: &str,
) {
    let output = client_of(b"hi\n", |mut server| {
        let mut message = [0; 6];
        if takes_the_message {
            server.read_exact(&mut message).unwrap();
        } else {
            // Octets that are left unread make the close a reset.
            server.peek(&mut message).unwrap();
        }
        server.write_all(&b"\0\0\0\x02ho"[..replied]).unwrap();
    });
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains(told), "{stderr}");
    assert_eq!(output.stdout, b"");
}

/// The largest file there is goes through whole, in little memory; one of an octet more is refused
/// before anything is sent. It takes 8 GiB of sparse files and some ten seconds:
///
///     cargo test --release --test peers -- --ignored
#[test]
#[ignore = "takes long, and files of 4 GiB"]
fn the_announced_maximum_goes_through() {
    const MOST: u64 = 4_294_967_295;
    // Half of it is the program's file, of which the system maps more or less ahead.
    const RESIDENT: u64 = 32 * 1024 * 1024;
    let server = Served::start(&[]);
    let from = tempfile::tempdir().unwrap();
    for (name, size) in [("largest", MOST), ("too-large", MOST + 1)] {
        let file = fs::File::create(from.path().join(name)).unwrap();
        file.set_len(size).unwrap();
    }
    // Marks at both ends and in between, so that not everything is zero.
    let mut file = fs::OpenOptions::new()
        .write(true)
        .open(from.path().join("largest"))
        .unwrap();
    for at in [0, 1 << 20, (1 << 31) - 1, 1 << 31, MOST - 5] {
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(b"marks").unwrap();
    }
    drop(file);
    let mut client = program()
        .args(["connect", &server.address, "--dir"])
        .arg(from.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut typed = client.stdin.take().unwrap();
    typed
        .write_all("file\nlargest\nfile\ntoo-large\nafter\n".as_bytes())
        .unwrap();
    let mut shown = BufReader::new(client.stdout.take().unwrap());
    let mut said = String::new();
    while !said.contains("after") {
        assert!(shown.read_line(&mut said).unwrap() > 0, "{said}");
    }
    for pid in [client.id(), server.child.id()] {
        let kibibytes = status(pid, "VmHWM");
        println!("peak resident memory: {kibibytes} KiB");
        assert!(kibibytes * 1024 < RESIDENT, "{kibibytes} KiB");
    }
    typed.write_all(b"q\n").unwrap();
    assert_eq!(client.wait().unwrap().code(), Some(1));
    assert!(said.contains("largest: sent, 4294967295 octets"), "{said}");
    assert!(said.contains("too-large: not sent"), "{said}");
    let mut sent = fs::File::open(from.path().join("largest")).unwrap();
    let mut stored = fs::File::open(server.dir.path().join("largest")).unwrap();
    assert_eq!(stored.metadata().unwrap().len(), MOST);
    let (mut one, mut two) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        let count = sent.read(&mut one).unwrap();
        if count == 0 {
            break;
        }
        stored.read_exact(&mut two[..count]).unwrap();
        assert!(one[..count] == two[..count], "the files differ");
    }
    assert!(!server.dir.path().join("too-large").exists());
}
