//! Payloads as frames.

use std::ops::Range;

use super::number::Number;
use super::read::find;
use super::{Alphabet, Delimiting, Framing, Part, Place, Shape, Zero, stuffing, total};

/// The reason why a payload cannot be a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The payload is longer than the number can say, or than the limit.
    #[error("a payload of {payload} octets is above the most, {most}")]
    TooLong {
        /// Its length.
        payload: usize,
        /// The most octets there may be.
        most: u64,
    },
    /// The payload is shorter than the framing allows.
    #[error("a payload of {payload} octets is below the least, {least}")]
    TooShort {
        /// Its length.
        payload: usize,
        /// The least.
        least: u64,
    },
    /// The payload holds what would end it.
    #[error("the payload holds the terminator at octet {0}")]
    HoldsTerminator(usize),
    /// The payload is not of the alphabet.
    #[error("the payload holds octets that are not of the framing's alphabet")]
    NotOfAlphabet,
}

/// The parts of one frame, in order, without those that it does not have.
pub type Parts = Vec<(Place, Vec<u8>)>;

impl Framing {
    /// The frame with this payload; several where a chain needs them.
    ///
    /// # Errors
    /// [`EncodeError`]
    pub fn encode(&self, payload: &[u8]) -> Result<Vec<u8>, EncodeError> {
        Ok(join(&self.parts(payload, 0)?))
    }

    /// The same in its parts, as the frame of this number in a stream: octets that may be
    /// anything differ from frame to frame.
    ///
    /// # Errors
    /// [`EncodeError`]
    pub fn parts(&self, payload: &[u8], number_in_stream: usize) -> Result<Parts, EncodeError> {
        self.carries(payload)?;
        match &self.shape.delimiting {
            Delimiting::Length { number, .. } => Ok(self.links(number, payload, number_in_stream)),
            Delimiting::Line(terminator) => Ok(self.around(
                None,
                payload.to_vec(),
                Some(terminator.clone()),
                number_in_stream,
            )),
            Delimiting::Cobs => {
                let stuffed = stuffing::to_cobs(payload);
                Ok(self.around(None, stuffed, Some(vec![0]), number_in_stream))
            }
            Delimiting::Slip => {
                let stuffed = stuffing::to_slip(payload);
                Ok(self.around(None, stuffed, Some(vec![stuffing::END]), number_in_stream))
            }
        }
    }

    /// A frame whose length is these octets, whatever they say.
    #[must_use]
    pub fn parts_with_length(
        &self,
        length: &[u8],
        payload: &[u8],
        number_in_stream: usize,
    ) -> Parts {
        self.around(
            Some(length.to_vec()),
            payload.to_vec(),
            None,
            number_in_stream,
        )
    }

    /// The octets of a frame in front of a payload of so many octets; `None` where the length cannot be said
    /// or there is no length.
    #[must_use]
    pub fn head(&self, payload: i128, number_in_stream: usize) -> Option<Vec<u8>> {
        let length = self.pack(payload)?;
        let parts = self.parts_with_length(&length, b"", number_in_stream);
        // Up to the payload, so that a program that reads a header as a whole has all of it.
        let head = parts
            .into_iter()
            .take_while(|(place, _)| *place < Place::Payload);
        Some(head.flat_map(|(_, octets)| octets).collect())
    }

    /// The octets of the length for a payload of so many octets; `None` where it cannot be said
    /// or there is no length.
    #[must_use]
    pub fn pack(&self, payload: i128) -> Option<Vec<u8>> {
        if payload < 0 {
            return None;
        }
        self.number()?
            .encode(payload.checked_add(self.adjustment())?)
    }

    /// Checks that a payload can be sent.
    ///
    /// # Errors
    /// [`EncodeError`]
    pub fn carries(&self, payload: &[u8]) -> Result<(), EncodeError> {
        let most = self.max_payload().filter(|_| !self.is_unbounded());
        if let Some(most) = most
            && payload.len() as u64 > most
        {
            return Err(EncodeError::TooLong {
                payload: payload.len(),
                most,
            });
        }
        let least = self.min_payload();
        let least = if payload.is_empty() && least == 0 && !self.carries_empty() {
            1
        } else {
            least
        };
        if (payload.len() as u64) < least {
            return Err(EncodeError::TooShort {
                payload: payload.len(),
                least,
            });
        }
        if let Some(at) = self.terminator_in(payload) {
            return Err(EncodeError::HoldsTerminator(at));
        }
        let fits = match self.alphabet() {
            Alphabet::Any => true,
            Alphabet::Utf8 => std::str::from_utf8(payload).is_ok(),
            Alphabet::Ascii => payload.is_ascii(),
            Alphabet::Printable => payload.iter().all(|octet| matches!(octet, 0x20..=0x7E)),
        };
        if fits {
            Ok(())
        } else {
            Err(EncodeError::NotOfAlphabet)
        }
    }

    /// True if a payload of any length can be sent in several parts.
    #[must_use]
    pub fn is_unbounded(&self) -> bool {
        self.is_chained()
            || (self.number() == Some(&Number::Mark) && self.shape.options.max.is_none())
    }

    fn carries_empty(&self) -> bool {
        match self.shape.delimiting {
            Delimiting::Length { .. } => self.adjustment() != 0 || self.zero() == Zero::Frame,
            _ => self.zero() == Zero::Frame,
        }
    }

