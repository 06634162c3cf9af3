//! `unstick record`: the proxy and the reader of captures, which write the same.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::capture::{Packet, c, pcap, s};
use crate::support::{program, unstick};

/// A server for each connection: it takes the stream to its end.
fn serve(conversation: fn(TcpStream)) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || conversation(stream));
        }
    });
    address
}

fn line(stream: &TcpStream) -> String {
    let mut line = String::new();
    let mut octet = [0];
    let mut stream = stream;
    while !line.ends_with('\n') && stream.read(&mut octet).is_ok_and(|count| count == 1) {
        line.push(char::from(octet[0]));
    }
    line
}

/// Greets, answers each line, and closes after `quit`.
fn greeter(mut stream: TcpStream) {
    stream.write_all(b"hello\r\n").unwrap();
    loop {
        let line = line(&stream);
        if line.is_empty() {
            return;
        }
        stream
            .write_all(format!("you said {line}").as_bytes())
            .unwrap();
        if line.trim() == "quit" {
            return;
        }
    }
}

/// Answers when the client's stream has ended, with much.
fn summer(mut stream: TcpStream) {
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    stream.write_all(&all.repeat(20_000)).unwrap();
}

/// A proxy that runs, and where it listens.
struct Recording {
    child: Child,
    address: String,
}

impl Recording {
    fn start(server: SocketAddr, file: &Path) -> Self {
        let mut child = program()
            .args(["record", "--to", &server.to_string(), "-o"])
            .arg(file)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut said)
            .unwrap();
        let address = said.split([' ', ';']).nth(2).unwrap().to_owned();
        Self { child, address }
    }

    fn end(mut self) -> i32 {
        self.child.wait().unwrap().code().unwrap()
    }
}

fn steps(file: &Path) -> Value {
    let text = std::fs::read_to_string(file).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["steps"].clone()
}

/// The octets of a step, without the note.
fn bare(steps: &Value) -> Vec<Value> {
    let steps = steps.as_array().unwrap().iter();
    steps
        .map(|step| {
            let mut step = step.clone();
            step.as_object_mut().unwrap().remove("note");
            step
        })
        .collect()
}

fn hex(text: &str) -> String {
    text.bytes().map(|octet| format!("{octet:02x}")).collect()
}

