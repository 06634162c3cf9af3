//! A draft from a seed and a number, and from nothing else.

use fastrand::Rng;

use super::draft::{Cutting, Draft, Protocol, piece};
use super::{other_frames, others, sizes};
use crate::model::edges;
use crate::model::plan::Op as Frames;
use crate::model::session_plan::Op as Session;
use crate::trace::octets::Octets;
use crate::trace::segmentation::Segmentation;
use crate::trace::{Class, Placed};

/// Pieces that texts are put together from.
const TEXTS: [&str; 24] = [
    "a",
    "hello",
    "1",
    " ",
    "\t",
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\u{FEFF}",
    "é",
    "e\u{301}",
    "你好",
    "😀",
    "”信息!",
    "\0\0\0\x02hi",
    "\0\0\0\x01q",
    ",",
    "%s",
    "\"",
    "\\",
    "\u{A0}",
    "\u{10FFFF}",
    "\u{7FF}",
];

/// Commands, and what is nearly one.
const COMMANDS: [&str; 22] = [
    "q",
    "Q",
    "q",
    "Q",
    "File",
    "fILE",
    "qUIT",
    "quit",
    "qq",
    "q\n",
    "q ",
    " q",
    "\tQ",
    "file ",
    " file",
    "file\r\n",
    "files",
    "FILES",
    "q\0",
    "file\0",
    "\u{FEFF}q",
    "exit",
];

/// Octets that no text has.
const NOT_TEXT: [&[u8]; 14] = [
    b"\xFF",
    b"\xFE",
    b"\x80",
    b"\xC0\xAF",
    b"\xE0\x80\xAF",
    b"\xF0\x80\x80\xAF",
    b"\xC0\x80",
    b"\xED\xA0\x80",
    b"\xED\xBF\xBF",
    b"\xF4\x90\x80\x80",
    b"\xF8\x88\x80\x80\x80",
    b"\xE4\xBD",
    b"\xF0\x9F\x98",
    b"\xC3",
];

/// Pieces that names are put together from.
const NAMES: [&str; 14] = [
    "a", "b.bin", ",", " ", ".", "..", "文件", "é", "-", "'", "$HOME", "1", "n", "_",
];

/// Names that lead somewhere, or are not valid. None of those that lead out leads to a place that anybody
/// uses: a server with the mistake does write there.
const BAD_NAMES: [&str; 12] = [
    "",
    ".",
    "..",
    "../escaped",
    "x/../../escaped",
    "/proc/unstick/escaped",
    "a/b",
    "a/",
    "a\\b",
    "a\0b",
    "./a",
    "..\\escaped",
];

/// The name of a symbolic link that leads out, where one is placed.
const LINK: &str = "l";

/// Lengths that are right as they stand, each for a body of few octets.
pub(super) const LENGTHS: [usize; 12] = [0, 0, 1, 2, 3, 5, 7, 16, 20, 64, 100, 255];

/// Texts that are not valid lengths.
const BAD_LENGTHS: [&str; 16] = [
    "",
    "+5",
    "-1",
    "-0",
    " 5",
    "5 ",
    "\t5",
    "1_0",
    "٥",
    "५",
    "５",
    "4294967296",
    "4294967301",
    "5x",
    "1e1",
    "0x5",
];

/// Numbers of repetitions that a stream gets now and then: there are servers that count frames.
const TIMES: [usize; 5] = [2, 12, 17, 120, 1_100];

/// The ways of cutting, the telling ones more often.
const CUTTINGS: [Segmentation; 15] = [
    Segmentation::Apart,
    Segmentation::Whole,
    Segmentation::Whole,
    Segmentation::Octets,
    Segmentation::Octets,
    Segmentation::Length(1),
    Segmentation::Length(2),
    Segmentation::Length(3),
    Segmentation::Payload,
    Segmentation::Middle,
    Segmentation::Last,
    Segmentation::StraddleLength,
    Segmentation::StraddlePayload,
    Segmentation::Segments,
    Segmentation::Middle,
];

