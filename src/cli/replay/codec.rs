//! `unstick replay --codec`

use std::process::ExitCode;

use super::files::Paths;
use super::{Replay, TRACE, rerun};
use crate::cli::Failure;
use crate::cli::codec::Spoken;
use crate::cli::judging::{INTERRUPTED, Judged};
use crate::trace::{Action, Class, Trace};

impl Replay {
    /// Runs traces against a codec.
    pub(super) fn of_codec(&self, traces: Vec<Trace>, paths: &Paths) -> Result<ExitCode, Failure> {
        if let Some(trace) = traces.iter().find(|trace| !is_of_frames(trace)) {
            let why = format!(
                "{}: a codec owes no trace of class {}, and answers none",
                trace.id,
                trace.class().name()
            );
            return Err(Failure::Usage(why));
        }
        let judging = &self.judging;
        let known = judging.prepare()?;
        let framing = self.framing(traces.iter().map(Some));
        let spoken = Spoken::new(self.lines, self.limits.max_payload(), framing);
        let mut again: Vec<String> = ["unstick", "replay", "--codec"].map(str::to_owned).into();
        again.extend(spoken.words());
        again.push(TRACE.to_owned());
        let (mut testee, template) = judging.started("codec", &self.command, again);
        testee.framing = Some(spoken.framing().clone());
        let judged = Judged {
            testee: &testee,
            class: Some(Class::Codec),
            known: &known,
        };
        // They are needed until the program ends.
        let traces: &'static [Trace] = judging.part_of(traces).leak();
        let mut progress = judging.follow(&judged)?;
        let outcome = spoken
            .program(&template)
            .replay(traces, &mut progress)
            .map_err(|error| format!("{}: {error}", self.command[0].to_string_lossy()))
            .and_then(|mut checks| match progress.is_interrupted() {
                true => Err(INTERRUPTED.to_owned()),
                false => {
                    for check in &mut checks {
                        check.rerun = rerun(&testee.again, paths, &check.id);
                    }
                    Ok(checks)
                }
            });
        judging
            .report(&judged, spoken.segmentation(), outcome, progress.finish())
            .map(Into::into)
    }
}

/// True if a trace says what a decoder must deliver.
fn is_of_frames(trace: &Trace) -> bool {
    let answers = |action: &Action| matches!(action, Action::Answer(_));
    trace.class() <= Class::Framing && !trace.steps.iter().any(|step| answers(&step.action))
}
