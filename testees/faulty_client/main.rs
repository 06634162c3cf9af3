//! A client of class `transfer` as an ordinary programmer writes one, sharing no code with the
//! reference, and with `--fault NAME` wrong in exactly one place.
//!
//!     faulty_client HOST PORT DIR [--verify] [--fault NAME | --habit NAME]
//!
//! One thread reads what is typed and sends it, another reads the replies and shows them.
//! `--list` prints each fault with its requirement, `--habits` what is odd and right.

#[macro_use]
#[path = "../planted.rs"]
mod table;
mod planted;
mod queues;
mod verified;

use std::cell::{Cell, RefCell};
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

use planted::{Fault, Habit};

#[derive(Clone)]
struct Client {
    dir: String,
    fault: Option<Fault>,
    habit: Option<Habit>,
    first_text: OnceLock<String>,
    last_text: RefCell<String>,
    /// It has verified transfers (VTR).
    verify: bool,
    /// The server has no verified transfers, as it has shown.
    unverified: Cell<bool>,
    /// The digest of all files, for a fault.
    digest: RefCell<Option<Vec<u8>>>,
}

/// Replies that are owed.
static OWED: AtomicUsize = AtomicUsize::new(0);

/// Texts that a client with buffered output will have written in the end.
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
            Fault::list();
            return;
        }
        Some("--habits") => {
            Habit::list();
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
    };
    let unknown = || -> ! {
        eprintln!("there is no such fault or habit");
        exit(2);
    };
    let client = Client {
        dir: dir.clone(),
        fault: given("--fault").map(|name| Fault::named(name).unwrap_or_else(|| unknown())),
        habit: given("--habit").map(|name| Habit::named(name).unwrap_or_else(|| unknown())),
        first_text: OnceLock::new(),
        last_text: RefCell::default(),
        verify: arguments.iter().any(|argument| argument == "--verify"),
        unverified: Cell::new(false),
        digest: RefCell::new(None),
    };
    if client.habit == Some(Habit::Warns) {
        eprintln!("{}", "a client starts\n".repeat(2_000));
    }
    if client.habit == Some(Habit::Late) {
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
    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn report(&self, error: &str) -> ! {
        if self.has(Fault::Quiet) || self.has(Fault::LossUnsaid) && queues::wants_answer() {
            exit(0);
        }
        if self.habit == Some(Habit::ErrorsOnStdout) {
            println!("something went wrong: {error}");
            exit(0);
        }
        eprintln!("{error}");
        leave(i32::from(self.habit != Some(Habit::Warns)));
    }

    fn send_what_is_typed(&self, mut stream: TcpStream) -> io::Result<()> {
        let stdin = io::stdin();
        loop {
            let mut line = Vec::new();
            if self.habit == Some(Habit::Prompts)
                || self.has(Fault::Quiet)
                || self.has(Fault::CutIsWhole)
            {
                print!("> ");
                io::stdout().flush()?;
            }
            if self.habit == Some(Habit::Chatty) {
                eprintln!("waiting for a line");
            }
            if stdin.lock().read_until(b'\n', &mut line)? == 0 {
                line = b"q\n".to_vec();
            }
            if !self.has(Fault::LineEnd) && line.ends_with(b"\n") {
                line.pop();
            }
            if self.habit == Some(Habit::ShortLines) && line.len() >= 1_000 {
                continue;
            }
            let mut text = String::from_utf8(line).map_err(io::Error::other)?;
            if self.has(Fault::Trims) {
                text = text.trim().to_owned();
            }
            if self.has(Fault::NulEnds) {
                text.truncate(text.find('\0').unwrap_or(text.len()));
            }
            let is_command = ["q", "file"].contains(&text.as_str());
            if self.has(Fault::StaleText) && !is_command {
                text = self.first_text.get_or_init(|| text.clone()).clone();
            }
            if self.has(Fault::RepeatDropped)
                && !is_command
                && self.last_text.replace(text.clone()) == text
            {
                continue;
            }
            if self.has(Fault::StripsMark) {
                text = text.trim_start_matches('\u{FEFF}').to_owned();
            }
            match text.trim_end_matches('\n') {
                "q" | "Q" => return self.leave(stream),
                text if self.verified_by(text).is_some() => {
                    let by = self.verified_by(text).expect("just looked at");
                    self.send_verified(&mut stream, by)?;
                }
                "file" | "FILE" => self.send_file(&mut stream)?,
                "" => {}
                _ => {
                    OWED.fetch_add(1, Ordering::SeqCst);
                    self.frame(&mut stream, &text, true)?;
                    if self.has(Fault::OneBehind) {
                        queues::show_one_reply();
                    }
                }
            }
        }
    }

    fn leave(&self, mut stream: TcpStream) -> io::Result<()> {
        queues::wait_for_bodies();
        queues::wait_for_senders();
        OVER.store(true, Ordering::SeqCst);
        let verified = self.digest.borrow().is_some();
        let without_quit = self.has(Fault::QuitUnsaid) && verified;
        if !self.has(Fault::NoQuit) && !without_quit {
            self.message(&mut stream, "q")?;
        }
        if self.has(Fault::ExtraQuit) {
            self.message(&mut stream, "q")?;
        }
        if self.has(Fault::Stays) {
            loop {
                thread::park();
            }
        }
        if self.habit == Some(Habit::Lingers) {
            thread::sleep(Duration::from_millis(100));
        }
        queues::wait_for_senders();
        if self.has(Fault::LeavesEarly) {
            leave(0);
        }
        stream.shutdown(Shutdown::Both)?;
        if self.habit == Some(Habit::Parts) || self.has(Fault::NoErrorAtEnd) {
            part();
        }
        leave(0);
    }

    fn message(&self, stream: &mut TcpStream, text: &str) -> io::Result<()> {
        self.frame(stream, text, false)
    }

    fn frame(&self, stream: &mut TcpStream, text: &str, is_line: bool) -> io::Result<()> {
        let payload = if self.has(Fault::Latin1) && text.chars().all(|c| u32::from(c) < 256) {
            text.chars().map(|c| c as u8).collect()
        } else {
            text.as_bytes().to_vec()
        };
        let length = match self.fault {
            Some(Fault::CountsItself) => payload.len() + 4,
            Some(Fault::Characters) => text.chars().count(),
            Some(Fault::Utf16Units) => text.encode_utf16().count(),
            _ => payload.len(),
        };
        let length = (length as u32).to_be_bytes();
        let mut octets = match self.fault {
            Some(Fault::LittleEndian) => length.iter().rev().copied().collect(),
            Some(Fault::TwoOctets) => length[2..].to_vec(),
            Some(Fault::NoLength) => Vec::new(),
            _ => length.to_vec(),
        };
        octets.extend(payload);
        if self.has(Fault::TwoSenders) {
            queues::hand_over(stream, octets)?;
            // Only lines that follow one another at once may meet.
            if !is_line {
                queues::wait_for_senders();
            }
            return Ok(());
        }
        self.write(stream, &octets)
    }

    fn write(&self, stream: &mut TcpStream, octets: &[u8]) -> io::Result<()> {
        if self.has(Fault::LeavesEarly) {
            return queues::write_later(stream, octets);
        }
        if self.has(Fault::PartialWrite) {
            return stream.write_all(&octets[..octets.len().min(100_000)]);
        }
        if self.habit == Some(Habit::Octets) {
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
        let command = if self.habit == Some(Habit::Capitals) {
            "FILE"
        } else {
            "file"
        };
        queues::wait_for_senders();
        if self.has(Fault::CommandFirst) {
            self.message(stream, command)?;
        }
        let typed = read_name()?;
        self.send_named(stream, command, &typed)
    }

    fn send_named(&self, stream: &mut TcpStream, command: &str, typed: &str) -> io::Result<()> {
        let plain = typed.rsplit('/').next().unwrap_or(typed);
        let is_plain = plain == typed && !matches!(typed, "" | "." | "..");
        let path = Path::new(&self.dir).join(typed);
        let name = match (self.fault, self.habit) {
            (Some(Fault::Path), _) => typed,
            (_, Some(Habit::BaseName)) if !matches!(plain, "" | "." | "..") => plain,
            _ if is_plain => typed,
            _ => {
                println!("{typed}: not sent: not a plain name");
                return Ok(());
            }
        };
        let known = fs::metadata(&path);
        let size = match &known {
            Ok(found) if found.is_file() && found.len() <= u64::from(u32::MAX) => found.len(),
            Ok(found) if found.is_file() && self.has(Fault::SizeWraps) => found.len() & 0xFFFF_FFFF,
            _ if self.has(Fault::MissingIsEmpty) => 0,
            _ => {
                println!("{typed}: not sent: it is no file, or too large");
                return Ok(());
            }
        };
        let mut body: Box<dyn Read + Send> = match File::open(&path) {
            Ok(_) if self.habit == Some(Habit::InMemory) => {
                Box::new(io::Cursor::new(fs::read(&path)?))
            }
            Ok(file) => Box::new(file),
            Err(_) => Box::new(io::empty()),
        };
        if !self.has(Fault::CommandFirst) {
            self.message(stream, command)?;
        }
        let shown_name = if self.has(Fault::BaseNameOnly) {
            name.split(',').next().unwrap_or(name)
        } else {
            name
        };
        self.message(
            stream,
            &match self.fault {
                Some(Fault::NoComma) => format!("{name} {size}"),
                Some(Fault::LengthFirst) => format!("{size},{name}"),
                Some(Fault::HeaderSpace) => format!("{name}, {size}"),
                Some(Fault::LeadingZeros) => format!("{name},{size:010}"),
                Some(Fault::HeaderLineEnd) => format!("{name},{size}\n"),
                _ => format!("{shown_name},{size}"),
            },
        )?;
        if self.has(Fault::FramedBody) {
            self.write(stream, &(size as u32).to_be_bytes())?;
        }
        if self.has(Fault::BodyBeside) {
            println!("{typed}: sent");
            return queues::send_beside(stream, body);
        }
        if size > queues::BY_THE_SYSTEM {
            let file = File::open(&path)?;
            return queues::send_by_the_system(stream, &file, size, self.has(Fault::OneCall));
        }
        let mut left = size;
        if self.has(Fault::OneTooFew) {
            left = left.saturating_sub(1);
        }
        if self.has(Fault::WhatIsThere) {
            left = u64::MAX;
        }
        let mut chunk = vec![0; 4_096];
        while left > 0 {
            let most = left.min(chunk.len() as u64) as usize;
            let count = body.read(&mut chunk[..most])?;
            if count == 0 {
                match self.fault {
                    Some(Fault::Pads) => {
                        let zeros = vec![0; left as usize];
                        self.write(stream, &zeros)?;
                    }
                    Some(Fault::WhatIsThere | Fault::GoesOnWhenShort) => {}
                    _ => {
                        stream.shutdown(Shutdown::Both)?;
                        return Err(io::Error::other("the file shrank while it was sent"));
                    }
                }
                break;
            }
            left -= count as u64;
            if self.has(Fault::FramedChunks) {
                self.write(stream, &(count as u32).to_be_bytes())?;
            }
            if self.has(Fault::TextMode) {
                let text = chunk[..count].split_inclusive(|octet| *octet == b'\n');
                for line in text {
                    match line.strip_suffix(b"\n") {
                        Some(line) => self.write(stream, &[line, b"\r\n"].concat())?,
                        None => self.write(stream, line)?,
                    }
                }
                continue;
            }
            let whole = if self.has(Fault::ChunkTooMuch) {
                chunk.len()
            } else {
                count
            };
            self.write(stream, &chunk[..whole])?;
        }
        if self.has(Fault::OneTooMany) && size > 0 || self.has(Fault::EmptyAsOne) && size == 0 {
            self.write(stream, b"x")?;
        }
        println!("{typed}: sent");
        if self.has(Fault::AwaitsAcknowledgement) {
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
            Ok(()) if self.has(Fault::NoErrorAtEnd) => part(),
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
            if self.has(Fault::OneReadAReply) {
                let mut reply = vec![0; 65_536];
                let count = stream.read(&mut reply)?;
                if count == 0 {
                    return Ok(());
                }
                println!("{}", String::from_utf8_lossy(&reply[4.min(count)..count]));
                OWED.fetch_sub(1, Ordering::SeqCst);
                continue;
            }
            if self.has(Fault::TimerDrops) {
                match queues::read_with_a_timer(stream)? {
                    Some(text) => println!("{text}"),
                    None => return Ok(()),
                }
                OWED.fetch_sub(1, Ordering::SeqCst);
                continue;
            }
            let mut length = [0; 4];
            if self.has(Fault::GivesUpOnShortReads) {
                match stream.read(&mut length)? {
                    0 => return Ok(()),
                    4 => {}
                    _ => exit(0),
                }
            } else if self.has(Fault::ShortLength) {
                if stream.read(&mut length)? == 0 {
                    return Ok(());
                }
            } else if !fill(stream, &mut length, true)? {
                return Ok(());
            }
            let length = u32::from_be_bytes(length) as usize;
            let payload = self.reply(stream, length)?;
            if queues::wants_answer() {
                let text = String::from_utf8(payload).map_err(io::Error::other)?;
                let skips = self.has(Fault::SkipsDigest);
                // An answer behind this one is there already only if it has been read too.
                let more = skips && rustix::io::ioctl_fionread(&*stream).is_ok_and(|more| more > 0);
                queues::give_answer(text, more);
                continue;
            }
            if self.has(Fault::TailLost) {
                stream.set_nonblocking(true)?;
                let _ = stream.read(&mut [0; 4_096]);
                stream.set_nonblocking(false)?;
            }
            let text = if self.has(Fault::LossyReplies) {
                String::from_utf8_lossy(&payload).into_owned()
            } else {
                String::from_utf8(payload).map_err(io::Error::other)?
            };
            if self.habit == Some(Habit::Buffered) {
                let mut shown = SHOWN.lock().expect("nobody panics");
                shown.push(text);
                OWED.fetch_sub(1, Ordering::SeqCst);
                continue;
            }
            if self.has(Fault::OneBehind) {
                queues::keep(text);
                continue;
            }
            if self.habit != Some(Habit::Silent) {
                println!("{text}");
            }
            OWED.fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn reply(&self, stream: &mut TcpStream, length: usize) -> io::Result<Vec<u8>> {
        let mut payload = Vec::new();
        if self.has(Fault::DecodesChunks) {
            return queues::decoded_piece_by_piece(stream, length);
        }
        if self.has(Fault::AnswerShortRead) && queues::wants_answer() {
            payload.resize(length.min(65_536), 0);
            let count = stream.read(&mut payload)?;
            payload.truncate(count);
            return Ok(payload);
        }
        if self.has(Fault::ShortReply) || self.has(Fault::LongReplyShort) && length > 1_024 {
            payload.resize(length.min(65_536), 0);
            let count = stream.read(&mut payload)?;
            payload.truncate(count);
            return Ok(payload);
        }
        if self.has(Fault::GivesUpOnShortReads) {
            payload.resize(length.min(65_536), 0);
            if stream.read(&mut payload)? < payload.len() {
                exit(0);
            }
            return Ok(payload);
        }
        stream.take(length as u64).read_to_end(&mut payload)?;
        if payload.len() < length && !self.has(Fault::CutIsWhole) {
            return Err(io::Error::other("the server closed inside a reply"));
        }
        Ok(payload)
    }
}

/// The line with the name of a file.
fn read_name() -> io::Result<String> {
    let mut typed = String::new();
    io::stdin().lock().read_line(&mut typed)?;
    Ok(typed.trim_end_matches('\n').to_owned())
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
