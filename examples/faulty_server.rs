//! A server of class `transfer` as an ordinary programmer writes one, sharing no code with
//! the reference, and with `--fault NAME` wrong in exactly one place.
//!
//! The suite is judged by it: without a fault it must pass everything, and each fault must be
//! found, at the requirement that it breaks. `--list` prints each fault with its requirement. With
//! `--echo` it is one of class `framing`, in which the faults of lengths and frames are the same.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::exit;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Every fault: its name, the requirement it breaks, and what it is.
const FAULTS: &[(&str, &str, &str)] = &[
    (
        "length-little-endian",
        "LEN-1",
        "reads lengths least significant octet first",
    ),
    (
        "reply-length-little-endian",
        "LEN-1",
        "writes lengths least significant octet first",
    ),
    (
        "length-16-bit",
        "LEN-1",
        "uses the lower half of the length only",
    ),
    (
        "length-24-bit",
        "LEN-1",
        "drops the first octet of the length",
    ),
    (
        "length-signed-octets",
        "LEN-1",
        "takes each octet of the length for signed",
    ),
    (
        "length-signed",
        "LEN-4",
        "takes a length with its top bit for negative, and for empty",
    ),
    (
        "length-signed-closes-not",
        "LEN-4",
        "takes a negative length for its absolute value",
    ),
    (
        "length-counts-itself",
        "FRM-1",
        "takes lengths to count themselves",
    ),
    (
        "reply-length-counts-itself",
        "FRM-1",
        "writes lengths that count themselves",
    ),
    (
        "payload-until-nul",
        "FRM-1",
        "skips what looks like a frame inside a payload",
    ),
    (
        "short-length",
        "FRM-2",
        "takes a short read of the length for a whole one",
    ),
    (
        "short-payload",
        "FRM-2",
        "takes a short read of the payload for a whole one",
    ),
    (
        "lost-between",
        "FRM-2",
        "forgets a length when the payload comes later",
    ),
    (
        "lost-third-octet",
        "FRM-2",
        "loses step when the length is cut after its third octet",
    ),
    (
        "lost-at-two-mib",
        "FRM-2",
        "as above, for multiples of 2 MiB only",
    ),
    (
        "one-frame-a-read",
        "FRM-3",
        "drops what came behind a frame in the same read",
    ),
    (
        "half-frame-dropped",
        "FRM-3",
        "drops half a frame that came behind a whole one",
    ),
    (
        "at-most-ten-a-read",
        "FRM-3",
        "handles at most ten frames of one read",
    ),
    ("empty-skipped", "FRM-4", "passes over empty frames"),
    ("empty-is-end", "FRM-4", "takes an empty frame for the end"),
    (
        "truncated-delivered",
        "FRM-6",
        "delivers the part of a frame that came before the end",
    ),
    ("limit-4096", "FRM-7", "refuses payloads above 4,096 octets"),
    ("limit-65535", "FRM-7", "refuses a payload of 65,536 octets"),
    (
        "limit-off-by-one",
        "FRM-7",
        "refuses a payload of exactly its limit",
    ),
    ("limit-ignored", "FRM-7", "reads a payload above its limit"),
    (
        "limit-late",
        "FRM-7",
        "refuses a payload above its limit once it has come",
    ),
    (
        "memory-announced",
        "FRM-8",
        "fills memory by the announced length",
    ),
    (
        "partial-write",
        "FRM-9",
        "takes a partial write for a whole one",
    ),
    (
        "reply-length-characters",
        "MSG-1",
        "writes lengths in characters",
    ),
    ("decode-chunks", "MSG-2", "decodes each chunk as it comes"),
    ("utf8-lossy", "MSG-3", "repairs what is not UTF-8"),
    (
        "utf8-latin1",
        "MSG-3",
        "takes what is not UTF-8 for Latin-1",
    ),
    ("utf8-surrogates", "MSG-3", "accepts surrogates"),
    ("utf8-overlong", "MSG-3", "accepts overlong forms"),
    ("utf8-above", "MSG-3", "accepts values above U+10FFFF"),
    (
        "utf8-cut-short",
        "MSG-3",
        "drops a character cut short by the end of the frame",
    ),
    ("trim", "MSG-4", "trims white space"),
    ("trim-line-end", "MSG-4", "drops a line end"),
    ("nul-ends", "MSG-4", "ends texts at U+0000"),
    ("bom-stripped", "MSG-4", "drops U+FEFF at the beginning"),
    ("crlf-normalised", "MSG-4", "makes CR LF one LF"),
    ("composed", "MSG-4", "composes e and its accent"),
    ("greeting", "SES-1", "greets"),
    ("quit-answered", "SES-2", "answers q"),
    ("quit-stays", "SES-2", "does not close after q"),
    ("quit-goes-on", "SES-2", "answers what follows q"),
    ("quit-upper-unknown", "SES-2", "does not know Q"),
    (
        "commands-any-case",
        "SES-3",
        "takes File and qUIT for commands",
    ),
    (
        "commands-trimmed",
        "SES-3",
        "takes commands with white space",
    ),
    (
        "quit-prefix",
        "SES-3",
        "takes everything that begins with q for q",
    ),
    (
        "file-prefix",
        "SES-3",
        "takes everything that begins with file for file",
    ),
    ("file-upper-unknown", "SES-3", "does not know FILE"),
    (
        "empty-unanswered",
        "SES-4",
        "does not answer the empty message",
    ),
    ("double-reply", "SES-4", "answers twice"),
    (
        "repeats-unanswered",
        "SES-4",
        "does not answer the same text twice",
    ),
    (
        "reply-without-zeros",
        "SES-5",
        "writes numbers without leading zeros",
    ),
    (
        "reply-month-minute",
        "SES-5",
        "writes the minute in the month's place",
    ),
    (
        "reply-ascii-quotes",
        "SES-5",
        "writes ASCII quotation marks",
    ),
    ("reply-bare", "SES-5", "sends the text back"),
    ("reply-newline", "SES-5", "ends replies with a line end"),
    (
        "pipelined-last-only",
        "SES-6",
        "answers only the last of several messages in one read",
    ),
    (
        "half-close-drops",
        "SES-7",
        "drops replies when the client has ended its side",
    ),
    (
        "half-close-stays",
        "SES-7",
        "does not close after the client has ended its side",
    ),
    (
        "error-stays",
        "SES-8",
        "does not close after a protocol error",
    ),
    ("error-passed-over", "SES-8", "passes over a broken message"),
    (
        "error-answered",
        "SES-8",
        "sends an error message before it closes",
    ),
    (
        "error-kills-process",
        "SES-8",
        "ends the process at a protocol error",
    ),
    (
        "error-kills-others",
        "SES-8",
        "closes all connections at a protocol error",
    ),
    (
        "over-limit-hangs",
        "SES-9",
        "leaves a connection over the limit hanging",
    ),
    (
        "slot-leaks-on-error",
        "SES-9",
        "loses a slot at each protocol error",
    ),
    (
        "slot-leaks-on-cut",
        "SES-9",
        "loses a slot at each abrupt end",
    ),
    ("one-at-a-time", "SES-10", "serves one client at a time"),
    (
        "header-first-comma",
        "TRF-1",
        "splits the header at the first comma",
    ),
    ("length-sign", "TRF-2", "accepts a sign"),
    (
        "length-space",
        "TRF-2",
        "accepts white space around the length",
    ),
    (
        "length-underscore",
        "TRF-2",
        "accepts underscores in the length",
    ),
    (
        "length-any-digits",
        "TRF-2",
        "accepts digits of other scripts",
    ),
    ("length-wraps", "TRF-2", "takes the length modulo 2^32"),
    (
        "length-prefix",
        "TRF-2",
        "stops at the first octet that is no digit",
    ),
    ("body-text-mode", "TRF-3", "makes CR LF one LF in bodies"),
    (
        "temporary-shared",
        "TRF-3",
        "has one temporary name for all files, and does not mind when it is gone",
    ),
    (
        "body-overread",
        "TRF-4",
        "takes what comes behind a body into the file",
    ),
    ("body-dropped", "TRF-4", "drops what comes behind a body"),
    (
        "body-off-by-one",
        "TRF-4",
        "takes one octet more than the body",
    ),
    (
        "body-multiple",
        "TRF-4",
        "loses step when the body is a multiple of 4,096",
    ),
    (
        "empty-body-waits",
        "TRF-5",
        "waits for an octet of an empty body",
    ),
    ("empty-body-nothing", "TRF-5", "stores no empty file"),
    ("transfer-acknowledged", "TRF-6", "replies to a transfer"),
    (
        "name-basename",
        "TRF-7",
        "takes the last part of a path for a name",
    ),
    (
        "name-any",
        "TRF-7",
        "accepts any name that its system takes",
    ),
    ("name-no-spaces", "TRF-7", "refuses spaces"),
    ("name-no-dots", "TRF-7", "refuses leading dots"),
    ("name-ascii", "TRF-7", "refuses names beyond ASCII"),
    ("name-100", "TRF-7", "refuses names above 100 octets"),
    ("traversal", "TRF-8", "joins any name to its directory"),
    ("follows-links", "TRF-8", "writes through symbolic links"),
    (
        "copy-beside",
        "TRF-8",
        "keeps a copy of a file beside its directory",
    ),
    ("partial-kept", "TRF-9", "keeps a body that was cut short"),
    (
        "partial-visible",
        "TRF-9",
        "writes under the final name, and removes it if cut short",
    ),
    ("old-lost", "TRF-9", "removes the old file first"),
    ("keeps-old", "TRF-10", "does not replace an old file"),
    (
        "writes-over",
        "TRF-10",
        "writes over an old file without shortening it",
    ),
    ("body-in-memory", "TRF-11", "holds the body in memory"),
    (
        "write-errors-ignored",
        "TRF-11",
        "passes over a file that cannot be written",
    ),
    (
        "full-disk-ignored",
        "TRF-11",
        "goes on when a file has 64 MiB and nothing more can be written",
    ),
];

