//! The requirement that a failure is really about, and the mistake that it points to.
//!
//! A mistake shows in many cases: a server that takes a short read for a whole one fails
//! whatever is cut, whichever requirement the case is for. The symptoms of a failure
//! ([`symptom`]), and the neighbours that fail too ([`run_facts`]), tell the requirement that
//! is broken; the rules that do so stand in [`rules`], in order. A failure that no rule explains is
//! compared with mistakes that are known by the cases they fail ([`signatures`]).

mod bodies;
mod diagnosis;
mod framings;
mod rules;
mod run_facts;
mod signatures;
mod streams;
mod symptom;
#[cfg(test)]
mod tests;

use super::failure::What;
use super::finding::Finding;
use super::options::Options;
use super::reply_form::Difference;
use crate::judge::check::{Check, Verdict};
use crate::judge::id::RequirementId;
use crate::suite::requirement;
use crate::suite::signature::{self, Consequence};
use crate::trace::Trace;
use run_facts::Pattern;
use symptom::Sight;

const CONSEQUENCES: &[Consequence<Finding>] = &[
    // A length that is read wrongly makes one frame two, where it is as long as those that are.
    Consequence {
        seems: "SES-4",
        is: "LEN-1",
        explained: |finding, because| {
            let longest = |finding: &Finding| {
                let whole = finding.trace.filter(|trace| !trace.is_hostile());
                Some(whole?.largest_payload())
            };
            let shortest = because.iter().filter_map(|one| longest(one)).min();
            longest(finding)
                .zip(shortest)
                .is_some_and(|(long, short)| long >= short)
        },
    },
    // A second reply, where the next is due or behind the last, says nothing about a length or a write.
    replies_twice("LEN-1"),
    replies_twice("FRM-9"),
    // A length near 4 GiB is one with its top bit set.
    Consequence {
        seems: "FRM-7",
        is: "LEN-4",
        explained: |finding, _| finding.check.id.starts_with("frm/wraps-"),
    },
    // A length of which only a part is used is another length altogether.
    Consequence {
        seems: "FRM-7",
        is: "LEN-1",
        explained: |finding, because| {
            let id = &finding.check.id;
            let mut because = because.iter().map(|one| &one.check.id);
            id.starts_with("frm/wraps-") && because.any(|id| id.starts_with("len/announced-"))
        },
    },
    // A size of 32 bits that wraps around makes those lengths small, and no other.
    Consequence {
        seems: "LEN-4",
        is: "FRM-7",
        explained: |finding, because| {
            let mut because = because.iter().map(|one| &one.check.id);
            finding.check.id.starts_with("len/announced-fffffff")
                && because.any(|id| id.starts_with("frm/wraps-"))
        },
    },
    // A server that ends on a protocol error ends on each, whatever the case is about.
    ends_on_errors("LEN-4"),
    ends_on_errors("FRM-7"),
    ends_on_errors("FRM-8"),
    ends_on_errors("SES-9"),
    ends_on_errors("TRF-1"),
    ends_on_errors("TRF-2"),
    ends_on_errors("TRF-7"),
    ends_on_errors("TRF-8"),
    ends_on_errors("TRF-11"),
    // A server of one client at a time serves nobody beside one that has made an error.
    Consequence {
        seems: "SES-8",
        is: "SES-10",
        explained: |finding, _| {
            finding.check.id == "ses/others-live-on" && is(finding, &What::Missing)
        },
    },
    // An acknowledgement of a transfer stands in the place of the next reply, or behind the last.
    acknowledges("TRF-3"),
    acknowledges("TRF-5"),
    acknowledges("TRF-11"),
    // Octets read beyond a body, where something comes together with its end, are missing elsewhere.
    Consequence {
        seems: "TRF-3",
        is: "TRF-4",
        explained: |finding, _| !finding.is_apart(),
    },
];

const fn ends_on_errors(seems: &'static str) -> Consequence<Finding> {
    Consequence {
        seems,
        is: "SES-8",
        explained: |finding, because| {
            let ends = |finding: &Finding| is(finding, &What::Died);
            ends(finding) && because.iter().any(|one| ends(one))
        },
    }
}

const fn replies_twice(seems: &'static str) -> Consequence<Finding> {
    Consequence {
        seems,
        is: "SES-4",
        explained: |finding, because| {
            let more = |finding: &Finding| is(finding, &What::Extra);
            let hostile = finding.trace.is_some_and(Trace::is_hostile);
            let another = is(finding, &What::Different(Difference::Text));
            !hostile && (another || more(finding)) && because.iter().any(|one| more(one))
        },
    }
}

const fn acknowledges(seems: &'static str) -> Consequence<Finding> {
    Consequence {
        seems,
        is: "TRF-6",
        explained: |finding, because| {
            let other = |finding: &Finding| is(finding, &What::Different(Difference::Form));
            (other(finding) || is(finding, &What::Extra)) && because.iter().any(|one| other(one))
        },
    }
}

/// True of a failure of this kind.
fn is(finding: &Finding, what: &What) -> bool {
    let failure = finding.failure.as_deref();
    failure.is_some_and(|failure| failure.what == *what)
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
        let sight = Sight::of(finding, failure, &pattern);
        if !pattern.framing.is_reference() {
            let told = framings::diagnose(&pattern, &sight);
            told.put_down(&mut finding.check, &pattern);
            continue;
        }
        let diagnosis = rules::diagnose(&pattern, &sight);
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
    signature::fold_consequences(findings, CONSEQUENCES);
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
