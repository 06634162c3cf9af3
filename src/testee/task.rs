//! A command that runs to its end: somebody's own test, which is judged by its exit status.

use std::ffi::OsString;

use super::launch::{StartError, Template};
use super::pipe_reader::PipeReader;
use super::supervise::guard::Kind;
use super::supervise::{STREAM_BOUND, Supervised};
use super::tail::Tail;
use super::watch::Activity;

/// A running command. Dropping it ends it, with whatever it has started.
#[derive(Debug)]
pub struct Task {
    supervised: Supervised,
    stdout: PipeReader<Tail>,
}

impl Task {
    /// Starts a command. Its environment stays as it is, and it reads nothing.
    ///
    /// # Errors
    /// [`StartError`]
    pub fn start(
        command: Vec<OsString>,
        guard: Option<std::path::PathBuf>,
    ) -> Result<Self, StartError> {
        let template = Template {
            command,
            timeout: std::time::Duration::ZERO,
            guard,
            env: Vec::new,
        };
        let (supervised, stdout) = Supervised::start(&template, 0, Kind::Task)?;
        Ok(Self {
            supervised,
            stdout: PipeReader::of(stdout, Tail::default())?,
        })
    }

    /// Status with which the command ended, 128 and the signal if it was killed; `None` while it runs.
    ///
    /// # Errors
    /// There is no such program.
    pub fn ended(&mut self) -> Result<Option<i32>, StartError> {
        let Some(status) = self.supervised.ended_for_good() else {
            return Ok(None);
        };
        self.stdout.finish(STREAM_BOUND);
        match self.supervised.start_error(status) {
            error @ StartError::NoProgram { .. } => Err(error),
            _ => Ok(Some(status)),
        }
    }

    /// The activity of its processes now, if that can be seen.
    pub fn activity(&mut self) -> Option<Activity> {
        self.supervised.activity()
    }

    /// The end of what it wrote, to standard error or else to standard output.
    #[must_use]
    pub fn output(&self) -> String {
        let stderr = self.supervised.stderr();
        if stderr.trim().is_empty() {
            return self.stdout.so_far().kept.text();
        }
        stderr
    }

    /// Number of octets that it has written so far.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.supervised.stderr_written() + self.stdout.so_far().kept.written()
    }
}
