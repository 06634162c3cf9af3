//! The integration tests, as one program: linked once, and run side by side.
//!
//! Each topic is a module; `cargo test --test it TOPIC::` runs one. What takes minutes, and is
//! run by the gate alone, is `#[ignore]`d with its reason.

mod support;

mod beside;
mod book;
mod browser;
mod budgets;
mod busy;
mod captures;
mod ci;
mod client_matrix;
mod codec_matrix;
mod codecs;
mod configured;
mod directories;
mod dissector;
mod durable;
mod faults;
mod filters;
mod fixtures;
mod framed;
mod framed_codecs;
mod frames;
mod frameworks;
mod frictions;
mod fuzz_clients;
mod fuzz_framed;
mod fuzz_generated;
mod fuzz_outside;
mod guessed;
mod init;
mod kill_matrix;
mod length;
mod load;
mod packages;
mod peers;
mod portable;
mod program;
mod proxy;
mod proxy_passes;
mod proxy_real;
mod published;
mod reach;
mod recording;
mod recut_framed;
mod recut_matrix;
mod recut_real;
mod regressions;
mod reports;
mod reports_on_disk;
mod sessions;
mod slow;
mod snapshots;
mod structure;
mod supervision;
mod terminals;
mod testees;
mod third_party;
mod traceability;
mod vectors;
mod verdicts;
mod verified;
mod words;
mod writers;
