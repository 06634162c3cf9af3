//! Cut-invariance: the same octets, cut otherwise, must give the same answer.
//!
//! A conversation of any stream protocol, recorded once, is held again under every cut that TCP
//! may make; whatever depends on the cut is a bug. What is expected is observed, not written, so
//! nothing here knows a protocol.
//!
//! Rule: this floor uses `trace`, `testee` and `judge`. It never uses `suite`, whose expectations
//! are written.

#[cfg(feature = "cli")]
pub mod capture;
#[cfg(feature = "cli")]
pub mod exchange;
#[cfg(feature = "cli")]
pub mod proxy;
#[cfg(feature = "cli")]
pub mod record;
#[cfg(feature = "cli")]
pub mod recorder;
pub mod turn;
