//! A conformance harness for length-prefixed protocols over TCP.

#[cfg(feature = "cli")]
pub mod peer;
pub mod trace;
pub mod wire;
