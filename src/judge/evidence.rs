//! The evidence of a check that is not green, and its form for people.

use std::fmt::{self, Write};

use serde::{Deserialize, Serialize};

use super::sentence::Sentence;
use crate::trace::hexdump;
use crate::trace::octets::Octets;
use crate::trace::visible::Visible;

/// The evidence of a check that is not green: what was sent, expected and seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The lines that were typed into a client.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub typed: Vec<String>,
    /// The chunks that were sent, one for each write.
    pub sent: Vec<Octets>,
    /// The expectation at the point where the check went wrong, in words.
    pub expected: Sentence,
    /// All octets that came back.
    pub seen: Octets,
    /// The octets that were expected at the point where the check went wrong, where they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Wanted>,
    /// True if no connection was made, so that nothing could be sent.
    #[serde(skip)]
    pub unconnected: bool,
    /// The end of the connection, in words.
    pub ended: Sentence,
    /// The end of what a client wrote to standard output.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub shown: String,
    /// The end of what the testee wrote to standard error.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stderr: String,
}

/// Octets that were expected in the place of others, around the first that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The offset in what came at which these octets were expected.
    pub at: usize,
    /// The octets: none where nothing more was expected, and of many those around the wrong one.
    pub octets: Octets,
    /// The offset in what came of the first wrong octet; its end where the first wrong one is missing.
    pub wrong: usize,
}

impl Wanted {
    /// Octets kept before the first wrong one, and in all: what a picture can show.
    const BEFORE: usize = 64;
    const MOST: usize = 256;

    /// Compares what came, from `at` on, with the octets that were expected there. Nothing if they do
    /// not differ, or differ beyond what is kept of what came.
    #[must_use]
    pub fn of(seen: &Octets, at: usize, octets: &[u8]) -> Option<Self> {
        let seen = seen.to_vec();
        let came = seen.get(at..)?;
        let same = came.iter().zip(octets).take_while(|(a, b)| a == b).count();
        if same == came.len() && same == octets.len() {
            return None;
        }
        Some(Self::around(at, octets, same))
    }

    /// The octets that were expected from `at` on, of which the first `same` came as they should.
    #[must_use]
    pub fn around(at: usize, octets: &[u8], same: usize) -> Self {
        let first = same.min(octets.len()).saturating_sub(Self::BEFORE);
        let last = octets.len().min(first + Self::MOST);
        Self {
            at: at + first,
            octets: Octets::folded(&octets[first..last]),
            wrong: at + same,
        }
    }

    /// The first wrong octet, beside what was expected there.
    #[must_use]
    pub fn in_words(&self, seen: &Octets) -> String {
        let octet = |octets: &Octets, at: usize| match octets.to_vec().get(at) {
            Some(octet) => format!("{octet:02x}"),
            None => "nothing more".to_owned(),
        };
        let came = octet(seen, self.wrong);
        let owed = octet(&self.octets, self.wrong.saturating_sub(self.at));
        format!("offset {}, {came} instead of {owed}", self.wrong)
    }

    /// The same comparison where the first octets of what came are left out.
    #[must_use]
    pub fn without_the_first(self, octets: usize) -> Option<Self> {
        Some(Self {
            at: self.at.checked_sub(octets)?,
            wrong: self.wrong.checked_sub(octets)?,
            ..self
        })
    }
}

/// Columns of a terminal on which sixteen octets fit a line.
const WIDE: usize = 75;

/// Number of chunks of a conversation that are shown.
const CHUNKS: usize = 8;

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.within(WIDE))
    }
}

impl Evidence {
    /// The conversation in lines, each with as many octets as fit into `columns`.
    #[must_use]
    pub fn within(&self, columns: usize) -> String {
        let mut out = String::new();
        let written = self.write(hexdump::octets_within(columns), &mut out);
        written.expect("a string takes everything");
        out
    }

