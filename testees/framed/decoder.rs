//! A decoder of any of a few framings with one mistake planted: written out by hand, so that it shares
//! nothing with the framings that it is judged by.

/// A part of a frame that is neither length nor payload.
#[derive(Clone, Copy)]
pub(crate) enum Bit {
    Any(usize),
    Literal(&'static [u8]),
}

use Bit::{Any, Literal};

/// A number in front of a payload, or none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    Big(usize),
    Little(usize),
    /// Groups of seven bits, the least significant first; at most so many octets, in the shortest form or any.
    Groups {
        most: usize,
        shortest: bool,
    },
    /// Digits and what ends them.
    Decimal(u8),
    Hexadecimal(usize),
    /// Four octets, the top bit of which says that it is the last fragment of a record.
    Mark,
    /// None: the payload goes to this end.
    Line(&'static [u8]),
}

use Number::{Big, Decimal, Groups, Hexadecimal, Line, Little, Mark};

/// Meaning of a number of zero.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zero {
    Payload,
    Nothing,
    End,
}

/// A framing.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) template: &'static str,
    before: &'static [Bit],
    number: Number,
    /// The top bit of the number is an error.
    signed: bool,
    /// Octets that the number counts beside the payload.
    adds: i128,
    after: &'static [Bit],
    behind: &'static [Bit],
    /// A payload of exactly so many octets goes on in the next frame.
    chain: Option<usize>,
    zero: Zero,
}

const PLAIN: Shape = Shape {
    template: "",
    before: &[],
    number: Big(4),
    signed: false,
    adds: 0,
    after: &[],
    behind: &[],
    chain: None,
    zero: Zero::Payload,
};

/// The framings.
pub(crate) const SHAPES: [Shape; 14] = [
    Shape {
        template: "u16le",
        number: Little(2),
        ..PLAIN
    },
    Shape {
        template: "u16le+2",
        number: Little(2),
        adds: 2,
        ..PLAIN
    },
    Shape {
        template: "1? u32be+4",
        before: &[Any(1)],
        adds: 4,
        ..PLAIN
    },
    Shape {
        template: "u8 1? chain",
        number: Big(1),
        after: &[Any(1)],
        chain: Some(255),
        ..PLAIN
    },
    Shape {
        template: "x0300 u16be+4",
        before: &[Literal(b"\x03\0")],
        number: Big(2),
        adds: 4,
        ..PLAIN
    },
    Shape {
        template: "u32be zero=keepalive",
        zero: Zero::Nothing,
        ..PLAIN
    },
    Shape {
        template: "i32be",
        signed: true,
        ..PLAIN
    },
    Shape {
        template: "varint",
        number: Groups {
            most: 10,
            shortest: false,
        },
        ..PLAIN
    },
    Shape {
        template: "varint5 forms=shortest",
        number: Groups {
            most: 5,
            shortest: true,
        },
        ..PLAIN
    },
    Shape {
        template: "dec':' * x2c forms=shortest",
        number: Decimal(b':'),
        behind: &[Literal(b",")],
        ..PLAIN
    },
    Shape {
        template: "hex4+4 zero=end",
        number: Hexadecimal(4),
        adds: 4,
        zero: Zero::End,
        ..PLAIN
    },
    Shape {
        template: "i32le+all 12?",
        number: Little(4),
        signed: true,
        adds: 16,
        after: &[Any(12)],
        ..PLAIN
    },
    Shape {
        template: "onc-rpc",
        number: Mark,
        ..PLAIN
    },
    Shape {
        template: "line'\\r\\n'",
        number: Line(b"\r\n"),
        ..PLAIN
    },
];

/// A mistake: its name, the requirements that it may be put down to, and whether a framing can have it.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) breaks: &'static [&'static str],
    exists: fn(&Shape) -> bool,
}

const fn fault(
    name: &'static str,
    breaks: &'static [&'static str],
    exists: fn(&Shape) -> bool,
) -> Fault {
    Fault {
        name,
        breaks,
        exists,
    }
}

