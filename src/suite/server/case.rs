//! A case for servers: a golden trace, or one of the few that need code.

use super::bench::{Bench, NotPassed};
use crate::judge::case::{CaseInfo, Described, Role};
use crate::judge::id::{CaseId, RequirementId};
use crate::trace::segmentation::conversations;
use crate::trace::{Acceptable, Action, Class, Trace};

/// A case for servers.
#[derive(Debug, Clone)]
pub struct Case {
    /// Id, title, requirements and class.
    pub info: CaseInfo,
    /// The conversation or the code.
    pub(crate) body: Body,
}

/// The part of a case that is run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Body {
    /// A conversation as data.
    Trace(&'static Trace),
    /// Something that takes more than one conversation.
    Code(Code),
}

/// A case that needs code.
pub(crate) type Code = fn(&mut Bench<'_>) -> Result<(), NotPassed>;

/// A case that needs code, as the modules that have some list it.
pub(crate) struct Coded {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) requirements: &'static [&'static str],
    pub(crate) class: Class,
    pub(crate) run: Code,
}

impl Case {
    /// The case that is this trace.
    #[must_use]
    pub fn of(trace: &'static Trace) -> Self {
        let requirements = trace.requirements.iter().map(String::as_str);
        Self {
            info: CaseInfo {
                id: CaseId::new(&trace.id),
                role: Role::Server,
                title: trace.title.as_str().into(),
                requirements: requirements.map(RequirementId::new).collect(),
                class: trace.class(),
                expected_to_fail: false,
            },
            body: Body::Trace(trace),
        }
    }

    /// The conversation, if that is all there is to the case.
    #[must_use]
    pub const fn trace(&self) -> Option<&'static Trace> {
        match self.body {
            Body::Trace(trace) => Some(trace),
            Body::Code(_) => None,
        }
    }
}

impl From<&Coded> for Case {
    fn from(coded: &Coded) -> Self {
        let Coded {
            id,
            title,
            requirements,
            class,
            run,
        } = *coded;
        Self {
            info: CaseInfo::new(Role::Server, id, title, requirements, class),
            body: Body::Code(run),
        }
    }
}

impl Described for Case {
    fn info(&self) -> &CaseInfo {
        &self.info
    }

    /// A case that carries what is not text is for servers that do not read it.
    fn owed_by(&self, class: Class) -> bool {
        let reads_text = class >= Class::Session;
        self.info.class <= class
            && match self.body {
                // The extension's commands are text to a server that does not have it.
                Body::Trace(trace)
                    if class == Class::VerifiedTransfer
                        && trace.acceptable == Some(Acceptable::Extension) =>
                {
                    false
                }
                Body::Trace(trace) => {
                    !reads_text || self.info.class >= Class::Session || text_only(trace)
                }
                Body::Code(_) => true,
            }
    }

    fn checks(&self) -> usize {
        self.trace().map_or(1, |trace| conversations(trace).len())
    }
}

fn text_only(trace: &Trace) -> bool {
    trace.steps.iter().all(|step| match &step.action {
        Action::Deliver(payload) => std::str::from_utf8(&payload.to_vec()).is_ok(),
        _ => true,
    })
}
