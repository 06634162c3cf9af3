//! Conversations that nobody wrote: generated, told by an oracle, made small; for subjects of any role.
//!
//! A conversation follows from a seed and its number alone. It is a trace as any other, so that it is
//! judged, shown and replayed as the fixed cases are. What must come of it the model in `model` says, and
//! for another framing than the article's `framing`.
//!
//! Upwards: `rendering` (operations in another framing), `draft` (what a conversation is made of),
//! `other_frames`, `others`, `sizes`, `verified` and `generate` (a draft from a seed), `told` (steps), `framed`
//! and `conversation` (what must come of a draft), `found` (what is said), `smaller` (shrinking). Holding them is the
//! roles' own.

pub(in crate::suite) mod conversation;
pub(in crate::suite) mod draft;
pub(in crate::suite) mod found;
mod framed;
pub(in crate::suite) mod generate;
mod other_frames;
mod others;
mod rendering;
mod sizes;
pub(in crate::suite) mod smaller;
mod told;
mod verified;
