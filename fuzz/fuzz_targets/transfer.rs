//! Sessions with files into the real store, in a temporary directory.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: unstick_fuzz::options::in_effect("transfer"),
    |data: &[u8]| unstick_fuzz::targets::run("transfer", data)
);
