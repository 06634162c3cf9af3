//! Client input, in any order and cut anywhere, into the server's machine.
#![no_main]

use unstick_fuzz::targets;

libfuzzer_sys::fuzz_target!(
    init: unstick_fuzz::options::in_effect("session"),
    |data: &[u8]| targets::run(&targets::SESSION, data)
);
