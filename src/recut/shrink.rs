//! Shrinking: the least cut, the fewest turns, the fewest octets that still show a difference, while
//! the uncut conversation stays good.

use super::held::{Held, Learned, Shown};
use super::judge::Bench;
use super::recorded::same_outcome;
use super::turn::Conversation;
use super::variation::Variation;

/// Maximum number of conversations for the least set of places, after it was narrowed.
const RUNS_FOR_PLACES: usize = 60;

/// A conversation, a variation of it, and the difference that this makes.
#[derive(Debug, Clone)]
pub(crate) struct Least {
    pub(crate) conversation: Conversation,
    pub(crate) learned: Learned,
    pub(crate) variation: Variation,
    /// The variation as it is before turns and octets are left out.
    pub(crate) in_recording: Variation,
    pub(crate) shown: Shown,
}

/// Makes a difference as small as it goes. `known` are single places that differ already.
///
/// # Errors
/// The subject cannot be talked to any more.
pub(crate) fn shrink(
    bench: &mut Bench<'_>,
    variation: &Variation,
    shown: &Shown,
    known: &[Variation],
) -> Result<Least, String> {
    let mut least = Least::whole(bench, variation, shown);
    let takes_long = least.shown.difference.took_time();
    let before = least.clone();
    least_places(bench, &mut least, known)?;
    if least.variation != before.variation && !least.is_confirmed(bench)? {
        least = before;
    }
    least.in_recording = least.variation.clone();
    fewest_turns(bench, &mut least)?;
    if !takes_long {
        fewest_octets(bench, &mut least)?;
    }
    Ok(least)
}

impl Least {
    /// A difference of the whole conversation, not made smaller.
    pub(crate) fn whole(bench: &Bench<'_>, variation: &Variation, shown: &Shown) -> Self {
        Self {
            conversation: bench.conversation.clone(),
            learned: bench.learned.clone(),
            variation: variation.clone(),
            in_recording: variation.clone(),
            shown: shown.clone(),
        }
    }

    /// Keeps a smaller conversation, if it shows a difference.
    fn improve(
        &mut self,
        bench: &mut Bench<'_>,
        conversation: Conversation,
        learned: Learned,
        variation: Variation,
    ) -> Result<bool, String> {
        let how = (false, self.shown.difference.took_time());
        self.improve_from(bench, conversation, learned, variation, how)
    }

    /// The same, where the last runs may have been uncut ones of this conversation, and where the answer may be
    /// known not to come.
    fn improve_from(
        &mut self,
        bench: &mut Bench<'_>,
        conversation: Conversation,
        learned: Learned,
        variation: Variation,
        how: (bool, bool),
    ) -> Result<bool, String> {
        let shown = bench.differs_in(&conversation, &variation, &learned, how)?;
        let Some(shown) = shown else {
            return Ok(false);
        };
        *self = Self {
            conversation,
            learned,
            variation,
            in_recording: self.in_recording.clone(),
            shown,
        };
        Ok(true)
    }

    /// Keeps another variation of the same conversation, if that seems to show a difference too.
    fn try_variation(
        &mut self,
        bench: &mut Bench<'_>,
        variation: Variation,
    ) -> Result<bool, String> {
        let Some(shown) = bench.guess(&self.conversation, &variation, &self.learned)? else {
            return Ok(false);
        };
        self.variation = variation;
        self.shown = shown;
        Ok(true)
    }

    /// Holds the variation once more, between uncut runs, because it seemed to show a difference.
    fn is_confirmed(&mut self, bench: &mut Bench<'_>) -> Result<bool, String> {
        let (conversation, learned) = (self.conversation.clone(), self.learned.clone());
        let variation = self.variation.clone();
        self.improve_from(bench, conversation, learned, variation, (false, false))
    }
}

/// Reduces a variation to one turn, and to as few places of it as possible.
fn least_places(
    bench: &mut Bench<'_>,
    least: &mut Least,
    known: &[Variation],
) -> Result<(), String> {
    let pauses = least.variation == Variation::Pauses;
    let many = matches!(
        least.variation,
        Variation::Octets | Variation::Every { .. } | Variation::Pauses
    );
    if many {
        // A place that differs by itself explains each of these.
        if let Some(single) = known.first()
            && least.try_variation(bench, single.clone())?
        {
            return Ok(());
        }
        for (turn, here) in least.conversation.turns.clone().iter().enumerate() {
            let after = least.variation.places(turn, here.sent.len());
            if after.is_empty() {
                continue;
            }
            let one = Variation::Cut {
                turn,
                after,
                pause: pauses,
            };
            if least.try_variation(bench, one)? {
                break;
            }
        }
    }
    narrow(bench, least)?;
    fewest_places(bench, least)
}

