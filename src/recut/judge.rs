//! Judging: each variation held, each difference confirmed between uncut runs.

use std::collections::BTreeMap;
use std::time::Duration;

use super::held::{Difference, Held, Learned, Shown};
use super::learn::{Known, LINGER, Options};
use super::subject::{Linger, Subject, Talk};
use super::tolerated::Tolerated;
use super::turn::Conversation;
use super::variation::Variation;
use crate::testee::wait::Patience;

/// How often a difference must show again, each time between two uncut runs that are well.
const REPEATS: usize = 3;

/// After so many differences of one turn were confirmed, further ones of that turn are confirmed by one
/// repetition: chance has been ruled out by then.
const CONFIRMED_IN_FULL: usize = 3;

/// After so many differences of one turn that took their time, further places of it are left out.
const SLOW_DIFFERENCES: usize = 6;

/// Tries to begin a conversation anew with a server that does not greet as it should.
const GREETINGS: usize = 3;

/// How long a server that sleeps is waited for at the first answer that does not come, and later.
const FIRST_IDLE: Duration = Duration::from_millis(1_500);
const LATER_IDLE: Duration = Duration::from_millis(300);

/// The wait for a sleeping server where little is lost if its answer is missed.
const TRIAL_IDLE: Duration = Duration::from_millis(60);

/// The waits where what is missed will be looked at again.
const GUESS_IDLE: Duration = Duration::from_millis(100);
const GUESS_BUSY: Duration = Duration::from_millis(500);

/// How long one that never sleeps for long, or cannot be watched, is waited for later.
const LATER_BUSY: Duration = Duration::from_millis(1_500);

/// What came of one variation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The answers are as uncut.
    Same,
    /// They are not, each time.
    Different(Box<Shown>),
    /// They are not, and a right server may do so.
    Tolerated(Tolerated),
    /// They differed, and not each time.
    Unsteady {
        /// How often they differed.
        differed: usize,
        /// In how many runs.
        runs: usize,
        /// One that differed.
        shown: Box<Shown>,
    },
    /// Not held, and why.
    LeftOut(&'static str),
}

/// One conversation with one subject, being judged.
pub(crate) struct Bench<'b> {
    pub(crate) subject: &'b mut dyn Subject,
    pub(crate) conversation: &'b Conversation,
    pub(crate) options: &'b Options,
    pub(crate) learned: Learned,
    pub(crate) fresh: bool,
    /// The next conversation needs a fresh server, whatever the last did.
    spoiled: bool,
    /// How often a missing answer has been waited for.
    waited: usize,
    confirmed: BTreeMap<Option<usize>, usize>,
    slow: BTreeMap<Option<usize>, usize>,
    /// How many conversations were held.
    pub(crate) held: usize,
}

impl<'b> Bench<'b> {
    pub(crate) fn new(
        subject: &'b mut dyn Subject,
        conversation: &'b Conversation,
        options: &'b Options,
        known: Known,
    ) -> Self {
        Self {
            subject,
            conversation,
            options,
            learned: known.learned,
            fresh: known.fresh,
            spoiled: known.fresh,
            waited: 0,
            confirmed: BTreeMap::new(),
            slow: BTreeMap::new(),
            held: 0,
        }
    }

    /// Holds a conversation once.
    pub(crate) fn once(
        &mut self,
        conversation: &Conversation,
        variation: &Variation,
        learned: &Learned,
    ) -> Result<Held, String> {
        let patience = self.patience(learned);
        self.hold(conversation, variation, learned, patience, None)
    }

    fn patience(&self, learned: &Learned) -> Patience {
        let late = learned.slowest * 4;
        if self.waited == 0 {
            Patience {
                idle: FIRST_IDLE.max(late),
                busy: self.options.timeout,
            }
        } else {
            Patience {
                idle: LATER_IDLE.max(late),
                busy: LATER_BUSY.max(late),
            }
        }
    }

    /// Holds a conversation that was made up from another one, uncut. Most that is made so is no request
    /// and not answered, which is not waited for long: one that is missed costs a few octets.
    pub(crate) fn trial(
        &mut self,
        conversation: &Conversation,
        learned: &Learned,
    ) -> Result<Held, String> {
        let idle = TRIAL_IDLE.max(learned.slowest * 4);
        let patience = Patience {
            idle,
            busy: LATER_BUSY.max(idle),
        };
        self.hold(conversation, &Variation::Uncut, learned, patience, None)
    }

    fn hold(
        &mut self,
        conversation: &Conversation,
        variation: &Variation,
        learned: &Learned,
        patience: Patience,
        linger: Option<Linger>,
    ) -> Result<Held, String> {
        if (self.spoiled || self.fresh) && self.subject.can_refresh() {
            self.subject.refresh()?;
        }
        self.spoiled = false;
        self.held += 1;
        let held = self.subject.hold(&Talk {
            conversation,
            variation,
            learned: Some(learned),
            hints: &[],
            patience,
            carry: self.options.carry,
            linger,
            rest: None,
        })?;
        self.spoiled = held.died.is_some();
        Ok(held)
    }

