//! A program as the subject that is started for each conversation: a filter or a client.
//!
//! Since each conversation has a process of its own, several are held at a time, ahead of the judge, who
//! takes them in their order.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::ahead::Ahead;
use super::client;
use super::ended::Ended;
use super::filter::{self, Sight};
use super::held::Held;
use super::subject::{Subject, Talk, Words};
use super::turn::Conversation;
use super::variation::Variation;
use crate::testee::exit_status::status_in_words;
use crate::testee::launch::Template;
use crate::testee::wait::Patience;

/// The role of a program in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A filter reads standard input and writes what it makes of it.
    Filter,
    /// A client connects to us; we play the server.
    Client,
}

/// A program, started for each conversation.
#[derive(Debug)]
pub(crate) struct Program {
    kind: Kind,
    template: Template,
    plan: Vec<(Conversation, Vec<Variation>)>,
    jobs: usize,
    ahead: Option<Ahead>,
    /// Repetitions of a variation that differs.
    again: Option<Ahead>,
    /// The present time limits of waits for an answer that does not come. Once such a wait has timed out,
    /// conversations that are held ahead wait as little as the judge does.
    patience: Arc<Mutex<Option<Patience>>>,
    /// The number of times that a variation that differs will be repeated: as a rule, and where it takes its time.
    repeats: (usize, usize),
    /// An uncut conversation, and the exit status of the program after it.
    usual: Option<(Conversation, Option<i32>)>,
    sight: Arc<Mutex<Sight>>,
    stderr: String,
}

impl Program {
    /// `plan` is what will be asked for, in this order; `jobs` processes run at a time.
    pub(crate) fn new(
        kind: Kind,
        template: Template,
        plan: Vec<(Conversation, Vec<Variation>)>,
        jobs: usize,
    ) -> Self {
        Self {
            kind,
            template,
            plan,
            jobs,
            ahead: None,
            again: None,
            patience: Arc::default(),
            repeats: (0, 0),
            usual: None,
            sight: Arc::default(),
            stderr: String::new(),
        }
    }

    /// The observations of how the program reads.
    pub(crate) fn sight(&self) -> Sight {
        *self.sight.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The end of what the program wrote to standard error in the first uncut conversation.
    pub(crate) fn stderr(&self) -> &str {
        &self.stderr
    }

    /// A conversation that was held ahead, if it was.
    fn held_ahead(&mut self, talk: &Talk<'_>) -> Option<Result<Ended, String>> {
        talk.learned?;
        if talk.linger.is_some() {
            return None;
        }
        *self.patience.lock().unwrap_or_else(PoisonError::into_inner) = Some(talk.patience);
        let planned = self
            .plan
            .iter()
            .position(|(conversation, _)| conversation == talk.conversation)?;
        if let Some(again) = &mut self.again
            && again.number == planned
            && let Some(held) = again.take(talk.variation)
        {
            return Some(held);
        }
        if self
            .ahead
            .as_ref()
            .is_none_or(|ahead| ahead.number != planned)
        {
            let variations = self.plan[planned].1.clone();
            self.ahead = self.start(planned, variations, talk);
        }
        let held = self.ahead.as_mut()?.take(talk.variation)?;
        // The variation before has been confirmed, however many repetitions that took.
        self.again = None;
        if let Ok(ended) = &held {
            self.expect_again(planned, talk, &ended.held);
        }
        Some(held)
    }

    /// Holds these variations ahead.
    fn start(&self, planned: usize, variations: Vec<Variation>, talk: &Talk<'_>) -> Option<Ahead> {
        let conversation = self.plan[planned].0.clone();
        let (kind, template) = (self.kind, self.template.clone());
        let sight = Arc::clone(&self.sight);
        let (patience, carry) = (Arc::clone(&self.patience), talk.carry);
        let at_first = talk.patience;
        let learned = talk.learned?.clone();
        let hold = move |variation: &Variation| {
            let now = *patience.lock().unwrap_or_else(PoisonError::into_inner);
            let talk = Talk {
                conversation: &conversation,
                variation,
                learned: Some(&learned),
                patience: now.unwrap_or(at_first),
                carry,
                linger: None,
                hints: &[],
                rest: None,
            };
            hold(kind, &template, &talk, &sight)
        };
        Some(Ahead::start(planned, variations, self.jobs, hold))
    }

    /// A variation that differs will be repeated between uncut runs.
    fn expect_again(&mut self, planned: usize, talk: &Talk<'_>, held: &Held) {
        let difference = talk.learned.and_then(|learned| learned.difference(held));
        if let Some(difference) = difference {
            let (usual, slow) = self.repeats;
            let repeats = if difference.took_time() { slow } else { usual };
            let mut variations = vec![Variation::Uncut];
            for _ in 0..repeats {
                variations.extend([talk.variation.clone(), Variation::Uncut]);
            }
            self.again = self.start(planned, variations, talk);
        }
    }
}

impl Subject for Program {
    fn hold(&mut self, talk: &Talk<'_>) -> Result<Held, String> {
        let ended = match self.held_ahead(talk) {
            Some(held) => held?,
            None => hold(self.kind, &self.template, talk, &self.sight)?,
        };
        let mut held = ended.held;
        if talk.learned.is_none() {
            let known = self.usual.as_ref();
            if known.is_none_or(|(conversation, _)| conversation != talk.conversation) {
                self.usual = Some((talk.conversation.clone(), ended.status));
                self.stderr = ended.stderr;
            }
        }
        // The exit status is part of the answer.
        let usual = self.usual.as_ref().and_then(|(_, status)| *status);
        if ended.status.is_some() && ended.status != usual {
            held.died = ended.status.map(status_in_words);
        }
        Ok(held)
    }

