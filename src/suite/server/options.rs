//! The options of a run against a server.

use std::time::Duration;

use crate::framing::Framing;
use crate::suite::effort::Effort;
use crate::trace::Class;

/// The options of a run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The class that the server claims.
    pub class: Class,
    /// The framing that it speaks; any but the article's is for class `framing`.
    pub framing: Framing,
    /// Its limit on payloads in octets, if it declares one (FRM-7).
    pub max_payload: Option<u32>,
    /// Its limit on concurrent sessions, if it declares one (SES-9).
    pub max_sessions: Option<usize>,
    /// Time limit of a wait for a busy program.
    pub timeout: Duration,
    /// Effort that the run makes.
    pub effort: Effort,
    /// Number of conversations that go on side by side; as many as the opening calls for unless given.
    pub jobs: Option<usize>,
    /// True if the run stops at the first failure that is not known.
    pub fail_fast: bool,
}

impl Options {
    /// The limit on payloads that is declared, by itself or by the framing.
    pub(super) fn limit(&self) -> Option<u32> {
        let framed = || {
            let declared = self.framing.declared_max_payload();
            let declared = declared.filter(|_| !self.framing.is_chained())?;
            u32::try_from(declared).ok()
        };
        self.max_payload.or_else(framed)
    }
}