/// Leaves out places between the first and the last, both of which are needed.
fn fewest_places(bench: &mut Bench<'_>, least: &mut Least) -> Result<(), String> {
    if let Variation::Cut { turn, after, pause } = least.variation.clone()
        && let [first, _, .., last] = after[..]
    {
        let ends = Variation::Cut {
            turn,
            after: vec![first, last],
            pause,
        };
        least.try_variation(bench, ends)?;
    }
    let mut runs = 0;
    let mut parts = 2;
    while let Variation::Cut { turn, after, pause } = least.variation.clone() {
        if after.len() < 2 || runs >= RUNS_FOR_PLACES {
            break;
        }
        let size = after.len().div_ceil(parts);
        let groups: Vec<Vec<usize>> = after.chunks(size).map(<[usize]>::to_vec).collect();
        let without = |group: &Vec<usize>| {
            let rest = after.iter().filter(|place| !group.contains(place));
            rest.copied().collect::<Vec<usize>>()
        };
        let candidates: Vec<Vec<usize>> = groups
            .iter()
            .cloned()
            .chain(groups.iter().map(without))
            .filter(|places| places.first() == after.first() && places.last() == after.last())
            .filter(|places| places.len() < after.len())
            .collect();
        let mut smaller = false;
        for places in candidates {
            runs += 1;
            let one = Variation::Cut {
                turn,
                after: places,
                pause,
            };
            if runs <= RUNS_FOR_PLACES && least.try_variation(bench, one)? {
                smaller = true;
                break;
            }
        }
        if smaller {
            parts = 2;
        } else if size == 1 {
            break;
        } else {
            parts = (parts * 2).min(after.len());
        }
    }
    Ok(())
}

/// The shortest run of places that shows a difference, from both ends by halves: the places that belong to
/// one mistake mostly lie beside each other, and each place outside would be tried by itself otherwise.
fn narrow(bench: &mut Bench<'_>, least: &mut Least) -> Result<(), String> {
    for from_the_end in [true, false] {
        let Variation::Cut { turn, after, pause } = least.variation.clone() else {
            break;
        };
        // All places but `dropped` show it; all but `too_many` do not.
        let (mut dropped, mut too_many) = (0, after.len());
        while dropped + 1 < too_many {
            let next = usize::midpoint(dropped, too_many);
            let kept = if from_the_end {
                &after[..after.len() - next]
            } else {
                &after[next..]
            };
            let one = Variation::Cut {
                turn,
                after: kept.to_vec(),
                pause,
            };
            if least.try_variation(bench, one)? {
                dropped = next;
            } else {
                too_many = next;
            }
        }
    }
    Ok(())
}

/// Drops the turns that are not needed: all after the one that is cut, all before it, or some.
fn fewest_turns(bench: &mut Bench<'_>, least: &mut Least) -> Result<(), String> {
    let Some(turn) = least.variation.turn() else {
        return Ok(());
    };
    if least.variation.breaks_off() {
        // The difference is in the conversation after it.
        return Ok(());
    }
    let answers = least.shown.difference.answer();
    let needed = answers.map_or(turn, |answer| answer.saturating_sub(1).max(turn));
    let count = least.conversation.turns.len();
    if needed + 1 < count {
        drop_turns(bench, least, needed + 1, count)?;
    }
    let first = match least.variation {
        Variation::Join { first, .. } => first,
        _ => turn,
    };
    if first > 0 && !drop_turns(bench, least, 0, first)? {
        for one in (0..first).rev() {
            drop_turns(bench, least, one, one + 1)?;
        }
    }
    Ok(())
}

/// Drops some turns, none of which is cut.
fn drop_turns(
    bench: &mut Bench<'_>,
    least: &mut Least,
    from: usize,
    to: usize,
) -> Result<bool, String> {
    let mut conversation = least.conversation.clone();
    let drops_last = to == conversation.turns.len();
    conversation.turns.drain(from..to);
    conversation.closes &= !drops_last;
    let learned = least.learned.without_turns(from, to, drops_last);
    let earlier = |turn: usize| if turn >= to { turn - (to - from) } else { turn };
    let variation = match least.variation.clone() {
        Variation::Cut { turn, after, pause } => Variation::Cut {
            turn: earlier(turn),
            after,
            pause,
        },
        Variation::Whole { turn } => Variation::Whole {
            turn: earlier(turn),
        },
        Variation::Join { first, last, into } => Variation::Join {
            first: earlier(first),
            last: earlier(last),
            into,
        },
        other => other,
    };
    least.improve(bench, conversation, learned, variation)
}

/// Leaves out octets of the turn that is cut, or whole where it goes apart otherwise, as long as the uncut turn is
/// answered as well as before.
fn fewest_octets(bench: &mut Bench<'_>, least: &mut Least) -> Result<(), String> {
    let mut runs = 0;
    let most = bench.subject.octet_runs();
    let Some(turn) = least.variation.turn() else {
        return Ok(());
    };
    let mut size = match least.variation {
        Variation::Cut { .. } | Variation::Whole { .. } => {
            least.conversation.turns[turn].sent.len() / 2
        }
        _ => return Ok(()),
    };
    while size > 0 && runs < most {
        let mut from = 0;
        loop {
            let to = from + size;
            if to > least.conversation.turns[turn].sent.len() || runs >= most {
                break;
            }
            if let Some((conversation, variation)) = without_octets(least, turn, from, to) {
                runs += 1;
                if let Some(learned) = learn_again(bench, &conversation, &least.learned)?
                    && least.improve_from(bench, conversation, learned, variation, (true, false))?
                {
                    continue;
                }
            }
            from += size;
        }
        size /= 2;
    }
    Ok(())
}

