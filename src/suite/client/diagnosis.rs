//! Diagnosis of a client's wrong octets: the requirement that is broken, and the mistake.

use crate::suite::plain::{frame, next_frame};

/// The requirement that is broken, where it is not the case's own, and the likely mistake in
/// words that follow "it".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::suite::client) struct Diagnosis {
    pub(in crate::suite::client) requirement: Option<&'static str>,
    pub(in crate::suite::client) cause: Option<&'static str>,
}

impl Diagnosis {
    /// A mistake that breaks this requirement.
    pub(in crate::suite::client) const fn of(
        requirement: &'static str,
        cause: &'static str,
    ) -> Self {
        Self {
            requirement: Some(requirement),
            cause: Some(cause),
        }
    }

    /// The mistake of a client that was asked for a file that it cannot send, and whose next message did not come
    /// as it was typed: whether it has `announced` the file.
    pub(in crate::suite::client) fn of_no_file(announced: bool) -> Self {
        Self {
            requirement: Some("TRF-12"),
            cause: announced
                .then_some("it sends the command though there is no file that it can send"),
        }
    }
}

/// Nothing comes after the body of a file, whatever is typed.
pub(in crate::suite::client) const WAITS: Diagnosis =
    Diagnosis::of("TRF-6", "it waits for an answer to a file");

/// The diagnosis of a race of two writers.
pub(super) const INTERLEAVED: Diagnosis = Diagnosis::of(
    "FRM-9",
    "it writes two frames at the same time, and their octets interleave",
);

const FRAMED: Diagnosis = Diagnosis::of("TRF-3", "it puts the body into frames");

/// The most octets that a mistake in counting leaves out at the end of a body.
const A_FEW: usize = 8;

/// Number of octets that a system takes at once if its peer reads.
const NEVER_TAKEN_IN_PARTS: usize = 65_537;

/// Length in octets at which a match with a file cannot be chance.
const SOME: usize = 32;

/// Octets that are not the frame of `payload`. After the body of a file they may be what is left
/// of that.
pub(in crate::suite::client) fn of_message(
    payload: &[u8],
    came: &[u8],
    behind_a_body: bool,
) -> Diagnosis {
    let wanted = frame(payload);
    if came.is_empty() {
        return Diagnosis::default();
    }
    if behind_a_body && came.windows(wanted.len()).any(|window| window == wanted) {
        return match came.strip_prefix(&frame(b"")[..]) {
            // An empty file shows nothing else.
            Some(behind) if behind.starts_with(&wanted) => FRAMED,
            _ => Diagnosis::of("TRF-13", "it sends more octets than it announced"),
        };
    }
    if let Some((length, behind)) = came.split_first_chunk::<4>()
        && u32::from_be_bytes(*length) as usize == payload.len()
        && behind.starts_with(&[0, 0])
        && payload.first().is_some_and(|first| *first != 0)
    {
        return INTERLEAVED;
    }
    if let Some((length, behind)) = came.split_first_chunk::<4>()
        && behind.starts_with(payload)
        && !payload.is_empty()
    {
        return of_length(
            u32::from_be_bytes(*length),
            payload,
            &behind[payload.len()..],
        );
    }
    if let Some((length, behind)) = came.split_first_chunk::<4>()
        && u32::from_be_bytes(*length) as usize == payload.len()
        && payload.len() <= NEVER_TAKEN_IN_PARTS
        && !behind.is_empty()
        && behind.len() < payload.len()
        && payload.starts_with(behind)
    {
        return Diagnosis::of("FRM-1", "it announces a text and sends only a part of it");
    }
    if !payload.is_empty() && came.starts_with(payload) {
        return Diagnosis::of("FRM-1", "it sends texts without a length");
    }
    for octets in [1, 2, 8] {
        if came.get(octets..).is_some_and(|c| c.starts_with(payload)) && !payload.is_empty() {
            return Diagnosis::of("LEN-1", "its lengths have another size than four octets");
        }
    }
    next_frame(came).map_or_else(Diagnosis::default, |delivered| of_text(payload, delivered))
}

