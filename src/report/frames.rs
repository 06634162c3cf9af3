//! The places of the frames in a stream, so that a picture can bracket them.

use std::ops::Range;

use crate::framing::{Framing, Next, Place};

/// Octets that are looked at: what lies behind them is not drawn anyway.
const MOST: usize = 1 << 20;

/// Octets that a frame may lack and still be divided, unless its framing is the article's.
const PADDING: usize = 1 << 16;

/// Steps in which a framing may find out how much is missing: a few for each of its parts.
const STEPS: usize = 16;

/// A part of a frame, or octets that belong to none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    /// Place of the span in the stream.
    pub(super) at: Range<usize>,
    /// `length`, `payload`, `body` or `raw`.
    pub(super) kind: &'static str,
    /// True if a frame begins with the span.
    pub(super) begins: bool,
    /// True if a frame ends with the span.
    pub(super) ends: bool,
}

/// The way in which a stream is divided.
#[derive(Debug, Clone, Copy)]
pub(super) enum Divided<'f> {
    /// Not at all: octets of any protocol.
    Not,
    /// Into frames.
    Into(&'f Framing),
    /// Into messages in frames, and files as the article sends them: a command, a header, a bare body.
    WithFiles(&'f Framing),
}

/// The parts of a stream, in order, without a gap.
pub(super) fn spans(stream: &[u8], divided: Divided<'_>) -> Vec<Span> {
    let (framing, files) = match divided {
        Divided::Not => return raw(0..stream.len()).into_iter().collect(),
        Divided::Into(framing) => (framing, false),
        Divided::WithFiles(framing) => (framing, true),
    };
    let mut spans = Vec::new();
    let (mut at, mut after_a_command) = (0, false);
    while at < stream.len().min(MOST) {
        let rest = &stream[at..];
        let Some((parts, length, payload)) = frame(rest, framing) else {
            break;
        };
        let length = length.min(rest.len());
        push_frame(&parts, at, length, &mut spans);
        at += length;
        let body = files && std::mem::take(&mut after_a_command);
        if body && let Some(body) = announced(&payload) {
            let end = at.saturating_add(body).min(stream.len());
            if end > at {
                spans.push(Span {
                    at: at..end,
                    kind: "body",
                    begins: false,
                    ends: false,
                });
            }
            at = end;
        }
        after_a_command = files && is_a_command(&payload);
    }
    spans.extend(raw(at.min(stream.len())..stream.len()));
    spans
}

fn raw(at: Range<usize>) -> Option<Span> {
    (!at.is_empty()).then_some(Span {
        at,
        kind: "raw",
        begins: false,
        ends: false,
    })
}

type Parts = (Vec<(Place, Range<usize>)>, usize, Vec<u8>);

/// The parts of the frame that octets begin with, its length, and its payload; of a frame that is not
/// whole, as far as they can be told.
fn frame(rest: &[u8], framing: &Framing) -> Option<Parts> {
    let of = |octets: &[u8]| match framing.next(octets) {
        Next::Frame(frame) if frame.length > 0 => {
            Ok((frame.parts, frame.length, frame.payload.into_owned()))
        }
        Next::Need(more) => Err(more),
        _ => Err(0),
    };
    let mut more = match of(rest) {
        Ok(found) => return Some(found),
        Err(more) => more,
    };
    if more > 0 && framing.is_reference() {
        let length = rest.len().min(4);
        let parts = vec![
            (Place::Length, 0..length),
            (Place::Payload, length..rest.len()),
        ];
        return Some((parts, rest.len(), Vec::new()));
    }
    let mut padded = rest.to_vec();
    for _ in 0..STEPS {
        if more == 0 || padded.len() + more > rest.len() + PADDING {
            break;
        }
        padded.resize(padded.len() + more, 0);
        match of(&padded) {
            Ok((parts, length, _)) => return Some((parts, length, Vec::new())),
            Err(next) => more = next,
        }
    }
    None
}

fn push_frame(parts: &[(Place, Range<usize>)], at: usize, length: usize, spans: &mut Vec<Span>) {
    let from = spans.len();
    let mut end = 0;
    for (place, part) in parts {
        // Parts that hold nothing are not drawn, and what no part covers belongs to the frame too.
        let part = part.start.max(end)..part.end.min(length);
        if part.is_empty() {
            continue;
        }
        let kind = match place {
            Place::Payload => "payload",
            _ => "length",
        };
        for (kind, part) in [("length", end..part.start), (kind, part.clone())] {
            if !part.is_empty() {
                let at = at + part.start..at + part.end;
                let (begins, ends) = (false, false);
                spans.push(Span {
                    at,
                    kind,
                    begins,
                    ends,
                });
            }
        }
        end = part.end;
    }
    if end < length {
        spans.push(Span {
            at: at + end..at + length,
            kind: "length",
            begins: false,
            ends: false,
        });
    }
    if let Some(first) = spans.get_mut(from) {
        first.begins = true;
    }
    if let Some(last) = spans[from..].last_mut() {
        last.ends = true;
    }
}

fn is_a_command(payload: &[u8]) -> bool {
    payload.eq_ignore_ascii_case(b"file") || matches!(payload, b"file+md5" | b"file+sha256")
}

/// The length of the body that a header announces.
fn announced(header: &[u8]) -> Option<usize> {
    let comma = header.iter().rposition(|octet| *octet == b',')?;
    let digits = std::str::from_utf8(&header[comma + 1..]).ok()?;
    digits.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(stream: &[u8], divided: Divided<'_>) -> Vec<(&'static str, usize)> {
        let spans = spans(stream, divided);
        let whole: usize = spans.iter().map(|span| span.at.len()).sum();
        assert_eq!(whole, stream.len());
        assert!(spans.windows(2).all(|two| two[0].at.end == two[1].at.start));
        spans
            .iter()
            .map(|span| (span.kind, span.at.len()))
            .collect()
    }

    #[test]
    fn frames_are_found_and_the_last_may_be_short() {
        let reference = Framing::default();
        let into = Divided::Into(&reference);
        assert_eq!(
            kinds(b"\0\0\0\x02hi\0\0\0\0\0\0\0\x05he", into),
            [
                ("length", 4),
                ("payload", 2),
                ("length", 4),
                ("length", 4),
                ("payload", 2)
            ]
        );
        assert_eq!(kinds(b"\0\0\0", into), [("length", 3)]);
        assert_eq!(kinds(b"\xff\xff\xff\xffx", into).len(), 2);
        assert_eq!(kinds(b"any", Divided::Not), [("raw", 3)]);
        assert_eq!(kinds(b"", into), []);
    }

    #[test]
    fn other_framings_are_divided_too() {
        let lines: Framing = "line'\\n'".parse().unwrap();
        assert_eq!(
            kinds(b"ab\ncd", Divided::Into(&lines))[..2],
            [("payload", 2), ("length", 1)]
        );
        let short: Framing = "u16le".parse().unwrap();
        assert_eq!(
            kinds(b"\x02\0hi\x09\0x", Divided::Into(&short)),
            [("length", 2), ("payload", 2), ("length", 2), ("payload", 1)]
        );
    }

    #[test]
    fn a_body_is_no_frame() {
        let reference = Framing::default();
        let stream = b"\0\0\0\x04file\0\0\0\x03a,5\0\0\0\x01z\0\0\0\x01q";
        let found = kinds(stream, Divided::WithFiles(&reference));
        assert_eq!(
            found,
            [
                ("length", 4),
                ("payload", 4),
                ("length", 4),
                ("payload", 3),
                ("body", 5),
                ("length", 4),
                ("payload", 1)
            ]
        );
    }
}
