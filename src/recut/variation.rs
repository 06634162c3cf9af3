//! Variations: the ways in which a conversation is held otherwise, each with an id.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Serialize;

use super::frames::{self, Framed};
use super::hostile::{self, Hostile};
use super::turn::{Conversation, Turn};
use crate::framing::Framing;

mod joins;

/// All places of a conversation are tried up to this many; beyond, the edges of each turn and a
/// sample.
const ALL_PLACES_UP_TO: usize = 400;

/// Number of places at either edge of a turn that are always tried.
const EDGE_PLACES: usize = 16;

/// Maximum number of pairs of places that are tried in a turn, and in a conversation.
const PAIRS_IN_A_TURN: usize = 8;
const PAIRS: usize = 48;

/// Up to this many octets of a turn go one at a time; beyond, those of its edges do.
const OCTETS_UP_TO: usize = 4096;

/// Number of sets in which all places are cut if a conversation is too long for every place by itself, and
/// distance between the places of a set: the effect of one cut is not hidden by the next, as it may be octet
/// by octet.
const SETS: usize = 64;

/// Length of the beginning of a turn that is cut in these sets, in octets.
const SETS_UP_TO: usize = 16 * 1024;

/// The way in which a conversation is held, for reports. Turns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Cut {
    /// The turn that is cut; none where several are or none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<usize>,
    /// The numbers of its octets after which it is cut.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<usize>,
    /// The turns that are sent together with the one that follows, ahead of their answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub join: Vec<usize>,
    /// The places of `after` at which a pause is needed too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pause: Vec<usize>,
}

/// A way of holding a conversation otherwise than it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Variation {
    /// As it was recorded, each turn in one piece.
    Uncut,
    /// A turn cut after these numbers of its octets; the next piece goes out when the server has read
    /// the last, and rests.
    Cut {
        /// The turn, from 0.
        turn: usize,
        /// The places, rising.
        after: Vec<usize>,
        /// A pause at each place too.
        pause: bool,
    },
    /// A turn in one piece that always goes in several otherwise: [`Turn::apart`](super::turn::Turn::apart).
    Whole {
        /// The turn, from 0.
        turn: usize,
    },
    /// All turns one octet at a time; of a long turn, only its edges.
    Octets,
    /// Each turn cut after `first` of its octets, and again and again after `step` more.
    Every {
        /// The first place.
        first: usize,
        /// The distance between places.
        step: usize,
    },
    /// Each turn cut in its middle, with a pause.
    Pauses,
    /// Turns are sent with the one that follows, ahead of their answers.
    Join {
        /// The first turn, from 0.
        first: usize,
        /// The last turn of those joined.
        last: usize,
        /// Octets of the last turn that go with those before it, whose answers must have come
        /// before the rest goes out; none: all of it does.
        into: Option<usize>,
    },
    /// The end of the stream apart from the last octet.
    EndApart,
    /// The stream ends inside this turn.
    BreakOff {
        /// The turn, from 0.
        turn: usize,
        /// The number of its octets that are sent.
        after: usize,
    },
    /// A turn with a frame in it that lies; nothing follows.
    Hostile(Hostile),
}

impl Variation {
    /// The id, without the name of the conversation.
    #[must_use]
    pub fn id(&self) -> String {
        let list = |places: &[usize]| {
            let places: Vec<String> = places.iter().map(usize::to_string).collect();
            places.join("+")
        };
        match self {
            Self::Uncut => "uncut".to_owned(),
            Self::Cut { turn, after, pause } => {
                let pause = if *pause { "/pause" } else { "" };
                format!("turn{}@{}{pause}", turn + 1, list(after))
            }
            Self::Whole { turn } => format!("turn{}@whole", turn + 1),
            Self::Octets => "octets".to_owned(),
            Self::Every { first, step } => format!("every{step}@{first}"),
            Self::Pauses => "pauses".to_owned(),
            Self::Join { first, last, into } => {
                let into = into.map_or_else(String::new, |into| format!("+{into}"));
                if last - first == 1 {
                    format!("join@{}{into}", first + 1)
                } else {
                    format!("join@{}-{}{into}", first + 1, last)
                }
            }
            Self::EndApart => "end".to_owned(),
            Self::BreakOff { turn, after } => format!("end@turn{}@{after}", turn + 1),
            Self::Hostile(one) => format!("hostile@turn{}/{}", one.turn + 1, one.lie.id()),
        }
    }

