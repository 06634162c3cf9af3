//! The elements that octets turn out to be.

use std::borrow::Cow;
use std::ops::Range;

use super::Place;
use super::read::Refused;

/// The element that octets begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next<'o> {
    /// More octets are needed to say more, at least this many.
    Need(usize),
    /// A frame.
    Frame(Frame<'o>),
    /// Octets that deliver nothing, this many: a sign of life, an empty line that is ignored.
    Skip(usize),
    /// Octets, this many, by which the peer says that this was all (`zero=end`).
    End(usize),
    /// Octets that are not a frame.
    Refuse(Refusal),
}

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame<'o> {
    /// Its payload, decoded where a frame does not hold it as it is.
    pub payload: Cow<'o, [u8]>,
    /// Length of the frame, in octets.
    pub length: usize,
    /// The ranges of its parts; a chain has those of each link.
    pub parts: Vec<(Place, Range<usize>)>,
}

/// The meaning of the octets that lie behind the last frame when the stream ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End<'o> {
    /// No octets that matter: a clean end.
    Clean,
    /// A last payload without its terminator.
    Frame(Cow<'o, [u8]>),
    /// The end is an error.
    Refuse(Refusal),
}

/// The reason why octets are not a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An octet that is not the one which must stand there.
    #[error("octet {at} is {came:02x} instead of {wanted:02x}")]
    WrongLiteral {
        /// Its place from the start of the frame.
        at: usize,
        /// The octet that must stand there.
        wanted: u8,
        /// The octet that stands there.
        came: u8,
    },
    /// The octets in the place of the number are not a number.
    #[error("{}", in_words(*.why))]
    Number {
        /// The offset at which they begin.
        at: usize,
        /// The error in them.
        why: Refused,
    },
    /// A number below what it counts beside the payload.
    #[error("the length says {number}, and the least is {least}")]
    TooSmall {
        /// The number.
        number: u128,
        /// The least that there may be.
        least: u128,
    },
    /// A payload shorter than there may be.
    #[error("a payload of {payload} octets is below the least, {least}")]
    TooShort {
        /// Its length.
        payload: u128,
        /// The least.
        least: u64,
    },
    /// More than the limit.
    #[error("{counted} is over the limit of {limit}")]
    OverLimit {
        /// The quantity that the limit counts.
        counted: u128,
        /// The limit.
        limit: u64,
    },
    /// A number of zero, where that is an error.
    #[error("the length is zero, which is an error here")]
    Zero,
    /// Octets that no stuffing makes.
    #[error("octet {at} is wrongly stuffed")]
    Stuffing {
        /// Its place from the start of the frame.
        at: usize,
    },
    /// The stream ended inside a frame.
    #[error("the stream ends inside a frame, after {0} octets of it")]
    Truncated(usize),
}

fn in_words(why: Refused) -> String {
    match why {
        Refused::TopBit => "the length has its top bit set".to_owned(),
        Refused::TooManyOctets => "the length has more octets than there may be".to_owned(),
        Refused::Overflow => "the length has more bits than there may be".to_owned(),
        Refused::NotShortest => "the length is not in its shortest form".to_owned(),
        Refused::NotDigit(place) => format!("octet {place} of the length is not a digit"),
        Refused::NoDigits => "the length has no digits".to_owned(),
        Refused::TooManyDigits => "the length has more digits than there may be".to_owned(),
        Refused::NoHeader => "the header block does not say the length".to_owned(),
        Refused::TwoHeaders => "the header block says two lengths".to_owned(),
        Refused::Endless => "the length goes on without an end".to_owned(),
        Refused::Indefinite => "the length is of the indefinite or a reserved form".to_owned(),
    }
}
