//! The next frame in octets.

use std::borrow::Cow;
use std::ops::Range;

use super::next::{End, Frame, Next, Refusal};
use super::number::Number;
use super::read::{Read, Refused, find};
use super::{
    Delimiting, Ends, Forms, Framing, LimitCounts, Part, Place, Preface, Shape, Unterminated, Zero,
    stuffing, total,
};

/// The outcome of a part of the scan that did not go through.
enum Stop {
    Need(usize),
    Refuse(Refusal),
}

impl From<Stop> for Next<'_> {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Need(more) => Self::Need(more),
            Stop::Refuse(refusal) => Self::Refuse(refusal),
        }
    }
}

/// The state of the scan of a frame.
struct Scan<'o> {
    octets: &'o [u8],
    at: usize,
    parts: Vec<(Place, Range<usize>)>,
}

impl<'o> Scan<'o> {
    fn rest(&self) -> &'o [u8] {
        &self.octets[self.at..]
    }

    fn fixed(&mut self, parts: &[Part], place: Place) -> Result<(), Stop> {
        let from = self.at;
        for part in parts {
            let length = part.len();
            if let Part::Literal { octets, .. } = part {
                let known = self.rest().iter().take(length).zip(octets.iter().cycle());
                for (offset, (came, wanted)) in known.enumerate() {
                    if came != wanted {
                        return Err(Stop::Refuse(Refusal::WrongLiteral {
                            at: self.at + offset,
                            wanted: *wanted,
                            came: *came,
                        }));
                    }
                }
            }
            if self.rest().len() < length {
                return Err(Stop::Need(length - self.rest().len()));
            }
            self.at += length;
        }
        if self.at > from {
            self.parts.push((place, from..self.at));
        }
        Ok(())
    }

    fn payload(&mut self, length: usize, behind: usize) -> Result<&'o [u8], Stop> {
        let rest = self.rest();
        let Some(payload) = rest.get(..length) else {
            return Err(Stop::Need((length - rest.len()).saturating_add(behind)));
        };
        self.parts.push((Place::Payload, self.at..self.at + length));
        self.at += length;
        Ok(payload)
    }
}

/// A link of a chain, or a whole frame that is not a link.
enum Link<'o> {
    Payload { payload: Cow<'o, [u8]>, more: bool },
    Zero,
}