    /// The requirement that a difference breaks.
    #[must_use]
    pub const fn requirement(&self) -> &'static str {
        match self {
            Self::Uncut
            | Self::Cut { .. }
            | Self::Whole { .. }
            | Self::Octets
            | Self::Every { .. }
            | Self::Pauses => "CUT-1",
            Self::Join { into: None, .. } => "CUT-2",
            Self::Join { into: Some(_), .. } => "CUT-3",
            Self::EndApart | Self::BreakOff { .. } | Self::Hostile(_) => "CUT-4",
        }
    }

    /// The turn whose octets are cut, from 0, if it is one.
    #[must_use]
    pub const fn turn(&self) -> Option<usize> {
        match self {
            Self::Cut { turn, .. } | Self::Whole { turn } | Self::BreakOff { turn, .. } => {
                Some(*turn)
            }
            Self::Hostile(one) => Some(one.turn),
            Self::Join { last, .. } => Some(*last),
            _ => None,
        }
    }

    /// True if the conversation is over inside a turn, for which nothing is answered.
    #[must_use]
    pub const fn breaks_off(&self) -> bool {
        matches!(self, Self::BreakOff { .. } | Self::Hostile(_))
    }

    /// The description of the variation in reports.
    #[must_use]
    pub fn cut(&self) -> Cut {
        match self {
            Self::Uncut | Self::Octets | Self::Every { .. } | Self::Pauses | Self::EndApart => {
                Cut::default()
            }
            Self::Cut { turn, after, pause } => Cut {
                turn: Some(turn + 1),
                after: after.clone(),
                pause: if *pause { after.clone() } else { Vec::new() },
                ..Cut::default()
            },
            Self::Join { first, last, into } => Cut {
                turn: Some(last + 1),
                after: into.iter().copied().collect(),
                join: (*first..*last).map(|turn| turn + 1).collect(),
                ..Cut::default()
            },
            Self::BreakOff { turn, after } => Cut {
                turn: Some(turn + 1),
                after: vec![*after],
                ..Cut::default()
            },
            Self::Whole { turn } | Self::Hostile(Hostile { turn, .. }) => Cut {
                turn: Some(turn + 1),
                ..Cut::default()
            },
        }
    }

    /// The places at which a turn that now has `len` octets goes apart: those of this variation, and those at which
    /// it always does.
    pub(crate) fn pieces(&self, turn: usize, here: &Turn, len: usize) -> Vec<usize> {
        let mut places = self.places(turn, len);
        if !here.apart.is_empty() && *self != (Self::Whole { turn }) {
            places.extend(here.apart.iter().filter(|place| **place < len));
            places.sort_unstable();
            places.dedup();
        }
        places
    }

    /// The places at which this variation cuts a turn of `len` octets.
    pub(crate) fn places(&self, turn: usize, len: usize) -> Vec<usize> {
        let mut places = match self {
            Self::Cut {
                turn: cut, after, ..
            } if *cut == turn => after.clone(),
            Self::Octets if len <= OCTETS_UP_TO => (1..len).collect(),
            Self::Octets => (1..OCTETS_UP_TO / 2)
                .chain(len - OCTETS_UP_TO / 2..len)
                .collect(),
            Self::Every { first, step } => (*first..len.min(SETS_UP_TO)).step_by(*step).collect(),
            Self::Pauses => vec![len / 2],
            _ => Vec::new(),
        };
        places.retain(|place| (1..len).contains(place));
        places
    }
}

/// The number of single places that are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Places {
    /// All, up to a number that takes seconds; then edges and a sample.
    ByNeed,
    /// All.
    All,
    /// The places at the edges of turns and beside octets that terminate or delimit.
    Edges,
    /// Edges and a sample, at most this many.
    AtMost(usize),
}

