//! `unstick` alone: the suite against the built-in reference.

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use super::judging::{judge, no_outcome, status};
use super::progress::Progress;
use super::{Failure, columns, print};
use crate::framing::Framing;
use crate::judge::known_failures::KnownFailures;
use crate::judge::progress::Unwatched;
use crate::judge::selection::select;
use crate::report::{Report, Testee, terminal};
use crate::suite::codec;
use crate::suite::effort::Effort;
use crate::suite::server::cases;
use crate::suite::server::options::Options;
use crate::suite::time_zone;
use crate::testee::launch::Template;
use crate::testee::server::Origin;
use crate::trace::Class;

/// The limits that the reference is started with, and judged by.
const MAX_SESSIONS: usize = 5;
const MAX_PAYLOAD: u32 = 32 * 1024 * 1024;

pub(super) fn run() -> Result<ExitCode, Failure> {
    let known = KnownFailures::default();
    let checks = codec::reference().checks(&mut Unwatched);
    let codec = Testee {
        role: "codec",
        command: Vec::new(),
        address: None,
        again: "unstick".to_owned(),
        framing: Some(Framing::default()),
    };
    let in_process = Report {
        testee: &codec,
        class: Some(Class::Codec),
        segmentation: "in process",
        checks: &checks,
        known: &known,
        unjudged: None,
    };
    print(terminal::write_within(&in_process, columns()));

    let class = Class::Transfer;
    let program = std::env::current_exe()
        .map_err(|error| Failure::Unjudged(format!("this program cannot be found: {error}")))?;
    let mut command: Vec<OsString> = vec![program.into()];
    command.extend(
        [
            "serve",
            "--listen",
            "{host}:{port}",
            "--dir",
            "{dir}",
            "--max-sessions",
        ]
        .map(OsString::from),
    );
    command.push(MAX_SESSIONS.to_string().into());
    command.push("--max-payload".into());
    command.push(MAX_PAYLOAD.to_string().into());
    let options = Options {
        class,
        framing: crate::framing::Framing::default(),
        max_payload: Some(MAX_PAYLOAD),
        max_sessions: Some(MAX_SESSIONS),
        timeout: Duration::from_secs(5),
        effort: Effort::Full,
        jobs: None,
        fail_fast: false,
    };
    let origin = Origin::Command(Template {
        command,
        timeout: Duration::from_secs(10),
        guard: None,
        env: time_zone::telling,
    });
    let cases = select(cases::all(), Some(class), &[], &[]).expect("no pattern, no mismatch");
    let mut progress = Progress::new()?;
    let run = judge(origin, &cases, &options, &mut progress)
        .map_err(|error| Failure::Unjudged(no_outcome(&error)))?;
    drop(progress);
    let server = Testee {
        role: "server",
        command: Vec::new(),
        address: None,
        again: "unstick server --run {case} -- unstick serve --listen {host}:{port} --dir {dir}"
            .to_owned(),
        framing: Some(Framing::default()),
    };
    let over_loopback = Report {
        testee: &server,
        class: Some(class),
        segmentation: run.gating.name(),
        checks: &run.checks,
        known: &known,
        unjudged: None,
    };
    print(terminal::write_within(&over_loopback, columns()));
    let worst = match (status(&in_process), status(&over_loopback)) {
        (0, other) | (other, _) => other,
    };
    Ok(ExitCode::from(worst))
}
