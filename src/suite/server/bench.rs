//! The bench that a case works with: the server, the facts known of it, and the plainest conversations.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::directory::Directory;
use super::exchange::{Talk, Terms, no_connection};
use super::failure::Failure;
use super::ground::Ground;
use super::memory_turn::MemoryTurn;
use super::options::Options;
use super::pace::Pace;
use super::reply_form::ReplyForm;
use crate::framing::Framing;
use crate::suite::derived::adapted;
use crate::suite::plain::frame;
use crate::testee::server::Server;
use crate::testee::wait::Patience;
use crate::trace::{Class, Placed};

/// The plainest conversation there is.
pub(super) const PLAIN: &[u8] = b"hello";

/// Number of timeouts after which no cause of a missing reply is looked for.
const WAITS_EXPLAINED: u32 = 16;

/// Factor of the time limits for a server that may only have been late.
const IN_DOUBT: u32 = 3;

/// Interval at which a server that turns sessions away is tried again.
const TRY_EVERY: Duration = Duration::from_millis(10);

/// The reason why a case did not pass.
pub(crate) type NotPassed = crate::judge::subject::NotPassed<Failure>;

/// The server that a case works with, and what is known of it.
#[derive(Debug)]
pub(crate) struct Bench<'r> {
    pub(crate) testee: &'r mut Server,
    pub(super) options: &'r Options,
    pub(super) form: ReplyForm,
    pub(super) pace: Pace,
    /// Number of waits that have timed out.
    pub(super) waits: u32,
    /// True if the answer that is waited for was missing once, and may only have been late.
    pub(super) doubts: bool,
    /// True if sessions of the server, or of another that the same command has started, were seen to count for a
    /// moment longer than they lasted.
    pub(super) frees_slots_late: Arc<AtomicBool>,
    /// The turn to announce much, shared with the other servers that the same command has started.
    pub(super) memory_turn: Arc<MemoryTurn>,
    /// The place where the server that runs now stores files, from the first time that this is needed on.
    pub(super) ground: Option<Arc<Ground>>,
}

impl<'r> Bench<'r> {
    /// A bench for a server of which nothing is known yet.
    pub(super) fn new(testee: &'r mut Server, options: &'r Options) -> Self {
        Self {
            testee,
            options,
            form: ReplyForm::Echo,
            pace: Pace::PROMPT,
            waits: options.effort.waits(),
            doubts: false,
            frees_slots_late: Arc::default(),
            memory_turn: Arc::default(),
            ground: None,
        }
    }
}

