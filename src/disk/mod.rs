//! Directories that are held open: nothing here follows a link, and nothing is removed that the
//! caller does not name.
//!
//! A server under test owns its directory and may do anything to it: put a symbolic link in its
//! place, fill it with devices, nest it a million deep. A program that works there by path works
//! wherever the server wants. A directory is therefore opened once, and all work goes through that
//! handle.
//!
//! The rule of this folder: it imports nothing of the project, and no function takes a path but the
//! ones that open a directory.

mod claim;
mod found;
mod handle;
mod held;
mod removal;

pub use claim::{Claim, ClaimError, MARKER};
pub use found::{Found, Kind};
pub use held::Held;
pub use removal::remove_tree;
