//! The report for people: what a stranger needs to fix each bug, and no wall of the same.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use super::{Group, Report};
use crate::judge::check::{Check, Summary, Verdict};
use crate::suite::requirement;
use crate::trace::Class;

const BAD: Style = AnsiColor::Red.on_default().bold();
const ODD: Style = AnsiColor::Yellow.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// How many other cases of a group are named.
const NAMED: usize = 6;

/// Writes the whole report. It holds colours, to be stripped where nobody can see them.
#[must_use]
pub fn write(report: &Report<'_>) -> String {
    let mut out = String::new();
    for group in report.groups() {
        show(&group, report, &mut out);
    }
    notes(report, &mut out);
    last_line(report, &mut out);
    out
}

fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// `1 check`, `2 checks`.
fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

macro_rules! line {
    ($out:expr) => { line!($out, "") };
    ($out:expr, $($argument:tt)*) => {
        writeln!($out, $($argument)*).expect("a string takes everything")
    };
}

fn show(group: &Group<'_>, report: &Report<'_>, out: &mut String) {
    let style = match group.verdict {
        Verdict::Fail => BAD,
        _ => ODD,
    };
    let mut ids: Vec<&str> = group.checks.iter().map(|check| check.id.as_str()).collect();
    ids.dedup();
    ids.sort_unstable();
    ids.dedup();
    line!(
        out,
        "{} {} {}",
        paint(style, &group.verdict.name().to_uppercase()),
        paint(STRONG, group.requirement),
        paint(
            FAINT,
            &format!(
                "({} of {})",
                count(group.checks.len(), "check"),
                count(ids.len(), "case")
            )
        ),
    );
    if let Some(requirement) = requirement::find(group.requirement) {
        line!(out, "  {}", requirement.text);
    }
    line!(out);
    let example = group.checks[0];
    let how = example
        .segmentation
        .map_or_else(String::new, |segmentation| {
            format!(", sent {}", segmentation.in_words())
        });
    line!(out, "  {}{how}", paint(STRONG, &example.id));
    line!(out, "  {}", example.title);
    line!(out);
    if let Some(evidence) = &example.evidence {
        for shown in evidence.to_string().lines() {
            line!(out, "    {shown}");
        }
        line!(out);
    }
    line!(
        out,
        "  {}: {}",
        paint(style, "what happened"),
        example.message
    );
    if let Some(cause) = group.cause {
        line!(out, "  {}: {cause}", paint(style, "likely cause"));
    }
    line!(
        out,
        "  {}: {}",
        paint(STRONG, "again"),
        again(report, example)
    );
    let others: Vec<&str> = ids.into_iter().filter(|id| *id != example.id).collect();
    if !others.is_empty() {
        let more = match others.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = others[..others.len().min(NAMED)].join(" ");
        line!(out, "  {}: {named}{more}", paint(STRONG, "also"));
    }
    line!(out);
}

fn again(report: &Report<'_>, check: &Check) -> String {
    check
        .rerun
        .clone()
        .unwrap_or_else(|| report.testee.again.replace("{case}", &check.id))
}

/// What is worth knowing beside the failures.
fn notes(report: &Report<'_>, out: &mut String) {
    let told: Vec<(&str, &str)> = report
        .checks
        .iter()
        .filter(|check| check.verdict == Verdict::Acceptable)
        .map(|check| (check.id.as_str(), check.message.as_str()))
        .collect();
    say_once(told, "acceptable", out);
    let told: Vec<(&str, &str)> = report
        .checks
        .iter()
        .filter(|check| check.verdict == Verdict::Skipped)
        .map(|check| (check.id.as_str(), check.message.as_str()))
        .collect();
    say_once(told, "skipped", out);
    let mut known: Vec<&str> = report
        .checks
        .iter()
        .filter(|check| report.known.expects(check))
        .map(|check| check.id.as_str())
        .collect();
    known.dedup();
    for id in known {
        let reason = report.known.reason(id).unwrap_or_default();
        line!(out, "{} {id}: {reason}", paint(FAINT, "known failure"));
    }
    let stale = report.stale();
    for line in &stale {
        line!(out, "{} {line}", paint(BAD, "known-failures"));
    }
    if !stale.is_empty() {
        line!(out, "the list would be true with these lines:");
        for entry in report.known.mended(report.checks).lines() {
            line!(out, "  {entry}");
        }
    }
}

/// Messages that many checks have in common, each with how many.
fn say_once(told: Vec<(&str, &str)>, verdict: &str, out: &mut String) {
    let mut by_message: Vec<(&str, Vec<&str>)> = Vec::new();
    for (id, message) in told {
        match by_message.iter_mut().find(|(known, _)| *known == message) {
            Some((_, ids)) => ids.push(id),
            None => by_message.push((message, vec![id])),
        }
    }
    for (message, ids) in by_message {
        let which = match ids.as_slice() {
            [id] => (*id).to_owned(),
            ids if ids.iter().all(|id| *id == ids[0]) => ids[0].to_owned(),
            ids => count(ids.len(), "check"),
        };
        line!(out, "{} {which}: {message}", paint(FAINT, verdict));
    }
}

/// Honest denominators, by class.
fn last_line(report: &Report<'_>, out: &mut String) {
    let summary = report.summary();
    let mut parts: Vec<String> = Verdict::ALL
        .into_iter()
        .filter(|verdict| summary.count(*verdict) > 0 || *verdict == Verdict::Fail)
        .map(|verdict| {
            let text = format!("{} {}", summary.count(verdict), verdict.name());
            match verdict {
                Verdict::Fail | Verdict::Flaky | Verdict::Error if summary.count(verdict) > 0 => {
                    paint(BAD, &text)
                }
                Verdict::Pass => paint(GOOD, &text),
                _ => text,
            }
        })
        .collect();
    for class in [Class::Framing, Class::Session, Class::Transfer] {
        let of_class: Vec<&Check> = report
            .checks
            .iter()
            .filter(|check| check.class == class)
            .collect();
        if !of_class.is_empty() {
            let passed = Summary::of(of_class.iter().copied()).pass;
            parts.push(format!("{} {passed}/{}", class.name(), of_class.len()));
        }
    }
    line!(
        out,
        "{} {}{}, {}: {}",
        paint(STRONG, report.testee.role),
        count(report.checks.len(), "check"),
        report
            .class
            .map_or_else(String::new, |class| format!(", class {}", class.name())),
        report.segmentation,
        parts.join(", ")
    );
}
