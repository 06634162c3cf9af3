//! In a Rust test: one closure over the same octets under every cut.

use std::fmt::{Debug, Write};

/// All pairs of places are tried up to this many octets.
const PAIRS_UP_TO: usize = 64;

/// Every place is cut up to this many octets; beyond, those of both edges are.
const PLACES_UP_TO: usize = 4096;

/// Runs `decode` over the octets under every cut, and asserts that the result never depends on it.
///
/// `decode` takes the chunks of one stream, in order, and returns all that it makes of them: messages,
/// an error, whatever can be compared. It is first given the octets in one chunk, which is right by
/// definition; then cut at each single place, one octet at a time, in pieces of 2, 3 and 7 octets, and for
/// short streams at each pair of places.
///
/// ```
/// /// Takes lines apart, and keeps what has no end yet.
/// fn lines(chunks: &[&[u8]]) -> Vec<String> {
///     let mut buffer = Vec::new();
///     let mut lines = Vec::new();
///     for chunk in chunks {
///         buffer.extend_from_slice(chunk);
///         while let Some(end) = buffer.windows(2).position(|two| two == b"\r\n") {
///             let line: Vec<u8> = buffer.drain(..end + 2).collect();
///             lines.push(String::from_utf8_lossy(&line[..end]).into_owned());
///         }
///     }
///     lines
/// }
/// unstick::recut::assert_cut_invariant(b"one\r\ntwo\r\n", lines);
/// ```
///
/// # Panics
/// The result depends on the cut: the message has the least cut, the octets beside it, and both
/// results.
#[track_caller]
pub fn assert_cut_invariant<T: PartialEq + Debug>(
    octets: &[u8],
    mut decode: impl FnMut(&[&[u8]]) -> T,
) {
    if let Some(difference) = first_difference(octets, &mut decode) {
        panic!("{difference}");
    }
}

/// The message of [`assert_cut_invariant`]; `None` if nothing depends on the cut.
pub fn first_difference<T: PartialEq + Debug>(
    octets: &[u8],
    decode: &mut impl FnMut(&[&[u8]]) -> T,
) -> Option<String> {
    let whole = decode(&[octets]);
    let mut differs = |places: &[usize]| {
        let came = decode(&pieces(octets, places));
        (came != whole).then_some(came)
    };
    for places in cuts(octets.len()) {
        if differs(&places).is_some() {
            let least = least(places, &mut differs);
            let came = differs(&least)?;
            return Some(described(octets, &least, &whole, &came));
        }
    }
    None
}

/// All cuts of `len` octets, the plainest first.
fn cuts(len: usize) -> impl Iterator<Item = Vec<usize>> {
    let edge = PLACES_UP_TO / 2;
    let singles =
        (1..len).filter(move |place| len <= PLACES_UP_TO || *place <= edge || len - place <= edge);
    let pieces = [1, 2, 3, 7].map(|size| (1..len).filter(|place| place % size == 0).collect());
    let pairs = (1..if len <= PAIRS_UP_TO { len } else { 0 })
        .flat_map(move |first| (first + 1..len).map(move |second| vec![first, second]));
    singles.map(|place| vec![place]).chain(pieces).chain(pairs)
}

/// The few of these places that still make a difference without the others.
fn least<T>(mut places: Vec<usize>, differs: &mut impl FnMut(&[usize]) -> Option<T>) -> Vec<usize> {
    let mut size = places.len() / 2;
    while size > 0 {
        let mut from = 0;
        while from < places.len() && places.len() > 1 {
            let mut fewer = places.clone();
            fewer.drain(from..(from + size).min(places.len()));
            if !fewer.is_empty() && differs(&fewer).is_some() {
                places = fewer;
            } else {
                from += size;
            }
        }
        size /= 2;
    }
    places
}

fn pieces<'o>(octets: &'o [u8], places: &[usize]) -> Vec<&'o [u8]> {
    let mut from = 0;
    let ends = places.iter().copied().chain([octets.len()]);
    ends.map(|to| {
        let piece = &octets[from..to];
        from = to;
        piece
    })
    .collect()
}

fn described<T: Debug>(octets: &[u8], places: &[usize], whole: &T, came: &T) -> String {
    const AROUND: usize = 12;
    let mut text = format!(
        "what comes out depends on the cut, after octet {places:?} of {}:",
        octets.len()
    );
    for place in places.iter().take(4) {
        let before = &octets[place.saturating_sub(AROUND)..*place];
        let behind = &octets[*place..(place + AROUND).min(octets.len())];
        let _ = write!(
            text,
            "\n  {:02x?} | {:02x?}   {:?} | {:?}",
            before,
            behind,
            before.escape_ascii().to_string(),
            behind.escape_ascii().to_string()
        );
    }
    let _ = write!(text, "\n whole: {whole:?}\n   cut: {came:?}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::frame::Decoder;

    /// Messages of one octet of length, unless `mistaken` says that a chunk is wrong.
    fn decode(chunks: &[&[u8]], mistaken: impl Fn(&[u8], &[u8]) -> bool) -> Vec<Vec<u8>> {
        let mut buffer: Vec<u8> = Vec::new();
        let mut messages = Vec::new();
        for chunk in chunks {
            if mistaken(&buffer, chunk) {
                buffer.clear();
                continue;
            }
            buffer.extend_from_slice(chunk);
            while buffer
                .first()
                .is_some_and(|len| buffer.len() > usize::from(*len))
            {
                let end = usize::from(buffer[0]) + 1;
                messages.push(buffer.drain(..end).skip(1).collect());
            }
        }
        messages
    }

    const OCTETS: &[u8] = b"\x03abc\x00\x02de";

    #[test]
    fn a_right_decoder_passes() {
        assert_cut_invariant(OCTETS, |chunks| decode(chunks, |_, _| false));
        assert_cut_invariant(b"", |chunks| decode(chunks, |_, _| false));
    }

    #[test]
    fn a_mistake_is_shown_with_its_least_cut() {
        let after_two = |buffer: &[u8], _: &[u8]| buffer.len() == 2;
        let shown =
            first_difference(OCTETS, &mut |chunks: &[&[u8]]| decode(chunks, after_two)).unwrap();
        assert!(shown.contains("after octet [2] of 8:"), "{shown}");
        assert!(
            shown.contains("\"\\\\x03a\" | \"bc\\\\x00\\\\x02de\""),
            "{shown}"
        );
        // A mistake that shows only where there are three chunks, whatever they are.
        let three = |chunks: &[&[u8]]| decode(chunks, |_, _| chunks.len() > 2);
        let shown = first_difference(OCTETS, &mut { three }).unwrap();
        assert!(shown.contains("after octet [5, 6] of 8:"), "{shown}");
    }

    /// The project's own decoder, as any author would check theirs.
    #[test]
    fn the_reference_decoder_is_cut_invariant() {
        let octets = b"\0\0\0\x05hello\0\0\0\0\0\0\0\x02hi";
        assert_cut_invariant(octets, |chunks| {
            let mut decoder = Decoder::default();
            let mut payloads = Vec::new();
            for chunk in chunks {
                let mut rest = *chunk;
                while let Ok(Some(payload)) = decoder.decode(&mut rest) {
                    payloads.push(payload.to_vec());
                }
            }
            payloads
        });
    }
}
