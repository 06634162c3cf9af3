//! `unstick explain`

use std::fmt::Write;
use std::process::ExitCode;

use clap::Args;

use super::shell::shell;
use super::{Failure, print};
use crate::framing::Framing;
use crate::suite::client;
use crate::suite::requirement::{self, Requirement};
use crate::suite::server::case::Case;
use crate::suite::server::cases;
use crate::suite::traceability;
use crate::trace::hexdump;
use crate::trace::segmentation::conversations;

/// Explain a case or a requirement
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  unstick explain FRM-3\n  unstick explain frm/frame-and-half\n  \
unstick explain --framing '1? u32be+4'\n  unstick explain --framing u16le frm/two"
)]
pub(super) struct Explain {
    /// The id of a case or of a requirement
    #[arg(value_name = "CASE|REQUIREMENT", required_unless_present = "framing")]
    id: Option<String>,
    /// Explain this framing, in a sentence and by the frame of an example; with a case, that case of it
    #[arg(long, value_name = "F")]
    framing: Option<Framing>,
}

impl Explain {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let Some(id) = &self.id else {
            let framing = self.framing.unwrap_or_default();
            print(&explain_framing(&framing));
            return Ok(ExitCode::SUCCESS);
        };
        let framing = self.framing.unwrap_or_default();
        let cases = cases::of(&framing);
        let clients = client::cases::with_large();
        let text = if let Some(trace) = traceability::all()
            .iter()
            .find(|trace| trace.requirement.id.eq_ignore_ascii_case(id))
        {
            explain_requirement(trace)
        } else if let Some(case) = clients.iter().find(|case| case.info.id == id.as_str()) {
            explain_client_case(case)
        } else if let Some(case) = cases.iter().find(|case| case.info.id == id.as_str()) {
            explain_case(case, &framing)
        } else {
            return Err(Failure::Usage(format!(
                "{:?} is neither a case nor a requirement{}; `unstick cases` lists the cases, SPEC.md the requirements",
                id,
                suggestion(id)
            )));
        };
        print(&text);
        Ok(ExitCode::SUCCESS)
    }
}

/// A framing in a sentence, its template where a name stands for it, and an example.
fn explain_framing(framing: &Framing) -> String {
    let (name, template) = (framing.to_string(), framing.template());
    let mut out = format!("{name}\n");
    if name != template {
        out += &format!("is {template}\n");
    }
    let cases = cases::of(framing).len();
    out += &format!("\nA frame is {}.\n\n", framing.sentence());
    out += &framing.example();
    out += &format!(
        "\n{cases} cases are for it: `unstick cases --framing {}` lists them\n",
        shell([name])
    );
    out
}

/// A suggestion for a mistyped id, by its letters and digits: `frm3` for FRM-3, `frmtwo` for `frm/two`.
fn suggestion(id: &str) -> String {
    let bare = |id: &str| -> String {
        let plain = id.chars().filter(|c| c.is_alphanumeric());
        plain.flat_map(char::to_lowercase).collect()
    };
    let requirements = requirement::all().iter().map(|one| one.id.to_owned());
    let cases = cases::all()
        .into_iter()
        .map(|case| case.info.id.to_string());
    let clients = client::cases::with_large()
        .into_iter()
        .map(|case| case.info.id.to_string());
    let meant = requirements
        .chain(cases)
        .chain(clients)
        .find(|known| bare(known) == bare(id));
    meant.map_or_else(String::new, |meant| format!("; did you mean {meant}?"))
}

fn explain_requirement(trace: &traceability::Trace) -> String {
    let Requirement {
        id,
        text,
        elsewhere,
        rationale,
    } = trace.requirement;
    let mut out = format!("{id}\n{text}\n\n");
    if let Some(elsewhere) = elsewhere {
        let elsewhere = elsewhere.replace(" A frame is FRAMING.", "");
        out += &format!("In any framing: {elsewhere}\n\n");
    }
    out += &format!("Why: {rationale}\n");
    if !trace.owed_by.is_empty() {
        out += &format!("\nOwed by: {}\n", trace.owed_by.join(", "));
    }
    if let Some(why) = trace.not_seen {
        out += &format!("\n{why}\n");
    }
    out += "\nCases:\n";
    for (id, title) in &trace.cases {
        out += &format!("  {id}  {title}\n");
    }
    if trace.cases.is_empty() {
        out += "  none\n";
    }
    if !trace.faults.is_empty() {
        out += "\nProved by the planted faults:\n";
        for fault in &trace.faults {
            out += &format!("  {} ({})\n", fault.name, fault.role);
        }
    }
    out
}

fn explain_client_case(case: &client::case::Case) -> String {
    let mut out = format!(
        "{} (client, class {})\n{}\n\n",
        case.info.id,
        case.info.class.name(),
        case.info.title
    );
    for id in &case.info.requirements {
        if let Some(requirement) = requirement::find(id) {
            out += &format!("{id}: {}\n", requirement.text);
        }
    }
    out
}

fn explain_case(case: &Case, framing: &Framing) -> String {
    let mut out = format!(
        "{} (class {})\n{}\n\n",
        case.info.id,
        case.info.class.name(),
        case.info.title
    );
    for id in &case.info.requirements {
        if let Some(requirement) = requirement::find(id) {
            let text = requirement.text_in(Some(framing));
            writeln!(out, "{id}: {text}").expect("a string takes everything");
        }
    }
    let Some(trace) = case.trace() else {
        out += "\nThe case takes code: more than one conversation, or the program's memory.\n";
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
