//! The system's means to end processes: all of them on Linux, fewer elsewhere.

use std::os::fd::AsFd;
use std::path::Path;

use rustix::process::{Pid, Signal};

#[cfg(target_os = "linux")]
use super::linux;
use super::portable;
use crate::testee::watch::is_portable;

/// Makes orphans of descendants children of this process, if the system can.
pub(super) fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    if !is_portable() {
        linux::adopt_orphans();
    }
}

/// Sends SIGKILL to the process group of a program that has ended or is to end. Where descendants
/// can be found this is left to [`kill_descendants`], which takes no other process for one.
pub(super) fn kill_group(group: Pid) {
    if is_portable() {
        portable::kill_group(group);
    }
}

/// Sends SIGKILL to whatever descends from this process now, as far as that can be seen.
pub(super) fn kill_descendants() {
    #[cfg(target_os = "linux")]
    if !is_portable() {
        linux::kill_descendants();
    }
}

/// Sends a signal to what is left of a guard that was killed itself, and says which processes that
/// were. Its descendants are known by `mark` in their environment, by a working directory in
/// `root`, or by the pipes that they write to.
pub(super) fn signal_strays(root: &Path, mark: &str, pipes: &[u64], signal: Signal) -> Vec<u32> {
    #[cfg(target_os = "linux")]
    if !is_portable() {
        return linux::signal_strays(root, mark, pipes, signal);
    }
    let _ = (root, mark, pipes, signal);
    Vec::new()
}

/// The number by which a pipe is known, if it is.
pub(super) fn pipe_number(pipe: &impl AsFd) -> Option<u64> {
    #[cfg(target_os = "linux")]
    if !is_portable() {
        return linux::pipe_number(pipe);
    }
    let _ = pipe;
    None
}
