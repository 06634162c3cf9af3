//! The integration tests, as one program: linked once, and run side by side.
//!
//! Each topic is a module; `cargo test --test it TOPIC::` runs one.
