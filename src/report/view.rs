//! The content of reports for people, in the order in which they show it: one model for every format.

use super::picture::{Picture, Ruler, safe};
use super::{Group, Report};
use crate::judge::check::{Check, Verdict};
use crate::suite::requirement;
use crate::trace::Class;
use crate::trace::visible::Visible;

/// Characters of a command line that are shown.
pub(super) const COMMAND: usize = 32 * 1024;

/// The cases that a finding lists beside its example.
const OTHERS: usize = 40;

/// A verdict and the number of checks that got it.
#[derive(Debug, Clone, Copy)]
pub struct Count {
    /// `pass`, `fail` …
    pub verdict: &'static str,
    /// Number of these checks.
    pub number: usize,
}

/// The results of the checks of a class or a chapter, as numbers.
#[derive(Debug)]
pub struct Tally {
    /// Name of the class or the chapter.
    pub name: String,
    /// Number of checks that passed, or are acceptable.
    pub good: usize,
    /// Number of checks that did not.
    pub bad: usize,
    /// Number of checks that were not made.
    pub skipped: usize,
}

/// A requirement and the results of its checks, as numbers.
#[derive(Debug)]
pub struct RequirementRow {
    /// `FRM-2`
    pub id: String,
    /// The first finding about it, as a link.
    pub finding: Option<String>,
    /// The text of the requirement.
    pub text: String,
    /// Number of its checks that passed, or are acceptable.
    pub good: usize,
    /// Number of its checks that did not.
    pub bad: usize,
    /// Number of its checks that were not made.
    pub skipped: usize,
}

/// All checks that have one cause.
#[derive(Debug)]
pub struct FindingView {
    /// The place of its link: `finding-1`.
    pub anchor: String,
    /// `fail`, `flaky` or `error`.
    pub verdict: &'static str,
    /// The requirement that is broken.
    pub requirement: String,
    /// The text of that requirement.
    pub text: String,
    /// The reason of the requirement.
    pub why: String,
    /// The likely mistake.
    pub cause: Option<String>,
    /// The message of the example.
    pub message: String,
    /// The example's id, with how it was cut.
    pub example: String,
    /// The title: what must be done in it.
    pub title: String,
    /// The cut of the stream, in words.
    pub cut: String,
    /// The example's conversation.
    pub picture: Option<Picture>,
    /// The command that runs it again.
    pub rerun: String,
    /// Other checks that show the same, by id.
    pub others: Vec<String>,
    /// Number of checks not listed.
    pub more: usize,
    /// Number of checks in all.
    pub checks: usize,
}

/// A row of the list of all checks.
#[derive(Debug)]
pub struct CheckRow {
    /// The id, with how it was cut: the place of its link.
    pub anchor: String,
    /// The case.
    pub id: String,
    /// The requirement that it is about.
    pub requirement: String,
    /// The segmentation, by name.
    pub segmentation: &'static str,
    /// The verdict.
    pub verdict: &'static str,
    /// The reason, where the check did not pass.
    pub message: String,
    of: Verdict,
}

/// A whole report.
#[derive(Debug)]
pub struct View {
    /// The version that judged.
    pub version: &'static str,
    /// `server`, `client` …
    pub role: &'static str,
    /// The command or the address of what was judged.
    pub subject: String,
    /// The class that it claims.
    pub class: Option<&'static str>,
    /// The way in which chunks were kept apart.
    pub segmentation: &'static str,
    /// The reason why the run did not come to its end, if it did not.
    pub unjudged: Option<String>,
    /// The verdicts that occur.
    pub counts: Vec<Count>,
    /// Number of checks in all.
    pub total: usize,
    /// The requirements that were judged.
    pub requirements: Vec<RequirementRow>,
    /// The findings, the most important first.
    pub findings: Vec<FindingView>,
    /// Every check.
    pub checks: Vec<CheckRow>,
    /// The checks of each class, where classes are judged.
    pub classes: Vec<Tally>,
    /// Number of checks that passed, or are acceptable.
    pub passed: usize,
    /// Number of checks that were owed: those that were not skipped, or were left out to save time.
    pub owed: usize,
    /// True if the run is a success.
    pub green: bool,
}

/// The checks of one chapter, which a page folds.
#[derive(Debug)]
pub struct ChapterView<'v> {
    /// The results, as numbers.
    pub tally: Tally,
    /// A row for each check.
    pub rows: Vec<&'v CheckRow>,
}

impl View {
    /// The checks by chapter: the part of their ids before the last slash.
    #[must_use]
    pub fn chapters(&self) -> Vec<ChapterView<'_>> {
        let mut chapters: Vec<ChapterView<'_>> = Vec::new();
        for row in &self.checks {
            let name = row.id.rsplit_once('/').map_or("", |(chapter, _)| chapter);
            let place = chapters.iter().position(|one| one.tally.name == name);
            let place = place.unwrap_or_else(|| {
                chapters.push(ChapterView {
                    tally: Tally::named(name.to_owned()),
                    rows: Vec::new(),
                });
                chapters.len() - 1
            });
            chapters[place].tally.count(row.of);
            chapters[place].rows.push(row);
        }
        chapters
    }
}

impl Tally {
    const fn named(name: String) -> Self {
        Self {
            name,
            good: 0,
            bad: 0,
            skipped: 0,
        }
    }

    /// Number of checks in all.
    #[must_use]
    pub const fn all(&self) -> usize {
        self.good + self.bad + self.skipped
    }

    const fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Pass | Verdict::Acceptable => self.good += 1,
            Verdict::Fail | Verdict::Flaky | Verdict::Error => self.bad += 1,
            Verdict::Skipped => self.skipped += 1,
        }
    }
}

