//! Failures around the reference: a full disk, a directory that goes away, no more file
//! descriptors, processes that are killed, peers that behave badly.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::program;
use crate::support::served::{Served, announced, frame, names};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use unstick::peer::store::INCOMING_PREFIX;

/// Number of times each process is killed, at a random moment of a transfer.
const KILLS: usize = 50;

/// The size of the files that are being sent then, in octets.
const SIZE: usize = 4 * 1024 * 1024;

/// Numbers that look random and are the same each time.
fn numbers(seed: u8) -> TestRng {
    TestRng::from_seed(RngAlgorithm::XorShift, &[seed; 16])
}

fn content() -> Vec<u8> {
    (0..SIZE).map(|n| (n % 251) as u8).collect()
}

/// Asks again and again for a fact that is to come about.
fn until(fact: impl Fn() -> bool) {
    while !fact() {
        thread::yield_now();
    }
}

/// A file that finds no room ends its session and leaves nothing; what fits is stored after it.
#[test]
fn a_full_disk() {
    // In units of 512 octets: 32 KiB.
    let server = Served::start_limited("ulimit -f 64", &[]);
    let large = [announced("large.bin", SIZE), content(), frame(b"after")].concat();
    assert_eq!(server.converse(&large), b"");
    assert_eq!(server.names(), [""; 0]);
    let small = [announced("small.bin", 5), b"small".to_vec(), frame(b"hi")].concat();
    assert_eq!(server.converse(&small).len(), 84);
    assert_eq!(
        fs::read(server.dir.path().join("small.bin")).unwrap(),
        b"small"
    );
    assert_eq!(server.names(), ["small.bin"]);
}

/// A directory that goes away ends the sessions that store into it and no other, and serves again
/// when it is back.
#[test]
fn a_directory_that_is_removed() {
    let server = Served::start(&[]);
    let mut storing = server.connect();
    storing.write_all(&announced("a.bin", 4)).unwrap();
    storing.write_all(b"ab").unwrap();
    until(|| !server.names().is_empty());
    let mut talking = server.connect();
    fs::remove_dir_all(server.dir.path()).unwrap();
    storing.write_all(b"cd").unwrap();
    storing.write_all(&frame(b"after")).unwrap();
    assert_eq!(storing.read(&mut [0; 100]).unwrap_or(0), 0);
    let file = [announced("b.bin", 1), b"x".to_vec(), frame(b"after")].concat();
    assert_eq!(server.converse(&file), b"");
    talking.write_all(&frame(b"hi")).unwrap();
    talking.read_exact(&mut [0; 84]).unwrap();
    fs::create_dir(server.dir.path()).unwrap();
    assert_eq!(server.converse(&file).len(), 87);
    assert_eq!(server.names(), ["b.bin"]);
}

/// Where no file can be written, transfers are refused by a close and everything else is served.
#[test]
fn a_directory_that_takes_no_files() {
    // Not even the superuser creates files there.
    let dir = tempfile::tempdir().unwrap();
    fs::remove_dir(dir.path()).unwrap();
    symlink("/proc", dir.path()).unwrap();
    let server = Served::start_in(dir, &[]);
    let file = [announced("a.bin", 1), b"x".to_vec(), frame(b"after")].concat();
    assert_eq!(server.converse(&file), b"");
    assert!(server.is_well());
}

/// Connections for which no descriptor is left wait, and are served when others have ended.
#[test]
fn no_more_file_descriptors() {
    let server = Served::start_limited("ulimit -n 32", &["--max-sessions", "100"]);
    let mut held: Vec<TcpStream> = (0..60).map(|_| server.connect()).collect();
    held[0].write_all(&frame(b"hi")).unwrap();
    held[0].read_exact(&mut [0; 84]).unwrap();
    until(|| server.descriptors() >= 30);
    drop(held);
    until(|| server.is_well());
    // Connections given up have left nothing behind.
    until(|| server.status("Threads") <= 3);
}

