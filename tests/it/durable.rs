//! The worth of an `ok` (VTR-3): the file and its name have reached the disk before it is sent, and a
//! server that is killed at any moment leaves a whole new file or the old one, and never a file after a
//! `mismatch`.

use std::fs;
use std::hint::spin_loop;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use md5::{Digest as _, Md5};

use crate::support::served::{Served, announced, frame};
use crate::support::{UNSTICK, example};

const OLD: &[u8] = b"the old file";

/// Size of the file that is sent, in octets: several writes of any server.
const SIZE: usize = 200_000;

fn body() -> Vec<u8> {
    (0..SIZE).map(|place| (place % 251) as u8).collect()
}

/// The octets of a verified transfer up to the digest message, and that.
fn stream(body: &[u8], is_right: bool) -> (Vec<u8>, Vec<u8>) {
    let digest: String = Md5::digest(body)
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect();
    let digest = match is_right {
        true => digest,
        false => digest.chars().rev().collect(),
    };
    let header = format!("a.bin,{}", body.len());
    let start = [frame(b"file+md5"), frame(header.as_bytes()), body.to_vec()].concat();
    (start, frame(digest.as_bytes()))
}

/// When a server is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// Once so many thousandths of all before the digest have been sent.
    Inside(usize),
    /// A time after the digest has been sent.
    After(Duration),
    /// Once its answer is there.
    Answered,
}

/// Moments over a whole transfer: most of them after the digest, where the file is stored.
fn moments(number: usize) -> Vec<Moment> {
    let inside = number / 3;
    let after = number - inside - 2;
    let mut moments: Vec<_> = (0..inside)
        .map(|at| Moment::Inside(at * 1_000 / inside))
        .collect();
    moments.extend((0..after).map(|at| Moment::After(Duration::from_micros(100 * at as u64))));
    moments.extend([Moment::Answered; 2]);
    moments
}

/// A server in a directory that has an old file.
struct Server {
    child: Child,
    address: String,
    dir: tempfile::TempDir,
}

