//! The cases for clients: we act as the server, and what a person would type is typed.
//!
//! A client takes `{host}` and `{port}` to connect to and finds its files in `{dir}`. A line on its
//! standard input is a message; `file` and a line with a name send a file; `q` leaves. What it
//! sends is judged always. What it writes is judged as far as its plainest conversation showed
//! that it writes replies.
//!
//! Upwards: what a mistake sends (`diagnosis`), one run of a client (`driver`), the cases, the run
//! ([`run`]). Nothing here knows servers, codecs, reports or the command line.

pub mod case;
pub mod cases;
mod diagnosis;
mod digest;
mod driver;
mod extension;
mod finding;
mod forms;
pub mod fuzz;
mod opening;
mod patience;
pub mod run;
mod signatures;
mod subject;
mod symptom;
mod verified;
