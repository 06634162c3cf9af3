//! Framings as values: how a stream of octets is divided into payloads.
//!
//! A [`Framing`] is written as a template in stream order, `x51 u32be+4` or `1? u24le chain`,
//! or by the name of a preset; it encodes payloads, finds the next frame in octets, and knows
//! where a frame can be cut.
//!
//! The rule of this folder: plain arithmetic, and no import from the rest of the crate. The code
//! that judges by a framing therefore shares nothing with the code that it judges.
//!
//! ```
//! use unstick::framing::{Framing, Next};
//!
//! let framing: Framing = "u16le".parse()?;
//! assert_eq!(framing.encode(b"hello")?, b"\x05\0hello");
//! let Next::Frame(frame) = framing.next(b"\x05\0hello and more") else { panic!() };
//! assert_eq!((&*frame.payload, frame.length), (&b"hello"[..], 7));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
mod dissector;
mod encode;
mod guess;
mod hint;
mod meaning;
mod next;
mod number;
mod options;
mod parse;
mod presets;
mod print;
mod read;
mod scan;
mod split;
mod stuffing;
#[cfg(test)]
mod tests;
mod token;

pub use encode::{EncodeError, Parts};
pub use guess::{Guess, guess};
pub use meaning::{Alphabet, Ends, Forms, LimitCounts, Unterminated, Zero};
pub use next::{End, Frame, Next, Refusal};
pub use number::Number;
pub use presets::{PRESETS, Preset};
pub use read::Refused;
pub use split::{Ended, Found, Payloads, Split};
pub use token::FramingError;

/// A framing: how payloads lie in a stream.
#[derive(Debug, Clone)]
pub struct Framing {
    /// The preset that it was written as, for printing only.
    name: Option<&'static str>,
    shape: Box<Shape>,
}

impl PartialEq for Framing {
    fn eq(&self, other: &Self) -> bool {
        self.shape == other.shape
    }
}

impl Eq for Framing {}

impl Default for Framing {
    /// The article's framing, `u32be`.
    fn default() -> Self {
        Self {
            name: None,
            shape: Box::new(Shape {
                before: Vec::new(),
                delimiting: Delimiting::Length {
                    number: Number::Fixed {
                        width: 4,
                        little: false,
                        signed: false,
                    },
                    counts: Counts::Payload,
                },
                after: Vec::new(),
                behind: Vec::new(),
                options: Options::default(),
            }),
        }
    }
}

/// The parts of a framing.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shape {
    /// Parts before the length, or before the payload where there is no length.
    before: Vec<Part>,
    delimiting: Delimiting,
    /// Parts between the length and the payload.
    after: Vec<Part>,
    /// Parts behind the payload.
    behind: Vec<Part>,
    options: Options,
}

/// A part of a frame that is neither length nor payload.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Octets of any value, so many.
    Any(usize),
    /// These octets, so many times.
    Literal { octets: Vec<u8>, times: usize },
}

impl Part {
    fn len(&self) -> usize {
        match self {
            Self::Any(count) => *count,
            Self::Literal { octets, times } => octets.len() * times,
        }
    }
}

fn total(parts: &[Part]) -> usize {
    parts.iter().map(Part::len).sum()
}

/// The way in which a payload is delimited.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Delimiting {
    /// A number in front of it.
    Length { number: Number, counts: Counts },
    /// A terminator behind it.
    Line(Vec<u8>),
    /// Consistent overhead byte stuffing, and a zero octet behind.
    Cobs,
    /// SLIP (RFC 1055): an octet C0 behind, escaped inside.
    Slip,
}

/// The octets that the number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    Payload,
    /// The payload and so many octets more.
    Plus(u64),
    /// The payload less so many octets.
    Minus(u64),
    /// Every octet of the frame.
    All,
}

/// The octets that the stream begins with, before its first frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Preface {
    #[default]
    None,
    Any(usize),
    Literal(Vec<u8>),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Options {
    max: Option<u64>,
    min: Option<u64>,
    digits: Option<usize>,
    zero: Option<Zero>,
    unterminated: Option<Unterminated>,
    forms: Option<Forms>,
    limit_counts: Option<LimitCounts>,
    ends: Option<Ends>,
    strip_cr: bool,
    chain: bool,
    alphabet: Option<Alphabet>,
    preface: Preface,
    first: Option<Box<Framing>>,
}

/// A kind of part, in the order in which they stand in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Before the length.
    Before,
    /// The length.
    Length,
    /// Between the length and the payload.
    After,
    /// The payload.
    Payload,
    /// Behind the payload.
    Behind,
}

impl Place {
    /// The name used in traces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Length => "length",
            Self::After => "after",
            Self::Payload => "payload",
            Self::Behind => "behind",
        }
    }
}

