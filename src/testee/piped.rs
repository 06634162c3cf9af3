//! A testee that reads its standard input and writes to its standard output.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::ioctl_fionread;

use super::gate::{DrainGate, Receiver};
use super::launch::{StartError, Template};
use super::pipe_reader::{PipeReader, Sink};
use super::settle::{Settling, come_to_rest};
use super::supervise::Supervised;
use super::supervise::guard::Kind;
use super::wait::{LOOK_EVERY, Patience, TimeHad, Waiting};
use super::watch::{Activity, Backlog};

/// The most that is taken of a testee's output, in octets.
const FLOOD: usize = 48 * 1024 * 1024;

/// Intervals between looks at its input while it reads: short at first.
const LOOK_SOON: Duration = Duration::from_micros(100);
const LOOK_LATER: Duration = Duration::from_millis(1);
const MOST_READ_SOON: Duration = Duration::from_millis(5);

/// The progress of a testee with its standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// The program has read all of it.
    All,
    /// The program leaves some unread and rests.
    Rests,
    /// The program will not read: it works without an end, has closed its end, or is gone.
    NoMore,
}

/// A running testee. Dropping it ends it.
#[derive(Debug)]
pub struct Piped {
    supervised: Supervised,
    input: Option<File>,
    output: PipeReader<Whole>,
    gate: DrainGate,
    settling: Settling,
    /// The time that it had while it was waited for.
    had: Duration,
}

/// All of what it writes to standard output, up to a flood.
#[derive(Debug, Default)]
struct Whole(Vec<u8>);

impl Sink for Whole {
    fn keep(&mut self, octets: &[u8]) -> bool {
        self.0.extend_from_slice(octets);
        self.0.len() <= FLOOD
    }
}

/// The pipe that the testee reads, as a drain gate sees it.
struct Pipe<'p> {
    input: &'p File,
    supervised: &'p mut Supervised,
}

impl Receiver for Pipe<'_> {
    fn backlog(&mut self) -> Option<Backlog> {
        let unread = ioctl_fionread(self.input).ok().filter(|left| *left > 0)?;
        Some(Backlog {
            unread,
            ..Backlog::default()
        })
    }

    fn activity(&mut self) -> Option<Activity> {
        self.supervised.activity()
    }
}

impl Piped {
    /// Starts a testee; `port` is what it is told as `{port}`.
    ///
    /// # Errors
    /// [`StartError`]: there is no such program.
    pub fn start(template: &Template, port: u16) -> Result<Self, StartError> {
        let (mut supervised, stdout) = Supervised::start(template, port, Kind::Fed)?;
        let output = PipeReader::of(stdout, Whole::default())?;
        let input = match supervised.input() {
            Ok(input) => input,
            Err(error) => {
                return Err(match supervised.ended() {
                    Some(status) => supervised.start_error(status),
                    None => error,
                });
            }
        };
        Ok(Self {
            supervised,
            input: Some(input),
            output,
            gate: DrainGate::default(),
            settling: Settling::default(),
            had: Duration::ZERO,
        })
    }

    /// The directory that it is told as `{dir}`.
    #[must_use]
    pub fn dir(&self) -> PathBuf {
        self.supervised.dir()
    }

    /// A directory beside [`Piped::dir`] that it has no business in.
    #[must_use]
    pub fn outside(&self) -> PathBuf {
        self.supervised.outside()
    }

    /// Writes octets to its standard input and waits until it has taken them. False if it
    /// takes nothing more within `bound`, or has closed its end.
    pub fn feed(&mut self, octets: &[u8], bound: Duration) -> bool {
        if !self.write(octets, bound) {
            return false;
        }
        let Some(input) = &self.input else {
            return false;
        };
        self.gate.wait(&mut Pipe {
            input,
            supervised: &mut self.supervised,
        });
        true
    }

    /// Writes octets to its standard input, where they lie until it reads them. False if it takes
    /// nothing more within `bound`, or has closed its end.
    pub fn write(&mut self, octets: &[u8], bound: Duration) -> bool {
        let Some(input) = &mut self.input else {
            return false;
        };
        let mut sent = 0;
        let mut time = TimeHad::none();
        while sent < octets.len() {
            match input.write(&octets[sent..]) {
                Ok(count) => {
                    sent += count;
                    time = TimeHad::none();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    time.look(self.supervised.activity());
                    if time.is_above(bound) {
                        return false;
                    }
                    let mut fds = [PollFd::new(input, PollFlags::OUT)];
                    let most = Timespec::try_from(LOOK_EVERY).ok();
                    // An interrupted wait is a short one; then it is tried again.
                    let _ = poll(&mut fds, most.as_ref());
                }
                Err(_) => return false,
            }
        }
        true
    }

    /// The octets of its standard input that it has not read yet; `None` once that has ended.
    #[must_use]
    pub fn unread(&self) -> Option<u64> {
        ioctl_fionread(self.input.as_ref()?).ok()
    }

    /// True if its standard output has ended, which it does with the program.
    #[must_use]
    pub fn output_has_ended(&self) -> bool {
        self.output.so_far().has_ended()
    }

