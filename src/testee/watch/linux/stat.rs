//! The `stat` of a process or a thread, read.

use crate::testee::watch::seen::Activity;

/// Index of the number of threads among the fields of `stat`, counted from the state on.
const THREADS: usize = 17;

/// The activity of one thread, by its `stat` and its `schedstat`.
pub(super) fn of_thread(stat: &str, schedule: &str) -> Activity {
    let state = behind_name(stat).as_bytes().first();
    // Time on a processor, time waiting for one, and how often it got one.
    let mut figures = schedule
        .split_whitespace()
        .filter_map(|figure| figure.parse::<u64>().ok());
    let ran = figures.next().unwrap_or(0);
    Activity {
        asleep: matches!(state, Some(b'S' | b'Z' | b'T' | b't' | b'X')),
        work: figures.fold(ran, u64::wrapping_add),
        ran,
    }
}

/// The owner of an identifier.
pub(super) enum Found {
    /// A process, or a thread of one.
    Living { parent: u32 },
    /// A process that has ended and is still there.
    Ended,
    /// A process that is gone, or that cannot be seen yet.
    Nobody,
}

/// The owner of an identifier, by its `stat`.
pub(super) fn found(stat: &str) -> Found {
    let parent = behind_name(stat).split(' ').nth(1);
    let parent = parent.and_then(|parent| parent.parse().ok());
    // A process whose first thread alone has ended shows the state of that, and lives on.
    match parent {
        Some(parent) if runs(stat) || threads(stat).is_some_and(is_several) => {
            Found::Living { parent }
        }
        _ => Found::Ended,
    }
}

/// The number of threads of a process, by its `stat`.
pub(super) fn threads(stat: &str) -> Option<&str> {
    behind_name(stat).split(' ').nth(THREADS)
}

/// True of the number of threads of a process that has another beside its first. One that is being removed has none.
fn is_several(threads: &str) -> bool {
    !matches!(threads, "0" | "1")
}

/// True if a thread has not ended, by its `stat`.
pub(super) fn runs(stat: &str) -> bool {
    !matches!(
        behind_name(stat).as_bytes().first(),
        None | Some(b'Z' | b'X')
    )
}

/// The fields of a `stat` from the state on. The name before them may hold anything.
fn behind_name(stat: &str) -> &str {
    stat.rsplit_once(')')
        .map_or("", |(_, behind)| behind.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_lives_as_long_as_a_thread_of_it() {
        let told = |state: &str, threads: u32| {
            let others = "0 0 0 0 0 0 0 0 0 0 0 0 0 20 0";
            match found(&format!("7 (a) b) {state} 3 {others} {threads} 0")) {
                Found::Living { parent } => Some(parent),
                _ => None,
            }
        };
        assert_eq!(told("S", 1), Some(3));
        assert_eq!(told("Z", 2), Some(3));
        assert_eq!(told("Z", 1), None);
        // It is being removed, and shows nothing more.
        assert_eq!(told("X", 0), None);
        assert!(matches!(found(""), Found::Ended));
    }
}
