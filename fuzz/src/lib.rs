//! Inputs, oracles and planted faults: what the fuzz targets and the tests of unstick share.
//!
//! An input is octets. [`wire_input`], [`plan`] and [`session_plan`] ([`program`]s both) take them for a stream
//! and the way it is cut; [`decoding`], [`serving`], [`header`], [`storing`] say what must
//! hold of whatever reads it, by the one-shot readings in [`reading`], [`session_model`] and
//! [`header`], which share no code with the reference. [`targets`] puts both together, and
//! [`planted`] has what they must find.

#[cfg(feature = "engine")]
pub mod allocation;
pub mod captured;
pub mod decoding;
pub mod differential;
pub mod edges;
pub mod finding;
pub mod header;
#[cfg(feature = "engine")]
pub mod options;
pub mod plan;
pub mod planted;
pub mod program;
pub mod reading;
pub mod rendered;
pub mod roundtrip;
pub mod seeds;
pub mod serving;
pub mod session_model;
pub mod session_plan;
pub mod storing;
pub mod targets;
pub mod trace_text;
pub mod wire_input;
