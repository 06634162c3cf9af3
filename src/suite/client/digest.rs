//! The mistakes that the octets in the place of a digest point to.

use super::diagnosis::Diagnosis;
use super::extension::Algorithm;
use crate::suite::plain::{frame, next_frame};

/// Sizes of what programs read at once: a digest of one read covers that many octets.
const READS: [usize; 8] = [512, 1_024, 2_048, 4_096, 8_192, 16_384, 65_536, 131_072];

const fn vtr_2(cause: &'static str) -> Diagnosis {
    Diagnosis::of("VTR-2", cause)
}

/// A transfer whose digest is owed.
#[derive(Debug, Clone, Copy)]
pub(in crate::suite::client) struct Owed<'o> {
    pub(in crate::suite::client) algorithm: Algorithm,
    pub(in crate::suite::client) header: &'o str,
    pub(in crate::suite::client) body: &'o [u8],
    /// Bodies of the same session, the first one first.
    pub(in crate::suite::client) before: &'o [Vec<u8>],
}

/// Octets that are not the digest message that is owed.
pub(in crate::suite::client) fn of(owed: &Owed<'_>, came: &[u8]) -> Diagnosis {
    let digits = owed.algorithm.digits(owed.body);
    if came.is_empty() {
        return vtr_2("it sends no digest after the body");
    }
    if came.starts_with(digits.as_bytes()) {
        return vtr_2("it sends the digest without a length");
    }
    let Some(payload) = next_frame(came) else {
        return Diagnosis {
            requirement: Some("VTR-2"),
            cause: None,
        };
    };
    if payload == owed.algorithm.octets(owed.body) {
        return vtr_2("it sends the octets of the digest, and not its digits");
    }
    let Ok(text) = std::str::from_utf8(payload) else {
        return vtr_2("it sends no digest after the body");
    };
    let written = match text {
        _ if text == digits.to_uppercase() => Some("it writes the digest in capitals"),
        _ if text == owed.algorithm.other().digits(owed.body) => {
            Some("it sends the digest of the other command")
        }
        _ if text.contains(&digits) => Some("it sends more than the digits of the digest"),
        _ if loses_zeros(owed, text) => Some("it leaves out zeros of the digest"),
        _ => None,
    };
    written
        .or_else(|| of_something_else(owed, text))
        .map_or_else(
            || {
                let digit = |octet: u8| octet.is_ascii_hexdigit();
                if text.len() == digits.len() && text.bytes().all(digit) {
                    vtr_2("its digest is not that of the body")
                } else {
                    vtr_2("it sends something else in the place of the digest")
                }
            },
            vtr_2,
        )
}

/// True if a text is what formats without a width make of the digest.
fn loses_zeros(owed: &Owed<'_>, text: &str) -> bool {
    let octets = owed.algorithm.octets(owed.body);
    let one_by_one: String = octets.iter().map(|octet| format!("{octet:x}")).collect();
    let digits = owed.algorithm.digits(owed.body);
    text == one_by_one || text == digits.trim_start_matches('0')
}

/// The mistake, if a digest is of something else.
fn of_something_else(owed: &Owed<'_>, text: &str) -> Option<&'static str> {
    let is_of = |octets: &[u8]| owed.algorithm.digits(octets) == text;
    let header = owed.header.as_bytes();
    if !owed.body.is_empty() && is_of(b"") {
        return Some("its digest is that of no octets");
    }
    if is_of(&[header, owed.body].concat()) || is_of(&[&frame(header), owed.body].concat()) {
        return Some("its digest covers the header too");
    }
    if is_of(&frame(owed.body)) {
        return Some("its digest covers a length before the body");
    }
    let earlier = (0..owed.before.len()).any(|from| {
        let before = owed.before[from..].concat();
        is_of(&before) || is_of(&[&before, owed.body].concat())
    });
    if earlier {
        return Some("it does not begin a new digest with each file");
    }
    let of_one_read = READS.into_iter().any(|read| {
        let last = owed.body.len() - owed.body.len() % read;
        let filled_up = [owed.body, &vec![0; read - owed.body.len() % read]].concat();
        owed.body.len() > read && (is_of(&owed.body[..read]) || is_of(&owed.body[last..]))
            || is_of(&filled_up)
    });
    of_one_read.then_some("its digest is not of the whole body, or of more than the body")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(body: &[u8], payload: &[u8]) -> Option<&'static str> {
        let owed = Owed {
            algorithm: Algorithm::Md5,
            header: "a.bin,5",
            body,
            before: &[b"abc".to_vec()],
        };
        let diagnosis = of(&owed, &frame(payload));
        assert_eq!(diagnosis.requirement, Some("VTR-2"));
        diagnosis.cause
    }

    /// The digests are those of md5sum and sha256sum.
    #[test]
    fn what_stands_in_the_place_of_a_digest_is_named() {
        for (payload, named) in [
            (
                "5D41402ABC4B2A76B9719D911017C592",
                "it writes the digest in capitals",
            ),
            (
                "5d41402abc4b2a76b9719d911017c592\n",
                "it sends more than the digits of the digest",
            ),
            (
                "5d41402abc4b2a76b9719d911017c592  a.bin",
                "it sends more than the digits of the digest",
            ),
            (
                "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
                "it sends the digest of the other command",
            ),
            (
                "d41d8cd98f00b204e9800998ecf8427e",
                "its digest is that of no octets",
            ),
            (
                "900150983cd24fb0d6963f7d28e17f72",
                "it does not begin a new digest with each file",
            ),
            (
                "00000000000000000000000000000000",
                "its digest is not that of the body",
            ),
            (
                "after",
                "it sends something else in the place of the digest",
            ),
        ] {
            assert_eq!(
                cause(b"hello", payload.as_bytes()),
                Some(named),
                "{payload}"
            );
        }
        // printf abc | md5sum has a zero at the head of an octet.
        let dropped = "90150983cd24fb0d6963f7d28e17f72";
        assert_eq!(
            cause(b"abc", dropped.as_bytes()),
            Some("it leaves out zeros of the digest")
        );
    }
}