    /// The offset in a payload of the octets that would end it.
    fn terminator_in(&self, payload: &[u8]) -> Option<usize> {
        use super::Ends;
        let terminator = self.terminator()?;
        let any_of = |wanted: &[u8]| payload.iter().position(|octet| wanted.contains(octet));
        match self.ends() {
            None | Some(Ends::Crlf) => {
                // A payload that ends like the beginning of the terminator would join it.
                let joined = [payload, terminator].concat();
                find(&joined, terminator)
                    .filter(|at| *at < payload.len())
                    .or_else(|| {
                        let cr = self.strips_cr() && payload.ends_with(b"\r");
                        cr.then(|| payload.len() - 1)
                    })
            }
            Some(Ends::Lf) => any_of(b"\n").or_else(|| {
                let cr = self.strips_cr() && payload.ends_with(b"\r");
                cr.then(|| payload.len() - 1)
            }),
            Some(Ends::Cr) => any_of(b"\r"),
            Some(Ends::Any) => any_of(b"\r\n"),
        }
    }

    fn links(&self, number: &Number, payload: &[u8], at: usize) -> Parts {
        let most = match self.max_payload() {
            Some(most) => usize::try_from(most).unwrap_or(usize::MAX).max(1),
            None => usize::MAX,
        };
        let mut parts = Vec::new();
        let mut rest = payload;
        let mut link = at;
        loop {
            let (piece, behind) = rest.split_at(rest.len().min(most));
            let is_last = if self.is_chained() {
                piece.len() < most
            } else {
                behind.is_empty()
            };
            let value = piece.len() as i128 + self.adjustment();
            let mut length = number.encode(value).unwrap_or_default();
            if *number == Number::Mark && !is_last {
                length[0] -= 0x80;
            }
            parts.extend(self.around(Some(length), piece.to_vec(), None, link));
            if is_last {
                return parts;
            }
            rest = behind;
            link += 1;
        }
    }

    fn around(
        &self,
        length: Option<Vec<u8>>,
        payload: Vec<u8>,
        terminator: Option<Vec<u8>>,
        number_in_stream: usize,
    ) -> Parts {
        let Shape {
            before,
            after,
            behind,
            ..
        } = &*self.shape;
        let fill =
            |parts: &[Part], is_before: bool| self.filled(parts, number_in_stream, is_before);
        let behind = [terminator.unwrap_or_default(), fill(behind, false)].concat();
        let all = [
            (Place::Before, fill(before, true)),
            (Place::Length, length.unwrap_or_default()),
            (Place::After, fill(after, false)),
            (Place::Payload, payload),
            (Place::Behind, behind),
        ];
        let places = self.places();
        all.into_iter()
            .filter(|(place, octets)| !octets.is_empty() || places.contains(place))
            .collect()
    }

    /// The ranges of the frame with this payload in which octets may be anything; none where the
    /// payload cannot be sent.
    #[must_use]
    pub fn may_be_anything(&self, payload: &[u8]) -> Vec<Range<usize>> {
        let shape = &self.shape;
        let mut free = Vec::new();
        let mut at = 0;
        for (place, octets) in self.parts(payload, 0).unwrap_or_default() {
            let parts: &[Part] = match place {
                Place::Before => &shape.before,
                Place::After => &shape.after,
                Place::Behind => &shape.behind,
                Place::Length | Place::Payload => &[],
            };
            // A terminator comes before the parts behind a payload.
            let mut start = at + octets.len() - total(parts);
            for part in parts {
                if let Part::Any(count) = part {
                    free.push(start..start + count);
                }
                start += part.len();
            }
            at += octets.len();
        }
        free
    }

    /// Octets for parts. Octets that may be anything are zero, and the last of them is 1 in
    /// every second frame, so that a program that takes them for something else shows it.
    fn filled(&self, parts: &[Part], number_in_stream: usize, is_before: bool) -> Vec<u8> {
        let mut octets = Vec::with_capacity(total(parts));
        for part in parts {
            match part {
                Part::Literal {
                    octets: literal,
                    times,
                } => {
                    octets.extend(literal.repeat(*times));
                }
                Part::Any(count) => {
                    octets.extend(vec![0; *count]);
                    if let Some(last) = octets.last_mut() {
                        *last = (number_in_stream % 2) as u8;
                    }
                }
            }
        }
        // The first octet of a WebSocket frame says that it is whole, and binary.
        if is_before && self.number() == Some(&Number::WebSocket) {
            octets[0] = 0x82;
        }
        octets
    }

    /// The frame of a number of zero, where that is no frame with an empty payload.
    #[must_use]
    pub fn zero_frame(&self) -> Option<Parts> {
        if self.zero() == Zero::Frame {
            return None;
        }
        match &self.shape.delimiting {
            Delimiting::Length { number, .. } => {
                let length = number.encode(0)?;
                let mut parts = self.parts_with_length(&length, b"", 0);
                if self.adjustment() != 0 {
                    parts.retain(|(place, _)| matches!(place, Place::Before | Place::Length));
                }
                Some(parts)
            }
            Delimiting::Line(terminator) => {
                Some(self.around(None, Vec::new(), Some(terminator.clone()), 0))
            }
            Delimiting::Slip => Some(vec![(Place::Behind, vec![stuffing::END])]),
            Delimiting::Cobs => None,
        }
    }
}

/// The octets of parts, one after the other.
#[must_use]
pub(super) fn join(parts: &Parts) -> Vec<u8> {
    let parts: Vec<&[u8]> = parts.iter().map(|(_, octets)| octets.as_slice()).collect();
    parts.concat()
}
