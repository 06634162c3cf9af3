//! Oracles and generators: what a stream means, read at one go from SPEC.md and from nothing else, and
//! programs that make streams.
//!
//! The fuzz targets, the property tests and `unstick fuzz` share them.
//!
//! Rule: plain arithmetic, no sockets, nothing of `wire` or `framing`. An oracle that shares code with what
//! it judges shares its mistakes.

pub mod digest;
pub mod edges;
pub mod framed;
pub mod header;
pub mod plan;
pub mod program;
pub mod reading;
pub mod rendered;
pub mod session_model;
pub mod session_plan;
pub mod verified_plan;