/// Habits that are odd and allowed: no case may fail for one of them.
const HABITS: &[(&str, &str)] = &[
    (
        "one-octet-replies",
        "writes each octet of a reply of up to 4 KiB on its own",
    ),
    ("slow-replies", "takes 2 ms before each reply"),
    ("chatty", "writes a line to standard error for each message"),
    ("small-reads", "reads at most 3 octets at a time"),
    ("restless", "has a thread that never rests for long"),
    ("resets", "closes with a reset after a protocol error"),
    (
        "lingering",
        "ends its sending side first, and reads on until the client closes",
    ),
    (
        "zeros-refused",
        "refuses leading zeros in the length of a file",
    ),
    (
        "extension",
        "knows of digests behind files, and announces them",
    ),
    (
        "holds-directory",
        "holds its directory open, and stores into it wherever it is moved",
    ),
];

/// What it costs to be wrong in exactly one place.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Fault(&'static str);

impl Fault {
    fn is(self, name: &str) -> bool {
        debug_assert!(FAULTS.iter().any(|(known, ..)| *known == name), "{name}");
        self.0 == name
    }
}

struct Config {
    fault: Fault,
    habit: &'static str,
    /// Send each payload back and know no commands: class `framing`.
    echo: bool,
    dir: PathBuf,
    limit: usize,
    max_sessions: usize,
    sessions: AtomicUsize,
    leaked: AtomicUsize,
    /// The open connections, kept only where a fault needs them.
    all: Mutex<Vec<TcpStream>>,
}

