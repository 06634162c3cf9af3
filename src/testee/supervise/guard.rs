//! The guard: a small process between the harness and a program under test, so that nothing is left
//! behind however the harness ends, by SIGKILL too.
//!
//! 1. It makes the program's directory, and starts the program in a process group of its own.
//! 2. It waits for the program's end, or for the end of its own standard input, which the harness
//!    holds open. A server that ends with status 0 and leaves processes behind is a daemon, and goes
//!    on in them.
//! 3. It ends whatever descends from it. Orphans become its children, so it has no descendant left
//!    exactly when the system says that it has no child left: a look at the list of processes could
//!    miss one whose parent ends meanwhile.
//! 4. It removes the directory.
//!
//! Its message to the harness is a line on standard error, [`Word`].

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, wait};

use super::system;
use crate::disk::remove_tree;
use crate::testee::port::is_free;
use crate::testee::watch::ProcessTree;

/// Time limit for a program to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(1);

/// Time limit for the last descendants to vanish after SIGKILL: a process that waits for a disk or a network
/// file system takes its time.
const KILL_BOUND: Duration = Duration::from_secs(5);

/// The status when the command could not be started, as shells have it.
pub const CANNOT_START: u8 = 127;

/// The status when the program's port is not free, and the program was not started.
pub const PORT_TAKEN: u8 = 125;

/// The directory of the program under test, where it stores files.
pub const DIR: &str = "dir";

/// Beside it: the pipe that a program reads as its standard input.
pub const INPUT: &str = "input";

/// Beside it: the directory that must stay as it is, whatever the program receives.
pub const OUTSIDE: &str = "outside";

/// The status when the program was ended because it held too much memory.
pub const TOO_MUCH_MEMORY: u8 = 124;

/// Shortest and longest interval between looks at the memory of the program, because nothing tells of it by
/// itself. Many guards may be at work, so a guard looks no more often than the room that is left calls for.
const LOOK_AT_MEMORY: [Duration; 2] = [Duration::from_millis(25), Duration::from_millis(250)];

/// Upper bound of the growth of a program's memory, in octets a second.
const FASTEST_GROWTH: f64 = 8e9;

/// The word by which the program is started as a guard.
pub const COMMAND: &str = "guard";

/// The kind of a program under test, as the guard treats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A program that serves until it is ended, and may do so as a daemon.
    Server,
    /// A program that reads its standard input from a pipe in its place, and whose end is awaited.
    Fed,
    /// A program that reads nothing, and whose end is awaited.
    Task,
}

impl Kind {
    /// The option by which the guard is told the kind.
    pub(super) const fn option(self) -> Option<&'static str> {
        match self {
            Self::Server => Some("--server"),
            Self::Fed => Some("--fed"),
            Self::Task => None,
        }
    }
}

/// A message of the guard to the harness, as a line of standard error at a time when the program under test
/// cannot be writing: the first line, before it is started, or the last one, when all of its processes have
/// ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Another process listens on the port, or connections of the last listener remain.
    PortTaken(u16),
    /// The program could not be started: the system's error number.
    CannotStart(i32),
    /// The program held this many octets of memory and was ended.
    TooMuchMemory(u64),
}

impl Word {
    pub(super) const HEAD: &str = "unstick-guard:";

    /// Reads the line of a guard that has ended with this status.
    #[must_use]
    pub fn read(status: i32, stderr: &str) -> Option<Self> {
        let status = u8::try_from(status).ok()?;
        let line = match status {
            TOO_MUCH_MEMORY => stderr.lines().next_back()?,
            _ => stderr.lines().next()?,
        };
        let (word, number) = line.strip_prefix(Self::HEAD)?.trim().split_once(' ')?;
        match (word, status) {
            ("port-taken", PORT_TAKEN) => Some(Self::PortTaken(number.parse().ok()?)),
            ("cannot-start", CANNOT_START) => Some(Self::CannotStart(number.parse().ok()?)),
            ("too-much-memory", TOO_MUCH_MEMORY) => Some(Self::TooMuchMemory(number.parse().ok()?)),
            _ => None,
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PortTaken(port) => write!(f, "{} port-taken {port}", Self::HEAD),
            Self::CannotStart(error) => write!(f, "{} cannot-start {error}", Self::HEAD),
            Self::TooMuchMemory(held) => write!(f, "{} too-much-memory {held}", Self::HEAD),
        }
    }
}

enum Event {
    HarnessGone,
    /// The harness has opened the other end of the program's standard input.
    Fed(io::Result<File>),
    /// The program has ended with this status, 128 and the signal if it was killed.
    Ended(u8),
    /// No child is left, and so no descendant.
    NoneLeft,
    /// The program holds this many octets of memory, more than it may.
    TooMuchMemory(u64),
}

/// A program, as the guard is told of it.
#[derive(Debug)]
pub struct Task {
    /// The kind of the program.
    pub kind: Kind,
    /// The port that a server is to listen on, which must be free, or it is not started:
    /// [`PORT_TAKEN`].
    pub port: Option<u16>,
    /// Resident memory that it may come to hold with all of its processes, in octets.
    pub max_memory: Option<u64>,
    /// The program and its arguments.
    pub command: Vec<OsString>,
}

/// Runs a program under guard with `root` as its place, and says how it ended: its status, 128 and the
/// signal, or one of the statuses above.
///
/// # Errors
/// The directory could not be made.
pub fn run(root: &Path, task: &Task) -> io::Result<u8> {
    if let Some(port) = task.port
        && !is_free(port)
    {
        eprintln!("{}", Word::PortTaken(port));
        return Ok(PORT_TAKEN);
    }
    fs::create_dir(root)?;
    let input = (task.kind == Kind::Fed).then(|| root.join(INPUT));
    let status = fs::create_dir(root.join(DIR))
        .and_then(|()| fs::create_dir(root.join(OUTSIDE)))
        .and_then(|()| match &input {
            Some(input) => mkfifo(input),
            None => Ok(()),
        })
        .map(|()| run_in_place(input, task));
    // The directory is gone already if the harness was faster.
    let _ = remove_tree(root);
    status
}

