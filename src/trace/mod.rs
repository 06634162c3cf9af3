//! Traces: one conversation with a testee, as data.
//!
//! A trace says which octets are sent and what must come of them. It does not say how the
//! stream is cut: that is a [`segmentation::Segmentation`], and every trace is run under all
//! that apply.

pub mod answer;
pub mod hexdump;
pub mod json;
pub mod octets;
pub mod segmentation;
mod strangers;
pub mod visible;

use serde::{Deserialize, Serialize};

use answer::Answer;
use octets::Octets;

use crate::framing::{Framing, Place};

/// The part of the protocol that a testee claims to implement; each class owes all that the ones before it owe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Packs and unpacks the length, decodes streams: LEN and FRM, in process or on pipes.
    Codec,
    /// Echoes each frame: LEN and FRM, over TCP.
    Framing,
    /// Answers messages: MSG and SES as well.
    Session,
    /// Receives files: TRF as well.
    Transfer,
    /// Receives files with a digest, and acknowledges them: VTR as well.
    VerifiedTransfer,
}

impl Class {
    /// The name used on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Codec => "codec",
            Self::Framing => "framing",
            Self::Session => "session",
            Self::Transfer => "transfer",
            Self::VerifiedTransfer => "verified-transfer",
        }
    }
}

/// A conversation, what it is for, and what must come of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// The id, a slug that never changes: `frm/two-in-one`.
    pub id: String,
    /// A line that says what a testee must do.
    pub title: String,
    /// The requirements it shows, the foremost first; none for a recording.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<String>,
    /// The lowest class that owes it; none for a recording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// The framing of the stream, by name, where a recording knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub framing: Option<String>,
    /// The other behaviour that a testee may show, where the requirement leaves it open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acceptable: Option<Acceptable>,
    /// The files and links that lie in the testee's directory beforehand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Placed>,
    /// The doings of other connections meanwhile, for servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<Beside>,
    /// The ways of cutting the stream, where these are the point of the trace or where fewer ways do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cuts: Option<Cuts>,
    /// The conversation.
    pub steps: Vec<Step>,
    /// The same conversation with only the offence repaired, which must succeed: without it
    /// a refusal proves nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repaired: Option<Vec<Step>>,
}

/// Behaviour that the protocol allows beside what a trace expects (a MAY, worth knowing).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Acceptable {
    /// The testee closes at the first thing that is expected of it, and keeps nothing.
    Refusal,
    /// The testee has the optional extension (VTR), and answers its command by `ready`.
    Extension,
    /// The testee takes what it may refuse, and goes on as in the repaired conversation.
    Acceptance,
}

/// A file or a link that is placed in the testee's directory before the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Placed {
    /// A file with this content.
    File {
        /// Its name.
        name: String,
        /// Its content.
        content: Octets,
    },
    /// A symbolic link that leads out of the directory.
    Link {
        /// Its name.
        name: String,
        /// The place that it leads to: `target`, a file, or `missing`, where nothing is.
        to: String,
    },
}

/// The doings of other connections to a server around a conversation. Sessions have nothing to do with each
/// other (SES-8, SES-10), so all of them are served as if they were alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Beside {
    /// A connection is open, and served before and after.
    Served,
    /// Two connections stop inside a frame, and send the rest afterwards.
    HalfFrame,
    /// Two connections stop inside a frame for almost a second.
    Pause,
    /// Two connections send a file each, in turns, and end afterwards.
    TwoFiles,
    /// Many connections come before and are reset before they are accepted.
    Gone,
    /// Many connections are open at a time before. Each is served, or closed at once (SES-9).
    Many,
    /// A connection reads none of its replies until afterwards.
    Unread,
}

impl Beside {
    /// In words, for people.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Served => "while another connection is open",
            Self::HalfFrame => "while other connections have sent a part of a frame",
            Self::Pause => "while the rest of a frame on other connections takes its time",
            Self::TwoFiles => "while two files arrive in turns on two other connections",
            Self::Gone => "after connections that were reset before they were accepted",
            Self::Many => "after many connections at a time",
            Self::Unread => "while another connection reads none of its replies",
        }
    }

    /// True if it can be held around a conversation that stores files, or around one that does not. Where two
    /// other connections store files, nobody could tell whose they are.
    #[must_use]
    pub const fn goes_with(self, transfers: bool) -> bool {
        !(transfers && matches!(self, Self::TwoFiles))
    }

    /// The requirement that is broken where none is broken without the other connections.
    #[must_use]
    pub const fn requirement(self) -> &'static str {
        match self {
            Self::Served => "SES-8",
            Self::HalfFrame => "SES-10",
            Self::Pause => "FRM-2",
            Self::TwoFiles => "TRF-3",
            Self::Gone | Self::Many => "SES-9",
            Self::Unread => "FRM-9",
        }
    }
}