/// Why a session ends.
enum End {
    Clean,
    Protocol,
    Cut,
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Cut
    }
}

/// The connection, and what has been read of it and not used.
struct Peer {
    stream: TcpStream,
    pending: Vec<u8>,
    /// How many octets the last read brought.
    last_read: usize,
    handled_of_read: usize,
    replies_held: Vec<String>,
    last_text: Option<String>,
    /// Memory for what was announced, where a fault takes it.
    announced: Vec<u8>,
    ended: bool,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (mut port, mut dir) = (0, PathBuf::from("."));
    let (mut fault, mut habit) = ("", "");
    let (mut limit, mut max_sessions) = (1 << 20, 64);
    let mut echo = false;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_else(|| usage());
        match argument.as_str() {
            "--port" => port = value().parse().unwrap_or_else(|_| usage()),
            "--dir" => dir = value().into(),
            "--echo" => echo = true,
            "--max-payload" => limit = value().parse().unwrap_or_else(|_| usage()),
            "--max-sessions" => max_sessions = value().parse().unwrap_or_else(|_| usage()),
            "--fault" => {
                let name = value();
                let known = FAULTS.iter().find(|(known, ..)| *known == name);
                fault = known.unwrap_or_else(|| usage()).0;
            }
            "--habit" => {
                let name = value();
                let known = HABITS.iter().find(|(known, _)| *known == name);
                habit = known.unwrap_or_else(|| usage()).0;
            }
            "--habits" => {
                for (name, what) in HABITS {
                    println!("{name}\t{what}");
                }
                return;
            }
            "--list" => {
                for (name, requirement, what) in FAULTS {
                    println!("{name}\t{requirement}\t{what}");
                }
                return;
            }
            _ => usage(),
        }
    }
    let held = (habit == "holds-directory").then(|| File::open(&dir).expect("it is there"));
    if let Some(held) = &held {
        dir = format!("/proc/self/fd/{}", held.as_raw_fd()).into();
    }
    let config = Arc::new(Config {
        fault: Fault(fault),
        habit,
        echo,
        dir,
        limit,
        max_sessions,
        sessions: AtomicUsize::new(0),
        leaked: AtomicUsize::new(0),
        all: Mutex::default(),
    });
    if habit == "restless" {
        thread::spawn(|| {
            loop {
                thread::sleep(Duration::from_micros(200));
            }
        });
    }
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    // Port 0 lets the system choose.
    println!("READY {}", listener.local_addr().expect("it listens"));
    for stream in listener.incoming().flatten() {
        accept(stream, &config);
    }
}

