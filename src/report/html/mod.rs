//! The report as a page: one file, without network, and without a script from elsewhere.
//!
//! The template escapes everything that it is given, and the view has made controls visible before.

use askama::Template;

use super::Report;
use super::saved::Saved;
use super::view::View;
use crate::judge::check::Verdict;
use crate::trace::visible::Visible;

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

/// One of the implementations that are compared.
struct Column {
    number: usize,
    role: String,
    name: String,
    class: Option<String>,
    passed: usize,
    owed: usize,
    unjudged: Option<String>,
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
    columns: Vec<Column>,
    rows: Vec<Row>,
}

/// Several reports as one page: a row a case, a column a report.
///
/// # Errors
/// None that a report can cause.
pub fn matrix(reports: &[Saved]) -> Result<String, askama::Error> {
    let safe = |text: &str| Visible::of(text).as_str().to_owned();
    let columns = reports.iter().enumerate().map(|(place, report)| {
        let summary = report.summary();
        Column {
            number: place + 1,
            role: safe(&report.testee.role),
            name: report.name(),
            class: report.class.as_deref().map(safe),
            passed: summary.pass + summary.acceptable,
            owed: report.cases.len() - summary.skipped,
            unjudged: report.unjudged.as_deref().map(safe),
        }
    });
    let verdicts: Vec<_> = reports.iter().map(Saved::by_case).collect();
    let mut ids: Vec<&String> = verdicts.iter().flat_map(|cases| cases.keys()).collect();
    ids.sort();
    ids.dedup();
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
    Matrix {
        version: env!("CARGO_PKG_VERSION"),
        columns: columns.collect(),
        rows: rows.collect(),
    }
    .render()
}
