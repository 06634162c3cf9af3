//! A decoder as an ordinary programmer writes one, wrong in one place.

use super::{Fault, fault, held_out};
use crate::decoding::{Decode, Refused};

/// The faults of decoders.
pub const FAULTS: &[Fault] = &[
    fault(
        "short-length",
        "a length that is cut is filled up with zeros",
    ),
    fault(
        "short-payload",
        "what has come of a payload is taken for the whole",
    ),
    fault(
        "signed-length",
        "a length with its top bit set is negative, and taken for 0",
    ),
    fault(
        "little-endian",
        "lengths are read least significant octet first",
    ),
    fault("sixteen-bits", "the upper half of a length is ignored"),
    fault("twenty-four-bits", "the first octet of a length is ignored"),
    fault(
        "counts-itself",
        "the length is taken to count its own four octets",
    ),
    fault(
        "tail-lost",
        "what comes behind a frame in the same chunk is dropped",
    ),
    fault(
        "half-tail-lost",
        "a part of a frame behind a whole one is dropped",
    ),
    fault("over-read", "one octet more than the frame is taken"),
    fault(
        "forgets-length",
        "a length is forgotten when the payload comes later",
    ),
    fault(
        "third-octet",
        "a length cut after its third octet loses that octet",
    ),
    fault(
        "third-octet-two-mib",
        "the same, for multiples of 2 MiB only",
    ),
    fault("empty-skipped", "empty frames are not delivered"),
    fault(
        "empty-is-end",
        "an empty frame is taken for the end of the stream",
    ),
    fault("limit-low", "a frame of exactly the limit is refused"),
    fault(
        "limit-high",
        "a frame of one octet above the limit is accepted",
    ),
    fault("limit-ignored", "no frame is refused"),
    fault(
        "partial-at-end",
        "an end inside a payload is taken for a clean one",
    ),
    fault(
        "partial-length-at-end",
        "an end inside a length is taken for a clean one",
    ),
    fault("only-255", "payloads of 255 octets lose their last"),
    fault("only-65536", "payloads of 65,536 octets lose their last"),
    fault("above-64-kib", "payloads above 64 KiB are cut to 64 KiB"),
    fault(
        "late-refusal",
        "a length over the limit is refused once an octet of its payload has come",
    ),
    fault(
        "late-delivery",
        "a frame that ends with its chunk is delivered with the next one",
    ),
    fault(
        "cut-at-1024",
        "a payload cut after 1,024 octets loses one of them",
    ),
    fault("read-of-4096", "a chunk of 4,096 octets loses its last"),
    fault("frame-256", "the 256th frame of a stream is lost"),
    fault(
        "ten-a-chunk",
        "at most ten frames of one chunk are delivered",
    ),
    fault(
        "compaction",
        "moving what is left behind 4,096 used octets loses one",
    ),
    fault(
        "announced-memory",
        "the announced length is allocated at once",
    ),
    fault(
        "goes-on",
        "after an error the next chunk is decoded as if nothing had been",
    ),
    fault("clean-is-error", "a clean end is taken for an error"),
    fault(
        "last-alone",
        "a payload whose last octet comes alone is delivered twice",
    ),
    fault(
        "empty-after-large",
        "an empty frame behind one of 4,096 octets or more is lost",
    ),
    fault(
        "stale-tail",
        "a payload shorter than the one before keeps an octet of it",
    ),
    held_out(
        "two-empties",
        "the second of two empty frames in a row is lost",
    ),
    held_out(
        "only-73-at-end",
        "a payload of 73 octets that ends with its chunk loses its last",
    ),
    held_out(
        "zero-first",
        "a first octet of zero is lost when the payload comes later than its length",
    ),
    held_out(
        "third-octet-255",
        "a length whose third octet is 255 is taken for one 256 less",
    ),
    held_out(
        "three-chunks",
        "a frame that comes in three chunks loses its last octet",
    ),
    held_out(
        "limit-cut",
        "a limit is not looked at when the length was cut after its second octet",
    ),
    held_out(
        "empty-at-end",
        "the end behind an empty frame is taken for an error",
    ),
    held_out(
        "grows",
        "an octet is lost when more than 8,192 are held of one frame",
    ),
];

