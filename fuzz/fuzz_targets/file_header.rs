//! Any text into the reader of file headers.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: unstick_fuzz::options::in_effect("file_header"),
    |data: &[u8]| unstick_fuzz::targets::run("file_header", data)
);
