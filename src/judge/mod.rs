//! The part of judging that all roles share: cases, checks, the choice of cases, known failures, the progress
//! of a run.
//!
//! Nothing here knows the protocol, a role, or the specification's text; `suite` and `recut` stand above.
//! It uses `trace` for octets and cuts, and `testee` for nothing but the errors of starting one.

#[cfg(feature = "cli")]
pub mod budget;
pub mod case;
pub mod check;
#[cfg(feature = "cli")]
pub mod error;
pub mod evidence;
#[cfg(feature = "cli")]
pub mod fuzzed;
pub mod id;
#[cfg(feature = "cli")]
pub mod known_failures;
pub mod left_out;
#[cfg(feature = "cli")]
pub mod order;
pub mod progress;
#[cfg(feature = "cli")]
pub mod runner;
#[cfg(feature = "cli")]
pub mod selection;
pub mod sentence;
#[cfg(feature = "cli")]
pub(crate) mod shrinking;
#[cfg(feature = "cli")]
pub mod subject;
