//! What reports for people show, in the order in which they show it: one model for every format.

use super::{Group, Report};
use crate::framing::{Framing, Next, Place};
use crate::judge::check::{Check, Verdict};
use crate::judge::evidence::Evidence;
use crate::suite::requirement;
use crate::trace::octets::Octets;
use crate::trace::visible::Visible;

/// The octets of a chunk that a picture shows at either end; what lies between is counted.
const EDGE: usize = 96;

/// The chunks of a conversation that a picture shows.
const CHUNKS: usize = 24;

/// The cases that a finding lists beside its example.
const OTHERS: usize = 40;

/// A verdict and how many checks got it.
#[derive(Debug, Clone, Copy)]
pub struct Count {
    /// `pass`, `fail` …
    pub verdict: &'static str,
    /// How many.
    pub number: usize,
}

/// A requirement and how its checks went.
#[derive(Debug)]
pub struct RequirementRow {
    /// `FRM-2`
    pub id: String,
    /// What it demands.
    pub text: String,
    /// How many checks of it passed, or are acceptable.
    pub good: usize,
    /// How many did not.
    pub bad: usize,
    /// How many were not made.
    pub skipped: usize,
}

/// All that has one cause.
#[derive(Debug)]
pub struct FindingView {
    /// The place of its link: `finding-1`.
    pub anchor: String,
    /// `fail`, `flaky` or `error`.
    pub verdict: &'static str,
    /// The requirement that is broken.
    pub requirement: String,
    /// What that demands, and why.
    pub text: String,
    /// The reason of the requirement.
    pub why: String,
    /// The likely mistake.
    pub cause: Option<String>,
    /// What happened in the example.
    pub message: String,
    /// The example's id, with how it was cut.
    pub example: String,
    /// What must be done in it.
    pub title: String,
    /// How the stream was cut, in words.
    pub cut: String,
    /// The example's conversation.
    pub picture: Option<Picture>,
    /// The command that runs it again.
    pub rerun: String,
    /// Other checks that show the same, by id.
    pub others: Vec<String>,
    /// How many more there are.
    pub more: usize,
    /// How many checks there are in all.
    pub checks: usize,
}

/// A conversation, drawn: what was sent on one side, what came on the other.
#[derive(Debug)]
pub struct Picture {
    /// The lines that were typed into a client.
    pub typed: Vec<String>,
    /// Each write.
    pub sent: Vec<Chunk>,
    /// How many writes are not shown.
    pub more_sent: usize,
    /// What came, in one piece.
    pub seen: Chunk,
    /// What was expected.
    pub expected: String,
    /// How the connection ended.
    pub ended: String,
    /// The end of standard error.
    pub stderr: String,
}

/// Octets in a row, with their frames.
#[derive(Debug)]
pub struct Chunk {
    /// Its length in octets.
    pub octets: usize,
    /// Runs of octets that belong together: a length, a payload, what is no frame.
    pub runs: Vec<Run>,
}

/// Octets that belong together.
#[derive(Debug)]
pub struct Run {
    /// `length`, `payload`, `raw`, or `gap` for what is not shown.
    pub kind: &'static str,
    /// In hexadecimal.
    pub hex: String,
    /// As text, dots for what is none.
    pub text: String,
}

/// One row of all checks.
#[derive(Debug)]
pub struct CheckRow {
    /// The id, with how it was cut: the place of its link.
    pub anchor: String,
    /// The case.
    pub id: String,
    /// The requirement that it is about.
    pub requirement: String,
    /// How it was cut.
    pub segmentation: &'static str,
    /// The verdict.
    pub verdict: &'static str,
    /// Why, where it did not pass.
    pub message: String,
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
    /// What it claims.
    pub class: Option<&'static str>,
    /// How chunks were kept apart.
    pub segmentation: &'static str,
    /// Why the run did not come to its end, if it did not.
    pub unjudged: Option<String>,
    /// The verdicts that occur.
    pub counts: Vec<Count>,
    /// How many checks there are.
    pub total: usize,
    /// The requirements that were judged.
    pub requirements: Vec<RequirementRow>,
    /// What was found, the most important first.
    pub findings: Vec<FindingView>,
    /// Every check.
    pub checks: Vec<CheckRow>,
    /// Whether the run is a success.
    pub green: bool,
}

