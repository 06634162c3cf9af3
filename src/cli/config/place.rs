//! Places in a file, and errors that name them.

use crate::cli::Failure;

/// The file that is looked for in the working directory.
pub(in crate::cli) const NAME: &str = "unstick.toml";

/// A line, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(usize);

impl Place {
    /// The place of an octet of this text.
    pub(super) fn of(text: &str, at: usize) -> Self {
        let before = text.as_bytes().iter().take(at);
        Self(1 + before.filter(|octet| **octet == b'\n').count())
    }

    /// An error at this place of the file.
    pub(super) fn wrong(self, path: &str, why: &str) -> Failure {
        Failure::Usage(format!("{path}:{}: {why}", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_one() {
        let text = "a\nb\n\nc";
        let places = [0, 1, 2, 4, 5, 99].map(|at| Place::of(text, at));
        assert_eq!(places, [1, 1, 2, 3, 4, 4].map(Place));
    }
}
