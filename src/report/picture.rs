//! A conversation, drawn: what was sent, how it was cut, what came, and where that went wrong.

use std::ops::Range;

use super::frames::{Divided, Span, spans};
use crate::framing::Framing;
use crate::judge::evidence::{Evidence, Wanted};
use crate::trace::octets::Octets;
use crate::trace::visible::Visible;

/// Octets that are shown at either end of a write, and around the first wrong octet of what came.
const EDGE: usize = 64;

/// Writes that are shown one by one, and octets of all of them.
const WRITES: usize = 40;
const SENT: usize = 1024;

/// Writes no longer than this stand in one row, with their cuts between them.
const SHORT: usize = 2;

/// Octets that are shown in one piece, so that a narrow page can break the line.
const PIECE: usize = 8;

/// Octets before and after the first wrong one that are compared.
const BEFORE: usize = 8;
const AFTER: usize = 8;

/// Characters of one text that are shown: a screenful.
pub(super) const LONGEST: usize = 2000;

/// Properties that a picture is drawn by.
#[derive(Debug, Clone, Default)]
pub struct Ruler {
    /// The framing of the conversation; none for octets of any protocol.
    pub framing: Option<Framing>,
    /// True if files may be sent, whose bodies are bare octets.
    pub files: bool,
    /// True if the octets that came are payloads behind lengths of four octets, whatever the framing is.
    pub delivered: bool,
}

/// A conversation, drawn.
#[derive(Debug)]
pub struct Picture {
    /// The lines that were typed into a client.
    pub typed: Vec<String>,
    /// The octets that were sent, a row for each write; short writes share a row.
    pub sent: Vec<Writes>,
    /// The number of writes that are not shown.
    pub more_sent: usize,
    /// The octets that came, in one piece.
    pub seen: Writes,
    /// The first wrong octet, beside the one that was expected.
    pub versus: Option<Versus>,
    /// The expectation, in words.
    pub expected: String,
    /// The end of the connection, in words.
    pub ended: String,
    /// The end of standard output, where a client shows something.
    pub shown: String,
    /// The end of standard error.
    pub stderr: String,
}

/// Octets in a row, with their frames and cuts.
#[derive(Debug)]
pub struct Writes {
    /// `write 3, 5 octets`
    pub label: String,
    /// Pieces that belong together.
    pub pieces: Vec<Piece>,
}

/// A few octets that belong together.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    /// `length`, `payload`, `body`, `raw`; or `gap` for what is not shown.
    pub kind: &'static str,
    /// In hexadecimal.
    pub hex: String,
    /// As text, each character above its octet; dots for octets that are none.
    pub text: String,
    /// True if a frame begins here.
    pub begins: bool,
    /// True if a frame ends here.
    pub ends: bool,
    /// True if the stream is cut in front of the piece.
    pub cut: bool,
    /// True if the piece is the first wrong octet.
    pub wrong: bool,
}

/// The octets that came and those that were expected in their place, around the first wrong octet.
#[derive(Debug)]
pub struct Versus {
    /// Both octets, and their offset, in words.
    pub words: String,
    /// The octets that were expected, as one line.
    pub expected: Side,
    /// The octets that came.
    pub came: Side,
}

/// A line of octets, in three parts.
#[derive(Debug)]
pub struct Side {
    /// True if octets stand before those shown.
    pub more: bool,
    /// The octets that are right.
    pub right: Octet,
    /// The first wrong octet.
    pub mark: Octet,
    /// The octets after it.
    pub rest: Octet,
}

/// Octets in both forms.
#[derive(Debug)]
pub struct Octet {
    /// In hexadecimal.
    pub hex: String,
    /// As text, aligned with the hexadecimal.
    pub text: String,
}

impl Picture {
    /// Draws a conversation.
    #[must_use]
    pub fn of(evidence: &Evidence, ruler: &Ruler) -> Self {
        let (sent, more_sent) = sent(&evidence.sent, ruler);
        let seen = evidence.seen.to_vec();
        let wanted = evidence.wanted.as_ref();
        let wrong = wanted.map(|wanted| wanted.wrong);
        let came = match seen.len() {
            0 => "nothing".to_owned(),
            number => octets(number),
        };
        Self {
            typed: evidence.typed.iter().map(safe).collect(),
            sent,
            more_sent,
            seen: Writes {
                label: came,
                pieces: pieces(
                    &seen,
                    0..seen.len(),
                    &spans(&seen, divided_seen(&seen, ruler)),
                    wrong,
                ),
            },
            versus: wanted.map(|wanted| versus(wanted, &evidence.seen, &seen)),
            expected: safe(&evidence.expected),
            ended: safe(&evidence.ended),
            shown: safe(evidence.shown.trim()),
            stderr: safe(evidence.stderr.trim()),
        }
    }
}

/// Text of others, in which no control character commands the program that shows it.
pub(super) fn safe(text: impl std::fmt::Display) -> String {
    Visible::shortened(text, LONGEST).as_str().to_owned()
}

