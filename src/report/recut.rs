//! The reports of conversations that were held again under every cut.

use std::fmt::Write;

use serde_json::Value;

use super::saved::Shard;
use super::{Report, json};
use crate::judge::check::{Summary, Verdict};
use crate::judge::sentence::Sentence;
use crate::recut::finding::Finding;

/// Number of findings that are shown whole, and of ids of others of the same kind that are named.
const SHOWN_WHOLE: usize = 6;
const NAMED: usize = 8;

/// The report as JSON: as of any run, and each case that failed has `cut` and `shrunk`, and `frame` where the
/// framing is known.
#[must_use]
pub fn as_json(
    report: &Report<'_>,
    shard: Option<Shard>,
    findings: &[Finding],
    notes: &[String],
) -> String {
    let text = json::write(report, shard);
    let Ok(mut value) = serde_json::from_str::<Value>(&text) else {
        return text;
    };
    if let Some(cases) = value["cases"].as_array_mut() {
        for (case, finding) in cases.iter_mut().zip(findings) {
            if let Some(cut) = &finding.cut {
                case["cut"] = serde_json::to_value(cut).unwrap_or_default();
            }
            if let Some(frame) = &finding.frame {
                case["frame"] = serde_json::to_value(frame).unwrap_or_default();
            }
            if let Some(shrunk) = &finding.shrunk {
                case["shrunk"] = serde_json::to_value(shrunk).unwrap_or_default();
            }
        }
    }
    value["notes"] = notes.into();
    let mut text = serde_json::to_string_pretty(&value).unwrap_or(text);
    text.push('\n');
    text
}

/// Findings of one kind: the same turn, the same requirement, the same likely cause.
struct Group<'f> {
    first: &'f Finding,
    others: Vec<&'f str>,
}

fn groups<'f>(report: &Report<'_>, findings: &'f [Finding]) -> Vec<Group<'f>> {
    let mut groups: Vec<(_, Group<'f>)> = Vec::new();
    for finding in findings {
        let check = &finding.check;
        let counts = matches!(
            check.verdict,
            Verdict::Fail | Verdict::Flaky | Verdict::Error
        );
        if !counts || report.known.expects(check) {
            continue;
        }
        let turn = finding.cut.as_ref().and_then(|cut| cut.turn);
        let key = (
            check.verdict,
            check.requirement().to_owned(),
            turn,
            check.cause.clone(),
        );
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, group)) => group.others.push(&check.id),
            None => groups.push((
                key,
                Group {
                    first: finding,
                    others: Vec::new(),
                },
            )),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// The report for people.
#[must_use]
pub fn as_text(report: &Report<'_>, findings: &[Finding], notes: &[String]) -> String {
    let mut out = String::new();
    let groups = groups(report, findings);
    for group in groups.iter().take(SHOWN_WHOLE) {
        show(group, report, &mut out);
    }
    for group in groups.iter().skip(SHOWN_WHOLE) {
        let check = &group.first.check;
        let _ = writeln!(out, "also {}: {}", check.id, check.message);
    }
    for note in notes {
        let _ = writeln!(out, "note {note}");
    }
    let mut left_out: Vec<&Sentence> = Vec::new();
    for finding in findings {
        let check = &finding.check;
        match check.verdict {
            Verdict::Acceptable => {
                let _ = writeln!(out, "acceptable {}: {}", check.id, check.message);
            }
            Verdict::Skipped => left_out.push(&check.message),
            _ if report.known.expects(check) => {
                let reason = report.known.reason(&check.id).unwrap_or_default();
                let _ = writeln!(out, "known failure {}: {reason}", check.id);
            }
            _ => {}
        }
    }
    if let Some(why) = left_out.first() {
        let _ = writeln!(out, "skipped {} cuts: {why}", left_out.len());
    }
    let stale = report.stale();
    for line in &stale {
        let _ = writeln!(out, "known-failures {line}");
    }
    if !stale.is_empty() {
        let _ = writeln!(out, "the list would be true with these lines:");
        for entry in report.known.mended(report.checks).lines() {
            let _ = writeln!(out, "  {entry}");
        }
    }
    last_line(report, &mut out);
    out
}

fn show(group: &Group<'_>, report: &Report<'_>, out: &mut String) {
    let check = &group.first.check;
    let verdict = check.verdict.name().to_uppercase();
    let _ = writeln!(out, "{verdict} {} {}", check.id, check.requirement());
    for line in group.first.shown.lines() {
        let _ = writeln!(out, "    {line}");
    }
    let _ = writeln!(out, "  what happened: {}", check.message);
    if let Some(cause) = &check.cause {
        let _ = writeln!(out, "  likely cause: {cause}");
    }
    let rerun = report.testee.again.replace("{case}", &check.id);
    let _ = writeln!(out, "  rerun: {rerun}");
    if !group.others.is_empty() {
        let more = match group.others.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = group.others[..group.others.len().min(NAMED)].join(" ");
        let _ = writeln!(out, "  also failing: {named}{more}");
    }
    let _ = writeln!(out);
}

fn last_line(report: &Report<'_>, out: &mut String) {
    let summary = Summary::of(report.checks);
    let parts: Vec<String> = Verdict::ALL
        .into_iter()
        .filter(|verdict| summary.count(*verdict) > 0 || *verdict == Verdict::Fail)
        .map(|verdict| format!("{} {}", summary.count(verdict), verdict.name()))
        .collect();
    let _ = writeln!(
        out,
        "recut {} cuts, {}: {}",
        report.checks.len(),
        report.segmentation,
        parts.join(", ")
    );
}
