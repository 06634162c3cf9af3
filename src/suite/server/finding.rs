//! A check with what is known beside its verdict.

use super::case::Case;
use super::failure::Failure;
use crate::judge::check::{Check, Verdict};
use crate::judge::runner::Outcome;
use crate::trace::Trace;
use crate::trace::octets::Octets;
use crate::trace::segmentation::Segmentation;

/// A check with what is known beside its verdict.
pub(crate) struct Finding {
    pub(crate) check: Check,
    pub(crate) failure: Option<Box<Failure>>,
    pub(super) trace: Option<&'static Trace>,
}

impl Finding {
    pub(super) fn of(case: &Case, outcome: Outcome<Failure>) -> Self {
        Self {
            check: outcome.check,
            failure: outcome.failure,
            trace: case.trace(),
        }
    }

    /// Number of octets that were sent.
    pub(super) fn sent(&self) -> usize {
        let evidence = self.check.evidence.as_ref();
        evidence.map_or(0, |evidence| evidence.sent.iter().map(Octets::len).sum())
    }

    pub(super) fn failed(&self) -> bool {
        self.check.verdict == Verdict::Fail
    }

    pub(super) fn id_starts_with_any(&self, chapters: &[&str]) -> bool {
        chapters
            .iter()
            .any(|chapter| self.check.id.starts_with(chapter))
    }

    pub(super) fn is_apart(&self) -> bool {
        self.check.segmentation == Some(Segmentation::Apart)
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
