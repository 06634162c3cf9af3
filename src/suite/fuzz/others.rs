//! Doings of other connections around a conversation: which, and when.

use fastrand::Rng;

use crate::trace::{Beside, Class};

/// A kind that takes long comes first in the conversation of this number, and again after twice as many each time:
/// soon, and yet seldom.
const SELDOM: [(u64, Beside); 3] = [
    (40, Beside::Many),
    (56, Beside::Unread),
    (88, Beside::Pause),
];

/// Doings of other connections, now and then.
pub(super) fn beside(class: Class, number: u64, rng: &mut Rng) -> Option<Beside> {
    let due = |(first, _): &&(u64, Beside)| {
        number.is_multiple_of(*first) && (number / first).is_power_of_two()
    };
    if let Some((_, beside)) = SELDOM.iter().find(due)
        && (class >= Class::Session || *beside != Beside::Many)
    {
        return Some(*beside);
    }
    if rng.u8(..12) != 0 {
        return None;
    }
    match rng.u8(..64) {
        // Only sessions owe each other nothing.
        _ if class < Class::Session => None,
        0..10 => Some(Beside::Gone),
        10..28 if class >= Class::Transfer => Some(Beside::TwoFiles),
        28..36 => Some(Beside::HalfFrame),
        _ => Some(Beside::Served),
    }
}
