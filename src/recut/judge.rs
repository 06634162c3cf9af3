//! Judging: each variation held, each difference confirmed between uncut runs.

use std::time::Duration;

use super::held::{Difference, Held, Learned, Shown};
use super::learn::{Known, Options};
use super::subject::{Linger, Subject, Talk};
use super::tolerated::Tolerated;
use super::turn::Conversation;
use super::variation::Variation;
use super::waits::Waits;
use crate::testee::wait::Patience;

mod clock;
mod late;
mod time_limit;

/// Number of attempts to begin a conversation again with a server that does not greet as it should.
const GREETINGS: usize = 3;

/// The outcome of one variation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The answers are as uncut.
    Same,
    /// The answers differ each time.
    Different(Box<Shown>),
    /// The answers differ, and a correct server may do so.
    Tolerated(Tolerated),
    /// The answers differed, and not each time.
    Unsteady {
        /// Number of runs that differed.
        differed: usize,
        /// Number of all runs.
        runs: usize,
        /// A run that differed.
        shown: Box<Shown>,
    },
    /// Left out, for this reason.
    LeftOut(&'static str),
}

/// Facts about the time that a server gives the rest of a request.
#[derive(Debug, Default)]
struct TimeLimit {
    /// A time after which a request was given up.
    given_up: Option<Duration>,
    /// A time for which a request was waited for.
    waited_for: Duration,
}

/// A variation that has differed, and what came of holding it again.
struct Repeated {
    /// The last run that differed.
    last: Shown,
    /// Number of runs that differed.
    differed: usize,
    /// Times that the slowest turn took to go out, where it differed and where it did not.
    took: Vec<Duration>,
    took_same: Vec<Duration>,
    /// The shortest span of the runs that differed.
    span: Duration,
}