/// A length that is not that of the message after it.
fn of_length(announced: u32, payload: &[u8], behind: &[u8]) -> Diagnosis {
    let right = payload.len() as u32;
    let text = std::str::from_utf8(payload).unwrap_or_default();
    let characters = text.chars().count() as u32;
    let units = text.encode_utf16().count() as u32;
    match announced {
        _ if announced.swap_bytes() == right => {
            Diagnosis::of("LEN-1", "it writes lengths least significant octet first")
        }
        _ if announced == right + 4 => {
            Diagnosis::of("FRM-1", "its lengths count their own four octets")
        }
        _ if announced == characters || announced == units => {
            Diagnosis::of("MSG-1", "its lengths count characters, and not octets")
        }
        _ if announced == right + 1 && behind.first() == Some(&b'\n') => {
            Diagnosis::of("MSG-4", "it sends the end of the line too")
        }
        _ if announced > right && !behind.is_empty() => {
            Diagnosis::of("MSG-4", "it sends more than was typed")
        }
        _ => Diagnosis::of("LEN-1", "its lengths are wrong"),
    }
}

/// A whole frame with another message.
fn of_text(payload: &[u8], delivered: &[u8]) -> Diagnosis {
    let text = String::from_utf8_lossy(payload);
    if std::str::from_utf8(delivered).is_err() {
        return Diagnosis::of("MSG-3", "its messages are not UTF-8");
    }
    if delivered == text.trim().as_bytes() || delivered == text.trim_end().as_bytes() {
        return Diagnosis::of("MSG-4", "it trims what was typed");
    }
    if Some(delivered) == payload.split(|octet| *octet == 0).next() {
        return Diagnosis::of("MSG-4", "it takes U+0000 for the end of the text");
    }
    if Some(delivered) == payload.strip_prefix("\u{FEFF}".as_bytes()) {
        return Diagnosis::of("MSG-4", "it strips U+FEFF");
    }
    if !delivered.is_empty() && payload.starts_with(delivered) {
        return Diagnosis::of("FRM-9", "it sends a part of the message only");
    }
    Diagnosis::default()
}

/// Octets that are not the frame of a header.
pub(in crate::suite::client) fn of_header(name: &str, length: usize, came: &[u8]) -> Diagnosis {
    let Some(header) = next_frame(came).and_then(|payload| std::str::from_utf8(payload).ok())
    else {
        return Diagnosis::default();
    };
    if header == format!("{length},{name}") {
        return Diagnosis::of("TRF-1", "it puts the length before the name");
    }
    let Some((before, digits)) = header.rsplit_once(',') else {
        return Diagnosis::of("TRF-1", "its header has no comma");
    };
    let written_so = digits != length.to_string() && digits.trim().parse() == Ok(length);
    if written_so && before.trim() == name.trim() {
        return Diagnosis::of("TRF-2", "it writes more than digits for the length");
    }
    if before != name {
        return Diagnosis {
            requirement: Some("TRF-1"),
            cause: None,
        };
    }
    Diagnosis::of("TRF-13", "it announces another length than the file has")
}

/// The octets of a file in frames, if these are.
pub(in crate::suite::client) fn of_frames(content: &[u8], came: &[u8]) -> Option<Diagnosis> {
    let (length, behind) = came.split_first_chunk::<4>()?;
    let announces_some = (1..=content.len()).contains(&(u32::from_be_bytes(*length) as usize));
    (announces_some && content.starts_with(&behind[..behind.len().min(4)])).then_some(FRAMED)
}

