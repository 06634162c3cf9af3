//! The reference beside tokio-util's `LengthDelimitedCodec`: two implementations that share
//! nothing must agree on every stream under every cut.

use bytes::BytesMut;
use tokio_util::codec::{Decoder as _, LengthDelimitedCodec};

use crate::decoding::{Decode, Reference, Refused, check};
use crate::reading::{Next, Reading};

/// The largest limit that both are given, in octets.
pub const LARGEST_LIMIT: u32 = 2_097_152;

/// tokio-util's codec, made for this protocol.
#[derive(Debug, Default)]
pub struct TokioUtil {
    codec: LengthDelimitedCodec,
    buffer: BytesMut,
    refused: bool,
}

impl Decode for TokioUtil {
    fn start(&mut self, limit: u32) {
        self.codec = LengthDelimitedCodec::builder()
            .length_field_length(4)
            .max_frame_length(limit as usize)
            .new_codec();
        self.buffer.clear();
        self.refused = false;
    }

    fn push(&mut self, chunk: &[u8], mut deliver: impl FnMut(&[u8])) -> Result<(), Refused> {
        if self.refused {
            return Err(Refused);
        }
        self.buffer.extend_from_slice(chunk);
        loop {
            match self.codec.decode(&mut self.buffer) {
                Ok(Some(payload)) => deliver(&payload),
                Ok(None) => return Ok(()),
                Err(_) => {
                    self.refused = true;
                    return Err(Refused);
                }
            }
        }
    }

    fn ends_cleanly(&mut self) -> bool {
        !self.refused && matches!(self.codec.decode_eof(&mut self.buffer), Ok(None))
    }
}

/// Feeds a stream to both, in the same chunks, and compares what each chunk brings.
///
/// # Errors
/// Where they differ, in words.
pub fn compare(
    theirs: &mut TokioUtil,
    limit: u32,
    stream: &[u8],
    ends: impl Iterator<Item = usize> + Clone,
) -> Result<(), String> {
    let mut ours = Reference::default();
    ours.start(limit);
    theirs.start(limit);
    let mut from = 0;
    for end in ends.chain([stream.len()]) {
        let chunk = &stream[from..end.clamp(from, stream.len())];
        from += chunk.len();
        // Payloads lent are compared with payloads handed over, in order.
        let mut handed: Vec<BytesMut> = Vec::new();
        let their_outcome = theirs.push(chunk, |payload| handed.push(payload.into()));
        let mut waiting = handed.iter();
        let mut same = true;
        let our_outcome = ours.push(chunk, |payload| {
            same &= waiting.next().is_some_and(|theirs| theirs == payload);
        });
        if !same || waiting.next().is_some() {
            return Err(format!("other payloads up to octet {from}"));
        }
        if our_outcome != their_outcome {
            return Err(format!(
                "up to octet {from} the reference says {our_outcome:?}, tokio-util {their_outcome:?}"
            ));
        }
        if our_outcome.is_err() {
            return Ok(());
        }
    }
    match (ours.ends_cleanly(), theirs.ends_cleanly()) {
        (ours, theirs) if ours == theirs => Ok(()),
        (false, true) if ends_behind_a_length(limit, stream) => Ok(()),
        _ => Err("they differ about the end".to_owned()),
    }
}

/// Where tokio-util 0.7 is known to be wrong: a stream that ends exactly between a length and
/// its payload looks complete to it, because the length has left its buffer by then (FRM-6).
#[must_use]
pub fn ends_behind_a_length(limit: u32, stream: &[u8]) -> bool {
    let mut reading = Reading::new(stream, limit);
    loop {
        match reading.step() {
            Next::Frame { .. } => {}
            end => return end == Next::Truncated { arrived: 4 },
        }
    }
}

/// tokio-util's codec against the oracle alone: but for [`ends_behind_a_length`], it is a
/// right decoder too.
///
/// # Errors
/// What went wrong, in words.
pub fn check_theirs(
    limit: u32,
    stream: &[u8],
    ends: impl Iterator<Item = usize>,
) -> Result<(), String> {
    if ends_behind_a_length(limit, stream) {
        return Ok(());
    }
    check(&mut TokioUtil::default(), limit, stream, ends)
}
