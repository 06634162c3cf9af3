//! Judging one conversation of a trace.

use super::bench::{Bench, NotPassed};
use super::beside::around;
use super::directory::Directory;
use super::exchange::{Outcome, converse};
use super::failure::{Failure, What};
use crate::framing::Place;
use crate::judge::sentence::Sentence;
use crate::suite::plain::next_frame;
use crate::trace::octets::Octets;
use crate::trace::segmentation::{Move, Segmentation, accepted, repaired};
use crate::trace::{Acceptable, Action, Beside, Class, Step, Trace, stream};

/// Has the conversation of a trace, and what belongs to it: its repaired twin, a look at the testee's
/// health, and what other connections do meanwhile.
pub(super) fn judge_conversation(
    bench: &mut Bench<'_>,
    trace: &Trace,
    segmentation: Segmentation,
    moves: &[Move<'_>],
) -> Result<(), NotPassed> {
    match trace.beside {
        None => judge_alone(bench, trace, segmentation, moves),
        Some(beside) => around(bench, beside, &mut |bench| {
            judge_alone(bench, trace, segmentation, moves)
        }),
    }
}

fn judge_alone(
    bench: &mut Bench<'_>,
    trace: &Trace,
    segmentation: Segmentation,
    moves: &[Move<'_>],
) -> Result<(), NotPassed> {
    let largest = largest_payload(trace);
    if bench
        .max_payload()
        .is_some_and(|limit| largest > limit as usize)
    {
        return Err(NotPassed::Skipped(
            format!("a payload of {largest} octets is above the declared limit").into(),
        ));
    }
    bench.has_time_for(replies(moves))?;
    let directory = directory_for(bench, trace)?;
    let mut terms = bench.terms(directory.as_ref());
    terms.strict = trace.requirements.first().is_some_and(|id| id == "SES-5");
    terms.unread_behind = unread_behind(trace);
    terms.after_an_error = trace.is_hostile();
    let failure = match converse(bench.testee, moves, &terms) {
        Outcome::AsExpected => None,
        Outcome::Failed(failure) => Some(failure),
    };
    if let Some(failure) = failure {
        if trace.acceptable == Some(Acceptable::Acceptance) {
            return Err(accepts(bench, trace, segmentation, failure));
        }
        return Err(allowed(bench, trace, failure, directory.as_ref()));
    }
    match repaired(trace, segmentation) {
        Some(twin) => twin_succeeds(bench, trace, &twin),
        None => Ok(()),
    }
}

/// The outcome of a failure where the trace leaves something open.
fn allowed(
    bench: &mut Bench<'_>,
    trace: &Trace,
    mut failure: Box<Failure>,
    directory: Option<&Directory>,
) -> NotPassed {
    // A declared limit is kept to.
    let declared = trace.class() == Class::Framing && bench.max_payload().is_some();
    match trace.acceptable {
        Some(Acceptable::Refusal)
            if failure.what == What::ClosedInstead && trace.may_be_refused(declared) => {}
        Some(Acceptable::Extension) if announces_the_extension(&failure) => {
            return NotPassed::Acceptable(
                "the server has the optional extension, whose cases are not run".into(),
            );
        }
        _ => return failure.into(),
    }
    if let Some(directory) = directory {
        bench.testee.settle();
        let kept = directory
            .untouched()
            .and_then(|()| directory.outside_untouched());
        if let Err(fault) = kept {
            failure.message = format!("refused, which is allowed, but {fault}").into();
            failure.what = What::Directory(fault);
            return failure.into();
        }
    }
    if let Err(unwell) = bench.is_well() {
        return unwell;
    }
    let largest = largest_payload(trace);
    NotPassed::Acceptable(if trace.class() == Class::Framing && largest > 65_536 {
        format!(
            "a payload of {largest} octets is refused; limits from 65536 on are allowed, and judged when declared with --max-payload"
        )
        .into()
    } else {
        "refused, which is allowed".into()
    })
}

/// The outcome of a failure to refuse where the trace leaves that open: a server that accepts goes on
/// as if nothing had to be repaired.
fn accepts(
    bench: &mut Bench<'_>,
    trace: &Trace,
    segmentation: Segmentation,
    failure: Box<Failure>,
) -> NotPassed {
    let Some(moves) = accepted(trace, segmentation) else {
        return failure.into();
    };
    let directory = match directory_for(bench, trace) {
        Ok(directory) => directory,
        Err(error) => return error,
    };
    let terms = bench.terms(directory.as_ref());
    match converse(bench.testee, &moves, &terms) {
        Outcome::AsExpected => NotPassed::Acceptable("accepted, which is allowed".into()),
        Outcome::Failed(_) => failure.into(),
    }
}

/// VTR-2: the reply is the command and `ready`.
fn announces_the_extension(failure: &Failure) -> bool {
    let seen = failure.evidence.seen.to_vec();
    let ready = failure
        .expected
        .as_ref()
        .map(|command| [command.as_slice(), b" ready"].concat());
    ready.is_some() && next_frame(&seen) == ready.as_deref()
}

/// Offset behind which a server is right to leave octets unread: the first that is not as it ought to be,
/// or the end of `q`.
fn unread_behind(trace: &Trace) -> Option<u64> {
    if trace.is_hostile() {
        let repaired = stream(trace.repaired.as_deref().unwrap_or_default()).to_vec();
        let sent = stream(&trace.steps).to_vec();
        let same = sent.iter().zip(&repaired).take_while(|(a, b)| a == b);
        return Some(same.count() as u64);
    }
    let quits = |step: &Step| step.action.sends_one_of([b"q", b"Q"]);
    let quit = trace.steps.iter().position(quits)?;
    Some(stream(&trace.steps[..=quit]).len() as u64)
}

fn directory_for(bench: &mut Bench<'_>, trace: &Trace) -> Result<Option<Directory>, NotPassed> {
    // To clear it would take away what two others are about to store.
    if trace.class() < Class::Transfer || trace.beside == Some(Beside::TwoFiles) {
        return Ok(None);
    }
    bench.prepare(&trace.before).map(Some)
}

/// A refusal proves something only if the same conversation without the offence succeeds;
/// and it does so on a fresh connection, behind the refused one.
fn twin_succeeds(bench: &mut Bench<'_>, trace: &Trace, twin: &[Move<'_>]) -> Result<(), NotPassed> {
    let attempt = |bench: &mut Bench<'_>| -> Result<(), NotPassed> {
        let directory = directory_for(bench, trace)?;
        let terms = bench.terms(directory.as_ref());
        match converse(bench.testee, twin, &terms) {
            Outcome::AsExpected => Ok(()),
            Outcome::Failed(failure) => Err(failure.into()),
        }
    };
    let Err(NotPassed::Failed(behind)) = attempt(bench) else {
        return Ok(());
    };
    let refuses_everything = |why: &Sentence| {
        NotPassed::Error(format!(
            "the server refuses, but the same conversation without the offence fails too, so that proves nothing ({why})"
        ).into())
    };
    if !bench.testee.can_restart() {
        return Err(refuses_everything(&behind.message));
    }
    if let Err(error) = bench.testee.restart() {
        return Err(NotPassed::Error(error.to_string().into()));
    }
    match attempt(bench) {
        Err(NotPassed::Failed(alone)) => Err(refuses_everything(&alone.message)),
        _ => {
            let mut failure = behind;
            if !failure.what.tells_why() {
                failure.what = What::Unwell;
            }
            failure.message = format!(
                "the server refused as it must, but did not serve the next connection well: {}",
                failure.message
            )
            .into();
            Err(failure.into())
        }
    }
}

