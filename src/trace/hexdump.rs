//! Octets for people: hexadecimal beside text, frames marked, long runs folded.

use std::fmt::Write;

use super::answer::Answer;
use super::octets::Octets;
use super::{Acceptable, Action, Placed, Step, Trace};
use crate::framing::{Framing, Place};

/// Number of octets that a line shows.
const PER_LINE: usize = 16;

/// The most lines that a dump shows; what lies between its head and its tail is counted.
const MAX_LINES: usize = 12;

/// Dumps octets, a line for every 16, each with its offset; long dumps lose their middle.
#[must_use]
pub fn dump(octets: &[u8]) -> String {
    dump_by(octets, PER_LINE)
}

/// Dumps octets as [`dump`] does, with `per_line` on a line.
#[must_use]
pub fn dump_by(octets: &[u8], per_line: usize) -> String {
    dump_from(0, octets, MAX_LINES, per_line)
}

/// The number of octets that a line of `columns` has room for: 16, or fewer on narrow terminals.
#[must_use]
pub const fn octets_within(columns: usize) -> usize {
    match columns {
        75.. => PER_LINE,
        43..75 => 8,
        _ => 4,
    }
}

/// Dumps octets as [`dump`] does, showing what stands at `place` and a little around it.
#[must_use]
pub fn dump_around(octets: &[u8], place: usize) -> String {
    let first = (place / PER_LINE).saturating_sub(3) * PER_LINE;
    let last = (first + MAX_LINES / 2 * PER_LINE).min(octets.len());
    let mut out = String::new();
    if first > 0 {
        writeln!(out, "          … {first} octets before").expect("a string takes everything");
    }
    out += &dump_from(
        first,
        &octets[first.min(octets.len())..last],
        MAX_LINES,
        PER_LINE,
    );
    if last < octets.len() {
        writeln!(out, "          … {} octets behind", octets.len() - last)
            .expect("a string takes everything");
    }
    out
}

fn dump_from(base: usize, octets: &[u8], max_lines: usize, per_line: usize) -> String {
    let mut out = String::new();
    let width = 3 * per_line - 1;
    let lines = octets.len().div_ceil(per_line);
    let head = if lines > max_lines {
        max_lines - 2
    } else {
        lines
    };
    for (number, line) in octets.chunks(per_line).enumerate() {
        let offset = base + number * per_line;
        if number == head {
            let folded = (lines - 1 - head) * per_line;
            writeln!(out, "          … {folded} octets").expect("a string takes everything");
        }
        if number < head || number + 1 == lines {
            let hex: Vec<String> = line.iter().map(|octet| format!("{octet:02x}")).collect();
            let text: String = line
                .iter()
                .map(|octet| match octet {
                    b' '..=b'~' => char::from(*octet),
                    _ => '.',
                })
                .collect();
            writeln!(out, "{offset:08x}  {:width$}  {text}", hex.join(" "))
                .expect("a string takes everything");
        }
    }
    out
}

/// Dumps what a testee sent back, taken for frames: each length with its value, each payload as text where it
/// is text. Octets that are not a whole frame are said to be so.
#[must_use]
pub fn dump_frames(octets: &[u8]) -> String {
    dump_frames_by(octets, PER_LINE)
}

/// Dumps frames as [`dump_frames`] does, with `per_line` octets on a line.
#[must_use]
pub fn dump_frames_by(octets: &[u8], per_line: usize) -> String {
    let mut out = String::new();
    let mut rest = octets;
    let mut number = 0;
    while !rest.is_empty() {
        number += 1;
        let Some((length, behind)) = rest.split_first_chunk::<4>() else {
            let _ = writeln!(
                out,
                "frame {number}: only {} octets of a length",
                rest.len()
            );
            out += &dump_by(rest, per_line);
            break;
        };
        let announced = u32::from_be_bytes(*length);
        let available = behind.len().min(announced as usize);
        let (payload, after) = behind.split_at(available);
        let cut = if available < announced as usize {
            format!(", of which {available} came")
        } else {
            String::new()
        };
        let _ = writeln!(
            out,
            "frame {number}: length {announced}{cut}{}",
            quoted(payload)
        );
        out += &dump_by(&rest[..4 + available], per_line);
        rest = after;
        if number == 8 && !rest.is_empty() {
            let _ = writeln!(out, "… {} octets behind", rest.len());
            break;
        }
    }
    out
}

/// `, “text”` where a payload is short text, escaped so that it commands no terminal.
fn quoted(payload: &[u8]) -> String {
    match std::str::from_utf8(payload) {
        Ok(text) if payload.len() <= 200 => format!(", {text:?}"),
        Ok(_) => String::new(),
        Err(_) => ", not UTF-8".to_owned(),
    }
}

/// Shows a trace as the conversation it is: what is sent, what must come of it.
#[must_use]
pub fn conversation(trace: &Trace) -> String {
    let framing = trace.framing();
    let mut out = String::new();
    for placed in &trace.before {
        let line = match placed {
            Placed::File { name, content } => {
                format!("before: the file {name:?} with {} octets", content.len())
            }
            Placed::Link { name, to } => {
                format!("before: {name:?}, a symbolic link to {to:?} outside of the directory")
            }
        };
        out += &line;
        out.push('\n');
    }
    steps(&framing, &trace.steps, &mut out);
    match trace.acceptable {
        Some(Acceptable::Refusal) => out += "  a refusal is acceptable too\n",
        Some(Acceptable::Extension) => out += "  the extension's own reply is acceptable too\n",
        Some(Acceptable::Acceptance) => out += "  to accept it, and go on, is acceptable too\n",
        None => {}
    }
    if let Some(repaired) = &trace.repaired {
        out += "repaired, the offence apart, this must succeed:\n";
        steps(&framing, repaired, &mut out);
    }
    out
}

