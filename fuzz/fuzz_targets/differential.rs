//! The same octets and cuts into the reference and tokio-util's codec.
#![no_main]

use unstick_fuzz::targets;

libfuzzer_sys::fuzz_target!(
    init: unstick_fuzz::options::in_effect("differential"),
    |data: &[u8]| targets::run(&targets::DIFFERENTIAL, data)
);
