//! Duties of a proxy: to pass on as they are ends, resets, back-pressure, many connections; and never
//! to wait for octets that nobody sends.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rstest::rstest;
use unstick::peer::open_files;
use unstick::recut::proxy::context::Plan;
use unstick::recut::proxy::cut::{Cut, Direction};
use unstick::recut::proxy::relay::{Relay, Running};

/// Longer than anything takes here, on any machine.
const BOUND: Duration = Duration::from_secs(60);

fn plan(cut: &str) -> Plan {
    Plan::of(cut.parse::<Cut>().unwrap())
}

/// A proxy under this cut, whose server handles one connection by `serve`.
fn through<T: Send + 'static>(
    cut: &str,
    serve: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (Relay, Running, TcpStream, JoinHandle<T>) {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let relay = listening(server.local_addr().unwrap());
    let running = relay.begin(plan(cut), &Direction::BOTH, None);
    let served = thread::spawn(move || {
        let (stream, _) = server.accept().unwrap();
        stream.set_read_timeout(Some(BOUND)).unwrap();
        serve(stream)
    });
    let client = TcpStream::connect(relay.address()).unwrap();
    client.set_read_timeout(Some(BOUND)).unwrap();
    (relay, running, client, served)
}

fn listening(to: SocketAddr) -> Relay {
    Relay::listen(SocketAddr::from(([127, 0, 0, 1], 0)), vec![to]).unwrap()
}

fn reset(stream: TcpStream) {
    rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO)).unwrap();
    drop(stream);
}

/// A side ends its stream and reads the other to its end.
#[rstest]
fn an_end_of_stream_leaves_the_other_direction_open(
    #[values("none", "octets", "edges", "join", "random:1")] cut: &str,
) {
    let (_relay, _running, mut client, served) = through(cut, |mut stream| {
        let mut asked = Vec::new();
        stream.read_to_end(&mut asked).unwrap();
        stream.write_all(b"late answer").unwrap();
        asked
    });
    client.write_all(b"question").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, b"late answer");
    assert_eq!(served.join().unwrap(), b"question");
}

/// A reset is no end of stream: what was sent before it arrives, and then an error does.
#[rstest]
fn a_reset_of_the_server_reaches_the_client(
    #[values("none", "octets", "edges", "join")] cut: &str,
) {
    let (_relay, _running, mut client, served) = through(cut, |mut stream| {
        stream.write_all(b"half").unwrap();
        stream.read_exact(&mut [0]).unwrap();
        reset(stream);
    });
    client.read_exact(&mut [0; 4]).unwrap();
    client.write_all(b"x").unwrap();
    served.join().unwrap();
    assert_eq!(
        client.read(&mut [0]).unwrap_err().kind(),
        ErrorKind::ConnectionReset
    );
}

#[rstest]
fn a_reset_of_the_client_reaches_the_server(
    #[values("none", "octets", "edges", "join")] cut: &str,
) {
    let (_relay, _running, mut client, served) = through(cut, |mut stream| {
        stream.read_exact(&mut [0; 3]).unwrap();
        stream.write_all(b"y").unwrap();
        stream.read(&mut [0]).unwrap_err().kind()
    });
    client.write_all(b"abc").unwrap();
    client.read_exact(&mut [0]).unwrap();
    reset(client);
    assert_eq!(served.join().unwrap(), ErrorKind::ConnectionReset);
}

/// A server that writes without an end, to a client that has gone, is told by a reset; also while its
/// octets wait in the proxy for a client that did not read.
#[test]
fn a_client_that_goes_while_octets_wait_for_it_ends_the_server() {
    let (_relay, _running, client, served) = through("none", |mut stream| {
        let octets = [0; 65536];
        while stream.write_all(&octets).is_ok() {}
    });
    // As soon as something is there, much more is on its way.
    client.peek(&mut [0]).unwrap();
    reset(client);
    served.join().unwrap();
}

/// The proxy holds a bounded number of octets of a sender whose receiver does not read.
#[rstest]
fn back_pressure_reaches_the_sender(#[values("none", "octets", "join")] cut: &str) {
    const MUCH: usize = 256 << 20;
    let (read_on, may_read) = std::sync::mpsc::channel();
    let (_relay, running, mut client, served) = through(cut, move |mut stream| {
        may_read.recv().unwrap();
        std::io::copy(&mut stream, &mut std::io::sink()).unwrap()
    });
    client.set_nonblocking(true).unwrap();
    let octets = vec![0; 1 << 20];
    let (mut written, mut last) = (0, Instant::now());
    // It is stuck when nothing has been taken for a while, however long that is.
    while last.elapsed() < Duration::from_secs(1) && written < MUCH {
        match client.write(&octets) {
            Ok(count) => {
                written += count;
                last = Instant::now();
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                thread::sleep(Duration::from_millis(1));
            }
        }
    }
    assert!(written < MUCH / 2, "{written} octets are nowhere");
    read_on.send(()).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(served.join().unwrap(), written as u64);
    assert_eq!(running.log().octets(), written as u64);
}

/// Half a request, and no more: the server gets it, and what it says to it comes back.
#[rstest]
fn half_a_request_is_not_held_back(
    #[values("none", "octets", "edges", "join", "random:1")] cut: &str,
) {
    let (_relay, _running, mut client, served) = through(cut, |mut stream| {
        stream.read_exact(&mut [0; 4]).unwrap();
        stream.write_all(b"more?").unwrap();
        stream.read_exact(&mut [0; 4]).unwrap();
        stream.write_all(b"thanks").unwrap();
    });
    client.write_all(b"half").unwrap();
    client.read_exact(&mut [0; 5]).unwrap();
    client.write_all(b"rest").unwrap();
    client.read_exact(&mut [0; 6]).unwrap();
    served.join().unwrap();
}

