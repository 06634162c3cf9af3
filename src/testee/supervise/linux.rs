//! Linux: finding and ending every descendant, whatever it forks, and however its parents end.

use std::fs;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::fstat;
use rustix::process::{Pid, Signal, getpid, kill_process, set_child_subreaper};

use crate::testee::watch::linux::{children, descendants, parent, told_in};

/// Number of looks at the direct children per look at all processes. A process that forks and exits
/// at once is gone before a look at all processes ends; as an orphan it is a direct child.
const QUICK_LOOKS: usize = 50;

/// Makes orphans of descendants children of this process, which so loses none of them.
pub(super) fn adopt_orphans() {
    // Without it, daemons are lost as on any other system.
    let _ = set_child_subreaper(Some(getpid()));
}

/// Sends SIGKILL to whatever descends from this process now.
pub(super) fn kill_descendants() {
    let own = std::process::id();
    descendants(own).into_iter().for_each(kill);
    for _ in 0..QUICK_LOOKS {
        let children = children(own);
        if children.is_empty() {
            return;
        }
        children.into_iter().for_each(kill);
    }
}

fn kill(pid: u32) {
    send(pid, Signal::KILL);
}

fn send(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

/// As [`signal_strays`](super::system::signal_strays).
pub(super) fn signal_strays(root: &Path, mark: &str, pipes: &[u64], signal: Signal) -> Vec<u32> {
    let own = std::process::id();
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|pid| pid.parse().ok()) else {
            continue;
        };
        // Children of this process are other guards, or about to be.
        if pid == own || parent(pid).is_none_or(|parent| parent == own) {
            continue;
        }
        let process = told_in(pid);
        let environment = fs::read(process.join("environ")).unwrap_or_default();
        let is_stray = environment
            .windows(mark.len())
            .any(|part| part == mark.as_bytes())
            || fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(root))
            || has_open(&process, pipes);
        if is_stray {
            found.push(pid);
            send(pid, signal);
        }
    }
    found
}

fn has_open(process: &Path, pipes: &[u64]) -> bool {
    let files = fs::read_dir(process.join("fd"));
    files.into_iter().flatten().flatten().any(|file| {
        fs::read_link(file.path()).is_ok_and(|target| {
            pipes
                .iter()
                .any(|pipe| target.as_os_str() == format!("pipe:[{pipe}]").as_str())
        })
    })
}

/// The number by which /proc names a pipe.
pub(super) fn pipe_number(pipe: &impl AsFd) -> Option<u64> {
    fstat(pipe).ok().map(|stat| stat.st_ino)
}
