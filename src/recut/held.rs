//! The outcome of a conversation that was held, and its difference from what was learned.

use std::time::Duration;

use super::by_frames;
use super::pattern::Pattern;
use super::recorded::same_outcome;
use crate::framing::Framing;

/// The outcome of one conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// The answers: before anything was sent, and then to each turn. Fewer where the server closed.
    pub(crate) answers: Vec<Vec<u8>>,
    /// True if the server had closed at the end.
    pub(crate) closed: bool,
    /// True if it closed by a reset, which may have taken octets along.
    pub(crate) reset: bool,
    /// The end of the connection, in words.
    pub(crate) ended: String,
    /// The end of the server, in words, if it ended.
    pub(crate) died: Option<String>,
    /// The turn, from 0, that the server did not read to its end.
    pub(crate) not_read: Option<usize>,
    /// True if an answer had no end.
    pub(crate) flooded: bool,
    /// Number of octets that had come before the last piece of the last turn that was cut.
    pub(crate) early: usize,
    /// The answer that came only after more octets had been sent than it needs.
    pub(crate) held_back: Option<usize>,
    /// The turn, from 0, to which an answer began before all its octets had been sent.
    pub(crate) answered_early: Option<usize>,
    /// The longest time that a complete answer took, of the time that the server had.
    pub(crate) slowest: Duration,
    /// The longest time that the octets of one turn took to go out: on a loaded machine the server may have waited
    /// for the rest of a turn for longer than it does by right.
    pub(crate) inside: Duration,
    /// The time from the beginning of the conversation until its last octets had gone out: a server may limit the
    /// time of a whole connection by right.
    pub(crate) span: Duration,
    /// Octets that came while nothing was asked, each piece by itself.
    pub(crate) unasked: Vec<Vec<u8>>,
    /// Values that are carried over from answers into later octets.
    pub(crate) carried: Vec<Vec<u8>>,
}

/// The difference of an outcome from what was learned. Answers count from 0, the greeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Difference {
    /// The server ended.
    Died(String),
    /// Another answer came in the place of this one.
    Other {
        /// Its number.
        answer: usize,
    },
    /// An answer did not come, or not whole.
    Missing {
        /// Its number.
        answer: usize,
    },
    /// The server closed instead of answering.
    ClosedInstead {
        /// The number of the answer.
        answer: usize,
    },
    /// An answer that does not end.
    Endless {
        /// Its number.
        answer: usize,
    },
    /// The answer came only once more of the next turn had been sent.
    HeldBack {
        /// Its number.
        answer: usize,
    },
    /// All answers are right, and the server closes, which it does not uncut.
    Closed,
    /// All answers are right, and the server does not close, as it does uncut.
    LeftOpen,
    /// Afterwards the server does not serve the uncut conversation any more.
    Unwell,
    /// A frame that lies is answered as the frame that it was made from.
    AnsweredAnyway,
}

impl Difference {
    /// The answer that differs.
    pub(crate) const fn answer(&self) -> Option<usize> {
        match self {
            Self::Other { answer }
            | Self::Missing { answer }
            | Self::ClosedInstead { answer }
            | Self::HeldBack { answer }
            | Self::Endless { answer } => Some(*answer),
            _ => None,
        }
    }

    /// True if something was waited for that did not come, which takes its time.
    pub(crate) const fn took_time(&self) -> bool {
        matches!(
            self,
            Self::Missing { .. } | Self::HeldBack { .. } | Self::LeftOpen | Self::Endless { .. }
        )
    }
}

/// A difference, and the run that showed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) difference: Difference,
    pub(crate) held: Held,
}

/// Facts that were learned from uncut conversations.
#[derive(Debug, Clone)]
pub(crate) struct Learned {
    samples: Vec<Vec<Vec<u8>>>,
    /// The pattern of each answer, the greeting first.
    pub(crate) patterns: Vec<Pattern>,
    /// True if the server closes at the end; `None` where that varies.
    pub(crate) closes: Option<bool>,
    /// True if the server ends with the conversation by itself.
    pub(crate) dies: bool,
    /// Patterns of octets that come unasked, such as a heartbeat.
    unasked: Vec<Pattern>,
    /// The longest time that an answer took, of the time that the server had: a loaded machine changes no patience.
    pub(crate) slowest: Duration,
    /// Values that are carried over.
    pub(crate) carried: Vec<Vec<u8>>,
    /// The framing of the answers, where it is known.
    pub(crate) framing: Option<Framing>,
}

/// The most samples of an answer that are kept.
const SAMPLES: usize = 32;

impl Learned {
    /// Learns from uncut conversations, of which there is at least one.
    pub(crate) fn of(held: &[Held]) -> Self {
        let first = held.first().map_or(0, |held| held.answers.len());
        let mut learned = Self {
            samples: vec![Vec::new(); first],
            patterns: Vec::new(),
            closes: held.first().map(|held| held.closed),
            dies: held.iter().any(|held| held.died.is_some()),
            unasked: Vec::new(),
            slowest: Duration::ZERO,
            carried: Vec::new(),
            framing: None,
        };
        for held in held {
            learned.unasked.extend(
                held.unasked
                    .iter()
                    .map(|octets| Pattern::of(&[octets, octets])),
            );
        }
        learned.fold_unasked(held);
        for held in held {
            learned.add(held);
        }
        learned
    }

