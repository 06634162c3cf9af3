//! What a run says: a verdict a check, with the evidence of those that are not green.

use std::fmt;

use serde::Serialize;

use crate::trace::Class;
use crate::trace::hexdump;
use crate::trace::octets::Octets;
use crate::trace::segmentation::Segmentation;

/// The verdict of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As the requirement has it.
    Pass,
    /// Against the requirement, twice.
    Fail,
    /// Allowed by a MAY, and worth knowing.
    Acceptable,
    /// Not claimed, or cannot be seen.
    Skipped,
    /// Failed once and not again.
    Flaky,
    /// Could not be judged.
    Error,
}

impl Verdict {
    /// All verdicts, in the order of reports.
    pub const ALL: [Self; 6] = [
        Self::Pass,
        Self::Fail,
        Self::Acceptable,
        Self::Skipped,
        Self::Flaky,
        Self::Error,
    ];

    /// The name used in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Acceptable => "acceptable",
            Self::Skipped => "skipped",
            Self::Flaky => "flaky",
            Self::Error => "error",
        }
    }
}

/// What was sent, expected and seen in a check that is not green.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The lines that were typed into a client.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub typed: Vec<String>,
    /// The chunks that were sent, one for each write.
    pub sent: Vec<Octets>,
    /// What was expected at the point where it went wrong, in words.
    pub expected: String,
    /// All that came back.
    pub seen: Octets,
    /// How the connection ended, in words.
    pub ended: String,
    /// The end of what the testee wrote to standard error.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stderr: String,
}

/// How many chunks of a conversation are shown.
const CHUNKS: usize = 8;

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for typed in &self.typed {
            writeln!(f, "typed: {}", typed.escape_debug())?;
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
        writeln!(f, "expected: {}", self.expected)?;
        let seen = self.seen.to_vec();
        if seen.is_empty() {
            writeln!(f, "came: nothing")?;
        } else {
            writeln!(f, "came, {} octets:", seen.len())?;
            f.write_str(&hexdump::dump_frames(&seen))?;
        }
        writeln!(f, "then: {}", self.ended)?;
        let stderr = self.stderr.trim();
        if !stderr.is_empty() {
            writeln!(f, "the end of its standard error:")?;
            let lines: Vec<&str> = stderr.lines().collect();
            for shown in &lines[lines.len().saturating_sub(6)..] {
                // Nothing that a testee writes commands the terminal.
                writeln!(
                    f,
                    "  {}",
                    shown
                        .escape_debug()
                        .to_string()
                        .replace("\\\"", "\"")
                        .replace("\\'", "'")
                )?;
            }
        }
        Ok(())
    }
}

/// One case under one segmentation, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The case.
    pub id: String,
    /// What the testee must do, in one line.
    #[serde(skip)]
    pub title: String,
    /// The requirements, the one that is broken first.
    pub requirements: Vec<String>,
    /// The lowest class that owes the case.
    #[serde(skip)]
    pub class: Class,
    /// How the stream was cut; none for a case whose point is elsewhere.
    pub segmentation: Option<Segmentation>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, for every verdict but `pass`.
    pub message: String,
    /// What was sent, expected and seen.
    #[serde(rename = "trace", skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// The likely mistake, where the failure points to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// How many checks got each verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// [`Verdict::Pass`]
    pub pass: usize,
    /// [`Verdict::Fail`]
    pub fail: usize,
    /// [`Verdict::Acceptable`]
    pub acceptable: usize,
    /// [`Verdict::Skipped`]
    pub skipped: usize,
    /// [`Verdict::Flaky`]
    pub flaky: usize,
    /// [`Verdict::Error`]
    pub error: usize,
}

impl Summary {
    /// Counts the verdicts of some checks.
    #[must_use]
    pub fn of<'c>(checks: impl IntoIterator<Item = &'c Check>) -> Self {
        let mut summary = Self::default();
        for check in checks {
            *match check.verdict {
                Verdict::Pass => &mut summary.pass,
                Verdict::Fail => &mut summary.fail,
                Verdict::Acceptable => &mut summary.acceptable,
                Verdict::Skipped => &mut summary.skipped,
                Verdict::Flaky => &mut summary.flaky,
                Verdict::Error => &mut summary.error,
            } += 1;
        }
        summary
    }

    /// The count of one verdict.
    #[must_use]
    pub const fn count(&self, verdict: Verdict) -> usize {
        match verdict {
            Verdict::Pass => self.pass,
            Verdict::Fail => self.fail,
            Verdict::Acceptable => self.acceptable,
            Verdict::Skipped => self.skipped,
            Verdict::Flaky => self.flaky,
            Verdict::Error => self.error,
        }
    }
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
