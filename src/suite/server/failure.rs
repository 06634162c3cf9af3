//! A conversation that went another way than its trace has it.

use super::directory_fault::DirectoryFault;
use super::reply_form::Difference;
use crate::judge::evidence::Evidence;
use crate::judge::sentence::Sentence;

/// The difference between a conversation and its trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// No connection could be made.
    NoConnection,
    /// The testee took nothing more of what was sent.
    NotTaken,
    /// Octets came before anything was sent (SES-1).
    Unsolicited,
    /// The payload or answer that was due did not come.
    Missing,
    /// The testee closed instead of delivering.
    ClosedInstead,
    /// Something else was delivered.
    Different(Difference),
    /// All that was to be delivered came, its octets in another order.
    Interleaved,
    /// Something came that nothing had asked for.
    Extra,
    /// The testee did not close.
    NotClosed,
    /// A file is not as it has to be.
    Directory(DirectoryFault),
    /// The testee ended.
    Died,
    /// The testee held more memory than it may, and was ended.
    TooMuchMemory,
    /// Something was waited for in vain, and the testee took much memory meanwhile.
    TookMemory,
    /// The testee did not serve a plain conversation afterwards.
    Unwell,
    /// A fault that a case in code found.
    Other,
}

impl What {
    /// True if one look is proof enough: the traces of a race cannot come of anything else, and
    /// may well not show a second time; the amount of memory held may depend on what came before.
    pub(crate) const fn proves_itself(&self) -> bool {
        matches!(
            self,
            Self::Interleaved | Self::TooMuchMemory | Self::TookMemory
        )
    }

    /// True if the server is gone.
    pub(crate) const fn is_its_end(&self) -> bool {
        matches!(self, Self::Died | Self::TooMuchMemory)
    }

    /// True if the server has closed instead of answering.
    pub(crate) const fn is_turned_away(&self) -> bool {
        matches!(self, Self::ClosedInstead | Self::NoConnection)
    }

    /// True if this is the cause of whatever else went wrong, and says more than that.
    pub(crate) const fn tells_why(&self) -> bool {
        self.is_its_end() || matches!(self, Self::TookMemory)
    }

    /// True if a wait of the harness timed out, which takes its time.
    pub(crate) const fn took_time(&self) -> bool {
        matches!(
            self,
            Self::NotTaken
                | Self::Missing
                | Self::NotClosed
                | Self::TookMemory
                | Self::Directory(_)
        )
    }
}

/// The reason why a reply did not come although the server still has what it needs for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeldBack {
    /// The server rests over octets that have arrived, having read some of them.
    Unread,
    /// The server sent the reply as soon as another message came.
    UntilMore,
}

/// State of a file when the reply after it did not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnDisk {
    /// The whole file.
    Whole,
    /// The beginning of it, under its name, and not just an empty file.
    Short,
    /// No file of that name.
    Nothing,
    /// Something else.
    Other,
}

/// A conversation that went wrong.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) what: What,
    /// The failure in one sentence.
    pub(crate) message: Sentence,
    pub(crate) evidence: Evidence,
    /// The payload that was to be delivered at that point.
    pub(crate) expected: Option<Vec<u8>>,
    /// The reason why a missing reply may not be lost.
    pub(crate) held_back: Option<HeldBack>,
    /// State of the file that was to be stored next.
    pub(crate) on_disk: Option<OnDisk>,
    /// True if the connection was still open at the end.
    pub(crate) left_open: bool,
}

impl Failure {
    pub(super) fn expecting(mut self: Box<Self>, payload: &[u8]) -> Box<Self> {
        self.expected = Some(payload.to_vec());
        self
    }
}
