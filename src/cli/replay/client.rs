//! `unstick replay --client`

use std::process::ExitCode;

use super::files::Paths;
use super::{Replay, TRACE, rerun};
use crate::cli::Failure;
use crate::cli::client::needs_a_port;
use crate::cli::judging::{Judged, no_outcome};
use crate::suite::client::fuzz::played::{case, playable};
use crate::suite::client::run::{Options, run};
use crate::suite::effort::Effort;
use crate::trace::Trace;

impl Replay {
    /// Plays traces to a client.
    pub(super) fn of_client(&self, traces: Vec<Trace>, paths: &Paths) -> Result<ExitCode, Failure> {
        for trace in &traces {
            playable(trace).map_err(|why| {
                let id = &trace.id;
                Failure::Usage(format!("{id} is no conversation with a client: {why}"))
            })?;
        }
        needs_a_port(&self.command)?;
        let judging = &self.judging;
        let known = judging.prepare()?;
        let again: Vec<String> = ["unstick", "replay", "--client", TRACE]
            .map(str::to_owned)
            .into();
        let (testee, template) = judging.started("client", &self.command, again);
        // They are needed until the program ends.
        let traces: &'static [Trace] = judging.part_of(traces).leak();
        let class = traces.iter().map(Trace::class).max();
        let judged = Judged {
            testee: &testee,
            class,
            known: &known,
        };
        let mut cases: Vec<_> = traces.iter().map(case).collect();
        for case in &mut cases {
            case.info.expected_to_fail = known.names(&case.info.id);
        }
        let mut progress = judging.follow(&judged)?;
        let options = Options {
            class: class.unwrap_or(crate::trace::Class::Session),
            effort: Effort::Full,
            jobs: self.limits.jobs(),
            fail_fast: self.limits.fail_fast(),
        };
        let outcome = run(&template, &cases, &options, &mut progress)
            .map_err(|error| no_outcome(&error))
            .map(|mut checks| {
                for check in &mut checks {
                    check.rerun = rerun(&testee.again, paths, &check.id);
                }
                checks
            });
        judging
            .report(&judged, "drain-gated", outcome, progress.finish())
            .map(Into::into)
    }
}
