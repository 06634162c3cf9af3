//! Holding mutants: fast to look for differences, and slowly, on fresh servers, to confirm one.

use std::thread;
use std::time::{Duration, Instant};

use super::compare::{Kind, Whole};
use super::mutate::Mutant;
use crate::judge::shrinking::Fuzzable;
use crate::recut::held::{Held, Learned};
use crate::recut::learn::{Known, Options};
use crate::recut::subject::{Subject, Talk};
use crate::recut::turn::Conversation;
use crate::recut::variation::Variation;
use crate::testee::wait::Patience;

/// Idle time after which an answer is complete, when a difference is confirmed.
const REST: Duration = Duration::from_millis(100);

/// The same for the last cut run, in case an answer is only late.
const LONG_REST: Duration = Duration::from_millis(500);

/// The confirming runs take longer than this altogether, so that a clock that counts seconds shows.
const SPREAD: Duration = Duration::from_millis(1_050);

/// Idle time after which the recorded conversation is not answered any more.
const WELL_IDLE: Duration = Duration::from_millis(1_500);

/// An uncut conversation that ends at the first answer that does not come, which a server that hangs makes long.
const TO_THE_FIRST_MISSING: Variation = Variation::Cut {
    turn: 0,
    after: Vec::new(),
    pause: false,
};

/// Longest time that a busy server is waited for while a conversation after which it hangs is made smaller.
const HASTY: Duration = Duration::from_secs(1);

/// A mutant and a way of holding it that seem to show something.
#[derive(Debug, Clone)]
pub(super) struct Suspect {
    pub(super) kind: Kind,
    pub(super) conversation: Conversation,
    /// The turn that was changed.
    pub(super) turn: usize,
    pub(super) variation: Variation,
    pub(super) whole: Whole,
    pub(super) cut: Held,
}

/// The result of a first look at a mutant.
#[derive(Debug)]
pub(super) enum Look {
    Same,
    /// The mutant is answered otherwise each time, cut or not.
    Unsteady,
    /// The server was busy with the mutant for as long as it is waited for, and does not serve.
    Stuck,
    Suspect(Box<Suspect>),
}

/// A server, and the number of conversations with it.
pub(super) struct Bench<'b> {
    subject: &'b mut dyn Subject,
    options: &'b Options,
    recorded: &'b Conversation,
    learned: Learned,
    /// Each conversation needs a fresh server.
    pub(super) fresh: bool,
    spoiled: bool,
    /// Number of conversations held.
    pub(super) held: usize,
    /// Time that making one finding small may take.
    pub(super) shrinking: Option<Duration>,
    /// Time that a busy server is waited for.
    busy: Duration,
}

impl<'b> Bench<'b> {
    pub(super) fn new(
        subject: &'b mut dyn Subject,
        options: &'b Options,
        recorded: &'b Conversation,
        known: Known,
    ) -> Self {
        Self {
            subject,
            options,
            recorded,
            learned: known.learned,
            fresh: known.fresh,
            spoiled: true,
            held: 0,
            shrinking: None,
            busy: options.timeout,
        }
    }

    fn refresh_by_need(&mut self) -> Result<(), String> {
        if (self.spoiled || self.fresh) && self.subject.can_refresh() {
            self.subject.refresh()?;
        }
        self.spoiled = false;
        self.held += 1;
        Ok(())
    }

    /// Has the next conversation held with a fresh server.
    pub(super) const fn start_afresh(&mut self) {
        self.spoiled = true;
    }

    /// Holds a conversation of unknown answers once.
    pub(super) fn once(
        &mut self,
        conversation: &Conversation,
        variation: &Variation,
        rest: Duration,
    ) -> Result<Held, String> {
        self.refresh_by_need()?;
        let mut held = self.subject.hold(&Talk {
            conversation,
            variation,
            learned: None,
            hints: &[],
            patience: Patience {
                idle: rest,
                busy: self.busy,
            },
            carry: false,
            linger: None,
            rest: Some(rest),
        })?;
        // A server that closed early has answered the later turns by nothing.
        held.answers
            .resize(conversation.turns.len() + 1, Vec::new());
        self.spoiled = held.died.is_some();
        Ok(held)
    }

