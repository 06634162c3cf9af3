//! Turns that are answered as recorded in several pieces, and not in one.
//!
//! A recording has what a client sent up to the next answer as one turn. A server that loses what follows a message
//! in the same read does not answer such a turn at all, where the client wrote its messages apart. Nothing could be
//! compared with that. So the places where the turn has to go apart are searched for, and a turn that cannot go in
//! one piece is a finding.

use std::time::Duration;

use super::held::Held;
use super::learn::{Known, Options, learn};
use super::recorded::is_as_recorded;
use super::subject::{Subject, Talk};
use super::turn::{Conversation, Turn};
use super::variation::{Variation, interesting};
use crate::framing::{Framing, guess};
use crate::judge::shrinking::minimise;
use crate::testee::wait::Patience;

/// The time that a server sleeps before its answer is taken for complete.
const REST: Duration = Duration::from_millis(100);

/// The most octets of a turn that is tried one octet at a time.
const OCTETS_UP_TO: usize = 16 * 1024;

/// The most single places of a turn that are tried.
const SINGLES: usize = 48;

/// The most conversations that go into making the places of a turn few.
const RUNS_FOR_FEW: usize = 60;

/// Learns a conversation, whose turns go apart where they have to.
///
/// # Errors
/// The reason why it cannot be replayed, in a sentence.
pub(super) fn learned(
    subject: &mut dyn Subject,
    conversation: &Conversation,
    options: &Options,
) -> Result<(Conversation, Known), String> {
    let why = match learn(subject, conversation, options) {
        Ok(known) => return Ok((conversation.clone(), known)),
        Err(why) => why,
    };
    let Some(apart) = find(subject, conversation, options)? else {
        return Err(why);
    };
    let known = learn(subject, &apart, options).map_err(|_| why)?;
    Ok((apart, known))
}

/// The variations, and before them each turn in one piece that has to go apart, whichever variations are wanted: the
/// turn in one piece is what the client sent.
pub(super) fn with_whole_turns(
    variations: &[Variation],
    conversation: &Conversation,
) -> Vec<Variation> {
    let turns = conversation.turns.iter().enumerate();
    let whole = turns.filter(|(_, here)| !here.apart.is_empty());
    let whole = whole.map(|(turn, _)| Variation::Whole { turn });
    let others = |whole: &Vec<Variation>| {
        let others = variations.iter().filter(|one| !whole.contains(one));
        others.cloned().collect::<Vec<_>>()
    };
    let mut all: Vec<Variation> = whole.collect();
    all.extend(others(&all));
    all
}

/// True if a variation is about a turn that makes a difference in one piece already: other cuts and joins there have
/// pieces of the same kind.
pub(super) fn is_spoilt(variation: &Variation, mut spoilt: impl Iterator<Item = usize>) -> bool {
    match variation {
        Variation::Cut { turn, .. } => spoilt.any(|one| one == *turn),
        Variation::Join { first, last, .. } => spoilt.any(|one| (*first..=*last).contains(&one)),
        Variation::Octets | Variation::Every { .. } | Variation::Pauses => spoilt.next().is_some(),
        _ => false,
    }
}

/// The conversation with its turns in as many pieces as they need to be answered as they were recorded; `None` where
/// no turn needs any, or no pieces help.
///
/// # Errors
/// The subject cannot be talked to any more.
fn find(
    subject: &mut dyn Subject,
    conversation: &Conversation,
    options: &Options,
) -> Result<Option<Conversation>, String> {
    let mut search = Search {
        subject,
        options,
        held: 0,
        reset: false,
    };
    let mut found = conversation.clone();
    let mut next = 0;
    while let Some(turn) = search.first_wrong(&found)? {
        // A reset takes replies along that the server had sent.
        if turn < next || search.reset {
            return Ok(None);
        }
        let Some(places) = search.places(&found, turn)? else {
            return Ok(None);
        };
        found.turns[turn].apart = places;
        next = turn + 1;
    }
    Ok((found != *conversation).then_some(found))
}

