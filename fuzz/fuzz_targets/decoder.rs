//! Arbitrary octets, cut as the input itself says, into the decoder.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: unstick_fuzz::options::in_effect("decoder"),
    |data: &[u8]| unstick_fuzz::targets::run("decoder", data)
);
