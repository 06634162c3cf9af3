//! Which requirement a failure is really about, and which mistake it points to.
//!
//! One mistake shows in many cases: a server that takes a short read for a whole one fails
//! whatever is cut, whichever requirement the case is for. What a failure looks like
//! ([`sight`]), and which of its neighbours fail too ([`pattern`]), tells the requirement that
//! is broken; the rules that do so stand in [`rules`], in order. What no rule explains is
//! compared with mistakes that are known by the cases they fail ([`known`]).

mod known;
mod pattern;
mod rules;
mod sight;
#[cfg(test)]
mod tests;

use super::case::{Body, Case};
use super::conversation::Failure;
use super::requirement;
use super::run::Options;
use super::telltale;
use super::verdict::{Check, Verdict};
use crate::trace::octets::Octets;
use crate::trace::segmentation::Segmentation;
use crate::trace::{Class, Trace};
use pattern::Pattern;
use sight::Sight;

/// A check with what is known beside its verdict.
pub(crate) struct Finding {
    pub(crate) check: Check,
    pub(crate) failure: Option<Box<Failure>>,
    trace: Option<&'static Trace>,
}

impl Finding {
    pub(crate) fn of(
        case: &Case,
        segmentation: Option<Segmentation>,
        verdict: Verdict,
        message: &str,
        failure: Option<Box<Failure>>,
    ) -> Self {
        Self {
            check: Check {
                id: case.id.to_owned(),
                title: case.title.clone().into_owned(),
                requirements: case
                    .requirements
                    .iter()
                    .map(|id| (*id).to_owned())
                    .collect(),
                class: case.class,
                segmentation,
                verdict,
                message: message.to_owned(),
                evidence: failure.as_ref().map(|failure| failure.evidence.clone()),
                cause: None,
            },
            failure,
            trace: match case.body {
                Body::Trace(trace) => Some(trace),
                Body::Code(_) => None,
            },
        }
    }

    pub(crate) fn plain(
        case: &Case,
        segmentation: Option<Segmentation>,
        verdict: Verdict,
        message: &str,
    ) -> Self {
        Self::of(case, segmentation, verdict, message, None)
    }

    /// How much was sent, in octets.
    fn sent(&self) -> usize {
        let evidence = self.check.evidence.as_ref();
        evidence.map_or(0, |evidence| evidence.sent.iter().map(Octets::len).sum())
    }

    fn failed(&self) -> bool {
        self.check.verdict == Verdict::Fail
    }

    fn in_chapter(&self, chapters: &[&str]) -> bool {
        chapters
            .iter()
            .any(|chapter| self.check.id.starts_with(chapter))
    }

    fn is_apart(&self) -> bool {
        self.check.segmentation == Some(Segmentation::Apart)
    }
}

/// What a failure is about: the requirement that is broken, where it is not the case's own
/// foremost one, and the likely mistake in words that follow "it".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Diagnosis {
    requirement: Option<&'static str>,
    cause: Option<&'static str>,
}

impl Diagnosis {
    const fn new(requirement: &'static str, cause: &'static str) -> Self {
        Self {
            requirement: Some(requirement),
            cause: Some(cause),
        }
    }

    /// The requirement is broken, and the reason may be one of many.
    const fn silent(requirement: &'static str) -> Self {
        Self {
            requirement: Some(requirement),
            cause: None,
        }
    }

    /// The case's own requirement is broken, for this reason.
    const fn because(cause: &'static str) -> Self {
        Self {
            requirement: None,
            cause: Some(cause),
        }
    }
}

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
                    put_first(check, requirement);
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
    let failures = findings.iter().filter_map(|finding| {
        let failure = finding.failure.as_ref()?;
        Some((&finding.check, &failure.what))
    });
    let causes = known::causes(failures);
    telltale::name(
        findings.iter_mut().map(|finding| &mut finding.check),
        &causes,
    );
}

fn put_first(check: &mut Check, requirement: &str) {
    check.requirements.retain(|id| id != requirement);
    check.requirements.insert(0, requirement.to_owned());
}

/// Of the requirements that a case shows, the earliest whose own cases fail.
fn prefer_what_is_broken_itself(check: &mut Check, pattern: &Pattern) {
    let first = check
        .requirements
        .iter()
        .filter(|id| pattern.is_broken(id))
        .min_by_key(|id| requirement::position(id))
        .cloned();
    if let Some(first) = first {
        put_first(check, &first);
    }
}

/// Whether a testee of this class sends replies, and not echoes.
const fn replies(class: Class) -> bool {
    matches!(class, Class::Session | Class::Transfer)
}
