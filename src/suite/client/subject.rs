//! A client as the runner sees it: started again for each check.

use super::case::{Act, Case};
use super::driver::{Habits, NotPassed, Stage, Wrong};
use super::patience::patience;
use crate::judge;
use crate::judge::case::CaseInfo;
use crate::judge::evidence::Evidence;
use crate::judge::sentence::Sentence;
use crate::judge::subject::{Fails, Recovered, Subject};
use crate::testee::launch::{StartError, Template};
use crate::testee::watch::is_portable;
use crate::trace::segmentation::Segmentation;

impl Fails for Wrong {
    fn message(&self) -> Sentence {
        self.message.clone()
    }

    fn evidence(&self) -> Evidence {
        self.evidence.clone()
    }

    fn took_time(&self) -> bool {
        self.took_time
    }

    fn proves_itself(&self) -> bool {
        self.proves_itself
    }
}

/// A check to be made.
pub(crate) struct Planned<'c> {
    case: &'c Case,
    segmentation: Option<Segmentation>,
    act: &'c Act,
}

impl<'c> Planned<'c> {
    pub(super) fn of(case: &'c Case) -> impl Iterator<Item = Self> {
        case.checks.iter().map(move |(segmentation, act)| Self {
            case,
            segmentation: *segmentation,
            act,
        })
    }
}

impl judge::subject::Planned for Planned<'_> {
    fn info(&self) -> &CaseInfo {
        &self.case.info
    }

    fn segmentation(&self) -> Option<Segmentation> {
        self.segmentation
    }
}

/// A client of which the habits are known.
pub(super) struct Client<'r> {
    pub(super) template: &'r Template,
    pub(super) habits: &'r Habits,
}

impl<'r> Subject for Client<'r> {
    type Check = Planned<'r>;
    type Failure = Wrong;

    fn attempt(&mut self, check: &Planned<'r>, timeouts: u32) -> Result<(), NotPassed> {
        let patience = patience(self.template, timeouts);
        let mut stage = Stage::set(self.template, self.habits, patience)?;
        (check.act)(&mut stage)?;
        stage.has_shown()
    }

    fn shows_its_time(&self) -> bool {
        !is_portable()
    }

    fn recover(&mut self, _: &Wrong, _: u32) -> Result<Recovered, StartError> {
        Ok(Recovered {
            fresh: false,
            costly: false,
        })
    }
}
