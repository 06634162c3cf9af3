//! Mutants: a recorded conversation with some octets changed, a pure function of seed and number.

use std::ops::Range;

use fastrand::Rng;

use super::by_frame::Frames;
use crate::framing::Framing;
use crate::recut::turn::Conversation;
use crate::recut::variation::Variation;

/// Most mutations of one mutant.
const MAX_MUTATIONS: usize = 4;

/// A mutated turn is no longer than this many octets, or than its original.
const MAX_TURN: usize = 4096;

/// Most tokens that are taken from a recording into the dictionary.
const MAX_TOKENS: usize = 256;

/// Octets that parsers have a branch for.
const OCTETS: &[u8] = b"\0\x01\x7F\x80\xFF\r\n \t-+0139:;,.\"'\\/*$%<>{}[]()=&@!#";

/// Numbers that parsers get wrong.
const NUMBERS: [&[u8]; 14] = [
    b"0",
    b"-1",
    b"1",
    b"+1",
    b"00",
    b"255",
    b"256",
    b"65536",
    b"2147483647",
    b"2147483648",
    b"4294967295",
    b"18446744073709551616",
    b"99999999999999999999",
    b"x",
];

/// A mutant: the octets that are sent, the turn that was changed, and the cuts it is held under.
#[derive(Debug, Clone)]
pub(super) struct Mutant {
    pub(super) number: u64,
    pub(super) conversation: Conversation,
    /// The turn that was changed, from 0.
    pub(super) turn: usize,
    pub(super) cuts: Vec<Variation>,
}

/// Makes mutants of one recording.
#[derive(Debug)]
pub(super) struct Mutator<'r> {
    recorded: &'r Conversation,
    /// The framing of the client's stream, where it is known.
    framing: Option<&'r Framing>,
    seed: u64,
    tokens: Vec<Vec<u8>>,
}

impl<'r> Mutator<'r> {
    pub(super) fn new(recorded: &'r Conversation, framing: Option<&'r Framing>, seed: u64) -> Self {
        let mut tokens: Vec<Vec<u8>> = Vec::new();
        for turn in &recorded.turns {
            for token in turn.sent.split(|octet| !octet.is_ascii_alphanumeric()) {
                if !token.is_empty() && token.len() <= 64 {
                    tokens.push(token.to_vec());
                }
            }
        }
        tokens.sort_unstable();
        tokens.dedup();
        tokens.truncate(MAX_TOKENS);
        Self {
            recorded,
            framing,
            seed,
            tokens,
        }
    }

    /// The mutant of a number. Nothing else has a say in it.
    pub(super) fn mutant(&self, number: u64) -> Mutant {
        let mut rng = Rng::with_seed(self.seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut conversation = self.recorded.clone();
        // The end of a mutant is seen, and no longer known.
        conversation.closes = false;
        let cuttable: Vec<usize> = (0..conversation.turns.len())
            .filter(|turn| conversation.turns[*turn].sent.len() > 1)
            .collect();
        let turn = rng.choice(&cuttable).copied().unwrap_or(0);
        let original = conversation.turns[turn].sent.clone();
        let mut octets = original.clone();
        for _ in 0..rng.usize(1..=MAX_MUTATIONS) {
            if !self.mutate_frames(&mut octets, turn == 0, &mut rng) {
                self.mutate(&mut octets, &mut rng);
            }
            octets.truncate(MAX_TURN.max(original.len()));
        }
        if octets.is_empty() {
            octets = original;
        }
        let mut cuts = cuts(turn, octets.len(), &mut rng);
        let frames = self.frames(&octets, turn == 0);
        let place = frames.and_then(|frames| frames.place_to_cut(&mut rng));
        cuts.extend(
            place
                .filter(|place| *place < octets.len())
                .map(|place| Variation::Cut {
                    turn,
                    after: vec![place],
                    pause: false,
                }),
        );
        cuts.dedup();
        conversation.turns[turn].sent = octets;
        // The answers, if any, and their times are seen too.
        for turn in &mut conversation.turns {
            turn.answer = Some(crate::trace::answer::Answer::default());
        }
        Mutant {
            number,
            conversation,
            turn,
            cuts,
        }
    }

    fn frames(&self, octets: &[u8], begins: bool) -> Option<Frames<'r>> {
        Frames::of(self.framing?, octets, begins)
    }

    /// Changes a frame or two half of the time, where the framing is known. False where nothing has changed.
    fn mutate_frames(&self, octets: &mut Vec<u8>, begins: bool, rng: &mut Rng) -> bool {
        let Some(frames) = self.frames(octets, begins) else {
            return false;
        };
        rng.bool()
            && frames.mutate(octets, rng, &mut |payload, rng| {
                self.mutate(payload, rng);
            })
    }

