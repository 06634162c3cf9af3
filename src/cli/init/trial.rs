//! Trying a configuration once, before it is written.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::Duration;

use clap::Parser;
use serde_json::Value;

use super::described::Described;
use super::record::template;
use crate::cli::config::{Role, Subject, words};
use crate::cli::opening::{HELLO, answer};
use crate::cli::recut::recording;
use crate::cli::{Cli, Failure};
use crate::framing::Framing;
use crate::judge::check::{Check, Verdict};
use crate::judge::error::RunError;
use crate::judge::progress::Unwatched;
use crate::recut::variation::{Places, Wanted};
use crate::suite::client;
use crate::suite::effort::Effort;
use crate::suite::server::cases;
use crate::suite::server::options::Options;
use crate::suite::server::run::run as run_cases;
use crate::testee::server::{Origin, Server};
use crate::trace::Class;

/// The plain case that only a server which stores files passes.
const STORED: &str = "trf/body-255";

/// The command that only a server of verified transfers answers with more than a text.
const VERIFIED: (&[u8], &[u8]) = (b"file+md5", b"file+md5 ready");

/// The plain case that only a client which sends files passes.
const A_FILE: &str = "client/file-of-255";

/// The plain case of frames.
const FRAMES: &str = "frm/two";

/// The class that a server shows, and a reason for people: by its answers to two messages, and by whether
/// it stores a file.
pub(super) fn class(command: &[String]) -> Result<(Class, String), Failure> {
    let origin = Origin::Command(template(command)?);
    let server = Server::new(origin.clone()).map_err(|error| unwritten(&error))?;
    let say = |text: &[u8]| answer(server.address(), text);
    let opening = say(HELLO).map_err(|error| {
        let why = format!(
            "the server starts, and answers no message in the framing u32be ({error}): name its framing by \
             --framing, its class by --class, or record a conversation by --framing unknown --record \
             'CLIENT {{host}} {{port}}'"
        );
        unwritten(&why)
    })?;
    let found = |class, why: &str| Ok((class, why.to_owned()));
    if opening == HELLO {
        return found(Class::Framing, "the server sends a message back");
    }
    let (command, ready) = VERIFIED;
    if say(command).is_ok_and(|reply| reply == ready) {
        return found(Class::VerifiedTransfer, "the server is ready for file+md5");
    }
    drop(server);
    if is_stored(origin).map_err(|error| unwritten(&error))? {
        return found(Class::Transfer, "the server stores a file");
    }
    found(
        Class::Session,
        "the server answers a message, and stores no file",
    )
}

/// True if a check of the plain transfer passes.
fn is_stored(origin: Origin) -> Result<bool, RunError> {
    let mut server = Server::new(origin)?;
    let mut cases = cases::all();
    cases.retain(|case| case.info.id == STORED);
    let options = Options {
        class: Class::Transfer,
        framing: Framing::default(),
        max_payload: None,
        max_sessions: None,
        timeout: Duration::from_secs(5),
        effort: Effort::Full,
        jobs: Some(1),
        fail_fast: true,
    };
    let run = run_cases(&mut server, &cases, &options, &mut Unwatched)?;
    let passes = |check: &Check| check.id == STORED && check.verdict == Verdict::Pass;
    Ok(run.checks.iter().any(passes))
}

/// The class of a client: `transfer` where it sends a file as it must, and a reason for people.
pub(super) fn client_class(command: &[String]) -> Result<(Class, String), Failure> {
    let template = template(command)?;
    let all = client::cases::all();
    let cases: Vec<_> = all
        .into_iter()
        .filter(|case| case.info.id == A_FILE)
        .collect();
    let options = client::run::Options {
        class: Class::Transfer,
        effort: Effort::Full,
        jobs: None,
        fail_fast: true,
    };
    let checks = client::run::run(&template, &cases, &options, &mut Unwatched)
        .map_err(|error| unwritten(&error))?;
    let passes = |check: &Check| check.id == A_FILE && check.verdict == Verdict::Pass;
    Ok(match checks.iter().any(passes) {
        true => (Class::Transfer, format!("{A_FILE} passes")),
        false => (Class::Session, format!("{A_FILE} does not pass")),
    })
}

/// Nothing can be said, so nothing is written.
fn unwritten(error: &dyn std::fmt::Display) -> Failure {
    Failure::Unjudged(format!("{error}\nnothing is written"))
}

/// Judges a subject: by few cases, or wholly where the list of what fails is wanted, which is given back.
/// Prints what it finds.
pub(super) fn run(
    subject: &Subject,
    described: &Described,
    is_listed: bool,
) -> Result<Option<String>, Failure> {
    let report = tempfile::NamedTempFile::new().map_err(|error| {
        Failure::Unjudged(format!("a temporary file cannot be written: {error}"))
    })?;
    // A list belongs to one run; it is that of the conformance run, if there is one.
    let is_listed = is_listed && subject.sets("known-failures");
    let mut more = Vec::new();
    if is_listed {
        more.extend(["--json".into(), report.path().into()]);
        // The list is not there yet.
        more.extend(["--known-failures", "/dev/null"].map(OsString::from));
    } else {
        for pattern in few(subject, described)? {
            more.extend(["--run".to_owned(), pattern].map(OsString::from));
        }
    }
    let typed = typed(subject, &more);
    let all = words(subject, typed.as_ref(), &more);
    let cli = Cli::try_parse_from(all).map_err(|error| Failure::Usage(error.to_string()))?;
    cli.judge()
        .map_err(|failure| failure.reworded(|why| format!("{why}\nnothing is written")))?;
    if is_listed {
        return listed(report.path()).map(Some);
    }
    Ok(None)
}

