//! `unstick recut --filter` and `--client`

use std::ffi::OsString;
use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::thread;

use super::holding::hold;
use crate::cli::Failure;
use crate::cli::ended::Ended;
use crate::cli::judging::{Judged, Judging};
use crate::judge::known_failures::KnownFailures;
use crate::recut::client::inverted;
use crate::recut::filter::Sight;
use crate::recut::learn::Options;
use crate::recut::program::{Kind, Program};
use crate::recut::run::Recording;
use crate::recut::variation::Variation;
use crate::trace::json;

/// Programs that run at a time, at the most. More would only wait for each other.
const MAX_JOBS: usize = 8;

/// True if a variation says something about a program that reads its input to the end: a stream that ends early is
/// another input.
pub(super) const fn applies(variation: &Variation) -> bool {
    !variation.breaks_off()
}

/// A file of octets, named by itself.
pub(super) fn octets(path: &Path) -> Result<Recording, Failure> {
    let shown = path.display();
    let octets = fs::read(path).map_err(|error| Failure::Usage(format!("{shown}: {error}")))?;
    if octets.is_empty() {
        return Err(Failure::Usage(format!(
            "{shown} is empty: there is nothing to cut"
        )));
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name: String = stem
        .to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-");
    let name = if name.is_empty() {
        "octets".to_owned()
    } else {
        name
    };
    Ok(Recording::of_octets(&name, &octets))
}

/// The input in a file: a recording, or any octets.
pub(super) fn input(path: &Path, silent: bool) -> Result<Recording, Failure> {
    let shown = path.display();
    let bytes = fs::read(path).map_err(|error| Failure::Usage(format!("{shown}: {error}")))?;
    if let Some(trace) = str::from_utf8(&bytes)
        .ok()
        .and_then(|text| json::read(text).ok())
        && trace.is_recording()
    {
        return Recording::of(&trace).map_err(|error| Failure::Usage(format!("{shown}: {error}")));
    }
    let mut recording = octets(path)?;
    for turn in &mut recording.conversation.turns {
        turn.ends = true;
        if silent {
            turn.answer = None;
        }
    }
    Ok(recording)
}

/// A recording as it is played to a client.
pub(super) fn played(path: &Path, mut recording: Recording) -> Result<Recording, Failure> {
    recording.conversation = inverted(&recording.conversation)
        .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
    Ok(recording)
}

/// Judges a program that is started for each conversation, by `command`; `again` are the words that run
/// it again.
pub(super) fn judge(
    judging: &Judging,
    kind: Kind,
    (command, again): (&[OsString], Vec<String>),
    planned: &[(&Recording, Vec<Variation>)],
    options: &Options,
    known: &KnownFailures,
) -> Result<Ended, Failure> {
    let role = match kind {
        Kind::Client => "client",
        Kind::Filter => "filter",
    };
    let (testee, template) = judging.started(role, command, again);
    let judged = Judged {
        testee: &testee,
        class: None,
        known,
    };
    let plan = planned
        .iter()
        .map(|(recording, variations)| (recording.conversation.clone(), variations.clone()))
        .collect();
    let jobs = thread::available_parallelism().map_or(1, NonZero::get);
    let mut program = Program::new(kind, template, plan, jobs.min(MAX_JOBS));
    let mut progress = judging.follow(&judged)?;
    let last_words = |program: &Program| told(role, program.stderr());
    let mut outcome = hold(&mut program, planned, options, &mut progress, last_words);
    if kind == Kind::Filter && outcome.is_green() {
        match seen(program.sight()) {
            Ok(note) => outcome.notes.extend(note),
            Err(why) => outcome.unjudged = Some(why),
        }
    }
    // Processes that it has started end before the report.
    drop(program);
    progress.finish();
    outcome.report(judging, &judged, "drain-gated")
}

/// A note about a run without differences, from the way in which the program reads.
fn seen(sight: Sight) -> Result<Option<String>, String> {
    if sight.taken == 0 {
        return Err(
            "nothing could be seen: the program reads nothing before its input has ended"
                .to_owned(),
        );
    }
    if sight.reads_whole() {
        return Err(
            "nothing could be seen: the program gathers its input to the end before it looks at it, \
             which no cut can show in; give it a driver that hands each piece to the parser as it comes"
                .to_owned(),
        );
    }
    Ok((!sight.answered_early).then(|| {
        "the program writes nothing before its input has ended: whether it looks at the pieces one by \
         one could not be seen"
            .to_owned()
    }))
}

/// The end of what the program wrote to standard error.
fn told(role: &str, stderr: &str) -> String {
    let lines: Vec<&str> = stderr.lines().rev().take(6).collect();
    lines
        .iter()
        .rev()
        .map(|line| format!("\n  {role}: {}", line.escape_debug()))
        .collect()
}
