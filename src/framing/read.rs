//! Octets as numbers, by multiplication.

use super::number::{Number, group_bits, quic_bound};

/// The reason why octets are not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The top bit of a signed number is set.
    TopBit,
    /// The octets go on past the longest form.
    TooManyOctets,
    /// The value has more bits than there may be.
    Overflow,
    /// A longer form than the shortest.
    NotShortest,
    /// An octet that is not a digit where one belongs, at this place.
    NotDigit(usize),
    /// No digits at all.
    NoDigits,
    /// More digits than there may be.
    TooManyDigits,
    /// A header block without the header that says the length.
    NoHeader,
    /// A header block with two lengths that differ.
    TwoHeaders,
    /// A header block or a number that goes on without an end.
    Endless,
    /// BER's indefinite or reserved form.
    Indefinite,
}

/// The outcome of reading octets as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// More octets are needed, at least this many.
    Need(usize),
    /// A value.
    Value {
        value: u128,
        /// Length of the number, in octets.
        length: usize,
        is_shortest: bool,
        /// The top bit of a mark, or of a WebSocket length.
        flag: bool,
    },
    Refused(Refused),
}

/// The longest header block, in octets, and the longest run of digits without an end.
const LONGEST_BLOCK: usize = 64 * 1024;

/// The most digits that a number has where nothing is said: those of 2^64.
const MOST_DIGITS: usize = 20;

fn value(value: u128, length: usize, is_shortest: bool) -> Read {
    Read::Value {
        value,
        length,
        is_shortest,
        flag: false,
    }
}

impl Number {
    /// Reads a number from the front of octets.
    pub(super) fn read(&self, octets: &[u8], digits: Option<usize>) -> Read {
        match self {
            Self::Fixed {
                width,
                little,
                signed,
            } => fixed(octets, *width, *little, *signed),
            Self::Varint(most) => read_varint(octets, *most),
            Self::Vlq(most) => read_vlq(octets, *most),
            Self::Quic => read_quic(octets),
            Self::Compact => read_compact(octets),
            Self::Decimal(terminator) => {
                read_decimal(octets, terminator, digits.unwrap_or(MOST_DIGITS))
            }
            Self::DecimalFixed(digits) => read_digits(octets, *digits, 10),
            Self::HexFixed(digits) => read_digits(octets, *digits, 16),
            Self::Header(name) => read_header(octets, name, digits.unwrap_or(MOST_DIGITS)),
            Self::Ber => read_ber(octets),
            Self::WebSocket => read_websocket(octets),
            Self::Mark => match fixed(octets, 4, false, false) {
                Read::Value { value, .. } => Read::Value {
                    value: value % 0x8000_0000,
                    length: 4,
                    is_shortest: true,
                    flag: value >= 0x8000_0000,
                },
                other => other,
            },
        }
    }
}

fn from_big_endian<'o>(octets: impl IntoIterator<Item = &'o u8>) -> u128 {
    octets
        .into_iter()
        .fold(0, |value, octet| value * 256 + u128::from(*octet))
}

fn fixed(octets: &[u8], width: usize, little: bool, signed: bool) -> Read {
    let Some(octets) = octets.get(..width) else {
        // A negative number is known by its first octet where that is the most significant.
        let negative = signed && !little && octets.first().is_some_and(|first| *first >= 128);
        return if negative {
            Read::Refused(Refused::TopBit)
        } else {
            Read::Need(width - octets.len())
        };
    };
    let number = if little {
        from_big_endian(octets.iter().rev())
    } else {
        from_big_endian(octets)
    };
    if signed && number >= 1 << (width * 8 - 1) {
        return Read::Refused(Refused::TopBit);
    }
    value(number, width, true)
}

fn read_varint(octets: &[u8], most: usize) -> Read {
    let mut number = 0_u128;
    let mut weight = 1_u128;
    for (place, octet) in octets.iter().take(most).enumerate() {
        number += u128::from(octet % 128) * weight;
        weight *= 128;
        if number >= 1 << group_bits(most) {
            return Read::Refused(Refused::Overflow);
        }
        if *octet < 128 {
            return value(number, place + 1, *octet > 0 || place == 0);
        }
    }
    if octets.len() >= most {
        Read::Refused(Refused::TooManyOctets)
    } else {
        Read::Need(1)
    }
}

fn read_vlq(octets: &[u8], most: usize) -> Read {
    let mut number = 0_u128;
    for (place, octet) in octets.iter().take(most).enumerate() {
        number = number * 128 + u128::from(octet % 128);
        if number >= 1 << group_bits(most) {
            return Read::Refused(Refused::Overflow);
        }
        if *octet < 128 {
            return value(number, place + 1, place == 0 || octets[0] != 128);
        }
    }
    if octets.len() >= most {
        Read::Refused(Refused::TooManyOctets)
    } else {
        Read::Need(1)
    }
}

fn read_quic(octets: &[u8]) -> Read {
    let Some(first) = octets.first() else {
        return Read::Need(1);
    };
    let power = u32::from(first / 64);
    let width = 2_usize.pow(power);
    let Some(octets) = octets.get(..width) else {
        return Read::Need(width - octets.len());
    };
    let number = from_big_endian(octets) % quic_bound(power);
    value(number, width, power == 0 || number >= quic_bound(power - 1))
}

