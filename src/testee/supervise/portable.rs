//! Systems that show nothing of other processes: only the process group of the program under test is
//! ended. A program that leaves its group (a daemon) outlives the run.

use rustix::process::{Pid, Signal, kill_process_group};

/// Sends SIGKILL to a process group.
pub(super) fn kill_group(group: Pid) {
    let _ = kill_process_group(group, Signal::KILL);
}
