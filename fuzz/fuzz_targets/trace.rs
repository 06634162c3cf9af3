//! Arbitrary text to the reader of fixtures.
#![no_main]

use unstick_fuzz::targets;

libfuzzer_sys::fuzz_target!(
    init: unstick_fuzz::options::in_effect("trace"),
    |data: &[u8]| targets::run(&targets::TRACE, data)
);
