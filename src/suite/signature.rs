//! Mistakes that are known by the cases they fail.
//!
//! A parser of integers that accepts a sign fails the cases with a sign, and no others of its
//! requirement. So a mistake is suspected where all failures of a requirement that nothing else
//! has explained are among those that it explains, and where those fail that it cannot pass.

use std::collections::{BTreeMap, BTreeSet};

use crate::judge::check::{Check, Verdict};

/// A mistake, and how it is known. `Look` is what failures may look like.
pub(super) struct Telltale<Look> {
    pub(super) requirement: &'static str,
    /// All cases that fail are among these; `*` stands for anything.
    pub(super) among: &'static [&'static str],
    /// Cases that fail, all of them.
    pub(super) surely: &'static [&'static str],
    /// The look of each failure.
    pub(super) look: Look,
    /// In words that follow "it".
    pub(super) cause: &'static str,
}

/// A mistake in the order in which a table reads best.
pub(super) const fn known<Look: Copy>(
    requirement: &'static str,
    among: &'static [&'static str],
    surely: &'static [&'static str],
    look: Look,
    cause: &'static str,
) -> Telltale<Look> {
    Telltale {
        requirement,
        among,
        surely,
        look,
        cause,
    }
}

/// The first mistake of a table that all these failures of a requirement point to: each failure is the
/// case and what it looks like.
pub(super) fn cause<Look: Copy, Failure>(
    table: &[Telltale<Look>],
    fits: fn(Look, &Failure) -> bool,
    requirement: &str,
    failures: &[(&str, &Failure)],
    left_out: &BTreeSet<String>,
) -> Option<&'static str> {
    let explains = |telltale: &&Telltale<Look>| {
        let known = |id: &str| telltale.among.iter().any(|glob| stands_for(glob, id));
        let failed = |sure: &&str| failures.iter().any(|(id, _)| id == sure);
        // Nothing is known of a case that was left out, so it speaks neither for the mistake nor against.
        let may_have = |sure: &&str| failed(sure) || left_out.contains(*sure);
        telltale.requirement == requirement
            && failures
                .iter()
                .all(|(id, failure)| known(id) && fits(telltale.look, failure))
            && telltale.surely.iter().all(may_have)
            && (telltale.surely.is_empty() || telltale.surely.iter().any(failed))
    };
    table.iter().find(explains).map(|telltale| telltale.cause)
}

/// The mistakes that the failures without a cause point to, by requirement. Each failure is the check and what it looks
/// like.
pub(super) fn causes<'f, Look: Copy, Failure: 'f>(
    table: &[Telltale<Look>],
    fits: fn(Look, &Failure) -> bool,
    failures: impl Iterator<Item = (&'f Check, &'f Failure)>,
    left_out: &BTreeSet<String>,
) -> BTreeMap<String, &'static str> {
    let mut unexplained: BTreeMap<&str, Vec<(&str, &Failure)>> = BTreeMap::new();
    for (check, failure) in failures.filter(|(check, _)| is_unexplained(check)) {
        let failures = unexplained.entry(check.requirement());
        failures.or_default().push((&check.id, failure));
    }
    unexplained
        .iter()
        .filter_map(|(id, failures)| {
            Some((
                (*id).to_owned(),
                cause(table, fits, id, failures, left_out)?,
            ))
        })
        .collect()
}

/// The cases of which nothing is known, because all of their checks were left out.
pub(super) fn left_out<'c>(checks: impl Iterator<Item = &'c Check>) -> BTreeSet<String> {
    let mut cases: BTreeMap<&str, bool> = BTreeMap::new();
    for check in checks {
        *cases.entry(check.id.as_str()).or_insert(true) &= check.left_out;
    }
    let unknown = cases.into_iter().filter(|(_, unknown)| *unknown);
    unknown.map(|(id, _)| id.to_owned()).collect()
}

/// Gives the failures without a cause the one of their requirement.
pub(super) fn name<'c>(
    checks: impl Iterator<Item = &'c mut Check>,
    causes: &BTreeMap<String, &'static str>,
) {
    for check in checks.filter(|check| is_unexplained(check)) {
        let cause = causes.get(check.requirement());
        check.cause = cause.map(|cause| (*cause).to_owned());
    }
}

/// A requirement that seems to be broken where another one is.
pub(super) struct Consequence<Seen> {
    /// The requirement that seems to be broken.
    pub(super) seems: &'static str,
    /// The requirement that is broken, which must have a cause of its own.
    pub(super) is: &'static str,
    /// True if a failure is a consequence of the others: a failure that they do not explain is a mistake of its own.
    pub(super) explained: fn(&Seen, &[&Seen]) -> bool,
}

/// Puts failures that are only what another mistake looks like where they belong.
pub(super) fn fold_consequences<Seen: AsRef<Check> + AsMut<Check>>(
    seen: &mut [Seen],
    consequences: &[Consequence<Seen>],
) {
    for Consequence {
        seems,
        is,
        explained,
    } in consequences
    {
        let about = |requirement: &str| {
            let failed = seen.iter().enumerate().filter(move |(_, one)| {
                let check: &Check = (*one).as_ref();
                check.verdict == Verdict::Fail && check.requirement() == requirement
            });
            failed.collect::<Vec<_>>()
        };
        let because: Vec<&Seen> = about(is).into_iter().map(|(_, one)| one).collect();
        let mut named = because.iter().map(|one| AsRef::<Check>::as_ref(*one));
        let Some((broken, cause)) =
            named.find_map(|check| Some((check.broken.clone(), check.cause.clone()?)))
        else {
            continue;
        };
        let folded: Vec<usize> = about(seems)
            .into_iter()
            .filter(|(_, one)| explained(one, &because))
            .map(|(place, _)| place)
            .collect();
        for place in folded {
            let check: &mut Check = seen[place].as_mut();
            check.broken.clone_from(&broken);
            check.cause = Some(cause.clone());
        }
    }
}

fn is_unexplained(check: &Check) -> bool {
    check.verdict == Verdict::Fail && check.cause.is_none()
}

/// True if a pattern, in which one `*` stands for anything, stands for an id.
fn stands_for(pattern: &str, id: &str) -> bool {
    match pattern.split_once('*') {
        Some((begin, end)) => {
            id.len() >= begin.len() + end.len() && id.starts_with(begin) && id.ends_with(end)
        }
        None => pattern == id,
    }
}

/// Asserts that every pattern in a table stands for at least one case.
#[cfg(test)]
pub(super) fn assert_speaks_of<Look>(table: &[Telltale<Look>], cases: &[String]) {
    for telltale in table {
        for pattern in telltale.among.iter().chain(telltale.surely) {
            assert!(
                cases.iter().any(|id| stands_for(pattern, id)),
                "no case is {pattern}"
            );
        }
        for sure in telltale.surely {
            let mut among = telltale.among.iter();
            assert!(among.any(|glob| stands_for(glob, sure)), "{sure}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything_between_what_it_stands_between() {
        for id in ["a-b-c", "a--c", "a-bb-c"] {
            assert!(stands_for("a-*-c", id), "{id}");
        }
        for id in ["a-c", "a-b-d", "b-b-c", ""] {
            assert!(!stands_for("a-*-c", id), "{id}");
        }
    }
}