/// The draft of a number.
pub(in crate::suite) fn draft(protocol: &Protocol, seed: u64, number: u64) -> Draft {
    let mut rng = Rng::with_seed(seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    if let Some(draft) = sizes::draft(protocol, number, &mut rng) {
        return draft;
    }
    let before = before(protocol, &mut rng);
    let mut drawing = Drawing {
        protocol,
        has_link: matches!(before[..], [Placed::Link { .. }]),
        rng: &mut rng,
        pieces: Vec::new(),
    };
    let count = 1 + drawing.rng.usize(0..4).min(drawing.rng.usize(0..4));
    for _ in 0..count {
        if !protocol.framing.is_reference() {
            let piece = other_frames::piece(protocol, drawing.rng, &TEXTS);
            drawing.pieces.push(piece);
        } else if protocol.class < Class::Session {
            drawing.frame();
        } else {
            drawing.message();
        }
    }
    let mut pieces = drawing.pieces;
    let cutting = if rng.u8(..10) < 4 {
        for _ in 0..rng.usize(1..4) {
            let at = rng.usize(..=pieces.len());
            pieces.insert(at, cut(protocol.class, &mut rng));
        }
        Cutting::ByProgram
    } else {
        Cutting::Named(CUTTINGS[rng.usize(..CUTTINGS.len())])
    };
    Draft {
        pieces,
        cutting,
        ends: rng.u8(..4) == 0,
        brief: rng.bool(),
        times: if rng.u8(..24) == 0 {
            TIMES[rng.usize(..TIMES.len())]
        } else {
            1
        },
        beside: others::beside(protocol.class, number, &mut rng),
        before,
    }
}

/// An operation that cuts.
fn cut(class: Class, rng: &mut Rng) -> Vec<u8> {
    let (distance, count, every) = (rng.usize(..24), rng.usize(1..=6) * 4, rng.usize(..8));
    match (class < Class::Session, rng.u8(..4)) {
        (true, 0) => piece(Frames::Octetwise(count)),
        (true, 1) => piece(Frames::Every(every)),
        (true, _) => piece(Frames::Cut(distance % 16)),
        (false, 0) => piece(Session::Octetwise(count)),
        (false, 1) => piece(Session::Every(every)),
        (false, _) => piece(Session::Cut(distance)),
    }
}

/// Files or a link in the directory, now and then.
fn before(protocol: &Protocol, rng: &mut Rng) -> Vec<Placed> {
    if protocol.class < Class::Transfer || rng.u8(..4) != 0 {
        return Vec::new();
    }
    let content = b"an old file, and longer than what may come in its place";
    let file = |name: &str| Placed::File {
        name: name.to_owned(),
        content: Octets::from(&content[..]),
    };
    if rng.u8(..3) == 0 {
        return vec![Placed::Link {
            name: LINK.to_owned(),
            to: "target".to_owned(),
        }];
    }
    vec![file("t"), file("a")]
}

pub(super) struct Drawing<'g> {
    protocol: &'g Protocol,
    /// A symbolic link lies in the directory.
    has_link: bool,
    pub(super) rng: &'g mut Rng,
    pub(super) pieces: Vec<Vec<u8>>,
}

