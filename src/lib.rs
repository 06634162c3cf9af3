//! A conformance harness for length-prefixed protocols over TCP.

pub mod wire;
