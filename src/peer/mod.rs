//! The reference server and client: std sockets and threads around [`crate::wire`].

pub mod client;
pub mod conversation;
pub mod open_files;
pub mod server;
pub mod store;

/// What one read of a socket or a file may take, in octets.
const READ_OCTETS: usize = 65_536;