/// `1 octet`, `2 octets`.
fn octets(number: usize) -> String {
    match number {
        1 => "1 octet".to_owned(),
        more => format!("{more} octets"),
    }
}

fn divided<'r>(ruler: &'r Ruler) -> Divided<'r> {
    match &ruler.framing {
        None => Divided::Not,
        Some(framing) if ruler.files => Divided::WithFiles(framing),
        Some(framing) => Divided::Into(framing),
    }
}

/// Payloads that a codec delivers are shown behind lengths of four octets; a stream that it encodes, as it is.
fn divided_seen<'r>(seen: &[u8], ruler: &'r Ruler) -> Divided<'r> {
    static DELIVERED: std::sync::LazyLock<Framing> = std::sync::LazyLock::new(Framing::default);
    if ruler.delivered && DELIVERED.split(seen).whole == seen.len() {
        return Divided::Into(&DELIVERED);
    }
    divided(ruler)
}

/// The writes, each a row or a part of one, and the number of those left out.
fn sent(chunks: &[Octets], ruler: &Ruler) -> (Vec<Writes>, usize) {
    let mut stream = Vec::new();
    let mut ends = Vec::new();
    for chunk in chunks.iter().take(WRITES) {
        if stream.len() > SENT && !ends.is_empty() {
            break;
        }
        stream.extend(chunk.to_vec());
        ends.push(stream.len());
    }
    let spans = spans(&stream, divided(ruler));
    let mut rows: Vec<(usize, usize, Writes)> = Vec::new();
    let mut from = 0;
    for (place, to) in ends.iter().copied().enumerate() {
        let mut drawn = pieces(&stream, from..to, &spans, None);
        let is_short = to - from <= SHORT;
        match rows.last_mut() {
            Some((first_of_row, last, row)) if is_short && *last == 0 => {
                if let Some(first) = drawn.first_mut() {
                    first.cut = true;
                }
                row.pieces.append(&mut drawn);
                row.label = format!("writes {} to {}", *first_of_row + 1, place + 1);
            }
            _ => {
                let label = format!("write {}, {}", place + 1, octets(to - from));
                let long = if is_short { 0 } else { to - from };
                rows.push((
                    place,
                    long,
                    Writes {
                        label,
                        pieces: drawn,
                    },
                ));
            }
        }
        from = to;
    }
    let rows = rows.into_iter().map(|(_, _, row)| row).collect();
    (rows, chunks.len() - ends.len())
}

/// The octets of a range in pieces, each of one kind; of many those at the ends, and those around the
/// first wrong one.
fn pieces(stream: &[u8], range: Range<usize>, spans: &[Span], wrong: Option<usize>) -> Vec<Piece> {
    let mut shown = Vec::new();
    if range.len() <= 2 * EDGE + PIECE {
        shown.push(range.clone());
    } else {
        shown.push(range.start..range.start + EDGE);
        let wrong = wrong.filter(|wrong| range.contains(wrong));
        shown.extend(
            wrong.map(|wrong| wrong.saturating_sub(EDGE / 2)..(wrong + EDGE / 2).min(range.end)),
        );
        shown.push(range.end - EDGE..range.end);
    }
    let (mut out, mut at) = (Vec::new(), range.start);
    for part in shown {
        let part = part.start.max(at)..part.end.max(at);
        if part.start > at {
            out.push(gap(part.start - at));
        }
        for span in spans {
            let here = span.at.start.max(part.start)..span.at.end.min(part.end);
            if !here.is_empty() {
                cut_up(stream, here, span, wrong, &mut out);
            }
        }
        at = part.end;
    }
    out
}

fn gap(octets: usize) -> Piece {
    Piece {
        kind: "gap",
        hex: format!("… {octets} octets …"),
        text: String::new(),
        begins: false,
        ends: false,
        cut: false,
        wrong: false,
    }
}

/// A span in pieces that fit a line, the wrong octet by itself.
fn cut_up(
    stream: &[u8],
    here: Range<usize>,
    span: &Span,
    wrong: Option<usize>,
    out: &mut Vec<Piece>,
) {
    let mut from = here.start;
    while from < here.end {
        let mut to = here.end.min(from + PIECE);
        match wrong {
            Some(wrong) if wrong == from => to = from + 1,
            Some(wrong) if (from..to).contains(&wrong) => to = wrong,
            _ => {}
        }
        let both = both(&stream[from..to]);
        out.push(Piece {
            kind: span.kind,
            hex: both.hex,
            text: both.text,
            begins: span.begins && from == span.at.start,
            ends: span.ends && to == span.at.end,
            cut: false,
            wrong: wrong == Some(from),
        });
        from = to;
    }
}

