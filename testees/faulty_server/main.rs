//! A server of class `transfer` as an ordinary programmer writes one, sharing no code with
//! the reference, and with `--fault NAME` wrong in exactly one place.
//!
//! The suite is judged by it: without a fault it must pass everything, and each fault must be
//! found, at the requirement that it breaks. `--list` prints each fault with its requirement, `--list-sizes` those
//! that the suite misses by design. With
//! `--echo` it is one of class `framing`, in which the faults of lengths and frames are the same; with
//! `--verify` one of class `verified-transfer`.

#[macro_use]
#[path = "../planted.rs"]
mod table;
mod planted;
mod sizes;
mod verified;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{self, exit};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use planted::{Fault, Habit};
use rustix::event::epoll;
use sizes::{AtSize, AtSizes};

/// The mistake that is planted, if one is.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Planted(Option<Fault>);

impl Planted {
    fn is(self, fault: Fault) -> bool {
        self.0 == Some(fault)
    }
}

struct Config {
    fault: Planted,
    habit: Option<Habit>,
    /// The mistakes that are planted instead and show at few sizes.
    at_sizes: AtSizes,
    /// Send each payload back and know no commands: class `framing`.
    echo: bool,
    /// Knows verified transfers: class `verified-transfer`.
    verify: bool,
    dir: PathBuf,
    limit: usize,
    max_sessions: usize,
    sessions: AtomicUsize,
    leaked: AtomicUsize,
    /// The open connections, kept only where a fault needs them.
    all: Mutex<Vec<TcpStream>>,
}

/// Reason why a session ends.
enum End {
    Clean,
    Protocol,
    Cut,
    /// A timer ran out; no end, but where a fault asks for a timer.
    Late,
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::Late,
            _ => Self::Cut,
        }
    }
}

/// The connection, and what has been read of it and not used.
struct Peer {
    stream: TcpStream,
    pending: Vec<u8>,
    /// Number of octets that the last read brought.
    last_read: usize,
    handled_of_read: usize,
    replies_held: Vec<String>,
    last_text: Option<String>,
    /// Memory for what was announced, where a fault takes it.
    announced: Vec<u8>,
    /// Where frames go that are written by others, where a fault has it so.
    writers: Option<mpsc::Sender<Vec<u8>>>,
    /// All bodies of the session, where a fault digests them together.
    digested: Vec<u8>,
    place: sizes::Place,
    /// The next frame is looked at when more has been read.
    waits: bool,
    /// Octets that a habit holds back until all of a read is handled.
    unsent: Vec<u8>,
    /// Tells of arrivals, where a fault reads once for each.
    arrivals: Option<OwnedFd>,
    ended: bool,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (mut port, mut dir) = (0, PathBuf::from("."));
    let (mut fault, mut at_sizes, mut habit) = (None, AtSizes::None, None);
    let (mut limit, mut max_sessions) = (1 << 20, 64);
    let (mut echo, mut verify) = (false, false);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_else(|| usage());
        match argument.as_str() {
            "--port" => port = value().parse().unwrap_or_else(|_| usage()),
            "--dir" => dir = value().into(),
            "--echo" => echo = true,
            "--verify" => verify = true,
            "--max-payload" => limit = value().parse().unwrap_or_else(|_| usage()),
            "--max-sessions" => max_sessions = value().parse().unwrap_or_else(|_| usage()),
            "--fault" => {
                let name = value();
                fault = Fault::named(&name);
                if fault.is_none() {
                    at_sizes = AtSizes::named(&name).unwrap_or_else(|| usage());
                }
            }
            "--habit" => habit = Some(Habit::named(&value()).unwrap_or_else(|| usage())),
            "--habits" => {
                Habit::list();
                return;
            }
            "--list" => {
                Fault::list();
                return;
            }
            "--list-sizes" => {
                AtSize::list();
                return;
            }
            _ => usage(),
        }
    }
    let held =
        (habit == Some(Habit::HoldsDirectory)).then(|| File::open(&dir).expect("it is there"));
    if let Some(held) = &held {
        dir = format!("/proc/self/fd/{}", held.as_raw_fd()).into();
    }
    let config = Arc::new(Config {
        fault: Planted(fault),
        habit,
        at_sizes,
        echo,
        verify,
        dir,
        limit,
        max_sessions,
        sessions: AtomicUsize::new(0),
        leaked: AtomicUsize::new(0),
        all: Mutex::default(),
    });
    if habit == Some(Habit::Restless) {
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
        "faulty_server --port PORT --dir DIR [--echo | --verify] [--fault NAME] [--habit NAME] [--max-payload N] [--max-sessions N] | --list | --list-sizes | --habits"
    );
    exit(2);
}

