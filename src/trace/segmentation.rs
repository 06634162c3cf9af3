//! Ways of cutting a stream: a dimension that every trace is run along.
//!
//! The outcome of a conversation must never depend on it (FRM-2, FRM-3), so a trace does not
//! say it and the runner tries all that apply.

use std::borrow::Cow;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

mod moves;

pub use moves::{Move, accepted, conversations, cut, repaired};

/// A way of cutting a stream into chunks. A chunk is what one write sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segmentation {
    /// Each frame a chunk of its own, each reply awaited: the plainest.
    Apart,
    /// Everything up to the next thing to wait for, in one chunk; replies are awaited last.
    Whole,
    /// Chunks of one octet; in a long stream only at the edges of its parts.
    Octets,
    /// Cut after this octet of each length, 1 to [`Self::MOST_IN_LENGTH`].
    Length(u8),
    /// Cut before the last octet of each length of more than [`Self::MOST_IN_LENGTH`] octets.
    LengthLast,
    /// Cut between what stands before each length and the length.
    Before,
    /// Cut between each length and its payload.
    Payload,
    /// Cut between what stands behind each length and the payload.
    After,
    /// Cut in the middle of each payload and body.
    Middle,
    /// Cut before the last octet of each payload and body.
    Last,
    /// Cut between each payload and what stands behind it.
    Behind,
    /// Cut after the first octet of what stands behind each payload.
    InsideEnd,
    /// Each chunk reaches two octets into the next frame's length.
    StraddleLength,
    /// Each chunk reaches one octet into the next frame's payload.
    StraddlePayload,
    /// Chunks of 1,460 octets, as full segments carry.
    Segments,
    /// Cut where the trace says, and nowhere else.
    Pinned,
}

impl Segmentation {
    /// The furthest octet of a length after which it is cut by count.
    pub const MOST_IN_LENGTH: u8 = 8;

    /// All segmentations that a trace of frames of a length of four octets and a payload is run under, the
    /// plainest first.
    pub const ALL: [Self; 12] = [
        Self::Apart,
        Self::Whole,
        Self::Octets,
        Self::Length(1),
        Self::Length(2),
        Self::Length(3),
        Self::Payload,
        Self::Middle,
        Self::Last,
        Self::StraddleLength,
        Self::StraddlePayload,
        Self::Segments,
    ];

    /// All ways there are, of which a trace is run under those that cut it differently.
    pub const EVERY: [Self; 23] = [
        Self::Apart,
        Self::Whole,
        Self::Octets,
        Self::Length(1),
        Self::Length(2),
        Self::Length(3),
        Self::Length(4),
        Self::Length(5),
        Self::Length(6),
        Self::Length(7),
        Self::Length(8),
        Self::LengthLast,
        Self::Before,
        Self::Payload,
        Self::After,
        Self::Middle,
        Self::Last,
        Self::Behind,
        Self::InsideEnd,
        Self::StraddleLength,
        Self::StraddlePayload,
        Self::Segments,
        Self::Pinned,
    ];

    /// The name used in fixtures and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Apart => "apart",
            Self::Whole => "whole",
            Self::Octets => "octets",
            Self::Length(1) => "length-1",
            Self::Length(2) => "length-2",
            Self::Length(3) => "length-3",
            Self::Length(4) => "length-4",
            Self::Length(5) => "length-5",
            Self::Length(6) => "length-6",
            Self::Length(7) => "length-7",
            Self::Length(_) => "length-8",
            Self::LengthLast => "length-last",
            Self::Before => "before",
            Self::Payload => "payload",
            Self::After => "after",
            Self::Middle => "middle",
            Self::Last => "last",
            Self::Behind => "behind",
            Self::InsideEnd => "inside-end",
            Self::StraddleLength => "straddle-length",
            Self::StraddlePayload => "straddle-payload",
            Self::Segments => "segments",
            Self::Pinned => "pinned",
        }
    }

    /// The segmentation of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|one| one.name() == name)
    }

    /// The way of cutting in words that follow "sent".
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Apart => "a frame at a time, each reply awaited",
            Self::Whole => "in as few writes as possible",
            Self::Octets => "one octet at a time",
            Self::Length(1) => "with each length cut after its first octet",
            Self::Length(2) => "with each length cut after its second octet",
            Self::Length(3) => "with each length cut after its third octet",
            Self::Length(4) => "with each length cut after its fourth octet",
            Self::Length(5) => "with each length cut after its fifth octet",
            Self::Length(6) => "with each length cut after its sixth octet",
            Self::Length(7) => "with each length cut after its seventh octet",
            Self::Length(_) => "with each length cut after its eighth octet",
            Self::LengthLast => "with each length cut before its last octet",
            Self::Before => "with a cut in front of each length",
            Self::Payload => "with a cut between each length and its payload",
            Self::After => "with a cut in front of each payload",
            Self::Middle => "with each payload cut in the middle",
            Self::Last => "with each payload cut before its last octet",
            Self::Behind => "with a cut behind each payload",
            Self::InsideEnd => "with a cut inside what ends each payload",
            Self::StraddleLength => "with each write reaching into the next frame's length",
            Self::StraddlePayload => "with each write reaching into the next frame's payload",
            Self::Segments => "in chunks of 1460 octets",
            Self::Pinned => "cut where the trace says",
        }
    }

    /// True if frames are put together in one chunk (FRM-3) rather than taken apart (FRM-2).
    #[must_use]
    pub const fn joins_frames(self) -> bool {
        matches!(
            self,
            Self::Whole | Self::StraddleLength | Self::StraddlePayload
        )
    }
}

impl fmt::Display for Segmentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Segmentation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Segmentation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        Self::named(&name).ok_or_else(|| {
            D::Error::custom(format!(
                "unknown segmentation {name:?}, expected one of {}",
                Self::EVERY.map(Self::name).join(", ")
            ))
        })
    }
}
