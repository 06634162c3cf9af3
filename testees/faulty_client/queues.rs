//! Mistakes of a client about time: queues between threads, timers, pieces.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::fs::sendfile;
use rustix::net::{SendFlags, send};

/// Replies that came, for whoever asks for the next.
static REPLIES: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());
static ARRIVED: Condvar = Condvar::new();

pub(crate) fn keep(text: String) {
    REPLIES.lock().expect("nobody panics").push_back(text);
    ARRIVED.notify_all();
}

/// Shows the next reply there is, whatever it answers, or goes on after a second.
pub(crate) fn show_one_reply() {
    let replies = REPLIES.lock().expect("nobody panics");
    let (mut replies, _) = ARRIVED
        .wait_timeout_while(replies, Duration::from_secs(1), |replies| {
            replies.is_empty()
        })
        .expect("nobody panics");
    match replies.pop_front() {
        Some(reply) => {
            super::OWED.fetch_sub(1, Ordering::SeqCst);
            println!("{reply}");
        }
        None => println!("no reply in time"),
    }
}

/// Larger files are sent by the system; in octets: a file of gigabytes takes a debug build too long.
pub(crate) const BY_THE_SYSTEM: u64 = 1 << 30;

/// Has the system send a file, by as many calls as that takes, or by one.
pub(crate) fn send_by_the_system(
    stream: &TcpStream,
    file: &File,
    size: u64,
    once: bool,
) -> io::Result<()> {
    let mut place = 0;
    while place < size {
        let left = (size - place) as usize;
        let count = sendfile(stream, file, Some(&mut place), left)?;
        if count == 0 || once {
            break;
        }
    }
    Ok(())
}

static FRAMES: OnceLock<mpsc::Sender<Vec<u8>>> = OnceLock::new();
static UNSENT: AtomicUsize = AtomicUsize::new(0);

/// Leaves a frame to two threads. They take turns for the length, and not for what follows it.
pub(crate) fn hand_over(stream: &TcpStream, frame: Vec<u8>) -> io::Result<()> {
    if FRAMES.get().is_none() {
        let (sender, frames) = mpsc::channel::<Vec<u8>>();
        let frames = Arc::new(Mutex::new(frames));
        for _ in 0..2 {
            let mut stream = stream.try_clone()?;
            let frames = Arc::clone(&frames);
            thread::spawn(move || -> io::Result<()> {
                loop {
                    let turn = frames.lock().expect("nobody panics");
                    let Ok(frame) = turn.recv() else {
                        return Ok(());
                    };
                    let (length, text) = frame.split_at(4);
                    stream.write_all(length)?;
                    drop(turn);
                    thread::yield_now();
                    stream.write_all(text)?;
                    UNSENT.fetch_sub(1, Ordering::SeqCst);
                }
            });
        }
        FRAMES.get_or_init(|| sender);
    }
    UNSENT.fetch_add(1, Ordering::SeqCst);
    let frames = FRAMES.get().expect("it is there now");
    frames.send(frame).map_err(io::Error::other)
}

pub(crate) fn wait_for_senders() {
    while UNSENT.load(Ordering::SeqCst) > 0 {
        thread::sleep(Duration::from_millis(1));
    }
}

static BODIES: Mutex<Vec<JoinHandle<io::Result<()>>>> = Mutex::new(Vec::new());

/// Sends a body while the caller goes on.
pub(crate) fn send_beside(stream: &TcpStream, mut body: Box<dyn Read + Send>) -> io::Result<()> {
    let mut stream = stream.try_clone()?;
    let sending = thread::spawn(move || {
        let mut chunk = vec![0; 65_536];
        loop {
            match body.read(&mut chunk)? {
                0 => return Ok(()),
                count => stream.write_all(&chunk[..count])?,
            }
        }
    });
    BODIES.lock().expect("nobody panics").push(sending);
    Ok(())
}

pub(crate) fn wait_for_bodies() {
    for sending in BODIES.lock().expect("nobody panics").drain(..) {
        let _ = sending.join();
    }
}

/// Octets that the system did not take at once, and the thread that writes them.
static BACKLOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static MORE: Condvar = Condvar::new();
static BUSY: AtomicUsize = AtomicUsize::new(0);

