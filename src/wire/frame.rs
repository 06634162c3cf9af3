//! Frames: a length, then that many octets of payload (FRM-1).

use super::length::{self, LENGTH_OCTETS, LengthError};

/// The payload limit below which no receiver may go, in octets (FRM-7), and the default here.
pub const MIN_LIMIT: u32 = 65_536;

/// Memory in octets that a decoder keeps for the next frame once a frame is done; more is given back.
const KEPT_CAPACITY: usize = 131_072;

/// The reason why a stream is not a sequence of frames. After one of these nothing more is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The length announces more than the receiver takes (FRM-7). Known before any of the
    /// payload arrives.
    #[error("a frame of {length} octets is over the limit of {limit}")]
    OverLimit {
        /// The announced length, in octets.
        length: u32,
        /// The receiver's limit, in octets.
        limit: u32,
    },
    /// The stream ended inside a frame (FRM-6); the part that came is no frame.
    #[error("the stream ended inside a frame, {arrived} octets after its first")]
    Truncated {
        /// The octets of the frame that had arrived, its length included.
        arrived: usize,
    },
}

/// Reassembles frames from octets that arrive in any pieces (FRM-2, FRM-3).
///
/// A payload that lies whole in the octets at hand is lent out of them; only a frame that
/// comes in pieces is gathered in the decoder, whose memory follows what arrived and never
/// what was announced (FRM-8).
///
/// ```
/// use unstick::wire::frame::Decoder;
///
/// let mut decoder = Decoder::default();
/// let mut input: &[u8] = b"\0\0\0\x02hi\0\0\0\0\0\0";
/// assert_eq!(decoder.decode(&mut input), Ok(Some(&b"hi"[..])));
/// assert_eq!(decoder.decode(&mut input), Ok(Some(&b""[..])));
/// assert_eq!(decoder.decode(&mut input), Ok(None)); // half a length: more must come
/// assert!(decoder.finish().is_err());
/// ```
#[derive(Debug)]
pub struct Decoder {
    limit: u32,
    state: State,
    /// The frame that comes in pieces: its length, then its payload so far.
    gathered: Vec<u8>,
    /// Number of octets that the length or the payload that is being gathered still lacks.
    missing: usize,
}

/// The place in the stream where the next octet belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between two frames; nothing is gathered.
    Between,
    /// Inside a length.
    Length,
    /// Inside a payload.
    Payload,
    /// The frame in `gathered` is lent out, and is to be forgotten.
    Lent,
    /// Nowhere: this went wrong.
    Failed(FrameError),
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new(MIN_LIMIT)
    }
}

impl Decoder {
    /// A decoder that refuses payloads above `limit` octets (FRM-7).
    #[must_use]
    pub const fn new(limit: u32) -> Self {
        Self {
            limit,
            state: State::Between,
            gathered: Vec::new(),
            missing: 0,
        }
    }

    /// Takes octets from the front of `input` up to the end of one frame, and lends its
    /// payload; `None` when `input` is used up and the frame needs more. What lies behind
    /// the frame stays in `input`: call again until `None`.
    ///
    /// # Errors
    /// [`FrameError::OverLimit`] as soon as the length is known, and on every later call.
    #[inline]
    pub fn decode<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<&'a [u8]>, FrameError> {
        // Most frames lie whole in the input.
        if self.state == State::Between
            && let Some((length, rest)) = input.split_first_chunk::<LENGTH_OCTETS>()
            && let length = u32::from_be_bytes(*length)
            && length <= self.limit
            && let Some((payload, rest)) = rest.split_at_checked(length as usize)
        {
            *input = rest;
            return Ok(Some(payload));
        }
        self.decode_in_pieces(input)
    }

    /// Says that the stream has ended. On a frame boundary that is a clean end (FRM-5).
    ///
    /// # Errors
    /// [`FrameError::Truncated`] inside a frame (FRM-6), or the error met before.
    pub fn finish(self) -> Result<(), FrameError> {
        match self.state {
            State::Between | State::Lent => Ok(()),
            State::Length | State::Payload => Err(FrameError::Truncated {
                arrived: self.gathered.len(),
            }),
            State::Failed(error) => Err(error),
        }
    }

    /// The octets of an incomplete frame held here: never more than arrived (FRM-8).
    #[must_use]
    pub fn buffered(&self) -> usize {
        match self.state {
            State::Lent => 0,
            _ => self.gathered.len(),
        }
    }

    fn decode_in_pieces<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<&'a [u8]>, FrameError> {
        match self.state {
            State::Failed(error) => return Err(error),
            State::Lent => {
                self.gathered.clear();
                self.gathered.shrink_to(KEPT_CAPACITY);
                self.state = State::Between;
                return self.decode(input);
            }
            State::Between if input.is_empty() => return Ok(None),
            State::Between => {
                self.state = State::Length;
                self.missing = LENGTH_OCTETS;
            }
            State::Length | State::Payload => {}
        }
        loop {
            let (taken, rest) = input.split_at(self.missing.min(input.len()));
            self.gathered.extend_from_slice(taken);
            self.missing -= taken.len();
            *input = rest;
            if self.missing > 0 {
                return Ok(None);
            }
            if self.state == State::Payload {
                self.state = State::Lent;
                return Ok(Some(&self.gathered[LENGTH_OCTETS..]));
            }
            self.missing = self.accept_length()?;
            self.state = State::Payload;
        }
    }

    /// The length that has been gathered, if it is within the limit.
    fn accept_length(&mut self) -> Result<usize, FrameError> {
        let length = length::unpack(&self.gathered).expect("as many octets were gathered");
        if length > self.limit {
            let error = FrameError::OverLimit {
                length,
                limit: self.limit,
            };
            self.state = State::Failed(error);
            self.gathered = Vec::new();
            return Err(error);
        }
        Ok(length as usize)
    }
}