impl Fault {
    pub(crate) fn exists_in(&self, shape: &Shape) -> bool {
        (self.exists)(shape)
    }
}

impl Shape {
    const fn is_binary(&self) -> bool {
        matches!(self.number, Big(2..) | Little(2..))
    }

    const fn has_limit(&self) -> bool {
        self.chain.is_none()
    }

    const fn has_length(&self) -> bool {
        !matches!(self.number, Line(_))
    }
}

/// All mistakes.
pub(crate) const FAULTS: &[Fault] = &[
    fault("swapped", &["LEN-1"], Shape::is_binary),
    fault("groups-swapped", &["LEN-1"], |shape| {
        matches!(shape.number, Groups { .. })
    }),
    // Of four octets: one that takes so large a length for an error is right, wherever it is refused.
    fault("signed", &["LEN-1", "LEN-4"], |shape| {
        matches!(shape.number, Big(2) | Little(2))
    }),
    fault("unsigned", &["LEN-4"], |shape| shape.signed),
    fault("width", &["LEN-1"], Shape::is_binary),
    fault("keeps-16-bits", &["LEN-1"], |shape| {
        matches!(shape.number, Big(3..) | Little(3..))
    }),
    fault("begins-early", &["FRM-1"], Shape::has_length),
    fault("adds-one-more", &["FRM-1"], |shape| shape.adds > 0),
    fault("adds-nothing", &["FRM-1"], |shape| shape.adds > 0),
    fault("counts-itself", &["FRM-1"], |shape| {
        shape.is_binary() && shape.adds == 0
    }),
    fault("empty-not-adjusted", &["FRM-4", "FRM-1"], |shape| {
        shape.adds > 0
    }),
    fault("underflow-wraps", &["FRM-10"], |shape| shape.adds > 0),
    fault("underflow-empty", &["FRM-10"], |shape| shape.adds > 0),
    fault("prefix-cut", &["FRM-2", "LEN-3"], |shape| {
        shape.number != Big(1) && shape.has_length()
    }),
    fault("short-read", &["FRM-2"], |_| true),
    fault("sticky", &["FRM-3"], |_| true),
    // Where only the shortest form is taken, a longer one is refused anyway, and a larger value is over the limit.
    fault("overlong", &["LEN-5"], |shape| {
        matches!(
            shape.number,
            Groups {
                shortest: false,
                ..
            }
        )
    }),
    fault("longer-forms", &["LEN-5"], |shape| {
        matches!(shape.number, Decimal(_) | Groups { shortest: true, .. })
    }),
    fault("keeps-32-bits", &["LEN-5", "LEN-1"], |shape| {
        matches!(shape.number, Decimal(_) | Groups { most: 10, .. })
    }),
    fault("zero-swallowed", &["FRM-4"], |shape| {
        shape.zero == Zero::Payload
    }),
    fault("zero-delivered", &["FRM-4"], |shape| {
        shape.zero != Zero::Payload
    }),
    fault("zero-ends", &["FRM-4"], |shape| shape.zero != Zero::End),
    fault("end-cut", &["FRM-2"], |shape| {
        matches!(shape.number, Line(_))
    }),
    // A CR inside a line is left to the receiver; what shows is a CR whose LF comes later.
    fault("lone-cr", &["FRM-2"], |shape| {
        matches!(shape.number, Line(_))
    }),
    fault("literal-unseen", &["FRM-11"], |shape| {
        let mut bits = shape.before.iter().chain(shape.behind);
        bits.any(|bit| matches!(bit, Literal(_)))
    }),
    fault("chain-unseen", &["FRM-12"], |shape| shape.chain.is_some()),
    fault("chain-without-its-end", &["FRM-12"], |shape| {
        shape.chain.is_some()
    }),
    fault("fragments-unseen", &["FRM-12"], |shape| {
        shape.number == Mark
    }),
    fault("first-fragment-lost", &["FRM-12"], |shape| {
        shape.number == Mark
    }),
    fault("limit-of-each-fragment", &["FRM-7"], |shape| {
        shape.number == Mark
    }),
    fault("blanks-stripped", &["FRM-1"], |shape| {
        matches!(shape.number, Line(_) | Decimal(_))
    }),
    fault("truncated-delivered", &["FRM-6"], Shape::has_length),
    fault("truncated-clean", &["FRM-6"], |_| true),
    fault("old-octets", &["FRM-6"], Shape::has_length),
    // A chain is judged without a limit.
    fault("limit-one-less", &["FRM-7"], Shape::has_limit),
    fault("limit-one-more", &["FRM-7"], Shape::has_limit),
    fault("limit-unseen", &["FRM-7"], Shape::has_limit),
    fault("limit-of-the-frame", &["FRM-7"], |shape| {
        shape.has_limit() && shape.has_length()
    }),
];

