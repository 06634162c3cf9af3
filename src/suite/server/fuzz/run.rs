//! The loop: conversation after conversation until the budget is spent, and what came of it.

use std::ops::ControlFlow;

use super::holding::{HASTY, Holding, suspect};
use crate::judge::case::Role;
use crate::judge::check::Verdict;
use crate::judge::error::RunError;
use crate::judge::fuzzed::{Budget, Findings, Found, Fuzzed, Status, until_spent};
use crate::judge::id::RequirementId;
use crate::model::plan::Op as Frames;
use crate::model::session_plan::Op as Session;
use crate::suite::fuzz::conversation::Conversation;
use crate::suite::fuzz::draft::{Draft, Protocol, piece};
use crate::suite::fuzz::found::{Numbered, Suspect, check};
use crate::suite::fuzz::generate::draft;
use crate::suite::fuzz::smaller::shrink;
use crate::suite::server::bench::{Bench, NotPassed};
use crate::suite::server::failure::What;
use crate::suite::server::opening::{Opening, open};
use crate::suite::server::options::Options;
use crate::suite::server::reply_form::ReplyForm;
use crate::testee::server::Server;
use crate::trace::Class;

/// The options of a fuzzing run, beside those of any run against a server.
#[derive(Debug, Clone, Copy)]
pub struct Chosen {
    /// Seed that all conversations follow from.
    pub seed: u64,
    /// Length of the run, in time or conversations.
    pub budget: Budget,
}

/// Fuzzes a server with generated conversations.
///
/// # Errors
/// [`RunError`]: nothing can be said about the server.
pub fn run(
    server: &mut Server,
    options: &Options,
    chosen: Chosen,
    follow: &mut dyn FnMut(Status) -> ControlFlow<()>,
) -> Result<Fuzzed, RunError> {
    let mut bench = Bench::new(server, options);
    let opening = open(&mut bench)?;
    let mut run = Run {
        holding: Holding {
            protocol: Protocol {
                class: options.class,
                max_payload: options.max_payload,
                framing: options.framing.clone(),
            },
            bench,
            held: 1,
            doubtful: 0,
        },
        seed: chosen.seed,
        findings: Findings::default(),
        history: Vec::new(),
    };
    match opening {
        Opening::Speaks { form, .. } => {
            run.holding.bench.form = form;
            run.opens()?;
        }
        Opening::Dialect { found, .. } => run.dialect(&found),
    }
    let goes_on = |run: &Run<'_>| {
        let stops = options.fail_fast && run.findings.any_hard();
        !stops && !run.has_found(DIALECT)
    };
    let (mut status, interrupted) = until_spent(chosen.budget, follow, &mut |number| {
        if !goes_on(&run) {
            return Ok(None);
        }
        let step = run.conversation(number);
        if !run.findings.goes_on(step)? {
            return Ok(None);
        }
        Ok::<_, RunError>(Some((run.holding.held, run.findings.found.len())))
    })?;
    status.findings = run.findings.found.len();
    status.conversations = run.holding.held;
    Ok(run.outcome(status, interrupted))
}

/// Number of conversations after which it is checked that the server serves a plain one.
const WELL_EVERY: u64 = 16;

/// Number of conversations after which a server is restarted, so that those that wear it out can be held again.
const MOST_BEFORE_FRESH: usize = 512;

/// Most times that a conversation which may wear a server out is held.
const MOST_REPEATS: usize = 80;

/// Number of the last conversations that are tried for that.
const MOST_TRIED: usize = 32;

/// The kind of a finding of a server that conversations use up.
const WORN_OUT: &str = "worn-out";

/// True if the failure may be that the server does not serve at all.
const fn is_silent(what: &What) -> bool {
    what.is_turned_away() || matches!(what, What::Missing | What::NotClosed | What::Unwell)
}

/// The kind of a finding after which nothing else can be found.
const DIALECT: &str = "dialect";

struct Run<'r> {
    holding: Holding<'r>,
    seed: u64,
    findings: Findings<String>,
    /// Conversations held since the server was started.
    history: Vec<Draft>,
}

