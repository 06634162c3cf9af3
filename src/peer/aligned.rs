//! A buffer that begins on a page.
//!
//! Large vectors are mapped by the allocator and begin 16 octets behind a page. Where short `rep movsb`
//! is fast (AMD's Zen with FSRM), the kernel copies to and from such an address four times slower than
//! to one that begins a page.

use std::ops::{Deref, DerefMut};

/// Alignment of a buffer, in octets: a page, which is enough for any processor's copy.
const PAGE: usize = 4096;

/// Octets that begin on a page.
#[derive(Debug)]
pub struct Aligned {
    room: Vec<u8>,
    start: usize,
    length: usize,
}

impl Aligned {
    /// Zeros.
    #[must_use]
    pub fn new(length: usize) -> Self {
        let room = vec![0_u8; length + PAGE];
        // An allocator that cannot say where it is leaves the place as it came, which is only slower.
        let start = match room.as_ptr().align_offset(PAGE) {
            start if start < PAGE => start,
            _ => 0,
        };
        Self {
            room,
            start,
            length,
        }
    }
}

impl Deref for Aligned {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.room[self.start..self.start + self.length]
    }
}

impl DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.room[self.start..self.start + self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_on_a_page_and_has_its_length() {
        for length in [0, 1, 4095, 65_536, 131_072, 2_097_152] {
            let mut buffer = Aligned::new(length);
            assert_eq!(buffer.as_ptr() as usize % PAGE, 0, "{length}");
            assert_eq!(buffer.len(), length);
            buffer.fill(1);
            assert!(buffer.iter().all(|octet| *octet == 1));
        }
    }
}