/// A decoder at the start of a stream.
pub(crate) struct Decoder {
    shape: Shape,
    fault: String,
    limit: u64,
    buffer: Vec<u8>,
    /// Number of octets taken from the buffer.
    at: usize,
    /// The frames of a chain so far.
    frame: Vec<u8>,
    /// The parts of a chain that have come.
    chained: Option<Vec<u8>>,
    /// The longest payload so far: what a buffer that is used again would hold.
    old: Vec<u8>,
    ended: bool,
}

/// Result of a look at the buffer.
enum Look {
    Need,
    /// A frame of so many octets, its payload, and its number.
    Frame(usize, Vec<u8>, i128),
}

type Refused = String;

impl Decoder {
    pub(crate) fn new(shape: Shape, fault: &str, limit: u64) -> Self {
        Self {
            shape,
            fault: fault.to_owned(),
            limit,
            buffer: Vec::new(),
            at: 0,
            frame: Vec::new(),
            chained: None,
            old: Vec::new(),
            ended: false,
        }
    }

    fn has(&self, fault: &str) -> bool {
        self.fault == fault
    }

    /// Takes octets and hands over the payloads that are whole, each with the octets of its frame.
    pub(crate) fn feed(
        &mut self,
        octets: &[u8],
        deliver: &mut dyn FnMut(&[u8], &[u8]),
    ) -> Result<(), Refused> {
        self.buffer.drain(..std::mem::take(&mut self.at));
        self.buffer.extend_from_slice(octets);
        while !self.rest().is_empty() && !self.ended {
            let Look::Frame(length, payload, number) = self.look(octets.len())? else {
                break;
            };
            let mut frame = std::mem::take(&mut self.frame);
            frame.extend_from_slice(&self.rest()[..length]);
            self.at += length;
            self.take(payload, number, &frame, deliver)?;
            if self.chained.is_some() {
                // The frames of a chain go back together.
                self.frame = frame;
            }
            if self.has("sticky") {
                self.buffer.clear();
                self.at = 0;
            }
        }
        Ok(())
    }

    /// Octets not yet taken.
    fn rest(&self) -> &[u8] {
        &self.buffer[self.at..]
    }

    fn take(
        &mut self,
        payload: Vec<u8>,
        number: i128,
        frame: &[u8],
        deliver: &mut dyn FnMut(&[u8], &[u8]),
    ) -> Result<(), Refused> {
        if number == 0 && self.shape.number != Line(b"\r\n") {
            match self.shape.zero {
                _ if self.has("zero-ends") => {
                    self.ended = true;
                    return Ok(());
                }
                _ if self.has("zero-delivered") => {}
                Zero::End => {
                    self.ended = true;
                    return Ok(());
                }
                Zero::Nothing => return Ok(()),
                Zero::Payload => {}
            }
        }
        if payload.is_empty() && self.has("zero-swallowed") {
            return Ok(());
        }
        if payload.is_empty() && self.has("zero-ends") {
            self.ended = true;
            return Ok(());
        }
        let payload = match self.has("blanks-stripped") {
            true => payload.trim_ascii().to_vec(),
            false => payload,
        };
        let goes_on = self
            .shape
            .chain
            .is_some_and(|most| payload.len() == most && !self.has("chain-unseen"))
            || self.is_a_fragment(&payload, frame) && !self.has("fragments-unseen");
        let mut whole = self.chained.take().unwrap_or_default();
        if self.has("first-fragment-lost") {
            whole.clear();
        }
        let was_chained = !whole.is_empty();
        whole.extend(payload);
        if self.has("chain-without-its-end") && goes_on && !was_chained && self.rest().is_empty() {
            deliver(&whole, frame);
            return Ok(());
        }
        if goes_on {
            self.chained = Some(whole);
            return Ok(());
        }
        if whole.len() > self.old.len() {
            self.old.clone_from(&whole);
        }
        deliver(&whole, frame);
        Ok(())
    }

