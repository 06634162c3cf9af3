//! The run: the same for whatever is judged. Checks are made in order, side by side where there are
//! several subjects; a failure is confirmed by a second attempt; what is left out is decided by counts.
//!
//! A check is left out by what the checks before it came to, in their order, but for the last few. Subjects
//! that work side by side run ahead of that order: what they did too much is thrown away. So two runs leave
//! out the same, and tell the same, however many subjects there are and whichever is the faster.

use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError, RwLock};
use std::thread;

use super::budget::{Budget, Ledger};
use super::check::{Check, Verdict};
use super::error::RunError;
use super::left_out::LeftOut;
use super::order::{Round, rounds};
use super::progress::Progress;
use super::sentence::Sentence;
use super::subject::{Fails, NotPassed, Planned, Subject};
use crate::testee::launch::StartError;

/// Largest distance to an unsettled check where all results between pass, in multiples of what is under way at most.
const FAR: usize = 16;

/// The manner of a run.
#[derive(Debug)]
pub struct Manner {
    /// The budget for failures.
    pub budget: Budget,
    /// Number of waits that are taken to have timed out before the run: more make it less patient.
    pub timeouts: u32,
    /// Stop at the first failure that is not known.
    pub fail_fast: bool,
    /// True if the subjects are connections to one and the same server: a failure is confirmed while no other
    /// conversation is under way.
    pub shared: bool,
    /// Number of checks that have been made before these.
    pub before: usize,
    /// Distance in checks, at least 1: a check is left out by the results of those at least so far before it, so
    /// that as many can be under way with nothing made in vain.
    pub lag: usize,
}

/// The outcome of a check.
#[derive(Debug)]
pub struct Outcome<F> {
    /// The check, judged.
    pub check: Check,
    /// The failure, if there was one.
    pub failure: Option<Box<F>>,
}

/// Makes checks in rounds, by one subject or several side by side, and hands back their outcomes in the
/// order in which the checks were given. `progress` is told of each.
///
/// # Errors
/// [`RunError`]: nothing can be said about the subject.
pub fn run<S: Subject>(
    subjects: &mut [S],
    checks: &[S::Check],
    manner: &Manner,
    progress: &mut dyn Progress,
) -> Result<Vec<Outcome<S::Failure>>, RunError> {
    let ahead = match subjects.len() {
        0 | 1 => 1,
        several => several * 2,
    };
    let ahead = ahead.max(manner.lag);
    let quiet = RwLock::new(());
    let (jobs, taken) = mpsc::channel();
    let taken = &Mutex::new(taken);
    thread::scope(|scope| {
        let (done, outcomes) = mpsc::channel();
        for subject in subjects {
            let done = done.clone();
            let quiet = manner.shared.then_some(&quiet);
            scope.spawn(move || work(subject, checks, taken, &done, quiet));
        }
        drop(done);
        let conductor = Conductor {
            checks,
            rounds: rounds(checks),
            manner,
            ahead,
            under_way: 0,
            ledger: Ledger::new(manner.budget),
            timeouts: manner.timeouts,
            jobs,
            outcomes,
            arrived: BTreeMap::new(),
            settled: BTreeMap::new(),
            costs: VecDeque::new(),
            stopped: false,
            progress,
        };
        conductor.conduct()
    })
}

/// A check to be made, by its place, and the number of waits that timed out before.
struct Job {
    place: usize,
    timeouts: u32,
}

/// The result of a check by a subject.
struct Judged<F> {
    verdict: Verdict,
    message: Sentence,
    failure: Option<Box<F>>,
    /// Number of waits that timed out.
    timeouts: u32,
    /// True if the failure has taken its time.
    slow: bool,
}

/// The end of a job: judged, no subject any more, or a panic of the harness.
type Done<F> = (
    usize,
    Result<Result<Judged<F>, StartError>, Box<dyn Any + Send>>,
);

fn work<S: Subject>(
    subject: &mut S,
    checks: &[S::Check],
    jobs: &Mutex<Receiver<Job>>,
    done: &Sender<Done<S::Failure>>,
    quiet: Option<&RwLock<()>>,
) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { place, timeouts }) = job else {
            return;
        };
        let judging = || judge(subject, &checks[place], timeouts, quiet);
        let judged = catch_unwind(AssertUnwindSafe(judging));
        if done.send((place, judged)).is_err() {
            return;
        }
    }
}

