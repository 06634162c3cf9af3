//! Many sessions at a time against the reference server: every reply that is owed arrives, in
//! order, every file is whole, none is partial, and nothing is left behind.
//!
//!     cargo test --test load -- --ignored --nocapture      a thousand sessions

use std::fs;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;

use crate::support::served::{Served, announced, frame};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use unstick::peer::open_files;

/// Numbers of messages and files that a session sends.
const MESSAGES: usize = 40;
const FILES: usize = 3;

/// Allowed difference in the server's memory between two rounds that are the same, in KiB.
const SLACK: u64 = 8 * 1024;

#[derive(Debug, Clone, Copy)]
enum Role {
    /// Sends messages one behind the other, cut anywhere.
    Talks,
    /// Sends an octet at a time, and the last ones when all others are done.
    Slow,
    /// Sends files, and messages between them.
    Sends,
    /// Ends in the middle, in one of several ways.
    Ends(usize),
}

impl Role {
    /// A tenth of the sessions each is slow, sends files, and ends abruptly.
    fn of(number: usize) -> Self {
        match number % 10 {
            0 => Self::Slow,
            1 => Self::Sends,
            2 => Self::Ends(number / 10),
            _ => Self::Talks,
        }
    }
}

/// Numbers that look random and are the same for the same session.
struct Numbers(TestRng);

impl Numbers {
    fn of(number: usize) -> Self {
        let mut seed = [7; 16];
        seed[..8].copy_from_slice(&(number as u64).to_le_bytes());
        Self(TestRng::from_seed(RngAlgorithm::XorShift, &seed))
    }

    fn within(&mut self, range: Range<usize>) -> usize {
        range.start + self.0.next_u32() as usize % range.len()
    }

    fn text(&mut self) -> String {
        let characters = ['a', 'é', '你', '😀', ' ', '\n'];
        let length = self.within(0..200);
        let text: String = (0..length)
            .map(|_| characters[self.within(0..characters.len())])
            .collect();
        format!("{text}.")
    }
}

/// The name of a file of a session.
fn name(number: usize, file: usize) -> String {
    format!("{number}-{file}.bin")
}

fn content(number: usize, file: usize) -> Vec<u8> {
    let mut numbers = Numbers::of(number * FILES + file);
    let length = numbers.within(0..200_000);
    (0..length).map(|n| (n * 7 + number) as u8).collect()
}

/// Octets that a session sends, and the texts that are to be answered.
fn said(number: usize, role: Role, numbers: &mut Numbers) -> (Vec<u8>, Vec<String>) {
    let mut octets = Vec::new();
    let mut texts = Vec::new();
    let messages = if matches!(role, Role::Slow) {
        3
    } else {
        MESSAGES
    };
    for place in 0..messages {
        let text = numbers.text();
        octets.extend(frame(text.as_bytes()));
        texts.push(text);
        if matches!(role, Role::Sends) && place < FILES {
            let content = content(number, place);
            octets.extend(announced(&name(number, place), content.len()));
            octets.extend(content);
        }
    }
    octets.extend(frame(b"q"));
    (octets, texts)
}

/// The reply to a text has come next.
async fn reply_to(text: &str, stream: &mut (impl AsyncReadExt + Unpin)) {
    let length = stream.read_u32().await.unwrap();
    let mut reply = vec![0; length as usize];
    stream.read_exact(&mut reply).await.unwrap();
    let reply = String::from_utf8(reply).unwrap();
    assert!(reply.starts_with("服务端于"), "{reply}");
    assert!(
        reply.ends_with(&format!("收到了你发来的“{text}”信息!")),
        "{reply}"
    );
}

