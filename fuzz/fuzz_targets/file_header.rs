//! Any text into the reader of file headers.
#![no_main]

use unstick_fuzz::targets;

libfuzzer_sys::fuzz_target!(
    init: unstick_fuzz::options::in_effect("file_header"),
    |data: &[u8]| targets::run(&targets::FILE_HEADER, data)
);
