//! Sessions with files into the real store, in a temporary directory.
#![no_main]

use unstick_fuzz::targets;

libfuzzer_sys::fuzz_target!(
    init: unstick_fuzz::options::in_effect("transfer"),
    |data: &[u8]| targets::run(&targets::TRANSFER, data)
);