impl Server {
    fn start(command: &[String]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.bin"), OLD).unwrap();
        let mut child = Command::new(&command[0])
            .args(&command[1..])
            .arg("--dir")
            .arg(dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("READY ").unwrap().to_owned();
        Self {
            child,
            address,
            dir,
        }
    }
}

/// Kills a server at a moment of a transfer, and says what is wrong with what it leaves.
fn killed_at(moment: Moment, is_right: bool, command: &[String]) -> Option<String> {
    let mut server = Server::start(command);
    let mut peer = TcpStream::connect(&server.address).unwrap();
    let body = body();
    let (start, digest) = stream(&body, is_right);
    let sent = match moment {
        Moment::Inside(part) => &start[..start.len() * part / 1_000],
        _ => &start,
    };
    peer.write_all(sent).unwrap();
    let mut came = Vec::new();
    if !matches!(moment, Moment::Inside(_)) {
        peer.write_all(&digest).unwrap();
    }
    match moment {
        Moment::After(wait) => {
            let began = Instant::now();
            while began.elapsed() < wait {
                spin_loop();
            }
        }
        Moment::Answered => {
            let answers = [frame(b"file+md5 ready"), frame(b"file+md5 ok")].concat();
            came.resize(answers.len(), 0);
            peer.read_exact(&mut came).unwrap();
        }
        Moment::Inside(_) => {}
    }
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    // A reset may take along what was sent; then nothing has been promised.
    let _ = peer.read_to_end(&mut came);
    let is_promised = came.ends_with(&frame(b"file+md5 ok"));
    let kept = fs::read(server.dir.path().join("a.bin")).unwrap_or_default();
    let is_new = kept == body;
    let wrong = match (is_promised, is_right) {
        (true, false) => "`ok` to the wrong digest",
        (true, true) if !is_new => "`ok`, and the file is not whole on the disk",
        (false, true) if kept != OLD && !is_new => "neither the old file nor the new one",
        (false, false) if kept != OLD => "another file than the old one after the wrong digest",
        _ => return None,
    };
    Some(format!("{moment:?}: {wrong}"))
}

/// Failures in all the moments, each with the right digest and with a wrong one.
fn killed(moments: &[Moment], command: &[String]) -> Vec<String> {
    let both = moments
        .iter()
        .flat_map(|moment| [(*moment, true), (*moment, false)]);
    both.filter_map(|(moment, is_right)| killed_at(moment, is_right, command))
        .collect()
}

fn unstick() -> Vec<String> {
    [UNSTICK, "serve", "--listen", "127.0.0.1:0", "--verify"]
        .map(str::to_owned)
        .into()
}

fn faulty(fault: &str) -> Vec<String> {
    let server = example("faulty_server");
    [&server, "--port", "0", "--verify", "--fault", fault]
        .map(str::to_owned)
        .into()
}

#[test]
fn a_killed_server_has_kept_what_it_said() {
    assert_eq!(killed(&moments(8), &unstick()), [""; 0]);
}

///     cargo test --test it durable -- --ignored
#[test]
#[ignore = "a hundred servers are started and killed"]
fn a_server_killed_at_fifty_moments_has_kept_what_it_said() {
    assert_eq!(killed(&moments(50), &unstick()), [""; 0]);
}

/// A broken promise is seen.
#[test]
fn a_server_that_breaks_its_word_is_found_when_it_is_killed() {
    for (fault, is_right, wrong) in [
        ("vtr-ok-without-file", true, "is not whole"),
        ("vtr-digest-ignored", false, "wrong digest"),
        ("vtr-stored-before-digest", false, "after the wrong digest"),
    ] {
        // The answers to the wrong digest are longer than those that are waited for.
        let seen = killed_at(Moment::Answered, is_right, &faulty(fault));
        let seen = seen.unwrap_or_default();
        assert!(seen.contains(wrong), "{fault}: {seen:?}");
    }
}

/// strace, attached to a server and all its threads; none where it is not installed, or may not do so.
fn traced(server: &Served, log: &Path) -> Option<(Child, BufReader<ChildStderr>)> {
    let pid = server.child.id().to_string();
    let calls = "trace=fsync,fdatasync,rename,renameat,renameat2,write,sendto";
    let started = Command::new("strace")
        .args(["-f", "-y", "-s", "64", "-e", calls, "-p", &pid, "-o"])
        .arg(log)
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut strace) = started else {
        println!("skipped: strace is not installed");
        return None;
    };
    let mut said = BufReader::new(strace.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    if !line.contains("attached") {
        println!("skipped: strace may not watch a process here: {line}");
        let _ = strace.wait();
        return None;
    }
    Some((strace, said))
}

/// The calls of a server, in order, by what each is for; those of a conversation that is over.
fn calls_of(octets: &[u8]) -> Option<Vec<&'static str>> {
    let mut server = Served::start(&["--verify"]);
    let place = tempfile::tempdir().unwrap();
    let log = place.path().join("calls");
    let (mut strace, mut said) = traced(&server, &log)?;
    server.converse(octets);
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    // It ends with the server, and has written everything then.
    let _ = said.read_to_string(&mut String::new());
    strace.wait().unwrap();
    let dir = server.dir.path().display().to_string();
    let log = fs::read_to_string(&log).unwrap();
    let name = |line: &str| {
        let call = line.split_whitespace().nth(1)?;
        let is_sync = call.starts_with("fsync(") || call.starts_with("fdatasync(");
        match call {
            _ if is_sync && call.contains("incoming-") => Some("file synced"),
            _ if is_sync && call.contains(&format!("<{dir}>")) => Some("directory synced"),
            _ if call.starts_with("rename") => Some("renamed"),
            _ if line.contains("file+md5 ok") => Some("ok sent"),
            _ => None,
        }
    };
    Some(log.lines().filter_map(name).collect())
}

#[test]
fn ok_is_sent_once_file_and_name_have_reached_the_disk() {
    let (start, digest) = stream(b"hello", true);
    let verified = [start, digest, frame(b"q")].concat();
    let Some(calls) = calls_of(&verified) else {
        return;
    };
    let order = ["file synced", "renamed", "directory synced", "ok sent"];
    assert_eq!(calls, order);
    // A file that nothing is promised of is not synced, which shows that the log can say so.
    let plain = [announced("a.bin", 5), b"hello".to_vec(), frame(b"q")].concat();
    assert_eq!(calls_of(&plain).unwrap(), ["renamed"]);
}
