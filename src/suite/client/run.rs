//! Running the cases against a client, and judging it.

use std::time::Duration;

use super::case::Case;
use super::finding::Finding;
use super::forms;
use super::opening::{Opening, open};
use super::signatures;
use super::subject::{Client, Planned};
use crate::judge::case::{CaseInfo, Role};
use crate::judge::check::{Check, Verdict};
use crate::judge::error::RunError;
use crate::judge::progress::Progress;
use crate::judge::runner::{self, Manner};
use crate::judge::subject::Planned as _;
use crate::suite::effort::Effort;
use crate::testee::launch::Template;
use crate::trace::Class;

/// The case that opens every run.
pub const PLAIN: &str = "plain/client";

/// A client whose plainest conversation takes longer starts slowly, and another can do so meanwhile.
const PROMPT: Duration = Duration::from_millis(60);

/// Options of a run.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The class that the client claims.
    pub class: Class,
    /// The extent of the run.
    pub effort: Effort,
    /// Number of clients that are judged side by side; as many as the opening calls for unless given.
    pub jobs: Option<usize>,
    /// Stop at the first failure that is not known.
    pub fail_fast: bool,
}

/// Runs cases against a client. `progress` is told of each check, and can end the run.
///
/// # Errors
/// [`RunError`]: nothing can be said about the client.
pub fn run(
    template: &Template,
    cases: &[Case],
    options: &Options,
    progress: &mut dyn Progress,
) -> Result<Vec<Check>, RunError> {
    let info = CaseInfo::new(
        Role::Client,
        PLAIN,
        "The plainest conversation: one message and its reply",
        &["MSG-1", "FRM-1"],
        Class::Session,
    );
    let planned: Vec<Planned<'_>> = cases.iter().flat_map(Planned::of).collect();
    let total = 1 + planned.len();
    let opening = open(template, options.effort.waits())?;
    let first = match &opening {
        Opening::Speaks(..) => Finding::of(Check::new(&info, None, Verdict::Pass, "")),
        Opening::Fails(wrong) => {
            let check = Check::new(&info, None, Verdict::Fail, &wrong.message);
            Finding::failed(check, wrong)
        }
        Opening::Unseen(verdict, why) => Finding::of(Check::new(&info, None, *verdict, why)),
    };
    if progress.finished(1, total, &first.check).is_break() {
        return Err(RunError::Interrupted);
    }
    let Opening::Speaks(mut habits, took) = opening else {
        return not_run(first.check, &planned, progress);
    };
    if options.class == Class::VerifiedTransfer {
        habits.verified = forms::learn(template, &habits, options.effort.waits())?;
    }
    let client = || Client {
        template,
        habits: &habits,
    };
    let jobs = match options.jobs {
        Some(jobs) => jobs,
        None if options.effort == Effort::Quick || took < PROMPT => 1,
        None => 4,
    };
    let mut clients: Vec<_> = (0..jobs).map(|_| client()).collect();
    let manner = Manner {
        budget: options.effort.budget(),
        timeouts: options.effort.waits(),
        fail_fast: options.fail_fast,
        shared: false,
        before: 1,
        lag: 1,
    };
    let outcomes = runner::run(&mut clients, &planned, &manner, progress)?;
    let judged = outcomes.into_iter().map(|outcome| match &outcome.failure {
        Some(wrong) => Finding::failed(outcome.check, wrong),
        None => Finding::of(outcome.check),
    });
    let mut findings: Vec<Finding> = std::iter::once(first).chain(judged).collect();
    signatures::name_what_tells_itself(&mut findings);
    Ok(findings.into_iter().map(|finding| finding.check).collect())
}

/// The checks of a client that does not speak the protocol: none but the first is made.
fn not_run(
    first: Check,
    planned: &[Planned<'_>],
    progress: &mut dyn Progress,
) -> Result<Vec<Check>, RunError> {
    let why = format!("not run: the client does not speak this protocol, see {PLAIN}");
    let mut checks = vec![first];
    for plan in planned {
        let check = Check::new(
            plan.info(),
            plan.segmentation(),
            Verdict::Skipped,
            why.as_str(),
        );
        let flow = progress.finished(checks.len() + 1, 1 + planned.len(), &check);
        checks.push(check);
        if flow.is_break() {
            return Err(RunError::Interrupted);
        }
    }
    Ok(checks)
}
