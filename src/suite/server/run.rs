//! Running the cases against a server, and judging it.

use super::attribution;
use super::bench::{Bench, NotPassed, PLAIN};
use super::case::{Body, Case};
use super::dialect;
use super::directory_fault::DirectoryFault;
use super::failure::{Failure, What};
use super::finding::Finding;
use super::judge::judge_conversation;
use super::options::Options;
use super::plan::{Plan, Planned};
use super::reply_form::ReplyForm;
use crate::judge::case::{CaseInfo, Role};
use crate::judge::check::{Check, Verdict};
use crate::judge::error::RunError;
use crate::judge::id::RequirementId;
use crate::judge::progress::Progress;
use crate::suite::fixtures::chapter;
use crate::suite::plain::{frame, next_frame};
use crate::testee::gating::Gating;
use crate::testee::server::Server;
use crate::trace::Class;
use crate::trace::segmentation::Segmentation;
use std::ops::ControlFlow;

/// The case that opens every run.
pub const PLAIN_FIRST: &str = "plain/first";

/// The case that ends every run.
pub const PLAIN_LAST: &str = "plain/last";

/// What came of a run.
#[derive(Debug)]
pub struct Run {
    /// Every check, in the order in which they were made.
    pub checks: Vec<Check>,
    /// How chunks were kept apart.
    pub gating: Gating,
}

/// Runs cases against a testee, in order, between two plain conversations. `progress` is
/// told of each check, and can end the run.
///
/// # Errors
/// [`RunError`]: nothing can be said about the testee.
pub fn run(
    testee: &mut Server,
    cases: &[Case],
    options: &Options,
    progress: &mut dyn Progress,
) -> Result<Run, RunError> {
    let mut planned: Vec<Planned<'_>> = cases
        .iter()
        .flat_map(|case| Planned::of(case, options.effort))
        .collect();
    planned.sort_by_key(|plan| (chapter(&plan.case.info.id), plan.turn()));
    let total = 2 + planned.len();
    let mut runner = Runner {
        bench: Bench {
            testee,
            options,
            form: ReplyForm::Echo,
            waits: options.effort.waits(),
            ground: None,
        },
        findings: Vec::new(),
        total,
        progress,
        costly: [0; 8],
    };
    let gating = runner.plain_first()?;
    if runner.findings[0].check.verdict == Verdict::Fail && runner.findings[0].failure.is_none() {
        // It speaks another dialect: every other case would only say so again.
        for plan in &planned {
            runner.note(Finding::plain(
                plan.case,
                plan.segmentation(),
                Verdict::Skipped,
                "not run: the testee does not speak this protocol, see plain/first",
            ))?;
        }
    } else {
        for plan in &planned {
            runner.check(plan)?;
        }
        runner.plain_last()?;
    }
    let form_broken = matches!(runner.bench.form, ReplyForm::Learned { .. });
    let mut findings = runner.findings;
    attribution::attribute(&mut findings, options, form_broken);
    // Reports go case by case.
    findings.sort_by_cached_key(|finding| {
        let id = finding.check.id.as_str();
        let place = cases.iter().position(|case| case.info.id == id);
        (id == PLAIN_LAST, place, finding.check.segmentation)
    });
    Ok(Run {
        checks: findings.into_iter().map(|finding| finding.check).collect(),
        gating,
    })
}

struct Runner<'r, 'w> {
    bench: Bench<'r>,
    findings: Vec<Finding>,
    total: usize,
    progress: &'w mut dyn Progress,
    /// How often failures of each chapter took time.
    costly: [u32; 8],
}

impl Runner<'_, '_> {
    fn note(&mut self, finding: Finding) -> Result<(), RunError> {
        let done = self.findings.len() + 1;
        let flow = self.progress.finished(done, self.total, &finding.check);
        self.findings.push(finding);
        match flow {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(RunError::Interrupted),
        }
    }