impl Drawing<'_> {
    pub(super) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.rng.usize(..of.len())]
    }

    /// A size at an edge, or beside one, within what every server takes; large ones are rare.
    pub(super) fn size(&mut self) -> usize {
        let most = self.protocol.floor();
        let large = self.rng.u8(..6) == 0;
        if large && self.protocol.max_payload.is_some() && self.rng.u8(..4) == 0 {
            return most;
        }
        let near: Vec<usize> = edges::SIZES
            .into_iter()
            .filter(|size| *size <= most && (*size > 4_096) == large)
            .collect();
        let size = self.one(&near);
        let beside = match self.rng.u8(..4) {
            0 => size.saturating_sub(1),
            1 => size + 1,
            _ => size,
        };
        beside.min(most)
    }

    /// A length with less after it, more, or what would be over a limit.
    fn lie(&mut self) -> (u32, usize) {
        let limit = self.protocol.max_payload.map_or(0, |limit| limit + 1);
        let length = self.one(&[
            1,
            2,
            5,
            9,
            255,
            256,
            65_537,
            0x0100_0000,
            0x7FFF_FFFF,
            0x8000_0000,
            0x8000_0002,
            0xFFFF_FFFC,
            0xFFFF_FFFF,
            limit.max(1),
            limit.max(1),
        ]);
        (length, self.rng.usize(..8))
    }

    /// A frame of anything, for a server that sends it back.
    fn frame(&mut self) {
        let op = match self.rng.u8(..20) {
            0..9 => {
                let payload = self.text();
                self.pieces.push(piece(Frames::Literal(&payload)));
                return;
            }
            9..12 => {
                let octets: Vec<u8> = (0..self.rng.usize(..12)).map(|_| self.rng.u8(..)).collect();
                self.pieces.push(piece(Frames::Literal(&octets)));
                return;
            }
            12..15 => Frames::Filled(self.size()),
            15..17 => Frames::Repeat(self.rng.usize(1..=16)),
            17 => {
                let (length, filled) = self.lie();
                Frames::Lie(length, filled)
            }
            18 => Frames::Truncate(self.rng.usize(1..=8)),
            _ => Frames::Filled(0),
        };
        self.pieces.push(piece(op));
    }

    /// Draws an operation that a client of a session may send.
    fn message(&mut self) {
        let transfers = self.protocol.class >= Class::Transfer;
        // Not drawn for other classes: their seeds mean what they meant.
        if self.protocol.class >= Class::VerifiedTransfer && self.rng.u8(..3) == 0 {
            return self.verified();
        }
        match self.rng.u8(..40) {
            0..12 => {
                let text = self.text();
                self.pieces.push(piece(Session::Message(&text)));
            }
            12..15 => self.broken(),
            15..20 => {
                let command = self.one(&COMMANDS);
                self.pieces
                    .push(piece(Session::Message(command.as_bytes())));
            }
            20..23 => {
                let size = self.size();
                self.pieces.push(piece(Session::Letters(size)));
            }
            23 => {
                let times = self.rng.usize(1..=16);
                self.pieces.push(piece(Session::Repeat(times)));
            }
            24 => {
                let count = self.rng.usize(1..=8);
                self.pieces.push(piece(Session::Truncate(count)));
            }
            25 => {
                let (length, filled) = self.lie();
                let octets = [&length.to_be_bytes()[..], &vec![b'a'; filled]].concat();
                self.pieces.push(piece(Session::Raw(&octets)));
            }
            26..29 if transfers => {
                let size = self.size();
                self.pieces.push(piece(Session::Transfer(size)));
                self.after();
            }
            29.. if transfers => self.file(),
            _ => {
                let text = self.text();
                self.pieces.push(piece(Session::Message(&text)));
            }
        }
    }

    fn text(&mut self) -> Vec<u8> {
        let count = self.rng.usize(..4);
        (0..count).flat_map(|_| self.one(&TEXTS).bytes()).collect()
    }

    fn broken(&mut self) {
        let mut octets = self.text();
        octets.extend(self.one(&NOT_TEXT));
        if self.rng.bool() {
            octets.extend(self.text());
        }
        self.pieces.push(piece(Session::Message(&octets)));
    }

    /// A message after a transfer, which shows where its body has ended.
    pub(super) fn after(&mut self) {
        if self.rng.u8(..4) != 0 {
            self.pieces.push(piece(Session::Message(b"after")));
        }
    }

    pub(super) fn name(&mut self) -> String {
        if self.has_link && self.rng.bool() {
            return LINK.to_owned();
        }
        match self.rng.u8(..8) {
            0 | 1 => self.one(&BAD_NAMES).to_owned(),
            2 => "n".repeat(self.one(&[100, 101, 128, 255, 256])),
            3 => self.one(&["t", LINK]).to_owned(),
            _ => {
                let count = self.rng.usize(1..4);
                let mut name: String = (0..count).map(|_| self.one(&NAMES)).collect();
                // Some systems take no name that ends so.
                if name.ends_with('.') && name.len() > 2 {
                    name.push('x');
                }
                name
            }
        }
    }

    fn file(&mut self) {
        let command = if self.rng.u8(..4) == 0 {
            "FILE"
        } else {
            "file"
        };
        self.pieces
            .push(piece(Session::Message(command.as_bytes())));
        let name = self.name();
        let (digits, octets) = if self.rng.u8(..4) == 0 {
            (self.one(&BAD_LENGTHS).to_owned(), 5)
        } else {
            let length = self.one(&LENGTHS);
            (length.to_string(), length)
        };
        let header = match self.rng.u8(..16) {
            0 => name,
            1 => format!("{name};{digits}"),
            _ => format!("{name},{digits}"),
        };
        self.pieces.push(piece(Session::Message(header.as_bytes())));
        if octets > 0 {
            let body = self.body(octets);
            self.pieces.push(piece(Session::Raw(&body)));
        }
        self.after();
    }

    /// Octets that a body may have, of which a reader may make something else.
    pub(super) fn body(&mut self, count: usize) -> Vec<u8> {
        let mut body = Vec::new();
        while body.len() < count {
            match self.rng.u8(..4) {
                0 => body.extend(b"\r\n"),
                1 => body.extend(self.one(&TEXTS).bytes()),
                _ => body.push(self.rng.u8(..)),
            }
        }
        body.truncate(count);
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::Framing;

    #[test]
    fn a_draft_follows_from_seed_and_number_alone() {
        let protocol = Protocol {
            class: Class::Transfer,
            max_payload: None,
            framing: Framing::default(),
        };
        let forward: Vec<Draft> = (0..200).map(|number| draft(&protocol, 7, number)).collect();
        let mut backward: Vec<Draft> = (0..200)
            .rev()
            .map(|number| draft(&protocol, 7, number))
            .collect();
        backward.reverse();
        assert_eq!(forward, backward);
        let other: Vec<Draft> = (0..200).map(|number| draft(&protocol, 8, number)).collect();
        assert_ne!(forward, other);
    }
}
