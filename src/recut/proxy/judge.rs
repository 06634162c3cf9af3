//! A command under each cut: what fails is confirmed, and shrunk to one cut.

use std::sync::Arc;

use super::command::{Command, Run, RunError};
use super::context::{Late, Plan};
use super::cut::{Cut, Direction, Place};
use super::least::least;
use super::relay::Relay;
use crate::framing::Framing;

/// Runs of the command in all.
pub const MAX_RUNS: usize = 40;

/// Runs that it takes at least to confirm a failure: two controls, the failure again, a smaller set.
const MIN_RUNS: usize = 5;

/// The reason why a command cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum Unjudgeable {
    /// The command could not be run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The command fails when nothing is cut.
    #[error(
        "COMMAND {how} when nothing is cut, so that nothing can be said about cuts{}",
        .said.as_ref().map_or(String::new(), |said| format!("; it said: {said}"))
    )]
    FailsUncut {
        /// The end of the command, in words.
        how: String,
        /// The last line that it wrote.
        said: Option<String>,
    },
    /// The command does not come through the proxy.
    #[error(
        "COMMAND succeeds without a connection to {address}: it needs no network, or goes \
         elsewhere; `{{host}}` and `{{port}}` in COMMAND are filled in with the address of the proxy"
    )]
    NeverConnects {
        /// The address at which the proxy listens.
        address: String,
    },
    /// The command connects, and nothing passes.
    #[error(
        "COMMAND connects and succeeds, but not one octet passes, so that there is nothing to cut"
    )]
    NothingPasses,
    /// The proxy could not reach the server.
    #[error("the server at {to} could not be reached: {why}")]
    Unreachable {
        /// The server's address.
        to: String,
        /// The system's error.
        why: String,
    },
}

/// The finding about a cut.
#[derive(Debug)]
pub struct Finding {
    /// The cut.
    pub cut: Cut,
    /// The outcome of the cut.
    pub outcome: Outcome,
    /// Number of runs of the command for it.
    pub runs: usize,
}

/// The outcome of a cut.
#[derive(Debug)]
pub enum Outcome {
    /// The command succeeds.
    Pass,
    /// There was nothing to cut, or nothing to join.
    Nothing,
    /// The command fails, and not without the cut.
    Fail(Failure),
    /// The command failed, and did not again.
    Flaky {
        /// The end of the failed run, in words.
        how: String,
    },
    /// The command fails as well when nothing is cut, but all comes as late as the cuts make it.
    Late {
        /// The end of the command, in words.
        how: String,
    },
    /// The command fails now when nothing is cut.
    UncutFails {
        /// The end of the command, in words.
        how: String,
    },
}

/// A failure, shrunk.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The end of the command, in words.
    pub how: String,
    /// The last line that it wrote.
    pub said: Option<String>,
    /// The least set of places found under which it fails.
    pub places: Vec<Place>,
    /// The octets before and after the first of these places.
    pub around: Option<(Vec<u8>, Vec<u8>)>,
    /// The certainty of that set.
    pub shrunk: Shrunk,
    /// Another cut that showed the same place first.
    pub same_as: Option<Cut>,
}

/// The certainty of the least set of places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shrunk {
    /// The command fails again, and no smaller set was found.
    Confirmed,
    /// No runs were left; a smaller set may do.
    OutOfRuns,
    /// The failure comes back under the same cut, but not under the places that were noted: the
    /// conversation is not the same in each run.
    NotRepeatable,
}

/// A function that is told before each run its purpose and its number. Returns true to go on.
pub type Watch<'w> = dyn FnMut(&str, usize) -> bool + 'w;

/// Judges a command.
pub struct Judge<'j> {
    relay: &'j Relay,
    command: Command,
    framing: Option<Arc<Framing>>,
    watch: &'j mut Watch<'j>,
    interrupted: &'j dyn Fn() -> bool,
    runs: usize,
    /// The failures found before, each with its cut.
    known: Vec<(Failure, Cut)>,
    timed: bool,
    uncut_shape: Vec<(u64, u64)>,
}

