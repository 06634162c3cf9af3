//! The run: the same for whatever is judged. Checks are made in order, side by side where there are
//! several subjects; a failure is confirmed by a second attempt; what is left out is decided by counts.
//!
//! However many subjects work side by side, a decision about a check rests on the outcomes of the same
//! checks before it: those that lie at least a window behind. So two runs leave out the same.

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError, RwLock};
use std::thread;

use super::budget::{Budget, Ledger, LeftOut};
use super::check::{Check, Verdict};
use super::error::RunError;
use super::order::{Round, rounds};
use super::progress::Progress;
use super::subject::{Fails, NotPassed, Planned, Subject};
use crate::testee::launch::StartError;

/// How a run is made.
#[derive(Debug)]
pub struct Manner {
    /// What failures may cost.
    pub budget: Budget,
    /// How many waits are taken to have timed out before the run: more make it less patient.
    pub timeouts: u32,
    /// Stop at the first failure that is not known.
    pub fail_fast: bool,
    /// The subjects are connections to one and the same server: a failure is confirmed while no other
    /// conversation is under way.
    pub shared: bool,
    /// How many checks have been made before these.
    pub before: usize,
}

/// What came of a check.
#[derive(Debug)]
pub struct Outcome<F> {
    /// The check, judged.
    pub check: Check,
    /// How it failed, if it did.
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
    let window = match subjects.len() {
        0 | 1 => 1,
        several => several * 2,
    };
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
            window,
            ledger: Ledger::new(manner.budget),
            timeouts: manner.timeouts,
            jobs,
            outcomes,
            finished: BTreeMap::new(),
            entered: 0,
            stopped: false,
            progress,
        };
        conductor.conduct()
    })
}

/// A check to be made, by its place, and how many waits have timed out before.
struct Job {
    place: usize,
    timeouts: u32,
}

/// What a subject made of a check.
struct Judged<F> {
    verdict: Verdict,
    message: String,
    failure: Option<Box<F>>,
    /// How many waits timed out.
    timeouts: u32,
    /// The failure has taken its time.
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
            // What happened beside others may be their doing: it counts only if it happens alone too.
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
        Ok(()) => Ok(green(Verdict::Pass, String::new())),
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
    match subject.attempt(check, timeouts) {
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
            // What made the difference is not known: time, or what came before.
            let (verdict, message) = match (first.proves_itself(), recovered.fresh) {
                (true, _) => (Verdict::Fail, format!("{message}, in one run of two")),
                (false, true) => (
                    Verdict::Flaky,
                    format!("failed once, and passed after a restart ({message})"),
                ),
                (false, false) => (
                    Verdict::Flaky,
                    format!("failed once, and then passed ({message})"),
                ),
            };
            Ok(Judged {
                verdict,
                message,
                slow: first.took_time() || recovered.costly,
                failure: Some(first),
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
    /// How many checks may be under way, or done and not looked at.
    window: usize,
    ledger: Ledger,
    timeouts: u32,
    jobs: Sender<Job>,
    outcomes: Receiver<Done<F>>,
    /// By place: the outcome, and what it cost.
    finished: BTreeMap<usize, (Outcome<F>, Cost)>,
    /// How many outcomes the ledger knows of.
    entered: usize,
    /// The first failure has been seen, and the run was to stop there.
    stopped: bool,
    progress: &'r mut dyn Progress,
}

#[derive(Clone, Copy, Default)]
struct Cost {
    timeouts: u32,
    slow: bool,
}

impl<P: Planned, F: Fails> Conductor<'_, P, F> {
    fn conduct(mut self) -> Result<Vec<Outcome<F>>, RunError> {
        let mut order: Vec<usize> = (0..self.checks.len()).collect();
        order.sort_by_key(|place| self.rounds[*place]);
        for (turn, place) in order.iter().copied().enumerate() {
            let check = &self.checks[place];
            let alone = check.alone();
            // What lies a window behind is entered, and nothing that came since.
            let seen = if alone {
                turn
            } else {
                (turn + 1).saturating_sub(self.window)
            };
            self.enter_up_to(&order[..seen])?;
            let round = self.rounds[place];
            let left_out = if self.stopped {
                Some(LeftOut::FailFast)
            } else {
                let cut = check.segmentation();
                self.ledger.leaves_out(check.info(), cut, round)
            };
            if let Some(why) = left_out {
                self.leave_out(place, why)?;
                continue;
            }
            let timeouts = self.timeouts;
            // The workers are there for as long as this end is.
            let _ = self.jobs.send(Job { place, timeouts });
            if alone {
                self.await_one(place)?;
            }
        }
        self.enter_up_to(&order)?;
        let finished = self.finished.into_values();
        Ok(finished.map(|(outcome, _)| outcome).collect())
    }

    /// Waits for the outcomes of these, the first of the order, and enters those that are not yet.
    fn enter_up_to(&mut self, first: &[usize]) -> Result<(), RunError> {
        for place in &first[self.entered.min(first.len())..] {
            self.await_one(*place)?;
            self.entered += 1;
            let (outcome, cost) = &self.finished[place];
            let check = &outcome.check;
            let failed = matches!(
                check.verdict,
                Verdict::Fail | Verdict::Flaky | Verdict::Error
            );
            let case = self.checks[*place].info();
            // What is expected to fail costs nothing.
            if !failed || case.expected_to_fail {
                continue;
            }
            self.timeouts += cost.timeouts;
            self.ledger.failed(case, check.segmentation, cost.slow);
            self.stopped |= self.manner.fail_fast && check.verdict == Verdict::Fail;
        }
        Ok(())
    }

    fn await_one(&mut self, place: usize) -> Result<(), RunError> {
        while !self.finished.contains_key(&place) {
            let Ok((done, judged)) = self.outcomes.recv() else {
                return Err(RunError::Interrupted);
            };
            let judged = judged.unwrap_or_else(|panic| resume_unwind(panic))?;
            let planned = &self.checks[done];
            let (case, cut) = (planned.info(), planned.segmentation());
            let evidence = judged.failure.as_ref().map(|failure| failure.evidence());
            let check = Check {
                evidence,
                ..Check::new(case, cut, judged.verdict, judged.message)
            };
            let cost = Cost {
                timeouts: judged.timeouts,
                slow: judged.slow,
            };
            self.finish(done, check, judged.failure, cost)?;
        }
        Ok(())
    }

    fn leave_out(&mut self, place: usize, why: LeftOut) -> Result<(), RunError> {
        let planned = &self.checks[place];
        let check = Check::left_out(planned.info(), planned.segmentation(), why.to_string());
        self.finish(place, check, None, Cost::default())
    }

    fn finish(
        &mut self,
        place: usize,
        check: Check,
        failure: Option<Box<F>>,
        cost: Cost,
    ) -> Result<(), RunError> {
        let before = self.manner.before;
        let done = before + self.finished.len() + 1;
        let total = before + self.checks.len();
        let flow = self.progress.finished(done, total, &check);
        self.finished
            .insert(place, (Outcome { check, failure }, cost));
        match flow {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(RunError::Interrupted),
        }
    }
}
