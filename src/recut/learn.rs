//! Learning: the uncut conversation, held until it is known what its answers are like.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::held::{Held, Learned};
use super::recorded::same_outcome;
use super::subject::{Linger, Subject, Talk, Words};
use super::turn::Conversation;
use super::variation::Variation;
use crate::framing::Framing;
use crate::testee::wait::Patience;

/// Length of a silence in one of the uncut runs, so that a clock that counts seconds shows, and octets that come
/// unasked.
pub(super) const LINGER: Duration = Duration::from_millis(1_050);

/// Time that a server is idle before an answer of unknown length is complete.
const IDLE: Duration = Duration::from_millis(300);

/// Options of the judging of a conversation.
#[derive(Debug, Clone)]
pub struct Options {
    /// Time limit of the wait for a busy server.
    pub timeout: Duration,
    /// A fresh server for each conversation.
    pub fresh: bool,
    /// True if values are carried over from answers into later octets.
    pub carry: bool,
    /// True if a conversation without any answer is judged.
    pub silent: bool,
    /// The framing of the streams, where it is known; else a recording may say so.
    pub framing: Option<Framing>,
    /// A flag that is set when the run is to end: no further conversation is held then.
    pub interrupted: Option<Arc<AtomicBool>>,
}

impl Options {
    /// True if the run is to end.
    pub(super) fn is_interrupted(&self) -> bool {
        let set = |flag: &Arc<AtomicBool>| flag.load(Ordering::Relaxed);
        self.interrupted.as_ref().is_some_and(set)
    }
}

#[cfg(test)]
impl Options {
    /// Options of a run that is told nothing but its time limit.
    pub(super) const fn untold(timeout: Duration) -> Self {
        Self {
            timeout,
            fresh: false,
            carry: false,
            silent: false,
            framing: None,
            interrupted: None,
        }
    }
}

/// Facts about a conversation before it is cut.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) learned: Learned,
    /// True if each conversation needs a fresh server.
    pub(crate) fresh: bool,
    /// Notes that are worth knowing, a sentence each.
    pub(crate) notes: Vec<String>,
}

/// Holds the uncut conversation until it is known what its answers are like.
///
/// # Errors
/// The reason why it cannot be replayed, in a sentence.
pub(crate) fn learn(
    subject: &mut dyn Subject,
    conversation: &Conversation,
    options: &Options,
) -> Result<Known, String> {
    let numbers = 0..=conversation.turns.len();
    let answers = numbers.filter(|number| conversation.answer(*number).is_some());
    let words = subject.words();
    let who = words.who;
    if answers.count() == 0 && !options.silent {
        return Err(format!(
            "the recording has no answer, and two runs that say nothing prove nothing; with --silent it is \
            judged by the end of the connection and by the {who}'s health"
        ));
    }
    let mut runs = Runs {
        subject,
        conversation,
        options,
        hints: Vec::new(),
    };
    let (held, fresh, mut notes) = runs.hold()?;
    let learned = Learned::of(&held).divided(options.framing.as_ref());
    if learned.is_silent() && !options.silent {
        return Err(format!(
            "the {who} {} nothing, uncut: there is nothing to compare",
            words.says
        ));
    }
    as_recorded(conversation, &held, &words)?;
    notes.extend(varies(&learned));
    Ok(Known {
        learned,
        fresh,
        notes,
    })
}

struct Runs<'r> {
    subject: &'r mut dyn Subject,
    conversation: &'r Conversation,
    options: &'r Options,
    /// The answers of the first run.
    hints: Vec<Vec<u8>>,
}

