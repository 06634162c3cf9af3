//! A target with a planted fault in place of the reference, to measure its power:
//! `UNSTICK_FUZZ_TARGET` and `UNSTICK_FUZZ_FAULT` say which.
#![no_main]

use std::sync::OnceLock;

use unstick_fuzz::targets::PlantedRun;

static RUN: OnceLock<PlantedRun> = OnceLock::new();

libfuzzer_sys::fuzz_target!(
    init: {
        let run = PlantedRun::from_environment();
        unstick_fuzz::options::in_effect(run.target.name);
        RUN.get_or_init(|| run);
    },
    |data: &[u8]| RUN.get().expect("the fault was chosen at the start").run(data)
);
