//! An input as a short program that makes a stream: a limit, then operations. Every octet
//! string is one.
//!
//! Sizes and cuts come from tables of edges, so that a single mutation moves a stream from
//! one boundary to another; escape operations reach every length and all octets beside them.

use std::fmt;
use std::marker::PhantomData;

use super::edges;
use super::rendered::Rendered;

/// An operation, of which a program is made.
pub trait Operation<'d>: Copy + fmt::Debug {
    /// Reads the next operation; `octets` has at least one left.
    fn read(octets: &mut Octets<'d>) -> Self;

    /// Does to a stream what it says.
    fn render(self, limit: u32, into: &mut Rendered);

    /// Appends the octets that stand for it.
    fn encode(self, data: &mut Vec<u8>);
}

/// A program, as the octets that encode it.
#[derive(Debug, Clone, Copy)]
pub struct Program<'d, O> {
    data: &'d [u8],
    operations: PhantomData<O>,
}

impl<'d, O: Operation<'d>> Program<'d, O> {
    /// Takes octets for a program.
    #[must_use]
    pub const fn decode(data: &'d [u8]) -> Self {
        Self {
            data,
            operations: PhantomData,
        }
    }

    /// The limit on payloads, in octets.
    #[must_use]
    pub fn limit(&self) -> u32 {
        edges::limit(self.data.first().copied().unwrap_or(0))
    }

    /// The operations, in order.
    pub fn ops(&self) -> impl Iterator<Item = O> + use<'d, O> {
        let mut octets = Octets(self.data.get(1..).unwrap_or_default());
        std::iter::from_fn(move || (!octets.0.is_empty()).then(|| O::read(&mut octets)))
    }

    /// Makes the stream.
    pub fn render(&self, into: &mut Rendered) {
        let limit = self.limit();
        into.clear();
        for op in self.ops() {
            op.render(limit, into);
        }
        into.finish();
    }

    /// The octets that stand for these operations.
    #[must_use]
    pub fn encode(limit: u32, ops: impl IntoIterator<Item = O>) -> Vec<u8> {
        let mut data = vec![edges::limit_code(limit)];
        for op in ops {
            op.encode(&mut data);
        }
        data
    }
}

impl<'d, O: Operation<'d>> fmt::Display for Program<'d, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "limit {}", self.limit())?;
        for op in self.ops() {
            write!(f, "; {op:?}")?;
        }
        Ok(())
    }
}

/// The octets of a program that have not been read.
#[derive(Debug, Clone)]
pub struct Octets<'d>(&'d [u8]);

impl<'d> Octets<'d> {
    /// The next one, which is not taken; 0 behind the last.
    #[must_use]
    pub fn peek(&self) -> u8 {
        self.0.first().copied().unwrap_or(0)
    }

    /// The next one; 0 behind the last.
    pub fn one(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    /// The number that the next two make.
    pub fn two(&mut self) -> usize {
        usize::from(self.one()) * 256 + usize::from(self.one())
    }

    /// The next ones, as many as there are.
    pub fn some(&mut self, count: usize) -> &'d [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

/// The octets of a number that [`Octets::two`] reads.
#[must_use]
pub const fn two(number: usize) -> [u8; 2] {
    [(number / 256 % 256) as u8, (number % 256) as u8]
}
