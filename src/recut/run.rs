//! A run: one recording, learned and then held under every variation.

use std::ops::ControlFlow;

use super::apart;
use super::evidence;
use super::finding::{self, Finding};
use super::held::{Learned, Shown};
use super::judge::{Bench, Outcome};
use super::learn::Options;
use super::shrink::{Least, shrink};
use super::subject::{Subject, Words};
use super::turn::{Conversation, NoTurns};
use super::variation::{Variation, Wanted, all, asks_for_more};
use crate::framing::Framing;
use crate::judge::check::Verdict;
use crate::judge::progress::Progress;
use crate::trace::{Cuts, Trace};

/// A recording that is ready to be held again.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The name, with which ids begin.
    pub name: String,
    /// The turns and answers.
    pub conversation: Conversation,
    /// The framing of the stream, where it is known.
    framing: Option<Framing>,
    /// The only variations that are wanted, if the recording says how it is cut.
    pinned: Vec<Variation>,
}

impl Recording {
    /// Makes a recording of a trace.
    ///
    /// # Errors
    /// [`NoTurns`]
    pub fn of(trace: &Trace) -> Result<Self, NoTurns> {
        let conversation = Conversation::of(trace)?;
        let pinned = match &trace.cuts {
            Some(Cuts::At(places)) => pinned(&conversation, places),
            _ => Vec::new(),
        };
        Ok(Self {
            name: trace.id.clone(),
            conversation,
            framing: trace.framing.as_ref().and_then(|name| name.parse().ok()),
            pinned,
        })
    }

    /// A recording of octets that are sent in one turn, and answered somehow.
    #[must_use]
    pub fn of_octets(name: &str, octets: &[u8]) -> Self {
        let mut conversation = Conversation::default();
        conversation.sent(octets);
        if let Some(turn) = conversation.turns.last_mut() {
            turn.answer = Some(crate::trace::answer::Answer::default());
        }
        Self {
            name: name.to_owned(),
            conversation,
            framing: None,
            pinned: Vec::new(),
        }
    }

    /// The same recording with this framing of its stream, where one is given.
    #[must_use]
    pub fn divided_by(mut self, framing: Option<&Framing>) -> Self {
        self.framing = framing.cloned().or(self.framing);
        self
    }

    /// The framing of its stream, where it is known.
    #[must_use]
    pub const fn framing(&self) -> Option<&Framing> {
        self.framing.as_ref()
    }

    /// The variations that send a turn in one piece, which is how each turn goes where that is answered.
    pub fn whole_turns(&self) -> impl Iterator<Item = Variation> {
        (0..self.conversation.turns.len()).map(|turn| Variation::Whole { turn })
    }

    /// All variations of the recording that are wanted.
    #[must_use]
    pub fn variations(&self, wanted: &Wanted) -> Vec<Variation> {
        if !self.pinned.is_empty() {
            return self.pinned.clone();
        }
        let framing = wanted.framing.as_ref().or(self.framing.as_ref()).cloned();
        let wanted = Wanted {
            framing,
            ..wanted.clone()
        };
        all(&self.conversation, &wanted)
    }
}

/// The variations that cut the stream at these places only, one for each turn that has some.
fn pinned(conversation: &Conversation, places: &[usize]) -> Vec<Variation> {
    let mut before = 0;
    let mut all = Vec::new();
    for (turn, here) in conversation.turns.iter().enumerate() {
        let after: Vec<usize> = places
            .iter()
            .filter_map(|place| place.checked_sub(before))
            .filter(|place| (1..here.sent.len()).contains(place))
            .collect();
        before += here.sent.len();
        if !after.is_empty() {
            all.push(Variation::Cut {
                turn,
                after,
                pause: false,
            });
        }
    }
    all
}

/// The results of a run.
#[derive(Debug, Default)]
pub struct Judged {
    /// A finding for each variation judged.
    pub findings: Vec<Finding>,
    /// Notes for the reader, a sentence each.
    pub notes: Vec<String>,
    /// Number of conversations held.
    pub conversations: usize,
    /// The reason why the run did not come to its end, if it did not.
    pub stopped: Option<Unjudged>,
}

/// The reason why nothing can be said about a recording.
#[derive(Debug, thiserror::Error)]
pub enum Unjudged {
    /// A reason in a sentence.
    #[error("{0}")]
    Because(String),
    /// The observer of the run wanted it to end.
    #[error("interrupted")]
    Interrupted,
}

impl From<String> for Unjudged {
    fn from(why: String) -> Self {
        Self::Because(why)
    }
}

