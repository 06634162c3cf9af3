//! The length: an unsigned integer in 4 octets, most significant first (LEN-1).

/// The octets that a length occupies on the wire.
pub const LENGTH_OCTETS: usize = 4;

/// The reason why a value is not a length, or octets are not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LengthError {
    /// The value to pack lies outside 0 to 4,294,967,295 (LEN-2).
    #[error("a length is 0 to 4294967295; the value given is outside that range")]
    OutOfRange,
    /// The octets to unpack are not exactly four (LEN-3).
    #[error("a length is exactly 4 octets; {0} were given")]
    WrongSize(usize),
}

/// Packs a length (LEN-1). Infallible, because every `u32` is a length.
#[must_use]
pub const fn pack(length: u32) -> [u8; LENGTH_OCTETS] {
    length.to_be_bytes()
}

/// Packs any integer that may be a length, such as a `usize`, an `i64` or a `u128`.
///
/// # Errors
/// [`LengthError::OutOfRange`] for a value below 0 or above 4,294,967,295: never a wrap,
/// never a truncation (LEN-2).
pub fn pack_checked<N: TryInto<u32>>(value: N) -> Result<[u8; LENGTH_OCTETS], LengthError> {
    value
        .try_into()
        .map(pack)
        .map_err(|_| LengthError::OutOfRange)
}

/// Unpacks a length; one with the top bit set is large, not negative (LEN-4).
///
/// # Errors
/// [`LengthError::WrongSize`] unless there are exactly 4 octets (LEN-3).
pub fn unpack(octets: &[u8]) -> Result<u32, LengthError> {
    octets
        .try_into()
        .map(u32::from_be_bytes)
        .map_err(|_| LengthError::WrongSize(octets.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_significant_octet_first() {
        assert_eq!(pack(0x0102_0304), [1, 2, 3, 4]);
        assert_eq!(unpack(&[1, 2, 3, 4]), Ok(16_909_060));
        assert_eq!(unpack(&[0x80, 0, 0, 0]), Ok(2_147_483_648));
    }

    #[test]
    fn values_that_are_no_length_are_refused() {
        assert_eq!(pack_checked(-1_i8), Err(LengthError::OutOfRange));
        assert_eq!(
            pack_checked(4_294_967_296_u64),
            Err(LengthError::OutOfRange)
        );
        assert_eq!(pack_checked(i128::MIN), Err(LengthError::OutOfRange));
        assert_eq!(pack_checked(4_294_967_295_u64), Ok([255; 4]));
        assert_eq!(pack_checked(0_usize), Ok([0; 4]));
    }

    #[test]
    fn any_other_count_of_octets_is_refused() {
        for count in [0, 1, 2, 3, 5, 8] {
            assert_eq!(unpack(&vec![0; count]), Err(LengthError::WrongSize(count)));
        }
    }
}
