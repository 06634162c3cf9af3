//! Running the cases against a client, and judging it.

use std::ops::ControlFlow;
use std::time::Duration;

use super::case::Case;
use super::driver::{Habits, Judged, NotPassed, Stage, Wrong, reply};
use super::signatures;
use crate::judge::case::{CaseInfo, Described as _, Role};
use crate::judge::check::{Check, Verdict};
use crate::judge::error::RunError;
use crate::judge::id::RequirementId;
use crate::judge::progress::Progress;
use crate::suite::server::options::Effort;
use crate::testee::launch::{StartError, Template};
use crate::testee::wait::Patience;
use crate::trace::Class;
use crate::trace::segmentation::Segmentation;

/// The case that opens every run.
pub const PLAIN: &str = "plain/client";

/// The text of the plainest conversation.
const HELLO: &str = "hello";

/// After so many failures that took time, a case that has failed is not run under further
/// segmentations.
const SOFT_BUDGET: u32 = 12;

/// After so many of cases that differ in one place only, the rest of those is left out.
const HARD_BUDGET: u32 = 25;

/// After so many in all, the rest is left out.
const WHOLE_BUDGET: u32 = 40;

/// Runs cases against a client, in order. `progress` is told of each check, and can end the run.
///
/// # Errors
/// [`RunError`]: nothing can be said about the client.
pub fn run(
    template: &Template,
    cases: &[Case],
    effort: Effort,
    progress: &mut dyn Progress,
) -> Result<Vec<Check>, RunError> {
    let total = 1 + cases.iter().map(Case::checks).sum::<usize>();
    let mut runner = Runner {
        template,
        habits: Habits::default(),
        checks: Vec::new(),
        total,
        progress,
        waits: effort.waits(),
        costly: Vec::new(),
    };
    let speaks = runner.plain()?;
    for case in cases {
        for (segmentation, act) in &case.checks {
            if !speaks {
                let why = format!("not run: the client does not speak this protocol, see {PLAIN}");
                runner.note(blank(&case.info, *segmentation, Verdict::Skipped, why))?;
            } else {
                runner.check(case, *segmentation, act)?;
            }
        }
    }
    let mut checks = runner.checks;
    signatures::name_what_tells_itself(&mut checks);
    Ok(checks)
}

struct Runner<'r, 'w> {
    template: &'r Template,
    habits: Habits,
    checks: Vec<Check>,
    total: usize,
    progress: &'w mut dyn Progress,
    /// How often something was waited for in vain.
    waits: u32,
    /// The kinds of the cases whose failures took time.
    costly: Vec<String>,
}

impl Runner<'_, '_> {
    fn patience(&self) -> Patience {
        let (idle, busy) = match self.waits {
            0..4 => (1_000, 5_000),
            4..12 => (400, 3_000),
            _ => (150, 1_000),
        };
        Patience {
            idle: Duration::from_millis(idle),
            busy: Duration::from_millis(busy).min(self.template.timeout),
        }
    }

    fn note(&mut self, check: Check) -> Result<(), RunError> {
        let done = self.checks.len() + 1;
        let flow = self.progress.finished(done, self.total, &check);
        self.checks.push(check);
        match flow {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(RunError::Interrupted),
        }
    }

    /// The plainest conversation, from which the client's habits are learned; false if it speaks
    /// another dialect.
    fn plain(&mut self) -> Result<bool, RunError> {
        let case = CaseInfo::new(
            Role::Client,
            PLAIN,
            "The plainest conversation: one message and its reply",
            &["MSG-1", "FRM-1"],
            Class::Session,
        );
        let none = Habits::default();
        let mut stage = Stage::set(self.template, &none, self.patience())?;
        // One that connects only when it has something to say does so later.
        let _ = stage.connected();
        let (greeting, _) = stage.said();
        stage.types(HELLO);
        match stage.sends(HELLO.as_bytes()) {
            Ok(()) => {}
            Err(NotPassed::Failed(wrong)) if wrong.nothing_sent => {
                return Err(RunError::NoAnswer(no_message(&wrong)));
            }
            Err(NotPassed::Failed(wrong)) => {
                self.note(judged(&case, None, Verdict::Fail, wrong))?;
                return Ok(false);
            }
            Err(NotPassed::Acceptable(why) | NotPassed::Skipped(why)) => {
                self.note(blank(&case, None, Verdict::Skipped, why.to_owned()))?;
                return Ok(false);
            }
        }
        stage.answers(HELLO);
        let at_once = stage.shows(HELLO).is_ok();
        // Then it shows what it held back, and says what it says whenever it ends.
        stage.leaves();
        let (shown, _) = stage.said();
        self.habits = learned(&greeting, &shown);
        self.habits.late = self.habits.shows.is_some() && !at_once;
        self.note(blank(&case, None, Verdict::Pass, String::new()))?;
        Ok(true)
    }

