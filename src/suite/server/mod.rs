//! Servers: their cases, running and judging them, and what their failures point to.
//!
//! Here stands what is true of servers only. Upwards: what a failure is (`failure`), the
//! conversation (`exchange`), what cases work with ([`bench`]), the cases ([`cases`]), the judging of
//! one (`judge`), the run ([`run`]) with what it makes of all failures together (`attribution`).
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