fn usage() -> ! {
    eprintln!(
        "faulty_server --port PORT --dir DIR [--echo] [--fault NAME] [--habit NAME] [--max-payload N] [--max-sessions N] | --list | --habits"
    );
    exit(2);
}

fn accept(stream: TcpStream, config: &Arc<Config>) {
    let taken = config.sessions.load(Ordering::SeqCst) + config.leaked.load(Ordering::SeqCst);
    if taken >= config.max_sessions {
        if config.fault.is("over-limit-hangs") {
            std::mem::forget(stream);
        }
        return;
    }
    config.sessions.fetch_add(1, Ordering::SeqCst);
    let _ = stream.set_nodelay(true);
    let peer = stream.peer_addr();
    if config.fault.is("error-kills-others") {
        config.all.lock().unwrap().extend(stream.try_clone());
    }
    let config = Arc::clone(config);
    let one_at_a_time = config.fault.is("one-at-a-time");
    let session = move || {
        let closing = stream.try_clone();
        let end = Session::new(stream, &config).run();
        let fault = config.fault;
        let leaks = match end {
            End::Protocol => fault.is("slot-leaks-on-error"),
            End::Cut => fault.is("slot-leaks-on-cut"),
            End::Clean => false,
        };
        if matches!(end, End::Protocol | End::Cut) {
            if fault.is("error-kills-process") && matches!(end, End::Protocol) {
                eprintln!("unhandled: a protocol error");
                exit(1);
            }
            if fault.is("error-kills-others") && matches!(end, End::Protocol) {
                for other in config.all.lock().unwrap().drain(..) {
                    let _ = other.shutdown(Shutdown::Both);
                }
            }
        }
        if leaks {
            config.leaked.fetch_add(1, Ordering::SeqCst);
        }
        let mut all = config.all.lock().unwrap();
        all.retain(|other| other.peer_addr().ok() != peer.as_ref().ok().copied());
        drop(all);
        config.sessions.fetch_sub(1, Ordering::SeqCst);
        drop(closing);
    };
    if one_at_a_time {
        session();
    } else {
        thread::spawn(session);
    }
}

struct Session<'c> {
    peer: Peer,
    config: &'c Config,
    fault: Fault,
}

impl<'c> Session<'c> {
    fn new(stream: TcpStream, config: &'c Config) -> Self {
        Self {
            peer: Peer {
                stream,
                pending: Vec::new(),
                last_read: 0,
                handled_of_read: 0,
                replies_held: Vec::new(),
                last_text: None,
                announced: Vec::new(),
                ended: false,
            },
            config,
            fault: config.fault,
        }
    }

    fn run(mut self) -> End {
        if self.fault.is("greeting") {
            let _ = self.send("welcome".as_bytes());
        }
        let end = match self.talk() {
            Ok(()) => End::Clean,
            Err(end) => end,
        };
        if matches!(end, End::Protocol) {
            if self.fault.is("error-answered") {
                let _ = self.send("error".as_bytes());
            }
            if self.fault.is("error-stays") {
                self.wait_for_end();
            }
        }
        match self.config.habit {
            "resets" if matches!(end, End::Protocol) => {
                let _ = rustix::net::sockopt::set_socket_linger(
                    &self.peer.stream,
                    Some(Duration::ZERO),
                );
            }
            "lingering" => {
                let _ = self.peer.stream.shutdown(Shutdown::Write);
                while matches!(self.peer.stream.read(&mut [0; 4096]), Ok(1..)) {}
            }
            _ => {}
        }
        end
    }

    fn wait_for_end(&mut self) {
        let mut sink = [0; 4096];
        while matches!(self.peer.stream.read(&mut sink), Ok(1..)) {}
        thread::sleep(Duration::from_secs(3600));
    }

    /// Reads once; false at the end of the stream.
    fn read(&mut self) -> Result<bool, End> {
        self.flush_held()?;
        let size = match self.config.habit {
            "small-reads" => 3,
            _ => 65_536,
        };
        let mut buffer = vec![0; size];
        let count = self.peer.stream.read(&mut buffer)?;
        self.peer.pending.extend_from_slice(&buffer[..count]);
        self.peer.last_read = count;
        self.peer.handled_of_read = 0;
        self.peer.ended = count == 0;
        Ok(count > 0)
    }

    fn flush_held(&mut self) -> Result<(), End> {
        let held = std::mem::take(&mut self.peer.replies_held);
        if let Some(last) = held.last() {
            let last = last.clone();
            self.reply_now(&last)?;
        }
        Ok(())
    }

