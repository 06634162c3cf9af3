//! The report for programs. Its format is stable.

use serde::Serialize;

use super::Report;
use super::saved::Shard;
use crate::judge::check::{Check, Summary};
use crate::trace::Class;

#[derive(Serialize)]
struct Written<'r> {
    unstick: &'static str,
    testee: WrittenTestee<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'static str>,
    segmentation: &'static str,
    /// The part of the cases that was run, where it was a part.
    #[serde(skip_serializing_if = "Option::is_none")]
    shard: Option<Shard>,
    /// The reason why the run did not come to its end, if it did not; the cases are those so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    unjudged: Option<&'r str>,
    summary: Summary,
    cases: &'r [Check],
}

#[derive(Serialize)]
struct WrittenTestee<'r> {
    role: &'static str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    command: &'r [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'r str>,
}

/// The report as JSON, an entry for each case and segmentation; `shard` is the part of a run that it is of.
///
/// # Panics
/// Never: a report is plain data.
#[must_use]
pub fn write(report: &Report<'_>, shard: Option<Shard>) -> String {
    let written = Written {
        unstick: env!("CARGO_PKG_VERSION"),
        testee: WrittenTestee {
            role: report.testee.role,
            command: &report.testee.command,
            address: report.testee.address.as_deref(),
        },
        class: report.class.map(Class::name),
        segmentation: report.segmentation,
        shard,
        unjudged: report.unjudged,
        summary: report.summary(),
        cases: report.checks,
    };
    let mut text = serde_json::to_string_pretty(&written).expect("a report is plain data");
    text.push('\n');
    text
}
