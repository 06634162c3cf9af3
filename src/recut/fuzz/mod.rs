//! Mutants of a recording, held whole and cut: for any octets the answer must be the same.
//!
//! Valid recordings never show what a server makes of errors and limits when they arrive in pieces. No
//! specification is needed to see it: the answer to the octets whole is the expectation.
//!
//! Rule: as of `recut`, whose conversations, patterns and controls are used here. `mutate` and `by_frame` make the
//! mutants, `compare` says how two runs differ, `bench` holds and confirms, `smaller` shrinks, `run` is the loop, and
//! `found` makes the report of a finding.

mod bench;
mod by_frame;
mod compare;
mod found;
mod mutate;
pub mod run;
mod smaller;
