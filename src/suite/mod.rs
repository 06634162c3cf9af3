//! The suite: requirements, cases, and the judging of testees by them.

#[cfg(feature = "cli")]
pub mod client;
pub mod codec;
pub mod fixtures;
pub mod requirement;
pub mod verdict;

#[cfg(feature = "cli")]
mod attribution;
#[cfg(feature = "cli")]
pub mod case;
#[cfg(feature = "cli")]
mod conversation;
#[cfg(feature = "cli")]
mod dialect;
#[cfg(feature = "cli")]
mod directory;
#[cfg(feature = "cli")]
pub mod faults;
#[cfg(feature = "cli")]
pub mod known_failures;
#[cfg(feature = "cli")]
mod limits;
#[cfg(feature = "cli")]
mod memory;
mod plain;
#[cfg(feature = "cli")]
mod reply_form;
#[cfg(feature = "cli")]
pub mod run;
#[cfg(feature = "cli")]
pub mod selection;
#[cfg(feature = "cli")]
mod sessions;
#[cfg(feature = "cli")]
mod slow_peers;
#[cfg(feature = "cli")]
mod telltale;
#[cfg(feature = "cli")]
pub mod traceability;
#[cfg(feature = "cli")]
pub mod vectors;