    fn mutate(&self, octets: &mut Vec<u8>, rng: &mut Rng) {
        if octets.is_empty() {
            return;
        }
        let at = rng.usize(..octets.len());
        match rng.u8(..10) {
            0 => octets[at] ^= 1 << rng.u8(..8),
            1 => octets[at] = OCTETS[rng.usize(..OCTETS.len())],
            2 => octets.insert(at, OCTETS[rng.usize(..OCTETS.len())]),
            3 => drop(octets.drain(chunk(octets.len(), rng))),
            4 => {
                let copy = octets[chunk(octets.len(), rng)].to_vec();
                drop(octets.splice(at..at, copy));
            }
            5 => octets.truncate(at),
            6 | 7 => number(octets, rng),
            8 => binary(octets, at, rng),
            _ => {
                if let Some(token) = rng.choice(&self.tokens) {
                    let to = (at + rng.usize(..=token.len())).min(octets.len());
                    drop(octets.splice(at..to, token.iter().copied()));
                }
            }
        }
    }
}

/// A range within `len` octets, short more often than long.
fn chunk(len: usize, rng: &mut Rng) -> Range<usize> {
    let from = rng.usize(..len);
    let most = if rng.bool() { 4 } else { len };
    from..(from + rng.usize(1..=most)).min(len)
}

/// Replaces a number in digits by another.
fn number(octets: &mut Vec<u8>, rng: &mut Rng) {
    let starts: Vec<usize> = (0..octets.len())
        .filter(|at| octets[*at].is_ascii_digit())
        .filter(|at| *at == 0 || !octets[at - 1].is_ascii_digit())
        .collect();
    let Some(from) = rng.choice(&starts).copied() else {
        return;
    };
    let digits = octets[from..]
        .iter()
        .take_while(|octet| octet.is_ascii_digit())
        .count();
    let value = str::from_utf8(&octets[from..from + digits])
        .ok()
        .and_then(|text| text.parse::<u64>().ok());
    let new = match (rng.u8(..3), value) {
        (0, Some(value)) => value.saturating_add(1).to_string().into_bytes(),
        (1, Some(value)) => value.saturating_sub(1).to_string().into_bytes(),
        _ => NUMBERS[rng.usize(..NUMBERS.len())].to_vec(),
    };
    drop(octets.splice(from..from + digits, new));
}

/// Replaces a number of one, two or four octets by another: one off, zero, or a maximum.
fn binary(octets: &mut [u8], at: usize, rng: &mut Rng) {
    let width = [1, 2, 4][rng.usize(..3)].min(octets.len() - at);
    let place = &mut octets[at..at + width];
    match rng.u8(..5) {
        0 => place.fill(0),
        1 => place.fill(0xFF),
        2 => place[width - 1] = place[width - 1].wrapping_add(1),
        3 => place[width - 1] = place[width - 1].wrapping_sub(1),
        _ => {
            place.fill(0xFF);
            place[0] = 0x7F;
        }
    }
}

/// The changed turn one octet at a time, and cut at one place or two.
fn cuts(turn: usize, len: usize, rng: &mut Rng) -> Vec<Variation> {
    /// A turn of up to this many octets goes one octet at a time; a longer turn is cut at this many places at most.
    const APART: usize = 96;
    if len < 2 {
        return Vec::new();
    }
    let sorted = |mut after: Vec<usize>| {
        after.sort_unstable();
        after.dedup();
        Variation::Cut {
            turn,
            after,
            pause: false,
        }
    };
    let apart = if len <= APART {
        (1..len).collect()
    } else {
        (0..APART).map(|_| rng.usize(1..len)).collect()
    };
    let few = (0..rng.usize(1..=2)).map(|_| rng.usize(1..len)).collect();
    let mut cuts = vec![sorted(apart), sorted(few)];
    cuts.dedup();
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded() -> Conversation {
        let mut conversation = Conversation::default();
        conversation.sent(b"*1\r\n$4\r\nPING\r\n");
        conversation.answered(b"+PONG\r\n");
        conversation.sent(b"q");
        conversation
    }

    #[test]
    fn a_mutant_follows_from_seed_and_number_alone() {
        let recorded = recorded();
        let (one, other) = (
            Mutator::new(&recorded, None, 7),
            Mutator::new(&recorded, None, 8),
        );
        let sent = |mutator: &Mutator<'_>, number| {
            mutator.mutant(number).conversation.turns[0].sent.clone()
        };
        let first: Vec<Vec<u8>> = (0..50).map(|number| sent(&one, number)).collect();
        let again: Vec<Vec<u8>> = (0..50)
            .rev()
            .map(|number| sent(&Mutator::new(&recorded, None, 7), number))
            .rev()
            .collect();
        assert_eq!(first, again);
        let others: Vec<Vec<u8>> = (0..50).map(|number| sent(&other, number)).collect();
        assert_ne!(first, others);
    }

    #[test]
    fn only_one_turn_changes_and_every_cut_lies_inside_it() {
        let recorded = recorded();
        let mutator = Mutator::new(&recorded, None, 1);
        let mut changed = 0;
        for number in 0..2_000 {
            let mutant = mutator.mutant(number);
            assert_eq!(mutant.turn, 0);
            assert_eq!(mutant.conversation.turns[1].sent, b"q");
            let sent = &mutant.conversation.turns[0].sent;
            assert!((1..=MAX_TURN).contains(&sent.len()));
            changed += usize::from(*sent != recorded.turns[0].sent);
            for cut in &mutant.cuts {
                let places = cut.places(0, sent.len());
                assert!(matches!(cut, Variation::Cut { after, .. } if *after == places));
                assert!(!places.is_empty());
            }
        }
        assert!(changed > 1_800, "{changed}");
    }
}