    fn dies(&self, held: &Held) -> bool {
        held.died.is_some() && !self.learned.dies
    }

    /// Holds a mutant whole and cut, once each unless that shows something.
    pub(super) fn look(&mut self, mutant: &Mutant) -> Result<Look, String> {
        let conversation = &mutant.conversation;
        let quick = Duration::ZERO;
        let suspect = |kind, variation: &Variation, whole, cut| {
            Look::Suspect(Box::new(Suspect {
                kind,
                conversation: conversation.clone(),
                turn: mutant.turn,
                variation: variation.clone(),
                whole,
                cut,
            }))
        };
        let began = Instant::now();
        let first = self.once(conversation, &Variation::Uncut, quick)?;
        if self.is_stuck(began)? {
            return Ok(Look::Stuck);
        }
        let Some(whole) = Whole::of(std::slice::from_ref(&first)) else {
            return Ok(Look::Unsteady);
        };
        if self.dies(&first) {
            return Ok(suspect(Kind::Died, &Variation::Uncut, whole, first));
        }
        for variation in &mutant.cuts {
            let began = Instant::now();
            let cut = self.once(conversation, variation, quick)?;
            if self.is_stuck(began)? {
                return Ok(Look::Stuck);
            }
            if whole.differs(&cut).is_none() {
                continue;
            }
            let again = self.once(conversation, &Variation::Uncut, quick)?;
            let Some(whole) = Whole::of(&[first.clone(), again]) else {
                return Ok(Look::Unsteady);
            };
            if let Some(kind) = whole.differs(&cut) {
                return Ok(suspect(kind, variation, whole, cut));
            }
        }
        Ok(Look::Same)
    }

    /// True if a conversation that began at `began` took so long that the server may be stuck, and it does not serve:
    /// the next would take as long.
    fn is_stuck(&mut self, began: Instant) -> Result<bool, String> {
        let slow = began.elapsed() >= self.busy && !self.fresh && !self.spoiled;
        Ok(slow && !self.serves()?)
    }

    /// Holds a suspect with a fresh server. Returns it with the new run if the server dies or hangs again.
    fn breaks(&mut self, suspect: &Suspect, rest: Duration) -> Result<Option<Suspect>, String> {
        let held = self.fresh_once(suspect, &suspect.variation, rest)?;
        let shows = match suspect.kind {
            Kind::Hung => !self.spoiled && !self.serves()?,
            _ => self.dies(&held),
        };
        self.spoiled |= suspect.kind == Kind::Hung;
        let whole = Whole::of(std::slice::from_ref(&held)).filter(|_| shows);
        Ok(whole.map(|whole| Suspect {
            whole,
            cut: held,
            ..suspect.clone()
        }))
    }

    fn fresh_once(
        &mut self,
        suspect: &Suspect,
        variation: &Variation,
        rest: Duration,
    ) -> Result<Held, String> {
        self.spoiled = true;
        self.once(&suspect.conversation, variation, rest)
    }

    /// True if the recorded conversation gets any answer on a new connection.
    pub(super) fn serves(&mut self) -> Result<bool, String> {
        self.refresh_by_need()?;
        let held = self.subject.hold(&Talk {
            conversation: self.recorded,
            variation: &TO_THE_FIRST_MISSING,
            learned: Some(&self.learned),
            hints: &[],
            patience: Patience {
                idle: WELL_IDLE,
                busy: self.busy,
            },
            carry: self.options.carry,
            linger: None,
            rest: None,
        })?;
        Ok(self.learned.is_silent() || held.answers.iter().any(|answer| !answer.is_empty()))
    }

