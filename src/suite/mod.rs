//! The suite: requirements, cases, and the judging of testees by them.
//!
//! Each role has a folder: `server`, `client`, `codec`, none of which knows another. They share the modules
//! beside them, which know none of them but where all cases are listed. Nothing here writes reports.

#[cfg(feature = "cli")]
pub(crate) mod catalog;
mod classes;
#[cfg(feature = "cli")]
pub mod client;
pub mod codec;
pub mod derived;
#[cfg(feature = "cli")]
pub mod effort;
#[cfg(feature = "cli")]
pub mod faults;
pub mod fixtures;
#[cfg(feature = "cli")]
mod fuzz;
mod mistaken;
mod mistakes;
mod plain;
pub mod requirement;
#[cfg(feature = "cli")]
pub mod server;
#[cfg(feature = "cli")]
mod signature;
#[cfg(feature = "cli")]
pub mod time_zone;
#[cfg(feature = "cli")]
pub mod traceability;
#[cfg(feature = "cli")]
pub mod vectors;

pub use crate::judge::check as verdict;

#[cfg(all(test, feature = "cli"))]
mod selecting;
