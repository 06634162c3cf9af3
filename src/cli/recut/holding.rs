//! Recordings that are held one after the other, and the report of all of them.

use crate::cli::Failure;
use crate::cli::ended::Ended;
use crate::cli::judging::{INTERRUPTED, Judged, Judging};
use crate::cli::progress::Progress;
use crate::judge::check::{Check, Verdict};
use crate::recut::finding::Finding;
use crate::recut::learn::Options;
use crate::recut::run::{Recording, Unjudged, run};
use crate::recut::subject::Subject;
use crate::recut::variation::Variation;
use crate::report::{Report, recut};

/// The outcome of all recordings.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    findings: Vec<Finding>,
    pub(super) notes: Vec<String>,
    /// The reason why they were not judged to the end.
    pub(super) unjudged: Option<String>,
}

impl Outcome {
    /// Nothing was judged.
    pub(super) fn unjudged(why: String) -> Self {
        Self {
            unjudged: Some(why),
            ..Self::default()
        }
    }

    /// True if all was judged, and no cut makes a difference.
    pub(super) fn is_green(&self) -> bool {
        let is_bad = |one: &Finding| matches!(one.check.verdict, Verdict::Fail | Verdict::Flaky);
        self.unjudged.is_none() && !self.findings.iter().any(is_bad)
    }

    /// Reports it.
    pub(super) fn report(
        &self,
        judging: &Judging,
        judged: &Judged<'_>,
        segmentation: &'static str,
    ) -> Result<Ended, Failure> {
        let (findings, notes) = (&self.findings, &self.notes);
        let checks: Vec<Check> = findings.iter().map(|one| one.check.clone()).collect();
        let text = |report: &Report<'_>| recut::as_text(report, findings, notes);
        let json = |report: &Report<'_>| recut::as_json(report, judging.shard(), findings, notes);
        let unjudged = self.unjudged.as_deref();
        judging.report_as(judged, segmentation, (&checks, unjudged), &text, &json)
    }
}

/// Holds all recordings. The `last_words` of a subject that cannot be judged are shown.
pub(super) fn hold<S: Subject>(
    subject: &mut S,
    planned: &[(&Recording, Vec<Variation>)],
    options: &Options,
    progress: &mut Progress,
    last_words: impl Fn(&S) -> String,
) -> Outcome {
    let options = &Options {
        interrupted: Some(progress.interrupted()),
        ..options.clone()
    };
    let mut outcome = Outcome::default();
    for (recording, variations) in planned {
        if variations.is_empty() {
            continue;
        }
        let judged = run(subject, recording, variations, options, progress);
        let named = |note| match planned.len() {
            1 => note,
            _ => format!("{}: {note}", recording.name),
        };
        outcome.findings.extend(judged.findings);
        outcome.notes.extend(judged.notes.into_iter().map(named));
        if let Some(stopped) = judged.stopped {
            outcome.unjudged = Some(match stopped {
                Unjudged::Interrupted => INTERRUPTED.to_owned(),
                Unjudged::Because(why) => {
                    format!("{}: {why}{}", recording.name, last_words(subject))
                }
            });
            break;
        }
    }
    outcome
}
