//! Codecs: what decodes a stream and encodes payloads, judged by the framing traces without a
//! socket. A crate's test suite does it in a few lines:
//!
//! ```
//! use unstick::suite::codec::{Decode, Judge};
//!
//! struct Mine(unstick::wire::frame::Decoder);
//!
//! impl Decode for Mine {
//!     fn feed(&mut self, mut octets: &[u8], deliver: &mut dyn FnMut(&[u8])) -> Result<(), String> {
//!         while let Some(payload) = self.0.decode(&mut octets).map_err(|e| e.to_string())? {
//!             deliver(payload);
//!         }
//!         Ok(())
//!     }
//!
//!     fn finish(&mut self, _: &mut dyn FnMut(&[u8])) -> Result<(), String> {
//!         std::mem::take(&mut self.0).finish().map_err(|e| e.to_string())
//!     }
//! }
//!
//! Judge::decoder(|| Box::new(Mine(unstick::wire::frame::Decoder::new(u32::MAX)))).assert();
//! ```
//!
//! Without more it is judged by the article's framing; [`Judge::framing`] names another.

#[cfg(feature = "cli")]
mod ahead;
#[cfg(feature = "cli")]
mod answering;
mod attribution;
mod cases;
#[cfg(feature = "cli")]
mod chunks;
mod conversation;
mod decode;
mod encoder;
#[cfg(feature = "cli")]
pub(crate) mod fuzz;
pub(crate) mod judge;
pub(in crate::suite) mod lengths;
mod limits;
mod memory;
#[cfg(feature = "cli")]
pub mod program;
mod reference;

pub use cases::{Case, cases, cases_of, further_cases, further_cases_of};
pub use decode::{Decode, Encode, EncodeStream, Pack, Unpack};
pub use judge::Judge;
pub use reference::reference;