/// Octets in hexadecimal and as text, of which each character stands where its octet does.
fn both(octets: &[u8]) -> Octet {
    let hex: Vec<String> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    let text: Vec<String> = octets
        .iter()
        .map(|octet| match octet {
            b' '..=b'~' => format!("{} ", char::from(*octet)),
            _ => "· ".to_owned(),
        })
        .collect();
    let mut text = text.join(" ");
    // The column after the last character, which may be a blank itself.
    text.pop();
    Octet {
        hex: hex.join(" "),
        text,
    }
}

fn versus(wanted: &Wanted, came: &Octets, seen: &[u8]) -> Versus {
    let owed = wanted.octets.to_vec();
    let same = wanted.wrong.saturating_sub(wanted.at);
    let side = |octets: &[u8], wrong: usize, nothing: &str| {
        let wrong = wrong.min(octets.len());
        let from = wrong.saturating_sub(BEFORE);
        let (mark, rest) = match octets.get(wrong) {
            Some(octet) => {
                let end = octets.len().min(wrong + 1 + AFTER);
                (both(&[*octet]), both(&octets[wrong + 1..end]))
            }
            None => {
                let hex = nothing.to_owned();
                let text = String::new();
                (Octet { hex, text }, both(&[]))
            }
        };
        Side {
            more: from > 0,
            right: both(&octets[from..wrong]),
            mark,
            rest,
        }
    };
    // Both lines begin at the same octet, so that they stand below each other.
    let same = same.min(owed.len());
    let words = wanted.in_words(came);
    let came = &seen[wanted.at.min(seen.len())..];
    Versus {
        words,
        expected: side(&owed, same, "nothing more"),
        came: side(came, same, "nothing more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article() -> Ruler {
        Ruler {
            framing: Some(Framing::default()),
            ..Ruler::default()
        }
    }

    fn drawn(row: &Writes) -> String {
        let pieces = row.pieces.iter().map(|piece| {
            let open = if piece.begins { "[" } else { "" };
            let close = if piece.ends { "]" } else { "" };
            let cut = if piece.cut { "|" } else { "" };
            let wrong = if piece.wrong { "!" } else { "" };
            format!("{cut}{open}{wrong}{}{close}", piece.hex)
        });
        pieces.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn frames_are_bracketed_across_cuts() {
        let chunks = |chunks: &[&[u8]]| -> Vec<Octets> {
            chunks.iter().map(|chunk| Octets::from(*chunk)).collect()
        };
        let (rows, more) = sent(&chunks(&[b"\0\0\0\x02h", b"i\0\0\0\0"]), &article());
        let rows: Vec<String> = rows.iter().map(drawn).collect();
        assert_eq!(rows, ["[00 00 00 02 68", "69] [00 00 00 00]"]);
        assert_eq!(more, 0);
        let (rows, _) = sent(
            &chunks(&[b"\0", b"\0", b"\0", b"\x01", b"hello"]),
            &article(),
        );
        assert_eq!(drawn(&rows[0]), "[00 |00 |00 |01");
        assert_eq!(rows[0].label, "writes 1 to 4");
        assert_eq!(rows[1].label, "write 5, 5 octets");
        let many = chunks(&[&b"a"[..]; 100]);
        assert_eq!(sent(&many, &Ruler::default()).1, 100 - WRITES);
    }

    #[test]
    fn the_first_wrong_octet_is_marked_and_compared() {
        let evidence = |seen: &[u8], wanted: &[u8]| Evidence {
            seen: Octets::from(seen),
            wanted: Wanted::of(&Octets::from(seen), 0, wanted),
            ..Evidence::default()
        };
        let right = b"\0\0\0\x02hi";
        let picture = Picture::of(&evidence(b"\0\0\0\x01h", right), &article());
        assert_eq!(drawn(&picture.seen), "[00 00 00 !01 68]");
        let versus = picture.versus.unwrap();
        assert_eq!(versus.words, "offset 3, 01 instead of 02");
        assert_eq!(
            (&*versus.expected.mark.hex, &*versus.came.mark.hex),
            ("02", "01")
        );
        assert_eq!(
            (&*versus.came.right.hex, &*versus.came.rest.hex),
            ("00 00 00", "68")
        );
        assert_eq!(versus.expected.rest.text, "h  i");
        assert_eq!(both(b" ").text, " ");
        assert_eq!(both(b"").text, "");
        let picture = Picture::of(&evidence(b"\0\0\0\x02h", right), &article());
        let versus = picture.versus.unwrap();
        assert_eq!(
            (&*versus.expected.mark.hex, &*versus.came.mark.hex),
            ("69", "nothing more")
        );
        let long = [7; 1000];
        let mut other = long;
        other[500] = 8;
        let picture = Picture::of(&evidence(&other, &long), &Ruler::default());
        let shown = drawn(&picture.seen);
        assert_eq!(shown.matches(" octets …").count(), 2, "{shown}");
        assert!(shown.contains("!08"), "{shown}");
        assert!(picture.versus.unwrap().came.more);
    }
}
