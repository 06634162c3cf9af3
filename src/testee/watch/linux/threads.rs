//! The threads of a process that has several.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::figures::Figures;
use super::stat::of_thread;
use crate::testee::watch::seen::Activity;

/// The threads of a process, and what /proc says of them.
///
/// Their files stay open from look to look: to open and close them takes most of a look. It also burdens the system
/// when a thread ends, which then has to clear away what was looked up of it.
#[derive(Debug)]
pub(super) struct Threads {
    directory: String,
    kept: HashMap<OsString, Thread>,
}

impl Threads {
    /// The threads of the process `pid`.
    pub(super) fn of(pid: u32) -> Self {
        Self {
            directory: format!("/proc/{pid}/task"),
            kept: HashMap::new(),
        }
    }

    /// The activity of all of them; `None` if the process is gone.
    pub(super) fn activity(&mut self) -> Option<Activity> {
        let listed = fs::read_dir(&self.directory).ok()?;
        let mut before = std::mem::take(&mut self.kept);
        let seen = listed.flatten().map(|task| {
            let name = task.file_name();
            let known = before.remove(&name);
            let mut thread = known.unwrap_or_else(|| Thread::of(&self.directory, &name));
            let seen = thread.activity();
            if seen.is_some() && thread.slot.is_some() {
                self.kept.insert(name, thread);
            }
            // A thread that ends between the listing and here has just done something.
            seen.unwrap_or(Activity {
                asleep: false,
                work: 0,
                ran: 0,
            })
        });
        seen.reduce(Activity::and)
    }
}

/// A thread of a process.
#[derive(Debug)]
struct Thread {
    stat: Figures,
    schedule: Figures,
    /// Permission to keep its files open.
    slot: Option<Slot>,
}

impl Thread {
    fn of(directory: &str, name: &OsStr) -> Self {
        let file = |of_it| Figures::of(format!("{directory}/{}/{of_it}", name.display()));
        Self {
            stat: file("stat"),
            schedule: file("schedstat"),
            slot: Slot::take(),
        }
    }

    /// Its activity; `None` if it has ended.
    fn activity(&mut self) -> Option<Activity> {
        let stat = self.stat.read().ok()?;
        let schedule = self.schedule.read().ok()?;
        Some(of_thread(&stat, &schedule))
    }
}

/// Permission to keep the files of a thread open. Slots are limited for the program as a whole, however many processes
/// it watches: many systems let a program open a thousand files.
#[derive(Debug)]
struct Slot;

/// Number of slots.
const SLOTS: usize = 128;

/// Number of slots that are taken.
static TAKEN: AtomicUsize = AtomicUsize::new(0);

impl Slot {
    /// A slot, if one is free.
    fn take() -> Option<Self> {
        let more = |taken| (taken < SLOTS).then_some(taken + 1);
        let taken = TAKEN.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        taken.is_ok().then(|| Self)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        TAKEN.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::thread;

    fn open_files() -> usize {
        fs::read_dir("/proc/self/fd").unwrap().count()
    }

    /// More threads than there are slots: all are seen, and the files of some are kept open.
    #[test]
    fn many_threads_are_seen_and_the_files_of_some_are_kept() {
        const MANY: usize = SLOTS + 20;
        let mut threads = Threads::of(std::process::id());
        let before = threads.activity().unwrap();
        let (sender, receiver) = mpsc::channel::<()>();
        let receiver = std::sync::Arc::new(std::sync::Mutex::new(receiver));
        let waiting: Vec<_> = (0..MANY)
            .map(|_| {
                let receiver = receiver.clone();
                thread::spawn(move || receiver.lock().unwrap().recv().unwrap_err())
            })
            .collect();
        let during = threads.activity().unwrap();
        assert!(during.ran > before.ran);
        assert!((1..=SLOTS).contains(&threads.kept.len()));
        assert!(open_files() < 3 * SLOTS);
        drop(sender);
        for one in waiting {
            one.join().unwrap();
        }
    }
}
