//! A proxy that cuts what passes, and somebody's own test run through it.
//!
//! May import `testee/` (queues, processes), `judge/` and what lies below them; nothing of `suite/`.
//!
//! [`relay`] listens and has a `session` for each run; a connection has two pumps, one for each
//! direction. Where a stream is cut is a value ([`cut::Cut`]), and each cut is a pure function of
//! connection, direction and offset, or is noted in the run's [`log`] as one: so [`least`] can shrink
//! the cuts of a failing run to the one that matters, over further runs of the command.

pub mod checks;
pub mod command;
mod connection;
pub mod context;
pub mod cut;
mod cutter;
mod frames;
mod gate;
pub mod judge;
pub mod least;
pub mod log;
mod pump;
pub mod relay;
mod session;
mod socket;
pub mod tape;