impl Runs<'_> {
    /// The uncut runs that agree, and whether each conversation needs a fresh server.
    fn hold(&mut self) -> Result<(Vec<Held>, bool, Vec<String>), String> {
        let first = self.uncut(None)?;
        self.complete(&first)?;
        self.hints.clone_from(&first.answers);
        let dies = first.died.is_some();
        if dies && !self.subject.can_refresh() {
            return Err(
                "the server is gone after one conversation; start it by a command".to_owned(),
            );
        }
        if self.options.fresh || dies {
            return self.all_fresh(first);
        }
        let again = self.uncut(Some(self.before_the_last()))?;
        if self.subject.can_refresh() {
            self.subject.refresh()?;
        }
        let last = self.uncut(None)?;
        let agree = |one: &Held, other: &Held| agree(one, other, self.options.framing.as_ref());
        let shares = agree(&first, &again);
        if shares && agree(&first, &last) {
            return Ok((vec![first, again, last], false, Vec::new()));
        }
        if self.subject.can_refresh() && agree(&first, &last) {
            let (mut held, ..) = self.all_fresh(first)?;
            // A server that has ended by the time of the next conversation does so after each.
            let note = if again.died.is_some() {
                held[0].died = again.died;
                "the server ends after one conversation, so each has a fresh one"
            } else {
                "a second conversation on one server is answered otherwise, so each has a fresh one"
            };
            return Ok((held, true, vec![note.to_owned()]));
        }
        if !self.subject.can_refresh() && agree(&again, &last) {
            let more = self.uncut(None)?;
            self.complete(&more)?;
            let note = "the first conversation was answered otherwise than all later ones: it was left out";
            return Ok((vec![again, last, more], false, vec![note.to_owned()]));
        }
        let words = self.subject.words();
        for held in [&again, &last] {
            self.complete(held)?;
            if held.closed != first.closed {
                return Err(format!(
                    "uncut, the {} {} at the end of one conversation and not of another; {}",
                    words.who, words.closed, words.advice
                ));
            }
        }
        // The answers are whole, and have nothing but a beginning and an end in common.
        Ok((vec![first, again, last], false, Vec::new()))
    }

    /// Runs that have a fresh server each.
    fn all_fresh(&mut self, first: Held) -> Result<(Vec<Held>, bool, Vec<String>), String> {
        let mut held = vec![first];
        for linger in [Some(self.before_the_last()), None] {
            self.subject.refresh()?;
            let one = self.uncut(linger)?;
            self.complete(&one)?;
            held.push(one);
        }
        Ok((held, true, Vec::new()))
    }

    const fn before_the_last(&self) -> Linger {
        Linger {
            turn: self.conversation.turns.len().saturating_sub(1),
            inside: false,
            time: LINGER,
        }
    }

    fn uncut(&mut self, linger: Option<Linger>) -> Result<Held, String> {
        self.subject.hold(&Talk {
            conversation: self.conversation,
            variation: &Variation::Uncut,
            learned: None,
            hints: &self.hints,
            patience: Patience {
                idle: IDLE,
                busy: self.options.timeout,
            },
            carry: self.options.carry,
            linger,
            rest: None,
        })
    }

    /// Checks that every answer has come that the recording has.
    fn complete(&self, held: &Held) -> Result<(), String> {
        for number in 0..=self.conversation.turns.len() {
            let Some(answer) = self.conversation.answer(number) else {
                continue;
            };
            let is_empty = answer
                .octets
                .as_ref()
                .is_some_and(crate::trace::octets::Octets::is_empty);
            let came = held
                .answers
                .get(number)
                .is_some_and(|came| !came.is_empty());
            if !came && !is_empty {
                let words = self.subject.words();
                let (who, advice, ended) = (words.who, words.advice, &held.ended);
                let which = (words.which)(number, held.answers.len());
                let died = held
                    .died
                    .as_ref()
                    .map_or_else(String::new, |died| format!(", and the {who} ended {died}"));
                return Err(format!(
                    "uncut, {which} does not come ({ended}{died}); {advice}"
                ));
            }
        }
        Ok(())
    }
}

