//! The budget of a run for failures, in counts and never in times, so that two runs agree.
//!
//! Failures that differ in nothing that matters are sampled: the more checks of a chapter have failed, the
//! fewer that resemble them are still run. A check that resembles no failed one is always run.

use std::collections::{BTreeMap, BTreeSet};

use super::case::CaseInfo;
use super::id::CaseId;
use super::left_out::LeftOut;
use super::order::{Kind, Round, chapter};
use crate::trace::segmentation::Segmentation;

/// The cost that failures of a chapter may reach before checks are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The cost of a failure that takes no time of its own.
    pub quick_failure: u32,
    /// Cost from which on a case that has failed is not run under further segmentations.
    pub per_case: u32,
    /// Cost from which on no check is run whose foremost requirement has failed under a cut of the same kind.
    pub per_requirement: u32,
    /// Cost from which on no check is run whose chapter has failed under a cut of the same kind.
    pub per_chapter: u32,
}

/// Failures of each requirement that are seen in any case, where frames are sent plainly: the first may
/// have another reason.
const SEEN_EACH: u32 = 3;

/// The cost of a failure for which a wait timed out, or the subject was started again.
const SLOW_FAILURE: u32 = 2;

impl Budget {
    /// The budget that judges a subject within a minute, however broken it is.
    pub const FULL: Self = Self {
        quick_failure: 1,
        per_case: 4,
        per_requirement: 12,
        per_chapter: 30,
    };

    /// The budget that sees a planted mistake in all cases that show it, each under few cuts.
    pub const THOROUGH: Self = Self {
        quick_failure: 0,
        per_case: 6,
        per_requirement: 400,
        per_chapter: 400,
    };

    const fn cost(self, slow: bool) -> u32 {
        if slow {
            SLOW_FAILURE
        } else {
            self.quick_failure
        }
    }
}

/// The failures so far.
#[derive(Debug)]
pub(super) struct Ledger {
    budget: Budget,
    spent: BTreeMap<String, u32>,
    cases: BTreeSet<CaseId>,
    requirements: BTreeMap<(String, Kind), u32>,
    chapters: BTreeSet<(String, Kind)>,
}

impl Ledger {
    pub(super) const fn new(budget: Budget) -> Self {
        Self {
            budget,
            spent: BTreeMap::new(),
            cases: BTreeSet::new(),
            requirements: BTreeMap::new(),
            chapters: BTreeSet::new(),
        }
    }

    /// Enters a failure.
    pub(super) fn failed(&mut self, case: &CaseInfo, cut: Option<Segmentation>, slow: bool) {
        let chapter = chapter(case);
        let kind = Kind::of(cut);
        *self.spent.entry(chapter.to_owned()).or_default() += self.budget.cost(slow);
        self.cases.insert(case.id.clone());
        *self.requirements.entry((foremost(case), kind)).or_default() += 1;
        self.chapters.insert((chapter.to_owned(), kind));
    }

    /// Returns the reason why a check is left out, if it is.
    pub(super) fn leaves_out(
        &self,
        case: &CaseInfo,
        cut: Option<Segmentation>,
        round: Round,
    ) -> Option<LeftOut> {
        let chapter = chapter(case);
        let kind = Kind::of(cut);
        let spent = self.spent.get(chapter).copied().unwrap_or_default();
        if spent >= self.budget.per_case && self.cases.contains(&case.id) {
            return Some(LeftOut::Case);
        }
        let requirement = (foremost(case), kind);
        let failures = self.requirements.get(&requirement).copied();
        let failures = failures.unwrap_or_default();
        if round.is_guaranteed() || kind == Kind::Plain && failures < SEEN_EACH {
            return None;
        }
        if spent >= self.budget.per_chapter && self.chapters.contains(&(chapter.to_owned(), kind)) {
            return Some(LeftOut::Chapter);
        }
        (spent >= self.budget.per_requirement && failures > 0).then_some(LeftOut::Requirement)
    }
}

fn foremost(case: &CaseInfo) -> String {
    let foremost = case.requirements.first();
    foremost.map_or_else(|| case.id.to_string(), ToString::to_string)
}
