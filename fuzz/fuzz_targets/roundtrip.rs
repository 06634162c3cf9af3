//! Payloads to octets to payloads, under any cut and any limit.
#![no_main]

use unstick_fuzz::targets;

libfuzzer_sys::fuzz_target!(
    init: unstick_fuzz::options::in_effect("roundtrip"),
    |data: &[u8]| targets::run(&targets::ROUNDTRIP, data)
);
