//! `unstick.toml`: what is judged in somebody's project, so that plain `unstick` judges it.
//!
//! A key of a table is an option of the command with the table's name, so this folder knows no option by
//! itself: it asks the command line's own definitions. It writes nothing.

mod distance;
mod keys;
mod place;
mod read;
mod schema;
mod subject;
mod words;

pub(super) use place::NAME;
pub(super) use read::read;
pub(super) use schema::schema;
pub(super) use subject::{Config, Role, Subject};
pub(super) use words::words;