    fn write(&self, per_line: usize, f: &mut String) -> fmt::Result {
        for typed in &self.typed {
            writeln!(f, "typed: {}", Visible::of(typed))?;
        }
        for (number, chunk) in self.sent.iter().enumerate() {
            if number == CHUNKS && self.sent.len() > CHUNKS + 1 {
                let rest = &self.sent[number..];
                let octets: usize = rest.iter().map(Octets::len).sum();
                writeln!(f, "sent: {} chunks more, {octets} octets", rest.len())?;
                break;
            }
            writeln!(f, "sent, chunk {} of {}:", number + 1, self.sent.len())?;
            f.write_str(&hexdump::dump_by(&chunk.to_vec(), per_line))?;
        }
        writeln!(f, "expected: {}", Visible::of(&self.expected))?;
        let seen = self.seen.to_vec();
        if seen.is_empty() {
            writeln!(f, "came: nothing")?;
        } else {
            writeln!(f, "came, {} octets:", seen.len())?;
            f.write_str(&hexdump::dump_frames_by(&seen, per_line))?;
        }
        // The lines above have already said that nothing came, or nothing more.
        let tells = |wanted: &&Wanted| wanted.wrong < seen.len() || wanted.wrong > wanted.at;
        if let Some(wanted) = self.wanted.as_ref().filter(tells) {
            writeln!(f, "first wrong octet: {}", wanted.in_words(&self.seen))?;
        }
        writeln!(f, "then: {}", Visible::of(&self.ended))?;
        written(f, "standard output", &self.shown)?;
        written(f, "standard error", &self.stderr)
    }
}

/// The last lines of what a program wrote.
fn written(f: &mut String, stream: &str, text: &str) -> fmt::Result {
    let text = text.trim();
    if text.is_empty() {
        return Ok(());
    }
    writeln!(f, "the end of its {stream}:")?;
    let lines: Vec<&str> = text.lines().collect();
    for shown in &lines[lines.len().saturating_sub(6)..] {
        writeln!(f, "  {}", Visible::of(shown))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wrong_octet_is_found_and_little_is_kept() {
        let seen = Octets::from(&b"abcdXf"[..]);
        let wanted = Wanted::of(&seen, 2, b"cdef").unwrap();
        assert_eq!((wanted.at, wanted.wrong), (2, 4));
        assert_eq!(wanted.octets.to_vec(), b"cdef");
        assert_eq!(wanted.in_words(&seen), "offset 4, 58 instead of 65");
        assert_eq!(Wanted::of(&seen, 4, b"Xf"), None);
        assert_eq!(Wanted::of(&seen, 4, b"Xfg").unwrap().wrong, 6);
        assert_eq!(Wanted::of(&seen, 4, b"X").unwrap().wrong, 5);
        assert_eq!(Wanted::of(&seen, 6, b"").map(|wanted| wanted.wrong), None);
        assert_eq!(Wanted::of(&seen, 7, b"x"), None);
        let long = Wanted::around(10, &[7; 5000], 1000);
        assert_eq!((long.at, long.octets.len(), long.wrong), (946, 256, 1010));
        assert_eq!(long.clone().without_the_first(900).unwrap().wrong, 110);
        assert_eq!(long.without_the_first(950), None);
    }

    #[test]
    fn of_many_chunks_the_first_are_shown() {
        let shown = |chunks: usize| {
            let evidence = Evidence {
                sent: vec![Octets::from(&b"ab"[..]); chunks],
                ..Evidence::default()
            };
            let text = evidence.to_string();
            let lines = text.lines().filter(|line| line.starts_with("sent"));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        let nine: Vec<_> = (1..=9).map(|n| format!("sent, chunk {n} of 9:")).collect();
        assert_eq!(shown(9), nine);
        let eight = (1..=8).map(|number| format!("sent, chunk {number} of 10:"));
        let more = "sent: 2 chunks more, 4 octets".to_owned();
        assert_eq!(shown(10), eight.chain([more]).collect::<Vec<_>>());
    }
}
