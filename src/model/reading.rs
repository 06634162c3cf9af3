//! The oracle for frames: a one-shot reading of a whole stream. It shares no code with the
//! reference, not even the way a length is computed.

/// The next element of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next<'s> {
    /// A whole frame.
    Frame {
        /// Its payload.
        payload: &'s [u8],
        /// Its end, in octets from the start of the stream.
        ends_at: usize,
    },
    /// A length over the limit (FRM-7).
    OverLimit {
        /// The offset behind its last octet: from there on it can be refused.
        known_at: usize,
    },
    /// The stream ends inside a frame (FRM-6).
    Truncated {
        /// Number of octets of the frame that there are.
        arrived: usize,
    },
    /// The stream ends between frames (FRM-5).
    End,
}

/// Reads a stream that is there as a whole.
#[derive(Debug, Clone)]
pub struct Reading<'s> {
    stream: &'s [u8],
    limit: u64,
    at: usize,
}

impl<'s> Reading<'s> {
    /// A reading from the start, with payloads of at most `limit` octets.
    #[must_use]
    pub fn new(stream: &'s [u8], limit: u32) -> Self {
        Self {
            stream,
            limit: u64::from(limit),
            at: 0,
        }
    }

    /// The place that the reading has come to, in octets from the start.
    #[must_use]
    pub const fn at(&self) -> usize {
        self.at
    }

    /// Goes to `place` without reading: over what is no frame.
    pub fn skip_to(&mut self, place: usize) {
        self.at = place.min(self.stream.len());
    }

    /// Reads the next element. All but a frame stays for ever.
    pub fn step(&mut self) -> Next<'s> {
        let rest = &self.stream[self.at..];
        if rest.is_empty() {
            return Next::End;
        }
        if rest.len() < 4 {
            return Next::Truncated {
                arrived: rest.len(),
            };
        }
        let length = ((u64::from(rest[0]) * 256 + u64::from(rest[1])) * 256 + u64::from(rest[2]))
            * 256
            + u64::from(rest[3]);
        if length > self.limit {
            return Next::OverLimit {
                known_at: self.at + 4,
            };
        }
        if length > (rest.len() - 4) as u64 {
            return Next::Truncated {
                arrived: rest.len(),
            };
        }
        self.at += 4 + length as usize;
        Next::Frame {
            payload: &rest[4..4 + length as usize],
            ends_at: self.at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_streams() {
        let mut reading = Reading::new(b"\0\0\0\x02hi\0\0\0\0\0\0\0\x09x", 9);
        let frame = |payload: &'static [u8], ends_at| Next::Frame { payload, ends_at };
        assert_eq!(reading.step(), frame(b"hi", 6));
        assert_eq!(reading.step(), frame(b"", 10));
        assert_eq!(reading.step(), Next::Truncated { arrived: 5 });
        assert_eq!(Reading::new(b"", 9).step(), Next::End);
        assert_eq!(
            Reading::new(b"\0\0\0\x0a", 9).step(),
            Next::OverLimit { known_at: 4 }
        );
        assert_eq!(
            Reading::new(b"\x80\0\0\0x", 0x7FFF_FFFF).step(),
            Next::OverLimit { known_at: 4 }
        );
    }
}