impl Framing {
    /// The number in front of the payload; `None` where a terminator ends it.
    #[must_use]
    pub const fn number(&self) -> Option<&Number> {
        match &self.shape.delimiting {
            Delimiting::Length { number, .. } => Some(number),
            _ => None,
        }
    }

    /// The terminator of a line, where the framing has one.
    #[must_use]
    pub fn terminator(&self) -> Option<&[u8]> {
        match &self.shape.delimiting {
            Delimiting::Line(terminator) => Some(terminator),
            _ => None,
        }
    }

    /// True if octets of the payload are escaped (COBS, SLIP), so that a frame does not hold it
    /// as it is.
    #[must_use]
    pub const fn is_stuffed(&self) -> bool {
        matches!(self.shape.delimiting, Delimiting::Cobs | Delimiting::Slip)
    }

    /// True of a payload to which stuffing does more than to put octets around it.
    #[must_use]
    pub fn stuffs(&self, payload: &[u8]) -> bool {
        match self.shape.delimiting {
            Delimiting::Cobs => payload.len() >= 254 || payload.contains(&0),
            Delimiting::Slip => payload.iter().any(|octet| stuffing::is_escaped(*octet)),
            _ => false,
        }
    }

    /// True if this is the article's framing: four octets, the most significant first, any length.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        *self == Self::default()
    }

    /// The excess of the number over the length of the payload, in octets.
    #[must_use]
    pub fn adjustment(&self) -> i128 {
        let shape = &self.shape;
        match &shape.delimiting {
            Delimiting::Length { number, counts } => match counts {
                Counts::Payload => 0,
                Counts::Plus(more) => i128::from(*more),
                Counts::Minus(less) => -i128::from(*less),
                Counts::All => {
                    let number = number.width().unwrap_or(0);
                    let parts = total(&shape.before) + total(&shape.after) + total(&shape.behind);
                    (number + parts) as i128
                }
            },
            _ => 0,
        }
    }

    /// The meaning of a number of zero; with `+N` it is below the least, and refused.
    #[must_use]
    pub fn zero(&self) -> Zero {
        let default = match self.shape.delimiting {
            Delimiting::Slip => Zero::Ignore,
            _ if self.adjustment() > 0 => Zero::Refuse,
            _ => Zero::Frame,
        };
        self.shape.options.zero.unwrap_or(default)
    }

    /// True if a frame with an empty payload can be sent and is delivered.
    #[must_use]
    pub fn has_empty_frames(&self) -> bool {
        let by_zero = match self.adjustment() {
            0 => self.zero() == Zero::Frame,
            adjustment => adjustment > 0,
        };
        by_zero && self.shape.options.min.unwrap_or(0) == 0
    }

    /// The forms of a number that are taken.
    #[must_use]
    pub fn forms(&self) -> Forms {
        self.shape.options.forms.unwrap_or_default()
    }

    /// The meaning of a last line without its terminator.
    #[must_use]
    pub fn unterminated(&self) -> Unterminated {
        self.shape.options.unterminated.unwrap_or_default()
    }

    /// The octets that end a line, where the framing says so.
    #[must_use]
    pub const fn ends(&self) -> Option<Ends> {
        self.shape.options.ends
    }

    /// True if a CR before a LF belongs to the terminator.
    #[must_use]
    pub const fn strips_cr(&self) -> bool {
        self.shape.options.strip_cr
    }

    /// True if a payload of exactly the maximum is followed by another part.
    #[must_use]
    pub const fn is_chained(&self) -> bool {
        self.shape.options.chain
    }

    /// The payloads that are carried.
    #[must_use]
    pub fn alphabet(&self) -> Alphabet {
        self.shape.options.alphabet.unwrap_or_default()
    }

    /// The quantity that the limit counts.
    #[must_use]
    pub fn limit_counts(&self) -> LimitCounts {
        self.shape.options.limit_counts.unwrap_or_default()
    }

    /// The framing of the first frame, where it differs.
    #[must_use]
    pub fn first(&self) -> Option<&Self> {
        self.shape.options.first.as_deref()
    }

    /// The least number that is no error (zero apart).
    #[must_use]
    pub fn least_number(&self) -> i128 {
        self.adjustment().max(0)
    }

    /// The shortest payload there can be, in octets.
    #[must_use]
    pub fn min_payload(&self) -> u64 {
        let by_number = (-self.adjustment()).max(0);
        let by_zero = i128::from(self.adjustment() == 0 && self.zero() != Zero::Frame);
        let least = (by_number + by_zero).min(i128::from(u64::MAX)) as u64;
        least.max(self.shape.options.min.unwrap_or(0))
    }

    /// The longest payload of one frame: by the declared limit, else by what the number can
    /// say; `None` where nothing bounds it.
    #[must_use]
    pub fn max_payload(&self) -> Option<u64> {
        let by_number = self
            .number()
            .and_then(|number| number.largest(self.shape.options.digits))
            .map(|largest| clamp(largest as i128 - self.adjustment()));
        match (self.declared_max_payload(), by_number) {
            (Some(declared), Some(number)) => Some(declared.min(number)),
            (declared, number) => declared.or(number),
        }
    }

    /// The longest payload by the declared limit (`max=`) alone.
    #[must_use]
    pub fn declared_max_payload(&self) -> Option<u64> {
        let max = i128::from(self.shape.options.max?);
        Some(match self.limit_counts() {
            LimitCounts::Payload => clamp(max),
            LimitCounts::Number => clamp(max - self.adjustment()),
            LimitCounts::Frame => self.largest_in(max),
        })
    }

    /// The longest payload whose frame has at most `max` octets.
    fn largest_in(&self, max: i128) -> u64 {
        let overhead = |payload: u64| self.overhead(payload) as i128;
        let mut payload = clamp(max);
        while payload > 0 && i128::from(payload) + overhead(payload) > max {
            let excess = i128::from(payload) + overhead(payload) - max;
            payload = clamp(i128::from(payload) - excess.max(1));
        }
        payload
    }

    /// Number of octets that a frame has beside a payload of this length; for stuffing, at least.
    #[must_use]
    pub fn overhead(&self, payload: u64) -> usize {
        let shape = &self.shape;
        let parts = total(&shape.before) + total(&shape.after) + total(&shape.behind);
        let delimiting = match &shape.delimiting {
            Delimiting::Length { number, .. } => number
                .encode(i128::from(payload) + self.adjustment())
                .map_or(0, |octets| octets.len()),
            Delimiting::Line(terminator) => terminator.len(),
            Delimiting::Cobs => 2,
            Delimiting::Slip => 1,
        };
        parts + delimiting
    }

    /// The same framing with this limit, in octets of what `limit-counts` says.
    #[must_use]
    pub fn with_max(mut self, max: u64) -> Self {
        self.shape.options.max = Some(max);
        self.name = None;
        self
    }

    /// The same framing with this limit on payloads, in place of any other.
    #[must_use]
    pub fn with_max_payload(mut self, max: u64) -> Self {
        self.shape.options.limit_counts = None;
        self.with_max(max)
    }

    /// The framing of a program that takes the length for this number, and for one that counts so many octets
    /// beside the payload: a mistake, so it need not be a framing that can be written. Options are left out,
    /// `chain` apart.
    pub(crate) fn mistaken_for(&self, number: &Number, adjustment: i128) -> Option<Self> {
        let mut shape = self.shape.clone();
        let Delimiting::Length { .. } = &shape.delimiting else {
            return None;
        };
        let beside = u64::try_from(adjustment.unsigned_abs()).ok()?;
        shape.delimiting = Delimiting::Length {
            number: number.clone(),
            counts: match adjustment {
                0 => Counts::Payload,
                1.. => Counts::Plus(beside),
                _ => Counts::Minus(beside),
            },
        };
        shape.options = Options {
            chain: shape.options.chain,
            ..Options::default()
        };
        Some(Self { name: None, shape })
    }

    /// The preface that the stream begins with: zeros where only its length is fixed.
    #[must_use]
    pub fn preface(&self) -> Vec<u8> {
        match &self.shape.options.preface {
            Preface::None => Vec::new(),
            Preface::Any(count) => vec![0; *count],
            Preface::Literal(octets) => octets.clone(),
        }
    }

    /// True if a frame has literal octets.
    #[must_use]
    pub fn has_literals(&self) -> bool {
        let literal = |part: &Part| matches!(part, Part::Literal { .. });
        let shape = &self.shape;
        [&shape.before, &shape.after, &shape.behind]
            .into_iter()
            .flatten()
            .any(literal)
    }

    /// The kinds of parts that a frame has, in order.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        let shape = &self.shape;
        let mut places = Vec::new();
        if !shape.before.is_empty() {
            places.push(Place::Before);
        }
        if matches!(shape.delimiting, Delimiting::Length { .. }) {
            places.push(Place::Length);
        }
        if !shape.after.is_empty() {
            places.push(Place::After);
        }
        places.push(Place::Payload);
        if !shape.behind.is_empty() || !matches!(shape.delimiting, Delimiting::Length { .. }) {
            places.push(Place::Behind);
        }
        places
    }
}

fn clamp(value: i128) -> u64 {
    value.clamp(0, i128::from(u64::MAX)) as u64
}
