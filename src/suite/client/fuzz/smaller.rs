//! Shrinking a finding: exchanges first, what is in them, then the cuts.

use super::holding::Holding;
use super::script::{Exchange, Script};
use crate::judge::error::RunError;
use crate::judge::shrinking::{Shrinking, minimise};
use crate::suite::fuzz::draft::Cutting;
use crate::suite::fuzz::found::Suspect;
use crate::trace::segmentation::Segmentation;

/// Most conversations that go into one finding: each takes a process.
const RUNS: usize = 80;

/// Makes a confirmed finding smaller. What comes out was confirmed again.
pub(super) fn shrink(
    holding: &mut Holding<'_>,
    found: Suspect<Script>,
) -> Result<Suspect<Script>, RunError> {
    let mut shrinking = Shrinking::new(holding, found, RUNS);
    shrinking.plainer()?;
    shrinking.exchanges()?;
    shrinking.insides()?;
    shrinking.places()?;
    shrinking.ended()
}

impl Shrinking<'_, Holding<'_>> {
    fn with(&mut self, change: impl FnOnce(&mut Script)) -> Result<bool, RunError> {
        let mut script = self.least.draft.clone();
        change(&mut script);
        Ok(script != self.least.draft && self.keep(&script)?)
    }

    /// No cut, and no wrong reply.
    fn plainer(&mut self) -> Result<(), RunError> {
        self.with(|script| script.cutting = Cutting::Named(Segmentation::Apart))?;
        self.with(|script| {
            if !script.exchanges.is_empty() {
                script.spoilt = None;
            }
        })?;
        Ok(())
    }

    fn exchanges(&mut self) -> Result<(), RunError> {
        if self.least.draft.spoilt.is_some() {
            self.with(|script| script.exchanges.clear())?;
        }
        minimise(self.least.draft.exchanges.clone(), &mut |exchanges| {
            self.with(|script| script.exchanges = exchanges.to_vec())
        })
    }

    /// Shorter texts and files.
    fn insides(&mut self) -> Result<(), RunError> {
        for place in 0..self.least.draft.exchanges.len() {
            match self.least.draft.exchanges[place].clone() {
                Exchange::Line { typed, text } => {
                    let with = |typed: &[char], text: &[char]| Exchange::Line {
                        typed: typed.iter().collect(),
                        text: text.iter().collect(),
                    };
                    let plain: Vec<char> = "a".chars().collect();
                    let (typed, text): (Vec<char>, Vec<char>) =
                        (typed.chars().collect(), text.chars().collect());
                    self.with(|script| script.exchanges[place] = with(&typed, &plain))?;
                    self.with(|script| script.exchanges[place] = with(&plain, &plain))?;
                    minimise(typed, &mut |typed| {
                        self.with(|script| {
                            if let Exchange::Line { typed: old, .. } = &mut script.exchanges[place]
                                && old.chars().count() > typed.len()
                                && !is_command(typed)
                            {
                                *old = typed.iter().collect();
                            }
                        })
                    })?;
                    minimise(text, &mut |text| {
                        self.with(|script| {
                            if let Exchange::Line { text: old, .. } = &mut script.exchanges[place]
                                && old.chars().count() > text.len()
                            {
                                *old = text.iter().collect();
                            }
                        })
                    })?;
                }
                Exchange::File { content, .. } => {
                    let short = Exchange::File {
                        name: "b".to_owned(),
                        content: content.clone(),
                    };
                    self.with(|script| script.exchanges[place] = short)?;
                    minimise(content, &mut |content| {
                        self.with(|script| {
                            if let Exchange::File { content: old, .. } =
                                &mut script.exchanges[place]
                            {
                                *old = content.to_vec();
                            }
                        })
                    })?;
                }
            }
        }
        Ok(())
    }

    fn places(&mut self) -> Result<(), RunError> {
        let Cutting::Places(places) = self.least.draft.cutting.clone() else {
            return Ok(());
        };
        minimise(places, &mut |places| {
            self.with(|script| script.cutting = Cutting::Places(places.to_vec()))
        })
    }
}

fn is_command(typed: &[char]) -> bool {
    let typed: String = typed.iter().collect();
    matches!(typed.as_str(), "q" | "Q" | "file" | "FILE")
}
