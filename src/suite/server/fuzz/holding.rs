//! Holding generated conversations: hastily to look for failures, patiently and on fresh servers to
//! confirm one.

use crate::judge::error::RunError;
use crate::judge::shrinking::Fuzzable;
use crate::judge::subject::Subject as _;
use crate::suite::fuzz::conversation::Conversation;
use crate::suite::fuzz::draft::{Draft, Protocol};
use crate::suite::fuzz::found::Suspect;
use crate::suite::server::bench::{Bench, NotPassed};
use crate::suite::server::failure::{Failure, What};
use crate::suite::server::judge::judge_conversation;
use crate::trace::segmentation::cut;

/// A wait for what does not come is short at first; only what is confirmed was waited for.
pub(super) const HASTY: u32 = 16;

/// The waits of the confirming runs.
const PATIENT: [u32; 2] = [4, 0];

/// A server, and how often it was talked to.
pub(super) struct Holding<'r> {
    pub(super) protocol: Protocol,
    pub(super) bench: Bench<'r>,
    /// Number of conversations held.
    pub(super) held: usize,
    /// Conversations whose repaired twin failed too, so that they prove nothing.
    pub(super) doubtful: usize,
}

impl Holding<'_> {
    /// Holds a conversation once; its failure, if it fails.
    pub(super) fn judge(
        &mut self,
        conversation: &Conversation,
        waits: u32,
    ) -> Result<Option<Box<Failure>>, RunError> {
        self.bench.waits = waits;
        self.held += 1;
        match self.judge_once(conversation) {
            Ok(()) | Err(NotPassed::Acceptable(_) | NotPassed::Skipped(_)) => Ok(None),
            Err(NotPassed::Failed(failure)) => {
                self.bench.recover(&failure, HASTY)?;
                Ok(Some(failure))
            }
            // Other conversations show as well what the repaired one shows.
            Err(NotPassed::Error(_)) => {
                self.doubtful += 1;
                self.bench.testee.restart()?;
                Ok(None)
            }
            Err(NotPassed::NotStarted(error)) => Err(error.into()),
        }
    }

    fn judge_once(&mut self, conversation: &Conversation) -> Result<(), NotPassed> {
        let (trace, segmentation) = (&conversation.trace, conversation.segmentation);
        let moves = cut(trace, segmentation);
        judge_conversation(&mut self.bench, trace, segmentation, &moves)
    }

    /// True if a conversation, held `count` times, leaves the server unable to serve a plain one.
    pub(super) fn again_and_again(
        &mut self,
        draft: &Draft,
        count: usize,
    ) -> Result<bool, RunError> {
        let Some(mut conversation) = Conversation::of(draft, &self.protocol) else {
            return Ok(false);
        };
        // Its repaired twin is not the point, nor are other connections.
        conversation.trace.repaired = None;
        conversation.trace.beside = None;
        for _ in 0..count {
            self.held += 1;
            self.bench.waits = HASTY;
            match self.judge_once(&conversation) {
                Err(NotPassed::NotStarted(error)) => return Err(error.into()),
                Err(NotPassed::Failed(_)) => break,
                _ => {}
            }
        }
        self.bench.waits = PATIENT[0];
        let worn = matches!(self.bench.is_well(), Err(NotPassed::Failed(_)));
        // A server that ended is another finding.
        Ok(worn && self.bench.testee.death().is_none())
    }
}

/// The suspect that a failure makes of a draft.
pub(super) fn suspect(draft: Draft, conversation: Conversation, failure: Box<Failure>) -> Suspect {
    Suspect {
        draft,
        conversation,
        kind: kind(&failure.what),
        at_once: kind(&failure.what),
        akin: false,
        message: failure.message,
        evidence: failure.evidence,
    }
}

/// Name of the kind of a failure.
const fn kind(what: &What) -> &'static str {
    match what {
        What::NoConnection => "no-connection",
        What::NotTaken => "not-taken",
        What::Unsolicited => "unsolicited",
        What::Missing => "missing",
        What::ClosedInstead => "closed-instead",
        What::Different(_) => "different",
        What::Interleaved => "interleaved",
        What::Extra => "extra",
        What::NotClosed => "not-closed",
        What::Directory(_) => "directory",
        What::Died => "died",
        What::TooMuchMemory | What::TookMemory => "memory",
        What::Unwell => "unwell",
        What::Other => "other",
    }
}

impl Fuzzable for Holding<'_> {
    type Suspect = Suspect;
    type Input = Draft;
    type Error = RunError;

    fn held(&self) -> usize {
        self.held
    }

    /// Judges twice, on fresh servers and with longer waits. The longest decides the kind: a reply that was
    /// missing may be a close, or a wrong answer, later.
    fn confirm(&mut self, seen: &Suspect) -> Result<Option<Suspect>, RunError> {
        let mut confirmed: Option<Box<Failure>> = None;
        for waits in PATIENT {
            self.bench.testee.restart()?;
            let Some(failure) = self.judge(&seen.conversation, waits)? else {
                return Ok(None);
            };
            let agrees = confirmed.is_none_or(|before| {
                before.what.took_time() || kind(&before.what) == kind(&failure.what)
            });
            if !agrees {
                return Ok(None);
            }
            confirmed = Some(failure);
        }
        Ok(confirmed.map(|failure| Suspect {
            at_once: seen.at_once,
            ..suspect(seen.draft.clone(), seen.conversation.clone(), failure)
        }))
    }

    fn still_shows(&mut self, draft: &Draft, like: &Suspect) -> Result<Option<Suspect>, RunError> {
        let Some(conversation) = Conversation::of(draft, &self.protocol) else {
            return Ok(None);
        };
        let failure = self.judge(&conversation, HASTY)?;
        Ok(failure
            .filter(|failure| like.is_like(kind(&failure.what)))
            .map(|failure| Suspect {
                kind: like.kind,
                akin: like.akin,
                ..suspect(draft.clone(), conversation, failure)
            }))
    }
}
