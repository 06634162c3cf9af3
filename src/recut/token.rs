//! Tokens: the runs of octets that an answer is made of, and the sets that their values come from.

/// A set of octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Set {
    /// Decimal digits.
    Digits,
    /// Hexadecimal digits of either case.
    Hex,
    /// Letters and digits.
    Alphanumeric,
    /// Letters, digits, and what base64 and identifiers use beside them.
    Base64,
    /// Anything but white space.
    Visible,
}

impl Set {
    pub(crate) const fn has(self, octet: u8) -> bool {
        match self {
            Self::Digits => octet.is_ascii_digit(),
            Self::Hex => octet.is_ascii_hexdigit(),
            Self::Alphanumeric => octet.is_ascii_alphanumeric(),
            Self::Base64 => {
                octet.is_ascii_alphanumeric()
                    || matches!(octet, b'+' | b'/' | b'-' | b'_' | b'=' | b'.')
            }
            Self::Visible => !octet.is_ascii_whitespace(),
        }
    }

    fn has_all(self, octets: &[u8]) -> bool {
        octets.iter().all(|octet| self.has(*octet))
    }

    /// The set in words, for people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Digits => "digits",
            Self::Hex => "hex",
            Self::Alphanumeric | Self::Base64 => "base64",
            Self::Visible => "other",
        }
    }
}

/// Digits alone in this many octets are no accident of a hexadecimal number: it would have one
/// letter among so many digits in all but 1 of 280 cases.
const SURELY_DECIMAL: usize = 12;

/// The set that the values of a varying token come from, at least as large as `level`'s words need.
pub(crate) fn set_of(values: &[&[u8]], level: Set) -> Set {
    let octets: usize = values.iter().map(|value| value.len()).sum();
    let all = |set: Set| values.iter().all(|value| set.has_all(value));
    if all(Set::Digits) && octets >= SURELY_DECIMAL {
        Set::Digits
    } else if all(Set::Hex) {
        Set::Hex
    } else if looks_like_base64(values) {
        level.max(Set::Base64)
    } else {
        level
    }
}

/// True if values are long enough and have letters of either case: the other signs of base64 are seen only in
/// some of them.
fn looks_like_base64(values: &[&[u8]]) -> bool {
    let any = |is: fn(&u8) -> bool| values.iter().any(|value| value.iter().any(is));
    values.iter().all(|value| value.len() >= 8)
        && any(u8::is_ascii_lowercase)
        && any(u8::is_ascii_uppercase)
}

/// Splits octets into words of a set, and the octets between them one by one.
pub(crate) fn tokens(octets: &[u8], words: Set) -> Vec<&[u8]> {
    octets
        .chunk_by(|a, b| words.has(*a) && words.has(*b))
        .collect()
}

/// True if a token is a word of a set.
pub(crate) fn is_word(token: &[u8], words: Set) -> bool {
    token.first().is_some_and(|octet| words.has(*octet))
}

/// True if octets are text: UTF-8 without control characters other than tab, CR, LF and escape.
pub(crate) fn is_text(octets: &[u8]) -> bool {
    str::from_utf8(octets).is_ok_and(|text| {
        !text
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\x1b'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_and_the_rest_is_single() {
        let shown: Vec<_> = tokens(b"id=7f, \r\n", Set::Alphanumeric)
            .into_iter()
            .map(|token| str::from_utf8(token).unwrap())
            .collect();
        assert_eq!(shown, ["id", "=", "7f", ",", " ", "\r", "\n"]);
        assert_eq!(tokens(b"id=7f ", Set::Base64), [&b"id=7f"[..], b" "]);
    }

    #[test]
    fn few_digits_may_be_a_hexadecimal_number() {
        let level = Set::Alphanumeric;
        assert_eq!(set_of(&[b"12", b"13"], level), Set::Hex);
        assert_eq!(set_of(&[b"123456", b"123457"], level), Set::Digits);
        assert_eq!(set_of(&[b"12", b"1x"], level), Set::Alphanumeric);
    }
}
