//! What a case works with: the server, what is known of it, and the plainest conversations.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::directory::Directory;
use super::exchange::{Talk, Terms, no_connection};
use super::failure::Failure;
use super::ground::Ground;
use super::options::Options;
use super::pace::Pace;
use super::reply_form::ReplyForm;
use crate::suite::plain::frame;
use crate::testee::server::Server;
use crate::testee::wait::Patience;
use crate::trace::{Class, Placed};

/// The plainest conversation there is.
pub(super) const PLAIN: &[u8] = b"hello";

/// After so many waits in vain no more is asked why.
const WAITS_EXPLAINED: u32 = 16;

/// Why a case did not pass.
pub(crate) type NotPassed = crate::judge::subject::NotPassed<Failure>;

/// What a case that needs code works with.
#[derive(Debug)]
pub(crate) struct Bench<'r> {
    pub(crate) testee: &'r mut Server,
    pub(super) options: &'r Options,
    pub(super) form: ReplyForm,
    pub(super) pace: Pace,
    /// How often something was waited for in vain.
    pub(super) waits: u32,
    /// Where the server that runs now stores files, from the first time that this is needed on.
    pub(super) ground: Option<Arc<Ground>>,
}

impl<'r> Bench<'r> {
    /// A bench for a server of which nothing is known yet.
    pub(super) const fn new(testee: &'r mut Server, options: &'r Options) -> Self {
        Self {
            testee,
            options,
            form: ReplyForm::Echo,
            pace: Pace::PROMPT,
            waits: options.effort.waits(),
            ground: None,
        }
    }
}

impl Bench<'_> {
    pub(crate) fn max_payload(&self) -> Option<u32> {
        self.options.max_payload
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

    /// How long to wait for what does not come: less, the more often it was in vain.
    pub(crate) fn patience(&self) -> Patience {
        let (idle, busy) = match self.waits {
            0..4 => (Duration::from_millis(1000), self.options.timeout),
            4..12 => (Duration::from_millis(400), self.options.timeout),
            _ => (
                Duration::from_millis(150),
                self.options.timeout.min(Duration::from_millis(1500)),
            ),
        };
        // One that waits before it replies looks idle all that time.
        let idle = idle + self.pace.late * 2;
        Patience { idle, busy }
    }

    /// Whether so many replies in one conversation are waited for.
    pub(crate) fn has_time_for(&self, replies: usize) -> Result<(), NotPassed> {
        let left = self.pace.leaves_time_for(replies, self.options.timeout);
        left.map_err(NotPassed::Skipped)
    }

    pub(crate) fn terms<'d>(&self, directory: Option<&'d Directory>) -> Terms<'d> {
        Terms {
            form: self.form.clone(),
            strict: false,
            patience: self.patience(),
            bound: self.options.timeout,
            directory,
            unread_behind: None,
            after_an_error: false,
            // Where much goes wrong, the first few tell.
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
                "the testee's directory cannot be seen: say where it is with --dir",
            ));
        };
        let outside = self.testee.outside();
        if outside.is_none()
            && before
                .iter()
                .any(|placed| matches!(placed, Placed::Link { .. }))
        {
            return Err(NotPassed::skipped(
                "links out of the directory are placed for testees that we start only",
            ));
        }
        let ground = self.ground(&dir);
        let prepared = ground.and_then(|ground| Directory::prepare(ground, before));
        prepared.map_err(|error| {
            NotPassed::Error(format!(
                "the server's directory {} could not be prepared: {error}",
                dir.display()
            ))
        })
    }

    /// The places of the server that runs now. They are opened once and held, so that one which
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
        talk.send(self.testee, &frame(PLAIN))?;
        talk.deliver(self.testee, PLAIN)?;
        talk.finish(self.testee)?;
        Ok(())
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
