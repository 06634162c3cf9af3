//! How a trace reaches a testee, the implementation under test: starting, watching and ending
//! its process, and talking to it without a race.

pub mod client;
pub mod connection;
pub mod guard;
mod guarded;
mod outlet;
pub mod patience;
pub mod piped;
mod port;
pub mod process;
pub mod procfs;
pub mod queue;
mod ready;
pub mod server;
mod tail;
