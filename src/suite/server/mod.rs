//! Servers: their cases, running and judging them, and what their failures point to.
//!
//! These modules hold what is true of servers only. Upwards: the failure (`failure`), the
//! conversation (`exchange`), the bench that cases work with ([`bench`]), the cases ([`cases`]), the judging
//! of a case (`judge`), the run ([`run`]) with its diagnosis of all failures together (`attribution`).
//! Nothing here knows clients, codecs, reports or the command line.

mod attribution;
mod bench;
mod beside;
pub mod case;
pub mod cases;
mod dialect;
mod directory;
mod directory_fault;
mod exchange;
mod failure;

mod finding;
pub mod fuzz;
mod ground;
mod judge;
mod memory_turn;
pub mod names_stored;
mod opening;
pub mod options;
mod pace;
mod plan;
mod reading;
mod reply_form;
pub mod run;
mod stuck;
mod subject;
mod team;