/// Number of replies that are waited for.
fn replies(moves: &[Move<'_>]) -> usize {
    let delivers = |one: &&Move<'_>| matches!(one, Move::Step(Action::Deliver(_)));
    moves.iter().filter(delivers).count()
}

/// The largest payload that is sent in a frame or delivered from a chain of them, here or in the repaired
/// twin, in octets.
fn largest_payload(trace: &Trace) -> usize {
    let twin = trace.repaired.iter().flatten();
    let steps = trace.steps.iter().chain(twin);
    let in_a_frame = steps
        .map(|step| match &step.action {
            Action::Frame { payload, .. } => Octets::len(payload),
            Action::Parts(parts) => {
                let payloads = parts.iter().filter(|(place, _)| *place == Place::Payload);
                payloads.map(|(_, octets)| Octets::len(octets)).sum()
            }
            _ => 0,
        })
        .max()
        .unwrap_or(0);
    in_a_frame.max(trace.largest_payload())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_close_over_unread_octets_is_right() {
        for (id, place) in [
            ("frm/two", None),
            ("ses/quit-lower-then-more", Some(11)),
            ("ses/pipelined-two", Some(19)),
            ("len/announced-ffffffff", Some(6)),
            ("msg/invalid-in-the-middle", Some(9)),
        ] {
            let trace = crate::suite::fixtures::all()
                .iter()
                .find(|trace| trace.id == id)
                .unwrap();
            assert_eq!(unread_behind(trace), place, "{id}");
        }
    }
}
