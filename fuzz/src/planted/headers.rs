//! A reader of file headers as an ordinary programmer writes one, wrong in one place.

use super::{Fault, fault, held_out};
use crate::header::Header;

/// The faults of header readers.
pub const FAULTS: &[Fault] = &[
    fault("first-comma", "the header is split at its first comma"),
    fault("plus", "a sign before the length is accepted"),
    fault("spaces", "white space around the length is accepted"),
    fault("underscores", "underscores in the length are accepted"),
    fault("any-digits", "digits of other scripts are accepted"),
    fault("eleven-digits", "more than ten digits are accepted"),
    fault("wraps", "the length is taken modulo 2^32"),
    fault("no-digits", "a missing length is taken for 0"),
    fault("empty-name", "an empty name is accepted"),
    fault("dot", "`.` is accepted"),
    fault("dot-dot", "`..` is accepted"),
    fault("slash", "a slash inside a name is accepted"),
    fault("backslash", "a backslash is accepted"),
    fault("nul", "U+0000 is accepted"),
    fault("name-256", "names of 256 octets are accepted"),
    fault(
        "characters",
        "the length of a name is counted in characters",
    ),
    held_out("comma-at-end", "a name that ends with a comma is refused"),
    held_out("four-billion", "lengths above 4,000,000,000 are refused"),
];

/// Reads a header with one of [`FAULTS`], or rightly for any other name.
#[must_use]
pub fn parse(fault: &str, text: &str) -> Option<Header> {
    let (name, digits) = if fault == "first-comma" {
        text.split_once(',')?
    } else {
        text.rsplit_once(',')?
    };
    let digits = match fault {
        "plus" => digits.strip_prefix('+').unwrap_or(digits).to_owned(),
        "spaces" => digits.trim().to_owned(),
        "underscores" => digits.replace('_', ""),
        "any-digits" => digits.chars().map(ascii_digit).collect(),
        "no-digits" if digits.is_empty() => "0".to_owned(),
        _ => digits.to_owned(),
    };
    let most = if fault == "eleven-digits" { 20 } else { 10 };
    if digits.is_empty() || digits.len() > most || !digits.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let value: u64 = digits.parse().ok()?;
    let length = match u32::try_from(value) {
        Ok(length) => length,
        Err(_) if fault == "wraps" => (value % (1 << 32)) as u32,
        Err(_) => return None,
    };
    let size = match fault {
        "characters" => name.chars().count(),
        _ => name.len(),
    };
    let refused = (name.is_empty() && fault != "empty-name")
        || (name == "." && fault != "dot")
        || (name == ".." && fault != "dot-dot")
        || (name.contains('/') && (fault != "slash" || name.starts_with('/')))
        || (name.contains('\\') && fault != "backslash")
        || (name.contains('\0') && fault != "nul")
        || (fault == "comma-at-end" && name.ends_with(','))
        || (fault == "four-billion" && length > 4_000_000_000)
        || size > if fault == "name-256" { 256 } else { 255 };
    (!refused).then(|| (name.to_owned(), length))
}

fn ascii_digit(character: char) -> char {
    let zero = ['\u{660}', '\u{966}', '\u{FF10}']
        .into_iter()
        .find(|zero| (*zero as u32..*zero as u32 + 10).contains(&(character as u32)));
    match zero {
        Some(zero) => char::from(b'0' + (character as u32 - zero as u32) as u8),
        None => character,
    }
}
