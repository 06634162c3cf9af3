//! What happened in a check that is not green, and how people read it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::trace::hexdump;
use crate::trace::octets::Octets;
use crate::trace::visible::Visible;

/// What was sent, expected and seen in a check that is not green.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The lines that were typed into a client.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub typed: Vec<String>,
    /// The chunks that were sent, one for each write.
    pub sent: Vec<Octets>,
    /// What was expected at the point where it went wrong, in words.
    pub expected: String,
    /// All that came back.
    pub seen: Octets,
    /// How the connection ended, in words.
    pub ended: String,
    /// The end of what a client wrote to standard output.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub shown: String,
    /// The end of what the testee wrote to standard error.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stderr: String,
}

/// How many chunks of a conversation are shown.
const CHUNKS: usize = 8;

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
            f.write_str(&hexdump::dump(&chunk.to_vec()))?;
        }
        writeln!(f, "expected: {}", Visible::of(&self.expected))?;
        let seen = self.seen.to_vec();
        if seen.is_empty() {
            writeln!(f, "came: nothing")?;
        } else {
            writeln!(f, "came, {} octets:", seen.len())?;
            f.write_str(&hexdump::dump_frames(&seen))?;
        }
        writeln!(f, "then: {}", Visible::of(&self.ended))?;
        written(f, "standard output", &self.shown)?;
        written(f, "standard error", &self.stderr)
    }
}

/// The last lines of what a program wrote.
fn written(f: &mut fmt::Formatter<'_>, stream: &str, text: &str) -> fmt::Result {
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
