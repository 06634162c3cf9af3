//! Time limits: a server that gives a request up whose octets took long to go out, as they do on a loaded machine.

use std::time::Duration;

use super::{Bench, Difference, Held, Linger, Variation};
use crate::recut::tolerated::LONG;
use crate::recut::turn::Conversation;

/// Longest time for which a request is held up to see whether it is given up.
const MOST: Duration = Duration::from_secs(30);

/// Number of conversations in which a request that is cut may go out fast, where the machine is loaded.
const TRIES: usize = 5;

impl Bench<'_> {
    /// True if a conversation is answered otherwise that takes as long as those that differed took at the least,
    /// wherever a request is cut, and as uncut where the same cut takes less.
    pub(super) fn is_of_time(
        &mut self,
        variation: &Variation,
        differed: &Held,
        took: Duration,
    ) -> Result<bool, String> {
        // A server that hangs takes its time by itself; a server that gives up says so, or closes.
        let gives_up = match self.learned.difference(differed) {
            Some(Difference::ClosedInstead { .. } | Difference::Closed) => true,
            Some(Difference::Other { .. }) => differed.closed,
            _ => false,
        };
        let took = took.min(MOST);
        if !gives_up || took < LONG || took <= self.limit.waited_for {
            return Ok(false);
        }
        if self.limit.given_up.is_some_and(|limit| took >= limit) {
            return Ok(true);
        }
        let Some((turn, elsewhere)) = elsewhere(self.conversation, variation, differed) else {
            return Ok(false);
        };
        let (conversation, learned) = (self.conversation, self.learned.clone());
        let linger = Linger {
            turn,
            inside: true,
            time: took,
        };
        let patience = self.waits.patience(&learned);
        self.spoiled = true;
        let late = self.hold(conversation, &elsewhere, &learned, patience, Some(linger))?;
        if learned.difference(&late).is_none() {
            self.limit.waited_for = took;
            return Ok(false);
        }
        for _ in 0..TRIES {
            self.spoiled = true;
            let soon = self.hold(conversation, &elsewhere, &learned, patience, None)?;
            let differs = learned.difference(&soon).is_some();
            if !differs && soon.span < took {
                self.limit.given_up = Some(took);
                return Ok(true);
            }
            if differs && soon.inside < LONG {
                break;
            }
        }
        // Nothing shows that it is the time: any cut may make the difference.
        self.spoiled = true;
        Ok(false)
    }
}

/// The turn whose answer differed, or else the longest, cut at one place at which the variation does not cut it.
fn elsewhere(
    conversation: &Conversation,
    variation: &Variation,
    differed: &Held,
) -> Option<(usize, Variation)> {
    let turns = &conversation.turns;
    let longest = (0..turns.len()).max_by_key(|turn| turns[*turn].sent.len());
    let last = differed.answers.len().checked_sub(2);
    [variation.turn().or(last), longest]
        .into_iter()
        .flatten()
        .find_map(|turn| {
            let len = turns.get(turn)?.sent.len();
            let cut = variation.places(turn, len);
            let is_elsewhere = |place: &usize| cut.len() > 2 || !cut.contains(place);
            let mut places = [len.saturating_sub(1), 1, len / 2].into_iter();
            let place = places.find(|place| (1..len).contains(place) && is_elsewhere(place))?;
            let cut = Variation::Cut {
                turn,
                after: vec![place],
                pause: false,
            };
            Some((turn, cut))
        })
}
