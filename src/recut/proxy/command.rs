//! A run of the command through the proxy, and its end.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::context::Plan;
use super::cut::Direction;
use super::log::Log;
use super::relay::{Relay, Running};
use super::tape::Tape;
use crate::testee::exit_status::status_in_words;
use crate::testee::launch::StartError;
use crate::testee::task::Task;
use crate::testee::watch::Activity;

/// Time between two looks at a running command.
const LOOK_EVERY: Duration = Duration::from_millis(3);

/// Time between two looks at its threads.
const WATCH_EVERY: Duration = Duration::from_millis(30);

/// Longest rest of a command that hangs, beside what it rests when nothing is cut: every thread of it
/// sleeps, and nothing passes.
const REST: Duration = Duration::from_secs(2);

/// Multiple of its silence without cuts that a command is allowed, beside the limit.
const TIMES_SILENT: u32 = 3;

/// Multiple of the limit for which a command may be silent while nothing is known of it.
const FIRST_RUN: u32 = 12;

/// Multiple of its time without cuts that a command may take, beside the limit of the first run.
const TIMES_LONG: u32 = 10;

/// The end of a run of the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The command ended by itself, with this status: 128 plus the signal if it was killed.
    Status(i32),
    /// The command was ended: nothing had come of it for this time.
    Silent(Duration),
    /// The command was ended: it took this time.
    Endless(Duration),
}

impl Ended {
    /// True if the command succeeded.
    #[must_use]
    pub const fn well(self) -> bool {
        matches!(self, Self::Status(0))
    }

    /// In words, after "COMMAND ends".
    #[must_use]
    pub fn in_words(self) -> String {
        match self {
            Self::Status(status) => format!("ends {}", status_in_words(status)),
            Self::Silent(time) => format!(
                "hangs (it did nothing for {:.1} s, and was ended)",
                time.as_secs_f64()
            ),
            Self::Endless(time) => format!(
                "does not end (it was ended after {:.0} s)",
                time.as_secs_f64()
            ),
        }
    }
}

/// A run of the command.
#[derive(Debug)]
pub struct Run {
    /// The end of the run.
    pub ended: Ended,
    /// The duration of the run.
    pub took: Duration,
    /// The end of what the command wrote.
    pub output: String,
    running: Running,
}

impl Run {
    /// The log of what passed.
    #[must_use]
    pub fn log(&self) -> &Log {
        self.running.log()
    }

    /// The last line that the command wrote, fit for a terminal.
    #[must_use]
    pub fn last_line(&self) -> Option<String> {
        let line = self.output.lines().rfind(|line| !line.trim().is_empty())?;
        let plain: String = line.trim().chars().take(200).collect();
        Some(
            plain
                .escape_debug()
                .to_string()
                .replace("\\\"", "\"")
                .replace("\\'", "'"),
        )
    }
}

/// The reason why a run could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The command could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The caller wants the run to end.
    #[error("interrupted")]
    Interrupted,
}

/// The command, and what is known of it.
#[derive(Debug)]
pub struct Command {
    words: Vec<OsString>,
    guard: Option<PathBuf>,
    directions: Vec<Direction>,
    limit: Duration,
    tape: Option<Arc<Tape>>,
    known: Option<Known>,
}

/// The longest times of runs without cuts.
#[derive(Debug, Clone, Copy)]
struct Known {
    took: Duration,
    /// The longest time in which nothing passed and nothing was written.
    silent: Duration,
    /// The longest time in which its threads did nothing either.
    rested: Duration,
}

impl Command {
    /// A command whose `{host}` and `{port}` are filled in. It may be silent for `limit` longer than when
    /// nothing is cut. `guard` is the program whose `guard` command watches over it, if not this one.
    #[must_use]
    pub fn new(
        words: &[OsString],
        relay: &Relay,
        directions: &[Direction],
        limit: Duration,
        guard: Option<PathBuf>,
    ) -> Self {
        let address = relay.address();
        let filled = |word: &OsString| match word.to_str() {
            Some(word) => word
                .replace("{port}", &address.port().to_string())
                .replace("{host}", &address.ip().to_string())
                .into(),
            None => word.clone(),
        };
        Self {
            words: words.iter().map(filled).collect(),
            guard,
            directions: directions.to_vec(),
            limit,
            tape: None,
            known: None,
        }
    }

    /// Writes down the next run.
    #[must_use]
    pub fn recorded(mut self, tape: Option<Arc<Tape>>) -> Self {
        self.tape = tape;
        self
    }

