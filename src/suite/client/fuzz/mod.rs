//! Generated conversations with a client: what is typed, and what it is answered, in pieces or wrongly.
//!
//! Upwards: `script` (what a conversation is made of, from a seed), `told` (its trace), `played` (a trace
//! with a client), `holding` (conversations with it), `smaller` (shrinking), `run` (the loop).
//!
//! In a trace for a client, what is sent are the replies; an answer is what the client sends, for which that
//! is typed; what it delivers it shows, and an error that it reports is its refusal.

mod holding;
pub mod played;
pub mod run;
mod script;
mod smaller;
mod told;