/// A decoder with one of [`FAULTS`], or a right one for any other name.
#[derive(Debug, Default)]
pub struct Planted {
    fault: &'static str,
    limit: u32,
    buffer: Vec<u8>,
    /// Number of used octets at the front of the buffer.
    used: usize,
    frames: usize,
    in_chunk: usize,
    last: Vec<u8>,
    failed: bool,
    ended: bool,
    waiting: Option<Vec<u8>>,
    /// Number of chunks that have come of the frame that is not complete.
    chunks: usize,
    /// The length of the frame that is not complete was cut after its second octet.
    cut_at_two: bool,
}

impl Planted {
    /// A decoder with this fault.
    #[must_use]
    pub fn new(fault: &'static str) -> Self {
        Self {
            fault,
            ..Self::default()
        }
    }

    fn is(&self, fault: &str) -> bool {
        self.fault == fault
    }

    fn length(&self, octets: [u8; 4]) -> usize {
        let right = u32::from_be_bytes(octets);
        let length = match self.fault {
            "signed-length" if right > i32::MAX as u32 => 0,
            "little-endian" => u32::from_le_bytes(octets),
            "sixteen-bits" => right % 0x1_0000,
            "twenty-four-bits" => right % 0x100_0000,
            "counts-itself" => right.saturating_sub(4),
            "third-octet-255" if octets[2] == 255 => right - 256,
            _ => right,
        };
        length as usize
    }

    fn refuses(&self, length: usize, come: usize) -> bool {
        let limit = self.limit as usize;
        match self.fault {
            "limit-low" => length >= limit.max(1),
            "limit-high" => length > limit + 1,
            "limit-ignored" => false,
            "limit-cut" if self.cut_at_two => false,
            "late-refusal" => length > limit && come > 0,
            _ => length > limit,
        }
    }

    fn take_chunk(&mut self, chunk: &[u8]) {
        let before = self.buffer.len() - self.used;
        self.buffer.extend_from_slice(chunk);
        match self.fault {
            "read-of-4096" if chunk.len() == 4_096 => {
                self.buffer.pop();
            }
            // Three octets of a length had come before this chunk.
            "third-octet" if before == 3 && !chunk.is_empty() => {
                self.buffer.remove(self.used + 2);
            }
            "third-octet-two-mib" if before == 3 && !chunk.is_empty() => {
                let octets = self.buffer[self.used..self.used + 4].try_into();
                let length = u32::from_be_bytes(octets.expect("four octets are there"));
                if length > 0 && length % (1 << 21) == 0 {
                    self.buffer.remove(self.used + 2);
                }
            }
            "zero-first" if before == 4 && chunk.first() == Some(&0) => {
                self.buffer[self.used + 4] = 1;
            }
            "limit-cut" => self.cut_at_two = before == 2 && !chunk.is_empty(),
            "grows" if before > 8_192 && !chunk.is_empty() => {
                self.buffer.remove(self.used + 4);
            }
            "forgets-length" if before == 4 && !chunk.is_empty() => self.used += 4,
            "cut-at-1024" if before == 4 + 1_024 && !chunk.is_empty() => {
                self.buffer.remove(self.used + 4);
            }
            _ => {}
        }
    }