impl std::fmt::Debug for Judge<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Judge").field("runs", &self.runs).finish()
    }
}

impl<'j> Judge<'j> {
    /// A judge of a command whose connections come to `relay`.
    pub fn new(
        relay: &'j Relay,
        command: Command,
        framing: Option<Framing>,
        watch: &'j mut Watch<'j>,
        interrupted: &'j dyn Fn() -> bool,
    ) -> Self {
        Self {
            relay,
            command,
            framing: framing.map(Arc::new),
            watch,
            interrupted,
            runs: 0,
            known: Vec::new(),
            timed: false,
            uncut_shape: Vec::new(),
        }
    }

    /// True if pauses stood in for a look into the queue, somewhere.
    #[must_use]
    pub const fn timed(&self) -> bool {
        self.timed
    }

    /// Number of runs of the command so far.
    #[must_use]
    pub const fn runs(&self) -> usize {
        self.runs
    }

    fn run(&mut self, purpose: &str, cut: Cut) -> Result<Run, RunError> {
        self.run_plan(purpose, cut, None)
    }

    fn run_plan(&mut self, purpose: &str, cut: Cut, late: Option<Late>) -> Result<Run, RunError> {
        self.runs += 1;
        if !(self.watch)(purpose, self.runs) {
            return Err(RunError::Interrupted);
        }
        let interrupted = self.interrupted;
        let plan = Plan {
            cut,
            late,
            framing: self.framing.clone(),
        };
        let run = self.command.run(self.relay, plan, &mut || !interrupted())?;
        self.timed |= run.log().timed();
        Ok(run)
    }

    /// Runs the command without cuts, under each of `cuts`, and as often as it takes to shrink what
    /// fails.
    ///
    /// # Errors
    /// [`Unjudgeable`]
    pub fn judge(&mut self, cuts: &[Cut], to: &str) -> Result<Vec<Finding>, Unjudgeable> {
        self.uncut(to)?;
        let mut findings = Vec::new();
        let mut failed: Vec<(usize, Run)> = Vec::new();
        for (number, cut) in cuts.iter().enumerate() {
            let run = self.run(&cut.id(), cut.clone())?;
            let outcome = if !run.ended.well() {
                failed.push((number, run));
                Outcome::Nothing
            } else if run.log().places().is_empty() && *cut != Cut::None {
                Outcome::Nothing
            } else {
                Outcome::Pass
            };
            findings.push(Finding {
                cut: cut.clone(),
                outcome,
                runs: 1,
            });
        }
        // The fewer places, the fewer runs; and the place that is found explains the others mostly.
        failed.sort_by_key(|(_, run)| run.log().places().len());
        for (number, run) in failed {
            let before = self.runs;
            let outcome = self.explain(&cuts[number], &run)?;
            findings[number].runs += self.runs - before;
            findings[number].outcome = outcome;
        }
        Ok(findings)
    }

    fn uncut(&mut self, to: &str) -> Result<(), Unjudgeable> {
        let run = self.run("uncut", Cut::None)?;
        let log = run.log();
        if let Some(why) = log.unreachable() {
            return Err(Unjudgeable::Unreachable {
                to: to.to_owned(),
                why,
            });
        }
        if !run.ended.well() {
            return Err(Unjudgeable::FailsUncut {
                how: run.ended.in_words(),
                said: run.last_line(),
            });
        }
        if log.accepted() == 0 {
            return Err(Unjudgeable::NeverConnects {
                address: self.relay.address().to_string(),
            });
        }
        if log.octets() == 0 {
            return Err(Unjudgeable::NothingPasses);
        }
        self.uncut_shape = log.shape();
        Ok(())
    }