    /// True if another fragment follows the one that a frame ends with.
    fn is_a_fragment(&self, payload: &[u8], frame: &[u8]) -> bool {
        let head = frame.len() - payload.len();
        self.shape.number == Mark && frame[head - 4] & 0x80 == 0
    }

    /// Is told that the stream has ended.
    pub(crate) fn finish(&mut self, deliver: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), Refused> {
        if self.ended || self.rest().is_empty() && self.chained.is_none() {
            return Ok(());
        }
        if self.has("truncated-clean") {
            return Ok(());
        }
        let head = self.head_len();
        if let Some((head, payload)) = head {
            let came = self.rest()[head.min(self.rest().len())..].to_vec();
            if self.has("truncated-delivered") && !came.is_empty() {
                let frame = self.rest().to_vec();
                deliver(&came, &frame);
                return Ok(());
            }
            if self.has("old-octets") && self.old.len() as i128 >= payload && !came.is_empty() {
                let mut filled = came.clone();
                filled
                    .extend_from_slice(&self.old[came.len().min(self.old.len())..payload as usize]);
                let frame = self.rest().to_vec();
                deliver(&filled, &frame);
                return Ok(());
            }
        }
        Err("the stream ends inside a frame".to_owned())
    }

    /// Numbers of octets before the payload and in it, of what is in the buffer.
    fn head_len(&self) -> Option<(usize, i128)> {
        let before: usize = self.shape.before.iter().map(Bit::len).sum();
        let after: usize = self.shape.after.iter().map(Bit::len).sum();
        let (number, width) = self.number(self.rest().get(before..)?, usize::MAX).ok()??;
        Some((before + width + after, number - self.shape.adds))
    }

    fn look(&mut self, came: usize) -> Result<Look, Refused> {
        let shape = self.shape;
        let at = self.literals(0, shape.before)?;
        let Some(at) = at else { return Ok(Look::Need) };
        if let Line(end) = shape.number {
            return self.line(end, came);
        }
        let Some((number, width)) = self.number(&self.rest()[at..], came)? else {
            if self.has("prefix-cut") && self.rest().len() > at {
                // Octets that came of the length are thrown away.
                self.buffer.truncate(self.at + at);
            }
            return Ok(Look::Need);
        };
        let after: usize = shape.after.iter().map(Bit::len).sum();
        let start = at + width + after;
        if number == 0 && shape.zero != Zero::Payload {
            return Ok(match self.rest().len() >= at + width {
                true => Look::Frame(at + width, Vec::new(), 0),
                false => Look::Need,
            });
        }
        let payload_length = self.payload_len(number)?;
        if self.rest().len() < start {
            return Ok(Look::Need);
        }
        // The links of a chain make one payload.
        let joined = match self.has("limit-of-each-fragment") {
            true => 0,
            false => self.chained.as_ref().map_or(0, Vec::len) as i128,
        };
        let beside = match self.has("limit-of-the-frame") {
            true => start as i128,
            false => 0,
        };
        let limited = payload_length + joined + beside;
        self.within(limited)?;
        let mut end = start as i128 + payload_length;
        if self.has("short-read") && !self.rest()[start..].is_empty() {
            end = end.min(self.rest().len() as i128);
        }
        let Some(end) = usize::try_from(end)
            .ok()
            .filter(|end| *end <= self.rest().len())
        else {
            return Ok(Look::Need);
        };
        let early = usize::from(self.has("begins-early"));
        let payload = self.rest()[start - early..end - early].to_vec();
        if end as i128 - (start as i128) < payload_length {
            return Ok(Look::Frame(end, payload, number));
        }
        match self.literals(end, shape.behind)? {
            Some(end) => Ok(Look::Frame(end, payload, number)),
            None => Ok(Look::Need),
        }
    }

