//! A program under test under guard: started in a place of its own, watched, and ended whatever
//! happens. Every wait is bounded.
//!
//! Two things stand between it and the machine: the guard, its parent, ends all of its descendants
//! when it or the harness ends; where the guard is killed itself, the harness does so.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::process::{Pid, Signal, kill_process};

use super::exit_status::status_in_words;
use super::launch::{StartError, Template};
use super::memory_limit;
use super::pipe_reader::PipeReader;
use super::port::HOST;
use super::tail::Tail;
use super::wait::TimeHad;
use super::watch::{Activity, ProcessTree};
use crate::disk::remove_tree;
use guard::{DIR, INPUT, Kind, OUTSIDE, Word};

pub mod guard;
#[cfg(target_os = "linux")]
mod linux;
mod portable;
mod system;

/// Interval between looks at a thing that gives no notice of itself.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Time limit for the guard to make the place of the program, of the time that it has.
const START_BOUND: Duration = Duration::from_secs(30);

/// Time limit for the guard to end a program and itself: more than it takes when all of its own
/// bounds are exhausted.
const END_BOUND: Duration = Duration::from_secs(10);

/// Time limit for the guard to tell with which status a program has ended, which only a loaded machine draws out.
const WORD_BOUND: Duration = Duration::from_secs(60);

/// Time limit of the wait for the end of a standard stream once no process is left that could write.
pub(super) const STREAM_BOUND: Duration = Duration::from_secs(2);

const MEBIBYTE: u64 = 1024 * 1024;

/// The environment variable by which processes are found whose guard was killed: it holds the
/// path of their place.
const MARKER: &str = "UNSTICK_PLACE";

/// A testee's process, with whatever it starts itself. Dropping it ends all of them.
#[derive(Debug)]
pub(super) struct Supervised {
    guard: Child,
    hold: Option<ChildStdin>,
    stderr: PipeReader<Tail>,
    root: PathBuf,
    program: OsString,
    tree: ProcessTree,
    /// The pipes that the program writes to.
    pipes: Vec<u64>,
    /// Status with which the guard ended, once it has.
    ended: Option<i32>,
}