/// A conversation with a subject, being judged.
pub(crate) struct Bench<'b> {
    pub(crate) subject: &'b mut dyn Subject,
    pub(crate) conversation: &'b Conversation,
    pub(crate) options: &'b Options,
    pub(crate) learned: Learned,
    pub(crate) fresh: bool,
    /// The next conversation needs a fresh server, whatever the last did.
    spoiled: bool,
    waits: Waits,
    limit: TimeLimit,
    /// Number of conversations held.
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
            waits: Waits::new(options.timeout),
            limit: TimeLimit::default(),
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
        let patience = self.waits.patience(learned);
        self.hold(conversation, variation, learned, patience, None)
    }

    /// Holds a conversation that was made up from another one, uncut. Most of these are not requests and are not
    /// answered, so the wait is short: an answer that is missed costs a few octets.
    pub(crate) fn trial(
        &mut self,
        conversation: &Conversation,
        learned: &Learned,
    ) -> Result<Held, String> {
        let patience = Waits::of_a_trial(learned);
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
        if self.options.is_interrupted() {
            return Err("interrupted".to_owned());
        }
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
        if self.waits.are_enough(turn) {
            return Ok(Outcome::LeftOut(
                "enough places of this turn differ already, and each takes its time",
            ));
        }
        let repeats = |slow| self.waits.repeats(turn, slow);
        self.subject.expect_repeats(repeats(false), repeats(true));
        let Some(shown) = self.differs(variation)? else {
            return Ok(Outcome::Same);
        };
        if let Some(tolerated) = Tolerated::of(&self.learned, variation, &shown) {
            if self.is_a_date(tolerated, &shown) {
                return Ok(Outcome::Same);
            }
            return Ok(Outcome::Tolerated(tolerated));
        }
        if self.comes_late(variation, &shown)? {
            return Ok(Outcome::Tolerated(Tolerated::CameLate));
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

    /// Holds a variation, and returns its difference.
    fn differs(&mut self, variation: &Variation) -> Result<Option<Shown>, String> {
        let patience = self.waits.patience(&self.learned);
        Ok(self.differs_after(variation, patience)?.0)
    }

    /// The same, and the time that its slowest turn took to go out.
    fn differs_after(
        &mut self,
        variation: &Variation,
        patience: Patience,
    ) -> Result<(Option<Shown>, Duration), String> {
        let conversation = self.conversation;
        let learned = self.learned.clone();
        let mut held = self.hold(conversation, variation, &learned, patience, None)?;
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
            Variation::BreakOff { .. } | Variation::Hostile(_) => {
                self.after_breaking_off(variation, &held)?
            }
            _ => learned.difference(&held),
        };
        let inside = held.inside;
        let Some(difference) = difference else {
            return Ok((None, inside));
        };
        if difference.took_time() {
            self.waits.waited();
        }
        Ok((Some(Shown { difference, held }), inside))
    }

    /// A stream that ends inside a turn must leave the server well.
    fn after_breaking_off(
        &mut self,
        variation: &Variation,
        held: &Held,
    ) -> Result<Option<Difference>, String> {
        if let Some(died) = held.died.as_ref().filter(|_| !self.learned.dies) {
            return Ok(Some(Difference::Died(died.clone())));
        }
        if let Variation::Hostile(one) = variation
            && one.alone
            && let Some(came) = held.answers.get(one.turn + 1)
            && !came.is_empty()
            && self.learned.is_answer(one.turn + 1, came)
        {
            return Ok(Some(Difference::AnsweredAnyway));
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
        let repeats = self.waits.repeats(turn, shown.difference.took_time());
        let looks = self.can_drift();
        let drifted = self.drifted()?;
        if repeats == 0 && drifted.is_none() {
            if self.is_of_time(variation, &shown.held, shown.held.span)? {
                return Ok(Outcome::Tolerated(Tolerated::TookLong));
            }
            return self.confirm_by_control(turn, shown, looks);
        }
        let repeats = repeats.max(1);
        let Some(repeated) = self.repeat(variation, shown, repeats)? else {
            return Ok(Outcome::Same);
        };
        let Repeated { last, differed, .. } = repeated;
        // A state in which the variation left the server must not show in the next.
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
        if let Some(tolerated) = Tolerated::of_times(&repeated.took, &repeated.took_same) {
            return Ok(Outcome::Tolerated(tolerated));
        }
        if self.is_of_time(variation, &last.held, repeated.span)? {
            return Ok(Outcome::Tolerated(Tolerated::TookLong));
        }
        if differed <= repeats {
            return Ok(Outcome::Unsteady {
                differed,
                runs: repeats + 1,
                shown: Box::new(last),
            });
        }
        self.waits.confirmed(turn, last.difference.took_time());
        Ok(Outcome::Different(Box::new(last)))
    }

    /// Holds a variation that has differed again, `repeats` times, each time after an uncut run. `None` where what
    /// the uncut runs teach explains the difference.
    fn repeat(
        &mut self,
        variation: &Variation,
        shown: Shown,
        repeats: usize,
    ) -> Result<Option<Repeated>, String> {
        let mut repeated = Repeated {
            differed: 1,
            took: vec![shown.held.inside],
            took_same: Vec::new(),
            span: shown.held.span,
            last: shown,
        };
        for _ in 0..repeats {
            if self.is_explained(&repeated.last)? {
                return Ok(None);
            }
            let patience = self.waits.patience_again(&self.learned);
            let (again, inside) = self.differs_after(variation, patience)?;
            if let Some(again) = again {
                repeated.differed += 1;
                repeated.took.push(inside);
                repeated.span = repeated.span.min(again.held.span);
                repeated.last = again;
            } else {
                repeated.took_same.push(inside);
            }
        }
        // A variation that was repeated once only, and differed again, did so on either side of an uncut run, which
        // no change of the server explains.
        let is_open = repeats > 1 || repeated.differed == 1;
        if is_open && self.is_explained(&repeated.last)? {
            return Ok(None);
        }
        Ok(Some(repeated))
    }

    /// True if a further uncut run is not as learned, and what it teaches explains the difference.
    fn is_explained(&mut self, shown: &Shown) -> Result<bool, String> {
        Ok(!self.control()? && self.learned.difference(&shown.held).is_none())
    }

    /// Confirms a difference where many of its turn are known: an uncut run after it has to go well, which may have
    /// been held already, on the same server.
    fn confirm_by_control(
        &mut self,
        turn: Option<usize>,
        shown: Shown,
        is_well: bool,
    ) -> Result<Outcome, String> {
        if !is_well {
            if !self.control()? && self.learned.difference(&shown.held).is_none() {
                return Ok(Outcome::Same);
            }
            self.spoiled = true;
        }
        self.waits.confirmed(turn, false);
        Ok(Outcome::Different(Box::new(shown)))
    }

    /// True if there is a server that a variation may have left in another state.
    fn can_drift(&self) -> bool {
        !self.fresh && !self.spoiled && self.subject.can_refresh()
    }

    /// An uncut run on the server as a variation found and left it, if it is not as it was learned: what
    /// went before explains the difference then, such as a counter that has become longer.
    fn drifted(&mut self) -> Result<Option<Held>, String> {
        if !self.can_drift() {
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
        for tried in 0..2 {
            self.spoiled = true;
            let held = self.once(conversation, &Variation::Uncut, &learned)?;
            let Some(difference) = learned.difference(&held) else {
                return Ok(true);
            };
            // An answer that does not come teaches nothing at first: learned, it would make every answer
            // right from then on, and a loaded machine may have given the process no time.
            if tried == 0 && difference.took_time() {
                continue;
            }
            if held.answers.len() == learned.patterns.len() && held.died.is_none() {
                self.learned.add(&held);
                return Ok(false);
            }
            if !self.subject.can_refresh() {
                break;
            }
        }
        let who = self.subject.words().who;
        Err(format!(
            "the uncut conversation does not go well any more: the {who} is in another state than at the \
            beginning, and no fresh one can be had"
        ))
    }

    /// The difference of a variation of a conversation that goes well uncut, on a fresh server: a guess, which is
    /// not waited for long, and to be confirmed by [`Self::differs_in`].
    pub(crate) fn guess(
        &mut self,
        conversation: &Conversation,
        variation: &Variation,
        learned: &Learned,
    ) -> Result<Option<Shown>, String> {
        let patience = Waits::of_a_guess(learned);
        self.spoiled = true;
        let held = self.hold(conversation, variation, learned, patience, None)?;
        let difference = learned.difference(&held);
        Ok(difference.map(|difference| Shown { difference, held }))
    }

    /// The difference of a variation of another conversation from its uncut runs, which agree; `None` if it does not
    /// differ, or if they do not agree. `just_learned`: the last runs were uncut ones of this conversation.
    /// `is_missing`: the answer that this is about is known not to come.
    pub(crate) fn differs_in(
        &mut self,
        conversation: &Conversation,
        variation: &Variation,
        learned: &Learned,
        (just_learned, is_missing): (bool, bool),
    ) -> Result<Option<Shown>, String> {
        if !just_learned {
            self.spoiled = true;
            let uncut = self.once(conversation, &Variation::Uncut, learned)?;
            if learned.difference(&uncut).is_some() {
                return Ok(None);
            }
        }
        let patience = if is_missing {
            Waits::of_a_guess(learned)
        } else {
            self.waits.patience(learned)
        };
        let held = self.hold(conversation, variation, learned, patience, None)?;
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
