//! The description of a case, the same for whichever role it judges.

use super::id::{CaseId, RequirementId};
use super::sentence::Sentence;
use crate::trace::Class;

/// The role that a case judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A server: it listens, and answers.
    Server,
    /// A client: it connects, and is typed into.
    Client,
    /// A codec: it decodes a stream, and encodes payloads.
    Codec,
}

impl Role {
    /// The name used in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Codec => "codec",
        }
    }
}

/// The description of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseInfo {
    /// A slug that never changes: `frm/two`.
    pub id: CaseId,
    /// The role that it judges.
    pub role: Role,
    /// The title: what must be done, in one line.
    pub title: Sentence,
    /// The requirements that it shows, the foremost first.
    pub requirements: Vec<RequirementId>,
    /// The lowest class that owes it.
    pub class: Class,
    /// True if the user knows that the case fails: its failures cost no budget, so that they never keep another
    /// case from being run.
    pub expected_to_fail: bool,
}

impl CaseInfo {
    /// A case that stands in the program's text.
    #[must_use]
    pub fn new(
        role: Role,
        id: &'static str,
        title: &str,
        requirements: &[&'static str],
        class: Class,
    ) -> Self {
        Self {
            id: CaseId::new(id),
            role,
            title: title.into(),
            requirements: requirements
                .iter()
                .copied()
                .map(RequirementId::new)
                .collect(),
            class,
            expected_to_fail: false,
        }
    }

    /// True if the case shows a requirement.
    #[must_use]
    pub fn shows(&self, requirement: &str) -> bool {
        self.requirements.iter().any(|id| *id == requirement)
    }
}

/// Anything that is a case, and can be listed and chosen.
pub trait Described {
    /// The description of the case.
    fn info(&self) -> &CaseInfo;

    /// True if a subject of this class owes the case.
    fn owed_by(&self, class: Class) -> bool {
        self.info().class <= class
    }

    /// Number of checks of the case: one for each segmentation.
    fn checks(&self) -> usize;
}
