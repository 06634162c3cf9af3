//! Starting, watching and ending the program under test, and talking to it without a race.
//!
//! **Rule.** Only `trace` and `disk` are imported from outside this folder. Nothing here knows a requirement, a
//! case or a verdict; what is seen goes up as data. Nothing waits without a bound.
//!
//! | | |
//! |---|---|
//! | `launch`, `memory_limit`, `exit_status`, `port` | its start, its limit of memory, its end in words, a free port |
//! | `supervise/` | its process under a guard: nothing outlives the harness |
//! | `pipe_reader`, `ready`, `tail` | its output on its standard streams |
//! | `process`, `server`, `client`, `piped` | a server, a client, a program that reads and writes pipes |
//! | `watch/` | the view of it from outside: [`watch::Activity`], [`watch::Backlog`] |
//! | `wait`, `settle`, `gate`, `gating` | waits for it, and their limits |
//! | `connection`, `early_reset` | a TCP connection to it; a connection that is reset at once |
//!
//! **For other socket pairs** (a recording that is replayed, a proxy between two programs):
//! - [`watch::Queues::unread`] says for a (local, remote) pair of addresses how many octets the
//!   receiver has not read yet, [`watch::Queues::backlog`] the same with what is still in flight.
//! - [`watch::ProcessTree::activity`], asked twice, says whether the processes rest
//!   ([`watch::Activity::rests_since`]).
//! - [`gate::DrainGate`] waits until a [`gate::Receiver`] has read everything;
//!   [`connection::Connection::open`] takes any [`watch::Watch`], such as a [`watch::Watcher`].

pub mod client;
pub mod connection;
pub mod early_reset;
pub mod exit_status;
pub mod gate;
pub mod gating;
pub mod launch;
pub mod memory_limit;
mod pipe_reader;
pub mod piped;
mod port;
pub mod process;
mod ready;
pub mod server;
mod settle;
pub mod supervise;
mod tail;
pub mod task;
pub mod wait;
pub mod watch;