/// A kind of conversation: its name, how it is served, and how it is held.
type Kind = (&'static str, fn(TcpStream), fn(TcpStream));

/// Five kinds of conversation, held with whoever listens there.
fn conversations() -> [Kind; 5] {
    [
        ("greeting", greeter, |mut stream| {
            line(&stream);
            for text in ["one\n", "quit\n"] {
                stream.write_all(text.as_bytes()).unwrap();
                line(&stream);
            }
            assert_eq!(stream.read(&mut [0]).unwrap(), 0);
        }),
        ("client-closes", greeter, |mut stream| {
            line(&stream);
            stream.write_all(b"one\n").unwrap();
            line(&stream);
        }),
        ("half-close", summer, |mut stream| {
            stream.write_all(b"abc").unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            let mut all = Vec::new();
            stream.read_to_end(&mut all).unwrap();
            assert_eq!(all.len(), 60_000);
        }),
        ("pipelined", greeter, |mut stream| {
            line(&stream);
            stream.write_all(b"one\ntwo\nquit\n").unwrap();
            let mut all = Vec::new();
            stream.read_to_end(&mut all).unwrap();
        }),
        ("silent", greeter, |stream| {
            line(&stream);
            stream.shutdown(Shutdown::Write).unwrap();
            let _ = (&stream).read(&mut [0]);
        }),
    ]
}

#[test]
fn the_proxy_writes_down_what_passed() {
    let directory = TempDir::new().unwrap();
    let server = serve(greeter);
    let file = directory.path().join("Greeting 1.json");
    let recording = Recording::start(server, &file);
    (conversations()[0].2)(TcpStream::connect(&recording.address).unwrap());
    assert_eq!(recording.end(), 0);
    let text = std::fs::read_to_string(&file).unwrap();
    let trace: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(trace["id"], "greeting-1");
    assert_eq!(
        bare(&trace["steps"]),
        [
            json!({"answer": hex("hello\r\n")}),
            json!({"send": hex("one\n")}),
            json!({"answer": hex("you said one\n")}),
            json!({"send": hex("quit\n")}),
            json!({"answer": hex("you said quit\n")}),
            json!({"expect": "close"}),
        ]
    );
    unstick::trace::json::read(&text).unwrap();
}

/// The capture of `tcpdump` beside the proxy: both see the same five conversations.
#[test]
fn a_capture_and_the_proxy_tell_the_same() {
    for (name, serves, holds) in conversations() {
        let directory = TempDir::new().unwrap();
        let server = serve(serves);
        let capture = directory.path().join("x.pcap");
        let Some(mut tcpdump) = tcpdump(&capture, server.port()) else {
            return;
        };
        let file = directory.path().join("proxy.json");
        let recording = Recording::start(server, &file);
        holds(TcpStream::connect(&recording.address).unwrap());
        assert_eq!(recording.end(), 0);
        let from = directory.path().join("capture.json");
        let (from, capture) = (from.to_str().unwrap(), capture.to_str().unwrap());
        let begin = Instant::now();
        let expected = steps(&file);
        // The capture is written while it goes on.
        loop {
            let ran = unstick(["record", "--from", capture, "-o", from, "--force"]);
            if ran.status == 0 && bare(&steps(Path::new(from))) == bare(&expected) {
                break;
            }
            assert!(
                begin.elapsed() < Duration::from_secs(20),
                "{name}: {}{}\n{expected}",
                ran.stderr,
                std::fs::read_to_string(from).unwrap_or_default()
            );
            thread::sleep(Duration::from_millis(50));
        }
        tcpdump.kill().unwrap();
        tcpdump.wait().unwrap();
    }
}

/// `None`, and a word on it, where packets cannot be captured.
fn tcpdump(file: &Path, port: u16) -> Option<Child> {
    let started = Command::new("tcpdump")
        .args(["-i", "lo", "--immediate-mode", "-U", "-w"])
        .arg(file)
        .arg(format!("tcp port {port}"))
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut tcpdump) = started else {
        eprintln!("skipped: there is no tcpdump");
        return None;
    };
    let mut said = String::new();
    let mut stderr = BufReader::new(tcpdump.stderr.take().unwrap());
    while stderr.read_line(&mut said).is_ok_and(|count| count > 0) {
        if said.contains("listening on") {
            // A close of the pipe ends tcpdump.
            thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
            return Some(tcpdump);
        }
    }
    tcpdump.wait().unwrap();
    eprintln!("skipped: tcpdump captures nothing here: {said}");
    None
}