/// Octets that are not the body of a file.
pub(in crate::suite::client) fn of_body(content: &[u8], came: &[u8]) -> Diagnosis {
    let same = content.iter().zip(came).take_while(|(a, b)| a == b).count();
    if let Some(framed) = of_frames(content, came) {
        return framed;
    }
    let line_end = (content.get(same), came.get(same));
    if matches!(
        line_end,
        (Some(b'\n'), Some(b'\r')) | (Some(b'\r'), Some(b'\n'))
    ) {
        return Diagnosis::of("TRF-3", "it reads the file as text");
    }
    if same == came.len() || content.len() - same <= A_FEW {
        return Diagnosis::of("TRF-13", "it sends fewer octets than it announced");
    }
    if came.len() + A_FEW < content.len()
        && let Some(behind) = came.get(same..same + SOME)
        && content[same..].windows(SOME).any(|window| window == behind)
    {
        return Diagnosis::of("FRM-9", "it drops what one write did not take");
    }
    Diagnosis {
        requirement: Some("TRF-3"),
        cause: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirement(payload: &str, came: &[u8]) -> Option<&'static str> {
        of_message(payload.as_bytes(), came, false).requirement
    }

    #[test]
    fn wrong_frames() {
        assert_eq!(requirement("hello", b"\x05\0\0\0hello"), Some("LEN-1"));
        assert_eq!(requirement("hello", b"\0\0\0\x09hello"), Some("FRM-1"));
        assert_eq!(requirement("hello", b"\0\x05hello"), Some("LEN-1"));
        assert_eq!(requirement("hello", b"hello"), Some("FRM-1"));
        assert_eq!(requirement("hello", b"\0\0\0\x06hello\n"), Some("MSG-4"));
        assert_eq!(requirement("hé", b"\0\0\0\x02h\xC3\xA9"), Some("MSG-1"));
        assert_eq!(requirement("hé", b"\0\0\0\x02h\xE9"), Some("MSG-3"));
        assert_eq!(requirement(" a ", b"\0\0\0\x01a"), Some("MSG-4"));
        let torn = b"\0\0\0\x05\0\0\0\x02hellohi";
        assert_eq!(of_message(b"hello", torn, false), INTERLEAVED);
        assert_eq!(requirement("hello", b"\0\0\0\x05hel"), Some("FRM-1"));
        assert_eq!(requirement("hello", b""), None);
        assert_eq!(requirement("hello", b"\0\0\0\x06hello"), Some("LEN-1"));
        assert_eq!(requirement("hello", b"\0\0\0\x03hello+"), Some("LEN-1"));
        let more = |came: &[u8]| of_message(b"hello", came, false).cause;
        let line_end = Some("it sends the end of the line too");
        assert_eq!(more(b"\0\0\0\x06hello\n"), line_end);
        let too_much = Some("it sends more than was typed");
        assert_eq!(more(b"\0\0\0\x06hello+"), too_much);
        assert_eq!(more(b"\0\0\0\x07hello\n\n"), too_much);
    }

    #[test]
    fn what_comes_behind_a_body() {
        let behind = |came: &[u8]| of_message(b"after", came, true);
        let more = Diagnosis::of("TRF-13", "it sends more octets than it announced");
        assert_eq!(behind(b"x\0\0\0\x05after"), more);
        assert_eq!(behind(b"\0\0\0\0x\0\0\0\x05after"), more);
        assert_eq!(behind(b"\0\0\0\0\0\0\0\x05after"), FRAMED);
        assert_eq!(behind(b"\0\0\0\x03aft").requirement, Some("FRM-9"));
        let too_much = Diagnosis::of("MSG-4", "it sends more than was typed");
        assert_eq!(behind(b"\0\0\0\x0Aafterwards"), too_much);
    }

    #[test]
    fn wrong_headers_and_bodies() {
        let header = |came: &[u8]| of_header("a", 3, came).requirement;
        assert_eq!(header(b"\0\0\0\x04a, 3"), Some("TRF-2"));
        assert_eq!(header(b"\0\0\0\x03a 3"), Some("TRF-1"));
        assert_eq!(header(b"\0\0\0\x03a,4"), Some("TRF-13"));
        let content = b"0123456789abcdef";
        let body = |came: &[u8]| of_body(content, came).requirement;
        assert_eq!(body(b"0123"), Some("TRF-13"));
        assert_eq!(body(b"0123456789"), Some("TRF-13"));
        assert_eq!(body(b"0123456789abcdeX"), Some("TRF-13"));
        let content: Vec<u8> = (0..200).collect();
        let part_lost = [&content[..50], &content[100..]].concat();
        assert_eq!(of_body(&content, &part_lost).requirement, Some("FRM-9"));
        assert_eq!(body(b"\0\0\0\x100123456789abcdef"), Some("TRF-3"));
        let cause = |content: &[u8], came: &[u8]| of_body(content, came).cause;
        let as_text = Some("it reads the file as text");
        assert_eq!(cause(b"one\ntwo\n", b"one\r\ntwo\r"), as_text);
        assert_eq!(cause(b"one\r\ntwo\r\n", b"one\ntwo\n"), as_text);
        assert_ne!(cause(b"one\ntwo", b"one"), as_text);
    }
}
