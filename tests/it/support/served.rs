//! A running `unstick serve`.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::{UNSTICK, program};

/// A server with a directory of its own, killed when dropped.
pub struct Served {
    pub child: Child,
    pub address: String,
    pub dir: tempfile::TempDir,
}

impl Served {
    pub fn start(options: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), options)
    }

    pub fn start_in(dir: tempfile::TempDir, options: &[&str]) -> Self {
        Self::started(program(), dir, options)
    }

    /// Starts it behind limits as the shell sets them: `ulimit -n 24`.
    pub fn start_limited(limits: &str, options: &[&str]) -> Self {
        let mut command = Command::new("sh");
        let script = format!("{limits}; exec \"$0\" \"$@\"");
        command.args([OsStr::new("-c"), script.as_ref(), UNSTICK.as_ref()]);
        Self::started(command, tempfile::tempdir().unwrap(), options)
    }

    fn started(mut command: Command, dir: tempfile::TempDir, options: &[&str]) -> Self {
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--dir"])
            .arg(dir.path())
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().strip_prefix("READY ").unwrap().to_owned();
        Self {
            child,
            address,
            dir,
        }
    }

    pub fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).unwrap()
    }

    /// Sends octets, ends the sending side, and returns all that came back.
    pub fn converse(&self, octets: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        let mut seen = Vec::new();
        // A server that has closed already shows as an error of any of these calls: a close
        // is a close, and what came before it is read all the same.
        let _ = stream.write_all(octets);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut seen);
        seen
    }

    /// True if a new session gets its reply.
    pub fn is_well(&self) -> bool {
        self.converse(b"\0\0\0\x02hi").len() == 84
    }

    /// The names in the directory, in order.
    pub fn names(&self) -> Vec<String> {
        names(self.dir.path())
    }

    /// A number that the system gives for the server: `VmRSS`, in KiB, or `Threads`.
    pub fn status(&self, field: &str) -> u64 {
        status(self.child.id(), field)
    }

    /// Number of file descriptors that the server has open.
    pub fn descriptors(&self) -> usize {
        let fds = format!("/proc/{}/fd", self.child.id());
        fs::read_dir(fds).unwrap().count()
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The names in a directory, in order.
pub fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A number that the system gives for a process: `VmHWM`, in KiB, for one.
pub fn status(pid: u32, field: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A frame, written by plain arithmetic.
pub fn frame(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap();
    [&length.to_be_bytes(), payload].concat()
}

/// The frames that announce a file.
pub fn announced(name: &str, length: usize) -> Vec<u8> {
    let header = format!("{name},{length}");
    [frame(b"file"), frame(header.as_bytes())].concat()
}
