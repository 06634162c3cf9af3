//! The text of an `unstick.toml`.

use std::fmt::Write;

use super::described::Described;
use crate::cli::config::Role;
use crate::cli::shell::shell;
use crate::framing::Framing;
use crate::trace::Class;

/// The text, with a word about what to do with it.
pub(super) fn toml(described: &Described) -> String {
    let mut out = String::from(
        "# What `unstick` judges in this directory, with a table for each server, client or codec.\n\
         # A key is an option of the command of the table's name: see `unstick server --help`.\n\
         # `unstick init --schema` prints a schema for editors.\n",
    );
    // Writing into a string does not fail.
    let _ = tables(described, &mut out);
    out
}

fn tables(described: &Described, out: &mut String) -> std::fmt::Result {
    if let Some(role) = described.role {
        writeln!(out, "\n[{}]", role.name())?;
        started(described, out)?;
        if let Some(class) = described.class.filter(|_| role != Role::Codec) {
            pair(out, "class", &quoted(class.name()))?;
        }
        let other = |framing: &&Framing| !framing.is_reference();
        if let Some(framing) = described.framing.as_ref().filter(other) {
            pair(out, "framing", &quoted(&framing.to_string()))?;
        }
        if let Some(limit) = described.max_payload {
            pair(out, "max-payload", &limit.to_string())?;
        }
        if let Some(limit) = described.max_sessions {
            pair(out, "max-sessions", &limit.to_string())?;
        }
        if role == Role::Server
            && described.class == Some(Class::Framing)
            && described.max_payload.is_none()
        {
            writeln!(
                out,
                "# max-payload = 1048576   # where it has a limit on payloads"
            )?;
        }
        known_failures(described, out)?;
    }
    if !described.recordings.is_empty() {
        writeln!(out, "\n[recut]")?;
        started(described, out)?;
        let names: Vec<String> = described
            .recordings
            .iter()
            .map(|name| quoted(name))
            .collect();
        pair(out, "recordings", &format!("[{}]", names.join(", ")))?;
        for (framing, sentence) in &described.likely {
            writeln!(
                out,
                "# The recording divides into frames of {framing}: {sentence}"
            )?;
        }
        if described.role.is_none() {
            known_failures(described, out)?;
        }
    }
    Ok(())
}

fn started(described: &Described, out: &mut String) -> std::fmt::Result {
    pair(out, "command", &quoted(&shell(described.command.clone())))
}

fn known_failures(described: &Described, out: &mut String) -> std::fmt::Result {
    match &described.known_failures {
        Some(list) => pair(out, "known-failures", &quoted(list)),
        None => Ok(()),
    }
}

fn pair(out: &mut String, key: &str, value: &str) -> std::fmt::Result {
    writeln!(out, "{key} = {value}")
}

/// A text as the file takes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