/// Makes a check. A failure is confirmed by a second attempt.
fn judge<S: Subject>(
    subject: &mut S,
    check: &S::Check,
    timeouts: u32,
    quiet: Option<&RwLock<()>>,
) -> Result<Judged<S::Failure>, StartError> {
    let beside = quiet.map(|lock| lock.read().unwrap_or_else(PoisonError::into_inner));
    let mut first = subject.attempt(check, timeouts);
    drop(beside);
    let failed = matches!(first, Err(NotPassed::Failed(_) | NotPassed::Error(_)));
    let _alone = match quiet.filter(|_| failed) {
        Some(lock) => {
            // A failure beside others may be their doing: it counts only if it happens alone too.
            let alone = lock.write().unwrap_or_else(PoisonError::into_inner);
            first = subject.attempt(check, timeouts);
            Some(alone)
        }
        None => None,
    };
    let green = |verdict, message| Judged {
        verdict,
        message,
        failure: None,
        timeouts: 0,
        slow: verdict == Verdict::Error,
    };
    match first {
        Ok(()) => Ok(green(Verdict::Pass, Sentence::default())),
        Err(NotPassed::Acceptable(why)) => Ok(green(Verdict::Acceptable, why)),
        Err(NotPassed::Skipped(why)) => Ok(green(Verdict::Skipped, why)),
        Err(NotPassed::Error(why)) => Ok(green(Verdict::Error, why)),
        Err(NotPassed::NotStarted(error)) => Err(error),
        Err(NotPassed::Failed(first)) => confirm(subject, check, first, timeouts),
    }
}

fn confirm<S: Subject>(
    subject: &mut S,
    check: &S::Check,
    first: Box<S::Failure>,
    mut timeouts: u32,
) -> Result<Judged<S::Failure>, StartError> {
    let before = timeouts;
    timeouts += u32::from(first.took_time());
    let recovered = subject.recover(&first, timeouts)?;
    match subject.attempt_again(check, timeouts) {
        Err(NotPassed::NotStarted(error)) => Err(error),
        Err(NotPassed::Failed(second)) => {
            timeouts += u32::from(second.took_time());
            let again = subject.recover(&second, timeouts)?;
            Ok(Judged {
                verdict: Verdict::Fail,
                message: second.message(),
                slow: second.took_time() || recovered.costly || again.costly,
                failure: Some(second),
                timeouts: timeouts - before,
            })
        }
        _ => {
            let message = first.message();
            let late = first.took_time() && !subject.shows_its_time();
            // The cause of the difference is not known: time, or the conversations before.
            let (verdict, message) = match (first.proves_itself(), recovered.fresh) {
                (true, _) => (
                    Verdict::Fail,
                    format!("{message}, in one run of two").into(),
                ),
                (false, _) if late => (
                    Verdict::Acceptable,
                    format!("passed when it was given more time, which cannot be measured here ({message})").into(),
                ),
                (false, true) => (
                    Verdict::Flaky,
                    format!("failed once, and passed after a restart ({message})").into(),
                ),
                (false, false) => (
                    Verdict::Flaky,
                    format!("failed once, and then passed ({message})").into(),
                ),
            };
            let counts = verdict != Verdict::Acceptable;
            Ok(Judged {
                verdict,
                message,
                slow: first.took_time() || recovered.costly,
                failure: counts.then_some(first),
                timeouts: timeouts - before,
            })
        }
    }
}

/// Hands out the checks, takes in what comes of them, and decides what is left out.
struct Conductor<'r, P, F> {
    checks: &'r [P],
    rounds: Vec<Round>,
    manner: &'r Manner,
    /// Number of checks that may be under way; as many may be unsettled where one of them has failed.
    ahead: usize,
    /// Number of checks that are under way.
    under_way: usize,
    ledger: Ledger,
    timeouts: u32,
    jobs: Sender<Job>,
    outcomes: Receiver<Done<F>>,
    /// By place: the results of checks that are not settled.
    arrived: BTreeMap<usize, Judged<F>>,
    /// By place: the outcomes of all checks up to one of the order.
    settled: BTreeMap<usize, Outcome<F>>,
    /// Costs of the checks settled last, which the ledger does not know of yet.
    costs: VecDeque<Option<Cost>>,
    /// True if the first failure has been settled, and the run was to stop there.
    stopped: bool,
    progress: &'r mut dyn Progress,
}

/// True if a check with this verdict counts against the budget, so that later ones may be left out.
const fn costs(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Flaky | Verdict::Error)
}

/// The cost of a failure.
struct Cost {
    place: usize,
    timeouts: u32,
    slow: bool,
}

