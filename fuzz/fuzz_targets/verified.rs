//! Octets of clients that verify their files, into the server's machine and the real store.
#![no_main]

use unstick_fuzz::targets;

libfuzzer_sys::fuzz_target!(
    init: unstick_fuzz::options::in_effect("verified"),
    |data: &[u8]| targets::run(&targets::VERIFIED, data)
);
