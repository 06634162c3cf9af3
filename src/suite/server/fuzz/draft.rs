//! What a conversation is made of before it is known what must come of it.

use crate::model::program::{Operation, Program};
use crate::model::rendered::Rendered;
use crate::model::{plan, session_plan};
use crate::trace::segmentation::Segmentation;
use crate::trace::{Class, Placed};

/// What is generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Protocol {
    pub(super) class: Class,
    pub(super) max_payload: Option<u32>,
}

impl Protocol {
    /// The largest payload that every server takes that has declared no other limit (FRM-7).
    pub(super) fn floor(&self) -> usize {
        self.max_payload.map_or(65_536, |limit| limit as usize)
    }
}

/// How the stream is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cutting {
    /// As the operations say, and no answer is awaited in between.
    ByProgram,
    /// After these counts of octets, and no answer is awaited in between.
    Places(Vec<usize>),
    /// In this way.
    Named(Segmentation),
}

/// A program, piece by piece, and how it is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    /// An operation each, encoded.
    pub(super) pieces: Vec<Vec<u8>>,
    pub(super) cutting: Cutting,
    /// Our sending side ends behind the last octet.
    pub(super) ends: bool,
    /// Nothing follows an offence.
    pub(super) brief: bool,
    /// The whole stream comes so many times.
    pub(super) times: usize,
    /// Another connection is open meanwhile, and served before and after.
    pub(super) beside: bool,
    /// What lies in the server's directory beforehand.
    pub(super) before: Vec<Placed>,
}

/// An operation as the octets that stand for it.
pub(super) fn piece<'d>(op: impl Operation<'d>) -> Vec<u8> {
    let mut octets = Vec::new();
    op.encode(&mut octets);
    octets
}

impl Draft {
    /// One operation, and nothing else about it.
    pub(super) fn plain(piece: Vec<u8>) -> Self {
        Self {
            pieces: vec![piece],
            cutting: Cutting::Named(Segmentation::Apart),
            ends: false,
            brief: false,
            times: 1,
            beside: false,
            before: Vec::new(),
        }
    }

    fn program(&self) -> Vec<u8> {
        let mut program = vec![0];
        program.extend(self.pieces.concat());
        program
    }

    /// The client's stream, and where the program cuts it.
    pub(super) fn render(&self, class: Class) -> (Vec<u8>, Vec<usize>) {
        let program = self.program();
        let mut rendered = Rendered::default();
        if class < Class::Session {
            Program::<plan::Op<'_>>::decode(&program).render(&mut rendered);
        } else {
            Program::<session_plan::Op<'_>>::decode(&program).render(&mut rendered);
        }
        (
            rendered.octets().repeat(self.times),
            rendered.ends().to_vec(),
        )
    }
}
