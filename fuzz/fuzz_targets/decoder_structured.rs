//! Frames and near-frames of edge sizes, with cuts at their edges, into the decoder.
#![no_main]

use unstick_fuzz::targets;

libfuzzer_sys::fuzz_target!(
    init: unstick_fuzz::options::in_effect("decoder_structured"),
    |data: &[u8]| targets::run(&targets::DECODER_STRUCTURED, data)
);