impl Supervised {
    /// Starts a program that is told `port`, and hands over what it writes to standard output. A
    /// [`Kind::Fed`] one starts only once [`Supervised::input`] has been opened; a server is to
    /// listen on that port, unless it is 0.
    pub(super) fn start(
        template: &Template,
        port: u16,
        kind: Kind,
    ) -> Result<(Self, ChildStdout), StartError> {
        let root = fresh_root();
        let dir = root.join(DIR);
        let command = template.command.iter().map(|part| filled(part, port, &dir));
        let guard = match &template.guard {
            Some(guard) => guard.clone(),
            None => running_program()?,
        };
        // A user's own test may need more than its share, unless the user says otherwise.
        let limit = match kind {
            Kind::Task => memory_limit::given(),
            Kind::Server | Kind::Fed => memory_limit::get(),
        };
        let mut guard = Command::new(guard)
            .arg0("unstick")
            .arg(guard::COMMAND)
            .args(kind.option())
            .args((kind == Kind::Server && port != 0).then(|| format!("--port={port}")))
            .args(limit.map(|limit| format!("--max-memory={limit}")))
            .arg(&root)
            .arg("--")
            .args(command)
            .envs((template.env)())
            .env(MARKER, &root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is for the harness, which then ends the testee.
            .process_group(0)
            .spawn()?;
        let hold = guard.stdin.take();
        let stdout = guard.stdout.take().expect("it is piped");
        let stderr = guard.stderr.take().expect("it is piped");
        let pipes = [system::pipe_number(&stdout), system::pipe_number(&stderr)];
        let stderr = PipeReader::of(stderr, Tail::default())?;
        let supervised = Self {
            tree: ProcessTree::of(guard.id()),
            guard,
            hold,
            stderr,
            root,
            program: template.program().to_owned(),
            pipes: pipes.into_iter().flatten().collect(),
            ended: None,
        };
        Ok((supervised, stdout))
    }

    /// Opens the standard input of a testee that is fed. Writing to it never waits.
    pub(super) fn input(&mut self) -> Result<File, StartError> {
        let path = self.root.join(INPUT);
        let mut time = TimeHad::none();
        loop {
            let opened = OpenOptions::new()
                .write(true)
                .custom_flags(OFlags::NONBLOCK.bits() as i32)
                .open(&path);
            match opened {
                Ok(input) => return Ok(input),
                // The guard has not made the pipe yet, or not opened its end.
                Err(_) if self.ended().is_none() && !time.is_above(START_BOUND) => {
                    thread::sleep(LOOK_AGAIN);
                    time.look(self.starting());
                }
                Err(error) => return Err(StartError::Guard(error)),
            }
        }
    }

    /// The directory that the testee is told.
    pub(super) fn dir(&self) -> PathBuf {
        self.root.join(DIR)
    }

    /// A directory beside it, which the testee has no business in.
    pub(super) fn outside(&self) -> PathBuf {
        self.root.join(OUTSIDE)
    }

    /// Status with which the program ended, 128 and the signal if it was killed; `None` while it runs.
    pub(super) fn ended(&mut self) -> Option<i32> {
        if self.ended.is_none() {
            self.ended = match self.guard.try_wait() {
                Ok(None) => {
                    self.look_after_guard();
                    None
                }
                Ok(Some(status)) => match status.signal() {
                    // The program has killed its guard, if anyone has, and may go on without.
                    Some(_) if self.strays(Signal::CONT) => None,
                    Some(signal) => Some(128 + signal),
                    None => Some(status.code().unwrap_or(-1)),
                },
                Err(_) => Some(-1),
            };
        }
        self.ended
    }

    /// Sends a signal to what is left of the program when its guard was killed, and says whether
    /// there is anything.
    fn strays(&mut self, signal: Signal) -> bool {
        let mark = format!("{MARKER}={}\0", self.root.display());
        let strays = system::signal_strays(&self.root, &mark, &self.pipes, signal);
        self.tree.adopt(&strays);
        !strays.is_empty()
    }

    /// Status with which the program ended, as [`Supervised::ended`] says; where none of its processes is
    /// left, the word of the guard is waited for. All that it wrote to standard error is there then.
    pub(super) fn ended_for_good(&mut self) -> Option<i32> {
        let started = Instant::now();
        while self.ended().is_none()
            && matches!(self.guard.try_wait(), Ok(None))
            && self.tree.is_empty() == Some(true)
            && started.elapsed() < WORD_BOUND
        {
            thread::sleep(LOOK_AGAIN);
        }
        let ended = self.ended();
        if ended.is_some() {
            self.stderr.finish(STREAM_BOUND);
        }
        ended
    }

    /// Memory that the program held, in octets, if it was ended for that.
    pub(super) fn exceeded_memory(&mut self) -> Option<u64> {
        let status = self.ended_for_good()?;
        match Word::read(status, &self.stderr.so_far().kept.text())? {
            Word::TooMuchMemory(held) => Some(held),
            _ => None,
        }
    }

    /// The end of the program, in words that follow "it ended"; `None` while it runs.
    pub(super) fn death(&mut self) -> Option<String> {
        let status = self.ended_for_good()?;
        Some(match self.exceeded_memory() {
            Some(held) => {
                let held = held / MEBIBYTE;
                let most = memory_limit::get().unwrap_or(0) / MEBIBYTE;
                let why = match memory_limit::is_lowered() {
                    true => "a program that takes it without need is allowed",
                    false => "--max-memory allows",
                };
                format!("by our hand: it held {held} MiB of memory, and {why} {most} MiB")
            }
            None => status_in_words(status),
        })
    }

    /// The reason why a program that has ended with this status did not start, or ended at once.
    pub(super) fn start_error(&mut self, status: i32) -> StartError {
        self.stderr.finish(STREAM_BOUND);
        let stderr = self.stderr.so_far().kept.text();
        match Word::read(status, &stderr) {
            Some(Word::CannotStart(number)) => StartError::NoProgram {
                program: self.program.to_string_lossy().into_owned(),
                error: io::Error::from_raw_os_error(number),
            },
            Some(Word::PortTaken(port)) => StartError::PortTaken(port),
            Some(Word::TooMuchMemory(_)) | None => StartError::Ended { status, stderr },
        }
    }

    /// The end of what it wrote to standard error, without the guard's words.
    pub(super) fn stderr(&self) -> String {
        let text = self.stderr.so_far().kept.text();
        if !text.contains(Word::HEAD) {
            return text;
        }
        let own = text.split_inclusive('\n');
        own.filter(|line| !line.starts_with(Word::HEAD)).collect()
    }

    /// Number of octets that it has written to standard error.
    pub(super) fn stderr_written(&self) -> u64 {
        self.stderr.so_far().kept.written()
    }

    /// The activity of all of its processes now.
    pub(super) fn activity(&mut self) -> Option<Activity> {
        self.look_after_guard();
        self.tree.activity()
    }

    /// The same while it starts ([`ProcessTree::starting`]).
    pub(super) fn starting(&mut self) -> Option<Activity> {
        self.look_after_guard();
        self.tree.starting()
    }

    /// Address of the buffer that it waits to read its standard input into ([`ProcessTree::reads_into`]).
    pub(super) fn reads_into(&mut self) -> Option<u64> {
        self.tree.reads_into()
    }

    /// The resident memory of all of its processes, in octets.
    pub(super) fn resident(&mut self) -> Option<u64> {
        self.tree.resident()
    }

    /// The memory that all of its processes hold, as [`ProcessTree::held`] says.
    pub(super) fn held(&mut self, bound: u64) -> Option<u64> {
        self.tree.held(bound)
    }

    /// The most resident memory that one of its processes has held, in octets.
    pub(super) fn highest_peak(&mut self) -> Option<u64> {
        self.tree.highest_peak()
    }

    /// The most resident memory that each of its processes has held, together, in octets.
    pub(super) fn peak_memory(&mut self) -> Option<u64> {
        self.tree.peak_memory()
    }

    /// Lets a guard run that was stopped, by the program if by anyone: stopped, it tells of no end, and lets any
    /// memory pass. Of one that was killed, finds the program. Whatever waits for the program does so at each look.
    fn look_after_guard(&mut self) {
        match self.guard.try_wait() {
            Ok(None) => {
                let _ = kill_process(Pid::from_child(&self.guard), Signal::CONT);
            }
            // Processes that it leaves descend from it no more.
            Ok(Some(status)) if status.signal().is_some() && self.tree.is_empty() == Some(true) => {
                self.strays(Signal::CONT);
            }
            _ => {}
        }
    }

    fn end(&mut self) {
        // The guard takes the end of its input for the word to end.
        drop(self.hold.take());
        let started = Instant::now();
        while self.ended().is_none() {
            if matches!(self.guard.try_wait(), Ok(Some(_))) {
                self.strays(Signal::KILL);
            } else if started.elapsed() > END_BOUND {
                let _ = self.guard.kill();
            }
            if started.elapsed() > END_BOUND * 2 {
                // Not even SIGKILL ends the guard now; it is left to the system.
                break;
            }
            thread::sleep(LOOK_AGAIN);
        }
        let _ = remove_tree(&self.root);
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.end();
    }
}

/// The program that is running, also where its file has been replaced meanwhile.
fn running_program() -> io::Result<PathBuf> {
    let running = PathBuf::from("/proc/self/exe");
    if running.exists() {
        return Ok(running);
    }
    std::env::current_exe()
}

fn filled(part: &OsString, port: u16, dir: &Path) -> OsString {
    match part.to_str() {
        Some(part) => part
            .replace("{port}", &port.to_string())
            .replace("{host}", &HOST.to_string())
            .replace("{dir}", &dir.to_string_lossy())
            .into(),
        None => part.clone(),
    }
}

fn fresh_root() -> PathBuf {
    std::env::temp_dir().join(format!("unstick-{:016x}", fastrand::u64(..)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in() {
        let dir = Path::new("/d");
        let filled = |part: &str| filled(&part.into(), 7, dir).into_string().unwrap();
        assert_eq!(filled("{host}:{port}"), "127.0.0.1:7");
        assert_eq!(filled("--dir={dir}/x"), "--dir=/d/x");
        assert_eq!(filled("{}"), "{}");
    }
}
