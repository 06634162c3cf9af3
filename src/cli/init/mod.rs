//! `unstick init`: a configuration for somebody's project, which was tried once before it is written.
//!
//! Writes files that are not there, and no others. It goes through `cli::config` for what it writes, so
//! that nothing is written which plain `unstick` would refuse.

mod ask;
mod described;
mod files;
mod options;
mod recipe;
mod record;
mod text;
mod trial;

pub(super) use options::Init;
