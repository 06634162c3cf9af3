//! A badge, for the page of a project: passed of owed.

use askama::Template;

use super::Report;
use super::view::owed;

const GREEN: &str = "#1e7145";
const RED: &str = "#b3362c";
const GREY: &str = "#6b7680";

#[derive(Template)]
#[template(path = "badge.svg", escape = "html")]
struct Badge {
    width: usize,
    text: String,
    colour: &'static str,
}

/// The report as a badge in SVG: the class, where one is claimed, and how many checks passed.
///
/// # Errors
/// None that a report can cause.
pub fn write(report: &Report<'_>) -> Result<String, askama::Error> {
    let summary = report.summary();
    let passed = summary.pass + summary.acceptable;
    let owed = owed(report.checks);
    let class = report
        .class
        .map_or_else(String::new, |class| format!("{} ", class.name()));
    let text = format!("{class}{passed}/{owed}");
    let colour = match () {
        () if report.unjudged.is_some() => GREY,
        () if report.failed() => RED,
        () if report.unjudged() => GREY,
        () => GREEN,
    };
    // Letters of Verdana in this size are less than seven pixels wide, and are fitted.
    let width = 52 + 14 + text.chars().count() * 7;
    Badge {
        width,
        text,
        colour,
    }
    .render()
}
