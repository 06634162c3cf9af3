//! The report as a page: one file, without network, and without a script from elsewhere.
//!
//! The template escapes everything that it is given, and the view has made controls visible before.

use std::collections::BTreeSet;

use askama::Template;

use super::Report;
use super::picture::safe;
use super::saved::{Saved, badness};
use super::view::{View, owed};
use crate::judge::check::{Check, Verdict};
use crate::suite::requirement;

#[derive(Template)]
#[template(path = "page.html")]
struct Page {
    view: View,
}

/// The report as a page.
///
/// # Errors
/// None that a report can cause: the template is compiled, and writes into memory.
pub fn write(report: &Report<'_>) -> Result<String, askama::Error> {
    Page {
        view: View::of(report),
    }
    .render()
}

/// A column: one of the implementations that are compared.
struct Column {
    number: usize,
    label: String,
    role: String,
    name: String,
    class: Option<String>,
    passed: usize,
    owed: usize,
    unjudged: Option<String>,
}

/// A requirement, and the results of its checks in each column.
struct RequirementRow {
    id: String,
    text: String,
    cells: Vec<Cell>,
}

/// The results of the checks of a requirement.
struct Cell {
    /// The worst verdict, which colours it; nothing where no check was made.
    verdict: &'static str,
    text: String,
    /// The key that the cell is sorted by: the worst first.
    key: String,
}

/// A case, and its verdict in each column.
struct Row {
    id: String,
    verdicts: Vec<&'static str>,
    differs: bool,
}

#[derive(Template)]
#[template(path = "matrix.html")]
struct Matrix {
    version: &'static str,
    /// True if the page is about changes between two runs.
    compares: bool,
    differing: usize,
    columns: Vec<Column>,
    requirements: Vec<RequirementRow>,
    rows: Vec<Row>,
}

/// Several reports as one page: by requirement and by case, a column a report. Of an old and a new run
/// that are compared, the cases that differ come first.
///
/// # Errors
/// None that a report can cause.
pub fn matrix(reports: &[Saved], compares: bool) -> Result<String, askama::Error> {
    let columns = reports.iter().enumerate().map(|(place, report)| Column {
        number: place + 1,
        label: safe(report.label()),
        role: safe(&report.testee.role),
        name: report.name(),
        class: report.class.as_deref().map(safe),
        passed: report.passed(),
        owed: owed(&report.cases),
        unjudged: report.unjudged.as_deref().map(safe),
    });
    let mut rows = rows(reports);
    if compares {
        rows.sort_by_key(|row| !row.differs);
    }
    Matrix {
        version: env!("CARGO_PKG_VERSION"),
        compares,
        differing: rows.iter().filter(|row| row.differs).count(),
        columns: columns.collect(),
        requirements: requirements(reports),
        rows,
    }
    .render()
}

fn rows(reports: &[Saved]) -> Vec<Row> {
    let verdicts: Vec<_> = reports.iter().map(Saved::by_case).collect();
    let ids: BTreeSet<&String> = verdicts.iter().flat_map(|cases| cases.keys()).collect();
    let rows = ids.into_iter().map(|id| {
        let verdicts: Vec<&'static str> = verdicts
            .iter()
            .map(|cases| cases.get(id).map_or("", |verdict| Verdict::name(*verdict)))
            .collect();
        Row {
            id: safe(id),
            differs: verdicts.iter().any(|verdict| *verdict != verdicts[0]),
            verdicts,
        }
    });
    rows.collect()
}

fn requirements(reports: &[Saved]) -> Vec<RequirementRow> {
    let ids = reports.iter().flat_map(|report| &report.cases);
    let ids: BTreeSet<&str> = ids.map(Check::requirement).collect();
    let mut ids: Vec<&str> = ids.into_iter().collect();
    ids.sort_by_key(|id| requirement::position(id));
    let rows = ids.into_iter().map(|id| RequirementRow {
        id: safe(id),
        text: requirement::find(id).map_or_else(String::new, |found| found.text.clone()),
        cells: reports.iter().map(|report| cell(report, id)).collect(),
    });
    rows.collect()
}

fn cell(report: &Saved, id: &str) -> Cell {
    let checks: Vec<&Check> = report
        .cases
        .iter()
        .filter(|check| check.requirement() == id && check.verdict != Verdict::Skipped)
        .collect();
    let good = |check: &&&Check| matches!(check.verdict, Verdict::Pass | Verdict::Acceptable);
    let (good, made) = (checks.iter().filter(good).count(), checks.len());
    let worst = checks.iter().map(|check| check.verdict);
    let worst = worst.max_by_key(|verdict| badness(*verdict));
    Cell {
        verdict: worst.map_or("", Verdict::name),
        text: match made {
            0 => String::new(),
            _ => format!("{good}/{made}"),
        },
        key: match made {
            0 => "1001".to_owned(),
            _ => format!("{}", good * 1000 / made),
        },
    }
}
