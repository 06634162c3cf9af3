//! Keeps two pieces apart: the second goes out when the receiver has taken the first.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use crate::testee::watch::Queues;

/// Looks at a queue before the first sleep between two looks: most receivers take a piece within
/// some microseconds.
const SPINS: u32 = 24;

/// Sleep between two looks, after [`SPINS`] of them.
const LOOK_AGAIN: Duration = Duration::from_micros(50);

/// Longest sleep between two looks.
const LOOK_SELDOM: Duration = Duration::from_millis(1);

/// Pause where the queue of the receiver cannot be seen: it is on another machine, or in another
/// network namespace.
const UNSEEN_PAUSE: Duration = Duration::from_millis(2);

/// Pieces that a receiver may leave unread before its stream is no longer cut: a receiver that reads
/// only when it has sent all is served as well.
const MAX_STALLS: u32 = 12;

/// The time limits of a gate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// Longest wait for the receiver to take a piece.
    pub(super) stall: Duration,
    /// Rest after it has taken a piece. An empty queue says that the octets were read, not that
    /// the program has looked at them: event loops join what comes quickly.
    pub(super) rest: Duration,
    /// Time for all rests of a stream.
    pub(super) rests: Duration,
}

impl Patience {
    /// The time limits for a stream that is cut at any number of places.
    pub(super) const MANY: Self = Self {
        stall: Duration::from_millis(400),
        rest: Duration::from_millis(1),
        rests: Duration::from_millis(300),
    };

    /// The time limits for a stream that is cut at a few places, which must not be missed.
    pub(super) const FEW: Self = Self {
        stall: Duration::from_secs(3),
        rest: Duration::from_millis(4),
        rests: Duration::from_millis(400),
    };
}

/// The result of a cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passed {
    /// The receiver has taken all that was sent.
    Taken,
    /// The receiver's queue cannot be seen; a pause was made.
    Timed,
    /// The receiver leaves octets unread.
    Stalled,
}

/// The gate of one stream.
pub(super) struct Gate {
    queues: Option<Queues>,
    ours: SocketAddr,
    theirs: SocketAddr,
    patience: Patience,
    rested: Duration,
    was_seen: bool,
    stalls: u32,
    /// True if the receiver has not taken what it left unread at the last cut.
    is_stalled: bool,
}

impl Gate {
    pub(super) fn new(ours: SocketAddr, theirs: SocketAddr, patience: Patience) -> Self {
        Self {
            queues: Queues::open(),
            ours,
            theirs,
            patience,
            rested: Duration::ZERO,
            was_seen: false,
            stalls: 0,
            is_stalled: false,
        }
    }

    /// Waits until the receiver has taken all of the `sent` octets, within bounds.
    pub(super) fn pass(&mut self, sent: u64) -> Passed {
        if self.stalls >= MAX_STALLS {
            return Passed::Stalled;
        }
        let started = Instant::now();
        let mut looks = 0_u32;
        let mut pause = LOOK_AGAIN;
        loop {
            let left = self
                .queues
                .as_mut()
                .and_then(|queues| queues.backlog(self.ours, self.theirs, sent));
            let Some(left) = left else {
                if self.was_seen {
                    // The receiver has closed, and takes nothing any more.
                    return Passed::Taken;
                }
                thread::sleep(UNSEEN_PAUSE);
                return Passed::Timed;
            };
            self.was_seen = true;
            if left.is_read() {
                break;
            }
            // A receiver that has stalled is not waited for again before it has taken what lies
            // there: it may wait itself for what we hold back.
            if self.is_stalled || started.elapsed() > self.patience.stall {
                self.stalls += u32::from(!self.is_stalled);
                self.is_stalled = true;
                return Passed::Stalled;
            }
            looks += 1;
            if looks < SPINS {
                thread::yield_now();
            } else {
                thread::sleep(pause);
                pause = (pause * 2).min(LOOK_SELDOM);
            }
        }
        self.is_stalled = false;
        if self.rested < self.patience.rests {
            let before = Instant::now();
            thread::sleep(self.patience.rest);
            self.rested += before.elapsed();
        }
        Passed::Taken
    }
}
