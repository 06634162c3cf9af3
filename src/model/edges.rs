//! The tables that inputs choose sizes from: where implementations change what they do.

/// Limits on payloads, in octets; one octet of an input chooses.
const LIMITS: [u32; 16] = [
    65_536,
    0,
    1,
    3,
    4,
    16,
    255,
    256,
    1_024,
    4_096,
    65_535,
    1_048_576,
    2_097_152,
    0x7FFF_FFFF,
    0x8000_0000,
    u32::MAX,
];

/// Sizes of payloads, in octets; each is also taken one less and one more.
pub const SIZES: [usize; 32] = [
    0, 1, 2, 3, 4, 5, 8, 12, 16, 32, 64, 100, 128, 256, 512, 1_000, 1_024, 1_460, 2_048, 3_000,
    4_096, 8_192, 10_000, 16_384, 32_768, 65_536, 65_540, 100_000, 131_072, 262_144, 1_048_576,
    2_097_152,
];

/// Sizes of chunks beyond those that an octet says itself.
const CHUNKS: [usize; 16] = [
    256, 512, 1_000, 1_024, 1_200, 1_400, 1_448, 1_460, 2_048, 4_095, 4_096, 4_097, 8_192, 16_384,
    32_768, 65_536,
];

const FIRST_CHUNK_OF_TABLE: u8 = 240;

/// The limit that an octet stands for.
#[must_use]
pub const fn limit(code: u8) -> u32 {
    LIMITS[code as usize % LIMITS.len()]
}

/// The octet that stands for a limit, or for the least one that is not below it.
#[must_use]
pub fn limit_code(wanted: u32) -> u8 {
    let index = (0..LIMITS.len())
        .filter(|index| LIMITS[*index] >= wanted)
        .min_by_key(|index| LIMITS[*index]);
    index.unwrap_or(LIMITS.len() - 1) as u8
}

/// The size of a payload that an octet stands for.
#[must_use]
pub const fn size(code: u8) -> usize {
    SIZES[code as usize % SIZES.len()]
}

/// The size of a chunk that an octet stands for; none is empty.
#[must_use]
pub const fn chunk(code: u8) -> usize {
    match code {
        0 => 1,
        FIRST_CHUNK_OF_TABLE.. => CHUNKS[(code - FIRST_CHUNK_OF_TABLE) as usize],
        _ => code as usize,
    }
}

/// The octet that stands for a size of a chunk, if one does.
#[must_use]
pub fn chunk_code(size: usize) -> Option<u8> {
    (1..=u8::MAX).find(|code| chunk(*code) == size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_sizes() {
        assert_eq!(limit(limit_code(65_536)), 65_536);
        assert_eq!(limit(limit_code(2_000_000)), 2_097_152);
        assert_eq!(chunk(chunk_code(4_096).unwrap()), 4_096);
        assert_eq!(chunk_code(239), Some(239));
        assert_eq!(chunk_code(240), None);
        assert!((0..=u8::MAX).all(|code| chunk(code) > 0));
    }
}
