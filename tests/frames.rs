//! Properties of framing: no cut, no coalescing and no limit changes what is delivered.

use proptest::prelude::*;
use unstick::wire::frame::{Decoder, FrameError, encode};

/// An independent reading of a whole stream: payloads, then how it ended.
fn read_at_once(stream: &[u8], limit: u32) -> (Vec<Vec<u8>>, Result<(), FrameError>) {
    let mut payloads = Vec::new();
    let mut at = 0;
    while at + 4 <= stream.len() {
        let length = stream[at..at + 4]
            .iter()
            .fold(0_u64, |length, octet| length * 256 + u64::from(*octet));
        if length > u64::from(limit) {
            let length = length as u32;
            return (payloads, Err(FrameError::OverLimit { length, limit }));
        }
        let end = at + 4 + length as usize;
        if end > stream.len() {
            break;
        }
        payloads.push(stream[at + 4..end].to_vec());
        at = end;
    }
    let arrived = stream.len() - at;
    let end = if arrived == 0 {
        Ok(())
    } else {
        Err(FrameError::Truncated { arrived })
    };
    (payloads, end)
}

fn read_in_chunks(
    stream: &[u8],
    limit: u32,
    sizes: &[usize],
) -> (Vec<Vec<u8>>, Result<(), FrameError>) {
    let mut decoder = Decoder::new(limit);
    let mut payloads = Vec::new();
    let mut rest = stream;
    let mut arrived = 0;
    for size in sizes.iter().copied().chain([usize::MAX]) {
        let (mut chunk, behind) = rest.split_at(size.min(rest.len()));
        rest = behind;
        arrived += chunk.len();
        loop {
            match decoder.decode(&mut chunk) {
                Ok(Some(payload)) => payloads.push(payload.to_vec()),
                Ok(None) => break,
                Err(error) => return (payloads, Err(error)),
            }
            assert!(chunk.len() <= arrived);
        }
        assert!(decoder.buffered() <= arrived);
    }
    (payloads, decoder.finish())
}

/// Frames, some announcing more or less than they carry.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let payload = prop::collection::vec(any::<u8>(), 0..40);
    let lie = prop_oneof![6 => Just(0_i64), 1 => -3..3_i64];
    prop::collection::vec((payload, lie), 0..8).prop_map(|frames| {
        let mut stream = Vec::new();
        for (payload, lie) in frames {
            let length = (payload.len() as i64 + lie).max(0);
            stream.extend([0, 0, (length / 256) as u8, (length % 256) as u8]);
            stream.extend(payload);
        }
        stream
    })
}

proptest! {
    #[test]
    fn any_cut_delivers_what_one_reading_does(
        stream in stream(),
        sizes in prop::collection::vec(0..12_usize, 0..40),
        limit in 0..64_u32,
    ) {
        prop_assert_eq!(read_in_chunks(&stream, limit, &sizes), read_at_once(&stream, limit));
    }

    #[test]
    fn what_is_encoded_is_decoded(
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..8),
        sizes in prop::collection::vec(1..64_usize, 0..40),
    ) {
        let mut stream = Vec::new();
        for payload in &payloads {
            encode(payload, &mut stream).unwrap();
        }
        prop_assert_eq!(read_in_chunks(&stream, u32::MAX, &sizes), (payloads, Ok(())));
    }
}