/// Judges a recording under the variations given. A run that does not come to its end has the findings so far.
pub(crate) fn run(
    subject: &mut dyn Subject,
    recording: &Recording,
    variations: &[Variation],
    options: &Options,
    progress: &mut dyn Progress,
) -> Judged {
    let options = &Options {
        framing: options
            .framing
            .as_ref()
            .or(recording.framing.as_ref())
            .cloned(),
        ..options.clone()
    };
    let (conversation, known) = match apart::learned(subject, &recording.conversation, options) {
        Ok(known) => known,
        Err(why) => {
            let stopped = match options.is_interrupted() {
                true => Unjudged::Interrupted,
                false => Unjudged::Because(why),
            };
            return Judged {
                stopped: Some(stopped),
                ..Judged::default()
            };
        }
    };
    let notes = known.notes.clone();
    let variations = &apart::with_whole_turns(variations, &conversation);
    let mut bench = Bench::new(subject, &conversation, options, known);
    let mut so_far = SoFar::default();
    let stopped = so_far.go_on(&mut bench, recording, variations, progress);
    let SoFar {
        outcomes,
        mut findings,
    } = so_far;
    let tried = &variations[..outcomes.len()];
    name_causes(&bench.subject.words(), tried, &outcomes, &mut findings);
    forgive_one(tried.len(), &outcomes, &mut findings);
    Judged {
        findings,
        notes,
        conversations: bench.held,
        stopped: stopped.err().map(|why| match options.is_interrupted() {
            true => Unjudged::Interrupted,
            false => why,
        }),
    }
}

/// The outcomes of the variations so far, one each.
#[derive(Default)]
struct SoFar {
    outcomes: Vec<(Outcome, Option<Least>)>,
    findings: Vec<Finding>,
}

impl SoFar {
    /// The turns that make a difference in one piece.
    fn spoilt(&self, earlier: &[Variation]) -> impl Iterator<Item = usize> {
        let outcomes = earlier.iter().zip(&self.outcomes);
        outcomes.filter_map(|(one, (outcome, _))| match (one, outcome) {
            (Variation::Whole { turn }, Outcome::Different(_)) => Some(*turn),
            _ => None,
        })
    }

    fn go_on(
        &mut self,
        bench: &mut Bench<'_>,
        recording: &Recording,
        variations: &[Variation],
        progress: &mut dyn Progress,
    ) -> Result<(), Unjudged> {
        for (done, variation) in variations.iter().enumerate() {
            let earlier = &variations[..done];
            let outcome = if is_explained(variation, earlier, &self.outcomes) {
                Outcome::LeftOut("a place of it makes a difference by itself")
            } else if runs_ahead(variation, &bench.learned) {
                Outcome::LeftOut(
                    "an answer that it would go ahead of asks for more, and is awaited",
                )
            } else if apart::is_spoilt(variation, self.spoilt(earlier)) {
                Outcome::LeftOut("a turn of it is not answered in one piece")
            } else {
                bench.judge(variation)?
            };
            let least = match &outcome {
                Outcome::Different(shown) => {
                    match least(bench, variation, shown, earlier, &self.outcomes) {
                        // The difference is reported all the same, not made smaller.
                        Err(_) if bench.options.is_interrupted() => {
                            Some(Least::whole(bench, variation, shown))
                        }
                        least => Some(least?),
                    }
                }
                _ => None,
            };
            let finding = describe(recording, bench, variation, &outcome, least.as_ref());
            let goes_on = progress.finished(done + 1, variations.len(), &finding.check);
            self.findings.push(finding);
            self.outcomes.push((outcome, least));
            if goes_on == ControlFlow::Break(()) {
                return Err(Unjudged::Interrupted);
            }
        }
        Ok(())
    }
}

/// True if turns would go ahead of an answer that asks for more, as only learning could show: the recording leaves
/// that answer open.
fn runs_ahead(variation: &Variation, learned: &Learned) -> bool {
    matches!(variation, Variation::Join { first, last, .. }
        if (*first..*last).any(|turn| asks_for_more(learned.sample(turn + 1))))
}

/// True if one of several places of a variation makes a difference by itself.
fn is_explained(
    variation: &Variation,
    earlier: &[Variation],
    outcomes: &[(Outcome, Option<Least>)],
) -> bool {
    let explains = |of: usize, place: usize| match variation {
        Variation::Cut { turn, after, .. } => {
            *turn == of && after.len() > 1 && after.contains(&place)
        }
        Variation::Every { .. } => variation.places(of, place + 1).contains(&place),
        _ => false,
    };
    earlier.iter().zip(outcomes).any(|(one, (outcome, _))| {
        matches!(outcome, Outcome::Different(_))
            && matches!(one, Variation::Cut { turn, after, pause: false }
                if after.len() == 1 && explains(*turn, after[0]))
    })
}

/// The most differences of a run that are made as small as they go: the next turn mostly has the same ones.
const SHRUNK_IN_ALL: usize = 4;

