//! The ways in which a client sends verified transfers, learned from one conversation each.

use super::driver::{Habits, Judged, NotPassed, Stage};
use super::extension::{Algorithm, Form, Told};
use super::patience::patience;
use crate::judge::error::RunError;
use crate::suite::plain::frame;
use crate::testee::launch::Template;

/// The file that is sent then.
pub(super) const NAME: &str = "a.bin";
pub(super) const CONTENT: &[u8] = b"hello";

/// The lines by which a verified transfer may be asked for, and the commands that may come of each.
const LINES: [(&str, &[Algorithm]); 3] = [
    ("file", &Algorithm::ALL),
    ("file+md5", &[Algorithm::Md5]),
    ("file+sha256", &[Algorithm::Sha256]),
];

/// Asks for a verified transfer in each way. An answer that is missing or wrong is not a failure here: the
/// cases come to it.
pub(super) fn learn(
    template: &Template,
    habits: &Habits,
    timeouts: u32,
) -> Result<Vec<Form>, RunError> {
    let mut forms = Vec::new();
    for (line, algorithms) in LINES {
        let mut stage = Stage::set(template, habits, patience(template, timeouts))?;
        match asked(&mut stage, line, algorithms) {
            Ok(form) => forms.push(form),
            Err(NotPassed::NotStarted(error)) => return Err(error.into()),
            Err(_) => {}
        }
    }
    Ok(forms)
}

/// Types a line and the name, and sees whether that sends a verified transfer: a text would not be
/// followed by a header once it is answered.
fn asked(
    stage: &mut Stage<'_>,
    line: &'static str,
    algorithms: &'static [Algorithm],
) -> Judged<Form> {
    stage.place(NAME, CONTENT)?;
    stage.types(line);
    stage.types(NAME);
    let commands: Vec<&[u8]> = algorithms
        .iter()
        .map(|algorithm| algorithm.command().as_bytes())
        .collect();
    let algorithm = algorithms[stage.sends_any(&commands)?];
    stage.says(algorithm, "ready");
    if line != "file" {
        // A client that takes the line for a text sends the name as the next one.
        let name = frame(NAME.as_bytes());
        stage.waits_for(name.len());
        if stage.rest().starts_with(&name) {
            return Err(NotPassed::skipped("the line is a text to the client"));
        }
    }
    Ok(Form {
        line,
        algorithm,
        stored: told_of_stored(stage, algorithm).ok(),
    })
}

/// All that the client says in the session of a file that is stored.
fn told_of_stored(stage: &mut Stage<'_>, algorithm: Algorithm) -> Judged<Told> {
    stage.sends_verified(algorithm, NAME, CONTENT)?;
    stage.says(algorithm, "ok");
    Ok(stage.tells())
}
