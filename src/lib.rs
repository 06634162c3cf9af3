//! Finds the bugs that everyone writes into a protocol over TCP: a short read taken for a whole one,
//! messages that arrive together, streams that end too soon.
//!
//! Your parser, in a test of yours, under every cut of a stream. This one takes each read for whole
//! lines, and the panic names the cut that shows it:
//!
//! ```should_panic
//! fn lines(reads: &[&[u8]]) -> Vec<String> {
//!     let mut lines = Vec::new();
//!     for read in reads {
//!         let text = String::from_utf8_lossy(read);
//!         lines.extend(text.lines().map(str::to_owned)); // the end of a read is no end of a line
//!     }
//!     lines
//! }
//!
//! unstick::recut::assert_cut_invariant(b"GET a\nGET b\n", lines);
//! ```
//!
//! | for | begin at |
//! |---|---|
//! | any function over a stream: what it says must not depend on the cut | [`recut::assert_cut_invariant`] |
//! | a codec of length-prefixed frames, judged against numbered requirements | [`suite::codec::Judge`] |
//! | a framing as a value: parsed, printed, encoded, divided, guessed | [`framing::Framing`] |
//! | the reference protocol, sans-IO | [`wire`] |
//!
//! As a dev-dependency without default features the crate is light: serde, serde_json, thiserror. The program
//! `unstick`, behind the default feature `cli`, judges servers, clients and codecs in any language.
//!
//! The protocol is a 4-octet big-endian length and a payload; on it UTF-8 messages, a small
//! session, and file transfer. `ARCHITECTURE.md` is the map of this crate.

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod disk;
pub mod framing;
pub mod judge;
pub mod model;
#[cfg(feature = "reference")]
pub mod peer;
pub mod recut;
#[cfg(feature = "cli")]
pub mod report;
pub mod suite;
#[cfg(feature = "cli")]
pub mod testee;
pub mod trace;
pub mod wire;
