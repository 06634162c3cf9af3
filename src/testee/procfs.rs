//! What /proc says about the processes of a testee.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

/// What a set of processes has done so far, and whether it is doing anything now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// Every thread waits for something.
    pub asleep: bool,
    /// A figure that grows whenever any thread runs.
    pub work: u64,
}

/// The processes that descend from one, kept up to date without looking at all of the
/// system's: what is new has an identifier above the last one looked at.
#[derive(Debug)]
pub(crate) struct Family {
    ancestor: u32,
    members: Vec<u32>,
    looked_up_to: Option<u32>,
    /// Identifiers that were given, and were nobody's when they were looked at: an identifier is
    /// given a moment before its process can be seen.
    unseen: Vec<u32>,
}

/// So many new identifiers are looked at one by one, and one that was nobody's is looked at again
/// until so many have been given behind it.
const FEW: u32 = 64;

/// So many of the last are looked at again after a look at all processes.
const LATEST: u32 = 16;

impl Family {
    pub(crate) const fn of(ancestor: u32) -> Self {
        Self {
            ancestor,
            members: Vec::new(),
            looked_up_to: None,
            unseen: Vec::new(),
        }
    }

    /// Its living members.
    pub(crate) fn members(&mut self) -> &[u32] {
        let newest = newest_identifier();
        match (self.looked_up_to, newest) {
            (Some(before), Some(now)) if (before..before.saturating_add(FEW)).contains(&now) => {
                self.look_at(before + 1..=now, look_up);
            }
            _ => {
                self.members = descendants(self.ancestor);
                // Any of the last may be one that could not be seen yet.
                let newest = newest.unwrap_or(0);
                self.unseen = (newest.saturating_sub(LATEST)..=newest).collect();
            }
        }
        self.looked_up_to = newest;
        &self.members
    }

    fn look_at(&mut self, new: std::ops::RangeInclusive<u32>, look_up: impl Fn(u32) -> Found) {
        self.members
            .retain(|pid| matches!(look_up(*pid), Found::Process { .. }));
        let newest = *new.end();
        let mut looked_at = std::mem::take(&mut self.unseen);
        looked_at.extend(new);
        for pid in looked_at {
            match look_up(pid) {
                Found::Process { parent }
                    if !self.members.contains(&pid)
                        && (parent == self.ancestor || self.members.contains(&parent)) =>
                {
                    self.members.push(pid);
                }
                Found::Nobody if pid.saturating_add(FEW) > newest => self.unseen.push(pid),
                _ => {}
            }
        }
    }
}

/// A file of /proc: its length is not known before, so that room for all of it saves reading it
/// piece by piece.
fn text(path: impl AsRef<Path>) -> io::Result<String> {
    let mut text = String::with_capacity(4096);
    File::open(path)?.read_to_string(&mut text)?;
    Ok(text)
}

/// The identifier that was given last to a process or a thread.
fn newest_identifier() -> Option<u32> {
    let load = text("/proc/loadavg").ok()?;
    load.split_whitespace().nth(4)?.parse().ok()
}

/// Whose an identifier is.
enum Found {
    Process {
        parent: u32,
    },
    /// Of a thread, or of a process that has ended and is still there.
    Another,
    /// Of one that is gone, or of one that cannot be seen yet.
    Nobody,
}

fn look_up(pid: u32) -> Found {
    // Most are gone, and this says so for a tenth of what a path costs.
    if !is_there(pid) {
        return Found::Nobody;
    }
    // A thread has no directory entry, but can be opened all the same.
    let Ok(status) = text(format!("/proc/{pid}/status")) else {
        return Found::Nobody;
    };
    let field = |name: &str| {
        let mut lines = status.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(":\t"));
        value.unwrap_or_default()
    };
    let number = |name: &str| field(name).parse::<u32>();
    let lives = !field("State").starts_with(['Z', 'X']);
    match number("PPid") {
        Ok(parent) if lives && number("Tgid") == Ok(pid) => Found::Process { parent },
        _ => Found::Another,
    }
}

/// Whether a process or a thread has this identifier, ours or not.
fn is_there(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}

/// All living processes that descend from `ancestor`, itself left out.
pub(crate) fn descendants(ancestor: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let parents: HashMap<u32, u32> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|pid| match look_up(pid) {
            Found::Process { parent } => Some((pid, parent)),
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

/// What these processes are doing; `None` where the system does not say.
pub(crate) fn activity(pids: &[u32]) -> Option<Activity> {
    let mut asleep = true;
    let mut work = 0_u64;
    let mut seen = false;
    for pid in pids {
        let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
            continue;
        };
        for task in tasks.flatten() {
            let path = task.path();
            // A thread that ends between the listing and here has just done something.
            let (Ok(stat), Ok(schedule)) = (text(path.join("stat")), text(path.join("schedstat")))
            else {
                asleep = false;
                continue;
            };
            let state = stat.rsplit_once(") ").map(|(_, rest)| rest.as_bytes()[0]);
            asleep &= matches!(state, Some(b'S' | b'Z' | b'T' | b't' | b'X'));
            // Time on a processor, time waiting for one, and how often it got one.
            work = schedule
                .split_whitespace()
                .filter_map(|figure| figure.parse::<u64>().ok())
                .fold(work, u64::wrapping_add);
            seen = true;
        }
    }
    seen.then_some(Activity { asleep, work })
}

/// The resident memory of these processes, in octets.
pub(crate) fn resident(pids: &[u32]) -> u64 {
    pids.iter()
        .filter_map(|pid| text(format!("/proc/{pid}/status")).ok())
        .filter_map(|status| {
            let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        })
        .map(|kibibytes| kibibytes * 1024)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    /// The system gives an identifier before it shows the process.
    #[test]
    fn a_process_that_is_shown_late_is_found() {
        let mut family = Family::of(1);
        family.look_at(5..=7, |pid| match pid {
            5 => Found::Process { parent: 1 },
            6 => Found::Another,
            _ => Found::Nobody,
        });
        assert_eq!(family.members, [5]);
        family.look_at(8..=8, |pid| match pid {
            5 | 8 => Found::Nobody,
            7 => Found::Process { parent: 1 },
            _ => panic!("{pid} is known"),
        });
        assert_eq!(family.members, [7]);
        assert_eq!(family.unseen, [8]);
        family.look_at(9..=8 + FEW, |pid| match pid {
            7 => Found::Process { parent: 1 },
            8 => Found::Nobody,
            _ => Found::Another,
        });
        assert_eq!(family.unseen, [0; 0]);
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
        let mut family = Family::of(std::process::id());
        assert!(family.members().contains(&pid));
        let mut late = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        assert!(family.members().contains(&late.id()));
        drop(late.stdin.take());
        late.wait().unwrap();
        assert!(!family.members().contains(&late.id()));
        while !activity(&[pid]).unwrap().asleep {}
        assert!(resident(&[pid]) > 0);
        drop(child.stdin.take());
        child.wait().unwrap();
        assert_eq!(activity(&[pid]), None);
        assert!(!descendants(std::process::id()).contains(&pid));
    }
}