    fn payload_len(&self, number: i128) -> Result<i128, Refused> {
        let adds = match () {
            () if self.has("adds-one-more") => self.shape.adds + 1,
            () if self.has("adds-nothing") => 0,
            () if self.has("counts-itself") => match self.shape.number {
                Big(width) | Little(width) => width as i128,
                _ => 0,
            },
            () if self.has("empty-not-adjusted") && number == self.shape.adds => 0,
            () => self.shape.adds,
        };
        match number - adds {
            payload if payload >= 0 => Ok(payload),
            _ if self.has("underflow-empty") => Ok(0),
            payload if self.has("underflow-wraps") => Ok(payload + (1 << 32)),
            _ => Err("the length is below what it counts".to_owned()),
        }
    }

    fn within(&self, payload: i128) -> Result<(), Refused> {
        let limit = i128::from(self.limit);
        let limit = match () {
            () if self.has("limit-one-less") => limit - 1,
            () if self.has("limit-one-more") => limit + 1,
            () if self.has("limit-unseen") => i128::MAX,
            () if self.has("underflow-wraps") && payload > 1 << 31 => i128::MAX,
            () => limit,
        };
        match payload <= limit {
            true => Ok(()),
            false => Err("the length is over the limit".to_owned()),
        }
    }

    fn line(&mut self, end: &[u8], came: usize) -> Result<Look, Refused> {
        let buffer = self.rest();
        let from = match self.has("end-cut") {
            // Only what has come now is looked through.
            true => buffer.len().saturating_sub(came),
            false => 0,
        };
        let found = find(&buffer[from..], end);
        let found = match (found, self.has("lone-cr")) {
            (_, true) => buffer
                .iter()
                .position(|octet| *octet == b'\r')
                .map(|at| (at, 1)),
            (found, false) => found.map(|at| (from + at, end.len())),
        };
        let Some((at, width)) = found else {
            if self.has("short-read") && !buffer.is_empty() && !buffer.ends_with(b"\r") {
                return Ok(Look::Frame(buffer.len(), buffer.to_vec(), -1));
            }
            self.within(buffer.len() as i128 - 1)?;
            return Ok(Look::Need);
        };
        self.within(at as i128)?;
        let width = match self.has("lone-cr") && buffer.get(at + 1) == Some(&b'\n') {
            true => 2,
            false => width,
        };
        Ok(Look::Frame(at + width, buffer[..at].to_vec(), -1))
    }

    /// Where the parts end that begin at `at`; `None` where they are not there yet.
    fn literals(&self, mut at: usize, bits: &[Bit]) -> Result<Option<usize>, Refused> {
        for bit in bits {
            let there = self.rest().get(at..).unwrap_or_default();
            if let Literal(octets) = bit
                && !self.has("literal-unseen")
                && there
                    .iter()
                    .zip(*octets)
                    .any(|(came, wanted)| came != wanted)
            {
                return Err("an octet is not the one that must stand there".to_owned());
            }
            if there.len() < bit.len() {
                return Ok(None);
            }
            at += bit.len();
        }
        Ok(Some(at))
    }

    /// The number that octets begin with, and how many of them it takes.
    fn number(&self, octets: &[u8], _came: usize) -> Result<Option<(i128, usize)>, Refused> {
        match self.shape.number {
            Big(width) | Little(width) => self.binary(octets, width),
            Groups { most, shortest } => self.groups(octets, most, shortest),
            Decimal(end) => self.decimal(octets, end),
            Hexadecimal(digits) => hexadecimal(octets, digits),
            Mark => {
                let number = self.binary(octets, 4)?;
                Ok(number.map(|(number, width)| (number & 0x7FFF_FFFF, width)))
            }
            Line(_) => Ok(None),
        }
    }

