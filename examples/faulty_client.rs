//! A client of class `transfer` as an ordinary programmer writes one, sharing no code with the
//! reference, and with `--fault NAME` wrong in exactly one place.
//!
//!     faulty_client HOST PORT DIR [--fault NAME | --habit NAME]
//!
//! One thread reads what is typed and sends it, another reads the replies and shows them.
//! `--list` prints each fault with its requirement, `--habits` what is odd and right.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufRead, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::exit;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::Duration;

/// Every fault: its name, the requirement it breaks, and what it is.
const FAULTS: &[(&str, &str, &str)] = &[
    (
        "little-endian",
        "LEN-1",
        "writes lengths least significant octet first",
    ),
    ("two-octets", "LEN-1", "writes lengths of two octets"),
    ("counts-itself", "FRM-1", "counts the length's own octets"),
    ("no-length", "FRM-1", "sends texts as they are"),
    ("characters", "MSG-1", "counts characters"),
    ("utf-16-units", "MSG-1", "counts units of UTF-16"),
    ("latin-1", "MSG-3", "encodes what it can in Latin-1"),
    (
        "lossy-replies",
        "MSG-3",
        "repairs replies that are not UTF-8",
    ),
    ("trims", "MSG-4", "trims what was typed"),
    ("line-end", "MSG-4", "sends the end of the line"),
    ("nul-ends", "MSG-4", "takes U+0000 for the end"),
    ("strips-mark", "MSG-4", "strips U+FEFF at the start"),
    ("stale-text", "MSG-4", "sends its first text again"),
    (
        "short-length",
        "FRM-2",
        "takes what one read gives for a whole length",
    ),
    (
        "short-reply",
        "FRM-2",
        "takes what one read gives for a whole reply",
    ),
    (
        "long-reply-short",
        "FRM-2",
        "takes a reply of more than 1,024 octets for whole then",
    ),
    (
        "gives-up-on-short-reads",
        "FRM-2",
        "gives up when one read does not bring it all",
    ),
    (
        "one-read-a-reply",
        "FRM-2",
        "takes what one read gives for a length and all of its payload",
    ),
    ("tail-lost", "FRM-3", "drops what comes behind a reply"),
    (
        "cut-is-whole",
        "FRM-6",
        "asks for what is to be typed, and shows what came of a reply when the stream ends",
    ),
    (
        "quiet",
        "FRM-6",
        "asks for what is to be typed, and never says what went wrong",
    ),
    (
        "no-error-at-end",
        "SES-11",
        "says goodbye as if all were well when a reply is missing",
    ),
    (
        "partial-write",
        "FRM-9",
        "writes no more than 100,000 octets of a message",
    ),
    ("no-quit", "SES-12", "closes without `q`"),
    ("stays", "SES-12", "sends `q` and does not close"),
    ("extra-quit", "SES-12", "sends `q` twice"),
    ("no-comma", "TRF-1", "puts a space between name and length"),
    ("base-name-only", "TRF-1", "cuts a name at its first comma"),
    ("length-first", "TRF-1", "puts the length before the name"),
    ("header-space", "TRF-2", "writes a space behind the comma"),
    ("leading-zeros", "TRF-2", "writes ten digits always"),
    (
        "header-line-end",
        "TRF-2",
        "ends the header with a line end",
    ),
    ("framed-body", "TRF-3", "puts the body into a frame"),
    (
        "framed-chunks",
        "TRF-3",
        "puts each chunk of a body into a frame",
    ),
    ("text-mode", "TRF-3", "turns \\n into \\r\\n"),
    ("empty-as-one", "TRF-13", "sends an octet for an empty file"),
    (
        "awaits-acknowledgement",
        "TRF-6",
        "waits for a reply to a file",
    ),
    ("path", "TRF-7", "sends whatever path was typed"),
    (
        "command-first",
        "TRF-12",
        "sends the command before it looks for the file",
    ),
    (
        "missing-is-empty",
        "TRF-12",
        "sends an empty file where there is none",
    ),
    ("size-wraps", "TRF-12", "takes the size modulo 2^32"),
    (
        "one-too-many",
        "TRF-13",
        "sends an octet more than announced",
    ),
    (
        "one-too-few",
        "TRF-13",
        "sends an octet less than announced",
    ),
    (
        "what-is-there",
        "TRF-13",
        "sends the file to its end, however long that is",
    ),
    ("pads", "TRF-13", "fills up with zeros what is missing"),
    (
        "goes-on-when-short",
        "TRF-13",
        "goes on when the file was shorter than announced",
    ),
    (
        "chunk-too-much",
        "TRF-13",
        "sends whole chunks of 4,096 octets only",
    ),
];

