//! The reports of programs that were fuzzed.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{Report, json};
use crate::judge::check::{Check, Verdict};
use crate::judge::fuzzed::Fuzzed;

/// The result of the mutants of one recording, or of generated conversations.
#[derive(Debug)]
pub struct Run {
    /// The recording's id, or the role that was fuzzed.
    pub name: String,
    /// True if the conversations were generated, and no recording is changed.
    pub generated: bool,
    /// The findings and counts.
    pub fuzzed: Fuzzed,
}

/// All checks: each finding, and one for all mutants of a recording.
#[must_use]
pub fn checks(runs: &[Run]) -> Vec<Check> {
    let all = |run: &Run| {
        let found = run.fuzzed.found.iter().map(|found| found.check.clone());
        let mut checks: Vec<Check> = found.collect();
        checks.push(run.fuzzed.check.clone());
        checks
    };
    runs.iter().flat_map(all).collect()
}

/// The report as JSON: as of any run, with the seed and the counts beside it.
#[must_use]
pub fn as_json(report: &Report<'_>, runs: &[Run], seed: u64) -> String {
    let text = json::write(report, None);
    let Ok(mut value) = serde_json::from_str::<Value>(&text) else {
        return text;
    };
    value["seed"] = seed.into();
    let counts = runs.iter().map(|run| {
        let fuzzed = &run.fuzzed;
        json!({
            (if run.generated { "role" } else { "recording" }): run.name,
            "mutants": fuzzed.status.mutants,
            "conversations": fuzzed.status.conversations,
            "unstable": fuzzed.unstable,
            "notes": fuzzed.notes,
        })
    });
    value["fuzzed"] = counts.collect();
    let mut text = serde_json::to_string_pretty(&value).unwrap_or(text);
    text.push('\n');
    text
}

/// Name of the inputs, in the plural.
const fn inputs(run: &Run) -> &'static str {
    if run.generated { "inputs" } else { "mutants" }
}

/// The report for people.
#[must_use]
pub fn as_text(report: &Report<'_>, runs: &[Run], seed: u64) -> String {
    let mut out = String::new();
    for run in runs {
        let fuzzed = &run.fuzzed;
        for found in &fuzzed.found {
            let check = &found.check;
            let verdict = match check.verdict {
                Verdict::Fail if report.known.expects(check) => "known failure".to_owned(),
                verdict => verdict.name().to_uppercase(),
            };
            let _ = writeln!(out, "{verdict} {} {}", check.id, found.kind);
            for line in found.shown.lines() {
                let _ = writeln!(out, "    {line}");
            }
            let _ = writeln!(out, "  what happened: {}", check.message);
            if found.also > 0 {
                let (also, what) = (found.also, inputs(run));
                let _ = writeln!(out, "  also: {also} {what} more look the same");
            }
            let _ = writeln!(out);
        }
        for note in &fuzzed.notes {
            let _ = writeln!(out, "note {}: {note}", run.name);
        }
        let status = fuzzed.status;
        let seconds = status.elapsed.as_secs_f64().max(0.001);
        let ended = if fuzzed.interrupted {
            ", interrupted"
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "fuzzed {}: {} {}, {} conversations, {:.0} a second; {} found, {} unstable{ended}",
            run.name,
            status.mutants,
            inputs(run),
            status.conversations,
            status.conversations as f64 / seconds,
            fuzzed.found.len(),
            fuzzed.unstable,
        );
    }
    for line in report.stale() {
        let _ = writeln!(out, "known-failures {line}");
    }
    let _ = writeln!(out, "seed {seed}; again: {}", report.testee.again);
    out
}
