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
    let in_process = codec(&known);
    let over_loopback = server(&known)?;
    let worst = match (in_process, over_loopback) {
        (0, other) | (other, _) => other,
    };
    Ok(ExitCode::from(worst))
}

/// Judges the codec in this process, and reports it. Says with which status.
fn codec(known: &KnownFailures) -> u8 {
    let checks = codec::reference().checks(&mut Unwatched);
    let testee = Testee {
        role: "codec",
        command: Vec::new(),
        address: None,
        again: "unstick".to_owned(),
        framing: Some(Framing::default()),
    };
    let report = Report {
        testee: &testee,
        class: Some(Class::Codec),
        segmentation: "in process",
        checks: &checks,
        known,
        unjudged: None,
    };
    print(terminal::write_within(&report, columns()));
    status(&report)
}

/// Judges the server over loopback, and reports it. Says with which status.
fn server(known: &KnownFailures) -> Result<u8, Failure> {
    let class = Class::Transfer;
    let options = Options {
        class,
        framing: Framing::default(),
        max_payload: Some(MAX_PAYLOAD),
        max_sessions: Some(MAX_SESSIONS),
        timeout: Duration::from_secs(5),
        effort: Effort::Full,
        jobs: None,
        fail_fast: false,
    };
    let origin = Origin::Command(Template {
        command: serve()?,
        timeout: Duration::from_secs(10),
        guard: None,
        env: time_zone::telling,
    });
    let cases = select(cases::all(), Some(class), &[], &[]).expect("no pattern, no mismatch");
    let mut progress = Progress::new()?;
    let run = judge(origin, &cases, &options, &mut progress)
        .map_err(|error| Failure::Unjudged(no_outcome(&error)))?;
    drop(progress);
    let testee = Testee {
        role: "server",
        command: Vec::new(),
        address: None,
        again: "unstick server --run {case} -- unstick serve --listen {host}:{port} --dir {dir}"
            .to_owned(),
        framing: Some(Framing::default()),
    };
    let report = Report {
        testee: &testee,
        class: Some(class),
        segmentation: run.gating.name(),
        checks: &run.checks,
        known,
        unjudged: None,
    };
    print(terminal::write_within(&report, columns()));
    Ok(status(&report))
}

/// The command that starts the server: this program.
fn serve() -> Result<Vec<OsString>, Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::Unjudged(format!("this program cannot be found: {error}")))?;
    let words = ["serve", "--listen", "{host}:{port}", "--dir", "{dir}"].map(OsString::from);
    let limits = [
        ("--max-sessions", MAX_SESSIONS.to_string()),
        ("--max-payload", MAX_PAYLOAD.to_string()),
    ];
    let limits = limits.map(|(option, limit)| [option.into(), limit.into()]);
    Ok([program.into()]
        .into_iter()
        .chain(words)
        .chain(limits.into_iter().flatten())
        .collect())
}