/// What is odd, and right.
const HABITS: &[(&str, &str)] = &[
    ("octets", "writes one octet at a time"),
    ("prompts", "asks for what is to be typed"),
    ("chatty", "says a lot on standard error"),
    ("in-memory", "reads a file whole before it announces it"),
    ("capitals", "writes its commands in capitals"),
    ("base-name", "sends a file by a path under its plain name"),
    ("short-lines", "takes no lines of 1,000 octets and more"),
    ("silent", "shows no replies"),
    ("buffered", "shows replies when it ends"),
    (
        "errors-on-stdout",
        "reports errors on standard output, and exits with 0",
    ),
    (
        "warns",
        "says a lot on standard error at its start, reports errors there too, and exits with 0",
    ),
    ("lingers", "closes a moment after its `q`"),
    ("parts", "says goodbye after its `q`"),
    ("late", "connects when something has been typed"),
];

#[derive(Clone)]
struct Client {
    dir: String,
    fault: String,
    habit: String,
    first_text: OnceLock<String>,
}

/// Replies that are owed.
static OWED: AtomicUsize = AtomicUsize::new(0);

/// What a client that buffers its output will have written in the end.
static SHOWN: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn leave(status: i32) -> ! {
    for text in SHOWN.lock().expect("nobody panics").iter() {
        println!("{text}");
    }
    exit(status);
}

fn part() -> ! {
    println!("goodbye");
    exit(0);
}

/// The session is over by our own will.
static OVER: AtomicBool = AtomicBool::new(false);

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("--list") => {
            for (name, requirement, what) in FAULTS {
                println!("{name}\t{requirement}\t{what}");
            }
            return;
        }
        Some("--habits") => {
            for (name, what) in HABITS {
                println!("{name}\t{what}");
            }
            return;
        }
        _ => {}
    }
    let [host, port, dir, ..] = arguments.as_slice() else {
        eprintln!("faulty_client HOST PORT DIR [--fault NAME | --habit NAME]");
        exit(2);
    };
    let given = |flag: &str| {
        let at = arguments.iter().position(|argument| argument == flag);
        at.and_then(|at| arguments.get(at + 1))
            .cloned()
            .unwrap_or_default()
    };
    let client = Client {
        dir: dir.clone(),
        fault: given("--fault"),
        habit: given("--habit"),
        first_text: OnceLock::new(),
    };
    if !client.fault.is_empty() && !FAULTS.iter().any(|(name, ..)| *name == client.fault)
        || !client.habit.is_empty() && !HABITS.iter().any(|(name, _)| *name == client.habit)
    {
        eprintln!("there is no such fault or habit");
        exit(2);
    }
    if client.habit == "warns" {
        eprintln!("{}", "a client starts\n".repeat(2_000));
    }
    if client.habit == "late" {
        let _ = io::stdin().lock().fill_buf();
    }
    let stream = TcpStream::connect(format!("{host}:{port}")).unwrap_or_else(|error| {
        eprintln!("connecting: {error}");
        exit(1);
    });
    let (reader, replies) = (
        client.clone(),
        stream.try_clone().expect("a socket can be cloned"),
    );
    thread::spawn(move || reader.show_replies(replies));
    if let Err(error) = client.send_what_is_typed(stream) {
        client.report(&error.to_string());
    }
}

