//! Dates in answers, which change with the clock and not with the cut.

use super::Bench;
use crate::recut::held::{Difference, Held, Shown};
use crate::recut::learn::LINGER;
use crate::recut::subject::Linger;
use crate::recut::tolerated::Tolerated;
use crate::recut::variation::Variation;

impl Bench<'_> {
    /// True if what looks like another order is a date whose minute has changed: an uncut run shows it too.
    pub(super) fn is_a_date(&mut self, tolerated: Tolerated, shown: &Shown) -> bool {
        tolerated == Tolerated::Reordered && self.is_explained(shown).unwrap_or(false)
    }

    /// True if an uncut run shows the same where it pauses before the turn whose answer differed: a server whose
    /// clock has moved on since the turn before says so once, as in a compressed header that has the date.
    pub(super) fn is_of_the_clock(&mut self, differed: &Held) -> Result<bool, String> {
        let (conversation, learned) = (self.conversation, self.learned.clone());
        let Some(Difference::Other { answer }) = learned.difference(differed) else {
            return Ok(false);
        };
        let Some(before) = answer.checked_sub(1) else {
            return Ok(false);
        };
        let linger = Linger {
            turn: before,
            inside: false,
            time: LINGER,
        };
        let patience = self.waits.patience(&learned);
        let uncut = Variation::Uncut;
        let held = self.hold(conversation, &uncut, &learned, patience, Some(linger))?;
        Ok(learned.are_alike(&held, differed))
    }
}