/// True if two uncut runs went the same way, apart from values that vary.
fn agree(one: &Held, other: &Held, framing: Option<&Framing>) -> bool {
    let unasked = Learned::of(&[one.clone(), other.clone()]).divided(framing);
    one.closed == other.closed
        && one.answers.len() == other.answers.len()
        && unasked.patterns.iter().all(|pattern| !pattern.is_loose())
}

/// Checks that the answers are those that were recorded, apart from values that vary: two runs that fail alike prove
/// nothing.
fn as_recorded(conversation: &Conversation, held: &[Held], words: &Words) -> Result<(), String> {
    let Some(first) = held.first() else {
        return Ok(());
    };
    for (number, came) in first.answers.iter().enumerate() {
        let recorded = conversation
            .answer(number)
            .and_then(|answer| answer.octets.as_ref());
        let Some(recorded) = recorded else {
            continue;
        };
        if !same_outcome(&recorded.to_vec(), came) {
            let which = (words.which)(number, first.answers.len());
            return Err(format!(
                "uncut, {which} is another one than was recorded: {} instead of {}; {}",
                shown(came),
                shown(&recorded.to_vec()),
                words.advice
            ));
        }
    }
    if conversation.closes && !first.closed {
        let (who, closes) = (words.who, words.closes);
        return Err(format!(
            "uncut, the {who} does not {closes} at the end, as it did when it was recorded"
        ));
    }
    Ok(())
}

/// The beginning of some octets, as text or in hexadecimal.
fn shown(octets: &[u8]) -> String {
    const MOST: usize = 48;
    let part = &octets[..octets.len().min(MOST)];
    let more = if part.len() < octets.len() { "…" } else { "" };
    let lossy = String::from_utf8_lossy(part);
    if super::token::is_text(part) {
        format!("{lossy:?}{more}")
    } else {
        format!("{}{more}", crate::trace::octets::to_hex(part))
    }
}

/// Notes on the values that vary from run to run, and on those that are carried over.
fn varies(learned: &Learned) -> Vec<String> {
    let mut notes = Vec::new();
    for (number, pattern) in learned.patterns.iter().enumerate() {
        let classes = pattern.varies();
        if !classes.is_empty() {
            let which = match number {
                0 => "the greeting".to_owned(),
                turn => format!("answer {turn}"),
            };
            notes.push(format!(
                "{which} varies from run to run: {}",
                classes.join(", ")
            ));
        }
    }
    for value in &learned.carried {
        notes.push(format!(
            "carried over from an answer into later octets: {}",
            shown(value)
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::super::program::Kind;
    use super::*;

    /// A subject that says nothing, and is spoken of in these words.
    struct Silent(fn() -> Words);

    impl Subject for Silent {
        fn hold(&mut self, _talk: &Talk<'_>) -> Result<Held, String> {
            Ok(Held {
                answers: vec![Vec::new(), Vec::new(), Vec::new()],
                ..Held::default()
            })
        }

        fn refresh(&mut self) -> Result<(), String> {
            Ok(())
        }

        fn can_refresh(&self) -> bool {
            false
        }

        fn words(&self) -> Words {
            (self.0)()
        }
    }

    /// Reasons why a conversation does not go uncut speak of the program that is judged, and of its other end.
    #[test]
    fn who_cannot_be_judged_is_named_with_the_advice_for_it() {
        let mut conversation = Conversation::default();
        conversation.sent(b"one");
        conversation.answered(b"1");
        let options = Options::untold(Duration::from_secs(1));
        for words in [Kind::Filter, Kind::Client].map(Kind::words) {
            let mut subject = Silent(match words.who {
                "client" => || Kind::Client.words(),
                _ => || Kind::Filter.words(),
            });
            let why = learn(&mut subject, &conversation, &options).unwrap_err();
            let which = (words.which)(1, 3);
            let expected = format!("uncut, {which} does not come (); {}", words.advice);
            assert_eq!(why, expected);
        }
    }
}
