//! The limit of the memory that a program under test may hold: one limit for the whole run, so that a program
//! that grows without an end does not take the machine along.

use std::sync::atomic::{AtomicU64, Ordering};

use super::watch::machine_memory;

/// The part of the machine's memory that a program may hold where nothing else is said, as a divisor.
const SHARE: u64 = 4;

/// Memory that a program which is known to take memory without need may take beyond what it held before, in octets: to
/// wait for more shows nothing new, and takes long.
const ENOUGH_TAKEN: u64 = 512 << 20;

/// Value of the limit until one is set; 0 is no limit at all.
const UNSET: u64 = u64::MAX;

static LIMIT: AtomicU64 = AtomicU64::new(UNSET);

/// The limit of programs that are known to take memory without need.
static LOWERED: AtomicU64 = AtomicU64::new(UNSET);

/// Sets the limit for every program that is started from now on, in octets; 0 for none, `None` for a
/// share of the machine's memory.
pub fn set(octets: Option<u64>) {
    let limit = octets.map_or(UNSET, |octets| octets.min(UNSET - 1));
    LIMIT.store(limit, Ordering::Relaxed);
}

/// Lowers the limit for every program that is started from now on, unless one was set: they are known to take memory
/// without need, and held so many octets before.
pub fn lower(held_before: u64) {
    LOWERED.store(held_before.saturating_add(ENOUGH_TAKEN), Ordering::Relaxed);
}

/// True if the limit that holds is the lower one.
pub(super) fn is_lowered() -> bool {
    LIMIT.load(Ordering::Relaxed) == UNSET && LOWERED.load(Ordering::Relaxed) != UNSET
}

/// The limit in octets that was set, if any was.
pub(super) fn given() -> Option<u64> {
    match LIMIT.load(Ordering::Relaxed) {
        0 | UNSET => None,
        limit => Some(limit),
    }
}

/// The limit in octets: a quarter of the machine's memory unless it was set, and no more than the lower one once it is
/// lowered; `None` for none.
#[must_use]
pub fn get() -> Option<u64> {
    match LIMIT.load(Ordering::Relaxed) {
        UNSET => {
            let lowered = LOWERED.load(Ordering::Relaxed);
            machine_memory().map(|memory| lowered.min(memory / SHARE))
        }
        _ => given(),
    }
}