    /// Address of the buffer that it waits to read its standard input into, in its own memory.
    pub(crate) fn reads_into(&mut self) -> Option<u64> {
        self.supervised.reads_into()
    }

    /// Ends its standard input.
    pub fn end_input(&mut self) {
        self.input = None;
    }

    /// True if it has written nothing to standard output so far.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.output.so_far().kept.0.is_empty()
    }

    /// The octets that it has written to standard output so far.
    #[must_use]
    pub fn seen(&self) -> Vec<u8> {
        self.output.so_far().kept.0.clone()
    }

    /// Waits until `done` with what it has written, or its output has ended, or nothing more is
    /// to be expected. Says whether `done`.
    pub fn wait(&mut self, patience: Patience, done: impl FnMut(&[u8]) -> bool) -> bool {
        self.watch(patience, true, done)
    }

    /// The same for something that can happen without any output.
    pub fn wait_for(&mut self, patience: Patience, done: impl FnMut(&[u8]) -> bool) -> bool {
        self.watch(patience, false, done)
    }

    /// The time that it has had while its output or its end was waited for, however loaded the machine is.
    pub(crate) const fn had(&self) -> Duration {
        self.had
    }

    fn watch(
        &mut self,
        patience: Patience,
        only_output: bool,
        done: impl FnMut(&[u8]) -> bool,
    ) -> bool {
        let mut waiting = Waiting::begin();
        let came = self.watch_on(&mut waiting, patience, only_output, done);
        self.had += waiting.had();
        came
    }

    fn watch_on(
        &mut self,
        waiting: &mut Waiting,
        patience: Patience,
        only_output: bool,
        mut done: impl FnMut(&[u8]) -> bool,
    ) -> bool {
        let mut arrived = None;
        loop {
            {
                let so_far = self.output.so_far();
                let seen = &so_far.kept.0;
                let more = arrived != Some(seen.len());
                if more {
                    arrived = Some(seen.len());
                    waiting.something_came();
                }
                if (more || !only_output) && done(seen) {
                    return true;
                }
                if so_far.has_ended() {
                    return false;
                }
                if waiting.is_over(patience) {
                    return false;
                }
                self.output.wait(so_far, LOOK_EVERY);
            }
            // A program that has closed its end reads nothing more.
            let unread = self.input.as_ref().map(ioctl_fionread);
            let unread = unread.map_or(0, |unread| unread.unwrap_or(0));
            waiting.look(self.supervised.activity(), Some(unread));
        }
    }

    /// Waits until it has read all that was written to its standard input, or rests or works for as long as
    /// `patience` says and leaves some unread.
    pub(crate) fn wait_until_read(&mut self, patience: Patience) -> Reading {
        let started = Instant::now();
        let mut waiting = Waiting::begin();
        loop {
            let unread = match self.unread() {
                Some(0) => return Reading::All,
                None => return Reading::NoMore,
                Some(unread) => unread,
            };
            if started.elapsed() < MOST_READ_SOON {
                thread::sleep(LOOK_SOON);
                continue;
            }
            if self.output_has_ended() && self.death().is_some() {
                return Reading::NoMore;
            }
            waiting.look(self.activity(), Some(unread));
            if waiting.is_over(patience) {
                return if waiting.rests(patience) {
                    Reading::Rests
                } else {
                    Reading::NoMore
                };
            }
            thread::sleep(LOOK_LATER);
        }
    }

    /// Waits until it has ended, and says with which status; `None` if it goes on.
    pub fn end(&mut self, patience: Patience) -> Option<i32> {
        // Its output ends with it, unless it has closed that before.
        self.wait(patience, |_| false);
        if !self.output_has_ended() {
            // The program has been waited for already.
            return self.supervised.ended_for_good();
        }
        let mut waiting = Waiting::begin();
        loop {
            if let Some(status) = self.supervised.ended_for_good() {
                return Some(status);
            }
            if waiting.is_over(patience) {
                return None;
            }
            thread::sleep(LOOK_EVERY);
            waiting.look(self.supervised.activity(), Some(0));
        }
    }

    /// The end of the program, in words; `None` while it runs.
    pub fn death(&mut self) -> Option<String> {
        self.supervised.death()
    }

    /// The end of what it wrote to standard error.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.supervised.stderr()
    }

    /// Number of octets that it has written to standard error.
    #[must_use]
    pub fn stderr_written(&self) -> u64 {
        self.supervised.stderr_written()
    }

    /// Waits until it has come to rest, within bounds.
    pub fn settle(&mut self) {
        let supervised = &mut self.supervised;
        self.settling.settle(|| supervised.activity());
    }

    /// Waits until it has come to rest, for `bound` at most.
    pub(crate) fn come_to_rest(&mut self, bound: Duration) {
        come_to_rest(bound, || self.supervised.activity());
    }

    /// The most resident memory that each of its processes has held, together, in octets; `None` where that cannot be
    /// seen.
    pub(crate) fn peak_memory(&mut self) -> Option<u64> {
        self.supervised.peak_memory()
    }

    /// The activity of its processes now, if that can be seen.
    pub(crate) fn activity(&mut self) -> Option<Activity> {
        self.supervised.activity()
    }
}
