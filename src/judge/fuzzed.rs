//! What fuzzing a program comes to, whatever the inputs are made from.

use std::time::{Duration, Instant};

use super::check::{Check, Verdict};
use crate::trace::Trace;

/// How long inputs are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// So long.
    Time(Duration),
    /// So many, which makes two runs alike.
    Mutants(u64),
}

impl Budget {
    /// Whether a run that began then, and has tried so many, is to end.
    #[must_use]
    pub fn is_spent(self, tried: u64, started: Instant) -> bool {
        match self {
            Self::Time(time) => started.elapsed() >= time,
            Self::Mutants(count) => tried >= count,
        }
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Status {
    /// Inputs tried.
    pub mutants: u64,
    /// Conversations held.
    pub conversations: usize,
    /// Things found.
    pub findings: usize,
    /// Time since the first input.
    pub elapsed: Duration,
}

/// One thing that was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The verdict: `fail`, or `acceptable` for what may be by right.
    pub check: Check,
    /// The least conversation that shows it.
    pub trace: Trace,
    /// The octets and both answers, for people.
    pub shown: String,
    /// How many inputs more seem to show the same.
    pub also: usize,
    /// What kind of finding it is, by name.
    pub kind: &'static str,
}

impl Found {
    /// Whether it fails the run.
    #[must_use]
    pub fn is_hard(&self) -> bool {
        self.check.verdict == Verdict::Fail
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct Fuzzed {
    /// What was found, each cause once.
    pub found: Vec<Found>,
    /// How far it came.
    pub status: Status,
    /// Inputs that are answered otherwise each time, and suspects that did not repeat.
    pub unstable: usize,
    /// What is worth knowing, a sentence each.
    pub notes: Vec<String>,
    /// Says that inputs were tried.
    pub check: Check,
    /// Whether whoever follows the run wanted it to end.
    pub interrupted: bool,
}

/// Delta debugging: leaves out as many items as possible, in ever smaller pieces. `shows` keeps what it
/// says yes to.
///
/// # Errors
/// Those of `shows`.
pub fn minimise<T: Clone, E>(
    mut items: Vec<T>,
    shows: &mut dyn FnMut(&[T]) -> Result<bool, E>,
) -> Result<(), E> {
    let mut size = items.len() / 2;
    while size > 0 {
        let mut from = 0;
        while from < items.len() && items.len() > 1 {
            let to = (from + size).min(items.len());
            let fewer = [&items[..from], &items[to..]].concat();
            if !fewer.is_empty() && shows(&fewer)? {
                items = fewer;
            } else {
                from = to;
            }
        }
        size /= 2;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_is_kept_and_nothing_else() {
        let mut least: Vec<u32> = (0..100).collect();
        let all = least.clone();
        minimise::<_, ()>(all, &mut |items| {
            let shows = items.contains(&17) && items.contains(&64);
            if shows {
                least = items.to_vec();
            }
            Ok(shows)
        })
        .unwrap();
        assert_eq!(least, [17, 64]);
    }
}
