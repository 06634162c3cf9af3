//! Limits of what a trace may name. Traces come from strangers, attached to bug reports: their names become
//! those of files, and their ids those of cases, on a command line and on a terminal.

use super::octets::{MAX_OCTETS, Octets};
use super::{Action, Placed, Step, Trace};

/// The most octets that a name of a file may have (TRF-7).
const MAX_NAME: usize = 255;

/// The most characters of an id.
const MAX_ID: usize = 200;

/// Says what a trace must not name, and what to write instead.
pub(super) fn check(trace: &Trace) -> Result<(), String> {
    id(&trace.id)?;
    requirements(&trace.requirements)?;
    placed(&trace.before)?;
    let repaired = trace.repaired.iter().flatten();
    for step in trace.steps.iter().chain(repaired) {
        match &step.action {
            Action::Stored { name, .. } => plain_name("stored", name)?,
            Action::Absent(name) => plain_name("absent", name)?,
            _ => {}
        }
    }
    let held = trace.steps.iter().chain(trace.repaired.iter().flatten());
    let octets: usize = held.map(expected_len).fold(0, usize::saturating_add);
    if octets > 2 * MAX_OCTETS {
        return Err(format!(
            "the steps expect {octets} octets; the most is {}",
            2 * MAX_OCTETS
        ));
    }
    match &trace.framing {
        Some(framing) if framing.is_empty() || framing.contains(char::is_control) => {
            Err(format!("`framing` is {framing:?}; it is one line of text"))
        }
        _ => Ok(()),
    }
}

fn expected_len(step: &Step) -> usize {
    match &step.action {
        Action::Deliver(payload) => Octets::len(payload),
        Action::Stored { content, .. } => content.len(),
        Action::Answer(answer) => answer.octets.as_ref().map_or(0, Octets::len),
        _ => 0,
    }
}

/// An id keeps to the pattern of the schema: it is part of a path (`unstick vectors`), of a pattern
/// (`--run`) and of reports.
fn id(id: &str) -> Result<(), String> {
    let plain = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit();
    let word = |word: &str| !word.is_empty() && word.bytes().all(plain);
    let mut parts = id.splitn(2, '/');
    if id.len() <= MAX_ID && parts.all(|part| part.split('-').all(word)) {
        return Ok(());
    }
    Err(format!(
        "`id` is {id:?}; it is lower-case letters, digits and single hyphens, with one slash at most"
    ))
}

fn requirements(named: &[String]) -> Result<(), String> {
    for (place, requirement) in named.iter().enumerate() {
        let formed = requirement
            .split_once('-')
            .is_some_and(|(chapter, number)| {
                (2..=8).contains(&chapter.len())
                    && chapter.bytes().all(|octet| octet.is_ascii_uppercase())
                    && (1..=3).contains(&number.len())
                    && number.bytes().all(|octet| octet.is_ascii_digit())
                    && !number.starts_with('0')
            });
        if !formed {
            return Err(format!(
                "`requirements` has {requirement:?}: write it as SPEC.md does, such as \"FRM-3\""
            ));
        }
        if named[..place].contains(requirement) {
            return Err(format!("`requirements` names {requirement} twice"));
        }
    }
    Ok(())
}

fn placed(before: &[Placed]) -> Result<(), String> {
    let mut names: Vec<&str> = Vec::new();
    let mut octets = 0_usize;
    for placed in before {
        let name = match placed {
            Placed::File { name, content } => {
                octets = octets.saturating_add(content.len());
                name
            }
            Placed::Link { name, to } => {
                if !["target", "missing"].contains(&to.as_str()) {
                    return Err(format!(
                        "`before` has a link to {to:?}: links lead to \"target\" or \"missing\", both in a \
                         directory of the run's own"
                    ));
                }
                name
            }
        };
        plain_name("before", name)?;
        if names.contains(&name.as_str()) {
            return Err(format!("`before` names {name:?} twice"));
        }
        names.push(name);
    }
    if octets > MAX_OCTETS {
        return Err(format!(
            "`before` places {octets} octets; the most is {MAX_OCTETS}"
        ));
    }
    Ok(())
}

/// A single plain file name, as TRF-7 has it: one that leads out of the directory would have the
/// harness itself write or read there.
fn plain_name(field: &str, name: &str) -> Result<(), String> {
    let plain = (1..=MAX_NAME).contains(&name.len())
        && !name.contains(['/', '\\', '\0'])
        && !matches!(name, "." | "..");
    if plain {
        return Ok(());
    }
    Err(format!(
        "`{field}` has the name {name:?}: write a single plain file name, which stays in the directory"
    ))
}

#[cfg(test)]
mod tests {
    use crate::trace::json::read;

    const TRACE: &str = r#"{
        "id": "trf/x", "title": "t", "requirements": ["TRF-10"], "class": "transfer",
        "before": [{"file": {"name": "old", "content": "6f"}}, {"link": {"name": "link", "to": "target"}}],
        "steps": [{"send": "00000004"}, {"stored": {"name": "new", "content": "61"}}, {"absent": "none"}]
    }"#;

    #[test]
    fn names_ids_and_requirements_of_strangers_are_checked() {
        read(TRACE).unwrap();
        for (from, to, why) in [
            (
                r#""old""#,
                r#""../../old""#,
                "`before` has the name \"../../old\"",
            ),
            (
                r#""old""#,
                r#""/etc/passwd""#,
                "`before` has the name \"/etc/passwd\"",
            ),
            (r#""link","#, r#""..","#, "`before` has the name \"..\""),
            (r#""link","#, r#""old","#, "`before` names \"old\" twice"),
            (
                r#""target""#,
                r#""/etc/passwd""#,
                "a link to \"/etc/passwd\"",
            ),
            (
                r#""new""#,
                r#""sub/new""#,
                "`stored` has the name \"sub/new\"",
            ),
            (r#""new""#, r#""""#, "`stored` has the name \"\""),
            (r#""none""#, r#""..\\none""#, "`absent` has the name"),
            (r#""none""#, "\"a\\u0000\"", "`absent` has the name"),
            (r#""trf/x""#, r#""../../x""#, "`id` is \"../../x\""),
            (r#""trf/x""#, r#""/x""#, "`id` is \"/x\""),
            (r#""trf/x""#, "\"\\u001b[2Jx\"", "`id` is \"\\u{1b}[2Jx\""),
            (r#""trf/x""#, "\"\"", "`id` is \"\""),
            (
                r#"["TRF-10"]"#,
                r#"["TRF-10", "TRF-10"]"#,
                "names TRF-10 twice",
            ),
            (
                r#""TRF-10""#,
                r#""trf-10""#,
                "`requirements` has \"trf-10\"",
            ),
            (
                r#""TRF-10""#,
                "\"\\u001b\"",
                "`requirements` has \"\\u{1b}\"",
            ),
            (
                r#""61""#,
                r#"{"repeat": "00", "times": 99999999999999}"#,
                "",
            ),
        ] {
            let error = read(&TRACE.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(why), "{to}: {error}");
            assert!(!error.contains('\u{1b}'), "{error:?}");
        }
    }
}