    /// Judges one variation.
    pub(crate) fn judge(&mut self, variation: &Variation) -> Result<Outcome, String> {
        let turn = variation.turn();
        if self
            .slow
            .get(&turn)
            .is_some_and(|slow| *slow >= SLOW_DIFFERENCES)
        {
            return Ok(Outcome::LeftOut(
                "enough places of this turn differ already, and each takes its time",
            ));
        }
        self.subject.expect_repeats(self.repeats(turn));
        let Some(shown) = self.differs(variation)? else {
            return Ok(Outcome::Same);
        };
        if let Some(tolerated) = Tolerated::of(&self.learned, variation, &shown) {
            return Ok(Outcome::Tolerated(tolerated));
        }
        let outcome = self.confirm(variation, shown)?;
        // The uncut runs in between may have taught more values that vary, such as a date whose minute has
        // changed: then it may be another order after all.
        if let Outcome::Different(shown) = &outcome
            && let Some(tolerated) = Tolerated::of(&self.learned, variation, shown)
        {
            return Ok(Outcome::Tolerated(tolerated));
        }
        if let Outcome::Different(shown) = &outcome
            && let Some(first_octet) = Tolerated::first_octet(variation, shown)
            && !self.holds_back(&first_octet)?
        {
            return Ok(Outcome::Tolerated(Tolerated::HeldBackInside));
        }
        Ok(outcome)
    }

    /// The number of repetitions of a difference in a turn.
    fn repeats(&self, turn: Option<usize>) -> usize {
        let before = self.confirmed.get(&turn).copied().unwrap_or(0);
        if before >= CONFIRMED_IN_FULL {
            1
        } else {
            REPEATS
        }
    }

    /// Holds a variation, and says how it differs.
    fn differs(&mut self, variation: &Variation) -> Result<Option<Shown>, String> {
        Ok(self.differs_after(variation)?.0)
    }

    /// The same, and how long its slowest turn took to go out.
    fn differs_after(
        &mut self,
        variation: &Variation,
    ) -> Result<(Option<Shown>, Duration), String> {
        let conversation = self.conversation;
        let learned = self.learned.clone();
        let mut held = self.once(conversation, variation, &learned)?;
        for _ in 0..GREETINGS {
            let greeted = learned.difference(&held).and_then(|it| it.answer()) != Some(0);
            if greeted || conversation.greeting.is_none() {
                break;
            }
            // Nothing had been cut yet: the server was still starting, or suffers from what went before.
            self.spoiled = true;
            held = self.once(conversation, variation, &learned)?;
        }
        let difference = match variation {
            Variation::BreakOff { .. } => self.after_breaking_off(&held)?,
            _ => learned.difference(&held),
        };
        let inside = held.inside;
        let Some(difference) = difference else {
            return Ok((None, inside));
        };
        if difference.took_time() {
            self.waited += 1;
        }
        Ok((Some(Shown { difference, held }), inside))
    }

    /// A stream that ends inside a turn must leave the server well.
    fn after_breaking_off(&mut self, held: &Held) -> Result<Option<Difference>, String> {
        if let Some(died) = held.died.as_ref().filter(|_| !self.learned.dies) {
            return Ok(Some(Difference::Died(died.clone())));
        }
        if self.fresh {
            // A second conversation is answered otherwise in any case.
            return Ok(None);
        }
        let learned = self.learned.clone();
        let conversation = self.conversation;
        let after = self.once(conversation, &Variation::Uncut, &learned)?;
        Ok(learned.difference(&after).map(|_| Difference::Unwell))
    }

    fn holds_back(&mut self, variation: &Variation) -> Result<bool, String> {
        self.spoiled = true;
        let shown = self.differs(variation)?;
        Ok(shown.is_some_and(|shown| matches!(shown.difference, Difference::HeldBack { .. })))
    }

    /// Repeats a variation that differs, each time on a fresh server between uncut runs, which must be as
    /// they were learned.
    fn confirm(&mut self, variation: &Variation, shown: Shown) -> Result<Outcome, String> {
        let turn = variation.turn();
        let repeats = self.repeats(turn);
        let drifted = self.drifted()?;
        let (mut took, mut took_same) = (vec![shown.held.inside], Vec::new());
        let mut last = shown;
        let mut differed = 1;
        for _ in 0..repeats {
            // The uncut runs teach what else is right; perhaps that explains it.
            if !self.control()? && self.learned.difference(&last.held).is_none() {
                return Ok(Outcome::Same);
            }
            let (again, inside) = self.differs_after(variation)?;
            if let Some(again) = again {
                differed += 1;
                took.push(inside);
                last = again;
            } else {
                took_same.push(inside);
            }
        }
        // Where it has been repeated once only, it differed on either side of an uncut run, which no change
        // of the server explains.
        if (repeats > 1 || differed == 1)
            && !self.control()?
            && self.learned.difference(&last.held).is_none()
        {
            return Ok(Outcome::Same);
        }
        // Whatever the variation left behind must not show in the next.
        self.spoiled = true;
        if differed == 1
            && let Some(drifted) = drifted
        {
            self.follow(&drifted);
            return Ok(Outcome::Same);
        }
        if differed <= repeats
            && (self.learned.absorb(&last.held) || self.is_of_the_clock(&last.held)?)
        {
            return Ok(Outcome::Same);
        }
        if let Some(tolerated) = Tolerated::of_times(&took, &took_same) {
            return Ok(Outcome::Tolerated(tolerated));
        }
        if differed <= repeats {
            return Ok(Outcome::Unsteady {
                differed,
                runs: repeats + 1,
                shown: Box::new(last),
            });
        }
        *self.confirmed.entry(turn).or_default() += 1;
        if last.difference.took_time() {
            *self.slow.entry(turn).or_default() += 1;
        }
        Ok(Outcome::Different(Box::new(last)))
    }

