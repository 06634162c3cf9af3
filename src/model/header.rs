//! An independent reading of file headers: TRF-1, TRF-2 and TRF-7.

/// The content of a header: the name, and the length of the body.
pub type Header = (String, u32);

/// The reading of a header that the specification allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// The header must be read as this.
    Is(Header),
    /// The length has leading zeros: the header is read as this, or refused.
    MayBe(Header),
    /// The header must be refused.
    Refused,
}

/// Reads a header octet by octet, sharing nothing with the reference.
#[must_use]
pub fn read(text: &str) -> Reading {
    let octets = text.as_bytes();
    let Some(comma) = (0..octets.len()).rev().find(|place| octets[*place] == b',') else {
        return Reading::Refused;
    };
    let (name, digits) = (&octets[..comma], &octets[comma + 1..]);
    let mut length = 0_u64;
    for digit in digits {
        match digit {
            b'0'..=b'9' if length < 1 << 40 => length = length * 10 + u64::from(digit - b'0'),
            _ => return Reading::Refused,
        }
    }
    let plain = name
        .iter()
        .all(|octet| !matches!(octet, b'/' | b'\\' | b'\0'));
    if digits.is_empty()
        || digits.len() > 10
        || length >= 1 << 32
        || name.is_empty()
        || name.len() > 255
        || !plain
        || name == b"."
        || name == b".."
    {
        return Reading::Refused;
    }
    let header = (text[..comma].to_owned(), length as u32);
    if digits.len() > 1 && digits[0] == b'0' {
        Reading::MayBe(header)
    } else {
        Reading::Is(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_headers() {
        let is = |name: &str, length| Reading::Is((name.to_owned(), length));
        assert_eq!(read("a,1,2"), is("a,1", 2));
        assert_eq!(read("a,4294967295"), is("a", u32::MAX));
        assert_eq!(read("a,01"), Reading::MayBe(("a".to_owned(), 1)));
        for refused in [
            "",
            "a",
            ",1",
            "a,",
            "a,+1",
            "a, 1",
            "a,1 ",
            "a,1_0",
            "a,١",
            "a,4294967296",
            "a,00000000001",
            "a/b,1",
            "a\\b,1",
            "a\0,1",
            ".,1",
            "..,1",
        ] {
            assert_eq!(read(refused), Reading::Refused, "{refused:?}");
        }
        assert_eq!(read(&format!("{},1", "n".repeat(256))), Reading::Refused);
    }
}