    /// The plain conversation that everything rests on, from which the form of replies is
    /// learned.
    fn plain_first(&mut self) -> Result<Gating, RunError> {
        let class = self.bench.options.class;
        let terms = self.bench.terms(None);
        let mut talk = match self.bench.talk(&terms) {
            Ok(talk) => talk,
            Err(NotPassed::Failed(failure)) => return Err(RunError::NoAnswer(failure.message)),
            Err(_) => return Err(RunError::NoAnswer("no connection".to_owned())),
        };
        let gating = talk.connection().gating();
        let testee = &mut *self.bench.testee;
        let failed = talk.send(testee, &frame(PLAIN)).err();
        let connection = talk.connection();
        connection.wait(testee, terms.patience, |connection| {
            next_frame(connection.seen()).is_some() || connection.ending().is_some()
        });
        let seen = connection.seen().to_vec();
        let ending = connection.ending();
        if seen.is_empty() {
            drop(talk);
            let silent = failed.map_or_else(
                || match ending {
                    Some(_) => "it closed without an answer".to_owned(),
                    None => "it sent nothing, and left the connection open".to_owned(),
                },
                |failure| failure.message,
            );
            return match dialect::probe(testee, terms.patience) {
                Some(dialect) => {
                    self.note(Finding::of(
                        &plain_case(PLAIN_FIRST),
                        None,
                        Verdict::Fail,
                        &format!("{silent}; {}", dialect.found),
                        None,
                    ))?;
                    let check = &mut self.findings[0].check;
                    check.broken = Some(RequirementId::new(dialect.requirement));
                    check.cause = Some(dialect.cause.to_owned());
                    Ok(gating)
                }
                None => Err(RunError::NoAnswer(no_answer(testee, class, &silent))),
            };
        }
        if let Some(payload) = next_frame(&seen) {
            self.bench.form = ReplyForm::learn(class, PLAIN, payload);
        } else if class >= Class::Session {
            self.bench.form = ReplyForm::Prescribed;
        }
        drop(talk);
        self.plain(PLAIN_FIRST)?;
        Ok(gating)
    }

    fn plain_last(&mut self) -> Result<(), RunError> {
        self.plain(PLAIN_LAST)
    }

    fn plain(&mut self, id: &'static str) -> Result<(), RunError> {
        let judged = plain(&mut self.bench);
        self.conclude(&plain_case(id), None, judged, plain)
    }

    fn check(&mut self, planned: &Planned<'_>) -> Result<(), RunError> {
        let case = planned.case;
        let segmentation = planned.segmentation();
        if let Some(why) = self.left_out(case) {
            return self.note(Finding::left_out(case, segmentation, &why));
        }
        match &planned.what {
            Plan::Conversation(trace, segmentation, moves) => {
                let attempt =
                    |bench: &mut Bench<'_>| judge_conversation(bench, trace, *segmentation, moves);
                let judged = attempt(&mut self.bench);
                self.conclude(case, Some(*segmentation), judged, attempt)
            }
            Plan::Code(code) => {
                let judged = code(&mut self.bench);
                self.conclude(case, None, judged, code)
            }
        }
    }

    /// Why a check is not made, where much has failed already.
    fn left_out(&self, case: &Case) -> Option<String> {
        let effort = self.bench.options.effort;
        let costly = self.costly[chapter(&case.info.id).map_or(0, |chapter| chapter + 1)];
        let failed_before = self.findings.iter().any(|finding| {
            finding.check.id == case.info.id && finding.check.verdict == Verdict::Fail
        });
        if costly >= effort.hard_budget() {
            return Some(
                "not run: failures of this chapter have taken their time too often; mend those first"
                    .to_owned(),
            );
        }
        (costly >= effort.soft_budget() && failed_before).then(|| {
            "not run: the case has failed under another segmentation, and many checks take their time to fail"
                .to_owned()
        })
    }

