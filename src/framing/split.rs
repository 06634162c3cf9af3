//! Whole streams: all frames of them, and what lies behind the last.

use std::borrow::Cow;
use std::ops::Range;

use super::{End, Framing, Next, Place, Refusal};

/// A frame in a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<'o> {
    /// Its payload.
    pub payload: Cow<'o, [u8]>,
    /// The range of the frame in the stream.
    pub at: Range<usize>,
    /// The ranges of its parts in the stream.
    pub parts: Vec<(Place, Range<usize>)>,
}

/// The end of the octets of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Between two frames.
    Between,
    /// Inside a frame: at least so many octets more are needed.
    Inside(usize),
    /// With the peer's own end (`zero=end`), after which nothing is a frame of it.
    Said,
    /// At octets that are not a frame.
    Refused(Refusal),
}

/// A stream, divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split<'o> {
    /// The frames, in order.
    pub frames: Vec<Found<'o>>,
    /// The offset up to which the stream is frames.
    pub whole: usize,
    /// The end of its octets.
    pub ended: Ended,
}

/// The payloads that a whole stream delivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payloads {
    /// The payloads, in order.
    pub payloads: Vec<Vec<u8>>,
    /// The reason why the stream is not one of whole frames, if it is not.
    pub error: Option<Refusal>,
}

impl Framing {
    /// Divides the octets of a stream from its very start: the preface and a first frame of
    /// its own are looked for.
    #[must_use]
    pub fn split<'o>(&self, stream: &'o [u8]) -> Split<'o> {
        self.divide(stream, true)
    }

    /// The same from the boundary of two frames.
    #[must_use]
    pub fn split_mid<'o>(&self, octets: &'o [u8]) -> Split<'o> {
        self.divide(octets, false)
    }

    fn divide<'o>(&self, stream: &'o [u8], from_start: bool) -> Split<'o> {
        let mut split = Split {
            frames: Vec::new(),
            whole: 0,
            ended: Ended::Between,
        };
        if from_start {
            match self.begins(stream) {
                Next::Skip(length) => split.whole = length,
                Next::Need(_) if stream.is_empty() => return split,
                Next::Need(more) => {
                    split.ended = Ended::Inside(more);
                    return split;
                }
                Next::Refuse(refusal) => {
                    split.ended = Ended::Refused(refusal);
                    return split;
                }
                Next::Frame(_) | Next::End(_) => {}
            }
        }
        while split.whole < stream.len() {
            let rest = &stream[split.whole..];
            let framing = match self.first() {
                Some(first) if from_start && split.frames.is_empty() => first,
                _ => self,
            };
            match framing.next(rest) {
                Next::Need(more) => {
                    split.ended = Ended::Inside(more);
                    break;
                }
                Next::Refuse(refusal) => {
                    split.ended = Ended::Refused(refusal);
                    break;
                }
                Next::Skip(length) => split.whole += length,
                Next::End(length) => {
                    split.whole += length;
                    split.ended = Ended::Said;
                    break;
                }
                Next::Frame(frame) => {
                    let from = split.whole;
                    let moved = |range: Range<usize>| from + range.start..from + range.end;
                    split.whole += frame.length;
                    split.frames.push(Found {
                        payload: frame.payload,
                        at: from..split.whole,
                        parts: frame
                            .parts
                            .into_iter()
                            .map(|(place, range)| (place, moved(range)))
                            .collect(),
                    });
                }
            }
        }
        split
    }

    /// The payloads of a stream that has ended, and whether that end is clean.
    #[must_use]
    pub fn payloads(&self, stream: &[u8]) -> Payloads {
        let split = self.split(stream);
        let mut payloads: Vec<Vec<u8>> = split
            .frames
            .into_iter()
            .map(|found| found.payload.into_owned())
            .collect();
        let error = match split.ended {
            Ended::Between | Ended::Said => None,
            Ended::Refused(refusal) => Some(refusal),
            Ended::Inside(_) => match self.end(&stream[split.whole..]) {
                End::Clean => None,
                End::Frame(payload) => {
                    payloads.push(payload.into_owned());
                    None
                }
                End::Refuse(refusal) => Some(refusal),
            },
        };
        Payloads { payloads, error }
    }

    /// A stream of these payloads: the preface, then a frame each.
    ///
    /// # Errors
    /// [`super::EncodeError`]
    pub fn stream<'p>(
        &self,
        payloads: impl IntoIterator<Item = &'p [u8]>,
    ) -> Result<Vec<u8>, super::EncodeError> {
        let mut stream = self.preface();
        for (number, payload) in payloads.into_iter().enumerate() {
            let framing = match self.first() {
                Some(first) if number == 0 => first,
                _ => self,
            };
            stream.extend(super::encode::join(&framing.parts(payload, number)?));
        }
        Ok(stream)
    }
}
