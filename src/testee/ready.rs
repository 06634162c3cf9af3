//! The line `READY HOST:PORT` on standard output, by which a server says where it listens.

use super::pipe_reader::Sink;

/// Part of a line that is looked at, in octets.
const LONGEST: usize = 1_024;

/// The first READY line among all that a server writes.
#[derive(Debug, Default)]
pub(super) struct Ready {
    begun: Vec<u8>,
    address: Option<String>,
}

impl Ready {
    /// The address, as it was written.
    pub(super) fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }
}

impl Sink for Ready {
    fn keep(&mut self, octets: &[u8]) -> bool {
        for octet in octets {
            if *octet == b'\n' {
                let line = String::from_utf8_lossy(&self.begun);
                let address = line.trim().strip_prefix("READY ").map(str::to_owned);
                self.address = self.address.take().or(address);
                self.begun.clear();
            } else if self.begun.len() < LONGEST {
                self.begun.push(*octet);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_this_form_counts_however_it_is_cut() {
        let mut said = vec![b'x'; 5_000];
        said.extend(b"\nREADYING\nREADY 127.0.0.1:7\r\nREADY [::1]:8\n");
        for size in [1, 7, 6_000] {
            let mut ready = Ready::default();
            assert!(said.chunks(size).all(|octets| ready.keep(octets)));
            assert_eq!(ready.address(), Some("127.0.0.1:7"));
            assert_eq!(ready.begun, b"");
        }
    }

    #[test]
    fn a_line_without_an_end_says_nothing_yet_and_fills_no_memory() {
        let mut ready = Ready::default();
        assert!(ready.keep(&vec![b'R'; 5_000]));
        assert_eq!(ready.begun.len(), LONGEST);
        let mut ready = Ready::default();
        assert!(ready.keep(b"READY 127.0.0.1:7"));
        assert_eq!(ready.address(), None);
    }
}
