//! A testee's process under guard: started in a place of its own, watched, and ended whatever
//! happens.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

use super::exit_status::status_in_words;
use super::launch::{StartError, Template};
use super::pipe_reader::PipeReader;
use super::port::HOST;
use super::tail::Tail;
use super::watch::{Activity, ProcessTree};
use crate::disk::remove_tree;
use guard::{CANNOT_START, DIR, INPUT, OUTSIDE, PORT_TAKEN};

pub mod guard;

/// How often a thing that tells nobody of itself is looked at again.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// How long the guard may take to end a testee and itself.
const END_BOUND: Duration = Duration::from_secs(10);

/// A testee's process, with whatever it starts itself. Dropping it ends all of them.
#[derive(Debug)]
pub(super) struct Supervised {
    guard: Child,
    hold: Option<ChildStdin>,
    stderr: PipeReader<Tail>,
    root: PathBuf,
    tree: ProcessTree,
}

impl Supervised {
    /// Starts a testee that is told `port`, and hands over what it writes to standard output. If
    /// it is `fed`, it starts only once [`Supervised::input`] has been opened; otherwise it is to listen
    /// on that port, unless it is 0.
    pub(super) fn start(
        template: &Template,
        port: u16,
        fed: bool,
    ) -> Result<(Self, ChildStdout), StartError> {
        let root = fresh_root();
        let dir = root.join(DIR);
        let command = template.command.iter().map(|part| filled(part, port, &dir));
        let guard = match &template.guard {
            Some(guard) => guard.clone(),
            None => std::env::current_exe()?,
        };
        let mut guard = Command::new(guard)
            .arg("guard")
            .args(fed.then_some("--fed"))
            .args((!fed && port != 0).then(|| format!("--port={port}")))
            .arg(&root)
            .arg("--")
            .args(command)
            .envs((template.env)())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is for the harness, which then ends the testee.
            .process_group(0)
            .spawn()?;
        let hold = guard.stdin.take();
        let stdout = guard.stdout.take().expect("it is piped");
        let stderr = PipeReader::of(guard.stderr.take().expect("it is piped"), Tail::default())?;
        let supervised = Self {
            tree: ProcessTree::of(guard.id()),
            guard,
            hold,
            stderr,
            root,
        };
        Ok((supervised, stdout))
    }

    /// Opens the standard input of a testee that is fed. Writing to it never waits.
    pub(super) fn input(&mut self) -> Result<File, StartError> {
        let path = self.root.join(INPUT);
        loop {
            let opened = OpenOptions::new()
                .write(true)
                .custom_flags(OFlags::NONBLOCK.bits() as i32)
                .open(&path);
            match opened {
                Ok(input) => return Ok(input),
                // The guard has not made it yet, or not opened its end.
                Err(_) if self.ended().is_none() => thread::sleep(LOOK_AGAIN),
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

    /// How it ended, 128 and the signal for one that was killed; `None` while it runs.
    pub(super) fn ended(&mut self) -> Option<i32> {
        match self.guard.try_wait() {
            Ok(None) => None,
            Ok(Some(status)) => Some(status.code().unwrap_or(-1)),
            Err(_) => Some(-1),
        }
    }

    /// How it ended, as [`Supervised::ended`] says; where none of its processes is left, the word
    /// of the guard is waited for. All that it wrote to standard error is there then.
    pub(super) fn ended_for_good(&mut self) -> Option<i32> {
        let started = Instant::now();
        while self.ended().is_none()
            && self.tree.is_empty() == Some(true)
            && started.elapsed() < END_BOUND
        {
            thread::sleep(LOOK_AGAIN);
        }
        let ended = self.ended();
        if ended.is_some() {
            self.stderr.finish();
        }
        ended
    }

    /// Why a testee that has ended with this status did not start, or ended at once.
    pub(super) fn start_error(&mut self, status: i32) -> StartError {
        self.stderr.finish();
        let stderr = self.stderr.so_far().kept.text();
        if status == i32::from(CANNOT_START) && stderr.starts_with("cannot start") {
            return StartError::NoProgram(stderr.trim().to_owned());
        }
        if status == i32::from(PORT_TAKEN) && stderr.starts_with("port ") {
            return StartError::PortTaken(stderr.trim().to_owned());
        }
        StartError::Ended {
            status: status_in_words(status),
            stderr,
        }
    }

    /// The end of what it wrote to standard error.
    pub(super) fn stderr(&self) -> String {
        self.stderr.so_far().kept.text()
    }

    /// How much it has written to standard error, in octets.
    pub(super) fn stderr_written(&self) -> u64 {
        self.stderr.so_far().kept.written()
    }

    /// Whatever it does now, in all of its processes.
    pub(super) fn activity(&mut self) -> Option<Activity> {
        self.tree.activity()
    }

    /// The resident memory of all of its processes, in octets.
    pub(super) fn resident(&mut self) -> Option<u64> {
        self.tree.resident()
    }

    fn end(&mut self) {
        // The guard takes the end of its input for the word to end.
        drop(self.hold.take());
        let started = Instant::now();
        while self.ended().is_none() {
            if started.elapsed() > END_BOUND {
                let _ = self.guard.kill();
                let _ = self.guard.wait();
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
