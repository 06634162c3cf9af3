//! The least set of places under which a run fails.

/// The result of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Least<T> {
    /// The smallest set found that fails.
    pub places: Vec<T>,
    /// True if no run was left, so that a smaller set may fail too.
    pub exhausted: bool,
}

/// Shrinks `places`, under which a run fails, and without which it does not. `fails` runs with some
/// of them; it answers `None` once no run is left. `first` is the index at which to divide them first.
///
/// A set fails if it holds certain places; so the shortest beginning of the list that fails ends
/// with one of them, which a binary search finds. It is kept, and the next one is searched among those
/// before it: `k` places are found in `k * log2(n)` runs, whatever the others do.
pub fn least<T: Copy>(
    places: &[T],
    first: usize,
    mut fails: impl FnMut(&[T]) -> Option<bool>,
) -> Least<T> {
    let mut needed: Vec<T> = Vec::new();
    let mut candidates = places;
    let mut divide_at = Some(first);
    loop {
        // With `low` of the candidates it passes, with `high` of them it fails.
        let (mut low, mut high) = (0, candidates.len());
        while low + 1 < high {
            let middle = match divide_at.take() {
                Some(first) if (low + 1..high).contains(&first) => first,
                _ => low.midpoint(high),
            };
            match fails(&with(&candidates[..middle], &needed)) {
                Some(true) => high = middle,
                Some(false) => low = middle,
                None => {
                    return Least {
                        places: with(&candidates[..high], &needed),
                        exhausted: true,
                    };
                }
            }
        }
        if high == 0 {
            break;
        }
        needed.insert(0, candidates[high - 1]);
        candidates = &candidates[..high - 1];
        if candidates.is_empty() {
            break;
        }
        match fails(&needed) {
            Some(true) => break,
            Some(false) => {}
            None => {
                return Least {
                    places: with(candidates, &needed),
                    exhausted: true,
                };
            }
        }
    }
    Least {
        places: needed,
        exhausted: false,
    }
}

fn with<T: Copy>(some: &[T], needed: &[T]) -> Vec<T> {
    some.iter().chain(needed).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least set found for a failure that needs all of `culprits`, and the runs that it took.
    fn found(length: u32, culprits: &[u32], most: usize) -> (Least<u32>, usize) {
        let places: Vec<u32> = (0..length).collect();
        let mut runs = 0;
        let least = least(&places, 100, |some| {
            runs += 1;
            (runs <= most).then(|| culprits.iter().all(|culprit| some.contains(culprit)))
        });
        (least, runs)
    }

    #[test]
    fn one_place_among_thousands_is_found() {
        for culprit in [0, 1, 99, 100, 4097, 8191] {
            let (least, runs) = found(8192, &[culprit], 40);
            assert_eq!(least.places, [culprit]);
            assert!(!least.exhausted);
            assert!(runs <= 15, "{runs}");
        }
    }

    #[test]
    fn places_that_are_needed_together_are_found() {
        for culprits in [[3, 9], [0, 8191], [500, 501]] {
            let (least, runs) = found(8192, &culprits, 40);
            assert_eq!(least.places, culprits);
            assert!(runs <= 30, "{runs}");
        }
    }

    #[test]
    fn any_of_many_will_do() {
        let places: Vec<u32> = (0..1000).collect();
        let least = least(&places, 10, |some| {
            Some(some.iter().any(|place| *place >= 700))
        });
        assert_eq!(least.places, [700]);
    }

    #[test]
    fn what_is_left_when_the_runs_are_used_up_fails_still() {
        let (least, _) = found(8192, &[700, 800], 12);
        assert!(least.exhausted);
        assert!(least.places.contains(&700) && least.places.contains(&800));
        assert!(least.places.len() < 1000);
        let (least, runs) = found(1, &[0], 0);
        assert_eq!((least.places, least.exhausted, runs), (vec![0], false, 0));
    }
}
