//! The loop: conversation after conversation until the budget is spent.

use std::ops::ControlFlow;

use super::holding::{HASTY, Holding, suspect};
use super::script::Script;
use super::smaller::shrink;
use crate::judge::case::Role;
use crate::judge::check::Verdict;
use crate::judge::error::RunError;
use crate::judge::fuzzed::{Budget, Confirmed, Findings, Found, Fuzzed, Status, until_spent};
use crate::suite::client::driver::Habits;
use crate::suite::client::opening::{Opening, open};
use crate::suite::fuzz::found::{Numbered, Suspect, check};
use crate::testee::launch::Template;
use crate::trace::Class;

/// Options of a run.
#[derive(Debug, Clone, Copy)]
pub struct Chosen {
    /// The class that the client claims.
    pub class: Class,
    /// All conversations follow from it.
    pub seed: u64,
    /// Limit after which the run ends.
    pub budget: Budget,
    /// True if it ends with the first finding.
    pub fail_fast: bool,
}

/// The habits of a client, or the finding that it does not hold the plainest conversation.
fn learned(template: &Template, numbered: Numbered) -> Result<(Habits, Option<Found>), RunError> {
    match open(template, 0)? {
        Opening::Speaks(habits, _) => Ok((habits, None)),
        Opening::Unseen(_, why) => Err(RunError::NoAnswer(why)),
        Opening::Fails(wrong) => {
            let plain = suspect(Script::plain(), *wrong);
            let found = numbered.found(&plain, Confirmed::default());
            Ok((Habits::default(), Some(found)))
        }
    }
}

/// Fuzzes a client with generated conversations.
///
/// # Errors
/// [`RunError`]: nothing can be said about the client.
pub fn run(
    template: &Template,
    chosen: Chosen,
    follow: &mut dyn FnMut(Status) -> ControlFlow<()>,
) -> Result<Fuzzed, RunError> {
    let numbered = |number| Numbered {
        role: Role::Client,
        seed: chosen.seed,
        number,
    };
    let (habits, plainly_wrong) = learned(template, numbered(0))?;
    let mut findings: Findings<String> = Findings::default();
    findings.found.extend(plainly_wrong);
    let mut holding = Holding {
        template,
        habits: &habits,
        held: 1,
    };
    let plainly_wrong = findings.any_hard();
    let (mut status, interrupted) = until_spent(chosen.budget, follow, &mut |number| {
        if plainly_wrong || chosen.fail_fast && findings.any_hard() {
            return Ok(None);
        }
        let script = Script::drawn(chosen.class, chosen.seed, number);
        let step = holding.judge(script, HASTY).and_then(|suspect| {
            suspect.map_or(Ok(()), |suspect| {
                findings.examine(
                    &mut holding,
                    &suspect,
                    Suspect::signature,
                    shrink,
                    |least, confirmed| numbered(number).found(&least, confirmed),
                )
            })
        });
        if !findings.goes_on(step)? {
            return Ok(None);
        }
        Ok::<_, RunError>(Some((holding.held, findings.found.len())))
    })?;
    status.findings = findings.found.len();
    status.conversations = holding.held;
    let (verdict, message) = match findings.any_hard() {
        true => (Verdict::Skipped, "generated conversations have failed"),
        false => (Verdict::Pass, ""),
    };
    let broke_off = findings.note();
    let interrupted = interrupted || broke_off.is_some();
    let silent = habits.shows.is_none() && !plainly_wrong;
    let silent =
        silent.then_some("the client does not show replies: how it reads them is not seen");
    Ok(Fuzzed {
        check: check(
            Role::Client,
            "conversations",
            chosen.class,
            verdict,
            message,
        ),
        found: findings.found,
        status,
        unstable: findings.unstable,
        notes: Vec::from_iter(silent.map(str::to_owned).into_iter().chain(broke_off)),
        interrupted,
    })
}
