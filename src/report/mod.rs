//! Reports: one file a format, all from the same result.

pub mod badge;
mod frames;
pub mod fuzz;
pub mod html;
pub mod json;
pub mod junit;
pub mod picture;
pub mod recut;
pub mod saved;
pub mod summary;
pub mod terminal;
pub mod view;

use std::collections::BTreeMap;

use crate::framing::Framing;
use crate::judge::check::{Check, Summary, Verdict};
use crate::judge::known_failures::KnownFailures;
use crate::suite::requirement;
use crate::trace::Class;
use crate::trace::octets::Octets;

/// Prefix of the ids of the conversations that stand around the cases of a run.
const PLAIN: &str = "plain/";

/// The testee that was judged.
#[derive(Debug, Clone)]
pub struct Testee {
    /// `server`, `client`, `codec` or `proxy`.
    pub role: &'static str,
    /// The command that started it, or nothing.
    pub command: Vec<String>,
    /// The address that it was found at, if it was not ours to start.
    pub address: Option<String>,
    /// The command line that runs single cases against it again, without the pattern.
    pub again: String,
    /// The framing that its conversations are drawn by; none where any octets are sent.
    pub framing: Option<Framing>,
}

/// A run, ready to be reported.
#[derive(Debug)]
pub struct Report<'r> {
    /// The testee that was judged.
    pub testee: &'r Testee,
    /// The class that the testee claims, where that is judged.
    pub class: Option<Class>,
    /// `drain-gated`, `timed` or, without a socket, `direct`.
    pub segmentation: &'static str,
    /// All checks.
    pub checks: &'r [Check],
    /// The failures that are expected.
    pub known: &'r KnownFailures,
    /// The reason why the run did not come to its end, if it did not: `checks` are those so far.
    pub unjudged: Option<&'r str>,
}

/// Checks that are not green for one reason.
#[derive(Debug)]
pub struct Group<'r> {
    /// The requirement that is broken.
    pub requirement: &'r str,
    /// The verdict.
    pub verdict: Verdict,
    /// The likely mistake.
    pub cause: Option<&'r str>,
    /// The checks, the one that shows it best first.
    pub checks: Vec<&'r Check>,
}

impl<'r> Report<'r> {
    /// The framing that requirements are told in. A recording may hold any protocol: only conformance knows
    /// the framing.
    #[must_use]
    pub fn conformance_framing(&self) -> Option<&Framing> {
        self.class.and(self.testee.framing.as_ref())
    }

    /// Numbers of checks, by verdict.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary::of(self.checks)
    }

    /// The checks that are not green and not expected, a group for each reason: failures before checks that are
    /// flaky or could not be judged, and larger groups before smaller ones.
    #[must_use]
    pub fn groups(&self) -> Vec<Group<'r>> {
        let mut groups: BTreeMap<_, Vec<&Check>> = BTreeMap::new();
        for check in self.checks {
            let rank = match check.verdict {
                Verdict::Fail => 0,
                Verdict::Flaky => 1,
                Verdict::Error => 2,
                _ => continue,
            };
            if self.known.expects(check) {
                continue;
            }
            let requirement = check.requirement();
            let key = (
                rank,
                requirement::position(requirement),
                requirement,
                check.cause.as_deref(),
            );
            groups.entry(key).or_default().push(check);
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|((rank, place, ..), checks)| {
            (*rank, std::cmp::Reverse(checks.len()), *place)
        });
        groups
            .into_iter()
            .map(|((_, _, requirement, cause), mut checks)| {
                // The smallest conversation that shows it, of the requirement's own chapter.
                let chapter = requirement.split('-').next().unwrap_or_default();
                checks.sort_by_key(|check| {
                    let elsewhere = !check
                        .id
                        .get(..chapter.len())
                        .is_some_and(|own| own.eq_ignore_ascii_case(chapter));
                    let size = check.evidence.as_ref().map_or((usize::MAX, 0), |evidence| {
                        let octets = evidence.sent.iter().map(Octets::len).sum();
                        (octets, evidence.sent.len())
                    });
                    (elsewhere, size)
                });
                Group {
                    requirement,
                    verdict: checks[0].verdict,
                    cause,
                    checks,
                }
            })
            .collect()
    }

    /// The errors of the list of known failures.
    #[must_use]
    pub fn stale(&self) -> Vec<String> {
        self.known.stale(self.checks)
    }

    /// True if the run found something that it must not find.
    #[must_use]
    pub fn failed(&self) -> bool {
        !self.stale().is_empty()
            || self.checks.iter().any(|check| {
                matches!(check.verdict, Verdict::Fail | Verdict::Flaky)
                    && !self.known.expects(check)
            })
    }

    /// True if something could not be judged, or nothing was tested, or something that counts was
    /// left out.
    #[must_use]
    pub fn unjudged(&self) -> bool {
        self.unjudged.is_some()
            || self.tested_nothing()
            || self.left_out() > 0
            || self
                .checks
                .iter()
                .any(|check| check.verdict == Verdict::Error && !self.known.expects(check))
    }

    /// True if none of the cases that were chosen has shown anything: the plain conversations
    /// around them say nothing of those.
    #[must_use]
    pub fn tested_nothing(&self) -> bool {
        let shows = |check: &Check| {
            !check.id.starts_with(PLAIN)
                && (matches!(check.verdict, Verdict::Pass | Verdict::Acceptable)
                    || self.known.expects(check))
        };
        !self.checks.iter().any(shows)
    }

    /// The number of checks that were left out to save time, and that would have counted.
    #[must_use]
    pub fn left_out(&self) -> usize {
        let counts = |check: &&Check| check.left_out && !self.known.names(&check.id);
        self.checks.iter().filter(counts).count()
    }
}
