//! The plainest layout of an input: a limit, chunk sizes, and the stream as it is.
//!
//! `[limit] [n] [n sizes] stream`, where the sizes are used in turn until the stream ends.
//! Nothing is rendered, so it runs fast, and whatever the engine learns from comparisons it
//! can write straight into the octets of the stream.

use crate::edges;
use crate::rendered::MOST_CUTS;

/// An input in this layout.
#[derive(Debug, Clone, Copy)]
pub struct WireInput<'d> {
    /// The limit on payloads, in octets.
    pub limit: u32,
    sizes: &'d [u8],
    /// The stream.
    pub stream: &'d [u8],
}

/// The most sizes that an input gives.
const MOST_SIZES: usize = 16;

impl<'d> WireInput<'d> {
    /// Reads an input. Every octet string is one.
    #[must_use]
    pub fn new(data: &'d [u8]) -> Self {
        let [limit, count, rest @ ..] = data else {
            return Self {
                limit: 0,
                sizes: &[],
                stream: &[],
            };
        };
        let count = usize::from(*count) % (MOST_SIZES + 1);
        let (sizes, stream) = rest.split_at(count.min(rest.len()));
        Self {
            limit: edges::limit(*limit),
            sizes,
            stream,
        }
    }

    /// Where the chunks end: each `size` on from the one before.
    pub fn ends(&self) -> impl Iterator<Item = usize> + use<'d> {
        let length = self.stream.len();
        self.sizes
            .iter()
            .cycle()
            .scan(0, move |end, size| {
                *end += edges::chunk(*size);
                (*end < length).then_some(*end)
            })
            .take(MOST_CUTS)
    }

    /// An input for this stream, cut at the octet after each of `ends` as far as the layout
    /// can say it.
    #[must_use]
    pub fn encode(limit: u32, ends: &[usize], stream: &[u8]) -> Vec<u8> {
        let mut sizes = Vec::new();
        let mut from = 0;
        for end in ends.iter().take(MOST_SIZES) {
            match edges::chunk_code(end - from) {
                Some(code) => sizes.push(code),
                None => break,
            }
            from = *end;
        }
        let mut data = vec![edges::limit_code(limit), sizes.len() as u8];
        data.extend(sizes);
        data.extend(stream);
        data
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_used_in_turn() {
        let data = WireInput::encode(65_536, &[3, 4], b"abcdefghij");
        let input = WireInput::new(&data);
        assert_eq!(input.limit, 65_536);
        assert_eq!(input.stream, b"abcdefghij");
        assert_eq!(input.ends().collect::<Vec<_>>(), [3, 4, 7, 8]);
        for data in [&b""[..], b"a", b"\0\0", b"\0\xFFabc"] {
            assert!(WireInput::new(data).ends().count() < 4);
        }
    }
}
