//! Frames and near-frames of edge sizes, with cuts at their edges, into the decoder.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: unstick_fuzz::options::in_effect("decoder_structured"),
    |data: &[u8]| unstick_fuzz::targets::run("decoder_structured", data)
);