/// The smallest form of a difference. Of many in one turn, and of many in all, only some are made small.
fn least(
    bench: &mut Bench<'_>,
    variation: &Variation,
    shown: &Shown,
    earlier: &[Variation],
    outcomes: &[(Outcome, Option<Least>)],
) -> Result<Least, String> {
    let different = || {
        earlier
            .iter()
            .zip(outcomes)
            .filter(|(_, (outcome, _))| matches!(outcome, Outcome::Different(_)))
            .map(|(variation, _)| variation)
    };
    let singles: Vec<Variation> = different()
        .filter(|one| matches!(one, Variation::Cut { after, .. } if after.len() == 1))
        .cloned()
        .collect();
    let same_turn = different()
        .filter(|one| one.turn() == variation.turn())
        .count();
    let most = if shown.difference.took_time() {
        // Each step waits for an answer that does not come.
        1
    } else {
        bench.subject.shrunk_in_a_turn()
    };
    let enough = same_turn >= most || different().count() >= SHRUNK_IN_ALL;
    if enough && variation.turn().is_some() {
        return Ok(Least::whole(bench, variation, shown));
    }
    shrink(bench, variation, shown, &singles)
}

fn describe(
    recording: &Recording,
    bench: &Bench<'_>,
    variation: &Variation,
    outcome: &Outcome,
    least: Option<&Least>,
) -> Finding {
    let name = &recording.name;
    let (verdict, message) = match outcome {
        Outcome::Same => (Verdict::Pass, String::new()),
        Outcome::Different(shown) => (
            Verdict::Fail,
            finding::message(
                &bench.subject.words(),
                &bench.learned,
                &shown.difference,
                &shown.held.ended,
            ),
        ),
        Outcome::Tolerated(why) => (Verdict::Acceptable, why.in_words().to_owned()),
        Outcome::Unsteady { differed, runs, .. } => (
            Verdict::Flaky,
            format!("answered otherwise {differed} times of {runs}, while the uncut runs agree"),
        ),
        Outcome::LeftOut(why) => (Verdict::Skipped, (*why).to_owned()),
    };
    let mut check = finding::check(name, variation, verdict, &message);
    let once = match outcome {
        Outcome::Unsteady { shown, .. } => Some(Least::whole(bench, variation, shown)),
        _ => None,
    };
    check.evidence = least.or(once.as_ref()).map(evidence::of);
    Finding {
        check,
        cut: least.map(|least| {
            // Turns and octets count as they do in the recording, not in what was shrunk from it.
            let mut cut = least.in_recording.cut();
            if let Variation::Join { .. } = variation {
                cut.join = variation.cut().join;
            }
            cut
        }),
        shrunk: least.map(|least| finding::trace(name, least)),
        frame: least.and_then(finding::frame),
        shown: least
            .or(once.as_ref())
            .map(finding::shown)
            .unwrap_or_default(),
    }
}

/// Names the likely causes, once the number of places of a turn that differ is known.
fn name_causes(
    words: &Words,
    variations: &[Variation],
    outcomes: &[(Outcome, Option<Least>)],
    findings: &mut [Finding],
) {
    let singles_of = |turn: Option<usize>| {
        let singles = variations.iter().zip(outcomes).filter(move |(one, _)| {
            one.turn() == turn && matches!(one, Variation::Cut { after, .. } if after.len() == 1)
        });
        let judged: Vec<bool> = singles
            .map(|(_, (outcome, _))| matches!(outcome, Outcome::Different(_) | Outcome::LeftOut(_)))
            .collect();
        (
            judged.iter().filter(|differs| **differs).count(),
            judged.len(),
        )
    };
    for ((variation, (_, least)), finding) in variations.iter().zip(outcomes).zip(findings) {
        if let Some(least) = least {
            let turn = variation
                .turn()
                .or(finding.cut.as_ref().and_then(|cut| Some(cut.turn? - 1)));
            let (differing, of) = singles_of(turn);
            finding.check.cause = finding::likely_cause(least, differing, of, words);
        }
    }
}

/// Accepts a single variation of many that differed once and never again, in spite of repetitions: it says
/// more about the machine than about the server.
fn forgive_one(variations: usize, outcomes: &[(Outcome, Option<Least>)], findings: &mut [Finding]) {
    const OF_SO_MANY: usize = 20;
    let once: Vec<usize> = outcomes
        .iter()
        .enumerate()
        .filter(|(_, (outcome, _))| matches!(outcome, Outcome::Unsteady { .. }))
        .map(|(place, _)| place)
        .collect();
    if let ([place], true) = (once.as_slice(), variations >= OF_SO_MANY)
        && matches!(outcomes[*place].0, Outcome::Unsteady { differed: 1, .. })
    {
        let check = &mut findings[*place].check;
        check.verdict = Verdict::Acceptable;
        check.broken = None;
        check.message = "answered otherwise once, and not again in any repetition".into();
    }
}

#[cfg(test)]
mod tests;
