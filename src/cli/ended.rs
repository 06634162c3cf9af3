//! The end of a run, for the program's exit status and for the summary of several runs.

use std::process::ExitCode;

use crate::judge::check::Summary;

/// The exit status of a run that came to its report, and how many checks got each verdict.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: u8,
    pub(super) counts: Summary,
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        Self::from(ended.status)
    }
}
