//! The report for people: what a stranger needs to fix each bug, and no wall of the same.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

use super::picture::LONGEST;
use super::view::COMMAND;
use super::{Group, Report};
use crate::judge::check::{Check, Summary, Verdict};
use crate::judge::sentence::Sentence;
use crate::suite::requirement;
use crate::trace::Class;
use crate::trace::segmentation::Segmentation;
use crate::trace::visible::{Page, Visible};

const BAD: Style = AnsiColor::Red.on_default().bold();
const ODD: Style = AnsiColor::Yellow.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// Number of other cases of a group that are named.
const NAMED: usize = 6;

/// The columns that a report is fitted into where the width is not known: as many as it takes.
const ANY: usize = usize::MAX;

/// Columns before each line of a conversation.
const DEPTH: usize = 4;

/// Writes the whole report. It holds colours, to be stripped where nobody can see them.
#[must_use]
pub fn write(report: &Report<'_>) -> Visible {
    write_within(report, None)
}

/// Writes the whole report for a terminal with this many columns.
#[must_use]
pub fn write_within(report: &Report<'_>, columns: Option<usize>) -> Visible {
    let mut out = Page::default();
    let mut commands = Vec::new();
    for group in report.groups() {
        show(&group, report, columns.unwrap_or(ANY), &mut out);
        commands.push(again(report, group.checks[0]));
    }
    notes(report, &mut out);
    last_line(report, &mut out);
    what_is_missing(report, &mut out);
    let page = out.finish();
    match columns {
        Some(columns) => page.within(columns, &commands),
        None => page,
    }
}

/// A text in a style of ours.
fn paint(out: &mut Page, style: Style, text: impl Display) -> &mut Page {
    out.styled(style, text, format_args!("{style:#}"))
}

/// A line that begins with a word in a style of ours.
fn line(out: &mut Page, style: Style, word: &str, rest: impl Display) {
    paint(out, style, word).add(short(rest)).end();
}

/// A text of which a screenful is shown.
fn short(text: impl Display) -> Visible {
    Visible::shortened(text, LONGEST)
}

/// `1 check`, `2 checks`.
fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

fn show(group: &Group<'_>, report: &Report<'_>, columns: usize, out: &mut Page) {
    let style = match group.verdict {
        Verdict::Fail => BAD,
        _ => ODD,
    };
    let mut ids: Vec<&str> = group.checks.iter().map(|check| check.id.as_str()).collect();
    ids.dedup();
    ids.sort_unstable();
    ids.dedup();
    headline(group, style, ids.len(), report, out);
    let example = group.checks[0];
    show_example(example, columns, out);
    out.add("  ");
    line(
        out,
        style,
        "what happened",
        format_args!(": {}", example.message),
    );
    if let Some(cause) = group.cause {
        out.add("  ");
        line(out, style, "likely cause", format_args!(": {cause}"));
    }
    let mut shown: Vec<&str> = Vec::new();
    for id in group.checks.iter().flat_map(|check| &check.requirements) {
        if *id != group.requirement && !shown.contains(&id.as_str()) {
            shown.push(id);
        }
    }
    if !shown.is_empty() {
        shown.sort_by_key(|id| requirement::position(id));
        out.add("  ");
        let shown = format_args!(": {}", shown.join(" ")).to_string();
        line(out, STRONG, "its cases show too", shown);
    }
    out.add("  ");
    paint(out, STRONG, "again").add(": ");
    out.add(Visible::shortened(again(report, example), COMMAND))
        .end();
    let others: Vec<&str> = ids.into_iter().filter(|id| *id != example.id).collect();
    if !others.is_empty() {
        let more = match others.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = others[..others.len().min(NAMED)].join(" ");
        out.add("  ");
        line(out, STRONG, "also", format_args!(": {named}{more}"));
    }
    out.end();
}

/// The verdict, the requirement, and how much shows it.
fn headline(group: &Group<'_>, style: Style, cases: usize, report: &Report<'_>, out: &mut Page) {
    paint(out, style, group.verdict.name().to_uppercase()).add(" ");
    paint(out, STRONG, group.requirement).add(" ");
    let checks = count(group.checks.len(), "check");
    let of = format!("({checks} of {})", count(cases, "case"));
    paint(out, FAINT, of).end();
    if let Some(requirement) = requirement::find(group.requirement) {
        let text = requirement.text_in(report.conformance_framing());
        out.add("  ").add(&text).end();
    }
    out.end();
}