/// The ways of cutting the stream that a trace keeps to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "cuts are a list of segmentations by name, or of places in the stream"
)]
pub enum Cuts {
    /// These segmentations only.
    Named(Vec<segmentation::Segmentation>),
    /// Cut after these counts of octets from the start of the stream, and nowhere else.
    At(Vec<usize>),
}

/// A step of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The action of the step.
    pub action: Action,
    /// A remark for the reader, often the payload as text.
    pub note: Option<String>,
}

/// The action of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A frame is sent. The two parts are literal, so the length may lie.
    Frame {
        /// The octets in the place of the length.
        length: Octets,
        /// The octets behind it.
        payload: Octets,
    },
    /// A frame of a framing that has other parts, in order; each is literal.
    Parts(Vec<(Place, Octets)>),
    /// Octets are sent as they are: the body of a file, or what is no frame.
    Send(Octets),
    /// The testee delivers this payload: echoes it (framing), answers it (session), hands it
    /// to its user (codec).
    Deliver(Octets),
    /// The server answers, as it did in a recorded conversation.
    Answer(Answer),
    /// Our sending side ends (FRM-5, FRM-6).
    EndOfStream,
    /// The testee has sent nothing beyond what was expected so far.
    Silence,
    /// The testee closes, having sent nothing more.
    Close,
    /// The testee refuses what it got as a protocol error: it closes, having sent nothing more.
    Refusal,
    /// The directory holds this file.
    Stored {
        /// Its name.
        name: String,
        /// Its content.
        content: Octets,
    },
    /// The directory holds nothing of this name.
    Absent(String),
    /// The directory holds what was placed there beforehand, and nothing else.
    Untouched,
}

impl Action {
    /// True if a requirement says what must come here, rather than a recording.
    pub(crate) const fn prescribes(&self) -> bool {
        !matches!(
            self,
            Self::Send(_)
                | Self::Frame { .. }
                | Self::Parts(_)
                | Self::Answer(_)
                | Self::EndOfStream
                | Self::Close
        )
    }

    /// True if a frame with one of these payloads is sent.
    #[must_use]
    pub fn sends_one_of(&self, payloads: [&[u8]; 2]) -> bool {
        let Self::Frame { payload, .. } = self else {
            return false;
        };
        // A large payload is looked at by its length alone.
        payloads
            .iter()
            .any(|wanted| wanted.len() == payload.len() && *wanted == payload.to_vec())
    }
}

/// All that is sent in these steps, one behind the other.
#[must_use]
pub fn stream(steps: &[Step]) -> Octets {
    steps
        .iter()
        .fold(Octets::default(), |stream, step| match &step.action {
            Action::Frame { length, payload } => stream.then(length.clone()).then(payload.clone()),
            Action::Parts(parts) => parts
                .iter()
                .fold(stream, |stream, (_, octets)| stream.then(octets.clone())),
            Action::Send(octets) => stream.then(octets.clone()),
            _ => stream,
        })
}

impl Trace {
    /// The lowest class that owes it. A recording of no class is owed by no class of this
    /// protocol; it counts as the lowest that has a server.
    #[must_use]
    pub fn class(&self) -> Class {
        self.class.unwrap_or(Class::Framing)
    }

    /// The framing of the stream: the one that it names, where that is known, else the article's.
    #[must_use]
    pub fn framing(&self) -> Framing {
        let named = self.framing.as_deref().and_then(|name| name.parse().ok());
        named.unwrap_or_default()
    }

    /// True if the trace expects what came once, rather than what a requirement says.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.requirements.is_empty()
    }

    /// True if the conversation breaks the protocol or breaks off, so that the testee's health
    /// afterwards is in question.
    #[must_use]
    pub fn is_hostile(&self) -> bool {
        self.steps
            .iter()
            .any(|step| matches!(step.action, Action::Refusal))
    }

    /// The largest payload that the testee is to deliver, here or in the repaired twin, in octets.
    #[must_use]
    pub fn largest_payload(&self) -> usize {
        let twin = self.repaired.iter().flatten();
        self.steps
            .iter()
            .chain(twin)
            .map(|step| match &step.action {
                Action::Deliver(payload) => payload.len(),
                _ => 0,
            })
            .max()
            .unwrap_or(0)
    }

    /// True if a testee may refuse what the trace would have it accept. A declared limit is kept to: what is
    /// left open for its size alone is owed then, and other forms of a length stay open.
    #[must_use]
    pub fn may_be_refused(&self, declares_a_limit: bool) -> bool {
        /// The least limit that FRM-7 allows, in octets: nothing is left open for its size below it.
        const FLOOR: usize = 65_536;
        self.acceptable == Some(Acceptable::Refusal)
            && !(declares_a_limit && self.largest_payload() > FLOOR)
    }
}
