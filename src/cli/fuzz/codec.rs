//! `unstick fuzz codec`

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Args;

use super::Fuzzing;
use crate::cli::codec::Spoken;
use crate::cli::judging::Judged;
use crate::cli::{Failure, say};
use crate::suite::codec::fuzz::Chosen;
use crate::trace::Class;

/// Fuzz a codec with streams that nobody wrote
#[derive(Debug, Args)]
#[command(after_help = "\
COMMAND is a codec as for `unstick codec`: streams come on standard input, cut, and payloads go out.
Streams are made from the seed: frames of the framing and what is nearly one, lengths that lie, cuts.
The framing says what must come of each. A finding is confirmed twice, made small, and written into the
directory of --findings as a trace that `unstick replay --codec` runs.

Examples:
  unstick fuzz codec -- python3 codec.py {mode}
  unstick fuzz codec --framing varint --seed 7 --budget 10000 --findings found -- ./decoder
  unstick replay --codec found/found-codec-7-12.json -- python3 codec.py {mode}

Exit status: 0 nothing found; 1 something was; 2 bad usage; 3 could not be judged.")]
pub(super) struct Generated {
    #[command(flatten)]
    spoken: Spoken,
    /// Stop at the first finding
    #[arg(long)]
    fail_fast: bool,
    #[command(flatten)]
    fuzzing: Fuzzing,
    /// The program to start, and its arguments
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl Generated {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let seed = self.fuzzing.prepare()?;
        let judging = &self.fuzzing.judging;
        let known = judging.prepare()?;
        let mut words: Vec<String> = ["unstick", "fuzz", "codec"].map(str::to_owned).into();
        words.extend(self.spoken.words());
        words.extend(self.fuzzing.words(seed));
        let (mut testee, template) = judging.started("codec", &self.command, words);
        testee.framing = Some(self.spoken.framing().clone());
        let judged = Judged {
            testee: &testee,
            class: Some(Class::Codec),
            known: &known,
        };
        say(&format!("seed {seed}"));
        let progress = judging.follow(&judged)?;
        let chosen = Chosen {
            seed,
            budget: self.fuzzing.budget,
            fail_fast: self.fail_fast,
        };
        let program = self.spoken.program(&template);
        let fuzzed = program.fuzz(chosen, &mut |status| progress.fuzzed(&status));
        let so_far = progress.finish();
        let fuzzed =
            fuzzed.map_err(|error| format!("{}: {error}", self.command[0].to_string_lossy()));
        self.fuzzing.end(&judged, "codec", fuzzed, so_far, seed)
    }
}
