//! The order in which checks are made: those that say most come first.
//!
//! A broken subject takes its time to fail, so a run may have to leave checks out. It goes in rounds: the
//! plainest check of each requirement; the plainest case of each chapter under every cut; the other
//! plainest cases likewise; then whatever is sent plainly, whatever is sent in one piece, and the rest.

use std::collections::{BTreeMap, BTreeSet};

use super::case::CaseInfo;
use super::subject::Planned;
use crate::trace::segmentation::Segmentation;

/// The number of cases of each chapter that come before the rest under every cut.
const PLAINEST: usize = 3;

/// The round of the check that ends the run.
const LAST: usize = usize::MAX;

/// The effect of a cut on frames: checks that differ only in the place of the cut fail together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Each frame travels by itself, or the stream is not the point.
    Plain,
    /// All frames travel together.
    Whole,
    /// Frames are taken apart.
    Cut,
    /// The end of one frame travels with the beginning of the next.
    Straddled,
}

impl Kind {
    /// The kind of a segmentation.
    #[must_use]
    pub fn of(segmentation: Option<Segmentation>) -> Self {
        match segmentation {
            None | Some(Segmentation::Apart) => Self::Plain,
            Some(Segmentation::Whole) => Self::Whole,
            Some(cut) if cut.joins_frames() => Self::Straddled,
            Some(_) => Self::Cut,
        }
    }
}

/// The chapter of the specification that a case is about.
#[must_use]
pub fn chapter(case: &CaseInfo) -> &str {
    let of_requirement = case.requirements.first().map_or("", |id| id.as_str());
    match of_requirement.split_once('-') {
        Some((chapter, _)) => chapter,
        None => case.id.split('/').next().unwrap_or_default(),
    }
}

/// A place in the order, and whether the check is made however much has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Round {
    number: usize,
    alone: bool,
}

impl Round {
    /// True if the check is one of those that each requirement and each chapter gets in any case.
    #[must_use]
    pub const fn is_guaranteed(self) -> bool {
        self.number <= 1 || self.number == LAST
    }
}

/// The round of each check, in the order given: within a chapter the plainest case stands first.
#[must_use]
pub fn rounds<P: Planned>(checks: &[P]) -> Vec<Round> {
    let mut requirements: BTreeSet<&str> = BTreeSet::new();
    let mut plainest: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for check in checks {
        let of_chapter = plainest.entry(chapter(check.info())).or_default();
        let id = check.info().id.as_str();
        let is_cut = Kind::of(check.segmentation()) != Kind::Plain;
        if is_cut && of_chapter.len() < PLAINEST && !of_chapter.contains(&id) {
            of_chapter.push(id);
        }
    }
    let number = |check: &'_ P, first_of_requirement: bool| {
        let info = check.info();
        let place = plainest[chapter(info)].iter().position(|id| info.id == *id);
        match (Kind::of(check.segmentation()), place) {
            (Kind::Plain, _) if first_of_requirement => 0,
            (_, Some(place)) => 1 + place,
            (Kind::Plain, None) => 1 + PLAINEST,
            (Kind::Whole, None) => 2 + PLAINEST,
            (_, None) => 3 + PLAINEST,
        }
    };
    checks
        .iter()
        .map(|check| {
            let requirement = check.info().requirements.first();
            let is_plain = Kind::of(check.segmentation()) == Kind::Plain;
            let first = is_plain && requirement.is_some_and(|id| requirements.insert(id.as_str()));
            Round {
                number: if check.is_last() {
                    LAST
                } else {
                    number(check, first)
                },
                alone: check.alone(),
            }
        })
        .collect()
}
