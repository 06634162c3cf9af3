//! What /proc says about the processes of a testee.

use std::collections::HashMap;
use std::fs;

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

/// The identifier that was given last to a process or a thread.
fn newest_identifier() -> Option<u32> {
    let load = fs::read_to_string("/proc/loadavg").ok()?;
    load.split_whitespace().nth(4)?.parse().ok()
}

/// Whose an identifier is.
enum Found {
    Process {
        parent: u32,
    },
    Thread,
    /// Of none that lives, or of one that cannot be seen yet.
    Nobody,
}

fn look_up(pid: u32) -> Found {
    let Some(parent) = living_parent(pid) else {
        return Found::Nobody;
    };
    // A thread has no directory entry, but can be opened all the same.
    let Ok(status) = fs::read_to_string(format!("/proc/{pid}/status")) else {
        return Found::Nobody;
    };
    let group = status.lines().find_map(|line| line.strip_prefix("Tgid:"));
    if group.is_some_and(|group| group.trim().parse() == Ok(pid)) {
        Found::Process { parent }
    } else {
        Found::Thread
    }
}

/// All living processes that descend from `ancestor`, itself left out.
pub(crate) fn descendants(ancestor: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let parents: HashMap<u32, u32> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|pid: u32| Some((pid, living_parent(pid)?)))
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

/// The parent of a process that is no zombie.
fn living_parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before the last parenthesis may itself hold spaces and parentheses.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    (state != "Z" && state != "X").then_some(parent)
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
            let (Ok(stat), Ok(schedule)) = (
                fs::read_to_string(path.join("stat")),
                fs::read_to_string(path.join("schedstat")),
            ) else {
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
        .filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/status")).ok())
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
            6 => Found::Thread,
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
            _ => Found::Thread,
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
