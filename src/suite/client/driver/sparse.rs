//! A body too large to hold: its octets are compared as they come, and let go.

use super::{NotPassed, Stage, differs_from_the_file};
use crate::testee::connection::Connection;
use crate::trace::octets::Octets;

/// Octets that are compared at a time.
const AT_ONCE: u64 = 4 * 1024 * 1024;

/// A file of zeros but for some octets, by their places in it.
#[derive(Debug)]
pub(in crate::suite::client) struct Sparse {
    pub(in crate::suite::client) size: u64,
    pub(in crate::suite::client) marks: Vec<(u64, Vec<u8>)>,
}

impl Sparse {
    /// Octets of the file from a place on.
    fn part(&self, from: u64, length: usize) -> Vec<u8> {
        let mut part = vec![0; length];
        let end = from + length as u64;
        for (place, octets) in &self.marks {
            for (at, octet) in (*place..end).zip(octets).filter(|(at, _)| *at >= from) {
                part[(at - from) as usize] = *octet;
            }
        }
        part
    }
}

impl Stage<'_> {
    /// Waits for the octets of such a file. An error has the place in the file where the client went wrong.
    pub(in crate::suite::client) fn sends_sparse(
        &mut self,
        content: &Sparse,
    ) -> Result<(), (NotPassed, u64)> {
        let mut place = 0;
        while place < content.size {
            let length = AT_ONCE.min(content.size - place) as usize;
            let wanted = content.part(place, length);
            if let Some(connection) = &mut self.connection {
                // Octets that have been read already may be more than this part.
                let came = connection.seen().len() - self.accounted;
                connection.read_at_most(Some(length.saturating_sub(came)));
            }
            self.wait(|rest| rest.len() >= length);
            if let Some(connection) = &mut self.connection {
                connection.read_at_most(None);
            }
            if !self.rest().starts_with(&wanted) {
                return Err(self.differs(content, place, &wanted));
            }
            if let Some(connection) = &mut self.connection {
                connection.forget(self.accounted, length);
            }
            place += length as u64;
        }
        self.behind_a_body = true;
        Ok(())
    }

    fn differs(&mut self, content: &Sparse, from: u64, wanted: &[u8]) -> (NotPassed, u64) {
        self.gather();
        let rest = self.rest();
        let same = wanted.iter().zip(rest).take_while(|(a, b)| a == b).count();
        let place = from + same as u64;
        let cut_short = same == rest.len();
        let message = if cut_short {
            format!(
                "of the {} octets that it announced the client sent {place}",
                content.size
            )
        } else {
            format!(
                "the part of the body from octet {from} on {}",
                differs_from_the_file(wanted, rest, same)
            )
        };
        let expected = format!("a body of {} octets, as they are in the file", content.size);
        let mut wrong = self.wrong(&message, &expected, cut_short);
        // The last octets that came stand in the middle of the body, and show nothing by themselves.
        let before = self.accounted;
        let seen = self.connection.as_ref().map(Connection::seen);
        wrong.evidence.seen = Octets::folded(&seen.unwrap_or_default()[..before]);
        let ended = format!(
            "{}; these are the octets before the body",
            wrong.evidence.ended
        );
        wrong.evidence.ended = ended.into();
        (wrong.into(), place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_lies_across_parts() {
        let sparse = Sparse {
            size: 12,
            marks: vec![
                (0, b"ab".to_vec()),
                (3, b"cdef".to_vec()),
                (11, b"z".to_vec()),
            ],
        };
        let whole = b"ab\0cdef\0\0\0\0z";
        assert_eq!(sparse.part(0, 12), whole);
        for cut in 1..12 {
            let joined = [sparse.part(0, cut), sparse.part(cut as u64, 12 - cut)].concat();
            assert_eq!(joined, whole, "cut at {cut}");
        }
    }
}