    /// Waits for `count` octets; `None` if the stream ends on this boundary.
    fn need(&mut self, count: usize) -> Result<Option<()>, End> {
        while self.peer.pending.len() < count {
            let before = self.peer.pending.len();
            if !self.read()? {
                return if before == 0 { Ok(None) } else { Err(End::Cut) };
            }
        }
        Ok(Some(()))
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        self.peer.pending.drain(..count).collect()
    }

    /// The next payload; `None` at a clean end.
    fn payload(&mut self) -> Result<Option<Vec<u8>>, End> {
        let fault = self.fault;
        if self.peer.pending.is_empty() && !self.read()? {
            return Ok(None);
        }
        let arrived = self.peer.pending.len();
        if fault.is("short-length") && arrived < 4 {
            let mut padded = vec![0; 4 - arrived];
            padded.append(&mut self.peer.pending);
            self.peer.pending = padded;
        }
        if self.need(4)?.is_none() {
            return Ok(None);
        }
        if fault.is("lost-third-octet") && arrived == 3 {
            self.peer.pending.rotate_left(1);
        }
        let octets: [u8; 4] = self.take(4).try_into().expect("four were taken");
        let mut length = self.length(octets);
        if fault.is("lost-at-two-mib")
            && arrived == 3
            && length > 0
            && length.is_multiple_of(1 << 21)
        {
            length -= 1;
        }
        if fault.is("length-signed") && octets[0] >= 0x80 {
            length = 0;
        }
        if fault.is("length-signed-closes-not") && octets[0] >= 0x80 {
            length = i32::from_be_bytes(octets).unsigned_abs() as usize % 16;
        }
        let limit = match fault.0 {
            "limit-4096" => 4096,
            "limit-65535" => 65_535,
            "limit-off-by-one" => self.config.limit - 1,
            "limit-ignored" | "limit-late" => usize::MAX,
            _ => self.config.limit,
        };
        if length > limit {
            return Err(End::Protocol);
        }
        if fault.is("memory-announced") {
            self.peer.announced = vec![1; length];
        }
        if fault.is("lost-between") && self.peer.pending.is_empty() && length > 0 {
            return self.payload();
        }
        if length == 0 && fault.is("empty-is-end") {
            return Ok(None);
        }
        if length == 0 && fault.is("empty-skipped") {
            return self.payload();
        }
        if fault.is("short-payload") && self.peer.pending.len() < length {
            if self.peer.pending.is_empty() {
                self.read()?;
            }
            length = length.min(self.peer.pending.len());
        }
        if fault.is("decode-chunks") {
            return self.payload_in_chunks(length).map(Some);
        }
        if length > 0 && (self.need(length).is_err() || self.peer.pending.len() < length) {
            if fault.is("truncated-delivered") {
                return Ok(Some(std::mem::take(&mut self.peer.pending)));
            }
            return Err(End::Cut);
        }
        if fault.is("limit-late") && length > self.config.limit {
            return Err(End::Protocol);
        }
        let mut payload = self.take(length);
        if fault.is("payload-until-nul") && payload.starts_with(&[0, 0, 0]) {
            payload.drain(..4.min(payload.len()));
        }
        self.peer.handled_of_read += 1;
        let drops = match fault.0 {
            "one-frame-a-read" => true,
            "half-frame-dropped" => {
                self.peer.pending.len() < 4 || {
                    let next = u32::from_be_bytes(self.peer.pending[..4].try_into().unwrap());
                    self.peer.pending.len() < 4 + next as usize
                }
            }
            "at-most-ten-a-read" => self.peer.handled_of_read == 10,
            _ => false,
        };
        if drops {
            self.peer.pending.clear();
        }
        Ok(Some(payload))
    }

    fn payload_in_chunks(&mut self, length: usize) -> Result<Vec<u8>, End> {
        let mut payload = Vec::new();
        while payload.len() < length {
            if self.peer.pending.is_empty() && !self.read()? {
                return Err(End::Cut);
            }
            let piece = self.take((length - payload.len()).min(self.peer.pending.len()));
            std::str::from_utf8(&piece).map_err(|_| End::Protocol)?;
            payload.extend(piece);
        }
        Ok(payload)
    }

    fn length(&self, octets: [u8; 4]) -> usize {
        let big = u32::from_be_bytes(octets);
        let length = match self.fault.0 {
            "length-little-endian" => u32::from_le_bytes(octets),
            "length-16-bit" => big & 0xFFFF,
            "length-24-bit" => big & 0xFF_FFFF,
            "length-counts-itself" => big.saturating_sub(4),
            "length-signed-octets" => octets.iter().fold(0_i32, |length, octet| {
                (length << 8).wrapping_add(i32::from(*octet as i8))
            }) as u32,
            _ => big,
        };
        length as usize
    }