impl View {
    /// What people are shown of a report.
    #[must_use]
    pub fn of(report: &Report<'_>) -> Self {
        let summary = report.summary();
        let subject = match &report.testee.address {
            Some(address) => address.clone(),
            None => report.testee.command.join(" "),
        };
        let groups = report.groups();
        let findings = groups.iter().enumerate();
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
            requirements: requirements(report.checks),
            findings: findings
                .map(|(place, group)| finding(place + 1, group, &report.testee.again))
                .collect(),
            checks: report.checks.iter().map(row).collect(),
            green: !report.failed() && !report.unjudged(),
        }
    }
}

/// Text of others, in which nothing commands whoever shows it.
fn safe(text: impl std::fmt::Display) -> String {
    Visible::of(text).as_str().to_owned()
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
    }
}

fn requirements(checks: &[Check]) -> Vec<RequirementRow> {
    let mut rows: Vec<RequirementRow> = Vec::new();
    for check in checks {
        let id = check.requirement();
        let place = rows.iter().position(|row| row.id == id);
        let row = match place {
            Some(place) => &mut rows[place],
            None => {
                rows.push(RequirementRow {
                    id: safe(id),
                    text: requirement::find(id)
                        .map_or_else(String::new, |requirement| requirement.text.clone()),
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

fn finding(number: usize, group: &Group<'_>, again: &str) -> FindingView {
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
        text: found.map_or_else(String::new, |found| found.text.clone()),
        why: found.map_or_else(String::new, |found| found.rationale.clone()),
        cause: group.cause.map(safe),
        message: safe(&example.message),
        example: anchor(example),
        title: safe(&example.title),
        cut: example
            .segmentation
            .map_or_else(String::new, |cut| format!("sent {}", cut.in_words())),
        picture: example.evidence.as_ref().map(picture),
        rerun: safe(rerun),
        more: group.checks.len() - 1 - others.len(),
        others,
        checks: group.checks.len(),
    }
}

fn picture(evidence: &Evidence) -> Picture {
    let reference: Framing = "u32be".parse().expect("it is a preset");
    Picture {
        typed: evidence.typed.iter().map(safe).collect(),
        sent: evidence.sent.iter().take(CHUNKS).map(raw).collect(),
        more_sent: evidence.sent.len().saturating_sub(CHUNKS),
        seen: framed(&evidence.seen, &reference),
        expected: safe(&evidence.expected),
        ended: safe(&evidence.ended),
        stderr: safe(evidence.stderr.trim()),
    }
}

/// What one write sent. Where frames begin is not its matter: that is the point of cutting.
fn raw(octets: &Octets) -> Chunk {
    let mut runs = Vec::new();
    shown("raw", &octets.to_vec(), &mut runs);
    Chunk {
        octets: octets.len(),
        runs,
    }
}

/// What came, divided into frames as far as they are whole.
fn framed(octets: &Octets, framing: &Framing) -> Chunk {
    let all = octets.to_vec();
    let mut rest = all.as_slice();
    let mut runs = Vec::new();
    while let Next::Frame(frame) = framing.next(rest) {
        for (place, part) in &frame.parts {
            let kind = match place {
                Place::Payload => "payload",
                _ => "length",
            };
            shown(kind, &rest[part.clone()], &mut runs);
        }
        rest = &rest[frame.length..];
        if frame.length == 0 || runs.len() > 4 * CHUNKS {
            break;
        }
    }
    shown("raw", rest, &mut runs);
    Chunk {
        octets: all.len(),
        runs,
    }
}

fn shown(kind: &'static str, octets: &[u8], runs: &mut Vec<Run>) {
    if octets.len() > 2 * EDGE {
        let (first, last) = (&octets[..EDGE], &octets[octets.len() - EDGE..]);
        runs.push(run(kind, first));
        runs.push(Run {
            kind: "gap",
            hex: String::new(),
            text: format!("… {} octets …", octets.len() - 2 * EDGE),
        });
        runs.push(run(kind, last));
    } else if !octets.is_empty() {
        runs.push(run(kind, octets));
    }
}

fn run(kind: &'static str, octets: &[u8]) -> Run {
    let hex: Vec<String> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    let text = octets
        .iter()
        .map(|octet| match octet {
            b' '..=b'~' => char::from(*octet),
            _ => '·',
        })
        .collect();
    Run {
        kind,
        hex: hex.join(" "),
        text,
    }
}
