//! The results of fuzzing a program, whatever the inputs are made from.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::check::{Check, Verdict};
use super::shrinking::Fuzzable;
use crate::trace::Trace;

/// The limit up to which inputs are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// A time.
    Time(Duration),
    /// A number of inputs, which makes two runs alike.
    Mutants(u64),
}

impl Budget {
    /// True if a run that began at `started`, and has tried this many inputs, is to end.
    #[must_use]
    pub fn is_spent(self, tried: u64, started: Instant) -> bool {
        match self {
            Self::Time(time) => started.elapsed() >= time,
            Self::Mutants(count) => tried >= count,
        }
    }

    /// Time that making one finding small may take: a quarter of the budget, and no less than ten seconds. A
    /// budget of a count has none, so that two runs agree.
    #[must_use]
    pub fn for_one_finding(self) -> Option<Duration> {
        const LEAST: Duration = Duration::from_secs(10);
        match self {
            Self::Time(time) => Some(LEAST.max(time / 4)),
            Self::Mutants(_) => None,
        }
    }
}

/// The progress of a run.
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

/// A finding of a run.
#[derive(Debug, Clone)]
pub struct Found {
    /// The verdict: `fail`, or `acceptable` for what may be by right.
    pub check: Check,
    /// The least conversation that shows it.
    pub trace: Trace,
    /// The octets and both answers, for people.
    pub shown: String,
    /// Number of further inputs that seem to show the same.
    pub also: usize,
    /// The kind of the finding, by name.
    pub kind: &'static str,
}

impl Found {
    /// True if the finding fails the run.
    #[must_use]
    pub fn is_hard(&self) -> bool {
        self.check.verdict == Verdict::Fail
    }
}

/// The result of a run.
#[derive(Debug)]
pub struct Fuzzed {
    /// The findings, each cause once.
    pub found: Vec<Found>,
    /// The progress that the run made.
    pub status: Status,
    /// Inputs that are answered otherwise each time, and suspects that did not repeat.
    pub unstable: usize,
    /// Notes that are worth knowing, a sentence each.
    pub notes: Vec<String>,
    /// The check which says that inputs were tried.
    pub check: Check,
    /// True if the run ended early: by its follower, or by an error.
    pub interrupted: bool,
}

/// Tries inputs until the budget is spent, the follower of the run wants it to end, or `one` returns `None`. `one`
/// tries the input of a number, and returns the numbers of conversations held and of findings.
///
/// # Errors
/// The errors of `one`.
pub fn until_spent<E>(
    budget: Budget,
    follow: &mut dyn FnMut(Status) -> ControlFlow<()>,
    one: &mut dyn FnMut(u64) -> Result<Option<(usize, usize)>, E>,
) -> Result<(Status, bool), E> {
    let started = Instant::now();
    let mut status = Status::default();
    while !budget.is_spent(status.mutants, started) {
        let Some((conversations, findings)) = one(status.mutants)? else {
            break;
        };
        status = Status {
            mutants: status.mutants + 1,
            conversations,
            findings,
            elapsed: started.elapsed(),
        };
        if follow(status).is_break() {
            return Ok((status, true));
        }
    }
    Ok((status, false))
}

/// Number of unconfirmed suspects of one kind after which others are only counted.
const MAX_UNCONFIRMED: usize = 2;

/// The result for the suspects of one kind.
#[derive(Debug, Clone, Copy)]
enum Known {
    /// Place of the finding that they are.
    Found(usize),
    /// Number of suspects that were not confirmed.
    Unconfirmed(usize),
}

/// The point at which a finding was confirmed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Confirmed {
    /// Conversations held by then.
    pub conversations: usize,
    /// Time since the run began.
    pub elapsed: Duration,
}

/// All findings of a run. Suspects of one kind are confirmed once, and then counted.
#[derive(Debug)]
pub struct Findings<K> {
    /// The findings, each cause once.
    pub found: Vec<Found>,
    /// Suspects that were not confirmed.
    pub unstable: usize,
    kinds: BTreeMap<K, Known>,
    started: Instant,
    /// The reason why the run could not go on, after something had been found.
    broke_off: Option<String>,
}

impl<K: Ord> Default for Findings<K> {
    fn default() -> Self {
        Self {
            found: Vec::new(),
            unstable: 0,
            kinds: BTreeMap::new(),
            started: Instant::now(),
            broke_off: None,
        }
    }
}

impl<K: Ord> Findings<K> {
    /// Confirms a suspect and makes it small, unless its kind is known: then it is only counted.
    ///
    /// # Errors
    /// The errors of the subject.
    pub(crate) fn examine<F: Fuzzable>(
        &mut self,
        subject: &mut F,
        suspect: &F::Suspect,
        kind: impl Fn(&F::Suspect) -> K,
        shrink: impl FnOnce(&mut F, F::Suspect) -> Result<F::Suspect, F::Error>,
        found: impl FnOnce(F::Suspect, Confirmed) -> Found,
    ) -> Result<(), F::Error> {
        let seen = kind(suspect);
        match self.kinds.get(&seen) {
            Some(Known::Found(place)) => {
                self.found[*place].also += 1;
                return Ok(());
            }
            Some(Known::Unconfirmed(count)) if *count >= MAX_UNCONFIRMED => {
                self.unstable += 1;
                return Ok(());
            }
            _ => {}
        }
        let Some(suspect) = subject.confirm(suspect)? else {
            self.unstable += 1;
            let known = self.kinds.entry(seen).or_insert(Known::Unconfirmed(0));
            if let Known::Unconfirmed(count) = known {
                *count += 1;
            }
            return Ok(());
        };
        let confirmed = Confirmed {
            conversations: subject.held(),
            elapsed: self.started.elapsed(),
        };
        let least = match shrink(subject, suspect.clone()) {
            Ok(least) => least,
            Err(why) => {
                self.found.push(found(suspect, confirmed));
                return Err(why);
            }
        };
        let small = kind(&least);
        let place = match self.kinds.get(&small) {
            Some(Known::Found(place)) => {
                self.found[*place].also += 1;
                *place
            }
            _ => {
                self.found.push(found(least, confirmed));
                self.found.len() - 1
            }
        };
        self.kinds.insert(seen, Known::Found(place));
        self.kinds.insert(small, Known::Found(place));
        Ok(())
    }

    /// True if the run can go on after a step of it. Once something has been found, an error only ends the run: a
    /// server that does not start again must not cost the findings of a night.
    ///
    /// # Errors
    /// The error of the step, if nothing has been found.
    pub(crate) fn goes_on<E: Display>(&mut self, step: Result<(), E>) -> Result<bool, E> {
        match step {
            Err(why) if self.found.is_empty() => Err(why),
            Err(why) => {
                self.broke_off.get_or_insert(why.to_string());
                Ok(false)
            }
            Ok(()) => Ok(self.broke_off.is_none()),
        }
    }

    /// A note for the report, if the run could not go on.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let why = self.broke_off.as_ref()?;
        Some(format!(
            "the run could not go on; what was found before is reported: {why}"
        ))
    }

    /// True if a finding fails the run.
    #[must_use]
    pub fn any_hard(&self) -> bool {
        self.found.iter().any(Found::is_hard)
    }
}
