//! A server as a process: started, and waited for until it listens.

use std::ffi::OsString;
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use super::guarded::{Guarded, LOOK_AGAIN};
use super::outlet::Outlet;
use super::port::{HOST, Port};
use super::procfs::Activity;
use super::ready::Ready;

/// On how many ports it is tried to start a testee.
const PORTS_TRIED: usize = 100;

/// How to start a testee.
#[derive(Debug, Clone)]
pub struct Template {
    /// The program and its arguments; `{port}`, `{host}` and `{dir}` are filled in.
    pub command: Vec<OsString>,
    /// How long it may take until it listens.
    pub timeout: Duration,
    /// The program whose `guard` command watches over it; the running one unless given, which
    /// a test is not.
    pub guard: Option<PathBuf>,
}

impl Template {
    /// Whether some part of the command has this placeholder.
    #[must_use]
    pub fn says(&self, placeholder: &str) -> bool {
        self.command
            .iter()
            .any(|part| part.to_string_lossy().contains(placeholder))
    }
}

/// Why a testee did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Not even the guard could be started.
    #[error("the testee could not be started: {0}")]
    Guard(#[from] io::Error),
    /// There is no such program, or it may not be run.
    #[error("{0}")]
    NoProgram(String),
    /// Of many ports that were tried none was free.
    #[error("no free port was found for the testee: {0}")]
    PortTaken(String),
    /// It ended instead of listening.
    #[error("the testee ended before it listened, {status}{}", shown(.stderr))]
    Ended {
        /// How it ended, in words.
        status: String,
        /// The end of what it wrote to standard error.
        stderr: String,
    },
    /// It runs, and nothing listens.
    #[error(
        "the testee runs, but nothing listens on {address} after {} s{}\n\
         does it take its port from the command line? `{{port}}` in the command is filled in",
        .waited.as_secs(), shown(.stderr)
    )]
    NotListening {
        /// Where it should.
        address: String,
        /// For how long it was waited for.
        waited: Duration,
        /// The end of what it wrote to standard error.
        stderr: String,
    },
    /// The command has no `{port}`, and no READY line came.
    #[error(
        "the testee runs, but wrote no line `READY HOST:PORT` within {} s{}\n\
         put `{{port}}` into the command where the port belongs, or let the testee choose one and say so",
        .waited.as_secs(), shown(.stderr)
    )]
    NotReady {
        /// For how long it was waited for.
        waited: Duration,
        /// The end of what it wrote to standard error.
        stderr: String,
    },
}

fn shown(stderr: &str) -> String {
    let stderr = stderr.trim();
    if stderr.is_empty() {
        return "; it wrote nothing to standard error".to_owned();
    }
    let lines: Vec<_> = stderr.lines().rev().take(8).collect();
    let lines: Vec<_> = lines.iter().rev().map(|line| format!("  {line}")).collect();
    format!("; the end of its standard error:\n{}", lines.join("\n"))
}

/// A running server. Dropping it ends it.
#[derive(Debug)]
pub struct Process {
    guarded: Guarded,
    stdout: Outlet<Ready>,
    address: SocketAddr,
    /// Dropped last, when the testee has ended.
    _port: Option<Port>,
}

impl Process {
    /// Starts a testee and waits until it listens.
    ///
    /// # Errors
    /// [`StartError`], which says what to look at.
    pub fn start(template: &Template) -> Result<Self, StartError> {
        for _ in 1..PORTS_TRIED {
            match Self::start_once(template) {
                Err(StartError::PortTaken(_)) => {}
                started => return started,
            }
        }
        Self::start_once(template)
    }

    fn start_once(template: &Template) -> Result<Self, StartError> {
        let has_port = template.says("{port}");
        let held = has_port.then(Port::hold).transpose()?;
        let port = held.as_ref().map_or(0, Port::number);
        let (guarded, stdout) = Guarded::start(template, port, false)?;
        let mut process = Self {
            guarded,
            stdout: Outlet::of(stdout, Ready::default())?,
            address: SocketAddr::from((HOST, port)),
            _port: held,
        };
        process.wait_until_it_listens(template, has_port)?;
        Ok(process)
    }

    fn wait_until_it_listens(
        &mut self,
        template: &Template,
        has_port: bool,
    ) -> Result<(), StartError> {
        let started = Instant::now();
        let mut said = None;
        loop {
            if let Some(status) = self.guarded.ended() {
                return Err(self.guarded.start_error(status));
            }
            if !has_port && said.is_none() {
                said = self.stdout.so_far().kept.address().map(str::to_owned);
                if let Some(address) = said.as_ref().and_then(|said| resolve(said)) {
                    self.address = address;
                }
            }
            if (has_port || said.is_some()) && TcpStream::connect(self.address).is_ok() {
                return Ok(());
            }
            let waited = started.elapsed();
            if waited > template.timeout {
                let stderr = self.guarded.stderr();
                return Err(if has_port || said.is_some() {
                    StartError::NotListening {
                        address: said.unwrap_or_else(|| self.address.to_string()),
                        waited,
                        stderr,
                    }
                } else {
                    StartError::NotReady { waited, stderr }
                });
            }
            // Nothing tells of a port that is opened elsewhere; look again.
            thread::sleep(LOOK_AGAIN);
        }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The directory that it stores files into.
    #[must_use]
    pub fn dir(&self) -> PathBuf {
        self.guarded.dir()
    }

    /// A directory beside [`Process::dir`] that it has no business in.
    #[must_use]
    pub fn outside(&self) -> PathBuf {
        self.guarded.outside()
    }

    /// How it ended, 128 and the signal for one that was killed, once none of its processes is
    /// left; `None` while it runs.
    pub fn ended_for_good(&mut self) -> Option<i32> {
        self.guarded.ended_for_good()
    }

    /// The end of what it wrote to standard error.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.guarded.stderr()
    }

    /// Whatever it does now, in all of its processes.
    pub(crate) fn activity(&mut self) -> Option<Activity> {
        self.guarded.activity()
    }

    /// The resident memory of all of its processes, in octets.
    #[must_use]
    pub fn resident(&mut self) -> u64 {
        self.guarded.resident()
    }
}

/// A status in words.
#[must_use]
pub fn status_in_words(status: i32) -> String {
    match status {
        129..=192 => {
            let signal = match status - 128 {
                4 => " (illegal instruction)",
                6 => " (abort)",
                8 => " (arithmetic)",
                9 => " (kill)",
                11 => " (segmentation fault)",
                13 => " (broken pipe)",
                15 => " (terminate)",
                _ => "",
            };
            format!("killed by signal {}{signal}", status - 128)
        }
        _ => format!("with exit status {status}"),
    }
}

fn resolve(address: &str) -> Option<SocketAddr> {
    let mut address = address.trim().to_socket_addrs().ok()?.next()?;
    // A server that listens everywhere is reached on the loopback.
    if address.ip().is_unspecified() {
        address.set_ip(HOST.into());
    }
    Some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_in_words() {
        assert_eq!(status_in_words(1), "with exit status 1");
        assert_eq!(
            status_in_words(139),
            "killed by signal 11 (segmentation fault)"
        );
    }
}