/// Readings, by Wireshark and by us, of a capture with a retransmission, an overlap and an answer
/// that is captured early.
#[test]
fn tshark_follows_the_same_octets() {
    let packets = [
        c("S", 99, 0, ""),
        s("SA", 499, 100, ""),
        c("A", 100, 500, ""),
        c("PA", 100, 500, "ask"),
        c("PA", 100, 500, "ask"),
        s("A", 500, 103, ""),
        s("PA", 500, 103, "answ"),
        s("PA", 502, 103, "swer"),
        c("A", 103, 506, ""),
        c("A", 102, 506, "\0"),
        c("PA", 103, 506, "more"),
        s("PA", 506, 107, "enough"),
        c("FA", 107, 512, ""),
        s("FA", 512, 108, ""),
        c("A", 108, 513, ""),
    ];
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("x.pcap");
    let frames: Vec<_> = packets.iter().map(Packet::ethernet).collect();
    std::fs::write(&path, pcap(1, &frames)).unwrap();
    let output = Command::new("tshark")
        .arg("-r")
        .arg(&path)
        .args(["-q", "-z", "follow,tcp,raw,0"])
        .output();
    let Ok(output) = output else {
        eprintln!("skipped: there is no tshark");
        return;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    let theirs: Vec<Value> = text
        .lines()
        .filter(|line| line.chars().all(|c| c.is_ascii_hexdigit() || c == '\t') && !line.is_empty())
        .map(|line| match line.strip_prefix('\t') {
            Some(answer) => json!({"answer": answer}),
            None => json!({"send": line}),
        })
        .collect();
    let file = directory.path().join("x.json");
    let ran = unstick([
        "record",
        "--from",
        path.to_str().unwrap(),
        "-o",
        file.to_str().unwrap(),
    ]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let mut ours = bare(&steps(&file));
    // Theirs has a line for each packet, and no ends.
    assert_eq!(
        ours.split_off(4),
        [json!({"end": "stream"}), json!({"expect": "close"})]
    );
    let mut joined: Vec<Value> = Vec::new();
    for step in theirs {
        let (name, octets) = step.as_object().unwrap().iter().next().unwrap();
        match joined.last_mut().and_then(|last| last.get_mut(name)) {
            Some(last) => {
                *last = json!(format!(
                    "{}{}",
                    last.as_str().unwrap(),
                    octets.as_str().unwrap()
                ));
            }
            None => joined.push(step.clone()),
        }
    }
    assert_eq!(ours, joined, "{text}");
}

#[test]
fn a_command_is_run_and_ends_the_recording() {
    let directory = TempDir::new().unwrap();
    let server = serve(greeter).to_string();
    let file = directory.path().join("x.json");
    let path = file.to_str().unwrap();
    let client =
        "exec 3<>/dev/tcp/{host}/{port}; read -r a <&3; printf 'my secret\\n' >&3; read -r b <&3";
    let arguments = ["record", "--to", &server, "-o", path, "--redact", "secret"];
    let ran = unstick(arguments.into_iter().chain(["--", "bash", "-c", client]));
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("can hold secrets"), "{}", ran.stdout);
    assert_eq!(ran.stderr, "");
    assert_eq!(
        bare(&steps(&file))[1..3],
        [
            json!({"send": hex("my xxxxxx\n")}),
            json!({"answer": hex("you said my xxxxxx\n")}),
        ]
    );
    // Nothing is written over, and the command is not even run.
    let ran = unstick(arguments.into_iter().chain(["--", "false"]));
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("--force"), "{}", ran.stderr);
    // A text that does not occur is named by its place, never by itself.
    let again = [
        "record", "--to", &server, "-o", path, "--force", "--redact", "hunter2",
    ];
    let ran = unstick(again.into_iter().chain(["--", "bash", "-c", client]));
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("--redact: text 1 was not found"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("hunter2"));
}

#[test]
fn nothing_is_written_where_nothing_passed() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("x.json");
    let path = file.to_str().unwrap();
    let server = serve(greeter).to_string();
    let ran = unstick(["record", "--to", &server, "-o", path, "--", "true"]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("no octet passed"), "{}", ran.stderr);
    let capture = directory.path().join("x.pcap");
    let mut octets = pcap(1, &[c("S", 99, 0, "ask").ethernet()]);
    octets.pop();
    std::fs::write(&capture, octets).unwrap();
    let ran = unstick(["record", "--from", capture.to_str().unwrap(), "-o", path]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("x.pcap: the file is cut"),
        "{}",
        ran.stderr
    );
    assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1);
}

#[test]
fn an_interrupt_ends_a_recording_with_what_has_passed() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("x.json");
    let recording = Recording::start(serve(greeter), &file);
    let stream = TcpStream::connect(&recording.address).unwrap();
    assert_eq!(line(&stream), "hello\r\n");
    let kill = Command::new("kill")
        .args(["-INT", &recording.child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    assert_eq!(recording.end(), 0);
    assert_eq!(bare(&steps(&file)), [json!({"answer": hex("hello\r\n")})]);
}
