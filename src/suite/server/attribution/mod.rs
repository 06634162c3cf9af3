//! Which requirement a failure is really about, and which mistake it points to.
//!
//! One mistake shows in many cases: a server that takes a short read for a whole one fails
//! whatever is cut, whichever requirement the case is for. What a failure looks like
//! ([`symptom`]), and which of its neighbours fail too ([`run_facts`]), tells the requirement that
//! is broken; the rules that do so stand in [`rules`], in order. What no rule explains is
//! compared with mistakes that are known by the cases they fail ([`signatures`]).

mod bodies;
mod diagnosis;
mod rules;
mod run_facts;
mod signatures;
mod streams;
mod symptom;
#[cfg(test)]
mod tests;

use super::finding::Finding;
use super::options::Options;
use crate::judge::check::{Check, Verdict};
use crate::judge::id::RequirementId;
use crate::suite::requirement;
use crate::suite::signature;
use run_facts::Pattern;
use symptom::Sight;

/// A length that is read wrongly makes one frame two, a large one that is mistaken looks like arithmetic
/// that wraps, and what is read beyond a body is missing elsewhere.
const CONSEQUENCES: &[(&str, &str)] = &[("SES-4", "LEN-1"), ("FRM-7", "LEN-4"), ("TRF-3", "TRF-4")];

/// Puts the broken requirement first, and names the likely mistake. `form_broken`: replies
/// have a form of their own.
pub(crate) fn attribute(findings: &mut [Finding], options: &Options, form_broken: bool) {
    let pattern = Pattern::of(findings, options, form_broken);
    for finding in findings.iter_mut() {
        let judged = matches!(finding.check.verdict, Verdict::Fail | Verdict::Flaky);
        let Some(failure) = finding.failure.as_deref().filter(|_| judged) else {
            continue;
        };
        let diagnosis = rules::diagnose(&pattern, &Sight::of(finding, failure, &pattern));
        let check = &mut finding.check;
        match diagnosis {
            Some(diagnosis) => {
                if let Some(requirement) = diagnosis.requirement {
                    check.broken = Some(RequirementId::new(requirement));
                }
                check.cause = diagnosis.cause.map(str::to_owned);
            }
            None => prefer_what_is_broken_itself(check, &pattern),
        }
    }
    name_what_tells_itself(findings);
}

/// Names the mistake where all failures of a requirement without a cause point to one.
fn name_what_tells_itself(findings: &mut [Finding]) {
    let left_out = signature::left_out(findings.iter().map(|finding| &finding.check));
    let failures = findings.iter().filter_map(|finding| {
        let failure = finding.failure.as_ref()?;
        Some((&finding.check, &failure.what))
    });
    let causes = signatures::causes(failures, &left_out);
    signature::name(
        findings.iter_mut().map(|finding| &mut finding.check),
        &causes,
    );
    let checks = findings.iter_mut().map(|finding| &mut finding.check);
    signature::fold_consequences(checks, CONSEQUENCES);
}

/// Of the requirements that a case shows, the earliest whose own cases fail.
fn prefer_what_is_broken_itself(check: &mut Check, pattern: &Pattern) {
    let first = check
        .requirements
        .iter()
        .filter(|id| pattern.is_broken(id))
        .min_by_key(|id| requirement::position(id))
        .cloned();
    if first.is_some() {
        check.broken = first;
    }
}
