//! The view of a process from outside: what its threads do, what it has not read yet, how much memory it holds.
//!
//! Everything here is a question with three answers: yes, no, and "cannot be seen" (`None`). Only
//! `linux.rs` and `sock_diag.rs` know Linux; `portable.rs` answers "cannot be seen" to everything,
//! and a judge that hears it falls back to pauses ([`Gating::Timed`](super::gating::Gating)).
//! `UNSTICK_PORTABLE=1` makes Linux answer so too.

#[cfg(target_os = "linux")]
pub(super) mod linux;
#[cfg_attr(target_os = "linux", allow(dead_code))]
pub(super) mod portable;
mod seen;
#[cfg(target_os = "linux")]
mod sock_diag;

use std::net::SocketAddr;

#[cfg(target_os = "linux")]
use linux as imp;
#[cfg(not(target_os = "linux"))]
use portable as imp;
pub use seen::{Activity, Backlog};

/// The process at the other end of a connection, as far as it can be watched.
pub trait Watch {
    /// The activity of the process now, if that can be seen.
    fn activity(&mut self) -> Option<Activity>;

    /// The backlog of the `sent` octets that went from `local` to `remote`: those that the process has still
    /// to read, and those that it sends, if that can be seen.
    fn backlog(&mut self, local: SocketAddr, remote: SocketAddr, sent: u64) -> Option<Backlog>;
}

/// True if the harness is to see no more than it would on a system other than Linux.
#[must_use]
pub fn is_portable() -> bool {
    cfg!(not(target_os = "linux"))
        || std::env::var_os("UNSTICK_PORTABLE").is_some_and(|value| value == "1")
}

/// The memory of this machine in octets, if the system says so.
#[must_use]
pub fn machine_memory() -> Option<u64> {
    if is_portable() {
        return None;
    }
    imp::machine_memory()
}

/// Looks into the receive queues of the TCP connections of this machine.
#[derive(Debug)]
pub struct Queues(imp::Queues);

impl Queues {
    /// Opens a view of the queues; `None` where the system does not show them.
    #[must_use]
    pub fn open() -> Option<Self> {
        if is_portable() {
            return None;
        }
        imp::Queues::open().map(Self)
    }

    /// True if a socket listens at this address of this machine, seen without a connection.
    pub fn is_listening(&mut self, address: SocketAddr) -> bool {
        self.0.is_listening(address)
    }

    /// The backlog of the `sent` octets that went from `local` to `remote`: those that the receiver has still
    /// to read, and those that it sends. `None` where the receiver's socket cannot be seen: it is on another
    /// machine, has been closed, or has not heard of the connection yet.
    pub fn backlog(&mut self, local: SocketAddr, remote: SocketAddr, sent: u64) -> Option<Backlog> {
        self.0.backlog(local, remote, sent)
    }

    /// Number of octets in the receive queue of the socket at `remote` of the connection between `local` and
    /// `remote`: octets that its process could read now and has not. For a caller that does not know how much
    /// was sent; octets still in flight are not counted.
    pub fn unread(&mut self, local: SocketAddr, remote: SocketAddr) -> Option<u64> {
        self.0.backlog(local, remote, 0).map(|seen| seen.unread)
    }
}

/// The descendants of a process, itself left out, kept up to date cheaply.
#[derive(Debug)]
pub struct ProcessTree {
    visible: bool,
    tree: imp::ProcessTree,
}

impl ProcessTree {
    /// The descendants of the process `ancestor`.
    #[must_use]
    pub fn of(ancestor: u32) -> Self {
        Self {
            visible: !is_portable(),
            tree: imp::ProcessTree::of(ancestor),
        }
    }

    /// Takes in processes that descend from the ancestor no more.
    pub fn adopt(&mut self, pids: &[u32]) {
        self.tree.adopt(pids);
    }

    /// True if no process is left in the tree; `None` where that cannot be seen.
    pub fn is_empty(&mut self) -> Option<bool> {
        self.visible.then(|| self.tree.members().is_empty())
    }

    /// The activity of the processes now; `None` where that cannot be seen.
    pub fn activity(&mut self) -> Option<Activity> {
        if !self.visible {
            return None;
        }
        self.tree.activity()
    }

    /// The activity of the processes now, and before there is any, that of their ancestor, which starts them;
    /// `None` where that cannot be seen.
    pub fn starting(&mut self) -> Option<Activity> {
        let activity = self.activity();
        if activity.is_some() || !self.visible {
            return activity;
        }
        self.tree.activity_of_ancestor()
    }

    /// Address of the buffer that one of the processes waits to read its standard input into, in its own memory.
    /// A program that gathers its input whole waits with an address that moves on by what it has read.
    pub fn reads_into(&mut self) -> Option<u64> {
        if !self.visible {
            return None;
        }
        imp::reads_into(&self.tree.members())
    }

    /// The resident memory of all of them together, in octets.
    pub fn resident(&mut self) -> Option<u64> {
        self.visible.then(|| imp::resident(&self.tree.members()))
    }

    /// The memory that they hold together, in octets. Where the sum is more than `bound`, what several of them share, as
    /// a process and its forks do, is counted once.
    pub fn held(&mut self, bound: u64) -> Option<u64> {
        if !self.visible {
            return None;
        }
        let members = self.tree.members();
        let sum = imp::resident(&members);
        Some(match members.len() {
            2.. if sum > bound => sum.min(imp::shared_once(&members)),
            _ => sum,
        })
    }

    /// The most resident memory that one of them has held, in octets.
    pub fn highest_peak(&mut self) -> Option<u64> {
        self.visible
            .then(|| imp::highest_peak(&self.tree.members()))
    }

    /// The most resident memory that each of them has held, together, in octets; `None` where there are none.
    pub fn peak_memory(&mut self) -> Option<u64> {
        let peak = self
            .visible
            .then(|| imp::peak_memory(&self.tree.members()))?;
        (peak > 0).then_some(peak)
    }
}

/// A process tree and the queues of its connections: all that a drain gate asks for, and all that
/// [`Connection`](super::connection::Connection) needs of somebody else's process.
#[derive(Debug)]
pub struct Watcher {
    /// The processes, where their ancestor is known.
    pub tree: Option<ProcessTree>,
    /// The queues, where they can be looked into.
    pub queues: Option<Queues>,
}

impl Watcher {
    /// Watches the descendants of `ancestor`, or only the queues.
    #[must_use]
    pub fn of(ancestor: Option<u32>) -> Self {
        Self {
            tree: ancestor.map(ProcessTree::of),
            queues: Queues::open(),
        }
    }
}

impl Watch for Watcher {
    fn activity(&mut self) -> Option<Activity> {
        self.tree.as_mut()?.activity()
    }

    fn backlog(&mut self, local: SocketAddr, remote: SocketAddr, sent: u64) -> Option<Backlog> {
        self.queues.as_mut()?.backlog(local, remote, sent)
    }
}