impl View {
    /// The view of a report.
    #[must_use]
    pub fn of(report: &Report<'_>) -> Self {
        let summary = report.summary();
        let subject = match &report.testee.address {
            Some(address) => address.clone(),
            None => report.testee.command.join(" "),
        };
        let groups = report.groups();
        let ruler = ruler(report);
        let findings: Vec<FindingView> = groups
            .iter()
            .enumerate()
            .map(|(place, group)| finding(place + 1, group, &report.testee.again, &ruler))
            .collect();
        let passed = summary.pass + summary.acceptable;
        Self {
            version: env!("CARGO_PKG_VERSION"),
            role: report.testee.role,
            subject: safe(subject),
            class: report.class.map(crate::trace::Class::name),
            segmentation: report.segmentation,
            unjudged: report.unjudged.map(safe),
            counts: Verdict::ALL
                .into_iter()
                .map(|verdict| Count {
                    verdict: verdict.name(),
                    number: summary.count(verdict),
                })
                .filter(|count| count.number > 0)
                .collect(),
            total: report.checks.len(),
            requirements: requirements(report, &findings),
            findings,
            classes: report
                .class
                .map_or_else(Vec::new, |_| classes(report.checks)),
            passed,
            owed: owed(report.checks),
            checks: report.checks.iter().map(row).collect(),
            green: !report.failed() && !report.unjudged(),
        }
    }
}

/// The ruler for the report's pictures.
fn ruler(report: &Report<'_>) -> Ruler {
    let sends_files = matches!(
        report.class,
        Some(Class::Transfer | Class::VerifiedTransfer)
    );
    Ruler {
        framing: report.conformance_framing().cloned(),
        files: sends_files || report.testee.role == "client",
        delivered: report.testee.role == "codec",
    }
}

/// The number of checks that count: those that were made, and those that would have counted and were
/// left out to save time.
#[must_use]
pub fn owed(checks: &[Check]) -> usize {
    let counts = |check: &&Check| check.verdict != Verdict::Skipped || check.left_out;
    checks.iter().filter(counts).count()
}

/// The name of a check that is one of many of its case.
#[must_use]
pub fn anchor(check: &Check) -> String {
    match check.segmentation {
        Some(segmentation) => safe(format_args!("{}@{}", check.id, segmentation.name())),
        None => safe(&check.id),
    }
}

fn row(check: &Check) -> CheckRow {
    CheckRow {
        anchor: anchor(check),
        id: safe(&check.id),
        requirement: safe(check.requirement()),
        segmentation: check.segmentation.map_or("", |cut| cut.name()),
        verdict: check.verdict.name(),
        message: safe(&check.message),
        of: check.verdict,
    }
}

/// The checks by the lowest class that owes them.
fn classes(checks: &[Check]) -> Vec<Tally> {
    let all = [
        Class::Codec,
        Class::Framing,
        Class::Session,
        Class::Transfer,
        Class::VerifiedTransfer,
    ];
    let tally = |class: Class| {
        let mut tally = Tally::named(class.name().to_owned());
        let of_class = checks.iter().filter(|check| check.class == class);
        of_class.for_each(|check| tally.count(check.verdict));
        tally
    };
    all.into_iter()
        .map(tally)
        .filter(|tally| tally.all() > 0)
        .collect()
}

fn requirements(report: &Report<'_>, findings: &[FindingView]) -> Vec<RequirementRow> {
    let mut rows: Vec<RequirementRow> = Vec::new();
    for check in report.checks {
        let id = safe(check.requirement());
        let place = rows.iter().position(|row| row.id == id);
        let row = match place {
            Some(place) => &mut rows[place],
            None => {
                let of_it = |finding: &&FindingView| finding.requirement == id;
                let framing = report.conformance_framing();
                rows.push(RequirementRow {
                    finding: findings.iter().find(of_it).map(|one| one.anchor.clone()),
                    text: requirement::text_of(check.requirement(), framing),
                    id,
                    good: 0,
                    bad: 0,
                    skipped: 0,
                });
                rows.last_mut().expect("one was pushed")
            }
        };
        match check.verdict {
            Verdict::Pass | Verdict::Acceptable => row.good += 1,
            Verdict::Fail | Verdict::Flaky | Verdict::Error => row.bad += 1,
            Verdict::Skipped => row.skipped += 1,
        }
    }
    rows.sort_by_key(|row| requirement::position(&row.id));
    rows
}

fn finding(number: usize, group: &Group<'_>, again: &str, ruler: &Ruler) -> FindingView {
    let example = group.checks[0];
    let found = requirement::find(group.requirement);
    let others: Vec<String> = group.checks[1..]
        .iter()
        .take(OTHERS)
        .map(|check| anchor(check))
        .collect();
    let rerun = match &example.rerun {
        Some(rerun) => rerun.clone(),
        None => again.replace("{case}", &example.id),
    };
    FindingView {
        anchor: format!("finding-{number}"),
        verdict: group.verdict.name(),
        requirement: safe(group.requirement),
        text: requirement::text_of(group.requirement, ruler.framing.as_ref()),
        why: found.map_or_else(String::new, |found| {
            found.rationale_in(ruler.framing.as_ref()).to_owned()
        }),
        cause: group.cause.map(safe),
        message: safe(&example.message),
        example: anchor(example),
        title: safe(&example.title),
        cut: example
            .segmentation
            .map_or_else(String::new, |cut| format!("sent {}", cut.in_words())),
        picture: example
            .evidence
            .as_ref()
            .map(|evidence| Picture::of(evidence, ruler)),
        // A command that lacks its end cannot be run: only text too long to be a command line is shortened.
        rerun: Visible::shortened(rerun, COMMAND).as_str().to_owned(),
        more: group.checks.len() - 1 - others.len(),
        others,
        checks: group.checks.len(),
    }
}