    /// A failure that was found before, at places that are among these.
    fn known_at(&self, places: &[Place], cut: &Cut) -> Option<Failure> {
        let all_there =
            |failure: &Failure| failure.places.iter().all(|place| places.contains(place));
        let known = self.known.iter().find(|(failure, _)| all_there(failure));
        let (failure, by) = known.filter(|(_, by)| by.joins() == cut.joins())?;
        Some(Failure {
            same_as: Some(by.clone()),
            ..failure.clone()
        })
    }

    /// Confirms a failure, and shrinks it as far as the runs do.
    fn explain(&mut self, cut: &Cut, run: &Run) -> Result<Outcome, RunError> {
        let places = run.log().places();
        let how = run.ended.in_words();
        if let Some(failure) = self.known_at(&places, cut) {
            return Ok(Outcome::Fail(failure));
        }
        if self.runs + MIN_RUNS > MAX_RUNS {
            return Ok(Outcome::Fail(failure(run, places, Shrunk::OutOfRuns)));
        }
        if let Some(outcome) = self.control(cut, run)? {
            return Ok(outcome);
        }
        let purpose = cut.id();
        let whole = self.run(&purpose, cut.only_at(places.clone()))?;
        if whole.ended.well() {
            let again = self.run(&purpose, cut.clone())?;
            if again.ended.well() {
                return Ok(Outcome::Flaky { how });
            }
            return Ok(Outcome::Fail(failure(
                &again,
                again.log().places(),
                Shrunk::NotRepeatable,
            )));
        }
        self.shrink(cut, &places, whole)
    }

    /// Shrinks a failure that its places alone show, and sees that what is left shows it again.
    fn shrink(&mut self, cut: &Cut, places: &[Place], whole: Run) -> Result<Outcome, RunError> {
        let purpose = cut.id();
        let to_client = places.partition_point(|place| place.direction == Direction::ToClient);
        let mut last = whole;
        let mut broken = None;
        let found = least(places, to_client, |some| {
            if self.runs >= MAX_RUNS || broken.is_some() {
                return None;
            }
            match self.run(&purpose, cut.only_at(some.to_vec())) {
                Ok(run) => {
                    let fails = !run.ended.well();
                    if fails {
                        last = run;
                    }
                    Some(fails)
                }
                Err(error) => {
                    broken = Some(error);
                    None
                }
            }
        });
        if let Some(error) = broken {
            return Err(error);
        }
        if found.exhausted || self.runs >= MAX_RUNS {
            let failure = failure(&last, found.places, Shrunk::OutOfRuns);
            return Ok(Outcome::Fail(failure));
        }
        let again = self.run(&purpose, cut.only_at(found.places.clone()))?;
        if again.ended.well() {
            let how = last.ended.in_words();
            return Ok(Outcome::Flaky { how });
        }
        let failure = failure(&again, found.places, Shrunk::Confirmed);
        self.known.push((failure.clone(), cut.clone()));
        Ok(Outcome::Fail(failure))
    }

    /// The control of a failure: whole octets that come as late as the cuts made them.
    fn control(&mut self, cut: &Cut, run: &Run) -> Result<Option<Outcome>, RunError> {
        let is_late = !cut.joins();
        let control = if is_late {
            let late = Late {
                each: run.log().mean_pause(),
                all: run.log().longest_pause(),
            };
            self.run_plan("control", cut.clone(), Some(late))?
        } else {
            self.run("control", Cut::None)?
        };
        if control.ended.well() {
            return Ok(None);
        }
        let how = control.ended.in_words();
        if is_late && self.run("control", Cut::None)?.ended.well() {
            return Ok(Some(Outcome::Late { how }));
        }
        Ok(Some(Outcome::UncutFails { how }))
    }
}

fn failure(run: &Run, places: Vec<Place>, shrunk: Shrunk) -> Failure {
    Failure {
        how: run.ended.in_words(),
        said: run.last_line(),
        around: places.first().and_then(|place| run.log().around(*place)),
        places,
        shrunk,
        same_as: None,
    }
}