    fn binary(&self, octets: &[u8], width: usize) -> Result<Option<(i128, usize)>, Refused> {
        let read = width - usize::from(self.has("width"));
        let Some(octets) = octets.get(..read) else {
            return Ok(None);
        };
        let little = matches!(self.shape.number, Little(_)) != self.has("swapped");
        let mut octets = octets.to_vec();
        if little {
            octets.reverse();
        }
        let number = octets
            .iter()
            .fold(0, |number, octet| number << 8 | i128::from(*octet));
        let number = match self.has("keeps-16-bits") {
            true => number & 0xFFFF,
            false => number,
        };
        let top = number >> (read * 8 - 1) == 1;
        let is_negative = top && (self.shape.signed || self.has("signed"));
        if is_negative && !self.has("unsigned") {
            return Err("the length is negative".to_owned());
        }
        Ok(Some((number, read)))
    }

    fn groups(
        &self,
        octets: &[u8],
        most: usize,
        shortest: bool,
    ) -> Result<Option<(i128, usize)>, Refused> {
        let most = if self.has("overlong") { most + 2 } else { most };
        let mut number = 0_i128;
        for (place, octet) in octets.iter().enumerate() {
            if place == most {
                return Err("the length has too many octets".to_owned());
            }
            let group = i128::from(octet & 0x7F);
            number = match self.has("groups-swapped") {
                true => number << 7 | group,
                false => number | group << (place * 7),
            };
            if octet & 0x80 != 0 {
                continue;
            }
            let bits = if most < 10 { 32 } else { 64 };
            if shortest && *octet == 0 && place > 0 && !self.has("longer-forms") {
                return Err("the length is not in its shortest form".to_owned());
            }
            if self.has("keeps-32-bits") {
                return Ok(Some((number & 0xFFFF_FFFF, place + 1)));
            }
            if number >> bits != 0 && !self.has("overlong") {
                return Err("the length has too many bits".to_owned());
            }
            return Ok(Some((number, place + 1)));
        }
        match octets.len() {
            len if len >= most => Err("the length has too many octets".to_owned()),
            _ => Ok(None),
        }
    }

    fn decimal(&self, octets: &[u8], end: u8) -> Result<Option<(i128, usize)>, Refused> {
        let Some(at) = octets.iter().position(|octet| *octet == end) else {
            return match octets.len() <= 20 && octets.iter().all(u8::is_ascii_digit) {
                true => Ok(None),
                false => Err("the length is no number".to_owned()),
            };
        };
        let digits = &octets[..at];
        let is_short = digits == b"0" || !digits.starts_with(b"0") || self.has("longer-forms");
        if digits.is_empty()
            || digits.len() > 20
            || !digits.iter().all(u8::is_ascii_digit)
            || !is_short
        {
            return Err("the length is no number".to_owned());
        }
        let number = digits
            .iter()
            .fold(0, |number, digit| number * 10 + i128::from(digit - b'0'));
        if self.has("keeps-32-bits") {
            return Ok(Some((number & 0xFFFF_FFFF, at + 1)));
        }
        Ok(Some((number, at + 1)))
    }
}

/// Where the end of a line begins.
fn find(octets: &[u8], end: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + octets[from..].iter().position(|octet| *octet == end[0])?;
        if octets[at..].starts_with(end) {
            return Some(at);
        }
        from = at + 1;
    }
}

fn hexadecimal(octets: &[u8], digits: usize) -> Result<Option<(i128, usize)>, Refused> {
    let there = &octets[..octets.len().min(digits)];
    let mut number = 0;
    for octet in there {
        let Some(digit) = char::from(*octet).to_digit(16) else {
            return Err("the length is no number".to_owned());
        };
        number = number * 16 + i128::from(digit);
    }
    Ok((there.len() == digits).then_some((number, digits)))
}

impl Bit {
    const fn len(&self) -> usize {
        match self {
            Any(count) => *count,
            Literal(octets) => octets.len(),
        }
    }
}