/// The most steps that are shown; what lies between the first and the last is counted.
const MAX_STEPS: usize = 40;

/// The line for a frame with these octets in the place of its length.
fn announced(framing: &Framing, length: &[u8]) -> String {
    match framing.number_in(length) {
        Some(number) => format!("→ frame, length {number}"),
        None if framing.is_reference() => "→ frame, no length of 4 octets".to_owned(),
        None => "→ frame, no length".to_owned(),
    }
}

fn steps(framing: &Framing, steps: &[Step], out: &mut String) {
    let head = match steps.len() {
        few if few <= MAX_STEPS => few,
        _ => MAX_STEPS / 2,
    };
    let tail = steps.len() - head.min(MAX_STEPS / 4);
    for (place, step) in steps.iter().enumerate() {
        if place == head {
            writeln!(out, "… {} steps", tail - head).expect("a string takes everything");
        }
        if (head..tail).contains(&place) {
            continue;
        }
        let (line, octets) = shown(framing, &step.action);
        let note = step
            .note
            .as_ref()
            .map_or_else(String::new, |note| format!(": {}", note.escape_debug()));
        writeln!(out, "{line}{note}").expect("a string takes everything");
        for dumped in dump(&octets).lines() {
            writeln!(out, "    {dumped}").expect("a string takes everything");
        }
    }
}

/// An action as a line, and its octets.
fn shown(framing: &Framing, action: &Action) -> (String, Vec<u8>) {
    match action {
        Action::Frame { length, payload } => {
            let octets = [length.to_vec(), payload.to_vec()].concat();
            (announced(framing, &length.to_vec()), octets)
        }
        Action::Parts(parts) => {
            let octets = parts
                .iter()
                .flat_map(|(_, octets)| octets.to_vec())
                .collect();
            let length = parts.iter().find(|(place, _)| *place == Place::Length);
            let title = match length {
                Some((_, length)) => announced(framing, &length.to_vec()),
                None => "→ frame".to_owned(),
            };
            (title, octets)
        }
        Action::Send(octets) => {
            let octets = octets.to_vec();
            (format!("→ {} octets", octets.len()), octets)
        }
        Action::Deliver(payload) => {
            let payload = payload.to_vec();
            (format!("← delivers {} octets", payload.len()), payload)
        }
        Action::Answer(answer) => shown_answer(answer),
        Action::EndOfStream => ("→ end of stream".to_owned(), Vec::new()),
        Action::Silence => ("← nothing".to_owned(), Vec::new()),
        Action::Close => ("← close".to_owned(), Vec::new()),
        Action::Refusal => ("← refusal: close, and nothing more".to_owned(), Vec::new()),
        Action::Stored { name, content } => {
            let content = content.to_vec();
            (
                format!("  {name:?} holds {} octets", content.len()),
                content,
            )
        }
        Action::Absent(name) => (format!("  there is no {name:?}"), Vec::new()),
        Action::Untouched => ("  the directory is as it was before".to_owned(), Vec::new()),
    }
}

/// An answer as a line, and its octets where they are known.
fn shown_answer(answer: &Answer) -> (String, Vec<u8>) {
    let octets = answer.octets.as_ref().map(Octets::to_vec);
    let mut line = match &octets {
        Some(octets) => format!("← answers {} octets", octets.len()),
        None => "← answers".to_owned(),
    };
    if !answer.varies.is_empty() {
        line += ", which vary from run to run";
    }
    if answer.awaited {
        line += ", always awaited";
    }
    (line, octets.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_offset_octets_and_text() {
        assert_eq!(
            dump(b"\0\0\0\x05hello"),
            "00000000  00 00 00 05 68 65 6c 6c 6f                       ....hello\n"
        );
    }

    #[test]
    fn the_middle_of_a_long_dump_is_counted() {
        let dumped = dump(&[b'a'; 1000]);
        assert_eq!(dumped.lines().count(), MAX_LINES);
        assert!(dumped.contains("… 832 octets"), "{dumped}");
        assert!(dumped.ends_with("aaaaaaaa\n"));
    }

    #[test]
    fn a_recording_reads_as_the_conversation_it_is() {
        let trace = crate::trace::json::read(
            r#"{"id": "x", "title": "x", "steps": [{"answer": {"octets": "68690a", "varies": ["hex"]}},
            {"send": "710a"}, {"answer": {"await": true}}, {"expect": "close"}]}"#,
        )
        .unwrap();
        let shown = conversation(&trace);
        let lines: Vec<&str> = shown
            .lines()
            .filter(|line| !line.starts_with(' '))
            .collect();
        assert_eq!(
            lines,
            [
                "← answers 3 octets, which vary from run to run",
                "→ 2 octets",
                "← answers, always awaited",
                "← close",
            ]
        );
    }

    #[test]
    fn frames_are_told_apart() {
        let dumped = dump_frames(b"\0\0\0\x02hi\0\0\0\x09ab\x1b");
        assert!(
            dumped.starts_with("frame 1: length 2, \"hi\"\n"),
            "{dumped}"
        );
        assert!(
            dumped.contains("frame 2: length 9, of which 3 came, \"ab\\u{1b}\"\n"),
            "{dumped}"
        );
    }
}
