//! A conformance harness and fuzz suite for length-prefixed protocols over TCP.
//!
//! The protocol is a 4-octet big-endian length and a payload; on it UTF-8 messages, a small
//! session, and file transfer. `ARCHITECTURE.md` is the map of this crate.

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod disk;
pub mod framing;
pub mod judge;
pub mod model;
#[cfg(feature = "cli")]
pub mod peer;
pub mod recut;
#[cfg(feature = "cli")]
pub mod report;
pub mod suite;
#[cfg(feature = "cli")]
pub mod testee;
pub mod trace;
pub mod wire;
