//! Arbitrary text to the reader of fixtures.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: unstick_fuzz::options::in_effect("trace"),
    |data: &[u8]| unstick_fuzz::targets::run("trace", data)
);
