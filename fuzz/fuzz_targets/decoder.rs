//! Arbitrary octets, cut as the input itself says, into the decoder.
#![no_main]

use unstick_fuzz::targets;

libfuzzer_sys::fuzz_target!(
    init: unstick_fuzz::options::in_effect("decoder"),
    |data: &[u8]| targets::run(&targets::DECODER, data)
);
