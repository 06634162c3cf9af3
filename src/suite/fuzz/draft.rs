//! Drafts: the parts of a conversation before its outcome is known.

use super::rendering;
use crate::framing::Framing;
use crate::model::program::{Operation, Program};
use crate::model::rendered::Rendered;
use crate::model::{plan, session_plan, verified_plan};
use crate::trace::segmentation::Segmentation;
use crate::trace::{Beside, Class, Cuts, Placed};

/// Protocol of the generated conversations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::suite) struct Protocol {
    pub(in crate::suite) class: Class,
    /// The limit that is declared.
    pub(in crate::suite) max_payload: Option<u32>,
    /// The framing; any but the article's is for class `framing`.
    pub(in crate::suite) framing: Framing,
}

impl Protocol {
    /// The largest payload that every server takes that has declared no other limit (FRM-7).
    pub(in crate::suite) fn floor(&self) -> usize {
        self.max_payload.map_or(65_536, |limit| limit as usize)
    }

    /// The largest payload that must be taken.
    pub(super) fn most(&self) -> u64 {
        let declared = self.framing.declared_max_payload();
        let declared = declared.filter(|_| !self.framing.is_chained());
        let limit = self.max_payload.map(u64::from).or(declared);
        limit.unwrap_or(self.floor() as u64)
    }
}

/// The way in which the stream is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cutting {
    /// As the operations say, and no answer is awaited in between.
    ByProgram,
    /// After these counts of octets, and no answer is awaited in between.
    Places(Vec<usize>),
    /// In this way.
    Named(Segmentation),
}

impl Cutting {
    /// The same as a trace has it, where the program itself divides the stream at `ends`.
    pub(in crate::suite) fn in_trace(&self, ends: Vec<usize>) -> (Cuts, Segmentation) {
        match self {
            Self::Named(named) => (Cuts::Named(vec![*named]), *named),
            Self::Places(places) => (Cuts::At(places.clone()), Segmentation::Pinned),
            Self::ByProgram => (Cuts::At(ends), Segmentation::Pinned),
        }
    }
}

/// A program, piece by piece, and how it is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    /// An operation each, encoded.
    pub(in crate::suite) pieces: Vec<Vec<u8>>,
    pub(in crate::suite) cutting: Cutting,
    /// Our sending side ends after the last octet.
    pub(in crate::suite) ends: bool,
    /// Nothing follows an offence.
    pub(in crate::suite) brief: bool,
    /// Number of times that the whole stream is sent.
    pub(in crate::suite) times: usize,
    /// The doings of other connections meanwhile.
    pub(in crate::suite) beside: Option<Beside>,
    /// Files and links that lie in the server's directory beforehand.
    pub(in crate::suite) before: Vec<Placed>,
}

/// An operation as the octets that stand for it.
pub(in crate::suite) fn piece<'d>(op: impl Operation<'d>) -> Vec<u8> {
    let mut octets = Vec::new();
    op.encode(&mut octets);
    octets
}

impl Draft {
    /// A draft of one operation, and nothing else about it.
    pub(in crate::suite) fn plain(piece: Vec<u8>) -> Self {
        Self {
            pieces: vec![piece],
            cutting: Cutting::Named(Segmentation::Apart),
            ends: false,
            brief: false,
            times: 1,
            beside: None,
            before: Vec::new(),
        }
    }

    fn program(&self) -> Vec<u8> {
        let mut program = vec![0];
        program.extend(self.pieces.concat());
        program
    }

    /// The client's stream, and where the program cuts it.
    pub(in crate::suite) fn render(&self, protocol: &Protocol) -> (Vec<u8>, Vec<usize>) {
        let program = self.program();
        let mut rendered = Rendered::default();
        if !protocol.framing.is_reference() {
            rendering::render(&program, &protocol.framing, self.times, &mut rendered);
            let octets = rendered.octets().to_vec();
            return (octets, rendered.ends().to_vec());
        }
        if protocol.class < Class::Session {
            Program::<plan::Op<'_>>::decode(&program).render(&mut rendered);
        } else if protocol.class >= Class::VerifiedTransfer {
            Program::<verified_plan::Op<'_>>::decode(&program).render(&mut rendered);
        } else {
            Program::<session_plan::Op<'_>>::decode(&program).render(&mut rendered);
        }
        (
            rendered.octets().repeat(self.times),
            rendered.ends().to_vec(),
        )
    }
}
