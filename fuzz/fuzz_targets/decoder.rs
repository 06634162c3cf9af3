//! Arbitrary octets, arbitrarily cut, into the decoder: the cuts must not show.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use unstick::wire::frame::Decoder;

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    limit: u16,
    sizes: Vec<u8>,
    stream: &'a [u8],
}

fuzz_target!(|input: Input<'_>| {
    let limit = u32::from(input.limit);
    // The oracle: a walk over the whole stream that shares no code with the decoder.
    let mut expected = Vec::new();
    let mut rest = input.stream;
    let refused = loop {
        let [a, b, c, d, behind @ ..] = rest else {
            break false;
        };
        let length = [a, b, c, d]
            .into_iter()
            .fold(0, |n, octet| n << 8 | usize::from(*octet));
        if length > limit as usize {
            break true;
        }
        if length > behind.len() {
            break false;
        }
        expected.push(&behind[..length]);
        rest = &behind[length..];
    };
    let mut decoder = Decoder::new(limit);
    let mut expected = expected.into_iter();
    let mut unread = input.stream;
    let mut arrived = 0;
    for size in input
        .sizes
        .iter()
        .map(|size| usize::from(*size))
        .chain([usize::MAX])
    {
        let (mut chunk, behind) = unread.split_at(size.min(unread.len()));
        unread = behind;
        arrived += chunk.len();
        loop {
            match decoder.decode(&mut chunk) {
                Ok(Some(payload)) => assert_eq!(Some(payload), expected.next()),
                Ok(None) => break,
                Err(_) => {
                    assert!(refused, "refused what is within the limit");
                    assert_eq!(
                        expected.next(),
                        None,
                        "a frame before the offence is missing"
                    );
                    return;
                }
            }
        }
        assert!(
            decoder.buffered() <= arrived,
            "more is buffered than arrived"
        );
    }
    assert!(!refused, "took a length over the limit");
    assert_eq!(expected.next(), None, "a whole frame was not delivered");
    assert_eq!(
        decoder.finish().is_ok(),
        rest.is_empty(),
        "the end is judged wrongly"
    );
});