/// Appends one frame to `out`.
///
/// # Errors
/// [`LengthError::OutOfRange`] for a payload above 4,294,967,295 octets, with `out` unchanged.
#[inline]
pub fn encode(payload: &[u8], out: &mut Vec<u8>) -> Result<(), LengthError> {
    let length = length::pack_checked(payload.len())?;
    out.reserve(LENGTH_OCTETS + payload.len());
    out.extend_from_slice(&length);
    out.extend_from_slice(payload);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode_all(decoder: &mut Decoder, mut input: &[u8]) -> Result<Vec<Vec<u8>>, FrameError> {
        let mut payloads = Vec::new();
        while let Some(payload) = decoder.decode(&mut input)? {
            payloads.push(payload.to_vec());
        }
        Ok(payloads)
    }

    #[test]
    fn a_frame_and_a_half_then_the_rest() {
        let mut decoder = Decoder::default();
        let first = decode_all(&mut decoder, b"\0\0\0\x03one\0\0\0\x03t").unwrap();
        assert_eq!(first, [b"one"]);
        assert_eq!(decoder.buffered(), 5);
        assert_eq!(decoder.decode(&mut &b"wo"[..]), Ok(Some(&b"two"[..])));
        assert_eq!(decoder.buffered(), 0, "what is lent is held no more");
        assert_eq!(decoder.finish(), Ok(()));
    }

    #[test]
    fn the_limit_is_refused_from_the_length_alone_and_for_good() {
        let mut decoder = Decoder::new(3);
        assert_eq!(
            decode_all(&mut decoder, b"\0\0\0\x03abc").unwrap(),
            [b"abc"]
        );
        let refused = FrameError::OverLimit {
            length: 4,
            limit: 3,
        };
        assert_eq!(decode_all(&mut decoder, b"\0\0\0"), Ok(vec![]));
        assert_eq!(decode_all(&mut decoder, b"\x04"), Err(refused));
        assert_eq!(decode_all(&mut decoder, b"\0\0\0\x01a"), Err(refused));
        assert_eq!(decoder.finish(), Err(refused));
    }

    #[test]
    fn memory_follows_what_arrived_not_what_was_announced() {
        let mut decoder = Decoder::new(u32::MAX);
        assert_eq!(decode_all(&mut decoder, b"\xFF\xFF\xFF\xFFabc"), Ok(vec![]));
        assert_eq!(decoder.buffered(), 7);
        assert!(decoder.gathered.capacity() < 64);
        assert_eq!(decoder.finish(), Err(FrameError::Truncated { arrived: 7 }));
    }

    #[test]
    fn a_large_frame_is_given_back_once_it_is_done() {
        let mut decoder = Decoder::new(1 << 20);
        let mut wire = b"\0\x10\0\0".to_vec();
        wire.resize(4 + (1 << 20), b'x');
        assert_eq!(decode_all(&mut decoder, &wire[..9]), Ok(vec![]));
        assert_eq!(decode_all(&mut decoder, &wire[9..]).unwrap().len(), 1);
        assert_eq!(decode_all(&mut decoder, b"\0"), Ok(vec![]));
        assert!(decoder.gathered.capacity() <= 131_072);
    }

    #[test]
    fn encode_appends_length_and_payload() {
        let mut out = b"before".to_vec();
        encode(b"hello", &mut out).unwrap();
        encode(b"", &mut out).unwrap();
        assert_eq!(out, b"before\0\0\0\x05hello\0\0\0\0");
    }

    #[test]
    fn encode_asks_for_no_more_memory_than_a_vector_may() {
        let mut out = Vec::new();
        encode(&[b'x'; 1000], &mut out).unwrap();
        assert!(out.capacity() <= 2 * 1004, "{}", out.capacity());
    }
}
