//! Generated streams through a codec. What they are made of, and what must come of them, stands in
//! `suite::fuzz`.

use std::convert::Infallible;
use std::ops::ControlFlow;

use super::conversation::{Failure, What};
use super::judge::{Judge, NotHeld};
use crate::judge::case::Role;
use crate::judge::check::Verdict;
use crate::judge::fuzzed::{Budget, Findings, Fuzzed, Status, until_spent};
use crate::judge::shrinking::Fuzzable;
use crate::suite::fuzz::conversation::Conversation;
use crate::suite::fuzz::draft::{Draft, Protocol};
use crate::suite::fuzz::found::{Numbered, Suspect, check};
use crate::suite::fuzz::generate::draft;
use crate::suite::fuzz::smaller::shrink;
use crate::trace::Class;

/// Options of a run.
#[derive(Debug, Clone, Copy)]
pub struct Chosen {
    /// All streams follow from it.
    pub seed: u64,
    /// Limit after which the run ends.
    pub budget: Budget,
    /// True if it ends with the first finding.
    pub fail_fast: bool,
}

/// Fuzzes a codec with generated streams.
pub(super) fn run(
    judge: &mut Judge<'_>,
    chosen: Chosen,
    follow: &mut dyn FnMut(Status) -> ControlFlow<()>,
) -> Fuzzed {
    let protocol = Protocol {
        class: Class::Framing,
        max_payload: judge.max_payload,
        framing: judge.framing.clone(),
    };
    let mut holding = Holding {
        protocol: protocol.clone(),
        judge,
        held: 0,
    };
    let mut findings: Findings<String> = Findings::default();
    let spent: Result<_, Infallible> = until_spent(chosen.budget, follow, &mut |number| {
        if chosen.fail_fast && findings.any_hard() {
            return Ok(None);
        }
        let draft = draft(&protocol, chosen.seed, number);
        if let Some(suspect) = holding.judge(draft) {
            let numbered = Numbered {
                role: Role::Codec,
                seed: chosen.seed,
                number,
            };
            findings.examine(
                &mut holding,
                &suspect,
                Suspect::signature,
                |holding, found| shrink(holding, found, &protocol),
                |least, confirmed| numbered.found(&least, confirmed),
            )?;
        }
        Ok(Some((holding.held, findings.found.len())))
    });
    let Ok((mut status, interrupted)) = spent;
    status.findings = findings.found.len();
    status.conversations = holding.held;
    let (verdict, message) = match findings.any_hard() {
        true => (Verdict::Skipped, "generated streams have failed"),
        false => (Verdict::Pass, ""),
    };
    Fuzzed {
        check: check(Role::Codec, "conversations", Class::Codec, verdict, message),
        found: findings.found,
        status,
        unstable: findings.unstable,
        notes: Vec::new(),
        interrupted,
    }
}

/// A codec, and the number of streams that it has had.
struct Holding<'j, 'c> {
    protocol: Protocol,
    judge: &'j mut Judge<'c>,
    held: usize,
}

impl Holding<'_, '_> {
    /// Has the stream of a draft decoded; the suspect, if that fails.
    fn judge(&mut self, draft: Draft) -> Option<Suspect> {
        let mut conversation = Conversation::of(&draft, &self.protocol)?;
        conversation.trace.class = Some(Class::Codec);
        self.held += 1;
        let held = self
            .judge
            .hold(&conversation.trace, conversation.segmentation);
        match held {
            Err(NotHeld::Failed(failure)) => {
                let Failure {
                    what,
                    message,
                    evidence,
                    ..
                } = *failure;
                Some(Suspect {
                    draft,
                    conversation,
                    kind: kind(what),
                    at_once: kind(what),
                    akin: false,
                    message,
                    evidence,
                })
            }
            // Other streams show the same as the repaired one.
            Ok(()) | Err(NotHeld::ProvesNothing(_)) => None,
        }
    }
}

const fn kind(what: What) -> &'static str {
    match what {
        What::Died => "died",
        What::Different => "different",
        What::Missing => "missing",
        What::Extra => "extra",
        What::Late => "late",
        What::Waits => "waits",
        What::NotRefused => "not-refused",
        What::Refused => "refused",
        What::Encoded => "encoded",
    }
}

impl Fuzzable for Holding<'_, '_> {
    type Suspect = Suspect;
    type Input = Draft;
    type Error = Infallible;

    fn held(&self) -> usize {
        self.held
    }

    fn confirm(&mut self, seen: &Suspect) -> Result<Option<Suspect>, Infallible> {
        for _ in 0..2 {
            if self.still_shows(&seen.draft, seen)?.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(seen.clone()))
    }

    fn still_shows(
        &mut self,
        draft: &Draft,
        like: &Suspect,
    ) -> Result<Option<Suspect>, Infallible> {
        let suspect = self.judge(draft.clone());
        Ok(suspect.filter(|suspect| suspect.kind == like.kind))
    }
}