impl Framing {
    /// The next element of octets that begin on the boundary of two frames.
    #[must_use]
    pub fn next<'o>(&self, octets: &'o [u8]) -> Next<'o> {
        let mut scan = Scan {
            octets,
            at: 0,
            parts: Vec::new(),
        };
        match &self.shape.delimiting {
            Delimiting::Length { .. } => match self.chained(&mut scan) {
                Ok(next) => next,
                Err(stop) => stop.into(),
            },
            Delimiting::Line(terminator) => match self.line(&mut scan, terminator) {
                Ok(next) => next,
                Err(stop) => stop.into(),
            },
            Delimiting::Cobs => self.stuffed(octets, 0, stuffing::from_cobs),
            Delimiting::Slip => self.stuffed(octets, stuffing::END, stuffing::from_slip),
        }
    }

    /// The beginning of the stream before its first frame: the preface's length, once all of
    /// it is there.
    pub(super) fn begins(&self, octets: &[u8]) -> Next<'static> {
        let wanted = match &self.shape.options.preface {
            Preface::None => return Next::Skip(0),
            Preface::Any(count) => *count,
            Preface::Literal(literal) => {
                let differs = octets.iter().zip(literal).position(|(a, b)| a != b);
                if let Some(at) = differs {
                    return Next::Refuse(Refusal::WrongLiteral {
                        at,
                        wanted: literal[at],
                        came: octets[at],
                    });
                }
                literal.len()
            }
        };
        if octets.len() < wanted {
            Next::Need(wanted - octets.len())
        } else {
            Next::Skip(wanted)
        }
    }

    /// The meaning that the end of the stream gives to the octets behind the last frame, of which
    /// [`Framing::next`] says that more are needed.
    #[must_use]
    pub fn end<'o>(&self, rest: &'o [u8]) -> End<'o> {
        if rest.is_empty() {
            return End::Clean;
        }
        match &self.shape.delimiting {
            Delimiting::Line(_) => {
                let from = total(&self.shape.before);
                match self.unterminated() {
                    _ if self.ends() == Some(Ends::Any) && rest.ends_with(b"\r") => {
                        End::Frame(Cow::Borrowed(&rest[from..rest.len() - 1]))
                    }
                    Unterminated::Deliver if rest.len() >= from => {
                        End::Frame(Cow::Borrowed(&rest[from..]))
                    }
                    Unterminated::Drop => End::Clean,
                    _ => End::Refuse(Refusal::Truncated(rest.len())),
                }
            }
            _ => End::Refuse(Refusal::Truncated(rest.len())),
        }
    }

    fn chained<'o>(&self, scan: &mut Scan<'o>) -> Result<Next<'o>, Stop> {
        let mut whole: Option<Vec<u8>> = None;
        loop {
            let so_far = whole.as_ref().map_or(0, Vec::len);
            match self.link(scan, so_far)? {
                Link::Zero => {
                    return Ok(match self.zero() {
                        Zero::End => Next::End(scan.at),
                        Zero::Refuse => Next::Refuse(Refusal::Zero),
                        _ => Next::Skip(scan.at),
                    });
                }
                Link::Payload { payload, more } => {
                    let payload = match whole.take() {
                        None if !more => payload,
                        None => Cow::Owned(payload.into_owned()),
                        Some(mut earlier) => {
                            earlier.extend_from_slice(&payload);
                            Cow::Owned(earlier)
                        }
                    };
                    if !more {
                        return Ok(Next::Frame(Frame {
                            payload,
                            length: scan.at,
                            parts: std::mem::take(&mut scan.parts),
                        }));
                    }
                    whole = Some(payload.into_owned());
                }
            }
        }
    }

    fn link<'o>(&self, scan: &mut Scan<'o>, so_far: usize) -> Result<Link<'o>, Stop> {
        let Shape {
            before,
            delimiting: Delimiting::Length { number, .. },
            after,
            behind,
            options,
        } = &*self.shape
        else {
            unreachable!("only a framing with a length has links");
        };
        scan.fixed(before, Place::Before)?;
        let (value, flag) = self.length(scan, number)?;
        // Above 0, a number of zero is below the least, whatever it means.
        let is_zero = value == 0 && self.zero() != Zero::Frame;
        if is_zero && (self.adjustment() != 0 || self.zero() == Zero::Refuse) {
            return match options.zero {
                None | Some(Zero::Refuse | Zero::Frame) if self.adjustment() > 0 => {
                    Err(Stop::Refuse(self.too_small(value)))
                }
                _ => Ok(Link::Zero),
            };
        }
        let payload = self.payload_length(value, scan.at, total(after) + total(behind), so_far)?;
        let mask = if matches!(number, Number::WebSocket) && flag {
            let Some(mask) = scan.rest().get(..4) else {
                return Err(Stop::Need(4 - scan.rest().len()));
            };
            scan.parts.push((Place::After, scan.at..scan.at + 4));
            scan.at += 4;
            Some(mask)
        } else {
            None
        };
        scan.fixed(after, Place::After)?;
        let octets = scan.payload(payload, total(behind))?;
        scan.fixed(behind, Place::Behind)?;
        if is_zero {
            return Ok(Link::Zero);
        }
        let more = match number {
            Number::Mark => !flag,
            _ => options.chain && Some(payload as u64) == self.max_payload(),
        };
        Ok(Link::Payload {
            payload: match mask {
                None => Cow::Borrowed(octets),
                Some(mask) => octets
                    .iter()
                    .zip(mask.iter().cycle())
                    .map(|(a, b)| a ^ b)
                    .collect(),
            },
            more,
        })
    }

    /// Reads a number, and the flag beside it.
    fn length(&self, scan: &mut Scan<'_>, number: &Number) -> Result<(u128, bool), Stop> {
        let at = scan.at;
        let refused = |why| Err(Stop::Refuse(Refusal::Number { at, why }));
        match number.read(scan.rest(), self.shape.options.digits) {
            Read::Need(more) => Err(Stop::Need(more)),
            Read::Refused(why) => refused(why),
            Read::Value {
                is_shortest: false, ..
            } if self.forms() == Forms::Shortest => refused(Refused::NotShortest),
            Read::Value {
                value,
                length,
                flag,
                ..
            } => {
                scan.parts.push((Place::Length, at..at + length));
                scan.at += length;
                Ok((value, flag))
            }
        }
    }

    /// The number that these octets are, all of them; `None` where they are not one.
    #[must_use]
    pub fn number_in(&self, octets: &[u8]) -> Option<u128> {
        match self.number()?.read(octets, self.shape.options.digits) {
            Read::Value { value, length, .. } if length == octets.len() => Some(value),
            _ => None,
        }
    }

    /// The length of the payload that these octets announce, in the place of the length.
    ///
    /// # Errors
    /// The reason why they announce none; `None` where more octets are needed, or fewer.
    pub fn unpack(&self, octets: &[u8]) -> Result<u128, Option<Refusal>> {
        let number = self.number().ok_or(None)?;
        let refused = |why| Some(Refusal::Number { at: 0, why });
        match number.read(octets, self.shape.options.digits) {
            Read::Need(_) => Err(None),
            Read::Refused(why) => Err(refused(why)),
            Read::Value { length, .. } if length < octets.len() => Err(None),
            Read::Value {
                is_shortest: false, ..
            } if self.forms() == Forms::Shortest => Err(refused(Refused::NotShortest)),
            Read::Value { value, .. } => match (value as i128).checked_sub(self.adjustment()) {
                Some(payload) if payload >= 0 => Ok(payload as u128),
                _ => Err(Some(self.too_small(value))),
            },
        }
    }

    fn too_small(&self, number: u128) -> Refusal {
        Refusal::TooSmall {
            number,
            least: self.least_number() as u128,
        }
    }

    /// The length of the payload that a number announces, by the limits.
    fn payload_length(
        &self,
        number: u128,
        head: usize,
        beside: usize,
        so_far: usize,
    ) -> Result<usize, Stop> {
        let options = &self.shape.options;
        let refuse = |refusal| Err(Stop::Refuse(refusal));
        let Some(payload) = (number as i128)
            .checked_sub(self.adjustment())
            .filter(|payload| *payload >= 0)
        else {
            return refuse(self.too_small(number));
        };
        let payload = payload as u128;
        if let Some(least) = options.min
            && payload < u128::from(least)
        {
            return refuse(Refusal::TooShort { payload, least });
        }
        if let Some(limit) = options.max {
            let counted = match self.limit_counts() {
                // A record of several fragments is limited as a whole.
                LimitCounts::Payload if !options.chain => payload + so_far as u128,
                LimitCounts::Payload => payload,
                LimitCounts::Frame => payload + (head + beside) as u128,
                LimitCounts::Number => number,
            };
            if counted > u128::from(limit) {
                return refuse(Refusal::OverLimit { counted, limit });
            }
        }
        // A payload that memory cannot hold does not come either.
        Ok(usize::try_from(payload).unwrap_or(usize::MAX))
    }

    /// The end of the first line: its place, and how long it is.
    fn end_of_line(&self, rest: &[u8], terminator: &[u8]) -> Result<Option<(usize, usize)>, Stop> {
        Ok(match self.ends() {
            None | Some(Ends::Crlf) => find(rest, terminator).map(|at| (at, terminator.len())),
            Some(Ends::Lf) => position(rest, b"\n").map(|at| (at, 1)),
            Some(Ends::Cr) => position(rest, b"\r").map(|at| (at, 1)),
            Some(Ends::Any) => match position(rest, b"\r\n") {
                Some(at) if rest[at] == b'\r' && at + 1 == rest.len() => return Err(Stop::Need(1)),
                Some(at) => Some((at, 1 + usize::from(rest[at..].starts_with(b"\r\n")))),
                None => None,
            },
        })
    }

    fn line<'o>(&self, scan: &mut Scan<'o>, terminator: &[u8]) -> Result<Next<'o>, Stop> {
        scan.fixed(&self.shape.before, Place::Before)?;
        scan.fixed(&self.shape.after, Place::After)?;
        let rest = scan.rest();
        let found = self.end_of_line(rest, terminator)?;
        let max = self.max_payload();
        let over = |length: usize| max.filter(|limit| length as u64 > *limit);
        let Some((mut length, mut ending)) = found else {
            // The last octets may be the beginning of a terminator.
            let open = (1..=terminator.len().min(rest.len()))
                .rev()
                .find(|count| terminator.starts_with(&rest[rest.len() - count..]))
                .unwrap_or(0);
            return Err(match over(rest.len() - open) {
                Some(limit) => Stop::Refuse(Refusal::OverLimit {
                    counted: (rest.len() - open) as u128,
                    limit,
                }),
                None => Stop::Need(1),
            });
        };
        if self.strips_cr() && rest[..length].ends_with(b"\r") {
            length -= 1;
            ending += 1;
        }
        if let Some(limit) = over(length) {
            return Err(Stop::Refuse(Refusal::OverLimit {
                counted: length as u128,
                limit,
            }));
        }
        if (length as u64) < self.shape.options.min.unwrap_or(0) {
            return Err(Stop::Refuse(Refusal::TooShort {
                payload: length as u128,
                least: self.shape.options.min.unwrap_or(0),
            }));
        }
        let payload = scan.payload(length, ending)?;
        let from = scan.at;
        scan.at += ending;
        scan.parts.push((Place::Behind, from..scan.at));
        Ok(match (length, self.zero()) {
            (0, Zero::Refuse) => Next::Refuse(Refusal::Zero),
            (0, Zero::End) => Next::End(scan.at),
            (0, Zero::Ignore | Zero::Keepalive) => Next::Skip(scan.at),
            _ => Next::Frame(Frame {
                payload: Cow::Borrowed(payload),
                length: scan.at,
                parts: std::mem::take(&mut scan.parts),
            }),
        })
    }

    fn stuffed(
        &self,
        octets: &[u8],
        delimiter: u8,
        unstuff: fn(&[u8]) -> Result<Vec<u8>, usize>,
    ) -> Next<'static> {
        let limit = self.shape.options.max;
        let over = |length: usize| limit.filter(|limit| length as u64 > *limit);
        let Some(end) = octets.iter().position(|octet| *octet == delimiter) else {
            let least = stuffing::least_payload(octets, delimiter);
            return match over(least) {
                Some(limit) => Next::Refuse(Refusal::OverLimit {
                    counted: least as u128,
                    limit,
                }),
                None => Next::Need(1),
            };
        };
        if end == 0 {
            return Next::Skip(1);
        }
        match unstuff(&octets[..end]) {
            Err(at) => Next::Refuse(Refusal::Stuffing { at }),
            Ok(payload) if over(payload.len()).is_some() => Next::Refuse(Refusal::OverLimit {
                counted: payload.len() as u128,
                limit: limit.unwrap_or(0),
            }),
            Ok(payload) => Next::Frame(Frame {
                payload: Cow::Owned(payload),
                length: end + 1,
                parts: vec![(Place::Payload, 0..end), (Place::Behind, end..end + 1)],
            }),
        }
    }
}

/// The offset of the first octet that is one of these.
fn position(octets: &[u8], wanted: &[u8]) -> Option<usize> {
    octets.iter().position(|octet| wanted.contains(octet))
}
