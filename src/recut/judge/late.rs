//! Answers that come late where a turn was sent in many pieces.

use super::Bench;
use crate::recut::held::Shown;
use crate::recut::variation::Variation;

/// Number of places in a turn from which on the usual wait, which is a few times that of the whole turn, may be too
/// short for a program that takes its time for each piece.
const MANY_PLACES: usize = 4;

impl Bench<'_> {
    /// True if an answer that did not come in time to a turn in many pieces comes when it is waited for longer: a
    /// program that awaits something else for each piece has as many such times before its answer.
    pub(super) fn comes_late(
        &mut self,
        variation: &Variation,
        shown: &Shown,
    ) -> Result<bool, String> {
        let turns = self.conversation.turns.iter().enumerate();
        let places = turns.map(|(turn, here)| variation.places(turn, here.sent.len()).len());
        let many = places.max().is_some_and(|places| places >= MANY_PLACES);
        if !many || !shown.difference.took_time() || shown.held.died.is_some() {
            return Ok(false);
        }
        self.spoiled = true;
        let patience = self.waits.of_many_pieces(&self.learned);
        Ok(self.differs_after(variation, patience)?.0.is_none())
    }
}