    fn text(&mut self) -> Result<Option<String>, End> {
        let Some(payload) = self.payload()? else {
            return Ok(None);
        };
        let fault = self.fault;
        let lossy = || String::from_utf8_lossy(&payload).into_owned();
        let text = match String::from_utf8(payload.clone()) {
            Ok(text) => text,
            Err(_) if fault.is("utf8-lossy") => lossy(),
            Err(_) if fault.is("utf8-latin1") => payload.iter().map(|o| char::from(*o)).collect(),
            Err(_)
                if fault.is("utf8-surrogates")
                    && has(&payload, |o| o[0] == 0xED && o[1] >= 0xA0) =>
            {
                lossy()
            }
            Err(_)
                if fault.is("utf8-overlong")
                    && has(&payload, |o| {
                        matches!(
                            o,
                            [0xC0 | 0xC1, _] | [0xE0, 0x80..=0x9F] | [0xF0, 0x80..=0x8F]
                        )
                    }) =>
            {
                lossy()
            }
            Err(_)
                if fault.is("utf8-above")
                    && has(&payload, |o| {
                        matches!(o, [0xF4, 0x90..=0xFF] | [0xF5..=0xFF, _])
                    }) =>
            {
                lossy()
            }
            Err(error)
                if fault.is("utf8-cut-short") && error.utf8_error().error_len().is_none() =>
            {
                let valid = error.utf8_error().valid_up_to();
                String::from_utf8_lossy(&payload[..valid]).into_owned()
            }
            Err(_) if fault.is("error-passed-over") => return self.text(),
            Err(_) => return Err(End::Protocol),
        };
        Ok(Some(match fault.0 {
            "trim" => text.trim().to_owned(),
            "trim-line-end" => text.trim_end_matches(['\r', '\n']).to_owned(),
            "nul-ends" => text.split('\0').next().unwrap_or_default().to_owned(),
            "bom-stripped" => text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned(),
            "crlf-normalised" => text.replace("\r\n", "\n"),
            "composed" => text.replace("e\u{301}", "\u{e9}"),
            _ => text,
        }))
    }

    fn talk(&mut self) -> Result<(), End> {
        if self.config.echo {
            while let Some(payload) = self.payload()? {
                self.send(&payload)?;
            }
            return Ok(());
        }
        let fault = self.fault;
        loop {
            let Some(text) = self.text()? else {
                self.flush_held()?;
                if self.peer.ended && fault.is("half-close-stays") {
                    self.wait_for_end();
                }
                return Ok(());
            };
            if self.config.habit == "chatty" {
                eprintln!("got {} octets", text.len());
            }
            let command = match fault.0 {
                "commands-any-case" => text.to_lowercase(),
                "commands-trimmed" => text.trim().to_owned(),
                "quit-prefix" if text.starts_with('q') => "q".to_owned(),
                "file-prefix" if text.starts_with("file") => "file".to_owned(),
                "quit-upper-unknown" if text == "Q" => "no command".to_owned(),
                "file-upper-unknown" if text == "FILE" => "no command".to_owned(),
                _ => text.clone(),
            };
            match command.as_str() {
                "q" | "Q" => {
                    self.flush_held()?;
                    if fault.is("quit-answered") {
                        self.send("bye".as_bytes())?;
                    }
                    if fault.is("quit-stays") {
                        self.wait_for_end();
                    }
                    if !fault.is("quit-goes-on") || self.peer.pending.is_empty() {
                        return Ok(());
                    }
                }
                "file" | "FILE" => {
                    let Some(header) = self.text()? else {
                        return Err(End::Cut);
                    };
                    self.receive(&header)?;
                }
                "file+md5" if self.config.habit == "extension" => self.send(b"file+md5 ready")?,
                _ => self.reply(&text)?,
            }
        }
    }

    fn reply(&mut self, text: &str) -> Result<(), End> {
        let fault = self.fault;
        let same = self.peer.last_text.as_deref() == Some(text);
        self.peer.last_text = Some(text.to_owned());
        if fault.is("empty-unanswered") && text.is_empty() || fault.is("repeats-unanswered") && same
        {
            return Ok(());
        }
        if fault.is("pipelined-last-only") {
            self.peer.replies_held.push(text.to_owned());
            return Ok(());
        }
        if fault.is("half-close-drops") {
            self.peer.stream.set_nonblocking(true)?;
            let ended = matches!(self.peer.stream.peek(&mut [0]), Ok(0));
            self.peer.stream.set_nonblocking(false)?;
            if ended {
                return Ok(());
            }
        }
        self.reply_now(text)?;
        if fault.is("double-reply") {
            self.reply_now(text)?;
        }
        Ok(())
    }