impl Client {
    fn has(&self, fault: &str) -> bool {
        self.fault == fault
    }

    fn report(&self, error: &str) -> ! {
        if self.has("quiet") {
            exit(0);
        }
        if self.habit == "errors-on-stdout" {
            println!("something went wrong: {error}");
            exit(0);
        }
        eprintln!("{error}");
        leave(i32::from(self.habit != "warns"));
    }

    fn send_what_is_typed(&self, mut stream: TcpStream) -> io::Result<()> {
        let stdin = io::stdin();
        loop {
            let mut line = Vec::new();
            if self.habit == "prompts" || self.has("quiet") || self.has("cut-is-whole") {
                print!("> ");
                io::stdout().flush()?;
            }
            if self.habit == "chatty" {
                eprintln!("waiting for a line");
            }
            if stdin.lock().read_until(b'\n', &mut line)? == 0 {
                line = b"q\n".to_vec();
            }
            if !self.has("line-end") && line.ends_with(b"\n") {
                line.pop();
            }
            if self.habit == "short-lines" && line.len() >= 1_000 {
                continue;
            }
            let mut text = String::from_utf8(line).map_err(io::Error::other)?;
            if self.has("trims") {
                text = text.trim().to_owned();
            }
            if self.has("nul-ends") {
                text.truncate(text.find('\0').unwrap_or(text.len()));
            }
            if self.has("stale-text") && text != "q" && text != "file" {
                text = self.first_text.get_or_init(|| text.clone()).clone();
            }
            if self.has("strips-mark") {
                text = text.trim_start_matches('\u{FEFF}').to_owned();
            }
            match text.trim_end_matches('\n') {
                "q" | "Q" => return self.leave(stream),
                "file" | "FILE" => self.send_file(&mut stream)?,
                "" => {}
                _ => {
                    OWED.fetch_add(1, Ordering::SeqCst);
                    self.message(&mut stream, &text)?;
                }
            }
        }
    }

    fn leave(&self, mut stream: TcpStream) -> io::Result<()> {
        OVER.store(true, Ordering::SeqCst);
        if !self.has("no-quit") {
            self.message(&mut stream, "q")?;
        }
        if self.has("extra-quit") {
            self.message(&mut stream, "q")?;
        }
        if self.has("stays") {
            loop {
                thread::park();
            }
        }
        if self.habit == "lingers" {
            thread::sleep(Duration::from_millis(100));
        }
        stream.shutdown(Shutdown::Both)?;
        if self.habit == "parts" || self.has("no-error-at-end") {
            part();
        }
        leave(0);
    }

    fn message(&self, stream: &mut TcpStream, text: &str) -> io::Result<()> {
        let payload = if self.has("latin-1") && text.chars().all(|c| u32::from(c) < 256) {
            text.chars().map(|c| c as u8).collect()
        } else {
            text.as_bytes().to_vec()
        };
        let length = match self.fault.as_str() {
            "counts-itself" => payload.len() + 4,
            "characters" => text.chars().count(),
            "utf-16-units" => text.encode_utf16().count(),
            _ => payload.len(),
        };
        let length = (length as u32).to_be_bytes();
        let mut octets = match self.fault.as_str() {
            "little-endian" => length.iter().rev().copied().collect(),
            "two-octets" => length[2..].to_vec(),
            "no-length" => Vec::new(),
            _ => length.to_vec(),
        };
        octets.extend(payload);
        self.write(stream, &octets)
    }

    fn write(&self, stream: &mut TcpStream, octets: &[u8]) -> io::Result<()> {
        if self.has("partial-write") {
            return stream.write_all(&octets[..octets.len().min(100_000)]);
        }
        if self.habit == "octets" {
            stream.set_nodelay(true)?;
            // A large body would take minutes so.
            let size = if octets.len() < 2_048 { 1 } else { 1_000 };
            return octets
                .chunks(size)
                .try_for_each(|piece| stream.write_all(piece));
        }
        stream.write_all(octets)
    }