async fn session(number: usize, server: SocketAddr, begin: Arc<Barrier>, end: Arc<Barrier>) {
    let role = Role::of(number);
    let mut numbers = Numbers::of(number);
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.set_nodelay(true).unwrap();
    // The first reply shows that the session has its place; nobody goes on before all have.
    stream.write_all(&frame(b"first")).await.unwrap();
    reply_to("first", &mut stream).await;
    begin.wait().await;
    match role {
        Role::Ends(how) => {
            abruptly(number, how, stream).await;
            end.wait().await;
        }
        Role::Talks | Role::Slow | Role::Sends => {
            let slow = matches!(role, Role::Slow);
            let (octets, texts) = said(number, role, &mut numbers);
            let (mut reading, mut writing) = stream.into_split();
            let writer = async {
                let mut rest = octets.as_slice();
                if slow {
                    let (now, last) = rest.split_at(rest.len() - 3);
                    for octet in now {
                        writing.write_all(&[*octet]).await.unwrap();
                        tokio::task::yield_now().await;
                    }
                    end.wait().await;
                    rest = last;
                }
                while !rest.is_empty() {
                    let (chunk, behind) = rest.split_at(numbers.within(1..3000).min(rest.len()));
                    writing.write_all(chunk).await.unwrap();
                    rest = behind;
                }
            };
            let reader = async {
                for text in &texts {
                    reply_to(text, &mut reading).await;
                }
                // Nothing more, and the close.
                assert_eq!(reading.read(&mut [0]).await.unwrap(), 0);
            };
            tokio::join!(writer, reader);
            if !slow {
                end.wait().await;
            }
        }
    }
}

/// Ends the session of a connection in one of seven ways.
async fn abruptly(number: usize, how: usize, mut stream: TcpStream) {
    let mut half_a_file = announced(&name(number, 0), 100_000);
    half_a_file.extend([b'x'; 50_000]);
    let octets = match how % 7 {
        0 | 1 => half_a_file,
        2 | 3 => b"\0\0\0\x09half".to_vec(),
        4 => b"\0\0".to_vec(),
        5 => b"\0\0\0\x02\xFF\xFFmore".to_vec(),
        _ => b"\xFF\xFF\xFF\xFFmore".to_vec(),
    };
    stream.write_all(&octets).await.unwrap();
    match how % 7 {
        0 | 2 => stream.set_zero_linger().unwrap(),
        1 | 3 | 4 => stream.shutdown().await.unwrap(),
        // The server ends it.
        _ => {
            let _ = stream.read(&mut [0]).await;
        }
    }
}

/// Resources of the server.
#[derive(Debug, PartialEq, Eq)]
struct Held {
    threads: u64,
    descriptors: usize,
}

impl Held {
    fn by(server: &Served) -> Self {
        Self {
            threads: server.status("Threads"),
            descriptors: server.descriptors(),
        }
    }
}

/// Has so many sessions at a time, three times over.
fn load(sessions: usize) {
    // Two for each session on the server's side, one on ours.
    open_files::allow(sessions as u64 + 100).unwrap();
    let limit = (sessions * 2).to_string();
    let server = Served::start(&["--max-sessions", &limit]);
    // Before anyone has come: a session that has ended may still be there for a moment.
    let idle = Held::by(&server);
    let address: SocketAddr = server.address.parse().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let mut resident = vec![server.status("VmRSS")];
    for round in 0..3 {
        runtime.block_on(async {
            let begin = Arc::new(Barrier::new(sessions));
            let end = Arc::new(Barrier::new(sessions));
            let all: Vec<_> = (0..sessions)
                .map(|number| {
                    let (begin, end) = (Arc::clone(&begin), Arc::clone(&end));
                    tokio::spawn(session(number, address, begin, end))
                })
                .collect();
            for session in all {
                session.await.unwrap();
            }
        });
        let mut whole = Vec::new();
        for number in (0..sessions).filter(|number| matches!(Role::of(*number), Role::Sends)) {
            for file in 0..FILES {
                let name = name(number, file);
                let stored = fs::read(server.dir.path().join(&name)).unwrap();
                assert!(stored == content(number, file), "{name} in round {round}");
                whole.push(name);
            }
        }
        // A session that was cut off may be noticed a moment later.
        while Held::by(&server) != idle || server.names().len() != whole.len() {
            std::thread::yield_now();
        }
        whole.sort();
        assert_eq!(server.names(), whole);
        resident.push(server.status("VmRSS"));
    }
    println!(
        "{sessions} sessions at a time: resident before and after each round, KiB: {resident:?}"
    );
    assert!(resident[3] <= resident[1] + SLACK, "{resident:?}");
    assert!(server.is_well());
}

#[test]
fn a_hundred_sessions() {
    load(100);
}

/// In three rounds, each some seconds.
#[test]
#[ignore = "takes long, and 3,000 file descriptors"]
fn a_thousand_sessions() {
    load(1000);
}
