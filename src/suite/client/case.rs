//! A case for clients: what is done with one.

use super::driver::{Judged, Stage};
use crate::judge::case::{CaseInfo, Described, Role};
use crate::judge::id::RequirementId;
use crate::trace::Class;
use crate::trace::segmentation::Segmentation;

/// The actions of a check.
pub(in crate::suite::client) type Act = Box<dyn Fn(&mut Stage<'_>) -> Judged + Send + Sync>;

/// A case, under each segmentation that it is made with.
pub struct Case {
    /// Its description.
    pub info: CaseInfo,
    pub(in crate::suite::client) checks: Vec<(Option<Segmentation>, Act)>,
}

impl Case {
    pub(in crate::suite::client) fn new(
        id: &str,
        title: &str,
        requirements: &[&'static str],
        class: Class,
        act: impl Fn(&mut Stage<'_>) -> Judged + Send + Sync + 'static,
    ) -> Self {
        Self::cut(id, title, requirements, class, vec![(None, Box::new(act))])
    }

    /// A case that is made under several segmentations.
    pub(in crate::suite::client) fn cut(
        id: &str,
        title: &str,
        requirements: &[&'static str],
        class: Class,
        checks: Vec<(Option<Segmentation>, Act)>,
    ) -> Self {
        Self {
            info: CaseInfo {
                id: format!("client/{id}").into(),
                role: Role::Client,
                title: title.into(),
                requirements: requirements
                    .iter()
                    .copied()
                    .map(RequirementId::new)
                    .collect(),
                class,
                expected_to_fail: false,
            },
            checks,
        }
    }
}

impl Described for Case {
    fn info(&self) -> &CaseInfo {
        &self.info
    }

    fn checks(&self) -> usize {
        self.checks.len()
    }
}