/// The words that win over those of the subject, parsed.
fn typed(subject: &Subject, more: &[OsString]) -> Option<clap::ArgMatches> {
    let role = ["unstick", subject.role.name()].map(OsString::from);
    let words = role.into_iter().chain(more.iter().cloned());
    let matches =
        clap::Command::try_get_matches_from(<Cli as clap::CommandFactory>::command(), words);
    matches.ok()?.remove_subcommand().map(|(_, typed)| typed)
}

/// The patterns of a few plain cases.
fn few(subject: &Subject, described: &Described) -> Result<Vec<String>, Failure> {
    let mut ids = match subject.role {
        Role::Server => {
            let framing = described.framing.clone().unwrap_or_default();
            let cases = cases::of(&framing);
            let first = cases.iter().find(|case| case.info.class == Class::Framing);
            let has_frames = cases.iter().any(|case| case.info.id == FRAMES);
            match first {
                Some(first) if !has_frames => vec![first.info.id.to_string()],
                _ => vec![FRAMES.to_owned()],
            }
        }
        Role::Codec => vec![FRAMES.to_owned()],
        Role::Client => vec![
            "client/text-digits".to_owned(),
            "client/reply-ascii".to_owned(),
        ],
        Role::Recut => return first_cuts(&described.recordings),
    };
    let own = match described.class {
        Some(Class::Session) => Some("ses/quit-lower"),
        Some(Class::Transfer) => Some(STORED),
        Some(Class::VerifiedTransfer) => Some("vtr/body-4096"),
        _ => None,
    };
    if let (Role::Server, Some(id)) = (subject.role, own) {
        ids.push(id.to_owned());
    }
    Ok(ids)
}

/// The first cut of each recording.
fn first_cuts(recordings: &[String]) -> Result<Vec<String>, Failure> {
    let wanted = Wanted {
        places: Places::Edges,
        seed: 1,
        pipelines: false,
        framing: None,
        hostile: false,
    };
    let mut patterns = Vec::new();
    for path in recordings {
        let recording = recording(Path::new(path))?;
        if let Some(first) = recording.variations(&wanted).first() {
            patterns.push(format!("{}/{}", recording.name, first.id()));
        }
    }
    Ok(patterns)
}

/// The list of known failures of a report in a file.
fn listed(report: &Path) -> Result<String, Failure> {
    let unreadable = |error: &dyn std::fmt::Display| {
        let why = format!("the report of the trial cannot be read: {error}");
        Failure::Unjudged(why)
    };
    let text = fs::read_to_string(report).map_err(|error| unreadable(&error))?;
    let report = serde_json::from_str(&text).map_err(|error| unreadable(&error))?;
    Ok(list(&report))
}

/// A list of known failures: each case that is not green, with its likely cause.
fn list(report: &Value) -> String {
    let mut entries = BTreeMap::new();
    for case in report["cases"].as_array().into_iter().flatten() {
        let field = |name: &str| case[name].as_str().unwrap_or_default();
        let verdict = field("verdict");
        if matches!(verdict, "fail" | "flaky" | "error") {
            let reason = [field("cause"), field("message"), "it fails"]
                .into_iter()
                .find_map(|text| text.lines().next().filter(|line| !line.trim().is_empty()));
            let entry = (verdict.to_owned(), reason.unwrap_or_default().to_owned());
            entries.entry(field("id").to_owned()).or_insert(entry);
        }
    }
    let mut out = String::from(
        "# What failed when `unstick init` was run. An entry that passes fails the run: take it out.\n",
    );
    for (id, (verdict, reason)) in entries {
        // Writing into a string does not fail.
        let _ = writeln!(out, "{id} {verdict} # {reason}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::known_failures::KnownFailures;

    #[test]
    fn what_fails_is_listed_as_a_run_takes_it() {
        let report = serde_json::json!({ "cases": [
            { "id": "frm/two", "verdict": "pass", "message": "" },
            { "id": "frm/two", "verdict": "fail", "cause": "it takes a short read\nfor", "message": "x" },
            { "id": "frm/two", "verdict": "fail", "message": "again" },
            { "id": "frm/three", "verdict": "skipped", "message": "not run" },
            { "id": "len/1", "verdict": "flaky", "message": "once # of two" },
            { "id": "len/2", "verdict": "error", "message": "" },
        ]});
        let list = list(&report);
        let lines: Vec<&str> = list.lines().skip(1).collect();
        let expected = [
            "frm/two fail # it takes a short read",
            "len/1 flaky # once # of two",
            "len/2 error # it fails",
        ];
        assert_eq!(lines, expected);
        KnownFailures::parse(&list).unwrap();
    }
}