fn mkfifo(path: &Path) -> io::Result<()> {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
    Ok(())
}

fn run_in_place(input: Option<PathBuf>, task: &Task) -> u8 {
    system::adopt_orphans();
    let (sender, events) = mpsc::channel();
    let harness = sender.clone();
    thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        harness.send(Event::HarnessGone)
    });
    let mut stdin = Stdio::null();
    if let Some(input) = input {
        let fed = sender.clone();
        // Opening the pipe waits until the other end is opened too.
        thread::spawn(move || fed.send(Event::Fed(File::open(input))));
        match events.recv() {
            Ok(Event::Fed(Ok(input))) => stdin = input.into(),
            _ => return CANNOT_START,
        }
    }
    let child = match spawn(&task.command, stdin) {
        Ok(child) => child,
        Err(error) => {
            let number = error.raw_os_error();
            let number = number.unwrap_or_else(|| Errno::INVAL.raw_os_error());
            eprintln!("{}", Word::CannotStart(number));
            return CANNOT_START;
        }
    };
    let group = Pid::from_child(&child);
    if let Some(limit) = task.max_memory {
        let sender = sender.clone();
        thread::spawn(move || watch_memory(limit, &sender));
    }
    thread::spawn(move || reap(group, &sender));
    wait_and_end(group, &events, task.kind)
}

fn spawn(command: &[OsString], stdin: Stdio) -> io::Result<Child> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Errno::NOENT.into());
    };
    Command::new(program)
        .args(arguments)
        .stdin(stdin)
        .process_group(0)
        .spawn()
}

/// Waits for each child, those too that became children as orphans, until none is left.
fn reap(program: Pid, events: &Sender<Event>) {
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == program => {
                let signal = status.terminating_signal().map(|signal| 128 + signal);
                let status = status.exit_status().or(signal).unwrap_or(-1);
                let _ = events.send(Event::Ended(u8::try_from(status).unwrap_or(u8::MAX)));
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => {
                let _ = events.send(Event::NoneLeft);
                return;
            }
        }
    }
}

/// Sends an event when the descendants of this process hold too much memory.
fn watch_memory(limit: u64, events: &Sender<Event>) {
    let mut tree = ProcessTree::of(std::process::id());
    while let Some(held) = tree.held(limit) {
        if held > limit {
            let _ = events.send(Event::TooMuchMemory(held));
            return;
        }
        thread::sleep(next_look(limit - held));
    }
}

/// Time until the next look at the memory of a program that may hold `room` octets more.
fn next_look(room: u64) -> Duration {
    let [most_often, least_often] = LOOK_AT_MEMORY;
    let full_after = Duration::from_secs_f64(room as f64 / FASTEST_GROWTH);
    full_after.clamp(most_often, least_often)
}

/// Waits for the end of the program or of the harness, ends whatever is left, and says how the
/// program ended.
fn wait_and_end(group: Pid, events: &Receiver<Event>, kind: Kind) -> u8 {
    let mut status = None;
    let mut too_much = None;
    loop {
        match events.recv() {
            Ok(Event::Ended(ended)) => {
                status = Some(ended);
                if kind != Kind::Server || ended != 0 {
                    break;
                }
            }
            Ok(Event::Fed(_)) => {}
            Ok(Event::TooMuchMemory(held)) => {
                too_much = Some(held);
                if status.is_none() {
                    let _ = kill_process_group(group, Signal::KILL);
                }
                break;
            }
            Ok(Event::NoneLeft) | Err(_) => return status.unwrap_or(CANNOT_START),
            Ok(Event::HarnessGone) => {
                // The group is the program's as long as it is not reaped.
                if status.is_none() {
                    let _ = kill_process_group(group, Signal::TERM);
                    if let Ok(Event::Ended(ended)) = events.recv_timeout(GRACE) {
                        status = Some(ended);
                    }
                }
                break;
            }
        }
    }
    system::kill_group(group);
    let started = Instant::now();
    // Usually nothing is left, and the word of it is on its way.
    while started.elapsed() < KILL_BOUND {
        match events.recv_timeout(Duration::from_millis(1)) {
            Ok(Event::NoneLeft) | Err(RecvTimeoutError::Disconnected) => break,
            Ok(Event::Ended(ended)) => status = status.or(Some(ended)),
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => {
                system::kill_descendants();
            }
        }
    }
    if let Some(held) = too_much {
        eprintln!("\n{}", Word::TooMuchMemory(held));
        return TOO_MUCH_MEMORY;
    }
    status.unwrap_or(128 + Signal::KILL.as_raw() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_the_guard_is_read_back_and_nobody_elses() {
        for (word, status) in [
            (Word::PortTaken(1234), PORT_TAKEN),
            (Word::CannotStart(2), CANNOT_START),
        ] {
            let line = format!("{word}\n");
            assert_eq!(Word::read(status.into(), &line), Some(word));
            assert_eq!(Word::read(1, &line), None);
            assert_eq!(Word::read(status.into(), "port 1234 is taken\n"), None);
        }
        let word = Word::TooMuchMemory(5);
        let status = TOO_MUCH_MEMORY.into();
        assert_eq!(Word::read(status, &format!("x\n{word}\n")), Some(word));
        assert_eq!(Word::read(status, &format!("{word}\nx\n")), None);
    }
}