    fn attempt(&self, act: &dyn Fn(&mut Stage<'_>) -> Judged) -> Result<Judged, StartError> {
        let mut stage = Stage::set(self.template, &self.habits, self.patience())?;
        Ok(act(&mut stage).and_then(|()| stage.has_shown()))
    }

    fn check(
        &mut self,
        case: &Case,
        segmentation: Option<Segmentation>,
        act: &dyn Fn(&mut Stage<'_>) -> Judged,
    ) -> Result<(), RunError> {
        if let Some(why) = self.left_out(case) {
            return self.note(Check::left_out(&case.info, segmentation, why));
        }
        let check = match self.attempt(act)? {
            Ok(()) => blank(&case.info, segmentation, Verdict::Pass, String::new()),
            Err(NotPassed::Acceptable(why)) => blank(
                &case.info,
                segmentation,
                Verdict::Acceptable,
                why.to_owned(),
            ),
            Err(NotPassed::Skipped(why)) => {
                blank(&case.info, segmentation, Verdict::Skipped, why.to_owned())
            }
            Err(NotPassed::Failed(first)) => {
                if first.took_time {
                    self.waits += 1;
                }
                match self.attempt(act)? {
                    Err(NotPassed::Failed(second)) => {
                        if second.took_time {
                            self.waits += 1;
                            if !case.info.expected_to_fail {
                                self.costly.push(kind(&case.info.id));
                            }
                        }
                        judged(&case.info, segmentation, Verdict::Fail, second)
                    }
                    _ if first.proves_itself => {
                        let mut check = judged(&case.info, segmentation, Verdict::Fail, first);
                        check.message += ", in one run of two";
                        check
                    }
                    _ => {
                        let mut check = judged(&case.info, segmentation, Verdict::Flaky, first);
                        check.message = format!("failed 1 of 2 times: {}", check.message);
                        check
                    }
                }
            }
        };
        self.note(check)
    }

    /// Why a check is not made, where much has failed already.
    fn left_out(&self, case: &Case) -> Option<String> {
        let failed_before = self
            .checks
            .iter()
            .any(|check| check.id == case.info.id && check.verdict == Verdict::Fail);
        let kind = kind(&case.info.id);
        let costly = self.costly.iter().filter(|other| **other == kind).count() as u32;
        if costly >= HARD_BUDGET {
            return Some(format!(
                "not run: {costly} checks like this have failed and taken their time; mend those first"
            ));
        }
        if self.costly.len() as u32 >= WHOLE_BUDGET {
            return Some(
                "not run: many checks have failed and taken their time; mend those first"
                    .to_owned(),
            );
        }
        (self.costly.len() as u32 >= SOFT_BUDGET && failed_before).then(|| {
            "not run: the case has failed under another segmentation, and many checks take their time to fail"
                .to_owned()
        })
    }
}

/// Cases that differ in a number only are of one kind.
fn kind(id: &str) -> String {
    id.trim_end_matches(|character: char| character.is_ascii_digit())
        .to_owned()
}

/// What is learned of a client from what it shows before anything is typed, and in the end.
fn learned(greeting: &[u8], shown: &[u8]) -> Habits {
    let begun = greeting.rsplit(|octet| *octet == b'\n').next();
    let prompt = String::from_utf8_lossy(begun.unwrap_or_default()).into_owned();
    let mut habits = Habits {
        prompt,
        ..Habits::default()
    };
    let shown = String::from_utf8_lossy(shown);
    let reply = reply(HELLO);
    for line in shown.lines() {
        let line = habits.without_prompts(line);
        match line.split_once(reply.as_str()) {
            Some((before, behind)) => {
                habits.shows = Some((before.to_owned(), behind.to_owned()));
                habits.lines.push(before.to_owned());
            }
            None => habits.lines.push(line.to_owned()),
        }
    }
    habits
}

fn blank(
    case: &CaseInfo,
    segmentation: Option<Segmentation>,
    verdict: Verdict,
    message: String,
) -> Check {
    Check::new(case, segmentation, verdict, message)
}

fn judged(
    case: &CaseInfo,
    segmentation: Option<Segmentation>,
    verdict: Verdict,
    wrong: Box<Wrong>,
) -> Check {
    let mut check = Check::new(case, segmentation, verdict, wrong.message);
    if let Some(requirement) = wrong.diagnosis.requirement {
        check.broken = Some(RequirementId::new(requirement));
    }
    check.cause = wrong.diagnosis.cause.map(str::to_owned);
    check.evidence = Some(wrong.evidence);
    check
}

/// What to tell the author of a client that sends nothing.
fn no_message(wrong: &Wrong) -> String {
    let mut message = format!(
        "the client does not send the plainest message: {}\n\
         typed: {HELLO:?} and the end of the line; expected: 00 00 00 05 68 65 6c 6c 6f\n\
         does it take the address from the command line ({{host}} and {{port}} are filled in), and \
         its messages, a line each, from standard input?\n\
         {}",
        wrong.message, wrong.evidence.ended
    );
    let stderr = wrong.evidence.stderr.trim_end();
    if !stderr.is_empty() {
        message += &format!("\nthe end of its standard error:\n{stderr}");
    }
    message
}
