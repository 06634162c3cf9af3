//! The cases that a codec is judged by, described.

use super::{encoder, lengths, limits, memory};
use crate::framing::Framing;
use crate::judge::case::{CaseInfo, Described, Role};
use crate::suite::derived;
use crate::trace::segmentation::conversations;
use crate::trace::{Class, Trace};

/// A case for codecs, described.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its description.
    pub info: CaseInfo,
    checks: usize,
}

impl Described for Case {
    fn info(&self) -> &CaseInfo {
        &self.info
    }

    fn owed_by(&self, _: Class) -> bool {
        true
    }

    fn checks(&self) -> usize {
        self.checks
    }
}

/// All cases that a codec of the article's framing can be judged by: the framing traces, and what only
/// codecs have.
#[must_use]
pub fn cases() -> Vec<Case> {
    cases_of(&Framing::default())
}

/// All cases that a codec of this framing can be judged by.
#[must_use]
pub fn cases_of(framing: &Framing) -> Vec<Case> {
    let traces = derived::traces(framing).iter().map(|trace| Case {
        info: of_trace(trace),
        checks: conversations(trace).len(),
    });
    traces.chain(further_cases_of(framing)).collect()
}

/// A trace, as a case for codecs.
pub(super) fn of_trace(trace: &'static Trace) -> CaseInfo {
    let requirements: Vec<_> = trace.requirements.iter().map(String::as_str).collect();
    CaseInfo::new(
        Role::Codec,
        &trace.id,
        &trace.title,
        &requirements,
        trace.class(),
    )
}

/// A case that is not a trace.
pub(super) fn further(id: &'static str, title: &str, requirement: &'static str) -> CaseInfo {
    CaseInfo::new(Role::Codec, id, title, &[requirement], Class::Codec)
}

/// The cases on single lengths, on limits, on encoders and on memory, for the article's framing.
#[must_use]
pub fn further_cases() -> Vec<Case> {
    further_cases_of(&Framing::default())
}

/// The cases on single lengths, on limits, on encoders and on memory, for any framing.
#[must_use]
pub fn further_cases_of(framing: &Framing) -> Vec<Case> {
    let case = |id, title: &str, requirement| Case {
        info: further(id, title, requirement),
        checks: 1,
    };
    let lengths = lengths::cases(framing).into_iter();
    let limited = match framing.declared_max_payload() {
        Some(_) => framing.clone(),
        None => framing.clone().with_max_payload(1024),
    };
    let limits = limits::at_the_limit(&limited).into_iter();
    // Encoders of the article's framing are given payload by payload in the traces themselves.
    let encoders = encoder::cases(framing, !framing.is_reference()).into_iter();
    let memory = memory::applies(framing).then(|| Case {
        info: memory::case(),
        checks: 1,
    });
    lengths
        .map(|one| case(one.id, &one.title, one.requirement))
        .chain(limits.map(|one| case(one.id, &one.title, "FRM-7")))
        .chain(encoders.map(|one| case(one.id, &one.title, one.requirement)))
        .chain(memory)
        .collect()
}
