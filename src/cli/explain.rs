//! `unstick explain`

use std::fmt::Write;
use std::process::ExitCode;

use clap::Args;

use super::{Failure, USAGE, print};
use crate::suite::case::{self, Case};
use crate::suite::requirement::{self, Requirement};
use crate::trace::hexdump;
use crate::trace::segmentation::conversations;

/// Explain a case or a requirement
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  unstick explain FRM-3\n  unstick explain frm/frame-and-half")]
pub(super) struct Explain {
    /// The id of a case or of a requirement
    #[arg(value_name = "CASE|REQUIREMENT")]
    id: String,
}

impl Explain {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let cases = case::all();
        let text = if let Some(requirement) = requirement::find(&self.id) {
            explain_requirement(requirement, &cases)
        } else if let Some(case) = cases.iter().find(|case| case.id == self.id) {
            explain_case(case)
        } else {
            return Err((
                USAGE,
                format!(
                    "{:?} is neither a case nor a requirement; `unstick cases` lists the cases, SPEC.md the requirements",
                    self.id
                ),
            ));
        };
        print(&text);
        Ok(ExitCode::SUCCESS)
    }
}

fn explain_requirement(requirement: &Requirement, cases: &[Case]) -> String {
    let mut out = format!(
        "{}\n{}\n\nWhy: {}\n\n",
        requirement.id, requirement.text, requirement.rationale
    );
    let showing: Vec<&Case> = cases
        .iter()
        .filter(|case| case.requirements.contains(&requirement.id))
        .collect();
    if showing.is_empty() {
        out += "No case for servers shows it.\n";
    }
    for case in showing {
        writeln!(out, "  {}  {}", case.id, case.title).expect("a string takes everything");
    }
    out
}

fn explain_case(case: &Case) -> String {
    let mut out = format!(
        "{} (class {})\n{}\n\n",
        case.id,
        case.class.name(),
        case.title
    );
    for id in &case.requirements {
        if let Some(requirement) = requirement::find(id) {
            writeln!(out, "{id}: {}", requirement.text).expect("a string takes everything");
        }
    }
    let Some(trace) = case.trace() else {
        out += "\nThe case takes code: more than one conversation, or the testee's memory.\n";
        return out;
    };
    let names: Vec<&str> = conversations(trace)
        .iter()
        .map(|(segmentation, _)| segmentation.name())
        .collect();
    write!(
        out,
        "\n{}\nsegmentations: {}\n",
        hexdump::conversation(trace),
        names.join(" ")
    )
    .expect("a string takes everything");
    out
}
