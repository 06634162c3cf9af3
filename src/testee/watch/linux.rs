//! Linux: what /proc says about processes.

mod figures;
mod process;
mod stat;
mod threads;

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use self::figures::{Figures, text};
use self::process::Process;
use self::stat::{Found, found};
use super::seen::Activity;
pub(in crate::testee) use super::sock_diag::SockDiag as Queues;

/// The processes that descend from an ancestor, kept up to date without looking at all of the system's: a new
/// process has an identifier above the last one looked at.
#[derive(Debug)]
pub(in crate::testee) struct ProcessTree {
    ancestor: u32,
    members: Vec<Process>,
    load: Figures,
    looked_up_to: Option<u32>,
    /// Identifiers that were given, and had no process when they were looked at: an identifier is given a
    /// moment before its process can be seen.
    unseen: Vec<u32>,
}

/// The largest number of new identifiers that are looked at one by one. Most have no process by then, which
/// costs a hundredth of what each process costs where all are looked at.
const FEW: u32 = 1024;

/// Number of later identifiers after which an identifier without a process is no longer looked at.
const LATE: u32 = 64;

/// Number of the last identifiers that are looked at again after a look at all processes.
const LATEST: u32 = 16;

impl ProcessTree {
    /// Descendants are younger than their ancestor, so the first look begins with its identifier.
    pub(in crate::testee) fn of(ancestor: u32) -> Self {
        Self {
            ancestor,
            members: Vec::new(),
            load: Figures::of("/proc/loadavg".to_owned()),
            looked_up_to: Some(ancestor),
            unseen: Vec::new(),
        }
    }

    /// The identifiers of its living members.
    pub(in crate::testee) fn members(&mut self) -> Vec<u32> {
        self.look();
        self.members.iter().map(Process::pid).collect()
    }

    /// Takes in processes that descend from the ancestor no more.
    pub(in crate::testee) fn adopt(&mut self, pids: &[u32]) {
        for pid in pids {
            self.add(*pid);
        }
    }

    /// The activity of its members; `None` where the system does not say.
    pub(in crate::testee) fn activity(&mut self) -> Option<Activity> {
        self.look();
        let seen = self.members.iter_mut().filter_map(Process::activity);
        seen.reduce(Activity::and)
    }

    /// The activity of the ancestor itself, such as to start the first of them.
    pub(in crate::testee) fn activity_of_ancestor(&self) -> Option<Activity> {
        let mut ancestor = Process::of(self.ancestor);
        ancestor.lives().then(|| ancestor.activity())?
    }

    /// Brings the members up to date.
    fn look(&mut self) {
        let newest = self.newest_identifier();
        match (self.looked_up_to, newest) {
            (Some(before), Some(now)) if (before..before.saturating_add(FEW)).contains(&now) => {
                self.members.retain_mut(Process::lives);
                self.look_at(before + 1..=now, look_up, is_process);
            }
            _ => {
                let all = descendants(self.ancestor);
                self.members.retain(|known| all.contains(&known.pid()));
                for pid in all {
                    self.add(pid);
                }
                self.members.retain_mut(Process::lives);
                // Any of the last identifiers may be that of a process that could not be seen yet.
                let newest = newest.unwrap_or(0);
                self.unseen = (newest.saturating_sub(LATEST)..=newest).collect();
            }
        }
        self.looked_up_to = newest;
    }

    fn look_at(
        &mut self,
        new: std::ops::RangeInclusive<u32>,
        look_up: impl Fn(u32) -> Found,
        is_process: impl Fn(u32) -> bool,
    ) {
        let newest = *new.end();
        let mut looked_at = std::mem::take(&mut self.unseen);
        looked_at.extend(new);
        for pid in looked_at {
            match look_up(pid) {
                Found::Living { parent }
                    if (parent == self.ancestor || self.knows(parent)) && is_process(pid) =>
                {
                    self.add(pid);
                }
                Found::Nobody if pid.saturating_add(LATE) > newest => self.unseen.push(pid),
                _ => {}
            }
        }
    }

