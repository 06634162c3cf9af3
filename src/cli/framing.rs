//! `unstick framing`

use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::{Failure, print, say};
use crate::framing::{Guess, guess};
use crate::recut::turn::Conversation;
use crate::trace::json;
use crate::trace::visible::Visible;

/// The most that is read of a file of octets: a framing shows within a few frames.
const MOST: u64 = 16 * 1024 * 1024;

/// The most octets of a recording that are read: its text is several times as long as what it holds.
const MOST_RECORDED: u64 = 1024 * 1024 * 1024;

/// Say which framings divide a recording, or octets, without a remainder
#[derive(Debug, Args)]
#[command(
    after_help = "Each FILE is a recording, whose two directions are two streams, or one stream of octets. The
framings that divide all streams into whole frames come best first: those that explain most of
the octets with the least. A stream that ends inside a frame, as a recording that was stopped
does, counts less. Few octets fit many framings: give as many as there are.

Examples:
  unstick framing session.json
  unstick framing to-server.bin from-server.bin
  unstick explain --framing \"$(unstick framing session.json | head -n 1 | cut -f 1)\"

Exit status: 0 at least one fits; 2 bad usage; 3 none fits."
)]
pub(super) struct Guessed {
    /// Recordings, or files of octets
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

impl Guessed {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let (guesses, total) = guesses(self.files.iter().map(PathBuf::as_path))?;
        if guesses.is_empty() {
            return Err(Failure::Unjudged(format!(
                "no framing that is known divides these {total} octets; `unstick recut` needs none, and \
                     docs/framings.md has the language of framings"
            )));
        }
        print(&listed(&guesses));
        Ok(ExitCode::SUCCESS)
    }
}

/// The framings that divide the streams in some files, the likeliest first; and how many octets there are.
pub(super) fn guesses<'p>(
    files: impl IntoIterator<Item = &'p Path>,
) -> Result<(Vec<Guess>, usize), Failure> {
    let mut streams = Vec::new();
    for path in files {
        streams.extend(streams_of(path)?);
    }
    let octets: Vec<&[u8]> = streams.iter().map(Vec::as_slice).collect();
    Ok((guess(&octets), streams.iter().map(Vec::len).sum()))
}

/// The streams in a file: those of both directions of a recording, or the octets as they are.
fn streams_of(path: &Path) -> Result<Vec<Vec<u8>>, Failure> {
    let wrong =
        |error: &dyn std::fmt::Display| Failure::Usage(format!("{}: {error}", path.display()));
    let mut octets = Vec::new();
    let mut file = File::open(path).map_err(|error| wrong(&error))?;
    let mut read = |most: u64, octets: &mut Vec<u8>| {
        let file = &mut file;
        file.take(most)
            .read_to_end(octets)
            .map_err(|error| wrong(&error))
    };
    read(MOST, &mut octets)?;
    if octets.is_empty() {
        return Err(wrong(&"it is empty"));
    }
    // A recording says something only as a whole.
    if octets.len() as u64 == MOST && octets.trim_ascii_start().starts_with(b"{") {
        read(MOST_RECORDED - MOST + 1, &mut octets)?;
        if octets.len() as u64 > MOST_RECORDED {
            let why =
                "a recording of more than 1 GiB: record less, or give the octets of one direction";
            return Err(wrong(&why));
        }
    }
    let text = str::from_utf8(&octets).ok();
    let Some(trace) = text.and_then(|text| json::read(text).ok()) else {
        if octets.len() as u64 >= MOST {
            octets.truncate(MOST as usize);
            let shown = path.display();
            let what = "the first 16 MiB are looked at, which may end inside a frame";
            say(Visible::of(format_args!("{shown}: {what}")));
        }
        return Ok(vec![octets]);
    };
    let conversation = Conversation::of(&trace).map_err(|error| wrong(&error))?;
    let sent = conversation.turns.iter().map(|turn| turn.sent.clone());
    let answers = (0..=conversation.turns.len())
        .filter_map(|number| conversation.answer(number)?.octets.as_ref())
        .map(crate::trace::octets::Octets::to_vec);
    let mut streams = vec![
        sent.collect::<Vec<_>>().concat(),
        answers.collect::<Vec<_>>().concat(),
    ];
    streams.retain(|stream| !stream.is_empty());
    Ok(streams)
}

/// A line for each framing: as it is written after --framing, how many frames, and what a frame is.
fn listed(guesses: &[Guess]) -> String {
    let mut out = String::new();
    for guess in guesses {
        let frames = if guess.frames == 1 { "frame" } else { "frames" };
        let cut = match guess.cut {
            0 => String::new(),
            1 => ", 1 stream ends inside one".to_owned(),
            cut => format!(", {cut} streams end inside one"),
        };
        let (framing, sentence) = (&guess.framing, guess.framing.sentence());
        let _ = writeln!(out, "{framing}\t{} {frames}{cut}\t{sentence}", guess.frames);
    }
    out
}
