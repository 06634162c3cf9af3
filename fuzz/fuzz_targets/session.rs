//! What clients say, in any order and cut anywhere, into the server's machine.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: unstick_fuzz::options::in_effect("session"),
    |data: &[u8]| unstick_fuzz::targets::run("session", data)
);