    fn knows(&self, pid: u32) -> bool {
        self.members.iter().any(|member| member.pid() == pid)
    }

    fn add(&mut self, pid: u32) {
        if !self.knows(pid) {
            self.members.push(Process::of(pid));
        }
    }

    /// The identifier that was given last to a process or a thread.
    fn newest_identifier(&mut self) -> Option<u32> {
        let load = self.load.read().ok()?;
        load.split_whitespace().nth(4)?.parse().ok()
    }
}

fn look_up(pid: u32) -> Found {
    // Most processes are gone, and this says so for a tenth of what a path costs.
    if !is_there(pid) {
        return Found::Nobody;
    }
    let stat = text(&format!("/proc/{pid}/stat"));
    stat.map_or(Found::Nobody, |stat| found(&stat))
}

/// True if an identifier is that of a process, and not of a thread only: a thread has no directory entry, but
/// can be opened all the same.
fn is_process(pid: u32) -> bool {
    let status = text(&format!("/proc/{pid}/status")).unwrap_or_default();
    field(&status, "Tgid").is_some_and(|group| group == pid.to_string())
}

/// A field of a `status`.
fn field<'s>(status: &'s str, name: &str) -> Option<&'s str> {
    let mut lines = status.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(":\t"))
}

/// True if a process or a thread has this identifier, ours or not.
fn is_there(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}

/// All living processes that descend from `ancestor`, itself left out.
pub(in crate::testee) fn descendants(ancestor: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let parents: HashMap<u32, u32> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|pid| match look_up(pid) {
            Found::Living { parent } => Some((pid, parent)),
            _ => None,
        })
        .collect();
    parents
        .keys()
        .copied()
        .filter(|pid| {
            std::iter::successors(Some(*pid), |pid| parents.get(pid).copied())
                .skip(1)
                .take(parents.len())
                .any(|parent| parent == ancestor)
        })
        .collect()
}

/// The direct children of a process; none where the system does not list them.
pub(in crate::testee) fn children(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"));
    let lists = tasks
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists
        .flat_map(|list| {
            list.split_whitespace()
                .filter_map(|pid| pid.parse().ok())
                .collect::<Vec<_>>()
        })
        .collect()
}

/// The parent of a living process.
pub(in crate::testee) fn parent(pid: u32) -> Option<u32> {
    match look_up(pid) {
        Found::Living { parent } => Some(parent),
        _ => None,
    }
}

/// Directory of /proc that tells of the memory and the files of a process: its own, or once its first thread has
/// ended, that of another.
pub(in crate::testee) fn told_in(pid: u32) -> PathBuf {
    let own = PathBuf::from(format!("/proc/{pid}"));
    let lives = |dir: &PathBuf| {
        let stat = text(&dir.join("stat").to_string_lossy());
        stat.is_ok_and(|stat| stat::runs(&stat))
    };
    if lives(&own) {
        return own;
    }
    let tasks = fs::read_dir(own.join("task"));
    let mut others = tasks
        .into_iter()
        .flatten()
        .flatten()
        .map(|task| task.path());
    others.find(lives).unwrap_or(own)
}

