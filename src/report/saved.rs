//! Reports that were written as JSON, read back, joined and compared.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::picture::safe;
use crate::judge::check::{Check, Summary, Verdict};

/// A report as it lies in a file. Fields that newer versions add are passed over.
#[derive(Debug, Clone, Deserialize)]
pub struct Saved {
    /// The version that wrote it.
    pub unstick: String,
    /// The testee that was judged.
    pub testee: SavedTestee,
    /// The class that the testee claims, where that was judged.
    #[serde(default)]
    pub class: Option<String>,
    /// The way in which octets were kept apart: `drain-gated`, `timed` or `direct`.
    #[serde(default)]
    pub segmentation: String,
    /// The part of the cases that was run, where it was a part.
    #[serde(default)]
    pub shard: Option<Shard>,
    /// The reason why the run did not come to its end, if it did not.
    #[serde(default)]
    pub unjudged: Option<String>,
    /// Every check.
    pub cases: Vec<Check>,
    /// The name of the report where several are shown: that of its file.
    #[serde(skip)]
    pub called: Option<String>,
}

/// The testee that was judged.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SavedTestee {
    /// `server`, `client` …
    pub role: String,
    /// The command that started it, or nothing.
    #[serde(default)]
    pub command: Vec<String>,
    /// The address at which it was found, if it was not started.
    #[serde(default)]
    pub address: Option<String>,
}

/// A part of a run that is split over several jobs: the `part`th of `parts`, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
pub struct Shard {
    /// Number of the part, from 1.
    pub part: usize,
    /// Number of parts.
    pub parts: usize,
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text
            .split_once('/')
            .and_then(|(part, parts)| Some((part.parse().ok()?, parts.parse().ok()?)));
        match numbers {
            Some((part, parts)) if (1..=parts).contains(&part) => Ok(Self { part, parts }),
            _ => Err(format!(
                "expected K/N with K from 1 to N, such as 1/4, got {text:?}"
            )),
        }
    }
}

impl Shard {
    /// True if the case at this place belongs to the part: the same split every time.
    #[must_use]
    pub const fn has(self, place: usize) -> bool {
        place % self.parts == self.part - 1
    }
}

impl Saved {
    /// Reads a report.
    ///
    /// # Errors
    /// The error in the text, with its place.
    pub fn read(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| format!("no report of unstick: {error}"))
    }

    /// Short name of the testee.
    #[must_use]
    pub fn name(&self) -> String {
        let name = match &self.testee.address {
            Some(address) => address.clone(),
            None => self.testee.command.join(" "),
        };
        let name = if name.is_empty() {
            self.testee.role.clone()
        } else {
            name
        };
        safe(name)
    }

    /// The name of the report beside others.
    #[must_use]
    pub fn label(&self) -> String {
        self.called.clone().unwrap_or_else(|| self.name())
    }

    /// Number of checks that passed, or are acceptable.
    #[must_use]
    pub fn passed(&self) -> usize {
        let summary = self.summary();
        summary.pass + summary.acceptable
    }

    /// Numbers of checks, by verdict.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary::of(&self.cases)
    }

    /// The verdict of each case: the worst of its checks.
    #[must_use]
    pub fn by_case(&self) -> BTreeMap<String, Verdict> {
        let mut verdicts: BTreeMap<String, Verdict> = BTreeMap::new();
        for check in &self.cases {
            let verdict = verdicts
                .entry(check.id.to_string())
                .or_insert(check.verdict);
            if badness(check.verdict) > badness(*verdict) {
                *verdict = check.verdict;
            }
        }
        verdicts
    }
}

/// Rank of a verdict for a case that has several, the worst highest: a case of which something was seen is not
/// a skipped one.
#[must_use]
pub const fn badness(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Skipped => 0,
        Verdict::Pass => 1,
        Verdict::Acceptable => 2,
        Verdict::Error => 3,
        Verdict::Flaky => 4,
        Verdict::Fail => 5,
    }
}

/// Joins the parts of split runs. Reports of one run stand together in the order of the first.
///
/// # Errors
/// The part that is missing, or there twice.
pub fn join(reports: Vec<Saved>) -> Result<Vec<Saved>, String> {
    let mut joined: Vec<(Saved, Vec<usize>)> = Vec::new();
    for report in reports {
        let Some(shard) = report.shard else {
            joined.push((report, Vec::new()));
            continue;
        };
        let same = |(other, parts): &&mut (Saved, Vec<usize>)| {
            other.testee == report.testee
                && other.class == report.class
                && !parts.is_empty()
                && other.shard.is_some_and(|other| other.parts == shard.parts)
        };
        match joined.iter_mut().find(same) {
            None => joined.push((report, vec![shard.part])),
            Some((_, parts)) if parts.contains(&shard.part) => {
                let name = report.name();
                return Err(format!(
                    "part {} of {} of {name} is there twice",
                    shard.part, shard.parts
                ));
            }
            Some((whole, parts)) => {
                parts.push(shard.part);
                whole.cases.extend(report.cases);
                whole.unjudged = whole.unjudged.take().or(report.unjudged);
            }
        }
    }
    for (report, parts) in &joined {
        let Some(shard) = report.shard else { continue };
        if let Some(missing) = (1..=shard.parts).find(|part| !parts.contains(part)) {
            let name = report.name();
            return Err(format!(
                "part {missing} of {} of {name} is missing",
                shard.parts
            ));
        }
    }
    Ok(joined
        .into_iter()
        .map(|(report, _)| Saved {
            shard: None,
            ..report
        })
        .collect())
}