/// Writes what the system takes at once, and leaves the rest for later.
pub(crate) fn write_later(stream: &TcpStream, mut octets: &[u8]) -> io::Result<()> {
    let mut backlog = BACKLOG.lock().expect("nobody panics");
    while BUSY.load(Ordering::SeqCst) == 0 && backlog.is_empty() && !octets.is_empty() {
        match send(stream, octets, SendFlags::DONTWAIT) {
            Ok(count) => octets = &octets[count..],
            Err(error) if error == rustix::io::Errno::AGAIN => break,
            Err(error) => return Err(error.into()),
        }
    }
    if octets.is_empty() {
        return Ok(());
    }
    static WRITER: OnceLock<()> = OnceLock::new();
    let mut stream = stream.try_clone()?;
    WRITER.get_or_init(|| {
        thread::spawn(move || -> io::Result<()> {
            loop {
                let backlog = BACKLOG.lock().expect("nobody panics");
                let mut backlog = MORE
                    .wait_while(backlog, |backlog| backlog.is_empty())
                    .expect("nobody panics");
                let octets = std::mem::take(&mut *backlog);
                BUSY.store(1, Ordering::SeqCst);
                drop(backlog);
                stream.write_all(&octets)?;
                BUSY.store(0, Ordering::SeqCst);
            }
        });
    });
    backlog.extend_from_slice(octets);
    MORE.notify_all();
    Ok(())
}

/// The next reply. What came of one is dropped when a timer of 100 ms runs out.
pub(crate) fn read_with_a_timer(stream: &mut TcpStream) -> io::Result<Option<String>> {
    stream.set_read_timeout(Some(Duration::from_millis(100)))?;
    loop {
        let mut length = [0; 4];
        match stream.read_exact(&mut length) {
            Ok(()) => {}
            Err(error) if is_timer(&error) => continue,
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let length = u32::from_be_bytes(length) as usize;
        if length > 1 << 26 {
            return Err(io::Error::other("a reply that large"));
        }
        let mut text = vec![0; length];
        match stream.read_exact(&mut text) {
            Ok(()) => return String::from_utf8(text).map(Some).map_err(io::Error::other),
            Err(error) if is_timer(&error) => {}
            Err(error) => return Err(error),
        }
    }
}

/// A reply whose pieces are all decoded on their own.
pub(crate) fn decoded_piece_by_piece(stream: &mut TcpStream, length: usize) -> io::Result<Vec<u8>> {
    let mut payload = Vec::new();
    let mut piece = vec![0; 65_536];
    while payload.len() < length {
        let most = piece.len().min(length - payload.len());
        let count = stream.read(&mut piece[..most])?;
        if count == 0 {
            return Err(io::Error::other("the server closed inside a reply"));
        }
        std::str::from_utf8(&piece[..count]).map_err(io::Error::other)?;
        payload.extend_from_slice(&piece[..count]);
    }
    Ok(payload)
}

fn is_timer(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Answers about verified files, for the thread that sends them; none while nobody waits for one.
static ANSWERS: Mutex<Option<VecDeque<String>>> = Mutex::new(None);
static ANSWERED: Condvar = Condvar::new();

/// From here on messages are answers about a file, and no replies.
pub(crate) fn expect_answers() {
    *ANSWERS.lock().expect("nobody panics") = Some(VecDeque::new());
}

pub(crate) fn expect_replies() {
    *ANSWERS.lock().expect("nobody panics") = None;
}

pub(crate) fn wants_answer() -> bool {
    ANSWERS.lock().expect("nobody panics").is_some()
}

pub(crate) fn has_answer() -> bool {
    let answers = ANSWERS.lock().expect("nobody panics");
    answers.as_ref().is_some_and(|answers| !answers.is_empty())
}

/// Hands over an answer, with those that were kept for it; one that is to be handed over with `more` is kept.
pub(crate) fn give_answer(text: String, more: bool) {
    static KEPT: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let mut kept = KEPT.lock().expect("nobody panics");
    kept.push(text);
    if more {
        return;
    }
    if let Some(answers) = &mut *ANSWERS.lock().expect("nobody panics") {
        answers.extend(kept.drain(..));
    }
    ANSWERED.notify_all();
}

/// The next answer, if it comes in time.
pub(crate) fn next_answer(within: Duration) -> Option<String> {
    let answers = ANSWERS.lock().expect("nobody panics");
    let (mut answers, _) = ANSWERED
        .wait_timeout_while(answers, within, |answers| {
            answers.as_ref().is_some_and(VecDeque::is_empty)
        })
        .expect("nobody panics");
    answers.as_mut()?.pop_front()
}