    /// Units that come unasked and vary are one pattern.
    fn fold_unasked(&mut self, held: &[Held]) {
        let units: Vec<&[u8]> = held
            .iter()
            .flat_map(|held| held.unasked.iter().map(Vec::as_slice))
            .collect();
        self.unasked.dedup();
        if self.unasked.len() > 1 {
            let folded = Pattern::of(&units);
            if !folded.is_loose() {
                self.unasked = vec![folded];
            }
        }
    }

    /// The same, with answers divided by this framing.
    pub(crate) fn divided(mut self, framing: Option<&Framing>) -> Self {
        self.framing = framing.cloned();
        self.find_patterns();
        self
    }

    fn find_patterns(&mut self) {
        let framing = self.framing.as_ref();
        self.patterns = self
            .samples
            .iter()
            .map(|samples| {
                let samples: Vec<&[u8]> = samples.iter().map(Vec::as_slice).collect();
                framing
                    .and_then(|framing| by_frames::pattern(framing, &samples))
                    .unwrap_or_else(|| Pattern::of(&samples))
            })
            .collect();
    }

    /// Learns from one more uncut conversation.
    pub(crate) fn add(&mut self, held: &Held) {
        for (place, samples) in self.samples.iter_mut().enumerate() {
            let came = held
                .answers
                .get(place)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let came = without(&self.unasked, came);
            if samples.contains(&came) {
                continue;
            }
            if samples.len() >= SAMPLES {
                samples.remove(1);
            }
            samples.push(came);
        }
        self.find_patterns();
        if self.closes != Some(held.closed) {
            self.closes = None;
        }
        self.slowest = self.slowest.max(held.slowest);
        for carried in &held.carried {
            if !self.carried.contains(carried) {
                self.carried.push(carried.clone());
            }
        }
    }

    /// Learns from a conversation that differed once and never again, if all that differs are values
    /// of answers that vary in any case. False if there is more to it.
    pub(crate) fn absorb(&mut self, held: &Held) -> bool {
        if held.died.is_some()
            || held.held_back.is_some()
            || self.closes.is_some_and(|closes| closes != held.closed)
            || held.answers.len() != self.patterns.len()
        {
            return false;
        }
        for (answer, came) in held.answers.iter().enumerate() {
            if self.is_answer(answer, came) {
                continue;
            }
            if self.patterns[answer].varies().is_empty() || !same_outcome(self.sample(answer), came)
            {
                return false;
            }
        }
        let mut wider = self.clone();
        wider.add(held);
        let loosens =
            |(before, after): (&Pattern, &Pattern)| after.is_loose() && !before.is_loose();
        if self.patterns.iter().zip(&wider.patterns).any(loosens) {
            return false;
        }
        *self = wider;
        true
    }

    /// True if a conversation is not as learned, and another is like it: where an answer of either is not known, both
    /// have more in common there than a beginning and an end.
    pub(crate) fn are_alike(&self, one: &Held, other: &Held) -> bool {
        let plain = |held: &Held| {
            held.died.is_none()
                && held.held_back.is_none()
                && !held.flooded
                && held.closed == one.closed
        };
        let alike = |answer: usize| {
            let (one, other) = (&one.answers[answer], &other.answers[answer]);
            self.is_answer(answer, one) && self.is_answer(answer, other)
                || !one.is_empty() && !Pattern::of(&[one, other]).is_loose()
        };
        plain(one)
            && plain(other)
            && one.answers.len() == other.answers.len()
            && self.difference(one).is_some()
            && (0..one.answers.len()).all(alike)
    }

    /// The facts about the conversation without some turns. Where the server closes before the last of them, there
    /// are fewer answers than turns.
    pub(crate) fn without_turns(&self, from: usize, to: usize, drops_last: bool) -> Self {
        let mut learned = self.clone();
        let end = learned.patterns.len().min(to + 1);
        let begin = end.min(from + 1);
        learned.samples.drain(begin..end);
        learned.patterns.drain(begin..end);
        if drops_last {
            learned.closes = Some(false);
        }
        learned
    }