/// The conversation without some octets of a turn, in which every place at which it is cut is still one; `None`
/// where one would be lost.
fn without_octets(
    least: &Least,
    turn: usize,
    from: usize,
    to: usize,
) -> Option<(Conversation, Variation)> {
    let mut conversation = least.conversation.clone();
    let here = &mut conversation.turns[turn];
    here.sent.drain(from..to);
    let len = here.sent.len();
    let moved = |places: &[usize]| {
        let hits = places.iter().any(|place| from < *place && *place < to);
        let kept = places.iter().map(|place| {
            let behind = *place >= to;
            place - if behind { to - from } else { 0 }
        });
        let kept: Vec<usize> = kept.collect();
        let inside = kept.iter().all(|place| (1..len).contains(place));
        (!hits && inside && kept.is_sorted_by(|a, b| a < b)).then_some(kept)
    };
    here.apart = moved(&here.apart)?;
    let mut variation = least.variation.clone();
    if let Variation::Cut { after, .. } = &mut variation {
        *after = moved(after)?;
    }
    Some((conversation, variation))
}

/// Learns a changed conversation from two uncut runs. `None` if they differ from each other, or have
/// another outcome than before.
fn learn_again(
    bench: &mut Bench<'_>,
    conversation: &Conversation,
    before: &Learned,
) -> Result<Option<Learned>, String> {
    let first = bench.trial(conversation, before)?;
    let is_good = |held: &Held| {
        held.died.is_none()
            && before.closes.is_none_or(|closes| closes == held.closed)
            && held.answers.len() == before.patterns.len()
            && held.answers.iter().enumerate().all(|(answer, came)| {
                before.is_answer(answer, came)
                    || !came.is_empty() && same_outcome(before.sample(answer), came)
            })
    };
    if !is_good(&first) {
        return Ok(None);
    }
    let again = bench.trial(conversation, before)?;
    if !is_good(&again) {
        return Ok(None);
    }
    let learned = Learned::of(&[first, again]).divided(before.framing.as_ref());
    let loose = learned
        .patterns
        .iter()
        .any(super::pattern::Pattern::is_loose);
    Ok((!loose).then_some(learned))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::learn::{Known, Options};
    use super::super::subject::{Subject, Talk};
    use super::*;

    /// A server that answers otherwise where its request is cut at all of these places.
    struct CutAt(&'static [usize]);

    impl Subject for CutAt {
        fn hold(&mut self, talk: &Talk<'_>) -> Result<Held, String> {
            let sent = &talk.conversation.turns[0].sent;
            let cut = talk.variation.places(0, sent.len());
            let is_wrong = self.0.iter().all(|place| cut.contains(place));
            let answer = if is_wrong { b"no" } else { b"ok" };
            Ok(Held {
                answers: vec![Vec::new(), answer.to_vec()],
                ..Held::default()
            })
        }

        fn refresh(&mut self) -> Result<(), String> {
            Ok(())
        }

        fn can_refresh(&self) -> bool {
            true
        }
    }

    /// The least places of a request of 200 octets, and the number of conversations that it took to find them.
    fn least_of(places: &'static [usize]) -> (Vec<usize>, usize) {
        let mut conversation = Conversation::default();
        conversation.sent(&[7; 200]);
        conversation.answered(b"ok");
        let options = Options::untold(Duration::from_secs(1));
        let uncut = Held {
            answers: vec![Vec::new(), b"ok".to_vec()],
            ..Held::default()
        };
        let known = Known {
            learned: Learned::of(&[uncut.clone(), uncut]),
            fresh: false,
            notes: Vec::new(),
        };
        let mut subject = CutAt(places);
        let mut bench = Bench::new(&mut subject, &conversation, &options, known);
        let variation = Variation::Octets;
        let learned = bench.learned.clone();
        let shown = bench.guess(&conversation, &variation, &learned);
        let shown = shown.unwrap().unwrap();
        let mut least = Least::whole(&bench, &variation, &shown);
        let before = bench.held;
        least_places(&mut bench, &mut least, &[]).unwrap();
        let Variation::Cut { after, .. } = least.variation else {
            panic!("{:?}", least.variation)
        };
        (after, bench.held - before)
    }

    #[test]
    fn places_beside_each_other_are_found_by_halves() {
        for places in [&[100][..], &[57, 58], &[198, 199], &[1, 2, 3]] {
            let (least, held) = least_of(places);
            assert_eq!(least, places);
            assert!(held < 30, "{places:?} took {held} conversations");
        }
    }

    #[test]
    fn places_that_lie_apart_are_found_too() {
        for places in [&[20, 180][..], &[20, 21, 180]] {
            let (least, held) = least_of(places);
            assert_eq!(least, places);
            assert!(held < 60, "{places:?} took {held} conversations");
        }
    }
}