/// The variations that are wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The number of single places.
    pub places: Places,
    /// The seed by which the sample is drawn.
    pub seed: u64,
    /// True if turns are joined.
    pub pipelines: bool,
    /// The framing of the stream, where it is known: then the frames say which places count.
    pub framing: Option<Framing>,
    /// True if frames that lie are sent, where the framing is known.
    pub hostile: bool,
}

/// All variations of a conversation that are wanted, the plainest first.
#[must_use]
pub fn all(conversation: &Conversation, wanted: &Wanted) -> Vec<Variation> {
    let framed = wanted.framing.as_ref();
    let framed = framed.map(|framing| frames::of(framing, conversation));
    let framed = framed.unwrap_or_default();
    let mut all: Vec<Variation> = singles(conversation, wanted, &framed)
        .into_iter()
        .map(|(turn, place)| Variation::Cut {
            turn,
            after: vec![place],
            pause: false,
        })
        .collect();
    let cuttable = conversation.turns.iter().any(|turn| turn.sent.len() > 1);
    if cuttable {
        all.push(Variation::Octets);
        all.extend(sets(conversation, wanted));
        all.extend(pairs(conversation, &framed));
        all.push(Variation::Pauses);
    }
    if wanted.pipelines {
        all.extend(joins::all(conversation));
    }
    all.extend(ends(conversation));
    if let Some(framing) = wanted.framing.as_ref().filter(|_| wanted.hostile) {
        let all_lies = hostile::all(framing, conversation);
        all.extend(all_lies.into_iter().map(Variation::Hostile));
    }
    all
}

/// The places of a turn's frames, where they are known.
fn of_frames(framed: &[Option<Framed>], turn: usize) -> Option<&Framed> {
    framed.get(turn)?.as_ref()
}

/// The single places, each with its turn.
fn singles(
    conversation: &Conversation,
    wanted: &Wanted,
    framed: &[Option<Framed>],
) -> Vec<(usize, usize)> {
    let lens: Vec<usize> = conversation
        .turns
        .iter()
        .map(|turn| turn.sent.len())
        .collect();
    let total: usize = lens.iter().map(|len| len.saturating_sub(1)).sum();
    let most = match wanted.places {
        Places::All => usize::MAX,
        Places::ByNeed => ALL_PLACES_UP_TO,
        Places::Edges => 0,
        Places::AtMost(most) => most,
    };
    let every = |turn: usize| (1..lens[turn]).map(move |place| (turn, place));
    let turns = 0..lens.len();
    if total <= most {
        return turns.flat_map(every).collect();
    }
    let mut edges = BTreeSet::new();
    for (turn, one) in conversation.turns.iter().enumerate() {
        let places = match of_frames(framed, turn) {
            Some(frames) => frames.singles.clone(),
            None => interesting(&one.sent),
        };
        edges.extend(places.into_iter().map(|place| (turn, place)));
    }
    let mut random = Random(wanted.seed);
    if let Places::AtMost(most) = wanted.places {
        while edges.len() > most {
            let place = random.below(edges.len());
            let one = *edges.iter().nth(place).expect("it is below the length");
            edges.remove(&one);
        }
    }
    let candidates: Vec<(usize, usize)> = turns
        .flat_map(every)
        .filter(|place| !edges.contains(place))
        .collect();
    let mut candidates = candidates;
    while edges.len() < most && !candidates.is_empty() {
        let place = random.below(candidates.len());
        edges.insert(candidates.swap_remove(place));
    }
    edges.into_iter().collect()
}

/// The sets of all places, for a conversation that has too many for each by itself.
fn sets(conversation: &Conversation, wanted: &Wanted) -> Vec<Variation> {
    let lens = conversation.turns.iter().map(|turn| turn.sent.len());
    let places: usize = lens.map(|len| len.saturating_sub(1)).sum();
    if wanted.places != Places::ByNeed || places <= ALL_PLACES_UP_TO {
        return Vec::new();
    }
    let set = |first| Variation::Every { first, step: SETS };
    (1..=SETS).map(set).collect()
}

