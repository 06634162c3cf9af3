//! The end of what a process writes, so that a flood of it fills no memory.

use std::collections::VecDeque;

use super::pipe_reader::Sink;

/// The part of a stream that is kept, in octets.
const KEPT_OCTETS: usize = 16 * 1024;

/// The last octets of a stream.
#[derive(Debug, Default)]
pub(super) struct Tail {
    last: VecDeque<u8>,
    written: u64,
}

impl Tail {
    /// The octets that are kept, as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.last.iter().copied().collect::<Vec<u8>>()).into_owned()
    }

    /// Number of octets that have been written in all.
    pub(super) const fn written(&self) -> u64 {
        self.written
    }
}

impl Sink for Tail {
    fn keep(&mut self, octets: &[u8]) -> bool {
        self.written += octets.len() as u64;
        self.last.extend(octets);
        let surplus = self.last.len().saturating_sub(KEPT_OCTETS);
        self.last.drain(..surplus);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_leaves_its_end_only() {
        let mut flood = vec![b'a'; 1_000_000];
        flood.extend(b"\nthe end");
        let mut tail = Tail::default();
        for octets in flood.chunks(4_096) {
            assert!(tail.keep(octets));
        }
        assert_eq!(tail.text().len(), KEPT_OCTETS);
        assert!(tail.text().ends_with("a\nthe end"));
        assert_eq!(tail.written(), 1_000_008);
    }
}
