//! Generated conversations with a server: `holding` holds one, `run` is the loop. What they are made of,
//! and what must come of them, stands in `suite::fuzz`.

mod holding;
pub mod run;
