//! Numbers as octets, by division and multiplication.

/// A way of writing the number in front of a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Number {
    /// A fixed number of octets.
    Fixed {
        /// The number of octets.
        width: usize,
        /// The least significant first.
        little: bool,
        /// The top bit is an error.
        signed: bool,
    },
    /// LEB128: groups of seven bits, the least significant first.
    Varint(usize),
    /// Groups of seven bits, the most significant first.
    Vlq(usize),
    /// RFC 9000: the top two bits of the first octet say how many octets there are.
    Quic,
    /// Bitcoin's CompactSize.
    Compact,
    /// Decimal digits up to a terminator.
    Decimal(Vec<u8>),
    /// Decimal digits, this many.
    DecimalFixed(usize),
    /// Hexadecimal digits, this many.
    HexFixed(usize),
    /// A header block of lines, of which one has this name and the number.
    Header(String),
    /// BER: up to 127 in one octet, else an octet that says how many follow.
    Ber,
    /// WebSocket: seven bits, or 126 and two octets, or 127 and eight; the top bit of the first
    /// octet says that a mask follows.
    WebSocket,
    /// ONC RPC record marking: 31 bits, and the top bit on the last fragment of a record.
    Mark,
}

/// Digits of `value` to the base 256, the most significant first.
fn big_endian(value: u128, width: usize) -> Vec<u8> {
    let mut rest = value;
    let mut octets = vec![0; width];
    for octet in octets.iter_mut().rev() {
        *octet = (rest % 256) as u8;
        rest /= 256;
    }
    octets
}

impl Number {
    /// The width in octets, where it is always the same.
    #[must_use]
    pub const fn width(&self) -> Option<usize> {
        match self {
            Self::Fixed { width, .. } => Some(*width),
            Self::DecimalFixed(digits) | Self::HexFixed(digits) => Some(*digits),
            Self::Mark => Some(4),
            _ => None,
        }
    }

    /// True if a value can have forms of several lengths.
    #[must_use]
    pub const fn has_forms(&self) -> bool {
        !matches!(
            self,
            Self::Fixed { .. } | Self::DecimalFixed(_) | Self::HexFixed(_) | Self::Mark
        )
    }

    /// The largest value that can be said; `None` where nothing bounds it.
    #[must_use]
    pub fn largest(&self, digits: Option<usize>) -> Option<u128> {
        let two_to = |bits: usize| 2_u128.pow(bits as u32) - 1;
        let ten_to = |digits: usize| 10_u128.checked_pow(digits as u32).map(|power| power - 1);
        match self {
            Self::Fixed { width, signed, .. } => Some(two_to(width * 8 - usize::from(*signed))),
            Self::Varint(most) | Self::Vlq(most) => Some(two_to(group_bits(*most))),
            Self::Quic => Some(two_to(62)),
            Self::Compact => Some(two_to(64)),
            Self::Decimal(_) | Self::Header(_) => digits.and_then(ten_to),
            Self::DecimalFixed(digits) => ten_to(*digits),
            Self::HexFixed(digits) => Some(two_to(digits * 4)),
            Self::Ber => None,
            Self::WebSocket => Some(two_to(63)),
            Self::Mark => Some(two_to(31)),
        }
    }

    /// The octets of a value in its shortest form; `None` where it cannot be said.
    #[must_use]
    pub fn encode(&self, number: i128) -> Option<Vec<u8>> {
        let value = u128::try_from(number).ok()?;
        if self.largest(None).is_some_and(|largest| value > largest) {
            return None;
        }
        Some(match self {
            Self::Fixed { width, little, .. } => {
                let mut octets = big_endian(value, *width);
                if *little {
                    octets.reverse();
                }
                octets
            }
            Self::Varint(_) => groups(value, groups_of(value), true),
            Self::Vlq(_) => groups(value, groups_of(value), false),
            Self::Quic => quic(value, (0..4).find(|power| value < quic_bound(*power))?),
            Self::Compact => compact(
                value,
                match value {
                    0..253 => 0,
                    253..0x1_0000 => 2,
                    0x1_0000..0x1_0000_0000 => 4,
                    _ => 8,
                },
            ),
            Self::Decimal(terminator) => [value.to_string().as_bytes(), terminator].concat(),
            Self::DecimalFixed(digits) => format!("{value:0digits$}").into_bytes(),
            Self::HexFixed(digits) => format!("{value:0digits$x}").into_bytes(),
            Self::Header(name) => format!("{name}: {value}\r\n\r\n").into_bytes(),
            Self::Ber => match value {
                0..128 => vec![value as u8],
                _ => ber(value, octets_of(value)),
            },
            Self::WebSocket => match value {
                0..126 => vec![value as u8],
                126..0x1_0000 => [vec![126], big_endian(value, 2)].concat(),
                _ => [vec![127], big_endian(value, 8)].concat(),
            },
            Self::Mark => big_endian(value + 0x8000_0000, 4),
        })
    }

