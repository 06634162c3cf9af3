//! The guard: a small process between the harness and a testee, so that nothing is left
//! behind however the harness ends, by SIGKILL too.
//!
//! It makes the testee's directory, starts the testee in a process group of its own, and
//! waits for the testee's end or for the end of its own standard input, which the harness
//! holds open. Then it ends whatever descends from it and removes the directory.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process, kill_process_group, set_child_subreaper};

use crate::disk::remove_tree;
use crate::testee::port::is_free;
use crate::testee::watch::linux as procfs;

/// How long a testee may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(1);

/// How long the last descendants may take to vanish after SIGKILL.
const KILL_BOUND: Duration = Duration::from_secs(5);

/// The status when the command could not be started, as shells have it.
pub const CANNOT_START: u8 = 127;

/// The status when the testee's port is not free, and the testee was not started.
pub const PORT_TAKEN: u8 = 125;

/// The testee's directory, where it stores files.
pub const DIR: &str = "dir";

/// Beside it: what a testee that is fed reads as its standard input.
pub const INPUT: &str = "input";

/// Beside it: what must stay as it is, whatever the testee receives.
pub const OUTSIDE: &str = "outside";

enum Event {
    HarnessGone,
    /// The harness has opened the other end of the testee's standard input.
    Fed(io::Result<File>),
    Ended(io::Result<ExitStatus>),
}

/// Runs `command` under guard with `root` as its place, and says how it ended: its status,
/// 128 and the signal, or [`CANNOT_START`]. If it is `fed`, its standard input is a pipe in that
/// place; otherwise there is none. If it is to listen on a port, that must be free, or it is not
/// started: [`PORT_TAKEN`].
///
/// # Errors
/// The directory could not be made.
pub fn run(root: &Path, fed: bool, port: Option<u16>, command: &[OsString]) -> io::Result<u8> {
    if let Some(port) = port
        && !is_free(port)
    {
        eprintln!("port {port} is taken");
        return Ok(PORT_TAKEN);
    }
    fs::create_dir(root)?;
    let input = fed.then(|| root.join(INPUT));
    let status = fs::create_dir(root.join(DIR))
        .and_then(|()| fs::create_dir(root.join(OUTSIDE)))
        .and_then(|()| match &input {
            Some(input) => mkfifo(input),
            None => Ok(()),
        })
        .map(|()| run_in_place(input, command));
    end_descendants();
    // Gone already if the harness was faster.
    let _ = remove_tree(root);
    status
}

fn mkfifo(path: &Path) -> io::Result<()> {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
    Ok(())
}

fn run_in_place(input: Option<PathBuf>, command: &[OsString]) -> u8 {
    // Orphans of the testee become children of the guard, which so finds them all.
    let _ = set_child_subreaper(Some(rustix::process::getpid()));
    let Some((program, arguments)) = command.split_first() else {
        return CANNOT_START;
    };
    let (sender, events) = mpsc::channel();
    let harness = sender.clone();
    thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        harness.send(Event::HarnessGone)
    });
    let mut stdin = Stdio::null();
    if let Some(input) = input {
        let fed = sender.clone();
        // This waits until the other end is opened too.
        thread::spawn(move || fed.send(Event::Fed(File::open(input))));
        match events.recv() {
            Ok(Event::Fed(Ok(input))) => stdin = input.into(),
            _ => return CANNOT_START,
        }
    }
    let spawned = Command::new(program)
        .args(arguments)
        .stdin(stdin)
        .process_group(0)
        .spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            eprintln!("cannot start {}: {error}", program.display());
            return CANNOT_START;
        }
    };
    let group = Pid::from_child(&child);
    thread::spawn(move || sender.send(Event::Ended(child.wait())));
    let mut event = events.recv();
    if let Ok(Event::HarnessGone) = event {
        let _ = kill_process_group(group, Signal::TERM);
        event = events.recv_timeout(GRACE).map_err(|_| mpsc::RecvError);
    }
    match event {
        Ok(Event::Ended(Ok(status))) => {
            let code = status
                .code()
                .unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
            code.try_into().unwrap_or(u8::MAX)
        }
        _ => 128 + Signal::KILL.as_raw() as u8,
    }
}

fn end_descendants() {
    let started = Instant::now();
    let own = std::process::id();
    loop {
        let left = procfs::descendants(own);
        if left.is_empty() || started.elapsed() > KILL_BOUND {
            return;
        }
        for pid in left {
            if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        // Nothing tells of the end of processes that are not children yet; look again.
        thread::sleep(Duration::from_millis(1));
    }
}