impl<P: Planned, F: Fails> Conductor<'_, P, F> {
    fn conduct(mut self) -> Result<Vec<Outcome<F>>, RunError> {
        let mut order: Vec<usize> = (0..self.checks.len()).collect();
        order.sort_by_key(|place| self.rounds[*place]);
        for (turn, place) in order.iter().copied().enumerate() {
            let alone = self.checks[place].alone();
            if alone {
                self.settle_up_to(&order[..turn])?;
            } else {
                self.make_room(&order[..turn])?;
            }
            if alone {
                self.enter_all_but(0);
            }
            // A check that is left out now is left out for good: failures only become more.
            if self.leaves_out(place).is_some() {
                continue;
            }
            let timeouts = self.timeouts;
            // The workers are there for as long as this end of the channel is.
            let _ = self.jobs.send(Job { place, timeouts });
            self.under_way += 1;
            if alone {
                self.settle_up_to(&order[..=turn])?;
            }
        }
        self.settle_up_to(&order)?;
        Ok(self.settled.into_values().collect())
    }

    fn leaves_out(&self, place: usize) -> Option<LeftOut> {
        if self.stopped {
            return Some(LeftOut::FailFast);
        }
        let check = &self.checks[place];
        let cut = check.segmentation();
        self.ledger
            .leaves_out(check.info(), cut, self.rounds[place])
    }

    /// Waits until one more check than these first ones of the order may be under way. While all pass there is nothing
    /// to leave out, so a check that takes long holds up the others only when they are far ahead of it.
    fn make_room(&mut self, first: &[usize]) -> Result<(), RunError> {
        loop {
            self.settle_arrived(first)?;
            let passing = !self.arrived.values().any(|judged| costs(judged.verdict));
            let far = if passing { FAR } else { 1 };
            let unsettled = first.len() - self.settled.len();
            if self.under_way < self.ahead && unsettled < self.ahead * far {
                return Ok(());
            }
            self.receive()?;
        }
    }

    /// Settles the first checks of the order, and waits for their results.
    fn settle_up_to(&mut self, first: &[usize]) -> Result<(), RunError> {
        loop {
            self.settle_arrived(first)?;
            if self.settled.len() >= first.len() {
                return Ok(());
            }
            self.receive()?;
        }
    }

    /// Settles the first checks of the order one after the other, up to one whose result is not there: as if each had
    /// been made when the checks a lag before it were settled.
    fn settle_arrived(&mut self, first: &[usize]) -> Result<(), RunError> {
        while let Some(&place) = first.get(self.settled.len()) {
            let alone = self.checks[place].alone();
            self.enter_all_but(if alone { 0 } else { self.manner.lag - 1 });
            if let Some(why) = self.leaves_out(place) {
                self.leave_out(place, why)?;
            } else if let Some(judged) = self.arrived.remove(&place) {
                self.settle(place, judged)?;
            } else {
                break;
            }
        }
        Ok(())
    }

    /// Enters the costs of all settled checks but the last few into the ledger.
    fn enter_all_but(&mut self, last: usize) {
        while self.costs.len() > last {
            let Some(Some(cost)) = self.costs.pop_front() else {
                continue;
            };
            let check = &self.checks[cost.place];
            self.timeouts += cost.timeouts;
            self.ledger
                .failed(check.info(), check.segmentation(), cost.slow);
        }
    }

    /// Waits for the next result. That of a check which is left out meanwhile is thrown away.
    fn receive(&mut self) -> Result<(), RunError> {
        let Ok((place, judged)) = self.outcomes.recv() else {
            return Err(RunError::Interrupted);
        };
        self.under_way -= 1;
        let judged = judged.unwrap_or_else(|panic| resume_unwind(panic))?;
        if !self.settled.contains_key(&place) {
            self.arrived.insert(place, judged);
        }
        Ok(())
    }

    fn settle(&mut self, place: usize, judged: Judged<F>) -> Result<(), RunError> {
        let planned = &self.checks[place];
        let (case, cut) = (planned.info(), planned.segmentation());
        let evidence = judged.failure.as_ref().map(|failure| failure.evidence());
        let check = Check {
            evidence,
            ..Check::new(case, cut, judged.verdict, judged.message)
        };
        // A case that is expected to fail costs nothing.
        let costs = costs(check.verdict) && !case.expected_to_fail;
        self.stopped |= costs && self.manner.fail_fast && check.verdict == Verdict::Fail;
        self.costs.push_back(costs.then_some(Cost {
            place,
            timeouts: judged.timeouts,
            slow: judged.slow,
        }));
        self.finish(place, check, judged.failure)
    }

    fn leave_out(&mut self, place: usize, why: LeftOut) -> Result<(), RunError> {
        // The check may have been made ahead of its turn.
        self.arrived.remove(&place);
        self.costs.push_back(None);
        let planned = &self.checks[place];
        let check = Check::left_out(planned.info(), planned.segmentation(), why.to_string());
        self.finish(place, check, None)
    }

    fn finish(
        &mut self,
        place: usize,
        check: Check,
        failure: Option<Box<F>>,
    ) -> Result<(), RunError> {
        let before = self.manner.before;
        let done = before + self.settled.len() + 1;
        let total = before + self.checks.len();
        let flow = self.progress.finished(done, total, &check);
        self.settled.insert(place, Outcome { check, failure });
        match flow {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(RunError::Interrupted),
        }
    }
}

#[cfg(test)]
mod tests;