    /// Runs the command once. `goes_on` is asked all the time whether to go on. The times of a run that
    /// succeeds without cuts bound the later runs.
    ///
    /// # Errors
    /// [`RunError`]
    pub fn run(
        &mut self,
        relay: &Relay,
        plan: Plan,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<Run, RunError> {
        let is_uncut = plan.cut == super::cut::Cut::None;
        let running = relay.begin(plan, &self.directions, self.tape.take());
        let mut task = Task::start(self.words.clone(), self.guard.clone())?;
        let mut silence = Silence::begin();
        let ended = loop {
            if let Some(status) = task.ended()? {
                break Ended::Status(status);
            }
            if !goes_on() {
                return Err(RunError::Interrupted);
            }
            silence.look(running.log(), &mut task);
            if let Some(ended) = self.is_over(&silence) {
                break ended;
            }
            thread::sleep(LOOK_EVERY);
        };
        let took = silence.begun.elapsed();
        let output = task.output();
        // The command's sockets are closed when all of its processes are gone.
        drop(task);
        running.end();
        silence.note();
        if is_uncut && ended.well() {
            let most = |before: Duration, now: Duration| before.max(now);
            let known = self.known.unwrap_or(Known {
                took,
                silent: silence.longest,
                rested: silence.longest_rest,
            });
            self.known = Some(Known {
                took: most(known.took, took),
                silent: most(known.silent, silence.longest),
                rested: most(known.rested, silence.longest_rest),
            });
        }
        Ok(Run {
            ended,
            took,
            output,
            running,
        })
    }

    /// The end of a run, if nothing more is to be expected of it.
    fn is_over(&self, silence: &Silence) -> Option<Ended> {
        let (silent, rested) = (silence.silent(), silence.rested());
        let first = self.limit * FIRST_RUN;
        match self.known {
            None => (silent > first).then_some(Ended::Silent(silent)),
            Some(known) => {
                let hangs = rested > REST.min(self.limit) + known.rested * TIMES_SILENT
                    || silent > self.limit + known.silent * TIMES_SILENT;
                let took = silence.begun.elapsed().saturating_sub(silence.held);
                if hangs {
                    Some(Ended::Silent(silent))
                } else if took > first + known.took * TIMES_LONG {
                    Some(Ended::Endless(took))
                } else {
                    None
                }
            }
        }
    }
}

/// The time for which nothing has come of a command. The time in which the proxy holds octets back is not
/// the command's.
struct Silence {
    begun: Instant,
    looked: Instant,
    held: Duration,
    moves: u64,
    written: u64,
    since: Instant,
    longest: Duration,
    watched: Instant,
    activity: Option<Activity>,
    rests_since: Option<Instant>,
    longest_rest: Duration,
}

impl Silence {
    fn begin() -> Self {
        let now = Instant::now();
        Self {
            begun: now,
            looked: now,
            held: Duration::ZERO,
            moves: 0,
            written: 0,
            since: now,
            longest: Duration::ZERO,
            watched: now,
            activity: None,
            rests_since: None,
            longest_rest: Duration::ZERO,
        }
    }

    fn look(&mut self, log: &Log, task: &mut Task) {
        let (moves, written) = (log.moves(), task.written());
        let since_last = self.looked.elapsed();
        self.looked += since_last;
        let is_held = log.is_holding();
        if is_held {
            self.held += since_last;
        }
        if is_held || (moves, written) != (self.moves, self.written) {
            self.note();
            (self.moves, self.written) = (moves, written);
            self.since = Instant::now();
            self.rests_since = None;
            return;
        }
        if self.watched.elapsed() < WATCH_EVERY {
            return;
        }
        self.watched = Instant::now();
        let activity = task.activity();
        let rests = match (activity, self.activity) {
            (Some(now), Some(before)) => now.rests_since(before),
            _ => false,
        };
        if rests {
            self.rests_since.get_or_insert(self.watched);
        } else {
            self.note();
            self.rests_since = None;
        }
        self.activity = activity;
    }

    /// Keeps the longest silence and the longest rest.
    fn note(&mut self) {
        self.longest = self.longest.max(self.silent());
        self.longest_rest = self.longest_rest.max(self.rested());
    }

    fn silent(&self) -> Duration {
        self.since.elapsed()
    }

    fn rested(&self) -> Duration {
        self.rests_since
            .map_or(Duration::ZERO, |since| since.elapsed())
    }
}