/// A limit that may be raised is; one that may not is told, with what is missing, and exactly when
/// something is.
#[test]
fn limits_on_file_descriptors_are_raised_or_told() {
    let server = Served::start_limited("ulimit -S -n 32", &["--max-sessions", "100"]);
    let mut held: Vec<TcpStream> = (0..60).map(|_| server.connect()).collect();
    for stream in &mut held {
        stream.write_all(&frame(b"hi")).unwrap();
        stream.read_exact(&mut [0; 84]).unwrap();
    }

    let said = |limit: u64| {
        let errors = tempfile::NamedTempFile::new().unwrap();
        // The soft limit is always too little, so that the hard one decides.
        let limits = format!(
            "ulimit -S -n 32; ulimit -H -n {limit}; exec 2>'{}'",
            errors.path().display()
        );
        let _server = Served::start_limited(&limits, &["--max-sessions", "100"]);
        fs::read_to_string(errors.path()).unwrap()
    };
    let told = said(32);
    let needed = told
        .strip_prefix("serve: the system allows 32 open files, and ")
        .and_then(|rest| rest.split(' ').next())
        .unwrap_or_else(|| panic!("{told}"));
    let needed: u64 = needed.parse().unwrap();
    assert!(needed >= 200, "a session has a socket and a file: {told}");
    assert_eq!(said(needed), "");
    assert!(said(needed - 1).contains(&format!("and {needed} may be needed")));
}

/// A server that is killed at any moment leaves under the name the old file or the new one,
/// whole; nothing else has changed; what is left of the transfer can be told by its name.
#[test]
fn a_killed_server_leaves_no_partial_file() {
    let content = content();
    let mut numbers = numbers(1);
    let mut whole = 0;
    for _ in 0..KILLS {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("target.bin"), "old").unwrap();
        fs::write(dir.path().join("other.bin"), "other").unwrap();
        let mut server = Served::start_in(dir, &[]);
        let mut client = server.connect();
        client.write_all(&announced("target.bin", SIZE)).unwrap();
        // Now and then all of it, so that the end is among the moments.
        let sent = (numbers.next_u32() as usize % (SIZE + SIZE / 4)).min(SIZE);
        client.write_all(&content[..sent]).unwrap();
        server.child.kill().unwrap();
        server.child.wait().unwrap();
        let stored = fs::read(server.dir.path().join("target.bin")).unwrap();
        assert!(
            stored == b"old" || stored == content,
            "{} octets",
            stored.len()
        );
        whole += usize::from(stored == content);
        assert_eq!(
            fs::read(server.dir.path().join("other.bin")).unwrap(),
            b"other"
        );
        let rest = server.names();
        let left = rest.iter().filter(|name| !name.ends_with(".bin"));
        for name in left {
            assert!(name.starts_with(INCOMING_PREFIX), "{name}");
        }
        // The next server is not in its way.
        let dir = std::mem::replace(&mut server.dir, tempfile::tempdir().unwrap());
        let next = Served::start_in(dir, &[]);
        let file = [announced("target.bin", 3), b"new".to_vec(), frame(b"hi")].concat();
        assert_eq!(next.converse(&file).len(), 84);
        assert_eq!(
            fs::read(next.dir.path().join("target.bin")).unwrap(),
            b"new"
        );
    }
    println!("{KILLS} servers killed, {whole} of them behind the end of the transfer");
}