    fn reply_now(&mut self, text: &str) -> Result<(), End> {
        let now = jiff::ZonedDateTime::now();
        let form = match self.fault.0 {
            "reply-without-zeros" => "服务端于%Y年%-m月%-d日%-H时%-M分%-S秒收到了你发来的",
            "reply-month-minute" => "服务端于%Y年%M月%d日%H时%m分%S秒收到了你发来的",
            _ => "服务端于%Y年%m月%d日%H时%M分%S秒收到了你发来的",
        };
        let head = now.strftime(form).to_string();
        let reply = match self.fault.0 {
            "reply-ascii-quotes" => format!("{head}\"{text}\"信息!"),
            "reply-bare" => text.to_owned(),
            "reply-newline" => format!("{head}“{text}”信息!\n"),
            _ => format!("{head}“{text}”信息!"),
        };
        self.send(reply.as_bytes())
    }

    fn send(&mut self, payload: &[u8]) -> Result<(), End> {
        let length = payload.len() as u32;
        let octets = match self.fault.0 {
            "reply-length-little-endian" => length.to_le_bytes(),
            "reply-length-counts-itself" => (length + 4).to_be_bytes(),
            "reply-length-characters" => {
                let text = String::from_utf8_lossy(payload);
                (text.chars().count() as u32).to_be_bytes()
            }
            _ => length.to_be_bytes(),
        };
        let frame = [octets.as_slice(), payload].concat();
        if self.fault.is("partial-write") {
            self.peer.stream.set_nonblocking(true)?;
            let written = loop {
                match self.peer.stream.write(&frame) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        thread::sleep(Duration::from_millis(1));
                    }
                    other => break other,
                }
            };
            self.peer.stream.set_nonblocking(false)?;
            written?;
            return Ok(());
        }
        match self.config.habit {
            "one-octet-replies" if frame.len() <= 4096 => {
                for octet in frame.chunks(1) {
                    self.peer.stream.write_all(octet)?;
                }
            }
            "slow-replies" => {
                thread::sleep(Duration::from_millis(2));
                self.peer.stream.write_all(&frame)?;
            }
            _ => self.peer.stream.write_all(&frame)?,
        }
        Ok(())
    }

    fn header(&self, header: &str) -> Option<(String, u64)> {
        let fault = self.fault;
        let (name, figures) = if fault.is("header-first-comma") {
            header.split_once(',')?
        } else {
            header.rsplit_once(',')?
        };
        let figures = match fault.0 {
            "length-sign" => figures.strip_prefix('+').unwrap_or(figures).to_owned(),
            "length-space" => figures.trim().to_owned(),
            "length-underscore" => figures.replace('_', ""),
            "length-any-digits" => figures
                .chars()
                .map(|c| {
                    c.to_digit(10)
                        .map_or_else(|| other_digit(c), |d| char::from(b'0' + d as u8))
                })
                .collect(),
            "length-prefix" => figures.chars().take_while(char::is_ascii_digit).collect(),
            _ => figures.to_owned(),
        };
        let digits = figures.bytes().all(|octet| octet.is_ascii_digit());
        if self.config.habit == "zeros-refused" && figures.len() > 1 && figures.starts_with('0') {
            return None;
        }
        if figures.is_empty() || !digits || figures.len() > 10 && !fault.is("length-wraps") {
            return None;
        }
        let mut length: u128 = figures.parse().ok()?;
        if fault.is("length-wraps") {
            length &= 0xFFFF_FFFF;
        }
        let length = u64::from(u32::try_from(length).ok()?);
        let mut name = name.to_owned();
        if fault.is("name-basename") {
            name = name.rsplit(['/', '\\']).next()?.to_owned();
        }
        let plain = !name.contains(['/', '\\', '\0']) && name != "." && name != "..";
        let fits = (1..=255).contains(&name.len());
        let accepted = match fault.0 {
            "traversal" => !name.is_empty() && !name.contains('\0'),
            "name-any" => !name.contains(['/', '\0']) && fits && name != "." && name != "..",
            "name-no-spaces" => plain && fits && !name.contains(' '),
            "name-no-dots" => plain && fits && !name.starts_with('.'),
            "name-ascii" => plain && fits && name.is_ascii(),
            "name-100" => plain && fits && name.len() <= 100,
            _ => plain && fits,
        };
        accepted.then_some((name, length))
    }

    fn receive(&mut self, header: &str) -> Result<(), End> {
        let fault = self.fault;
        let (name, length) = self.header(header).ok_or(End::Protocol)?;
        let target = self.config.dir.join(&name);
        let direct = ["partial-kept", "partial-visible", "old-lost"].contains(&fault.0);
        if fault.is("old-lost") {
            let _ = fs::remove_file(&target);
        }
        let (path, file) = self.open(&target, direct);
        let mut file = match file {
            Ok(file) => Some(file),
            Err(_) if fault.is("write-errors-ignored") => None,
            Err(_) => return Err(End::Cut),
        };
        let body = self.body(length, file.as_mut());
        let keep = match body {
            Ok(()) => true,
            Err(_) => fault.is("partial-kept"),
        };
        if !keep {
            let _ = fs::remove_file(&path);
        } else if path != target && file.is_some() {
            let skip = fault.is("empty-body-nothing") && length == 0;
            if skip || fault.is("keeps-old") && target.exists() {
                let _ = fs::remove_file(&path);
            } else if fault.is("writes-over") && target.is_file() && !target.is_symlink() {
                let mut old = OpenOptions::new().write(true).open(&target)?;
                io::copy(&mut File::open(&path)?, &mut old)?;
                let _ = fs::remove_file(&path);
            } else if fault.is("follows-links") {
                fs::copy(&path, &target)?;
                let _ = fs::remove_file(&path);
            } else {
                let renamed = fs::rename(&path, &target);
                if renamed.is_err() {
                    let _ = fs::remove_file(&path);
                }
                if !fault.is("temporary-shared") {
                    renamed?;
                }
            }
        }
        body?;
        if fault.is("copy-beside") {
            fs::copy(&target, self.config.dir.with_file_name("copy"))?;
        }
        if fault.is("transfer-acknowledged") {
            self.send("stored".as_bytes())?;
        }
        Ok(())
    }

    fn open(&self, target: &Path, direct: bool) -> (PathBuf, io::Result<File>) {
        if direct {
            if fs::symlink_metadata(target).is_ok_and(|metadata| metadata.is_symlink()) {
                return (target.to_owned(), Err(io::Error::other("a link")));
            }
            return (target.to_owned(), File::create(target));
        }
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = if self.fault.is("temporary-shared") {
            0
        } else {
            NUMBER.fetch_add(1, Ordering::SeqCst)
        };
        let path = self.config.dir.join(format!(".part-{number}"));
        let file = File::create(&path);
        (path, file)
    }

    fn body(&mut self, length: u64, mut file: Option<&mut File>) -> Result<(), End> {
        let fault = self.fault;
        let mut left = length;
        let mut held = Vec::new();
        if fault.is("empty-body-waits") && length == 0 {
            self.need(1)?;
            self.take(1.min(self.peer.pending.len()));
        }
        if fault.is("body-off-by-one") {
            left += 1;
        }
        while left > 0 {
            if self.peer.pending.is_empty() && !self.read()? {
                return Err(End::Cut);
            }
            let arrived = self.peer.pending.len();
            let mut count = arrived.min(usize::try_from(left).unwrap_or(usize::MAX));
            if fault.is("body-overread") {
                count = arrived.min(1024.max(count));
            }
            let mut piece = self.take(count);
            left = left.saturating_sub(count as u64);
            if fault.is("body-text-mode") {
                let text: Vec<u8> = piece
                    .iter()
                    .enumerate()
                    .filter(|(place, octet)| {
                        **octet != b'\r' || piece.get(place + 1) != Some(&b'\n')
                    })
                    .map(|(_, octet)| *octet)
                    .collect();
                piece = text;
            }
            if fault.is("body-in-memory") {
                held.extend_from_slice(&piece);
            } else if let Some(file) = &mut file {
                let full = length.saturating_sub(left) > 64 * 1024 * 1024;
                if !(fault.is("full-disk-ignored") && full) {
                    file.write_all(&piece)?;
                }
            }
        }
        if let Some(file) = file {
            file.write_all(&held)?;
        }
        if fault.is("body-dropped")
            || fault.is("body-multiple") && length > 0 && length.is_multiple_of(4096)
        {
            self.peer.pending.clear();
        }
        Ok(())
    }
}

/// Whether two octets in a row are so.
fn has(payload: &[u8], are: impl Fn(&[u8]) -> bool) -> bool {
    payload.windows(2).any(are)
}

fn other_digit(character: char) -> char {
    for zero in ['\u{660}', '\u{966}', '\u{ff10}'] {
        let value = (character as u32).wrapping_sub(zero as u32);
        if value < 10 {
            return char::from(b'0' + value as u8);
        }
    }
    character
}