struct Search<'s> {
    subject: &'s mut dyn Subject,
    options: &'s Options,
    /// Number of conversations held.
    held: usize,
    /// True if the last conversation ended with a reset.
    reset: bool,
}

impl Search<'_> {
    /// The first turn that is not answered as it was recorded.
    fn first_wrong(&mut self, conversation: &Conversation) -> Result<Option<usize>, String> {
        let held = self.hold(conversation)?;
        let wrong = |turn: &usize| {
            let came = held.answers.get(turn + 1).map(Vec::as_slice);
            !is_as_recorded(conversation.answer(turn + 1), came.unwrap_or_default())
        };
        Ok((0..conversation.turns.len()).find(wrong))
    }

    fn hold(&mut self, conversation: &Conversation) -> Result<Held, String> {
        if self.options.is_interrupted() {
            return Err("interrupted".to_owned());
        }
        if self.options.fresh && self.subject.can_refresh() {
            self.subject.refresh()?;
        }
        self.held += 1;
        let held = self.subject.hold(&Talk {
            conversation,
            variation: &Variation::Uncut,
            learned: None,
            hints: &[],
            patience: Patience {
                idle: REST,
                busy: self.options.timeout,
            },
            carry: self.options.carry,
            linger: None,
            rest: Some(REST),
        })?;
        self.reset = held.reset;
        if held.died.is_some() && self.subject.can_refresh() {
            self.subject.refresh()?;
        }
        Ok(held)
    }

    /// Places, few of them, at which a turn goes apart to be answered as it was recorded.
    fn places(
        &mut self,
        conversation: &Conversation,
        turn: usize,
    ) -> Result<Option<Vec<usize>>, String> {
        let mut begun = conversation.clone();
        begun.turns.truncate(turn + 1);
        begun.closes = false;
        let sent = begun.turns[turn].sent.clone();
        let mut helps = |search: &mut Self, places: &[usize]| {
            begun.turns[turn].apart = places.to_vec();
            Ok::<bool, String>(search.first_wrong(&begun)?.is_none())
        };
        for candidate in candidates(conversation, turn, self.options.framing.as_ref()) {
            if candidate.is_empty() || !helps(self, &candidate)? {
                continue;
            }
            let until = self.held + RUNS_FOR_FEW;
            let mut fewest = candidate.clone();
            minimise(candidate, &mut |places| {
                let helped = !places.is_empty() && self.held < until && helps(self, places)?;
                if helped {
                    fewest = places.to_vec();
                }
                Ok::<bool, String>(helped)
            })?;
            return Ok(Some(fewest));
        }
        // The octets after the last whole message are the likeliest to be lost.
        let singles = interesting(&sent).into_iter().rev();
        for place in singles.take(SINGLES) {
            if helps(self, &[place])? {
                return Ok(Some(vec![place]));
            }
        }
        Ok(None)
    }
}

/// Sets of places that a client may well have written apart: between frames, and everywhere.
fn candidates(
    conversation: &Conversation,
    turn: usize,
    framing: Option<&Framing>,
) -> Vec<Vec<usize>> {
    let Turn { sent, .. } = &conversation.turns[turn];
    let mut candidates = Vec::new();
    let guessed = || {
        let streams: Vec<&[u8]> = conversation
            .turns
            .iter()
            .map(|turn| turn.sent.as_slice())
            .collect();
        Some(guess(&streams).into_iter().next()?.framing)
    };
    if let Some(framing) = framing.cloned().or_else(guessed) {
        candidates.push(between_frames(&framing, sent, turn == 0));
    }
    if sent.len() <= OCTETS_UP_TO {
        candidates.push((1..sent.len()).collect());
    }
    candidates
}

/// The places between the frames of a turn, up to the first octets that are not a frame.
fn between_frames(framing: &Framing, sent: &[u8], begins: bool) -> Vec<usize> {
    let split = if begins {
        framing.split(sent)
    } else {
        framing.split_mid(sent)
    };
    let ends = split.frames.iter().filter_map(|frame| {
        let (_, last) = frame.parts.last()?;
        (last.end < sent.len()).then_some(last.end)
    });
    ends.collect()
}

#[cfg(test)]
mod tests;
