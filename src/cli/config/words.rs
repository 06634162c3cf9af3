//! A subject as words of the command line, which then knows what they mean.

use std::error::Error;
use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory};

use super::keys::RECORDINGS;
use super::subject::{Role, Setting, Subject};
use crate::cli::options::fits;
use crate::cli::{Cli, Failure};
use crate::framing::Framing;

/// The words of the command line for a subject, and behind them `more`, which were typed: what they say
/// wins. `typed` is how they were understood.
pub(in crate::cli) fn words(
    subject: &Subject,
    typed: Option<&ArgMatches>,
    more: &[OsString],
) -> Vec<OsString> {
    let is_typed = |id: &str| {
        let source = typed.and_then(|typed| typed.value_source(id));
        source == Some(ValueSource::CommandLine)
    };
    let mut words: Vec<OsString> = ["unstick", subject.role.name()].map(OsString::from).into();
    let wanted = subject
        .settings
        .iter()
        .filter(|setting| !is_typed(&setting.key.replace('-', "_")));
    words.extend(
        wanted
            .flat_map(|setting| &setting.words)
            .map(OsString::from),
    );
    words.extend(more.iter().cloned());
    if subject.role == Role::Recut && !is_typed("files") {
        words.extend(subject.recordings.iter().map(OsString::from));
    }
    if !subject.command.is_empty() {
        words.push("--".into());
        words.extend(subject.command.iter().map(OsString::from));
    }
    words
}

/// Sees that the command line takes a subject as it is; an error names the line.
pub(super) fn check(path: &str, subject: &Subject) -> Result<(), Failure> {
    for setting in &subject.settings {
        check_setting(path, subject.role, setting)?;
    }
    let name = subject.role.name();
    let wrong = |why: &str| Err(subject.place.wrong(path, why));
    if subject.command.is_empty() && !subject.sets("connect") {
        return wrong(&format!(
            "[{name}] has no command: command = \"…\" says how it is started"
        ));
    }
    if subject.role == Role::Recut && subject.recordings.is_empty() {
        return wrong(&format!(
            "[{name}] has no recordings: {RECORDINGS} = [\"…\"] names what `unstick record` wrote"
        ));
    }
    match parsed(words(subject, None, &[])) {
        Ok(matches) => check_limit(path, subject, &matches),
        Err(error) => wrong(&format!("[{name}] {}", told(&error))),
    }
}

/// The limit of a server on payloads, which its framing bounds.
fn check_limit(path: &str, subject: &Subject, matches: &ArgMatches) -> Result<(), Failure> {
    let limited = subject.settings.iter().find(|it| it.key == "max-payload");
    let (Role::Server, Some(setting), Some((_, server))) =
        (subject.role, limited, matches.subcommand())
    else {
        return Ok(());
    };
    let limit = server.get_one::<u32>("max_payload").copied();
    let framing = server.get_one::<Framing>("framing");
    let Err((_, why)) = fits(limit, framing.unwrap_or(&Framing::default())) else {
        return Ok(());
    };
    Err(setting
        .place
        .wrong(path, &format!("{}: {why}", setting.key)))
}

/// Checks each key alone, so that an error names it. Keys that it needs besides are checked later.
fn check_setting(path: &str, role: Role, setting: &Setting) -> Result<(), Failure> {
    for word in &setting.words {
        let words = ["unstick", role.name(), word, "file", "--", "command"].map(OsString::from);
        let words = words
            .into_iter()
            .filter(|word| role == Role::Recut || word != "file");
        if let Err(error) = parsed(words.collect())
            && matches!(
                error.kind(),
                ErrorKind::InvalidValue | ErrorKind::ValueValidation
            )
        {
            let why = format!("{}: {}", setting.key, told(&error));
            return Err(setting.place.wrong(path, &why));
        }
    }
    Ok(())
}

fn parsed(words: Vec<OsString>) -> Result<ArgMatches, clap::Error> {
    Cli::command().try_get_matches_from(words)
}

/// The error in the words, in terms of the file.
fn told(error: &clap::Error) -> String {
    let text = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(", ")),
        _ => None,
    };
    let Some(value) = text(ContextKind::InvalidValue) else {
        // The first line; what follows is about the command line.
        let shown = error.to_string();
        let line = shown.lines().next().unwrap_or_default();
        return line.trim_start_matches("error: ").to_owned();
    };
    if let Some(why) = error.source() {
        return format!("invalid value \"{}\": {why}", value.escape_debug());
    }
    let known = text(ContextKind::ValidValue).unwrap_or_default();
    format!(
        "invalid value \"{}\"; the values are {known}",
        value.escape_debug()
    )
}