    /// The mutant as a suspect, if it leaves a fresh server unable to serve, whole or in one of its cuts.
    pub(super) fn hangs(&mut self, mutant: &Mutant) -> Result<Option<Suspect>, String> {
        self.spoiled = true;
        let uncut = [Variation::Uncut];
        for variation in uncut.iter().chain(&mutant.cuts) {
            let cut = self.once(&mutant.conversation, variation, Duration::ZERO)?;
            // A server that died has been replaced: that is another finding.
            if self.spoiled {
                return Ok(None);
            }
            if self.serves()? {
                continue;
            }
            self.spoiled = true;
            let whole = Whole::of(std::slice::from_ref(&cut));
            return Ok(whole.map(|whole| Suspect {
                kind: Kind::Hung,
                conversation: mutant.conversation.clone(),
                turn: mutant.turn,
                variation: variation.clone(),
                whole,
                cut,
            }));
        }
        Ok(None)
    }
}

impl Fuzzable for Bench<'_> {
    type Suspect = Suspect;
    type Input = Suspect;
    type Error = String;

    fn held(&self) -> usize {
        self.held
    }

    /// Returns the suspect if it shows the same twice, each run with a fresh server; a difference, between whole runs
    /// that agree.
    fn confirm(&mut self, suspect: &Suspect) -> Result<Option<Suspect>, String> {
        if suspect.kind == Kind::Hung || suspect.variation == Variation::Uncut {
            let once = self.breaks(suspect, REST)?;
            return once.map_or(Ok(None), |once| self.breaks(&once, REST));
        }
        let started = Instant::now();
        let (mut wholes, mut cuts) = (Vec::new(), Vec::new());
        for (run, rest) in [REST, LONG_REST].into_iter().enumerate() {
            wholes.push(self.fresh_once(suspect, &Variation::Uncut, REST)?);
            if run == 0 {
                thread::sleep(SPREAD.saturating_sub(started.elapsed()));
            }
            cuts.push(self.fresh_once(suspect, &suspect.variation, rest)?);
        }
        wholes.push(self.fresh_once(suspect, &Variation::Uncut, LONG_REST)?);
        self.spoiled = true;
        let Some(whole) = Whole::of(&wholes) else {
            return Ok(None);
        };
        let kinds: Vec<Option<Kind>> = cuts.iter().map(|cut| whole.differs(cut)).collect();
        let Some(kind) = kinds[0].filter(|_| kinds[0] == kinds[1]) else {
            return Ok(None);
        };
        Ok(cuts.pop().map(|cut| Suspect {
            kind,
            whole,
            cut,
            ..suspect.clone()
        }))
    }

    /// Returns the suspect if it shows the same, once, between two whole runs: enough to go on shrinking.
    fn still_shows(&mut self, suspect: &Suspect, _: &Suspect) -> Result<Option<Suspect>, String> {
        let quick = Duration::ZERO;
        let (conversation, variation) = (&suspect.conversation, &suspect.variation);
        if suspect.kind == Kind::Hung || *variation == Variation::Uncut {
            self.busy = HASTY.min(self.options.timeout);
            let shown = self.breaks(suspect, quick);
            self.busy = self.options.timeout;
            return shown;
        }
        let first = self.once(conversation, &Variation::Uncut, quick)?;
        if self.dies(&first) {
            return Ok(None);
        }
        let cut = self.once(conversation, variation, quick)?;
        let alone = Whole::of(std::slice::from_ref(&first));
        if alone.and_then(|whole| whole.differs(&cut)) != Some(suspect.kind) {
            return Ok(None);
        }
        let again = self.once(conversation, &Variation::Uncut, quick)?;
        let whole = Whole::of(&[first, again]);
        let Some(whole) = whole.filter(|whole| whole.differs(&cut) == Some(suspect.kind)) else {
            return Ok(None);
        };
        Ok(Some(Suspect {
            whole,
            cut,
            ..suspect.clone()
        }))
    }
}
