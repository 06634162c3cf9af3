//! Payloads to octets to payloads, under any cut and any limit.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: unstick_fuzz::options::in_effect("roundtrip"),
    |data: &[u8]| unstick_fuzz::targets::run("roundtrip", data)
);
