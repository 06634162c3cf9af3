//! Faults planted in decoders, sessions and header readers, to measure the targets by, and
//! for the tests to prove that no oracle is blind. None is in the reference.

pub mod decoders;
pub mod framed;
pub mod headers;
pub mod sessions;
pub mod verified;

/// A planted fault.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// A slug.
    pub name: &'static str,
    /// The mistake.
    pub what: &'static str,
    /// Planted after the design of the targets was settled, and reported apart.
    pub held_out: bool,
}

/// A fault that was planted last.
pub(crate) const fn held_out(name: &'static str, what: &'static str) -> Fault {
    Fault {
        name,
        what,
        held_out: true,
    }
}

pub(crate) const fn fault(name: &'static str, what: &'static str) -> Fault {
    Fault {
        name,
        what,
        held_out: false,
    }
}
