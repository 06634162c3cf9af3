//! Octets that a server sends back, read as frames of its framing.

use crate::framing::{End, Framing, Next};

/// The payload that octets begin with, and how many of them it takes; `is_first` of what came on the
/// connection. A frame that delivers nothing counts as an empty payload where it has a length: a server that
/// sends it back has taken it for a payload.
pub(super) fn delivery(
    framing: &Framing,
    is_first: bool,
    octets: &[u8],
) -> Option<(Vec<u8>, usize)> {
    let preface = framing.preface();
    let mut taken = 0;
    if is_first && preface.iter().any(|octet| *octet != 0) && octets.starts_with(&preface) {
        taken = preface.len();
    }
    if is_first
        && let Some(first) = framing.first()
        && let Next::Frame(frame) = first.next(&octets[taken..])
    {
        return Some((frame.payload.into_owned(), taken + frame.length));
    }
    loop {
        match framing.next(&octets[taken..]) {
            Next::Frame(frame) => return Some((frame.payload.into_owned(), taken + frame.length)),
            Next::Skip(length) | Next::End(length) if framing.number().is_some() => {
                return Some((Vec::new(), taken + length));
            }
            Next::Skip(length) | Next::End(length) => taken += length.max(1),
            Next::Need(_) | Next::Refuse(_) => return None,
        }
    }
}

/// The last payload of a server that has closed, where the framing lets it go without its end.
pub(super) fn last_delivery(framing: &Framing, octets: &[u8]) -> Option<Vec<u8>> {
    match framing.end(octets) {
        End::Frame(payload) if !octets.is_empty() => Some(payload.into_owned()),
        _ => None,
    }
}

/// All payloads that came.
pub(super) fn deliveries(framing: &Framing, octets: &[u8]) -> Vec<Vec<u8>> {
    let mut payloads = Vec::new();
    let mut at = 0;
    while let Some((payload, length)) = delivery(framing, at == 0, &octets[at..]) {
        at += length;
        payloads.push(payload);
    }
    payloads
}

/// Number of leading octets that deliver nothing, and are no fault: signs between two frames that are none.
pub(super) fn idle(framing: &Framing, octets: &[u8]) -> usize {
    let mut taken = 0;
    while framing.number().is_none()
        && let Next::Skip(length) = framing.next(&octets[taken..])
    {
        taken += length.max(1);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_read_as_the_framing_has_them() {
        let of = |framing: &str, octets: &[u8]| deliveries(&framing.parse().unwrap(), octets);
        let hi_ho = [b"hi".to_vec(), b"ho".to_vec()];
        assert_eq!(of("u16le", b"\x02\0hi\x02\0ho\x09"), hi_ho);
        assert_eq!(of("1? u32be+4", b"Q\0\0\0\x06hiZ\0\0\0\x06ho"), hi_ho);
        assert_eq!(of("line'\\r\\n'", b"hi\r\nho\r\n"), hi_ho);
        assert_eq!(of("slip", b"\xc0hi\xc0\xc0ho\xc0"), hi_ho);
        // A sign of life that comes back was taken for a payload.
        assert_eq!(of("bittorrent", b"\0\0\0\0"), [b"".to_vec()]);
    }

    #[test]
    fn what_is_no_frame_is_no_payload() {
        let framing: Framing = "tpkt".parse().unwrap();
        assert_eq!(delivery(&framing, true, b"\x03\0\0\x06h"), None);
        assert_eq!(delivery(&framing, true, b"\x04\0\0\x06hi"), None);
        assert_eq!(idle(&"slip".parse().unwrap(), b"\xc0\xc0h"), 2);
        assert_eq!(idle(&framing, b"\x03"), 0);
    }
}
