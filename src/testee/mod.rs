//! How a trace reaches a testee, the implementation under test: starting, watching and ending
//! its process, and talking to it without a race.

pub mod connection;
pub mod guard;
pub mod process;
mod procfs;
pub mod queue;
pub mod server;
mod tail;
