//! Cut-invariance: the same octets, cut otherwise, must give the same answer.
//!
//! A conversation of any stream protocol, recorded once, is held again under every cut that TCP
//! may make; whatever depends on the cut is a bug. The expectation is observed, not written, so nothing here knows a
//! protocol.
//!
//! Rule: this floor uses `trace`, `testee` and `judge`. It never uses `suite`, whose expectations
//! are written.
//!
//! | | |
//! |---|---|
//! | `turn`, `frames`, `hostile`, `variation` | a conversation in turns, and the ways of holding it otherwise |
//! | `token`, `duration`, `pattern`, `by_frames`, `recorded`, `held`, `any_order` | answers: patterns, differences |
//! | `carry` | values of answers that are sent back later |
//! | `subject`, `server`; `program`, `filter`, `client`, `ahead`, `ended` | the program that is judged |
//! | `learn`, `judge`, `waits`, `tolerated`, `shrink`, `run` | from uncut runs to a verdict and its least cut |
//! | `finding`, `cause` | the texts of a finding |
//! | `fuzz/` | mutants of a recording: octets whose answers nobody wrote down, whole against cut |
//! | `whole` | for Rust tests: one closure under every cut |
//! | `exchange`, `recorder`, `record`, `capture/` | the making of recordings |

#[cfg(feature = "cli")]
mod ahead;
#[cfg(feature = "cli")]
mod any_order;
#[cfg(feature = "cli")]
mod apart;
#[cfg(feature = "cli")]
mod by_frames;
#[cfg(feature = "reference")]
pub mod capture;
#[cfg(feature = "cli")]
mod carry;
#[cfg(feature = "cli")]
mod cause;
#[cfg(feature = "cli")]
pub(crate) mod client;
#[cfg(feature = "cli")]
mod duration;
#[cfg(feature = "cli")]
mod ended;
#[cfg(feature = "cli")]
mod evidence;
#[cfg(feature = "reference")]
pub mod exchange;
#[cfg(feature = "cli")]
pub(crate) mod filter;
#[cfg(feature = "cli")]
pub mod finding;
#[cfg(feature = "cli")]
mod frames;
#[cfg(feature = "cli")]
pub mod fuzz;
#[cfg(feature = "cli")]
mod held;
#[cfg(feature = "cli")]
pub mod hostile;
#[cfg(feature = "cli")]
mod judge;
#[cfg(feature = "cli")]
pub mod learn;
#[cfg(feature = "cli")]
mod pattern;
#[cfg(feature = "cli")]
pub(crate) mod program;
#[cfg(feature = "cli")]
pub mod proxy;
#[cfg(feature = "cli")]
pub mod record;
#[cfg(feature = "cli")]
mod recorded;
#[cfg(feature = "cli")]
pub mod recorder;
#[cfg(feature = "cli")]
pub mod run;
#[cfg(feature = "cli")]
pub(crate) mod server;
#[cfg(feature = "cli")]
mod shrink;
#[cfg(feature = "cli")]
pub(crate) mod subject;
#[cfg(feature = "cli")]
mod token;
#[cfg(feature = "cli")]
mod tolerated;
pub mod turn;
#[cfg(feature = "cli")]
pub mod variation;
#[cfg(feature = "cli")]
mod waits;
mod whole;

pub use whole::{assert_cut_invariant, first_difference};
