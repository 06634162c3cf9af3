//! Invariants of files: whole or not at all, under their names and nowhere else
//! (TRF-8 to TRF-10), and replies to everything else.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use tempfile::TempDir;
use unstick::peer::conversation::{Conversation, Goes};
use unstick::peer::store::{Store, Sync};

use crate::reading::{Next, Reading};
use crate::session_model::{Expected, Model};

/// A directory for the real store, in memory where the system has such a place.
#[derive(Debug)]
pub struct Place {
    dir: TempDir,
    store: Store,
    replies: Vec<u8>,
}

impl Place {
    /// Makes one.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn new() -> io::Result<Self> {
        let memory = Path::new("/dev/shm");
        let dir = if memory.is_dir() {
            TempDir::new_in(memory)?
        } else {
            TempDir::new()?
        };
        Ok(Self {
            store: Store::new(&dir.path().join("dir"), Sync::default()),
            replies: Vec::new(),
            dir,
        })
    }

    /// Has a whole session with the reference server, its socket apart, and compares the
    /// directory and the replies with the model; `verifies` says whether both have the extension (VTR).
    ///
    /// # Errors
    /// The failure, in words.
    pub fn check(
        &mut self,
        verifies: bool,
        limit: u32,
        stream: &[u8],
        ends: impl Iterator<Item = usize>,
    ) -> Result<(), String> {
        let inside = self.dir.path().join("dir");
        fs::create_dir_all(&inside).map_err(|error| error.to_string())?;
        self.replies.clear();
        let conversation = Conversation::new(&self.store, limit);
        let model = Model::new(stream, limit);
        let (conversation, model) = if verifies {
            (conversation.verifying(), model.verifying())
        } else {
            (conversation, model)
        };
        converse(conversation, &mut self.replies, stream, ends);
        let (files, replies) = expected(model, stream);
        let outcome = compare_files(&inside, &files)
            .and_then(|()| compare_replies(&self.replies, &replies))
            .and_then(|()| nothing_beside(self.dir.path()));
        if !files.is_empty() || outcome.is_err() {
            fs::remove_dir_all(&inside).map_err(|error| error.to_string())?;
        }
        outcome
    }
}

fn converse(
    mut conversation: Conversation<'_>,
    replies: &mut Vec<u8>,
    stream: &[u8],
    ends: impl Iterator<Item = usize>,
) {
    let mut from = 0;
    for end in ends.chain([stream.len()]) {
        let arrived = end.clamp(from, stream.len());
        match conversation.take(&stream[from..arrived], replies) {
            Ok(Goes::On) => {}
            // The files and replies show whether it was right to end here.
            Ok(Goes::Over) | Err(_) => return,
        }
        from = arrived;
    }
    let _ = conversation.finish();
}

type Files<'s> = BTreeMap<String, &'s [u8]>;

/// A reply that is owed.
#[derive(Debug)]
enum Owed<'s> {
    /// To a text (SES-5).
    Reply(&'s [u8]),
    /// Of a verified transfer: the whole message.
    Answer(String),
}

/// Files that the directory holds in the end, and the replies that are owed.
fn expected<'s>(mut model: Model<'s>, stream: &'s [u8]) -> (Files<'s>, Vec<Owed<'s>>) {
    let mut files = Files::new();
    let mut replies = Vec::new();
    let mut name = String::new();
    let mut body = &stream[..0];
    loop {
        match model.step() {
            Expected::Text { text, .. } => replies.push(Owed::Reply(text)),
            Expected::Command { by, .. } => {
                replies.push(Owed::Answer(format!("{} ready", by.command())));
            }
            Expected::File { name: next, .. } => {
                name = next;
                body = &stream[..0];
            }
            Expected::Body { at, end, verified } if end <= stream.len() => {
                body = &stream[at..end];
                if !verified {
                    files.insert(std::mem::take(&mut name), body);
                }
            }
            Expected::FileEnd { due } => {
                files.insert(std::mem::take(&mut name), &stream[due..due]);
            }
            Expected::Digest { by, right, .. } => {
                let verdict = if right { "ok" } else { "mismatch" };
                replies.push(Owed::Answer(format!("{} {verdict}", by.command())));
                if right {
                    files.insert(std::mem::take(&mut name), body);
                }
            }
            Expected::Body { .. }
            | Expected::Quit { .. }
            | Expected::Over
            | Expected::Refusal { .. }
            | Expected::CutShort
            | Expected::End => return (files, replies),
        }
    }
}

fn compare_files(dir: &Path, expected: &Files<'_>) -> Result<(), String> {
    let entries = fs::read_dir(dir).map_err(|error| error.to_string())?;
    let mut held = 0;
    for entry in entries.flatten() {
        held += 1;
        let name = entry.file_name().to_string_lossy().into_owned();
        let content = fs::read(entry.path()).map_err(|error| error.to_string())?;
        match expected.get(&name) {
            Some(expected) if *expected == content => {}
            Some(expected) => {
                return Err(format!(
                    "{name:?} holds {} octets, and not the {} that were sent",
                    content.len(),
                    expected.len()
                ));
            }
            None => return Err(format!("{name:?} is there, and should not be")),
        }
    }
    if held == expected.len() {
        Ok(())
    } else {
        Err(format!(
            "{held} files are there instead of {}",
            expected.len()
        ))
    }
}

fn nothing_beside(dir: &Path) -> Result<(), String> {
    match fs::read_dir(dir).map(Iterator::count) {
        Ok(1) => Ok(()),
        other => Err(format!(
            "something was written beside the directory: {other:?}"
        )),
    }
}

fn compare_replies(replies: &[u8], owed: &[Owed<'_>]) -> Result<(), String> {
    let mut reading = Reading::new(replies, u32::MAX);
    for owed in owed {
        let Next::Frame { payload, .. } = reading.step() else {
            return Err(format!("a reply is missing: {owed:?}"));
        };
        let holds = match owed {
            Owed::Reply(text) => replies_to(payload, text),
            Owed::Answer(answer) => payload == answer.as_bytes(),
        };
        if !holds {
            let reply = String::from_utf8_lossy(payload);
            return Err(format!("{reply:?} is not what is owed: {owed:?}"));
        }
    }
    match reading.step() {
        Next::End => Ok(()),
        more => Err(format!("more than the replies that are owed: {more:?}")),
    }
}

/// True if this is the reply to a text, whatever the time.
fn replies_to(reply: &[u8], text: &[u8]) -> bool {
    reply
        .strip_suffix("”信息!".as_bytes())
        .and_then(|rest| rest.strip_suffix(text))
        .is_some_and(|rest| rest.ends_with("秒收到了你发来的“".as_bytes()))
}
