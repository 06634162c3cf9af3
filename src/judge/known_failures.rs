//! Known failures: a strict list of what is expected to fail, and why.
//!
//! Each line has the case, the verdict expected (`fail`, `flaky` or `error`), and after `#` the reason.
//! A listed case does not fail the run as long as it fails exactly so.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::check::{Check, Verdict};

/// The failures that are expected, by case.
#[derive(Debug, Clone, Default)]
pub struct KnownFailures {
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    verdict: Verdict,
    reason: String,
}

/// A line that is not a valid entry.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}; an entry reads `frm/two fail # why it fails`")]
pub struct Malformed {
    /// The line, from 1.
    pub line: usize,
    /// The error in the line.
    pub why: String,
}

impl KnownFailures {
    /// Reads a list. Empty lines and lines that begin with `#` are passed over.
    ///
    /// # Errors
    /// [`Malformed`], which names the line.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let mut entries = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let malformed = |why: &str| Malformed {
                line: number + 1,
                why: why.to_owned(),
            };
            let (entry, reason) = line
                .split_once('#')
                .map(|(entry, reason)| (entry, reason.trim()))
                .filter(|(_, reason)| !reason.is_empty())
                .ok_or_else(|| malformed("there is no reason behind `#`"))?;
            let mut words = entry.split_whitespace();
            let (Some(id), Some(verdict), None) = (words.next(), words.next(), words.next()) else {
                return Err(malformed("there are not exactly a case and a verdict"));
            };
            let verdict = [Verdict::Fail, Verdict::Flaky, Verdict::Error]
                .into_iter()
                .find(|known| known.name() == verdict)
                .ok_or_else(|| malformed("the verdict is none of fail, flaky, error"))?;
            let entry = Entry {
                verdict,
                reason: reason.to_owned(),
            };
            if entries.insert(id.to_owned(), entry).is_some() {
                return Err(malformed("the case is listed twice"));
            }
        }
        Ok(Self { entries })
    }

    /// True if a check fails as it is expected to.
    #[must_use]
    pub fn expects(&self, check: &Check) -> bool {
        self.entries
            .get(check.id.as_str())
            .is_some_and(|entry| entry.verdict == check.verdict)
    }

    /// True if a case is listed.
    #[must_use]
    pub fn names(&self, id: &str) -> bool {
        self.entries.contains_key(id)
    }

    /// The reason that is listed for a case.
    #[must_use]
    pub fn reason(&self, id: &str) -> Option<&str> {
        self.entries.get(id).map(|entry| entry.reason.as_str())
    }

    /// The errors of the list after a run: entries that pass, fail otherwise, were skipped, or match
    /// no case that was run. Empty when the list is true.
    #[must_use]
    pub fn stale(&self, checks: &[Check]) -> Vec<String> {
        let mut stale = Vec::new();
        for (id, entry) in &self.entries {
            let of_case: Vec<&Check> = checks.iter().filter(|check| check.id == *id).collect();
            let expected = entry.verdict.name();
            if of_case.is_empty() {
                stale.push(format!(
                    "{id}: no case of this name was run: remove the line"
                ));
            } else if of_case
                .iter()
                .all(|check| check.verdict == Verdict::Skipped)
            {
                stale.push(format!(
                    "{id}: skipped, so nothing is known: remove the line"
                ));
            } else if !of_case.iter().any(|check| check.verdict == entry.verdict) {
                let found = of_case
                    .iter()
                    .map(|check| check.verdict)
                    .find(|verdict| !matches!(verdict, Verdict::Pass | Verdict::Skipped));
                stale.push(match found {
                    None => format!("{id}: listed as {expected}, and passes: remove the line"),
                    Some(found) => format!(
                        "{id}: listed as {expected}, and the verdict is {}",
                        found.name()
                    ),
                });
            }
        }
        stale
    }

    /// The list as it would have to be for this run.
    #[must_use]
    pub fn mended(&self, checks: &[Check]) -> String {
        let mut lines: BTreeMap<&str, Verdict> = BTreeMap::new();
        for check in checks {
            if matches!(
                check.verdict,
                Verdict::Fail | Verdict::Flaky | Verdict::Error
            ) {
                lines.entry(&check.id).or_insert(check.verdict);
            }
        }
        lines.iter().fold(String::new(), |mut text, (id, verdict)| {
            let reason = self.reason(id).unwrap_or("why?");
            writeln!(text, "{id} {} # {reason}", verdict.name())
                .expect("a string takes everything");
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::case::{CaseInfo, Role};
    use crate::trace::Class;

    fn check(id: &str, verdict: Verdict) -> Check {
        let case = CaseInfo::new(Role::Server, "", "", &[], Class::Framing);
        Check {
            id: id.to_owned().into(),
            ..Check::new(&case, None, verdict, "")
        }
    }

    #[test]
    fn a_list_is_strict() {
        let list = KnownFailures::parse(
            "# what we know\n\nfrm/a fail # bug 12\nfrm/b fail # bug 13\nfrm/c fail # x\nfrm/d fail # y\n",
        )
        .unwrap();
        let checks = [
            check("frm/a", Verdict::Pass),
            check("frm/a", Verdict::Fail),
            check("frm/b", Verdict::Pass),
            check("frm/c", Verdict::Flaky),
        ];
        assert!(list.expects(&checks[1]));
        assert!(!list.expects(&checks[3]));
        assert_eq!(
            list.stale(&checks),
            [
                "frm/b: listed as fail, and passes: remove the line",
                "frm/c: listed as fail, and the verdict is flaky",
                "frm/d: no case of this name was run: remove the line",
            ]
        );
        assert_eq!(
            list.mended(&checks),
            "frm/a fail # bug 12\nfrm/c flaky # x\n"
        );
    }

    #[test]
    fn malformed_lines_are_named() {
        for (text, why) in [
            ("frm/a fail", "no reason"),
            ("frm/a fail #", "no reason"),
            ("frm/a # x", "exactly a case and a verdict"),
            ("frm/a pass # x", "none of fail, flaky, error"),
            ("frm/a fail # x\nfrm/a fail # x", "listed twice"),
        ] {
            let error = KnownFailures::parse(text).unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
            assert_eq!(error.line, text.lines().count());
        }
    }
}
