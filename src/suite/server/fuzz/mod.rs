//! Conversations that nobody wrote: generated, judged by the model, made small.
//!
//! A conversation follows from a seed and its number alone. It is a trace as any other, whose steps the
//! model in `model` says, so that it is judged, shown and replayed as the fixed cases are.
//!
//! Upwards: `draft` (what a conversation is made of), `generate` (a draft from a seed), `conversation`
//! (what must come of it), `found` (what is said), `holding` (conversations with the server), `smaller` (shrinking), `run` (the loop).

mod conversation;
mod draft;
mod found;
mod generate;
mod holding;
pub mod run;
mod smaller;