/// The memory of this machine in octets.
pub(in crate::testee) fn machine_memory() -> Option<u64> {
    let info = text("/proc/meminfo").ok()?;
    let total = info
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = total.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// The number of the system call `read`.
#[cfg(target_arch = "x86_64")]
const READ: &str = "0";
#[cfg(not(target_arch = "x86_64"))]
const READ: &str = "63";

/// Address of the buffer that one of these processes waits to read its standard input into, in its own
/// memory; `None` if none does, or it cannot be seen.
pub(in crate::testee) fn reads_into(pids: &[u32]) -> Option<u64> {
    pids.iter().find_map(|pid| {
        let call = text(&format!("/proc/{pid}/syscall")).ok()?;
        let mut words = call.split_whitespace();
        let reads = words.next() == Some(READ) && words.next() == Some("0x0");
        let address = words.next()?.strip_prefix("0x")?;
        reads.then(|| u64::from_str_radix(address, 16).ok())?
    })
}

/// The resident memory of these processes, in octets.
pub(in crate::testee) fn resident(pids: &[u32]) -> u64 {
    memory(pids, "VmRSS")
}

/// The most resident memory that each of these processes has held, together, in octets.
pub(in crate::testee) fn peak_memory(pids: &[u32]) -> u64 {
    memory(pids, "VmHWM")
}

/// The most resident memory that one of these processes has held, in octets.
pub(in crate::testee) fn highest_peak(pids: &[u32]) -> u64 {
    let peaks = pids.iter().filter_map(|pid| size(*pid, "status", "VmHWM"));
    peaks.max().unwrap_or(0)
}

/// The resident memory of these processes, in octets, with what several share counted once. The system counts pages
/// for that, which takes it milliseconds for a gigabyte.
pub(in crate::testee) fn shared_once(pids: &[u32]) -> u64 {
    let share = |pid| size(pid, "smaps_rollup", "Pss").or_else(|| size(pid, "status", "VmRSS"));
    pids.iter().filter_map(|pid| share(*pid)).sum()
}

/// The sum of a figure of `status` that is in KiB, in octets.
fn memory(pids: &[u32], name: &str) -> u64 {
    pids.iter()
        .filter_map(|pid| size(*pid, "status", name))
        .sum()
}

/// A figure of a file about a process that is in KiB there, in octets.
fn size(pid: u32, file: &str, name: &str) -> Option<u64> {
    let told = fs::read_to_string(told_in(pid).join(file)).ok()?;
    let mut lines = told.lines();
    let size = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kibibytes: u64 = size.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::threads::Threads;
    use super::*;
    use std::process::{Command, Stdio};

    /// The system gives an identifier before it shows the process.
    #[test]
    fn a_process_that_is_shown_late_is_found() {
        let mut tree = ProcessTree::of(1);
        let living = |pid| match pid {
            5 | 6 => Found::Living { parent: 1 },
            _ => Found::Nobody,
        };
        tree.look_at(5..=7, living, |pid| pid != 6);
        let members =
            |tree: &ProcessTree| -> Vec<u32> { tree.members.iter().map(Process::pid).collect() };
        assert_eq!(members(&tree), [5]);
        let later = |pid| match pid {
            8 => Found::Nobody,
            7 => Found::Living { parent: 1 },
            _ => panic!("{pid} is known"),
        };
        tree.look_at(8..=8, later, |_| true);
        assert_eq!(members(&tree), [5, 7]);
        assert_eq!(tree.unseen, [8]);
        let at_last = |pid| match pid {
            7 => Found::Living { parent: 1 },
            8 => Found::Nobody,
            _ => Found::Ended,
        };
        tree.look_at(9..=8 + LATE, at_last, |_| true);
        assert_eq!(tree.unseen, [0; 0]);
    }

    #[test]
    fn a_child_is_found_sleeping_and_has_memory() {
        let mut child = Command::new("cat")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let pid = child.id();
        assert!(descendants(std::process::id()).contains(&pid));
        let mut tree = ProcessTree::of(std::process::id());
        assert!(tree.members().contains(&pid));
        let mut late = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        assert!(tree.members().contains(&late.id()));
        drop(late.stdin.take());
        late.wait().unwrap();
        assert!(!tree.members().contains(&late.id()));
        let above = ProcessTree::of(pid).activity_of_ancestor();
        assert!(above.is_some());
        let mut cat = Process::of(pid);
        while !(cat.lives() && cat.activity().unwrap().asleep) {}
        assert_eq!(cat.activity(), Threads::of(pid).activity());
        assert!(resident(&[pid]) > 0);
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(!cat.lives());
        assert_eq!(cat.activity(), None);
        assert!(!tree.members().contains(&pid));
        assert!(!descendants(std::process::id()).contains(&pid));
    }
}