    fn send_file(&self, stream: &mut TcpStream) -> io::Result<()> {
        let command = if self.habit == "capitals" {
            "FILE"
        } else {
            "file"
        };
        if self.has("command-first") {
            self.message(stream, command)?;
        }
        let mut typed = String::new();
        io::stdin().lock().read_line(&mut typed)?;
        let typed = typed.trim_end_matches('\n');
        let plain = typed.rsplit('/').next().unwrap_or(typed);
        let is_plain = plain == typed && !matches!(typed, "" | "." | "..");
        let path = Path::new(&self.dir).join(typed);
        let name = match (self.fault.as_str(), self.habit.as_str()) {
            ("path", _) => typed,
            (_, "base-name") if !matches!(plain, "" | "." | "..") => plain,
            _ if is_plain => typed,
            _ => {
                println!("{typed}: not sent: not a plain name");
                return Ok(());
            }
        };
        let known = fs::metadata(&path);
        let size = match &known {
            Ok(found) if found.is_file() && found.len() <= u64::from(u32::MAX) => found.len(),
            Ok(found) if found.is_file() && self.has("size-wraps") => found.len() & 0xFFFF_FFFF,
            _ if self.has("missing-is-empty") => 0,
            _ => {
                println!("{typed}: not sent: it is no file, or too large");
                return Ok(());
            }
        };
        let mut body: Box<dyn Read> = match File::open(&path) {
            Ok(_) if self.habit == "in-memory" => Box::new(io::Cursor::new(fs::read(&path)?)),
            Ok(file) => Box::new(file),
            Err(_) => Box::new(io::empty()),
        };
        if !self.has("command-first") {
            self.message(stream, command)?;
        }
        let shown_name = if self.has("base-name-only") {
            name.split(',').next().unwrap_or(name)
        } else {
            name
        };
        self.message(
            stream,
            &match self.fault.as_str() {
                "no-comma" => format!("{name} {size}"),
                "length-first" => format!("{size},{name}"),
                "header-space" => format!("{name}, {size}"),
                "leading-zeros" => format!("{name},{size:010}"),
                "header-line-end" => format!("{name},{size}\n"),
                _ => format!("{shown_name},{size}"),
            },
        )?;
        if self.has("framed-body") {
            self.write(stream, &(size as u32).to_be_bytes())?;
        }
        let mut left = size;
        if self.has("one-too-few") {
            left = left.saturating_sub(1);
        }
        if self.has("what-is-there") {
            left = u64::MAX;
        }
        let mut chunk = vec![0; 4_096];
        while left > 0 {
            let most = left.min(chunk.len() as u64) as usize;
            let count = body.read(&mut chunk[..most])?;
            if count == 0 {
                match self.fault.as_str() {
                    "pads" => {
                        let zeros = vec![0; left as usize];
                        self.write(stream, &zeros)?;
                    }
                    "what-is-there" | "goes-on-when-short" => {}
                    _ => {
                        stream.shutdown(Shutdown::Both)?;
                        return Err(io::Error::other("the file shrank while it was sent"));
                    }
                }
                break;
            }
            left -= count as u64;
            if self.has("framed-chunks") {
                self.write(stream, &(count as u32).to_be_bytes())?;
            }
            if self.has("text-mode") {
                let text = chunk[..count].split_inclusive(|octet| *octet == b'\n');
                for line in text {
                    match line.strip_suffix(b"\n") {
                        Some(line) => self.write(stream, &[line, b"\r\n"].concat())?,
                        None => self.write(stream, line)?,
                    }
                }
                continue;
            }
            let whole = if self.has("chunk-too-much") {
                chunk.len()
            } else {
                count
            };
            self.write(stream, &chunk[..whole])?;
        }
        if self.has("one-too-many") && size > 0 || self.has("empty-as-one") && size == 0 {
            self.write(stream, b"x")?;
        }
        println!("{typed}: sent");
        if self.has("awaits-acknowledgement") {
            OWED.fetch_add(1, Ordering::SeqCst);
            while OWED.load(Ordering::SeqCst) > 0 {
                thread::park_timeout(Duration::from_secs(3_600));
            }
        }
        Ok(())
    }

