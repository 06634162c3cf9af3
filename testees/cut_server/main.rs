//! Small servers in eight protocols, right or with one mistake that depends on how the stream is cut,
//! or right and odd: `cut_server PROTOCOL MODE PORT`.

mod protocols;

use std::collections::hash_map::RandomState;
use std::env;
use std::hash::{BuildHasher, Hasher};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use protocols::{Protocol, Session};

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let [_, protocol, mode, port] = arguments.as_slice() else {
        eprintln!("usage: cut_server PROTOCOL MODE PORT");
        process::exit(2);
    };
    let protocol = Protocol::named(protocol).expect("a protocol");
    let listener =
        TcpListener::bind(("127.0.0.1", port.parse().expect("a port"))).expect("it is free");
    for stream in listener.incoming().flatten() {
        let mode = mode.clone();
        thread::spawn(move || {
            let _ = serve(stream, protocol, &mode);
        });
    }
}

/// The value in a reply of an odd server: another each time.
fn value(mode: &str) -> String {
    static SERVED: AtomicU64 = AtomicU64::new(95);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    match mode {
        "times" => format!("{}.{:06}", now.as_secs(), now.subsec_micros()),
        "ids" => format!("{:016x}", RandomState::new().build_hasher().finish()),
        "counter" => SERVED.fetch_add(1, Ordering::Relaxed).to_string(),
        "unsteady"
            if RandomState::new()
                .build_hasher()
                .finish()
                .is_multiple_of(20) =>
        {
            "other".to_owned()
        }
        _ => String::new(),
    }
}

fn nonce() -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let random = RandomState::new().build_hasher().finish();
    (0..10)
        .map(|place| char::from(LETTERS[(random >> (6 * place)) as usize % 64]))
        .collect()
}

fn serve(mut stream: TcpStream, protocol: Protocol, mode: &str) -> std::io::Result<()> {
    let mut session = Session::new(protocol);
    let greeting = if mode == "nonce" {
        nonce()
    } else {
        String::new()
    };
    stream.write_all(&session.greeting(&greeting))?;
    if mode == "heartbeat" {
        let mut other = stream.try_clone()?;
        thread::spawn(move || {
            loop {
                thread::sleep(Duration::from_millis(400));
                if other.write_all(b"* still here\r\n").is_err() {
                    break;
                }
            }
        });
    }
    if mode == "pause" {
        stream.set_read_timeout(Some(Duration::from_millis(40)))?;
    }
    let mut pending: Vec<u8> = Vec::new();
    let mut held_back: Vec<u8> = Vec::new();
    let mut reads = 0;
    let mut buffer = [0; 4096];
    loop {
        let count = match stream.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                pending.clear();
                continue;
            }
            Err(error) => return Err(error),
        };
        if count == 0 {
            if mode == "end" && !pending.is_empty() {
                process::exit(3);
            }
            return Ok(());
        }
        let chunk = &buffer[..count];
        if mode == "line-end" && pending.ends_with(b"\r") && chunk.starts_with(b"\n") {
            pending.pop();
        }
        let cuts_header = pending.is_empty() && count < session.header();
        if cuts_header && mode == "header" {
            continue;
        }
        if cuts_header && mode == "crash" {
            process::exit(3);
        }
        pending.extend_from_slice(chunk);
        reads += 1;
        let mut replies: Vec<Vec<u8>> = Vec::new();
        while let Some((used, reply)) = session.next(&pending, &value(mode)) {
            pending.drain(..used);
            if mode == "three-reads" && reads >= 3 {
                pending.clear();
                reads = 0;
                break;
            }
            reads = 0;
            replies.push(reply);
            if mode == "tail" {
                pending.clear();
            }
        }
        if mode == "read" {
            pending.clear();
        }
        if mode == "endless" && pending.len() == 3 {
            while stream.write_all(&[b'x'; 4096]).is_ok() {}
        }
        if mode == "late" && !replies.is_empty() {
            thread::sleep(Duration::from_millis(100));
        }
        if mode == "order" {
            replies.reverse();
        }
        held_back.extend(replies.concat());
        if mode == "held-back" && !pending.is_empty() {
            continue;
        }
        stream.write_all(&held_back)?;
        if mode == "close" && !held_back.is_empty() || session.is_over() {
            return Ok(());
        }
        held_back.clear();
    }
}
