//! Arbitrary octets to the reader of captures.
#![no_main]

use unstick_fuzz::targets;

libfuzzer_sys::fuzz_target!(
    init: unstick_fuzz::options::in_effect("capture"),
    |data: &[u8]| targets::run(&targets::CAPTURE, data)
);
