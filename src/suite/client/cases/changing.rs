//! Files that change, or are taken slowly, while they are sent.

use std::fs::File;
use std::io::Write;

use super::transfers::{LARGE, pattern};
use crate::suite::client::case::Case;
use crate::suite::client::diagnosis;
use crate::suite::client::driver::{Judged, NotPassed, Stage, differs_from_the_file};
use crate::trace::Class;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "slowly-taken-file",
            "A file that a slow peer takes in parts arrives whole",
            &["FRM-9", "TRF-13"],
            Class::Transfer,
            |stage| {
                let content = pattern(LARGE);
                begin_large(stage, &content)?;
                goes_on(stage, &content)
            },
        ),
        Case::new(
            "growing-file",
            "Of a file that grows while it is sent goes out what was announced",
            &["TRF-13"],
            Class::Transfer,
            |stage| {
                let content = pattern(LARGE);
                let mut file = begin_large(stage, &content)?;
                // The file is at its end, behind what was placed.
                let grown = file.write_all(&[b'+'; 100_000]);
                stage.placed(grown)?;
                goes_on(stage, &content)
            },
        ),
        Case::new(
            "shrinking-file",
            "When a file shrinks while it is sent, the client closes and pads nothing",
            &["TRF-13"],
            Class::Transfer,
            |stage| {
                let content = pattern(LARGE);
                let shrunk = begin_large(stage, &content)?.set_len(SHRUNK as u64);
                stage.placed(shrunk)?;
                stage.releases();
                stage.types("after");
                stage.waits_for(content.len());
                let came = stage.rest().len().min(content.len());
                let expected = "the octets that the file had, and then the close";
                let same = common_prefix(&content, stage.rest());
                if same < came {
                    if stage.ending().is_some() && is_lent(&content, &stage.rest()[..came]) {
                        return Err(NotPassed::Acceptable(LENT.into()));
                    }
                    let diagnosis = diagnosis::of_frames(&content, stage.rest());
                    let differs = differs_from_the_file(&content, stage.rest(), same);
                    let message =
                        format!("the client sent what was not in the file: the body {differs}");
                    let wrong = stage.wrong(&message, expected, false);
                    return Err(wrong.because(diagnosis.unwrap_or_default()).into());
                }
                if came < content.len() && stage.ending().is_none() {
                    let message = "the client neither sends what it announced nor closes";
                    return Err(stage.wrong(message, expected, true).into());
                }
                Ok(())
            },
        ),
    ]
}

/// The rest of a file that shrinks while it is sent, in octets.
const SHRUNK: usize = 1_000_000;

/// The reason why zeros in place of what a file no longer has may be the system's.
const LENT: &str = "the client noticed that the file had shrunk, closed, and padded nothing; the zeros before that \
    come from the system: sendfile (io.Copy, transferTo, socket.sendfile) lends the file's pages to the socket, and \
    cutting the file zeroes those that wait there; read into a buffer and write that instead";

/// True if a body that ends early is what a client sends that has the system lend the pages of a
/// file: as the file was, but for zeros behind its new end.
fn is_lent(content: &[u8], came: &[u8]) -> bool {
    came.len() < content.len()
        && came.len() > SHRUNK
        && came[..SHRUNK] == content[..SHRUNK]
        && std::iter::zip(&came[SHRUNK..], &content[SHRUNK..])
            .all(|(came, had)| *came == 0 || came == had)
}

fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// Takes the body now, and sees that the session goes on after it.
fn goes_on(stage: &mut Stage<'_>, content: &[u8]) -> Judged {
    stage.releases();
    stage.sends_body(content)?;
    stage.types("after");
    stage.sends(b"after")
}

/// Has a large file announced, and takes nothing of its body yet.
fn begin_large(stage: &mut Stage<'_>, content: &[u8]) -> Judged<File> {
    let file = stage.place("large.bin", content)?;
    stage.connected_early("hello")?;
    stage.types("file");
    stage.holds_after(format!("large.bin,{}", content.len()).as_bytes());
    stage.types("large.bin");
    stage.announces("large.bin", content.len())?;
    stage.settles();
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_behind_the_new_end_are_the_systems_and_no_others() {
        let content = pattern(2 * SHRUNK);
        let zeroed = |from: usize, to: usize| {
            let mut came = content[..to].to_vec();
            came[from..].fill(0);
            came
        };
        assert!(is_lent(&content, &zeroed(SHRUNK, SHRUNK + 5_000)));
        assert!(is_lent(&content, &zeroed(SHRUNK + 192, SHRUNK + 5_000)));
        // Zeros within what the file still has; and as many octets as were announced are padding.
        assert!(!is_lent(&content, &zeroed(SHRUNK - 1, SHRUNK + 5_000)));
        assert!(!is_lent(&content, &zeroed(SHRUNK, 2 * SHRUNK)));
        let mut other = zeroed(SHRUNK, SHRUNK + 5_000);
        other[SHRUNK + 4_000] = b'+';
        assert!(!is_lent(&content, &other));
    }

    #[test]
    fn the_first_octet_that_differs_is_shown_wherever_it_is() {
        let content = pattern(LARGE);
        let mut came = content.clone();
        came[SHRUNK + 1] = b'+';
        let place = common_prefix(&content, &came);
        let shown = differs_from_the_file(&content, &came, place);
        assert!(
            shown.contains("from octet 1000001 on: received 2b "),
            "{shown}"
        );
    }
}