    /// True if an uncut run shows the same where it pauses before the turn whose answer differed: a server whose
    /// clock has moved on since the turn before says so once, as in a compressed header that has the date.
    fn is_of_the_clock(&mut self, differed: &Held) -> Result<bool, String> {
        let (conversation, learned) = (self.conversation, self.learned.clone());
        let Some(Difference::Other { answer }) = learned.difference(differed) else {
            return Ok(false);
        };
        let Some(before) = answer.checked_sub(1) else {
            return Ok(false);
        };
        let linger = Linger {
            before,
            time: LINGER,
        };
        let patience = self.patience(&learned);
        let uncut = Variation::Uncut;
        let held = self.hold(conversation, &uncut, &learned, patience, Some(linger))?;
        Ok(learned.are_alike(&held, differed))
    }

    /// An uncut run on the server as a variation found and left it, if it is not as it was learned: what
    /// went before explains the difference then, such as a counter that has become longer.
    fn drifted(&mut self) -> Result<Option<Held>, String> {
        if self.fresh || self.spoiled || !self.subject.can_refresh() {
            return Ok(None);
        }
        let learned = self.learned.clone();
        let conversation = self.conversation;
        let held = self.once(conversation, &Variation::Uncut, &learned)?;
        Ok(learned
            .difference(&held)
            .filter(|_| held.died.is_none())
            .map(|_| held))
    }

    /// Goes with a server whose answers change with its age: they are learned where only values differ;
    /// otherwise each conversation has a fresh server from now on.
    fn follow(&mut self, drifted: &Held) {
        self.fresh = !self.learned.absorb(drifted);
    }

    /// Holds the uncut conversation, on a fresh server where there can be one. False if it was not as it
    /// was learned; it is learned from then.
    fn control(&mut self) -> Result<bool, String> {
        let learned = self.learned.clone();
        let conversation = self.conversation;
        let tries = if self.subject.can_refresh() { 2 } else { 1 };
        for _ in 0..tries {
            self.spoiled = true;
            let held = self.once(conversation, &Variation::Uncut, &learned)?;
            if learned.difference(&held).is_none() {
                return Ok(true);
            }
            if held.answers.len() == learned.patterns.len() && held.died.is_none() {
                self.learned.add(&held);
                return Ok(false);
            }
        }
        Err("the uncut conversation does not go well any more: the server is in another state than at the \
            beginning, and no fresh one can be had"
            .to_owned())
    }

    /// The difference of a variation of a conversation that goes well uncut, on a fresh server: a guess, which is
    /// not waited for long, and to be confirmed by [`Self::differs_in`].
    pub(crate) fn guess(
        &mut self,
        conversation: &Conversation,
        variation: &Variation,
        learned: &Learned,
    ) -> Result<Option<Shown>, String> {
        let late = learned.slowest * 4;
        let patience = Patience {
            idle: GUESS_IDLE.max(late),
            busy: GUESS_BUSY.max(late),
        };
        self.spoiled = true;
        let held = self.hold(conversation, variation, learned, patience, None)?;
        let difference = learned.difference(&held);
        Ok(difference.map(|difference| Shown { difference, held }))
    }

    /// How a variation of another conversation differs from its uncut runs, which agree; `None` if it does
    /// not, or if they do not. `just_learned`: the last runs were uncut ones of this conversation.
    pub(crate) fn differs_in(
        &mut self,
        conversation: &Conversation,
        variation: &Variation,
        learned: &Learned,
        just_learned: bool,
    ) -> Result<Option<Shown>, String> {
        if !just_learned {
            self.spoiled = true;
            let uncut = self.once(conversation, &Variation::Uncut, learned)?;
            if learned.difference(&uncut).is_some() {
                return Ok(None);
            }
        }
        let held = self.once(conversation, variation, learned)?;
        let difference = learned.difference(&held);
        if difference.is_none() {
            return Ok(None);
        }
        self.spoiled = true;
        let uncut = self.once(conversation, &Variation::Uncut, learned)?;
        if learned.difference(&uncut).is_some() {
            return Ok(None);
        }
        Ok(difference.map(|difference| Shown { difference, held }))
    }
}

#[cfg(test)]
mod tests;