/// A case whose verdict differs between two runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The case.
    pub id: String,
    /// The old verdict; none where the case was not run.
    pub old: Option<Verdict>,
    /// The new verdict, likewise.
    pub new: Option<Verdict>,
}

impl Change {
    /// True if the case got worse: a failure that is new or worse than before, or a case that showed something
    /// and is not run any more.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        let bad = |verdict: Option<Verdict>| verdict.map_or(0, badness);
        let shown = |verdict: Option<Verdict>| verdict.is_some_and(|v| v != Verdict::Skipped);
        (bad(self.new) >= 3 && bad(self.new) > bad(self.old))
            || (shown(self.old) && !shown(self.new))
    }
}

/// The cases whose verdicts differ, worse ones first.
#[must_use]
pub fn changes(old: &Saved, new: &Saved) -> Vec<Change> {
    let (before, after) = (old.by_case(), new.by_case());
    let mut ids: Vec<&String> = before.keys().chain(after.keys()).collect();
    ids.sort();
    ids.dedup();
    let mut changes: Vec<Change> = ids
        .into_iter()
        .map(|id| Change {
            id: id.clone(),
            old: before.get(id).copied(),
            new: after.get(id).copied(),
        })
        .filter(|change| change.old != change.new)
        .collect();
    changes.sort_by_key(|change| (!change.is_worse(), change.id.clone()));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(shard: &str, cases: &[(&str, &str)]) -> Saved {
        let cases: Vec<String> = cases
            .iter()
            .map(|(id, verdict)| {
                format!(
                    r#"{{"id":"{id}","requirements":["FRM-2"],"segmentation":null,"verdict":"{verdict}","message":""}}"#
                )
            })
            .collect();
        Saved::read(&format!(
            r#"{{"unstick":"0.1.0","testee":{{"role":"server","command":["a"]}},{shard}"segmentation":"direct","cases":[{}]}}"#,
            cases.join(",")
        ))
        .unwrap()
    }

    #[test]
    fn the_worst_check_is_the_verdict_of_a_case() {
        let saved = report(
            "",
            &[
                ("a", "skipped"),
                ("a", "pass"),
                ("b", "pass"),
                ("b", "fail"),
                ("b", "flaky"),
            ],
        );
        let verdicts = saved.by_case();
        assert_eq!(verdicts["a"], Verdict::Pass);
        assert_eq!(verdicts["b"], Verdict::Fail);
    }

    #[test]
    fn parts_are_joined_and_missed() {
        let part = |part: usize| {
            report(
                &format!(r#""shard":{{"part":{part},"parts":2}},"#),
                &[(if part == 1 { "a" } else { "b" }, "pass")],
            )
        };
        let joined = join(vec![part(2), part(1)]).unwrap();
        assert_eq!(joined.len(), 1);
        assert_eq!(joined[0].cases.len(), 2);
        assert_eq!(
            join(vec![part(2)]).unwrap_err(),
            "part 1 of 2 of a is missing"
        );
        assert_eq!(
            join(vec![part(2), part(2)]).unwrap_err(),
            "part 2 of 2 of a is there twice"
        );
        assert_eq!(
            join(vec![report("", &[]), report("", &[])]).unwrap().len(),
            2
        );
    }

    #[test]
    fn what_got_worse_is_told_from_what_changed() {
        let old = report(
            "",
            &[
                ("a", "pass"),
                ("b", "fail"),
                ("c", "pass"),
                ("d", "pass"),
                ("e", "pass"),
            ],
        );
        let new = report(
            "",
            &[
                ("a", "fail"),
                ("b", "pass"),
                ("c", "acceptable"),
                ("d", "skipped"),
                ("f", "pass"),
            ],
        );
        let worse: Vec<String> = changes(&old, &new)
            .into_iter()
            .filter(Change::is_worse)
            .map(|change| change.id)
            .collect();
        assert_eq!(worse, ["a", "d", "e"]);
        assert_eq!(changes(&old, &new).len(), 6);
        assert!(changes(&old, &old).is_empty());
    }

    #[test]
    fn shards_split_all_cases_once() {
        let parts: Vec<Shard> = (1..=3)
            .map(|part| format!("{part}/3").parse().unwrap())
            .collect();
        for place in 0..10 {
            assert_eq!(parts.iter().filter(|part| part.has(place)).count(), 1);
        }
        for wrong in ["", "1", "0/3", "4/3", "1/0", "a/b", "1/2/3"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
