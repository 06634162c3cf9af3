//! Nothing at all: how fast the engine itself is, to compare the others with.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: unstick_fuzz::options::in_effect("empty"),
    |data: &[u8]| {
        std::hint::black_box(data);
    }
);