/// The places of a turn that are worth a cut of their own: its edges, and both sides of octets that
/// terminate or delimit. If there are many such octets, the first and the last of them.
pub(super) fn interesting(sent: &[u8]) -> BTreeSet<usize> {
    let len = sent.len();
    let edges = (1..len.min(EDGE_PLACES + 1)).chain(len.saturating_sub(EDGE_PLACES).max(1)..len);
    let mut places: BTreeSet<usize> = edges.collect();
    let delimits = |octet: u8| matches!(octet, b'\r' | b'\n' | 0 | b'"' | b'\\' | 0x80..);
    let delimiters: Vec<usize> = (1..len)
        .filter(|place| delimits(sent[*place - 1]) || delimits(sent[*place]))
        .collect();
    let shown = if delimiters.len() > 4 * EDGE_PLACES {
        let tail: Range<usize> = delimiters.len() - 2 * EDGE_PLACES..delimiters.len();
        [&delimiters[..2 * EDGE_PLACES], &delimiters[tail]].concat()
    } else {
        delimiters
    };
    places.extend(shown);
    places
}

/// Pairs of places: those of frames, beside each other, at both ends, around octets that terminate.
fn pairs(conversation: &Conversation, framed: &[Option<Framed>]) -> Vec<Variation> {
    let mut all = Vec::new();
    for (turn, one) in conversation.turns.iter().enumerate() {
        let len = one.sent.len();
        if len < 3 {
            continue;
        }
        let mut pairs = of_frames(framed, turn).map_or_else(Vec::new, |one| one.pairs.clone());
        pairs.truncate(PAIRS_IN_A_TURN / 2);
        pairs.extend([
            (1, 2),
            (1, len - 1),
            (len - 2, len - 1),
            (len / 3, 2 * len / 3),
        ]);
        for place in 2..len - 1 {
            if matches!(one.sent[place - 1], b'\r' | b'\n' | b' ' | b':' | b',' | 0) {
                pairs.push((place - 1, place));
                pairs.push((place, len - 1));
            }
        }
        pairs.retain(|(first, second)| 0 < *first && first < second && *second < len);
        let mut seen = BTreeSet::new();
        pairs.retain(|pair| seen.insert(*pair));
        pairs.truncate(PAIRS_IN_A_TURN);
        all.extend(pairs.into_iter().map(|(first, second)| Variation::Cut {
            turn,
            after: vec![first, second],
            pause: false,
        }));
    }
    let step = all.len().div_ceil(PAIRS).max(1);
    all.into_iter().step_by(step).collect()
}

/// True of answers that the next turn depends on, in whatever protocol: HTTP's 101, after which another protocol is
/// spoken, and a line that begins with a code such as 354, which asks for more.
pub(super) fn asks_for_more(answer: &[u8]) -> bool {
    answer.starts_with(b"HTTP/1.1 101 ")
        || matches!(answer, [b'3', b'0'..=b'9', b'0'..=b'9', b' ', ..])
}

fn ends(conversation: &Conversation) -> Vec<Variation> {
    let mut all = Vec::new();
    if conversation
        .turns
        .last()
        .is_some_and(|turn| turn.ends && !turn.sent.is_empty())
    {
        all.push(Variation::EndApart);
    }
    let longest = (0..conversation.turns.len()).max_by_key(|turn| {
        let len = conversation.turns[*turn].sent.len();
        (len, usize::MAX - turn)
    });
    if let Some(turn) = longest {
        let len = conversation.turns[turn].sent.len();
        let places: BTreeSet<usize> = [1, len / 2, len.saturating_sub(1)].into();
        let inside = places.into_iter().filter(|place| (1..len).contains(place));
        all.extend(inside.map(|after| Variation::BreakOff { turn, after }));
    }
    all
}

/// Numbers that follow from a seed (splitmix64).
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

#[cfg(test)]
mod tests;
