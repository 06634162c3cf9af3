//! A check with what is known beside its verdict.

use super::case::{Body, Case};
use super::failure::Failure;
use crate::judge::check::{Check, Verdict};
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
    pub(crate) fn of(
        case: &Case,
        segmentation: Option<Segmentation>,
        verdict: Verdict,
        message: &str,
        failure: Option<Box<Failure>>,
    ) -> Self {
        Self {
            check: Check {
                evidence: failure.as_ref().map(|failure| failure.evidence.clone()),
                ..Check::new(&case.info, segmentation, verdict, message)
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

    pub(super) fn left_out(case: &Case, segmentation: Option<Segmentation>, why: &str) -> Self {
        let mut finding = Self::plain(case, segmentation, Verdict::Skipped, why);
        finding.check.left_out = true;
        finding
    }

    /// How much was sent, in octets.
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
