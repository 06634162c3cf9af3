//! A testee as a process: started, watched, and ended whatever happens.

use std::ffi::OsString;
use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::guard::{CANNOT_START, DIR, OUTSIDE};
use super::procfs::{self, Activity, Family};
use super::tail::Tail;

/// The address that testees are told to listen on.
const HOST: &str = "127.0.0.1";

/// Ports below those that the system gives to clients, so that no connection of anyone can
/// take the port between our looking and the testee's binding, and none connects to itself.
const PORTS: std::ops::Range<u16> = 10_240..32_768;

/// How often a thing that tells nobody of itself is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// How long the guard may take to end a testee and itself.
const END_BOUND: Duration = Duration::from_secs(10);

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

/// Why a testee did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Not even the guard could be started.
    #[error("the testee could not be started: {0}")]
    Guard(#[from] io::Error),
    /// There is no such program, or it may not be run.
    #[error("{0}")]
    NoProgram(String),
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

/// A running testee. Dropping it ends it.
#[derive(Debug)]
pub struct Process {
    guard: Child,
    hold: Option<ChildStdin>,
    stdout: Tail,
    stderr: Tail,
    root: PathBuf,
    address: SocketAddr,
    family: Family,
}

impl Process {
    /// Starts a testee and waits until it listens.
    ///
    /// # Errors
    /// [`StartError`], which says what to look at.
    pub fn start(template: &Template) -> Result<Self, StartError> {
        let root = fresh_root();
        let has_port = template
            .command
            .iter()
            .any(|part| part.to_string_lossy().contains("{port}"));
        let port = if has_port { free_port()? } else { 0 };
        let dir = root.join(DIR);
        let command: Vec<OsString> = template
            .command
            .iter()
            .map(|part| filled(part, port, &dir))
            .collect();
        let guard = match &template.guard {
            Some(guard) => guard.clone(),
            None => std::env::current_exe()?,
        };
        let mut guard = Command::new(guard)
            .arg("guard")
            .arg(&root)
            .arg("--")
            .args(&command)
            .envs(telling_time_zone())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is for the harness, which then ends the testee.
            .process_group(0)
            .spawn()?;
        let hold = guard.stdin.take();
        let (sender, ready) = mpsc::channel();
        let stdout = Tail::of(guard.stdout.take().expect("it is piped"), move |line| {
            if let Some(address) = line.trim().strip_prefix("READY ") {
                let _ = sender.send(address.to_owned());
            }
        });
        let stderr = Tail::of(guard.stderr.take().expect("it is piped"), |_| {});
        let mut process = Self {
            family: Family::of(guard.id()),
            guard,
            hold,
            stdout,
            stderr,
            root,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
        };
        process.wait_until_it_listens(template, has_port, &ready)?;
        Ok(process)
    }

    fn wait_until_it_listens(
        &mut self,
        template: &Template,
        has_port: bool,
        ready: &Receiver<String>,
    ) -> Result<(), StartError> {
        let started = Instant::now();
        let mut said = None;
        loop {
            if let Some(status) = self.ended() {
                self.stdout.finish();
                self.stderr.finish();
                let stderr = self.stderr.text();
                return Err(
                    if status == i32::from(CANNOT_START) && stderr.starts_with("cannot start") {
                        StartError::NoProgram(stderr.trim().to_owned())
                    } else {
                        StartError::Ended {
                            status: status_in_words(status),
                            stderr,
                        }
                    },
                );
            }
            if !has_port && said.is_none() {
                said = ready.try_recv().ok();
                if let Some(address) = said.as_ref().and_then(|said| resolve(said)) {
                    self.address = address;
                }
            }
            if (has_port || said.is_some()) && TcpStream::connect(self.address).is_ok() {
                return Ok(());
            }
            let waited = started.elapsed();
            if waited > template.timeout {
                let stderr = self.stderr.text();
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
        self.root.join(DIR)
    }

    /// A directory beside [`Process::dir`] that it has no business in.
    #[must_use]
    pub fn outside(&self) -> PathBuf {
        self.root.join(OUTSIDE)
    }

    /// How it ended, 128 and the signal for one that was killed; `None` while it runs.
    pub fn ended(&mut self) -> Option<i32> {
        match self.guard.try_wait() {
            Ok(None) => None,
            Ok(Some(status)) => Some(status.code().unwrap_or(-1)),
            Err(_) => Some(-1),
        }
    }

    /// How it ended, as [`Process::ended`] says; where none of its processes is left, the word
    /// of the guard is waited for.
    pub fn ended_for_good(&mut self) -> Option<i32> {
        let started = Instant::now();
        while self.ended().is_none()
            && self.family.members().is_empty()
            && started.elapsed() < END_BOUND
        {
            thread::sleep(LOOK_AGAIN);
        }
        self.ended()
    }

    /// The end of what it wrote to standard error.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Whatever it does now, in all of its processes.
    pub(crate) fn activity(&mut self) -> Option<Activity> {
        procfs::activity(self.family.members())
    }

    /// The resident memory of all of its processes, in octets.
    #[must_use]
    pub fn resident(&mut self) -> u64 {
        procfs::resident(self.family.members())
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
        let _ = fs::remove_dir_all(&self.root);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
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
        address.set_ip(HOST.parse().expect("it is an address"));
    }
    Some(address)
}

fn filled(part: &OsString, port: u16, dir: &Path) -> OsString {
    match part.to_str() {
        Some(part) => part
            .replace("{port}", &port.to_string())
            .replace("{host}", HOST)
            .replace("{dir}", &dir.to_string_lossy())
            .into(),
        None => part.clone(),
    }
}

/// A time zone in which it is early in the morning, so that a testee that writes numbers
/// without their leading zeros shows it at any time of the day (SES-5). None where the user
/// has set one.
fn telling_time_zone() -> Option<(&'static str, String)> {
    const EARLY: i64 = 3;
    if std::env::var_os("TZ").is_some() {
        return None;
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let hour = now.map_or(0, |since| since.as_secs() / 3600 % 24) as i64;
    // From 12 hours behind to 11 ahead; these names count the other way round.
    let ahead = (EARLY - hour + 12).rem_euclid(24) - 12;
    Some(("TZ", format!("Etc/GMT{:+}", -ahead)))
}

fn random() -> u64 {
    // Each RandomState has keys of its own.
    RandomState::new().build_hasher().finish()
}

fn fresh_root() -> PathBuf {
    std::env::temp_dir().join(format!("unstick-{:016x}", random()))
}

fn free_port() -> io::Result<u16> {
    let mut last = None;
    for _ in 0..100 {
        let port = PORTS.start + (random() % u64::from(PORTS.end - PORTS.start)) as u16;
        match TcpListener::bind((HOST, port)) {
            Ok(_) => return Ok(port),
            Err(error) => last = Some(error),
        }
    }
    Err(last.expect("a hundred were tried"))
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

    #[test]
    fn statuses_in_words() {
        assert_eq!(status_in_words(1), "with exit status 1");
        assert_eq!(
            status_in_words(139),
            "killed by signal 11 (segmentation fault)"
        );
    }
}
