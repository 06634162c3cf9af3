//! A codec of somebody else's, tokio-util's `LengthDelimitedCodec`, under every cut of a stream.
//!
//! `cargo run --example cut_invariance` is silent where nothing depends on the cut;
//! `cargo test --example cut_invariance` shows that a codec which forgets what it had is found.

use bytes::BytesMut;
use tokio_util::codec::{Decoder, LengthDelimitedCodec};
use unstick::recut::assert_cut_invariant;

/// Three frames, the second of which is empty.
const STREAM: &[u8] = b"\0\0\0\x05hello\0\0\0\0\0\0\0\x02hi";

/// The frames that the codec makes of chunks, and what it says of a bad one.
fn frames(chunks: &[&[u8]]) -> Vec<Result<Vec<u8>, String>> {
    let mut codec = LengthDelimitedCodec::new();
    let mut buffer = BytesMut::new();
    let mut frames = Vec::new();
    for chunk in chunks {
        buffer.extend_from_slice(chunk);
        loop {
            match codec.decode(&mut buffer) {
                Ok(Some(frame)) => frames.push(Ok(frame.to_vec())),
                Ok(None) => break,
                Err(error) => {
                    frames.push(Err(error.to_string()));
                    return frames;
                }
            }
        }
    }
    frames
}

fn main() {
    assert_cut_invariant(STREAM, frames);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codec_is_right() {
        main();
        assert_eq!(frames(&[STREAM]).len(), 3);
    }

    /// A new codec and buffer for each chunk, as in a loop that treats each read as whole.
    #[test]
    #[should_panic(expected = "cut")]
    fn one_that_forgets_what_it_had_is_found() {
        let forgets = |chunks: &[&[u8]]| -> Vec<_> {
            chunks.iter().flat_map(|chunk| frames(&[chunk])).collect()
        };
        assert_cut_invariant(STREAM, forgets);
    }
}
