//! A check of a client with what its failure looks like.

use super::driver::Wrong;
use super::symptom::Symptom;
use crate::judge::check::Check;
use crate::judge::id::RequirementId;

/// A check with what its failure looks like.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) check: Check,
    pub(super) symptom: Option<Symptom>,
}

impl Finding {
    /// A check of which no more is to be said.
    pub(super) const fn of(check: Check) -> Self {
        Self {
            check,
            symptom: None,
        }
    }

    /// A check that has failed, with what is known of it.
    pub(super) fn failed(mut check: Check, wrong: &Wrong) -> Self {
        if let Some(requirement) = wrong.diagnosis.requirement {
            check.broken = Some(RequirementId::new(requirement));
        }
        check.cause = wrong.diagnosis.cause.map(str::to_owned);
        check.evidence = Some(wrong.evidence.clone());
        Self {
            check,
            symptom: Some(wrong.symptom),
        }
    }
}

impl AsRef<Check> for Finding {
    fn as_ref(&self) -> &Check {
        &self.check
    }
}

impl AsMut<Check> for Finding {
    fn as_mut(&mut self) -> &mut Check {
        &mut self.check
    }
}