    /// The octets of a value in forms that are longer than the shortest, or written otherwise.
    #[must_use]
    pub fn other_forms(&self, value: u128) -> Vec<Vec<u8>> {
        let Some(shortest) = self.encode(value as i128) else {
            return Vec::new();
        };
        match self {
            Self::Varint(most) | Self::Vlq(most) => (shortest.len() + 1..=*most)
                .map(|count| groups(value, count, matches!(self, Self::Varint(_))))
                .collect(),
            Self::Quic => (0..4)
                .filter(|power| value < quic_bound(*power) && 1 << power > shortest.len())
                .map(|power| quic(value, power))
                .collect(),
            Self::Compact => [2, 4, 8]
                .into_iter()
                .filter(|width| width + 1 > shortest.len() && value < 1_u128 << (width * 8))
                .map(|width| compact(value, width))
                .collect(),
            Self::Decimal(_) => vec![[b"0", &shortest[..]].concat()],
            Self::HexFixed(_) => {
                let capitals = shortest.to_ascii_uppercase();
                if capitals == shortest {
                    Vec::new()
                } else {
                    vec![capitals]
                }
            }
            Self::Header(name) => vec![
                format!("{}:{value}\r\n\r\n", name.to_ascii_lowercase()).into_bytes(),
                format!("X-Other: 7\r\n{name}: {value}\r\nX-Last: a\r\n\r\n").into_bytes(),
            ],
            Self::Ber => (1..=4)
                .map(|count| ber(value, count))
                .filter(|form| form.len() > shortest.len() && value < 1 << ((form.len() - 1) * 8))
                .collect(),
            Self::WebSocket => {
                let two = (value < 126).then(|| [vec![126], big_endian(value, 2)].concat());
                let eight = (value < 0x1_0000).then(|| [vec![127], big_endian(value, 8)].concat());
                two.into_iter().chain(eight).collect()
            }
            Self::Fixed { .. } | Self::DecimalFixed(_) | Self::Mark => Vec::new(),
        }
    }
}

/// Number of bits that groups of seven hold: 32 in five octets and 64 in ten, as is usual.
pub(super) const fn group_bits(octets: usize) -> usize {
    match octets {
        5 => 32,
        10.. => 64,
        other => other * 7,
    }
}

fn groups_of(value: u128) -> usize {
    let mut count = 1;
    let mut rest = value / 128;
    while rest > 0 {
        count += 1;
        rest /= 128;
    }
    count
}

fn octets_of(value: u128) -> usize {
    let mut count = 1;
    let mut rest = value / 256;
    while rest > 0 {
        count += 1;
        rest /= 256;
    }
    count
}

/// `value` in exactly `count` groups of seven bits.
fn groups(value: u128, count: usize, least_first: bool) -> Vec<u8> {
    let mut octets = Vec::with_capacity(count);
    let mut rest = value;
    for _ in 0..count {
        octets.push((rest % 128) as u8);
        rest /= 128;
    }
    if !least_first {
        octets.reverse();
    }
    let last = count - 1;
    for octet in &mut octets[..last] {
        *octet += 128;
    }
    octets
}

pub(super) const fn quic_bound(power: u32) -> u128 {
    2_u128.pow(8 * 2_u32.pow(power) - 2)
}

fn quic(value: u128, power: u32) -> Vec<u8> {
    let mut octets = big_endian(value, 2_usize.pow(power));
    octets[0] += (power * 64) as u8;
    octets
}

fn compact(value: u128, width: usize) -> Vec<u8> {
    let mut octets = big_endian(value, width.max(1));
    octets.reverse();
    let mark: &[u8] = match width {
        2 => &[253],
        4 => &[254],
        8 => &[255],
        _ => &[],
    };
    [mark, &octets].concat()
}

fn ber(value: u128, count: usize) -> Vec<u8> {
    [vec![128 + count as u8], big_endian(value, count)].concat()
}
