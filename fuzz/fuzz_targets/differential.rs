//! The same octets and cuts into the reference and tokio-util's codec.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: unstick_fuzz::options::in_effect("differential"),
    |data: &[u8]| unstick_fuzz::targets::run("differential", data)
);