fn show_example(example: &Check, columns: usize, out: &mut Page) {
    out.add("  ");
    let how = example.segmentation.map(Segmentation::in_words);
    let how = how.map_or_else(String::new, |how| format!(", sent {how}"));
    line(out, STRONG, short(&example.id).as_str(), how);
    out.add("  ").add(short(&example.title)).end().end();
    if let Some(evidence) = &example.evidence {
        for shown in evidence.within(columns.saturating_sub(DEPTH)).lines() {
            out.add(" ".repeat(DEPTH)).add(short(shown)).end();
        }
        out.end();
    }
}

fn again(report: &Report<'_>, check: &Check) -> String {
    check
        .rerun
        .clone()
        .unwrap_or_else(|| report.testee.again.replace("{case}", &check.id))
}

/// Notes that are worth knowing beside the failures.
fn notes(report: &Report<'_>, out: &mut Page) {
    let told: Vec<(&str, &Sentence)> = report
        .checks
        .iter()
        .filter(|check| check.verdict == Verdict::Acceptable)
        .map(|check| (check.id.as_str(), &check.message))
        .collect();
    say_once(told, "acceptable", out);
    let told: Vec<(&str, &Sentence)> = report
        .checks
        .iter()
        .filter(|check| check.verdict == Verdict::Skipped)
        .map(|check| (check.id.as_str(), &check.message))
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
        line(out, FAINT, "known failure", format_args!(" {id}: {reason}"));
    }
    let stale = report.stale();
    for entry in &stale {
        line(out, BAD, "known-failures", format_args!(" {entry}"));
    }
    if !stale.is_empty() {
        out.add("the list would be true with these lines:").end();
        for entry in report.known.mended(report.checks).lines() {
            out.add("  ").add(entry).end();
        }
    }
}

/// Says once each message that many checks have in common, with the number of checks.
fn say_once(told: Vec<(&str, &Sentence)>, verdict: &str, out: &mut Page) {
    let mut by_message: Vec<(&Sentence, Vec<&str>)> = Vec::new();
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
        line(out, FAINT, verdict, format_args!(" {which}: {message}"));
    }
}

/// Says why a run without failures is no success all the same.
fn what_is_missing(report: &Report<'_>, out: &mut Page) {
    if report.unjudged.is_some() || report.failed() {
        return;
    }
    let left_out = report.left_out();
    if left_out > 0 {
        let checks = count(left_out, "check");
        let why = format_args!(": {checks} of unlisted cases were left out");
        line(out, BAD, "not a success", why);
    }
    if report.tested_nothing() {
        let why = ": none of the chosen cases was tested; the lines above say why";
        line(out, BAD, "not a success", why);
    }
}

/// Honest denominators, by class.
fn last_line(report: &Report<'_>, out: &mut Page) {
    let summary = report.summary();
    let checks = count(report.checks.len(), "check");
    let class = report.class.map(Class::name);
    let class = class.map_or_else(String::new, |class| format!(", class {class}"));
    paint(out, STRONG, report.testee.role);
    out.add(format_args!(" {checks}{class}, {}: ", report.segmentation));
    let shown = Verdict::ALL
        .into_iter()
        .filter(|verdict| summary.count(*verdict) > 0 || *verdict == Verdict::Fail);
    for (place, verdict) in shown.enumerate() {
        let number = summary.count(verdict);
        let text = format!("{number} {}", verdict.name());
        out.add(if place > 0 { ", " } else { "" });
        match verdict {
            Verdict::Fail | Verdict::Flaky | Verdict::Error if number > 0 => paint(out, BAD, text),
            Verdict::Pass => paint(out, GOOD, text),
            _ => out.add(text),
        };
    }
    for class in [
        Class::Framing,
        Class::Session,
        Class::Transfer,
        Class::VerifiedTransfer,
    ] {
        let of_class: Vec<&Check> = report
            .checks
            .iter()
            .filter(|check| check.class == class)
            .collect();
        if !of_class.is_empty() {
            let passed = Summary::of(of_class.iter().copied()).pass;
            let all = of_class.len();
            out.add(format_args!(", {} {passed}/{all}", class.name()));
        }
    }
    out.end();
}