/// A client that is killed at any moment leaves under the name the old file or the new one,
/// whole, and nothing of the transfer.
#[test]
fn a_killed_client_leaves_nothing() {
    let from = tempfile::tempdir().unwrap();
    let content = content();
    fs::write(from.path().join("target.bin"), &content).unwrap();
    let server = Served::start(&[]);
    let target = server.dir.path().join("target.bin");
    let arriving = || {
        let names = server.names();
        let name = names
            .iter()
            .find(|name| name.starts_with(INCOMING_PREFIX))?;
        // It may get its name in between.
        let metadata = fs::metadata(server.dir.path().join(name)).ok()?;
        Some(metadata.len())
    };
    let mut numbers = numbers(2);
    let mut whole = 0;
    for _ in 0..KILLS {
        fs::write(&target, "old").unwrap();
        let mut client = program()
            .args(["connect", &server.address, "--dir"])
            .arg(from.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut typed = client.stdin.take().unwrap();
        typed.write_all(b"file\ntarget.bin\n").unwrap();
        let moment = u64::from(numbers.next_u32()) % SIZE as u64;
        let came = || fs::metadata(&target).unwrap().len() == SIZE as u64;
        until(|| came() || arriving().is_some_and(|length| length >= moment));
        client.kill().unwrap();
        client.wait().unwrap();
        until(|| arriving().is_none());
        let stored = fs::read(&target).unwrap();
        assert!(
            stored == b"old" || stored == content,
            "{} octets",
            stored.len()
        );
        whole += usize::from(stored == content);
        assert_eq!(server.names(), ["target.bin"]);
    }
    println!("{KILLS} clients killed, {whole} of them behind the end of the transfer");
}

/// Told to end, the server ends: with transfers in the middle, with peers that do not read, and
/// with nothing left behind.
#[test]
fn a_server_that_is_told_to_end_in_the_middle_of_everything() {
    for signal in ["TERM", "INT"] {
        let mut server = Served::start(&["--max-sessions", "10"]);
        fs::write(server.dir.path().join("old.bin"), "old").unwrap();
        let mut storing = server.connect();
        storing.write_all(&announced("old.bin", 1000)).unwrap();
        storing.write_all(b"half").unwrap();
        until(|| server.names().len() == 2);
        // It writes until neither side takes any more: its peer reads nothing.
        let mut deaf = server.connect();
        deaf.set_nonblocking(true).unwrap();
        let many = frame(&[b'x'; 1000]).repeat(1000);
        let full = |deaf: &mut TcpStream| {
            let mut refused = 0;
            while refused < 1000 {
                refused = match deaf.write(&many) {
                    Ok(taken) if taken > 0 => 0,
                    _ => {
                        thread::yield_now();
                        refused + 1
                    }
                };
            }
        };
        full(&mut deaf);
        let silent = server.connect();
        server.signal(signal);
        assert_eq!(server.child.wait().unwrap().code(), Some(0), "{signal}");
        assert_eq!(server.names(), ["old.bin"]);
        assert_eq!(fs::read(server.dir.path().join("old.bin")).unwrap(), b"old");
        drop((storing, deaf, silent));
    }
}

/// Peers that reset, end early, stall, or send one octet at a time harm themselves only.
#[test]
fn peers_that_behave_badly() {
    let server = Served::start(&["--max-sessions", "10"]);
    let mut stalling = server.connect();
    stalling.write_all(&announced("stalls.bin", 10)).unwrap();
    stalling.write_all(b"abc").unwrap();
    until(|| server.names().len() == 1);
    // Closed with octets unread, which resets.
    let mut resetting = server.connect();
    resetting.write_all(&frame(b"hi")).unwrap();
    resetting.write_all(&announced("reset.bin", 10)).unwrap();
    resetting.write_all(b"abc").unwrap();
    resetting.peek(&mut [0]).unwrap();
    until(|| server.names().len() == 2);
    drop(resetting);
    until(|| server.names().len() == 1);
    // Half-closed inside a body.
    assert_eq!(
        server.converse(&[announced("cut.bin", 10), b"abc".to_vec()].concat()),
        b""
    );
    let mut dripping = server.connect();
    dripping.set_nodelay(true).unwrap();
    let said = [
        frame("你好".as_bytes()),
        announced("drip.bin", 3),
        b"abc".to_vec(),
    ]
    .concat();
    for octet in said {
        dripping.write_all(&[octet]).unwrap();
        assert!(server.is_well());
    }
    dripping.read_exact(&mut [0; 88]).unwrap();
    assert!(server.is_well());
    // The reply is to what came before the file.
    let dripped = server.dir.path().join("drip.bin");
    until(|| dripped.exists());
    assert_eq!(fs::read(dripped).unwrap(), b"abc");
    drop(stalling);
    until(|| server.names() == ["drip.bin"]);
}

/// A name that becomes a link, again and again, while files of that name are stored never leads
/// outside of the directory (TRF-8).
#[test]
fn a_name_that_becomes_a_link_in_between() {
    let server = Served::start(&[]);
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret");
    fs::write(&secret, "secret").unwrap();
    let name = server.dir.path().join("name");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let link = server.dir.path().join("link");
            while !done.load(Ordering::Relaxed) {
                symlink(&secret, &link).unwrap();
                // In one step, so that the name is there at every moment.
                fs::rename(&link, &name).unwrap();
            }
        });
        let files: Vec<u8> = (0..500)
            .flat_map(|_| [announced("name", 3), b"new".to_vec()].concat())
            .collect();
        let said = [files, frame(b"hi")].concat();
        assert_eq!(server.converse(&said).len(), 84);
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(fs::read(&secret).unwrap(), b"secret");
    assert_eq!(names(outside.path()), ["secret"]);
}