    fn refresh(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn expect_repeats(&mut self, usual: usize, slow: usize) {
        self.repeats = (usual, slow);
    }

    fn can_refresh(&self) -> bool {
        // Each conversation has a fresh process as it is.
        false
    }

    fn shrunk_in_a_turn(&self) -> usize {
        1
    }

    fn octet_runs(&self) -> usize {
        // Each run is the start of a process, and three controls beside.
        8
    }

    fn words(&self) -> Words {
        self.kind.words()
    }
}

impl Kind {
    /// The words for a program of this kind.
    pub(super) fn words(self) -> Words {
        match self {
            Kind::Filter => Words {
                who: "program",
                closes: "end",
                closed: "ended",
                says: "writes",
                unit: "record",
                which: |answer, of| match of - answer {
                    1 if answer == 1 => "the output".to_owned(),
                    1 => "the rest of the output".to_owned(),
                    _ => format!("the output after turn {answer}"),
                },
                advice: "it has to write the same each time that it reads the same: give it no clock, no random \
                    numbers, and its files as they were",
            },
            Kind::Client => Words {
                who: "client",
                closes: "end",
                closed: "ended",
                says: "asks",
                unit: "answer",
                which: |answer, of| match of - answer {
                    1 => "the output".to_owned(),
                    _ if answer == 0 => "the first request".to_owned(),
                    _ => format!("the request after answer {answer}"),
                },
                advice: "if the server has to compute with what the client sends, its octets alone cannot be \
                    replayed: `unstick proxy` cuts the conversation with a running server",
            },
        }
    }
}

fn hold(
    kind: Kind,
    template: &Template,
    talk: &Talk<'_>,
    sight: &Mutex<Sight>,
) -> Result<Ended, String> {
    let (before, inside) = match talk.linger {
        Some(linger) if !linger.inside => (Some(linger.time), None),
        linger => (None, linger),
    };
    if let Some(before) = before {
        // A clock that counts seconds shows in what a later process says.
        thread::sleep(before);
    }
    let talk = &Talk {
        linger: inside,
        ..*talk
    };
    match kind {
        Kind::Filter => {
            let locked = || sight.lock().unwrap_or_else(PoisonError::into_inner);
            let before = *locked();
            let (ended, seen) = filter::hold(template, talk, before)?;
            locked().add(seen);
            Ok(ended)
        }
        Kind::Client => client::hold(template, talk),
    }
}