    /// Turns the outcome of a check into a verdict: a failure is first confirmed, alone.
    fn conclude(
        &mut self,
        case: &Case,
        segmentation: Option<Segmentation>,
        judged: Result<(), NotPassed>,
        again: impl FnOnce(&mut Bench<'_>) -> Result<(), NotPassed>,
    ) -> Result<(), RunError> {
        let (verdict, message, failure) = match judged {
            Ok(()) => (Verdict::Pass, String::new(), None),
            Err(NotPassed::Acceptable(why)) => (Verdict::Acceptable, why, None),
            Err(NotPassed::Skipped(why)) => (Verdict::Skipped, why, None),
            Err(NotPassed::Error(why)) => {
                self.cost(case);
                (Verdict::Error, why, None)
            }
            Err(NotPassed::Failed(first)) => {
                if first.what.took_time() {
                    self.bench.waits += 1;
                }
                let fresh = self.afresh(case, &first)?;
                match again(&mut self.bench) {
                    Err(NotPassed::Failed(second)) => {
                        if second.what.took_time() {
                            self.bench.waits += 1;
                            self.cost(case);
                        }
                        self.afresh(case, &second)?;
                        (Verdict::Fail, second.message.clone(), Some(second))
                    }
                    _ if first.what.proves_itself() => {
                        let message = format!("{}, in one run of two", first.message);
                        (Verdict::Fail, message, Some(first))
                    }
                    _ => {
                        // What made the difference is not known: time, or what came before.
                        let fresh = if fresh {
                            ", and passed after a restart"
                        } else {
                            ""
                        };
                        let message = format!("failed 1 time of 2{fresh} ({})", first.message);
                        (Verdict::Flaky, message, Some(first))
                    }
                }
            }
        };
        self.note(Finding::of(case, segmentation, verdict, &message, failure))
    }

    fn cost(&mut self, case: &Case) {
        if case.info.expected_to_fail {
            return;
        }
        self.costly[chapter(&case.info.id).map_or(0, |chapter| chapter + 1)] += 1;
    }

    /// Starts the testee afresh where a failure may have left it in a state that is not its
    /// usual one. Says whether it did.
    fn afresh(&mut self, case: &Case, failure: &Failure) -> Result<bool, RunError> {
        let clean = match &failure.what {
            What::Different(_) | What::Extra | What::Unsolicited => true,
            // Only a fresh one has its directory in place again.
            What::Directory(fault) => !matches!(fault, DirectoryFault::Replaced { .. }),
            _ => false,
        };
        if !self.bench.testee.can_restart() {
            return Ok(false);
        }
        if clean && !failure.left_open {
            // Whether a reply is seen before a close may be luck, since a reset takes replies
            // along: it costs as much as a close without one, so that budgets agree.
            if let What::Different(_) = failure.what {
                self.cost(case);
            }
            return Ok(false);
        }
        if clean && self.bench.is_well().is_ok() {
            return Ok(false);
        }
        if !clean {
            self.cost(case);
        }
        self.bench.testee.restart()?;
        Ok(true)
    }
}

fn plain_case(id: &'static str) -> Case {
    Case {
        info: CaseInfo::new(
            Role::Server,
            id,
            "A fresh connection is served the plainest conversation",
            &["FRM-1"],
            Class::Framing,
        ),
        body: Body::Code(plain),
    }
}

fn plain(bench: &mut Bench<'_>) -> Result<(), NotPassed> {
    bench.is_well()
}

/// What to tell the author of a testee that does not answer.
fn no_answer(testee: &mut Server, class: Class, silent: &str) -> String {
    let expected = match class {
        Class::Codec | Class::Framing => "the same frame back (class framing)",
        Class::Session | Class::Transfer | Class::VerifiedTransfer => {
            "one reply, as SES-5 has it (a server that echoes frames is of class framing: --class framing)"
        }
    };
    let mut message = format!(
        "the testee on {} does not answer the plainest conversation: {silent}\n\
         sent: 00 00 00 05 68 65 6c 6c 6f, the frame of \"hello\"; expected: {expected}\n\
         does it write its answer at once (flush)? is the length 4 octets, the most significant first? \
         is this the right port?",
        testee.address()
    );
    if let Some(death) = testee.death() {
        message += &format!("\nit ended {death}");
    }
    let stderr = testee.stderr();
    if !stderr.trim().is_empty() {
        message += &format!("\nthe end of its standard error:\n{}", stderr.trim_end());
    }
    message
}
