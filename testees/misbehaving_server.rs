//! Servers that are no servers of this protocol: what a green run is worth shows in how far
//! from green they are, and what the harness stands in how it ends with them.
//!
//! `misbehaving_server --port PORT MODE`

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

type Serve = fn(&mut TcpStream) -> io::Result<()>;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [option, port, mode] = arguments.as_slice() else {
        usage();
    };
    let port = port.parse().unwrap_or_else(|_| usage());
    if option != "--port" {
        usage();
    }
    let serve: Serve = match mode.as_str() {
        "exits" => {
            eprintln!("no configuration file");
            exit(7);
        }
        "never-listens" => loop {
            thread::park();
        },
        "closes" => |_| Ok(()),
        "silent" => |stream| io::copy(stream, &mut io::sink()).map(drop),
        "raw-echo" => |stream| {
            let mut back = stream.try_clone()?;
            io::copy(stream, &mut back).map(drop)
        },
        "accepts" => accepts,
        "choosy" => choosy,
        "refuses" => |stream| stream.read(&mut [0; 1]).map(drop),
        "floods" => |stream| {
            loop {
                stream.write_all(&[b'x'; 65_536])?;
            }
        },
        "dies" => dies,
        "forgetful" => forgetful,
        "stumbles" => stumbles,
        "mute" => |stream| answers(stream, None),
        "garbles" => |stream| answers(stream, Some((b"garbled", true))),
        "garbles-and-closes" => |stream| answers(stream, Some((b"garbled", false))),
        "deaf" => {
            // Only SIGKILL ends it.
            for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
                let ignored = Arc::new(AtomicBool::new(false));
                signal_hook::flag::register(signal, ignored).expect("the signal can be ignored");
            }
            echo
        }
        _ => usage(),
    };
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    for mut stream in listener.incoming().flatten() {
        thread::spawn(move || {
            let _ = stream.set_nodelay(true);
            let _ = serve(&mut stream);
        });
    }
}

fn usage() -> ! {
    eprintln!(
        "misbehaving_server --port PORT exits|never-listens|closes|silent|raw-echo|accepts|choosy|refuses|floods|dies|forgetful|stumbles|mute|garbles|garbles-and-closes|deaf"
    );
    exit(2);
}

fn payload(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut payload = vec![0; u32::from_be_bytes(length) as usize % (1 << 24)];
    stream.read_exact(&mut payload)?;
    Ok(payload)
}

fn send(stream: &mut TcpStream, payload: &[u8]) -> io::Result<()> {
    let mut frame = (payload.len() as u32).to_be_bytes().to_vec();
    frame.extend_from_slice(payload);
    stream.write_all(&frame)
}

fn reply(stream: &mut TcpStream, payload: &[u8]) -> io::Result<()> {
    let text = String::from_utf8_lossy(payload);
    let now = jiff::ZonedDateTime::now().strftime("%Y年%m月%d日%H时%M分%S秒");
    send(
        stream,
        format!("服务端于{now}收到了你发来的“{text}”信息!").as_bytes(),
    )
}

/// Answers every frame as if it were a text, and never refuses anything.
fn accepts(stream: &mut TcpStream) -> io::Result<()> {
    loop {
        let payload = payload(stream)?;
        reply(stream, &payload)?;
    }
}

/// Answers the plainest texts, and refuses everything else.
fn choosy(stream: &mut TcpStream) -> io::Result<()> {
    loop {
        let payload = payload(stream)?;
        if payload != b"hello" && payload != b"hi" {
            return Ok(());
        }
        reply(stream, &payload)?;
    }
}

/// Sends every frame back.
fn echo(stream: &mut TcpStream) -> io::Result<()> {
    loop {
        let payload = payload(stream)?;
        send(stream, &payload)?;
    }
}

/// Sends every frame back, and dies of one of 256 octets.
fn dies(stream: &mut TcpStream) -> io::Result<()> {
    loop {
        let payload = payload(stream)?;
        if payload.len() == 256 {
            eprintln!("assertion failed: a payload has at most 255 octets");
            exit(70);
        }
        send(stream, &payload)?;
    }
}

/// Sends the first frame of each read back, and forgets what came behind it.
fn forgetful(stream: &mut TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer)?;
        let Some((length, behind)) = buffer[..count].split_first_chunk::<4>() else {
            return Ok(());
        };
        let length = u32::from_be_bytes(*length) as usize;
        let payload = behind[..length.min(behind.len())].to_vec();
        send(stream, &payload)?;
    }
}

/// Sends every frame back, and the first of 255 octets wrongly.
fn stumbles(stream: &mut TcpStream) -> io::Result<()> {
    static SEEN: AtomicUsize = AtomicUsize::new(0);
    loop {
        let mut payload = payload(stream)?;
        if payload.len() == 255 && SEEN.fetch_add(1, Ordering::SeqCst) == 0 {
            payload[7] = b'?';
        }
        send(stream, &payload)?;
    }
}

/// Octets to send, and whether the session goes on.
type Answer = Option<(&'static [u8], bool)>;

/// Sends the plainest texts back, and answers every other with this, if with anything.
fn answers(stream: &mut TcpStream, answer: Answer) -> io::Result<()> {
    loop {
        let payload = payload(stream)?;
        if payload == b"hello" {
            send(stream, &payload)?;
        } else if let Some((answer, goes_on)) = answer {
            send(stream, answer)?;
            if !goes_on {
                return Ok(());
            }
        }
    }
}