fn read_compact(octets: &[u8]) -> Read {
    let Some((first, rest)) = octets.split_first() else {
        return Read::Need(1);
    };
    let (width, least) = match first {
        253 => (2, 253),
        254 => (4, 0x1_0000),
        255 => (8, 0x1_0000_0000),
        small => return value(u128::from(*small), 1, true),
    };
    let Some(rest) = rest.get(..width) else {
        return Read::Need(width - rest.len());
    };
    let number = from_big_endian(rest.iter().rev());
    value(number, width + 1, number >= least)
}

fn read_ber(octets: &[u8]) -> Read {
    let Some((first, rest)) = octets.split_first() else {
        return Read::Need(1);
    };
    let count = match first {
        0..128 => return value(u128::from(*first), 1, true),
        128 | 255 => return Read::Refused(Refused::Indefinite),
        more => usize::from(more - 128),
    };
    let known = &rest[..count.min(rest.len())];
    let leading = known.iter().take_while(|octet| **octet == 0).count();
    // While only zeros have come, all the others may be zeros too.
    if leading < known.len() && count - leading > 8 {
        return Read::Refused(Refused::Overflow);
    }
    if rest.len() < count {
        return Read::Need(count - rest.len());
    }
    let number = from_big_endian(known);
    value(number, count + 1, leading == 0 && number >= 128)
}

fn read_websocket(octets: &[u8]) -> Read {
    let Some((first, rest)) = octets.split_first() else {
        return Read::Need(1);
    };
    let flag = *first >= 128;
    let small = u128::from(first % 128);
    let (width, least) = match small {
        126 => (2, 126),
        127 => (8, 0x1_0000),
        _ => (0, 0),
    };
    let Some(extended) = rest.get(..width) else {
        return Read::Need(width - rest.len());
    };
    let number = if width == 0 {
        small
    } else {
        from_big_endian(extended)
    };
    if number >= 1 << 63 {
        return Read::Refused(Refused::TopBit);
    }
    Read::Value {
        value: number,
        length: 1 + width,
        is_shortest: number >= least,
        flag,
    }
}

fn read_decimal(octets: &[u8], terminator: &[u8], most: usize) -> Read {
    let count = octets
        .iter()
        .take_while(|octet| octet.is_ascii_digit())
        .count();
    if count > most {
        return Read::Refused(Refused::TooManyDigits);
    }
    let rest = &octets[count..];
    let behind = &rest[..terminator.len().min(rest.len())];
    if !terminator.starts_with(behind) {
        let same = behind.iter().zip(terminator).take_while(|(a, b)| a == b);
        return Read::Refused(Refused::NotDigit(count + same.count()));
    }
    if count == 0 && !behind.is_empty() {
        return Read::Refused(Refused::NoDigits);
    }
    if behind.len() < terminator.len() {
        return Read::Need(terminator.len() - behind.len());
    }
    decimal(&octets[..count], count + terminator.len())
}

/// The value of digits, which with what follows take `length` octets.
fn decimal(digits: &[u8], length: usize) -> Read {
    let number = digits.iter().try_fold(0_u128, |number, digit| {
        number
            .checked_mul(10)?
            .checked_add(u128::from(digit - b'0'))
    });
    match number {
        Some(number) if number < 1 << 64 => {
            value(number, length, digits.len() == 1 || digits[0] != b'0')
        }
        _ => Read::Refused(Refused::Overflow),
    }
}

fn read_digits(octets: &[u8], count: usize, base: u32) -> Read {
    let known = &octets[..count.min(octets.len())];
    let mut number = 0_u128;
    for (place, octet) in known.iter().enumerate() {
        let Some(digit) = char::from(*octet).to_digit(base) else {
            return Read::Refused(Refused::NotDigit(place));
        };
        number = number * u128::from(base) + u128::from(digit);
    }
    if known.len() < count {
        return Read::Need(count - known.len());
    }
    value(number, count, !known.iter().any(u8::is_ascii_uppercase))
}

fn read_header(octets: &[u8], name: &str, most: usize) -> Read {
    let Some(end) = find(octets, b"\r\n\r\n") else {
        return if octets.len() >= LONGEST_BLOCK {
            Read::Refused(Refused::Endless)
        } else {
            Read::Need(1)
        };
    };
    let mut found: Option<(u128, bool)> = None;
    let mut place = 0;
    for line in octets[..end].split(|octet| *octet == b'\n') {
        let line_at = place;
        place += line.len() + 1;
        let Some(colon) = line.iter().position(|octet| *octet == b':') else {
            continue;
        };
        if !line[..colon].eq_ignore_ascii_case(name.as_bytes()) {
            continue;
        }
        let digits = line[colon + 1..].trim_ascii();
        if digits.is_empty() {
            return Read::Refused(Refused::NoDigits);
        }
        if let Some(wrong) = digits.iter().position(|octet| !octet.is_ascii_digit()) {
            return Read::Refused(Refused::NotDigit(line_at + colon + 1 + wrong));
        }
        if digits.len() > most {
            return Read::Refused(Refused::TooManyDigits);
        }
        match (decimal(digits, 0), found) {
            (Read::Value { value, .. }, Some((earlier, _))) if value != earlier => {
                return Read::Refused(Refused::TwoHeaders);
            }
            (
                Read::Value {
                    value, is_shortest, ..
                },
                _,
            ) => found = Some((value, is_shortest)),
            (refused, _) => return refused,
        }
    }
    match found {
        Some((number, is_shortest)) => value(number, end + 4, is_shortest),
        None => Read::Refused(Refused::NoHeader),
    }
}

/// The offset in octets at which `wanted` begins.
pub(super) fn find(octets: &[u8], wanted: &[u8]) -> Option<usize> {
    octets
        .windows(wanted.len())
        .position(|window| window == wanted)
}
