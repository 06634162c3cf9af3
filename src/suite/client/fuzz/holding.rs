//! Holding conversations: hastily to look for failures, patiently to confirm one.

use super::played::play;
use super::script::Script;
use super::told::conversation;
use crate::judge::error::RunError;
use crate::judge::shrinking::Fuzzable;
use crate::suite::client::driver::{Habits, NotPassed, Stage, Wrong};
use crate::suite::client::patience::patience;
use crate::suite::client::symptom::Symptom;
use crate::suite::fuzz::found::Suspect;
use crate::testee::launch::Template;

/// A wait for what does not come is short at first; only what is confirmed was waited for.
pub(super) const HASTY: u32 = 16;

/// The waits of the confirming runs.
const PATIENT: [u32; 2] = [4, 0];

/// A client that is started for each conversation, and their number so far.
pub(super) struct Holding<'r> {
    pub(super) template: &'r Template,
    pub(super) habits: &'r Habits,
    pub(super) held: usize,
}

impl Holding<'_> {
    /// Has the conversation of a script once; the suspect, if it fails.
    pub(super) fn judge(
        &mut self,
        script: Script,
        waits: u32,
    ) -> Result<Option<Suspect<Script>>, RunError> {
        self.held += 1;
        let held = conversation(&script);
        let patience = patience(self.template, waits);
        let mut stage = Stage::set(self.template, self.habits, patience)?;
        match play(&mut stage, &held.trace, held.segmentation) {
            Err(NotPassed::Failed(wrong)) => Ok(Some(suspect(script, *wrong))),
            Err(NotPassed::NotStarted(error)) => Err(error.into()),
            _ => Ok(None),
        }
    }
}

pub(super) fn suspect(script: Script, wrong: Wrong) -> Suspect<Script> {
    let mut conversation = conversation(&script);
    if let Some(broken) = wrong.diagnosis.requirement {
        conversation.trace.requirements = vec![broken.to_owned()];
    }
    Suspect {
        conversation,
        draft: script,
        kind: kind(wrong.symptom),
        at_once: kind(wrong.symptom),
        akin: false,
        message: wrong.message,
        evidence: wrong.evidence,
    }
}

const fn kind(symptom: Symptom) -> &'static str {
    match symptom {
        Symptom::NotShown => "not-shown",
        Symptom::ShownAllTheSame => "shown-all-the-same",
        Symptom::Silent => "silent",
        Symptom::ClosedInstead => "closed-instead",
        Symptom::SentMore => "sent-more",
        Symptom::NotClosed => "not-closed",
        Symptom::OtherHeader => "other-header",
        Symptom::Other => "other",
    }
}

impl Fuzzable for Holding<'_> {
    type Suspect = Suspect<Script>;
    type Input = Script;
    type Error = RunError;

    fn held(&self) -> usize {
        self.held
    }

    fn confirm(&mut self, seen: &Suspect<Script>) -> Result<Option<Suspect<Script>>, RunError> {
        let mut confirmed = None;
        for waits in PATIENT {
            confirmed = self.judge(seen.draft.clone(), waits)?;
            if confirmed
                .as_ref()
                .is_none_or(|again| again.kind != seen.kind)
            {
                return Ok(None);
            }
        }
        Ok(confirmed)
    }

    fn still_shows(
        &mut self,
        script: &Script,
        like: &Suspect<Script>,
    ) -> Result<Option<Suspect<Script>>, RunError> {
        let shown = self.judge(script.clone(), HASTY)?;
        Ok(shown.filter(|shown| shown.kind == like.kind))
    }
}
