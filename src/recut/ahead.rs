//! Conversations held ahead of the judge, several at a time, where each has a process of its own.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::ended::Ended;
use super::variation::Variation;

/// The number of conversations for each worker that lie ready at the most. More would be wasted where the judge
/// leaves some out.
const READY: usize = 4;

type Outcome = Result<Ended, String>;

/// Workers, and what they have held.
#[derive(Debug)]
pub(super) struct Ahead {
    /// The number of this recording.
    pub(super) number: usize,
    variations: Arc<[Variation]>,
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    change: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The index of the next variation that a worker takes.
    next: usize,
    /// The index before which every variation has been asked for, or never will be.
    asked: usize,
    held: HashMap<usize, Outcome>,
    over: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ahead {
    /// Starts to hold these variations.
    pub(super) fn start(
        number: usize,
        variations: Vec<Variation>,
        jobs: usize,
        hold: impl Fn(&Variation) -> Outcome + Send + Sync + 'static,
    ) -> Self {
        let variations: Arc<[Variation]> = variations.into();
        let shared = Arc::new(Shared::default());
        let hold = Arc::new(hold);
        let workers = (0..jobs)
            .map(|_| {
                let (variations, shared) = (Arc::clone(&variations), Arc::clone(&shared));
                let hold = Arc::clone(&hold);
                thread::spawn(move || work(&variations, &shared, jobs, &*hold))
            })
            .collect();
        Self {
            number,
            variations,
            shared,
            workers,
        }
    }

    /// The outcome of a variation, the first time that it is asked for. `None` if it was not held ahead.
    pub(super) fn take(&mut self, variation: &Variation) -> Option<Outcome> {
        let mut state = self.shared.lock();
        let later = self.variations[state.asked.min(self.variations.len())..].iter();
        let place = state.asked + later.into_iter().position(|one| one == variation)?;
        // The variations in between were left out.
        for left_out in state.asked..place {
            state.held.remove(&left_out);
        }
        state.asked = place + 1;
        state.next = state.next.max(place);
        self.shared.change.notify_all();
        loop {
            if let Some(outcome) = state.held.remove(&place) {
                return Some(outcome);
            }
            state = self
                .shared
                .change
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.shared.lock().over = true;
        self.shared.change.notify_all();
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

fn work(
    variations: &[Variation],
    shared: &Shared,
    jobs: usize,
    hold: &(impl Fn(&Variation) -> Outcome + ?Sized),
) {
    loop {
        let mut state = shared.lock();
        while !state.over
            && state.next < variations.len()
            && state.next >= state.asked + jobs * READY
        {
            state = shared
                .change
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if state.over || state.next >= variations.len() {
            return;
        }
        let place = state.next;
        state.next += 1;
        drop(state);
        let outcome = hold(&variations[place]);
        let mut state = shared.lock();
        // Nobody asks for it any more if it was left out meanwhile.
        if place + 1 >= state.asked {
            state.held.insert(place, outcome);
        }
        shared.change.notify_all();
    }
}
