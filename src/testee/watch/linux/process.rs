//! A process that is looked at again and again.

use super::figures::Figures;
use super::stat::{Found, found, of_thread, threads};
use super::threads::Threads;
use crate::testee::watch::seen::Activity;

/// A process, and what /proc says of it.
#[derive(Debug)]
pub(super) struct Process {
    pid: u32,
    stat: Figures,
    /// The time of its first thread. Most processes have no other thread, and nothing else is read of those.
    schedule: Figures,
    /// The last `stat`.
    said: String,
    threads: Threads,
}

impl Process {
    pub(super) fn of(pid: u32) -> Self {
        Self {
            pid,
            stat: Figures::of(format!("/proc/{pid}/stat")),
            schedule: Figures::of(format!("/proc/{pid}/schedstat")),
            said: String::new(),
            threads: Threads::of(pid),
        }
    }

    pub(super) const fn pid(&self) -> u32 {
        self.pid
    }

    /// Looks whether it lives. As long as its file is open, no other process can be taken for it.
    pub(super) fn lives(&mut self) -> bool {
        self.said = self.stat.read().unwrap_or_default();
        matches!(found(&self.said), Found::Living { .. })
    }

    /// The activity of its threads, by the last look; `None` if the process is gone.
    pub(super) fn activity(&mut self) -> Option<Activity> {
        if threads(&self.said) != Some("1") {
            return self.threads.activity();
        }
        let schedule = self.schedule.read().ok()?;
        Some(of_thread(&self.said, &schedule))
    }
}
