//! Inputs, oracles and planted faults: what the fuzz targets and the tests of unstick share.
//!
//! An input is octets. [`wire_input`], [`plan`], [`session_plan`] and [`verified_plan`] ([`program`]s all) take
//! them for a stream and the way it is cut; [`decoding`], [`framed`], [`serving`], [`header`], [`storing`] say what must
//! hold of whatever reads it, by the one-shot readings in [`reading`], [`session_model`] and
//! [`header`], which share no code with the reference. [`targets`] puts both together, and
//! [`planted`] has what they must find. The generators and the readings are `unstick::model`.

#[cfg(feature = "engine")]
pub mod allocation;
pub mod captured;
pub mod decoding;
pub mod differential;
pub mod finding;
pub mod framed;
pub mod header;
#[cfg(feature = "engine")]
pub mod options;
pub mod planted;
pub mod roundtrip;
pub mod seeds;
pub mod serving;
pub mod storing;
pub mod targets;
pub mod trace_text;
pub mod verifying;
pub mod wire_input;

pub use unstick::model::{
    digest, edges, plan, program, reading, rendered, session_model, session_plan, verified_plan,
};
