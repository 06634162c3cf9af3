//! Frames by arithmetic and nothing else: what testees are judged with shares no code with the
//! reference, so that a mistake there cannot hide one in a testee.

/// The frame with this payload.
#[cfg(feature = "cli")]
pub(crate) fn frame(payload: &[u8]) -> Vec<u8> {
    let mut octets = (payload.len() as u32).to_be_bytes().to_vec();
    octets.extend_from_slice(payload);
    octets
}

/// The payload of the frame that octets begin with, if it is whole.
#[cfg(feature = "cli")]
pub(crate) fn next_frame(octets: &[u8]) -> Option<&[u8]> {
    split_frame(octets).map(|(payload, _)| payload)
}

/// The same, and the octets after the frame.
#[cfg(feature = "cli")]
pub(crate) fn split_frame(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, behind) = octets.split_first_chunk()?;
    behind.split_at_checked(u32::from_be_bytes(*length) as usize)
}