fn accept(stream: TcpStream, config: &Arc<Config>) {
    let taken = config.sessions.load(Ordering::SeqCst) + config.leaked.load(Ordering::SeqCst);
    if taken >= config.max_sessions {
        if config.fault.is(Fault::OverLimitHangs) {
            std::mem::forget(stream);
        }
        return;
    }
    config.sessions.fetch_add(1, Ordering::SeqCst);
    let _ = stream.set_nodelay(true);
    let peer = stream.peer_addr();
    if peer.is_err() && config.fault.is(Fault::GoneEndsAll) {
        eprintln!("unhandled: who is there?");
        exit(1);
    }
    if config.fault.is(Fault::ErrorKillsOthers) {
        config.all.lock().unwrap().extend(stream.try_clone());
    }
    let config = Arc::clone(config);
    let one_at_a_time = config.fault.is(Fault::OneAtATime);
    let session = move || {
        let closing = stream.try_clone();
        let end = Session::new(stream, &config).run();
        let fault = config.fault;
        let leaks = match end {
            End::Protocol => fault.is(Fault::SlotLeaksOnError),
            End::Cut => fault.is(Fault::SlotLeaksOnCut),
            End::Clean | End::Late => false,
        };
        if matches!(end, End::Protocol | End::Cut) {
            if fault.is(Fault::ErrorKillsProcess) && matches!(end, End::Protocol) {
                eprintln!("unhandled: a protocol error");
                exit(1);
            }
            if fault.is(Fault::ErrorKillsOthers) && matches!(end, End::Protocol) {
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
        let mut closing = Some(closing);
        if config.habit == Some(Habit::SlotsLate) {
            closing = None;
            thread::sleep(Duration::from_millis(50));
        }
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
    fault: Planted,
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
                writers: None,
                digested: Vec::new(),
                place: sizes::Place::default(),
                waits: false,
                unsent: Vec::new(),
                arrivals: None,
                ended: false,
            },
            config,
            fault: config.fault,
        }
    }

    fn run(mut self) -> End {
        if self.fault.is(Fault::Greeting) {
            let _ = self.send("welcome".as_bytes());
        }
        let end = match self.talk() {
            Ok(()) => End::Clean,
            Err(end) => end,
        };
        if matches!(end, End::Clean) {
            let _ = self.flush_unsent();
        }
        if matches!(end, End::Protocol) {
            if self.fault.is(Fault::ErrorAnswered) {
                let _ = self.send("error".as_bytes());
            }
            if self.fault.is(Fault::ErrorStays) {
                self.wait_for_end();
            }
        }
        match self.config.habit {
            Some(Habit::Resets) if matches!(end, End::Protocol) => {
                let _ = rustix::net::sockopt::set_socket_linger(
                    &self.peer.stream,
                    Some(Duration::ZERO),
                );
            }
            Some(Habit::Lingering) => {
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
        self.flush_unsent()?;
        let size = match self.config.habit {
            Some(Habit::SmallReads) => 3,
            _ if self.fault.is(Fault::EdgeTriggered) => {
                self.wait_for_an_arrival()?;
                4_096
            }
            _ if self.fault.is(Fault::HeldSearched) => 128,
            _ => 65_536,
        };
        let mut buffer = vec![0; size];
        let count = self.peer.stream.read(&mut buffer)?;
        if self.fault.is(Fault::DecodeStream) {
            let text = String::from_utf8_lossy(&buffer[..count]);
            self.peer.pending.extend_from_slice(text.as_bytes());
        } else {
            self.peer.pending.extend_from_slice(&buffer[..count]);
        }
        if self.fault.is(Fault::HeldSearched) && self.peer.pending.len() > 1 << 20 {
            for octet in &self.peer.pending {
                std::hint::black_box(octet);
            }
        }
        self.peer.last_read = count;
        self.peer.handled_of_read = 0;
        self.peer.ended = count == 0;
        Ok(count > 0)
    }

    fn flush_unsent(&mut self) -> Result<(), End> {
        let unsent = std::mem::take(&mut self.peer.unsent);
        Ok(self.peer.stream.write_all(&unsent)?)
    }

    fn wait_for_an_arrival(&mut self) -> io::Result<()> {
        if self.peer.arrivals.is_none() {
            let arrivals = epoll::create(epoll::CreateFlags::CLOEXEC)?;
            let edges = epoll::EventFlags::IN | epoll::EventFlags::ET;
            epoll::add(
                &arrivals,
                &self.peer.stream,
                epoll::EventData::new_u64(0),
                edges,
            )?;
            self.peer.arrivals = Some(arrivals);
        }
        let arrivals = self.peer.arrivals.as_ref().expect("it is there now");
        let mut events = Vec::with_capacity(1);
        epoll::wait(arrivals, rustix::buffer::spare_capacity(&mut events), None)?;
        Ok(())
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
        self.peer.place.taken += count;
        self.peer.pending.drain(..count).collect()
    }

    /// The next payload; `None` at a clean end.
    fn payload(&mut self) -> Result<Option<Vec<u8>>, End> {
        if !self.fault.is(Fault::TimerDrops) {
            return self.next_payload();
        }
        // Longer than a loaded machine holds up the rest of a frame, shorter than the longest pause of the suite.
        self.peer
            .stream
            .set_read_timeout(Some(Duration::from_millis(800)))?;
        let payload = loop {
            match self.next_payload() {
                Err(End::Late) => self.peer.pending.clear(),
                other => break other,
            }
        };
        self.peer.stream.set_read_timeout(None)?;
        payload
    }

    fn next_payload(&mut self) -> Result<Option<Vec<u8>>, End> {
        let fault = self.fault;
        if std::mem::take(&mut self.peer.waits) && !self.peer.pending.is_empty() && !self.read()? {
            return Ok(None);
        }
        if self.peer.pending.is_empty() && !self.read()? {
            return Ok(None);
        }
        let arrived = self.peer.pending.len();
        if fault.is(Fault::ShortLength) && arrived < 4 {
            let mut padded = vec![0; 4 - arrived];
            padded.append(&mut self.peer.pending);
            self.peer.pending = padded;
        }
        if self.need(4)?.is_none() {
            return Ok(None);
        }
        if fault.is(Fault::LostThirdOctet) && arrived == 3 {
            self.peer.pending.rotate_left(1);
        }
        let octets: [u8; 4] = self.take(4).try_into().expect("four were taken");
        let mut length = self.at_length(self.length(octets));
        if fault.is(Fault::LostAtTwoMib)
            && arrived == 3
            && length > 0
            && length.is_multiple_of(1 << 21)
        {
            length -= 1;
        }
        if fault.is(Fault::LengthSigned) && octets[0] >= 0x80 {
            length = 0;
        }
        if fault.is(Fault::LengthSignedClosesNot) && octets[0] >= 0x80 {
            length = i32::from_be_bytes(octets).unsigned_abs() as usize % 16;
        }
        if fault.is(Fault::SizeWraps) && length > u32::MAX as usize - 4 {
            self.need(100)?;
            process::abort();
        }
        let limit = match fault.0 {
            Some(Fault::Limit4096) => 4096,
            Some(Fault::Limit65535) => 65_535,
            Some(Fault::LimitOffByOne) => self.config.limit - 1,
            Some(Fault::LimitIgnored | Fault::LimitLate) => usize::MAX,
            _ => self.config.limit,
        };
        if length > limit {
            return Err(End::Protocol);
        }
        if fault.is(Fault::MemoryAnnounced) {
            self.peer.announced = vec![1; length];
        }
        if fault.is(Fault::LostBetween) && self.peer.pending.is_empty() && length > 0 {
            return self.payload();
        }
        if length == 0 && fault.is(Fault::EmptyIsEnd) {
            return Ok(None);
        }
        if length == 0 && fault.is(Fault::EmptySkipped) {
            return self.payload();
        }
        if fault.is(Fault::ShortPayload) && self.peer.pending.len() < length {
            if self.peer.pending.is_empty() {
                self.read()?;
            }
            length = length.min(self.peer.pending.len());
        }
        if fault.is(Fault::DecodeChunks) {
            return self.payload_in_chunks(length).map(Some);
        }
        if length > 0 && (self.need(length).is_err() || self.peer.pending.len() < length) {
            if fault.is(Fault::TruncatedDelivered) {
                return Ok(Some(std::mem::take(&mut self.peer.pending)));
            }
            return Err(End::Cut);
        }
        if fault.is(Fault::LimitLate) && length > self.config.limit {
            return Err(End::Protocol);
        }
        let mut payload = self.take(length);
        if fault.is(Fault::PayloadUntilNul) && payload.starts_with(&[0, 0, 0]) {
            payload.drain(..4.min(payload.len()));
        }
        let payload = self.at_payload(payload);
        self.peer.handled_of_read += 1;
        if fault.is(Fault::OneFrameAnArrival) {
            self.peer.waits = true;
        }
        let drops = match fault.0 {
            Some(Fault::OneFrameARead) => true,
            Some(Fault::HalfFrameDropped) => {
                self.peer.pending.len() < 4 || {
                    let next = u32::from_be_bytes(self.peer.pending[..4].try_into().unwrap());
                    self.peer.pending.len() < 4 + next as usize
                }
            }
            Some(Fault::AtMostTenARead) => self.peer.handled_of_read == 10,
            Some(Fault::AtMostThousandARead) => self.peer.handled_of_read == 1000,
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
            Some(Fault::LengthLittleEndian) => u32::from_le_bytes(octets),
            Some(Fault::Length16Bit) => big & 0xFFFF,
            Some(Fault::Length24Bit) => big & 0xFF_FFFF,
            Some(Fault::LengthCountsItself) => big.saturating_sub(4),
            Some(Fault::LengthSignedOctets) => octets.iter().fold(0_i32, |length, octet| {
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
            Err(_) if fault.is(Fault::Utf8Lossy) => lossy(),
            Err(_) if fault.is(Fault::Utf8Latin1) => {
                payload.iter().map(|o| char::from(*o)).collect()
            }
            Err(_)
                if fault.is(Fault::Utf8Surrogates)
                    && has(&payload, |o| o[0] == 0xED && o[1] >= 0xA0) =>
            {
                lossy()
            }
            Err(_)
                if fault.is(Fault::Utf8Overlong)
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
                if fault.is(Fault::Utf8Above)
                    && has(&payload, |o| {
                        matches!(o, [0xF4, 0x90..=0xFF] | [0xF5..=0xFF, _])
                    }) =>
            {
                lossy()
            }
            Err(error)
                if fault.is(Fault::Utf8CutShort) && error.utf8_error().error_len().is_none() =>
            {
                let valid = error.utf8_error().valid_up_to();
                String::from_utf8_lossy(&payload[..valid]).into_owned()
            }
            Err(_) if fault.is(Fault::ErrorPassedOver) => return self.text(),
            Err(_) => return Err(End::Protocol),
        };
        Ok(Some(match fault.0 {
            Some(Fault::Trim) => text.trim().to_owned(),
            Some(Fault::TrimLineEnd) => text.trim_end_matches(['\r', '\n']).to_owned(),
            Some(Fault::NulEnds) => text.split('\0').next().unwrap_or_default().to_owned(),
            Some(Fault::BomStripped) => text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned(),
            Some(Fault::CrlfNormalised) => text.replace("\r\n", "\n"),
            Some(Fault::Composed) => text.replace("e\u{301}", "\u{e9}"),
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
                if self.peer.ended && fault.is(Fault::HalfCloseStays) {
                    self.wait_for_end();
                }
                return Ok(());
            };
            if self.config.habit == Some(Habit::Chatty) {
                eprintln!("got {} octets", text.len());
            }
            let command = match fault.0 {
                Some(Fault::CommandsAnyCase) => text.to_lowercase(),
                Some(Fault::CommandsTrimmed) => text.trim().to_owned(),
                Some(Fault::QuitPrefix) if text.starts_with('q') => "q".to_owned(),
                Some(Fault::FilePrefix) if text.starts_with("file") => "file".to_owned(),
                Some(Fault::QuitUpperUnknown) if text == "Q" => "no command".to_owned(),
                Some(Fault::FileUpperUnknown) if text == "FILE" => "no command".to_owned(),
                _ => text.clone(),
            };
            let verified = self.verified_command(&text).filter(|_| self.config.verify);
            if let Some(command) = verified {
                self.receive_verified(command)?;
                continue;
            }
            match command.as_str() {
                "q" | "Q" => {
                    self.flush_held()?;
                    if fault.is(Fault::QuitAnswered) {
                        self.send("bye".as_bytes())?;
                    }
                    if fault.is(Fault::QuitStays) {
                        self.wait_for_end();
                    }
                    if !fault.is(Fault::QuitGoesOn) || self.peer.pending.is_empty() {
                        return Ok(());
                    }
                }
                "file" | "FILE" => {
                    let Some(header) = self.text()? else {
                        return Err(End::Cut);
                    };
                    self.receive(&header)?;
                }
                "file+md5" if self.config.habit == Some(Habit::Extension) => {
                    self.send(b"file+md5 ready")?;
                }
                _ => self.reply(&text)?,
            }
        }
    }

    fn reply(&mut self, text: &str) -> Result<(), End> {
        let fault = self.fault;
        let same = self.peer.last_text.as_deref() == Some(text);
        self.peer.last_text = Some(text.to_owned());
        if fault.is(Fault::EmptyUnanswered) && text.is_empty()
            || fault.is(Fault::RepeatsUnanswered) && same
        {
            return Ok(());
        }
        if fault.is(Fault::PipelinedLastOnly) {
            self.peer.replies_held.push(text.to_owned());
            return Ok(());
        }
        if fault.is(Fault::HalfCloseDrops) {
            self.peer.stream.set_nonblocking(true)?;
            let ended = matches!(self.peer.stream.peek(&mut [0]), Ok(0));
            self.peer.stream.set_nonblocking(false)?;
            if ended {
                return Ok(());
            }
        }
        self.reply_now(text)?;
        if fault.is(Fault::DoubleReply) {
            self.reply_now(text)?;
        }
        Ok(())
    }

    fn reply_now(&mut self, text: &str) -> Result<(), End> {
        let now = jiff::ZonedDateTime::now();
        let form = match self.fault.0 {
            Some(Fault::ReplyWithoutZeros) => "服务端于%Y年%-m月%-d日%-H时%-M分%-S秒收到了你发来的",
            Some(Fault::ReplyMonthMinute) => "服务端于%Y年%M月%d日%H时%m分%S秒收到了你发来的",
            _ => "服务端于%Y年%m月%d日%H时%M分%S秒收到了你发来的",
        };
        let head = now.strftime(form).to_string();
        let reply = match self.fault.0 {
            Some(Fault::ReplyAsciiQuotes) => format!("{head}\"{text}\"信息!"),
            Some(Fault::ReplyBare) => text.to_owned(),
            Some(Fault::ReplyNewline) => format!("{head}“{text}”信息!\n"),
            _ => format!("{head}“{text}”信息!"),
        };
        self.send(reply.as_bytes())
    }

    fn send(&mut self, payload: &[u8]) -> Result<(), End> {
        let length = payload.len() as u32;
        let octets = match self.fault.0 {
            Some(Fault::ReplyLengthLittleEndian) => length.to_le_bytes(),
            Some(Fault::ReplyLengthCountsItself) => (length + 4).to_be_bytes(),
            Some(Fault::ReplyLengthCharacters) => {
                let text = String::from_utf8_lossy(payload);
                (text.chars().count() as u32).to_be_bytes()
            }
            _ => length.to_be_bytes(),
        };
        let frame = [octets.as_slice(), payload].concat();
        if self.fault.is(Fault::FramesInterleave) {
            return self.hand_over(frame);
        }
        if self.config.habit == Some(Habit::OwesNothing) {
            self.peer.unsent.extend_from_slice(&frame);
            return Ok(());
        }
        if self.fault.is(Fault::ReplyCut) {
            let whole = frame.len().min(1_004);
            return Ok(self.peer.stream.write_all(&frame[..whole])?);
        }
        if self.fault.is(Fault::PartialWrite) {
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
            Some(Habit::OneOctetReplies) if frame.len() <= 4096 => {
                for octet in frame.chunks(1) {
                    self.peer.stream.write_all(octet)?;
                }
            }
            Some(Habit::SlowReplies) => {
                thread::sleep(Duration::from_millis(2));
                self.peer.stream.write_all(&frame)?;
            }
            _ => {
                let frame = self.at_reply(&frame);
                self.write(frame)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, frame: &[u8]) -> Result<(), End> {
        match self.peer.stream.write_all(frame) {
            Err(error)
                if error.kind() == io::ErrorKind::BrokenPipe
                    && self.fault.is(Fault::BrokenPipeEnds) =>
            {
                eprintln!("unhandled: {error}");
                exit(1);
            }
            written => Ok(written?),
        }
    }

    /// Leaves a frame to two threads. They take turns for the length, and not for what follows it.
    fn hand_over(&mut self, frame: Vec<u8>) -> Result<(), End> {
        if self.peer.writers.is_none() {
            let (sender, frames) = mpsc::channel::<Vec<u8>>();
            let frames = Arc::new(Mutex::new(frames));
            for _ in 0..2 {
                let mut stream = self.peer.stream.try_clone()?;
                let frames = Arc::clone(&frames);
                thread::spawn(move || -> io::Result<()> {
                    loop {
                        let turn = frames.lock().expect("nobody panics");
                        let Ok(frame) = turn.recv() else {
                            return Ok(());
                        };
                        let (length, payload) = frame.split_at(4);
                        stream.write_all(length)?;
                        drop(turn);
                        stream.write_all(payload)?;
                    }
                });
            }
            self.peer.writers = Some(sender);
        }
        let writers = self.peer.writers.as_ref().expect("they are there now");
        writers.send(frame).map_err(|_| End::Cut)
    }

    fn header(&self, header: &str) -> Option<(String, u64)> {
        let fault = self.fault;
        let (name, figures) = if fault.is(Fault::HeaderFirstComma) {
            header.split_once(',')?
        } else {
            header.rsplit_once(',')?
        };
        let figures = match fault.0 {
            Some(Fault::LengthSign) => figures.strip_prefix('+').unwrap_or(figures).to_owned(),
            Some(Fault::LengthSpace) => figures.trim().to_owned(),
            Some(Fault::LengthUnderscore) => figures.replace('_', ""),
            Some(Fault::LengthAnyDigits) => figures
                .chars()
                .map(|c| {
                    c.to_digit(10)
                        .map_or_else(|| other_digit(c), |d| char::from(b'0' + d as u8))
                })
                .collect(),
            Some(Fault::LengthPrefix) => figures.chars().take_while(char::is_ascii_digit).collect(),
            _ => figures.to_owned(),
        };
        let digits = figures.bytes().all(|octet| octet.is_ascii_digit());
        if self.config.habit == Some(Habit::ZerosRefused)
            && figures.len() > 1
            && figures.starts_with('0')
        {
            return None;
        }
        if figures.is_empty() || !digits || figures.len() > 10 && !fault.is(Fault::LengthWraps) {
            return None;
        }
        let mut length: u128 = figures.parse().ok()?;
        if fault.is(Fault::LengthWraps) {
            length &= 0xFFFF_FFFF;
        }
        let length = u64::from(u32::try_from(length).ok()?);
        let mut name = name.to_owned();
        if fault.is(Fault::NameBasename) {
            name = name.rsplit(['/', '\\']).next()?.to_owned();
        }
        let plain = !name.contains(['/', '\\', '\0']) && name != "." && name != "..";
        let fits = (1..=255).contains(&name.len());
        let accepted = match fault.0 {
            Some(Fault::Traversal) => !name.is_empty() && !name.contains('\0'),
            Some(Fault::NameAny) => {
                !name.contains(['/', '\0']) && fits && name != "." && name != ".."
            }
            Some(Fault::NameNoSpaces) => plain && fits && !name.contains(' '),
            Some(Fault::NameNoDots) => plain && fits && !name.starts_with('.'),
            Some(Fault::NameAscii) => plain && fits && name.is_ascii(),
            Some(Fault::Name100) => plain && fits && name.len() <= 100,
            _ => plain && fits,
        };
        accepted.then_some((name, length))
    }

    fn receive(&mut self, header: &str) -> Result<(), End> {
        let fault = self.fault;
        let header = self.at_header(header.to_owned());
        let (name, length) = self.header(&header).ok_or(End::Protocol)?;
        let target = self.config.dir.join(&name);
        let direct = matches!(
            fault.0,
            Some(Fault::PartialKept | Fault::PartialVisible | Fault::OldLost)
        );
        if fault.is(Fault::OldLost) {
            let _ = fs::remove_file(&target);
        }
        let (path, file) = self.open(&target, direct);
        let mut file = match file {
            Ok(file) => Some(file),
            Err(_) if fault.is(Fault::WriteErrorsIgnored) => None,
            Err(_) => return Err(End::Cut),
        };
        let body = self.body(length, file.as_mut());
        let keep = match body {
            Ok(()) => true,
            Err(_) => fault.is(Fault::PartialKept),
        };
        if !keep {
            let _ = fs::remove_file(&path);
        } else if path != target && file.is_some() {
            let skip = fault.is(Fault::EmptyBodyNothing) && length == 0;
            if skip || fault.is(Fault::KeepsOld) && target.exists() {
                let _ = fs::remove_file(&path);
            } else if fault.is(Fault::WritesOver) && target.is_file() && !target.is_symlink() {
                let mut old = OpenOptions::new().write(true).open(&target)?;
                io::copy(&mut File::open(&path)?, &mut old)?;
                let _ = fs::remove_file(&path);
            } else if fault.is(Fault::FollowsLinks) {
                fs::copy(&path, &target)?;
                let _ = fs::remove_file(&path);
            } else {
                let renamed = fs::rename(&path, &target);
                if renamed.is_err() {
                    let _ = fs::remove_file(&path);
                }
                if !fault.is(Fault::TemporaryShared) {
                    renamed?;
                }
            }
        }
        body?;
        if fault.is(Fault::CopyBeside) {
            fs::copy(&target, self.config.dir.with_file_name("copy"))?;
        }
        if fault.is(Fault::TransferCloses) {
            return Err(End::Cut);
        }
        if fault.is(Fault::TransferAcknowledged) {
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
        let number = if self.fault.is(Fault::TemporaryShared) {
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
        if fault.is(Fault::EmptyBodyWaits) && length == 0 {
            self.need(1)?;
            self.take(1.min(self.peer.pending.len()));
        }
        if fault.is(Fault::BodyStartLost) {
            self.peer.pending.clear();
        }
        if fault.is(Fault::BodyOffByOne) {
            left += 1;
        }
        while left > 0 {
            if self.peer.pending.is_empty() && !self.read()? {
                return Err(End::Cut);
            }
            let arrived = self.peer.pending.len();
            let mut count = arrived.min(usize::try_from(left).unwrap_or(usize::MAX));
            if fault.is(Fault::BodyBlocks) {
                count = count.min(1_024);
            }
            if fault.is(Fault::BodyOverread) {
                count = arrived.min(1024.max(count));
            }
            let mut piece = self.take(count);
            left = left.saturating_sub(if fault.is(Fault::BodyBlocks) {
                left.min(1_024)
            } else {
                count as u64
            });
            if fault.is(Fault::BodyTextMode) {
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
            if fault.is(Fault::BodyInMemory) {
                held.extend_from_slice(&piece);
            } else if let Some(file) = &mut file {
                let full = length.saturating_sub(left) > 64 * 1024 * 1024;
                if !(fault.is(Fault::FullDiskIgnored) && full) {
                    file.write_all(&piece)?;
                }
            }
        }
        if let Some(file) = file {
            file.write_all(&held)?;
        }
        if fault.is(Fault::BodyDropped)
            || fault.is(Fault::BodyMultiple) && length > 0 && length.is_multiple_of(4096)
        {
            self.peer.pending.clear();
        }
        self.at_body(length)
    }
}

/// True if `are` holds for two octets in a row.
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
