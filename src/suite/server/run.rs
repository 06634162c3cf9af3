//! Running the cases against a server, and judging it.

use std::sync::Arc;

use super::attribution;
use super::bench::{Bench, NotPassed};
use super::case::{Body, Case};
use super::finding::Finding;
use super::opening::{Opening, open};
use super::options::Options;
use super::plan::{PLAIN_LAST, Planned};
use super::reply_form::ReplyForm;
use super::team;
use crate::judge::case::{CaseInfo, Role};
use crate::judge::check::{Check, Verdict};
use crate::judge::error::RunError;
use crate::judge::id::RequirementId;
use crate::judge::progress::Progress;
use crate::judge::runner::{self, Manner};
use crate::judge::subject::Planned as _;
use crate::testee::gating::Gating;
use crate::testee::server::Server;
use crate::trace::Class;

/// The case that opens every run.
pub const PLAIN_FIRST: &str = "plain/first";

/// The result of a run.
#[derive(Debug)]
pub struct Run {
    /// Every check, case by case.
    pub checks: Vec<Check>,
    /// Method that kept chunks apart.
    pub gating: Gating,
}

/// Runs cases against a server, between two plain conversations. `progress` is told of each check, and can end the run.
///
/// # Errors
/// [`RunError`]: nothing can be said about the server.
pub fn run(
    testee: &mut Server,
    cases: &[Case],
    options: &Options,
    progress: &mut dyn Progress,
) -> Result<Run, RunError> {
    let [first, last] = [PLAIN_FIRST, PLAIN_LAST].map(plain_case);
    let (form, gating, pace) = match open(&mut Bench::new(testee, options))? {
        Opening::Speaks { form, gating, pace } => (form, gating, pace),
        Opening::Dialect {
            found,
            dialect,
            gating,
        } => {
            let mut check = Check::new(&first.info, None, Verdict::Fail, found);
            check.broken = Some(RequirementId::new(dialect.requirement));
            check.cause = Some(dialect.cause.into_owned());
            let checks = not_run(check, cases, options, progress)?;
            return Ok(Run { checks, gating });
        }
    };
    let shared = !testee.can_restart();
    let all = [&first].into_iter().chain(cases).chain([&last]);
    let mut checks: Vec<Planned<'_>> = all
        .flat_map(|case| Planned::of(case, options.effort))
        .collect();
    for check in &mut checks {
        check.shared = shared;
    }
    let mut others = team::others(testee, options, pace.late);
    let servers = std::iter::once(testee).chain(&mut others);
    let frees_slots_late = Arc::default();
    let memory_turn = Arc::default();
    let mut benches: Vec<Bench<'_>> = servers
        .map(|server| Bench {
            form: form.clone(),
            pace,
            frees_slots_late: Arc::clone(&frees_slots_late),
            memory_turn: Arc::clone(&memory_turn),
            ..Bench::new(server, options)
        })
        .collect();
    let manner = Manner {
        budget: options.effort.budget(),
        timeouts: options.effort.waits(),
        fail_fast: options.fail_fast,
        shared,
        before: 0,
        lag: team::lag(options.effort),
    };
    let outcomes = runner::run(&mut benches, &checks, &manner, progress)?;
    let planned = checks.iter().map(|check| check.case);
    let mut findings: Vec<Finding> = outcomes
        .into_iter()
        .zip(planned)
        .map(|(outcome, case)| Finding::of(case, outcome))
        .collect();
    let form_broken = matches!(form, ReplyForm::Learned { .. });
    attribution::attribute(&mut findings, options, form_broken);
    Ok(Run {
        checks: findings.into_iter().map(|finding| finding.check).collect(),
        gating,
    })
}

/// The checks of a server that speaks another dialect: the first has failed, and no other is made.
fn not_run(
    first: Check,
    cases: &[Case],
    options: &Options,
    progress: &mut dyn Progress,
) -> Result<Vec<Check>, RunError> {
    let why = "not run: the server does not speak this protocol, see plain/first";
    let planned = cases
        .iter()
        .flat_map(|case| Planned::of(case, options.effort));
    let others =
        planned.map(|plan| Check::new(&plan.case.info, plan.segmentation(), Verdict::Skipped, why));
    let checks: Vec<Check> = std::iter::once(first).chain(others).collect();
    for (place, check) in checks.iter().enumerate() {
        if progress.finished(place + 1, checks.len(), check).is_break() {
            return Err(RunError::Interrupted);
        }
    }
    Ok(checks)
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
