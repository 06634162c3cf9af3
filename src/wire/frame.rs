//! Frames: a length, then that many octets of payload (FRM-1).

use super::length::{self, LENGTH_OCTETS, LengthError};

/// The payload limit below which no receiver may go, in octets (FRM-7), and the default here.
pub const MIN_LIMIT: u32 = 65_536;

/// What a decoder keeps for the next frame once a frame is done; more is given back.
const KEPT_CAPACITY: usize = 65_536 + LENGTH_OCTETS;

/// Why a stream is not a sequence of frames. After one of these nothing more is decoded.
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
    /// The frame that has begun and is not complete: its length, then payload so far.
    gathered: Vec<u8>,
    /// The frame in `gathered` was lent out by the last call and is to be forgotten.
    lent: bool,
    failed: Option<FrameError>,
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
            gathered: Vec::new(),
            lent: false,
            failed: None,
        }
    }

    /// Takes octets from the front of `input` up to the end of one frame, and lends its
    /// payload; `None` when `input` is used up and the frame needs more. What lies behind
    /// the frame stays in `input`: call again until `None`.
    ///
    /// # Errors
    /// [`FrameError::OverLimit`] as soon as the length is known, and on every later call.
    pub fn decode<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<&'a [u8]>, FrameError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.forget_lent();
        if self.gathered.is_empty()
            && let Some((length, rest)) = input.split_first_chunk::<LENGTH_OCTETS>()
        {
            let length = self.accept(*length)?;
            if let Some((payload, rest)) = rest.split_at_checked(length) {
                *input = rest;
                return Ok(Some(payload));
            }
        }
        if !self.gather(LENGTH_OCTETS, input) {
            return Ok(None);
        }
        let (length, _) = self.gathered.split_first_chunk().expect("just gathered");
        let length = self.accept(*length)?;
        if !self.gather(LENGTH_OCTETS + length, input) {
            return Ok(None);
        }
        self.lent = true;
        Ok(Some(&self.gathered[LENGTH_OCTETS..]))
    }

    /// Says that the stream has ended. On a frame boundary that is a clean end (FRM-5).
    ///
    /// # Errors
    /// [`FrameError::Truncated`] inside a frame (FRM-6), or the error met before.
    pub fn finish(mut self) -> Result<(), FrameError> {
        self.forget_lent();
        match (self.failed, self.gathered.len()) {
            (Some(error), _) => Err(error),
            (None, 0) => Ok(()),
            (None, arrived) => Err(FrameError::Truncated { arrived }),
        }
    }

    /// The octets of an incomplete frame held here: never more than arrived (FRM-8).
    #[must_use]
    pub fn buffered(&self) -> usize {
        if self.lent { 0 } else { self.gathered.len() }
    }

    fn forget_lent(&mut self) {
        if std::mem::take(&mut self.lent) {
            self.gathered.clear();
            self.gathered.shrink_to(KEPT_CAPACITY);
        }
    }

    fn accept(&mut self, length: [u8; LENGTH_OCTETS]) -> Result<usize, FrameError> {
        let length = u32::from_be_bytes(length);
        if length > self.limit {
            let error = FrameError::OverLimit {
                length,
                limit: self.limit,
            };
            self.failed = Some(error);
            self.gathered = Vec::new();
            return Err(error);
        }
        Ok(length as usize)
    }

    /// Moves octets from `input` until `total` are gathered; false if `input` had too few.
    fn gather(&mut self, total: usize, input: &mut &[u8]) -> bool {
        let wanted = total.saturating_sub(self.gathered.len());
        let (taken, rest) = input.split_at(wanted.min(input.len()));
        self.gathered.extend_from_slice(taken);
        *input = rest;
        taken.len() == wanted
    }
}

/// Appends one frame to `out`.
///
/// # Errors
/// [`LengthError::OutOfRange`] for a payload above 4,294,967,295 octets, with `out` unchanged.
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
        let second = decode_all(&mut decoder, b"wo").unwrap();
        assert_eq!(second, [b"two"]);
        assert_eq!(decoder.buffered(), 0);
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
        assert!(decoder.gathered.capacity() <= KEPT_CAPACITY);
    }

    #[test]
    fn encode_appends_length_and_payload() {
        let mut out = b"before".to_vec();
        encode(b"hello", &mut out).unwrap();
        encode(b"", &mut out).unwrap();
        assert_eq!(out, b"before\0\0\0\x05hello\0\0\0\0");
    }
}
