//! Arbitrary octets, cut as the input itself says, into a decoder of the framing that the input names.
#![no_main]

use unstick_fuzz::targets;

libfuzzer_sys::fuzz_target!(
    init: unstick_fuzz::options::in_effect("framing"),
    |data: &[u8]| targets::run(&targets::FRAMING, data)
);