/// A client that sends all its questions before it reads the first answer. What is kept apart for it
/// may not keep the server from reading.
#[rstest]
fn a_client_that_reads_late_does_not_deadlock(
    #[values("none", "octets", "edges", "join", "random:1")] cut: &str,
) {
    const QUESTIONS: usize = 300;
    const SIZE: usize = 64 * 1024;
    let (_relay, _running, mut client, served) = through(cut, |mut stream| {
        let mut question = vec![0; SIZE];
        for _ in 0..QUESTIONS {
            stream.read_exact(&mut question).unwrap();
            stream.write_all(&question[..SIZE / 64]).unwrap();
        }
    });
    for _ in 0..QUESTIONS {
        client.write_all(&[7; SIZE]).unwrap();
    }
    let mut answers = Vec::new();
    client.read_to_end(&mut answers).unwrap();
    assert_eq!(answers.len(), QUESTIONS * SIZE / 64);
    served.join().unwrap();
}

/// Pieces arrive apart: each read of a receiver that asks for all finds one.
#[test]
fn pieces_arrive_apart() {
    let (_relay, running, mut client, served) =
        through("at:1:to-server:2,1:to-server:5", |mut stream| {
            let mut pieces = Vec::new();
            let mut buffer = [0; 64];
            loop {
                match stream.read(&mut buffer).unwrap() {
                    0 => return pieces,
                    count => pieces.push(buffer[..count].to_vec()),
                }
            }
        });
    client.write_all(b"abcdefgh").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(served.join().unwrap(), [&b"ab"[..], b"cde", b"fgh"]);
    let places: Vec<String> = running
        .log()
        .places()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(places, ["1:to-server:2", "1:to-server:5"]);
    assert!(!running.log().timed());
}

/// Octets that are written in two goes are read in one, and the place is noted.
#[test]
fn what_is_joined_arrives_together() {
    let (_relay, running, mut client, served) = through("join-at:1:to-server:3", |mut stream| {
        let mut buffer = [0; 64];
        let count = stream.read(&mut buffer).unwrap();
        buffer[..count].to_vec()
    });
    client.set_nodelay(true).unwrap();
    client.write_all(b"abc").unwrap();
    // The proxy has taken the first before the second is written.
    while running.log().octets() == 0 && unread(&client, 3) {
        thread::yield_now();
    }
    client.write_all(b"def").unwrap();
    assert_eq!(served.join().unwrap(), b"abcdef");
    assert_eq!(running.log().places()[0].to_string(), "1:to-server:3");
}

fn unread(client: &TcpStream, sent: u64) -> bool {
    let (ours, theirs) = (client.local_addr().unwrap(), client.peer_addr().unwrap());
    let mut queues = unstick::testee::watch::Queues::open().unwrap();
    queues
        .backlog(ours, theirs, sent)
        .is_some_and(|seen| !seen.is_read())
}

/// A server that is not there: a client that has connected is told by a reset.
#[test]
fn a_server_that_cannot_be_reached_is_told_of() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = gone.local_addr().unwrap();
    drop(gone);
    let relay = listening(address);
    let running = relay.begin(plan("none"), &Direction::BOTH, None);
    let mut client = TcpStream::connect(relay.address()).unwrap();
    assert_eq!(
        client.read(&mut [0]).unwrap_err().kind(),
        ErrorKind::ConnectionReset
    );
    assert!(running.log().unreachable().is_some());
}

/// Five hundred clients at a time, each with a conversation of its own.
#[rstest]
fn five_hundred_connections(#[values("none", "edges", "join")] cut: &str) {
    const MANY: usize = 500;
    open_files::allow(MANY as u64 * 4 + 200).unwrap();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let relay = listening(server.local_addr().unwrap());
    let running = relay.begin(plan(cut), &Direction::BOTH, None);
    // A listener takes some hundred connections before they are accepted, and loses others.
    let accepts = thread::spawn(move || -> Vec<TcpStream> {
        (0..MANY).map(|_| server.accept().unwrap().0).collect()
    });
    let clients: Vec<TcpStream> = (0..MANY)
        .map(|_| TcpStream::connect(relay.address()).unwrap())
        .collect();
    for client in &clients {
        client.set_read_timeout(Some(BOUND)).unwrap();
    }
    let served = accepts.join().unwrap();
    // All are open at once before the first octet.
    for (number, mut client) in clients.iter().enumerate() {
        client.write_all(format!("{number:08}").as_bytes()).unwrap();
    }
    for mut stream in &served {
        let mut question = [0; 8];
        stream.set_read_timeout(Some(BOUND)).unwrap();
        stream.read_exact(&mut question).unwrap();
        stream.write_all(&question).unwrap();
    }
    for (number, mut client) in clients.iter().enumerate() {
        let mut answer = [0; 8];
        client.read_exact(&mut answer).unwrap();
        assert_eq!(answer, format!("{number:08}").as_bytes());
    }
    drop(clients);
    drop(served);
    running.end();
    assert_eq!(running.log().links().len(), MANY);
    assert_eq!(running.log().octets(), (MANY * 16) as u64);
}
