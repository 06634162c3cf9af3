//! Figures that are seen of a process, whatever the system.

/// The activity of a set of processes: the work done so far, and whether any is being done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// True if every thread waits for something.
    pub asleep: bool,
    /// A figure that grows whenever any thread runs.
    pub work: u64,
    /// Processor time used so far, in nanoseconds.
    pub ran: u64,
}

impl Activity {
    /// True if the processes have rested since they were looked at `before`: every thread is blocked, and
    /// none has run.
    #[must_use]
    pub fn rests_since(self, before: Self) -> bool {
        self.asleep && self.work == before.work
    }

    /// The activity of two sets of processes together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            asleep: self.asleep && other.asleep,
            work: self.work.wrapping_add(other.work),
            ran: self.ran.wrapping_add(other.ran),
        }
    }
}

/// The octets between us and a receiver, by the place where they lie.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// In the receiver's queue: it could read them now.
    pub unread: u64,
    /// Sent by us, and not yet in the receiver's queue.
    pub in_flight: u64,
    /// Written by the receiver, and not known to be here yet.
    pub coming: u64,
}

impl Backlog {
    /// True if the receiver has read all that we have sent.
    #[must_use]
    pub const fn is_read(self) -> bool {
        self.unread == 0 && self.in_flight == 0
    }
}
