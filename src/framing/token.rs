//! The tokens of the language: what is wrong with one, literals, counts, fixed widths.

use super::number::Number;

/// The reason why a text is not a framing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}{}", .hint.as_ref().map_or_else(String::new, |hint| format!("; {hint}")))]
pub struct FramingError {
    /// The error, and its place.
    pub what: String,
    /// A hint at what was probably meant.
    pub hint: Option<String>,
}

pub(super) fn wrong<T>(
    what: impl Into<String>,
    hint: impl Into<String>,
) -> Result<T, FramingError> {
    let hint = hint.into();
    Err(FramingError {
        what: what.into(),
        hint: (!hint.is_empty()).then_some(hint),
    })
}

/// The most octets that a template's fixed parts, preface or literals may have.
pub(super) const MOST_FIXED: usize = 64 * 1024;

/// The octets of a quoted text, with its escapes.
pub(super) fn quoted(word: &str) -> Result<Vec<u8>, FramingError> {
    let Some(text) = word
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
    else {
        return wrong(
            format!("{word:?} is not in single quotes"),
            "write it as in dec':' (in a shell, put the whole template in double quotes)",
        );
    };
    let mut octets = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            let mut buffer = [0; 4];
            octets.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
            continue;
        }
        octets.push(match chars.next() {
            Some('r') => b'\r',
            Some('n') => b'\n',
            Some('t') => b'\t',
            Some('0') => 0,
            Some('\\') => b'\\',
            Some('\'') => b'\'',
            Some('x') => {
                let digits: String = chars.by_ref().take(2).collect();
                match u8::from_str_radix(&digits, 16) {
                    Ok(octet) if digits.len() == 2 => octet,
                    _ => {
                        return wrong(
                            format!("\\x{digits} is not an octet"),
                            "two hexadecimal digits follow \\x, as in \\x1c",
                        );
                    }
                }
            }
            other => {
                return wrong(
                    format!(
                        "\\{} is not an escape",
                        other.map_or(String::new(), String::from)
                    ),
                    "the escapes are \\r \\n \\t \\0 \\\\ \\' and \\xHH",
                );
            }
        });
    }
    Ok(octets)
}

/// The octets of `xHEX`.
pub(super) fn literal(word: &str) -> Result<Vec<u8>, FramingError> {
    let hex = word.strip_prefix('x').or_else(|| word.strip_prefix('X'));
    let Some(hex) = hex.filter(|hex| !hex.is_empty()) else {
        return wrong(
            format!("{word:?} has no octets"),
            "write x and pairs of digits, as in x0b",
        );
    };
    let digits: Option<Vec<u8>> = hex
        .chars()
        .map(|c| c.to_digit(16).map(|d| d as u8))
        .collect();
    match digits {
        Some(digits) if digits.len().is_multiple_of(2) => Ok(digits
            .chunks_exact(2)
            .map(|pair| pair[0] * 16 + pair[1])
            .collect()),
        Some(_) => wrong(
            format!("{word:?} has an odd count of digits"),
            format!("octets are pairs of digits: x0{hex}?"),
        ),
        None => wrong(
            format!("{word:?} is not octets"),
            "x is followed by pairs of hexadecimal digits, as in x0b or xff^16",
        ),
    }
}

pub(super) fn count(text: &str, what: &str) -> Result<u64, FramingError> {
    let plain: String = text.chars().filter(|c| *c != '_' && *c != ',').collect();
    match plain.parse() {
        Ok(count) => Ok(count),
        Err(_) => wrong(
            format!("{what}: {text:?} is not a count"),
            "counts are decimal, as in 65536",
        ),
    }
}

pub(super) fn fixed(name: &str) -> Option<Number> {
    let (signed, rest) = match name.split_at_checked(1)? {
        ("u", rest) => (false, rest),
        ("i", rest) => (true, rest),
        _ => return None,
    };
    let (width, little) = match rest {
        "8" | "8be" | "8le" => (1, false),
        "16be" => (2, false),
        "16le" => (2, true),
        "24be" => (3, false),
        "24le" => (3, true),
        "32be" => (4, false),
        "32le" => (4, true),
        "64be" => (8, false),
        "64le" => (8, true),
        _ => return None,
    };
    Some(Number::Fixed {
        width,
        little,
        signed,
    })
}
