//! The reference server and client, started as programs and talking to each other.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// A running `unstick serve`, killed when dropped.
struct Served {
    child: Child,
    address: String,
    dir: tempfile::TempDir,
}

impl Served {
    fn start(options: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_unstick"))
            .args(["serve", "--listen", "127.0.0.1:0", "--dir"])
            .arg(dir.path())
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().strip_prefix("READY ").unwrap().to_owned();
        Self {
            child,
            address,
            dir,
        }
    }

    /// Sends octets, ends the sending side, and returns all that came back.
    fn converse(&self, octets: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let mut seen = Vec::new();
        // A server that has closed already shows as an error of any of these calls: a close
        // is a close, and what came before it is read all the same.
        let _ = stream.write_all(octets);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut seen);
        seen
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The article's own run: a message, a file, a message, goodbye. Theirs hangs, and takes
/// nine octets of the second message into the file (TRF-4).
#[test]
fn the_run_that_breaks_the_article() {
    let served = Served::start(&[]);
    let from = tempfile::tempdir().unwrap();
    let content: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
    fs::write(from.path().join("a.bin"), &content).unwrap();
    let mut client = Command::new(env!("CARGO_BIN_EXE_unstick"))
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
        .write_all(b"hello\nfile\na.bin\nfile\nmissing.bin\nafter\nq\n")
        .unwrap();
    let output = client.wait_with_output().unwrap();
    assert!(output.status.success());
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
    let mut first = TcpStream::connect(&served.address).unwrap();
    first.write_all(b"\0\0\0\x02hi").unwrap();
    first.read_exact(&mut [0; 84]).unwrap();
    assert_eq!(served.converse(b"\0\0\0\x02hi"), b"");
    first.write_all(b"\0\0\0\x01q").unwrap();
    assert_eq!(first.read_to_end(&mut Vec::new()).unwrap(), 0);
    // The close is seen an instant before the slot is free: a fact to wait for.
    while served.converse(b"\0\0\0\x02hi").is_empty() {}
}
