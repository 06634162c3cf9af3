//! An allocator that counts, so that memory which follows an announced length shows (FRM-8).

use peak_alloc::PeakAlloc;

#[global_allocator]
static COUNTING: PeakAlloc = PeakAlloc;

/// No check takes more than this, in octets: a few times the largest stream there is.
const MOST: usize = 16 * 1024 * 1024;

/// Runs a check, and sees that it takes no more memory than its octets call for.
///
/// # Panics
/// When it takes more.
pub fn bounded<T>(check: impl FnOnce() -> T) -> T {
    let before = COUNTING.current_usage();
    COUNTING.reset_peak_usage();
    let outcome = check();
    let taken = COUNTING.peak_usage().saturating_sub(before);
    assert!(
        taken <= MOST,
        "{taken} octets of memory were taken, and no input calls for more than {MOST}"
    );
    outcome
}