    /// The next payload in the buffer, or none yet.
    fn payload(&mut self, chunk: usize) -> Result<Option<Vec<u8>>, Refused> {
        let have = self.buffer.len() - self.used;
        if self.is("short-length") && (1..4).contains(&have) {
            self.buffer.resize(self.used + 4, 0);
        }
        let Some((octets, come)) = self.buffer[self.used..].split_first_chunk::<4>() else {
            return Ok(None);
        };
        let mut length = self.length(*octets);
        let come = come.len();
        if self.refuses(length, come) {
            self.failed = true;
            return Err(Refused);
        }
        if self.is("announced-memory") {
            self.buffer.reserve_exact(length);
        }
        if self.is("short-payload") && come > 0 {
            length = length.min(come);
        }
        if come < length {
            return Ok(None);
        }
        let start = self.used + 4;
        let mut payload = self.buffer[start..start + length].to_vec();
        self.used = start + length;
        self.frames += 1;
        self.in_chunk += 1;
        match self.fault {
            "tail-lost" => self.used = self.buffer.len(),
            "half-tail-lost" => {
                let rest = &self.buffer[self.used..];
                let whole = rest
                    .split_first_chunk::<4>()
                    .is_some_and(|(next, behind)| behind.len() >= self.length(*next));
                if !whole {
                    self.used = self.buffer.len();
                }
            }
            "only-73-at-end" if length == 73 && self.used == self.buffer.len() => {
                payload.truncate(72);
            }
            "three-chunks" if self.chunks == 3 => {
                payload.pop();
            }
            "over-read" if self.used < self.buffer.len() => self.used += 1,
            "empty-is-end" if length == 0 => self.ended = true,
            "only-255" if length == 255 => payload.truncate(254),
            "only-65536" if length == 65_536 => payload.truncate(65_535),
            "above-64-kib" => payload.truncate(65_536),
            "ten-a-chunk" if self.in_chunk == 10 => self.used = self.buffer.len(),
            "compaction" if self.used > 4_096 => {
                let skip = usize::from(self.used < self.buffer.len());
                self.buffer.drain(..self.used + skip);
                self.used = 0;
            }
            "last-alone" if chunk == 1 && length > 0 => self.waiting = Some(payload.clone()),
            "stale-tail" if length < self.last.len() => payload.push(self.last[length]),
            _ => {}
        }
        Ok(Some(payload))
    }

    fn is_lost(&self, payload: &[u8]) -> bool {
        match self.fault {
            "empty-skipped" => payload.is_empty(),
            "frame-256" => self.frames == 256,
            "two-empties" => payload.is_empty() && self.frames > 1 && self.last.is_empty(),
            "empty-after-large" => payload.is_empty() && self.last.len() >= 4_096,
            _ => false,
        }
    }
}

impl Decode for Planted {
    fn start(&mut self, limit: u32) {
        *self = Self {
            fault: self.fault,
            limit,
            ..Self::default()
        };
    }

    fn push(&mut self, chunk: &[u8], mut deliver: impl FnMut(&[u8])) -> Result<(), Refused> {
        if self.failed {
            if !self.is("goes-on") {
                return Err(Refused);
            }
            self.failed = false;
            self.used = self.buffer.len();
        }
        if let Some(waiting) = self.waiting.take() {
            deliver(&waiting);
        }
        self.in_chunk = 0;
        self.chunks += usize::from(!chunk.is_empty());
        self.take_chunk(chunk);
        while !self.ended
            && let Some(payload) = self.payload(chunk.len())?
        {
            if self.is("late-delivery") && self.used == self.buffer.len() {
                self.waiting = Some(payload);
                break;
            }
            if !self.is_lost(&payload) {
                deliver(&payload);
            }
            if self.is("last-alone")
                && let Some(again) = self.waiting.take()
            {
                deliver(&again);
            }
            self.last = payload;
            self.chunks = 1;
        }
        self.buffer.drain(..self.used);
        self.used = 0;
        if self.buffer.is_empty() {
            self.chunks = 0;
        }
        Ok(())
    }

    fn ends_cleanly(&mut self) -> bool {
        let left = self.buffer.len();
        match self.fault {
            _ if self.failed => false,
            "clean-is-error" => left > 0,
            "partial-at-end" => left == 0 || left > 4,
            "partial-length-at-end" => left < 4,
            "empty-at-end" => left == 0 && (self.frames == 0 || !self.last.is_empty()),
            _ => left == 0 || self.ended,
        }
    }
}