    fn show_replies(&self, mut stream: TcpStream) {
        match self.replies(&mut stream) {
            Ok(()) if OVER.load(Ordering::SeqCst) => {}
            Ok(()) if self.has("no-error-at-end") => part(),
            Ok(()) if OWED.load(Ordering::SeqCst) > 0 => {
                self.report("the server closed and owes a reply");
            }
            Ok(()) => self.report("the server closed"),
            Err(_) if OVER.load(Ordering::SeqCst) => {}
            Err(error) => self.report(&error.to_string()),
        }
    }

    /// Reads and shows replies up to a clean end of the stream.
    fn replies(&self, stream: &mut TcpStream) -> io::Result<()> {
        loop {
            if self.has("one-read-a-reply") {
                let mut reply = vec![0; 65_536];
                let count = stream.read(&mut reply)?;
                if count == 0 {
                    return Ok(());
                }
                println!("{}", String::from_utf8_lossy(&reply[4.min(count)..count]));
                OWED.fetch_sub(1, Ordering::SeqCst);
                continue;
            }
            let mut length = [0; 4];
            if self.has("gives-up-on-short-reads") {
                match stream.read(&mut length)? {
                    0 => return Ok(()),
                    4 => {}
                    _ => exit(0),
                }
            } else if self.has("short-length") {
                if stream.read(&mut length)? == 0 {
                    return Ok(());
                }
            } else if !fill(stream, &mut length, true)? {
                return Ok(());
            }
            let length = u32::from_be_bytes(length) as usize;
            let payload = self.reply(stream, length)?;
            if self.has("tail-lost") {
                stream.set_nonblocking(true)?;
                let _ = stream.read(&mut [0; 4_096]);
                stream.set_nonblocking(false)?;
            }
            let text = if self.has("lossy-replies") {
                String::from_utf8_lossy(&payload).into_owned()
            } else {
                String::from_utf8(payload).map_err(io::Error::other)?
            };
            if self.habit == "buffered" {
                let mut shown = SHOWN.lock().expect("nobody panics");
                shown.push(text);
                OWED.fetch_sub(1, Ordering::SeqCst);
                continue;
            }
            if self.habit != "silent" {
                println!("{text}");
            }
            OWED.fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn reply(&self, stream: &mut TcpStream, length: usize) -> io::Result<Vec<u8>> {
        let mut payload = Vec::new();
        if self.has("short-reply") || self.has("long-reply-short") && length > 1_024 {
            payload.resize(length.min(65_536), 0);
            let count = stream.read(&mut payload)?;
            payload.truncate(count);
            return Ok(payload);
        }
        if self.has("gives-up-on-short-reads") {
            payload.resize(length.min(65_536), 0);
            if stream.read(&mut payload)? < payload.len() {
                exit(0);
            }
            return Ok(payload);
        }
        stream.take(length as u64).read_to_end(&mut payload)?;
        if payload.len() < length && !self.has("cut-is-whole") {
            return Err(io::Error::other("the server closed inside a reply"));
        }
        Ok(payload)
    }
}

/// Fills a buffer; false at the end of the stream, where that may be.
fn fill(stream: &mut TcpStream, buffer: &mut [u8], may_end: bool) -> io::Result<bool> {
    let mut filled = 0;
    while filled < buffer.len() {
        match stream.read(&mut buffer[filled..])? {
            0 if filled == 0 && may_end => return Ok(false),
            0 => return Err(io::Error::other("the server closed inside a length")),
            count => filled += count,
        }
    }
    Ok(true)
}