    /// An answer as it was learned first.
    pub(crate) fn sample(&self, answer: usize) -> &[u8] {
        self.samples
            .get(answer)
            .and_then(|samples| samples.first())
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// Samples of an answer, each of another length, `most` of them at the most.
    pub(super) fn of_each_length(&self, answer: usize, most: usize) -> Vec<&[u8]> {
        let mut found: Vec<&[u8]> = Vec::new();
        for sample in self.samples.get(answer).into_iter().flatten() {
            let known = found.iter().any(|other| other.len() == sample.len());
            if !known && found.len() < most {
                found.push(sample);
            }
        }
        found
    }

    /// True if the octets are this answer, whole.
    pub(crate) fn is_answer(&self, answer: usize, octets: &[u8]) -> bool {
        self.patterns.get(answer).is_some_and(|pattern| {
            pattern.matches(octets)
                || !self.unasked.is_empty() && pattern.matches(&without(&self.unasked, octets))
        })
    }

    /// The difference from what was learned, if any.
    pub(crate) fn difference(&self, held: &Held) -> Option<Difference> {
        if let Some(died) = held.died.as_ref().filter(|_| !self.dies) {
            return Some(Difference::Died(died.clone()));
        }
        for answer in 0..self.patterns.len() {
            let came = held
                .answers
                .get(answer)
                .map(Vec::as_slice)
                .unwrap_or_default();
            if self.is_answer(answer, came) {
                continue;
            }
            let is_last = answer + 1 >= held.answers.len();
            return Some(if held.flooded && is_last {
                Difference::Endless { answer }
            } else if self.is_incomplete(answer, came) {
                if held.closed && is_last {
                    Difference::ClosedInstead { answer }
                } else {
                    Difference::Missing { answer }
                }
            } else {
                Difference::Other { answer }
            });
        }
        if let Some(answer) = held.held_back {
            return Some(Difference::HeldBack { answer });
        }
        match (self.closes, held.closed) {
            (Some(false), true) => Some(Difference::Closed),
            (Some(true), false) => Some(Difference::LeftOpen),
            _ => None,
        }
    }

    /// True if the octets are the beginning of this answer, or if there are none.
    fn is_incomplete(&self, answer: usize, came: &[u8]) -> bool {
        came.is_empty() || self.patterns[answer].agrees_until(came) == came.len()
    }

    /// True if this answer did not come, or only a part of it. A part of an answer that varies does not count: more
    /// octets could make it another right answer.
    pub(crate) fn is_missing(&self, answer: usize, came: &[u8]) -> bool {
        let Some(pattern) = self.patterns.get(answer) else {
            return false;
        };
        !self.is_answer(answer, came)
            && (came.is_empty() || pattern.varies().is_empty() && self.is_incomplete(answer, came))
    }

    /// True if no further octets can complete the octets that came to this answer.
    pub(crate) fn is_beyond_help(&self, answer: usize, came: &[u8]) -> bool {
        self.unasked.is_empty()
            && self
                .patterns
                .get(answer)
                .is_some_and(|pattern| pattern.agrees_until(came) < came.len())
    }

    /// The offset of the first octet in which an answer differs.
    pub(crate) fn differs_at(&self, answer: usize, came: &[u8]) -> usize {
        let pattern = self.patterns.get(answer);
        pattern.map_or(0, |pattern| pattern.agrees_until(came))
    }

    /// The answers in joined octets, one after the other, as far as they can be told apart.
    pub(crate) fn split(
        &self,
        answers: std::ops::RangeInclusive<usize>,
        octets: &[u8],
    ) -> Vec<Vec<u8>> {
        let (first, last) = answers.into_inner();
        let mut rest = octets;
        let mut split = Vec::new();
        for answer in first..last {
            let follow = (answer + 1..=last)
                .map(|next| self.patterns[next].clone())
                .reduce(|before, next| before.then(&next));
            let ends = self.patterns[answer].ends(rest);
            let fits = |end: &&usize| {
                let follow = follow.as_ref();
                follow.is_none_or(|follow| follow.matches(&rest[**end..]))
            };
            let end = ends.iter().find(fits).or(ends.last()).copied();
            // An answer that the next does not follow takes all that it can; an answer that is not found, all that is
            // left.
            let end = end.unwrap_or(rest.len());
            split.push(rest[..end].to_vec());
            rest = &rest[end..];
        }
        split.push(rest.to_vec());
        split
    }

    /// True if the octets are these answers, one after the other.
    pub(crate) fn are_answers(
        &self,
        answers: std::ops::RangeInclusive<usize>,
        octets: &[u8],
    ) -> bool {
        let joined = answers
            .map(|answer| self.patterns[answer].clone())
            .reduce(|before, next| before.then(&next));
        joined.is_some_and(|joined| {
            joined.matches(octets)
                || !self.unasked.is_empty() && joined.matches(&without(&self.unasked, octets))
        })
    }

    /// True if nothing was ever answered.
    pub(crate) fn is_silent(&self) -> bool {
        self.samples
            .iter()
            .all(|samples| samples.iter().all(Vec::is_empty))
    }

    /// The octets without those that come unasked.
    pub(super) fn asked(&self, octets: &[u8]) -> Vec<u8> {
        without(&self.unasked, octets)
    }
}

/// The octets without those that come unasked.
fn without(unasked: &[Pattern], octets: &[u8]) -> Vec<u8> {
    let mut rest = octets;
    let mut out = Vec::with_capacity(octets.len());
    while let Some(octet) = rest.first() {
        let end = unasked
            .iter()
            .filter_map(|unit| unit.ends(rest).pop())
            .find(|end| *end > 0);
        match end {
            Some(end) => rest = &rest[end..],
            None => {
                out.push(*octet);
                rest = &rest[1..];
            }
        }
    }
    out
}

#[cfg(test)]
pub(super) mod tests;