impl Bench<'_> {
    pub(crate) fn max_payload(&self) -> Option<u32> {
        self.options.limit()
    }

    pub(crate) const fn framing(&self) -> &Framing {
        &self.options.framing
    }

    /// The payload that the framing carries in place of this one, which is the same wherever it can be.
    pub(crate) fn word(&self, payload: &[u8]) -> Vec<u8> {
        adapted(self.framing(), payload)
    }

    /// The beginning of a stream: what comes before the first frame, and that.
    pub(crate) fn opening(&self, payload: &[u8]) -> Vec<u8> {
        self.framing().stream([payload]).unwrap_or_default()
    }

    /// A frame in the middle of a stream.
    pub(crate) fn frame(&self, payload: &[u8]) -> Vec<u8> {
        self.framing().encode(payload).unwrap_or_default()
    }

    /// The octets in front of a payload of this many octets; `None` where the framing cannot say that.
    pub(crate) fn head(&self, payload: u64) -> Option<Vec<u8>> {
        self.framing().head(i128::from(payload), 1)
    }

    pub(crate) const fn class(&self) -> Class {
        self.options.class
    }

    pub(crate) fn max_sessions(&self) -> Option<usize> {
        self.options.max_sessions
    }

    pub(crate) fn outside(&self) -> Option<PathBuf> {
        self.testee.outside()
    }

    /// Time limits of a wait for octets that may not come: less, the more waits have timed out.
    pub(crate) fn patience(&self) -> Patience {
        let at_most = |bound: Duration| self.options.timeout.min(bound + self.pace.late * 4);
        let (idle, busy) = match self.waits {
            0..4 => (Duration::from_millis(1000), self.options.timeout),
            4..12 => (Duration::from_millis(400), at_most(Duration::from_secs(2))),
            12..24 => (Duration::from_millis(150), at_most(Duration::from_secs(1))),
            // A server that spins where it has to close does so in case after case.
            _ => (
                Duration::from_millis(150),
                at_most(Duration::from_millis(400)),
            ),
        };
        // A server that waits before it replies looks idle all that time.
        let idle = idle + self.pace.late * 2;
        let times = if self.doubts { IN_DOUBT } else { 1 };
        Patience {
            idle: idle * times,
            busy: busy * times,
        }
    }

    /// Checks that this many replies in one conversation are waited for.
    pub(crate) fn has_time_for(&self, replies: usize) -> Result<(), NotPassed> {
        let left = self.pace.leaves_time_for(replies, self.options.timeout);
        left.map_err(|why| NotPassed::Skipped(why.into()))
    }

    pub(crate) fn terms<'d>(&self, directory: Option<&'d Directory>) -> Terms<'d> {
        Terms {
            framing: self.options.framing.clone(),
            form: self.form.clone(),
            strict: false,
            patience: self.patience(),
            bound: self.options.timeout,
            directory,
            unread_behind: None,
            after_an_error: false,
            // If much goes wrong, the first few failures tell.
            asks_why: self.waits < WAITS_EXPLAINED,
        }
    }

    /// Opens a conversation that goes as the case sees fit.
    pub(crate) fn talk<'t, 'd>(&mut self, terms: &'t Terms<'d>) -> Result<Talk<'t, 'd>, NotPassed> {
        match self.testee.connect() {
            Ok(connection) => Ok(Talk::new(connection, terms)),
            Err(error) => Err(no_connection(self.testee, &error).into()),
        }
    }

    /// Clears the server's directory of what earlier cases left, and places what is wanted there.
    pub(crate) fn prepare(&mut self, before: &[Placed]) -> Result<Directory, NotPassed> {
        let Some(dir) = self.testee.dir() else {
            return Err(NotPassed::skipped(
                "the server's directory cannot be seen: say where it is with --dir",
            ));
        };
        let outside = self.testee.outside();
        if outside.is_none()
            && before
                .iter()
                .any(|placed| matches!(placed, Placed::Link { .. }))
        {
            return Err(NotPassed::skipped(
                "links out of the directory are placed for servers that we start only",
            ));
        }
        let ground = self.ground(&dir);
        let prepared = ground.and_then(|ground| Directory::prepare(ground, before));
        prepared.map_err(|error| {
            // The directory of a server that has ended is gone with it: a fresh server has another.
            if self.has_ended() {
                return no_connection(self.testee, &error).into();
            }
            NotPassed::Error(
                format!(
                    "the server's directory {} could not be prepared: {error}",
                    dir.display()
                )
                .into(),
            )
        })
    }

    /// True of a server that is gone by now, or is about to end.
    fn has_ended(&mut self) -> bool {
        self.testee.settle();
        self.testee.death().is_some()
    }

    /// The places of the server that runs now. They are opened once and held, so that a directory which
    /// the server replaces later is not taken for the one that it was given.
    fn ground(&mut self, dir: &Path) -> io::Result<Arc<Ground>> {
        if let Some(ground) = &self.ground
            && ground.dir().path() == dir
        {
            return Ok(Arc::clone(ground));
        }
        let ground = Arc::new(match self.testee.claim() {
            Some(claim) => Ground::Named(claim),
            None => Ground::made(dir)?,
        });
        Ok(Arc::clone(self.ground.insert(ground)))
    }

    /// A fresh connection is served: one message, one delivery.
    pub(crate) fn is_well(&mut self) -> Result<(), NotPassed> {
        let terms = self.terms(None);
        let mut talk = self.talk(&terms)?;
        let plain = self.word(PLAIN);
        let opening = self.opening(&plain);
        talk.send(self.testee, &opening)?;
        talk.deliver(self.testee, &plain)?;
        talk.finish(self.testee)?;
        Ok(())
    }

    /// Has a session of its own, once one is free (SES-9): those that have ended may count for a moment longer,
    /// and on a loaded machine for as long as their threads wait for a processor.
    pub(crate) fn admitted<T>(
        &mut self,
        mut session: impl FnMut(&mut Self) -> Result<T, NotPassed>,
    ) -> Result<T, NotPassed> {
        let begin = Instant::now();
        let patience = self.patience();
        let bound = match self.testee.shows_its_time() {
            true => patience.idle,
            false => patience.busy,
        };
        let mut turned_away = false;
        loop {
            match session(self) {
                Err(NotPassed::Failed(failure))
                    if failure.what.is_turned_away()
                        && self.max_sessions().is_some()
                        && begin.elapsed() < bound =>
                {
                    turned_away = true;
                    thread::sleep(TRY_EVERY);
                }
                other => {
                    if turned_away && other.is_ok() {
                        self.frees_slots_late.store(true, Ordering::Relaxed);
                    }
                    return other;
                }
            }
        }
    }

    /// A plain transfer works: the twin of what is refused.
    pub(crate) fn transfer_works(&mut self) -> Result<(), NotPassed> {
        let directory = self.prepare(&[])?;
        let terms = self.terms(Some(&directory));
        let mut talk = self.talk(&terms)?;
        talk.send(self.testee, &frame(b"file"))?;
        talk.send(self.testee, &frame(b"a.bin,3"))?;
        talk.send(self.testee, b"abc")?;
        talk.send(self.testee, &frame(b"after"))?;
        talk.deliver(self.testee, b"after")?;
        talk.is_stored(self.testee, "a.bin", b"abc")?;
        Ok(())
    }
}
