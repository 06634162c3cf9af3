//! Messages: frames whose payload is UTF-8 (MSG).

/// A payload that is not well-formed UTF-8 (MSG-3): overlong, a surrogate, above U+10FFFF,
/// or cut short by the end of its frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the payload is not UTF-8 from octet {valid_up_to} on")]
pub struct TextError {
    /// Number of octets from the start that are well-formed.
    pub valid_up_to: usize,
}

/// The text of a whole payload, unchanged: nothing trimmed, normalised or repaired (MSG-4).
///
/// Called with whole payloads only, so that a character which the network cut is whole
/// again by then (MSG-2).
///
/// # Errors
/// [`TextError`] where the payload is not UTF-8 (MSG-3).
pub fn decode(payload: &[u8]) -> Result<&str, TextError> {
    std::str::from_utf8(payload).map_err(|error| TextError {
        valid_up_to: error.valid_up_to(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_kept_exactly() {
        for text in ["", " \r\n\t", "a\0b", "\u{feff}x", "e\u{301}", "😀"] {
            assert_eq!(decode(text.as_bytes()), Ok(text));
        }
    }

    #[test]
    fn what_is_not_utf8_is_not_repaired() {
        let overlong = b"a\xC0\xAF";
        let surrogate = b"\xED\xA0\x80";
        let above = b"ab\xF4\x90\x80\x80";
        let cut_short = b"abc\xE4\xBD";
        for (octets, valid_up_to) in [
            (&overlong[..], 1),
            (&surrogate[..], 0),
            (&above[..], 2),
            (&cut_short[..], 3),
        ] {
            assert_eq!(decode(octets), Err(TextError { valid_up_to }));
        }
    }
}