impl Run<'_> {
    /// The plainest conversation, with the form of the reply in it (SES-5).
    fn opens(&mut self) -> Result<(), RunError> {
        let op = match self.holding.protocol.class < Class::Session {
            true => piece(Frames::Literal(b"hello")),
            false => piece(Session::Message(b"hello")),
        };
        let draft = Draft::plain(op);
        let Some(mut conversation) = Conversation::of(&draft, &self.holding.protocol) else {
            return Ok(());
        };
        if self.holding.protocol.class >= Class::Session {
            conversation.trace.requirements = vec!["SES-5".to_owned()];
        }
        if let Some(failure) = self.holding.judge(&conversation, HASTY)? {
            let suspect = suspect(draft, conversation, failure);
            self.confirmed_or_counted(0, &suspect, false)?;
        }
        Ok(())
    }

    /// The server answers to no frame of this protocol, but to one of another.
    fn dialect(&mut self, what: &str) {
        let (class, hello) = match self.holding.protocol.framing.is_reference() {
            true => (Class::Session, piece(Session::Message(b"hello"))),
            false => (Class::Framing, piece(Frames::Literal(b"hello"))),
        };
        let draft = Draft::plain(hello);
        let protocol = Protocol {
            class,
            ..self.holding.protocol.clone()
        };
        if let Some(conversation) = Conversation::of(&draft, &protocol) {
            let found = self.numbered(0).of(&conversation, DIALECT, what);
            self.findings.found.push(found);
        }
    }

    const fn numbered(&self, number: u64) -> Numbered {
        Numbered {
            role: Role::Server,
            seed: self.seed,
            number,
        }
    }

    fn has_found(&self, kind: &str) -> bool {
        self.findings.found.iter().any(|found| found.kind == kind)
    }

    fn conversation(&mut self, number: u64) -> Result<(), RunError> {
        let draft = draft(&self.holding.protocol, self.seed, number);
        let Some(conversation) = Conversation::of(&draft, &self.holding.protocol) else {
            return Ok(());
        };
        self.history.push(draft.clone());
        let (starts, doubtful) = (self.holding.bench.testee.starts(), self.holding.doubtful);
        match self.holding.judge(&conversation, HASTY)? {
            None if self.holding.doubtful > doubtful => self.wears_out(number),
            None if number % WELL_EVERY == WELL_EVERY - 1 => self.is_well(number),
            None => Ok(()),
            Some(failure) => {
                // Other connections meanwhile wear nothing out that they would not wear out alone.
                let silent = is_silent(&failure.what) && draft.beside.is_none();
                let suspect = suspect(draft, conversation, failure);
                let unstable = self.findings.unstable;
                self.confirmed_or_counted(number, &suspect, true)?;
                if silent && self.findings.unstable > unstable {
                    // The cause may be what came before.
                    return self.wears_out(number);
                }
                if self.holding.bench.testee.starts() > starts {
                    self.history.clear();
                }
                Ok(())
            }
        }
    }

    fn confirmed_or_counted(
        &mut self,
        number: u64,
        suspect: &Suspect,
        shrinks: bool,
    ) -> Result<(), RunError> {
        let numbered = self.numbered(number);
        let protocol = self.holding.protocol.clone();
        self.findings.examine(
            &mut self.holding,
            suspect,
            Suspect::signature,
            |holding, found| match shrinks {
                true => shrink(holding, found, &protocol),
                false => Ok(found),
            },
            |least, confirmed| numbered.found(&least, confirmed),
        )
    }

    /// Sees that the server serves a plain conversation still, from time to time with a fresh one.
    fn is_well(&mut self, number: u64) -> Result<(), RunError> {
        self.holding.bench.waits = HASTY;
        if let Err(NotPassed::Failed(_)) = self.holding.bench.is_well() {
            return self.wears_out(number);
        }
        if self.history.len() >= MOST_BEFORE_FRESH {
            self.fresh()?;
        }
        Ok(())
    }

    fn fresh(&mut self) -> Result<(), RunError> {
        self.history.clear();
        Ok(self.holding.bench.testee.restart()?)
    }

    /// Finds out whether the conversations held since the server was started wear it out, so that it does not
    /// serve a plain one any more; and which of them does so, when it comes again and again.
    fn wears_out(&mut self, number: u64) -> Result<(), RunError> {
        let history = std::mem::take(&mut self.history);
        if self.has_found(WORN_OUT) {
            return self.fresh();
        }
        let count = history.len().clamp(8, MOST_REPEATS);
        let hostile = |draft: &&Draft| {
            let conversation = Conversation::of(draft, &self.holding.protocol);
            conversation.is_some_and(|conversation| conversation.trace.is_hostile())
        };
        // Servers forget to tidy up after conversations that end badly.
        let (bad, good): (Vec<&Draft>, Vec<&Draft>) = history.iter().rev().partition(hostile);
        let mut drafts: Vec<Draft> = Vec::new();
        for draft in bad.into_iter().chain(good).take(MOST_TRIED) {
            if !drafts.contains(draft) {
                drafts.push(draft.clone());
            }
        }
        for draft in drafts {
            let wears = |run: &mut Self| -> Result<bool, RunError> {
                run.fresh()?;
                if run.holding.bench.is_well().is_err() {
                    return Ok(false);
                }
                run.holding.again_and_again(&draft, count)
            };
            if !wears(self)? || !wears(self)? {
                continue;
            }
            let plain = Conversation::of(&draft, &self.holding.protocol);
            let found = plain.map(|plain| worn_out(self.numbered(number), &plain, count));
            self.findings.found.extend(found);
            return self.fresh();
        }
        self.findings.unstable += 1;
        self.fresh()
    }

    fn outcome(self, status: Status, interrupted: bool) -> Fuzzed {
        let hard = self.findings.any_hard();
        let (verdict, message) = if hard {
            (Verdict::Skipped, "generated conversations have failed")
        } else {
            (Verdict::Pass, "")
        };
        let broke_off = self.findings.note();
        let interrupted = interrupted || broke_off.is_some();
        let mut notes = Vec::from_iter(broke_off);
        if matches!(self.holding.bench.form, ReplyForm::Learned { .. }) {
            notes.push(
                "the replies have a form of their own, by which all else was judged".to_owned(),
            );
        }
        Fuzzed {
            check: check(
                Role::Server,
                "conversations",
                self.holding.protocol.class,
                verdict,
                message,
            ),
            found: self.findings.found,
            status,
            unstable: self.findings.unstable,
            notes,
            interrupted,
        }
    }
}

/// The finding of a server that a conversation uses up.
fn worn_out(numbered: Numbered, conversation: &Conversation, times: usize) -> Found {
    let message = format!(
        "after this conversation, held {times} times, the server does not serve a plain one any more"
    );
    let mut found = numbered.of(conversation, WORN_OUT, &message);
    let broken = RequirementId::new("SES-9");
    found.check.broken = Some(broken.clone());
    found.check.requirements = vec![broken];
    found.check.details.insert("times".to_owned(), times.into());
    found
}
