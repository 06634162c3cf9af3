//! The testee's resident memory: it follows what arrived (FRM-8), and not the body of a file
//! (TRF-11).

use std::time::{Duration, Instant};

use crate::framing::Framing;
use crate::suite::plain::frame;
use crate::suite::server::bench::{Bench, NotPassed};
use crate::suite::server::case::Coded;
use crate::suite::server::directory_fault::DirectoryFault;
use crate::suite::server::exchange::Talk;
use crate::suite::server::failure::What;
use crate::suite::server::memory_turn::ENOUGH;
use crate::trace::Class;

const MEBIBYTE: u64 = 1024 * 1024;

/// Length that is announced to a server without a declared limit, in octets.
const ANNOUNCED: u32 = 512 * 1024 * 1024;

/// Least length that is announced, in octets: a shorter one cannot be told from a server's ordinary ups and downs.
const LEAST_ANNOUNCED: u32 = 32 * 1024 * 1024;

/// Number of octets of a body after which the first look is taken.
const FIRST_LOOK: u64 = 32 * MEBIBYTE;

/// The body of the file, in octets.
const BODY: u64 = 128 * MEBIBYTE;

/// Octets that are sent at first: one is kept back, so that the server is looked at while it receives.
const AT_FIRST: u64 = BODY - 1;

/// A testee that becomes slower and slower is looked at after this time.
const LOOK_AFTER: Duration = Duration::from_secs(6);

/// Octets that must lie between two looks, so that they say something.
const LEAST_BETWEEN: u64 = 16 * MEBIBYTE;

pub(crate) const CASES: &[Coded] = &[
    Coded {
        id: "frm/memory-follows-arrival",
        title: "A large announced length takes no memory before its octets arrive",
        requirements: &["FRM-8"],
        class: Class::Framing,
        run: announced,
    },
    Coded {
        id: "trf/memory-of-a-body",
        title: "A body of 128 MiB passes through without being held in memory",
        requirements: &["TRF-11"],
        class: Class::Transfer,
        run: body,
    },
];

fn resident(bench: &mut Bench<'_>) -> Result<u64, NotPassed> {
    bench.testee.settle();
    bench
        .testee
        .resident()
        .ok_or_else(|| NotPassed::skipped("the memory of this server cannot be seen from here"))
}

fn announced(bench: &mut Bench<'_>) -> Result<(), NotPassed> {
    let most = bench.framing().max_payload().unwrap_or(u64::MAX);
    let most = u32::try_from(most).unwrap_or(ANNOUNCED).min(ANNOUNCED);
    let announced = bench.max_payload().unwrap_or(most).min(most);
    if announced < LEAST_ANNOUNCED {
        return Err(NotPassed::Skipped(
            format!("the declared limit of {announced} octets bounds what can be announced").into(),
        ));
    }
    if bench.testee.can_restart() {
        // Memory that earlier cases have left to reuse would hide what these announcements take.
        let restarted = bench.testee.restart();
        restarted.map_err(|error| NotPassed::Error(error.to_string().into()))?;
    }
    bench.is_well()?;
    for _ in 0..ENOUGH {
        announced_once(bench, announced)?;
    }
    bench.is_well()
}

/// True if a framing can announce a length that is large enough to show.
pub(super) fn applies(framing: &Framing) -> bool {
    framing.pack(i128::from(LEAST_ANNOUNCED)).is_some()
}

fn announced_once(bench: &mut Bench<'_>, announced: u32) -> Result<(), NotPassed> {
    let terms = bench.terms(None);
    let mut talk = bench.talk(&terms)?;
    // A connection does not take by a length what it takes from its begin.
    let before = resident(bench)?;
    let mut octets = bench.head(u64::from(announced)).unwrap_or_default();
    octets.resize(octets.len() + 1000, b'a');
    talk.send(bench.testee, &octets)?;
    // To clear that much memory takes its time.
    bench.testee.come_to_rest(terms.bound);
    bench.testee.settle();
    let grown = bench.testee.grown_since(before).unwrap_or(0);
    if grown > u64::from(announced) / 4 {
        return Err(talk.failure(
            bench.testee,
            What::Other,
            &format!(
                "{announced} octets were announced and 1000 sent, and the server's resident memory grew by {} MiB",
                grown / MEBIBYTE
            ),
            "memory that grows with what arrived",
        ).into());
    }
    Ok(())
}

fn body(bench: &mut Bench<'_>) -> Result<(), NotPassed> {
    bench.transfer_works()?;
    resident(bench)?;
    let directory = bench.prepare(&[])?;
    let terms = bench.terms(Some(&directory));
    let mut talk = bench.talk(&terms)?;
    talk.send(bench.testee, &frame(b"file"))?;
    talk.send(bench.testee, &frame(format!("large.bin,{BODY}").as_bytes()))?;
    let (sent, between, grown) = takes_most(bench, &mut talk, terms.bound)?;
    if between >= LEAST_BETWEEN && grown > between / 4 * 3 {
        return Err(talk
            .failure(
                bench.testee,
                What::Other,
                &format!(
                    "while {} MiB of a body arrived, the server's resident memory grew by {} MiB",
                    between / MEBIBYTE,
                    grown / MEBIBYTE
                ),
                "memory that does not grow with the body",
            )
            .into());
    }
    if sent < AT_FIRST {
        // Too slow for all of it, and judged by what it took.
        drop(talk);
        return bench.is_well();
    }
    // Apart from what follows: whether that is read with the body is not asked here.
    talk.send(bench.testee, b"x")?;
    talk.send(bench.testee, &frame(b"after"))?;
    talk.deliver(bench.testee, b"after")?;
    let held = match directory.length("large.bin") {
        Ok(held) => held,
        Err(DirectoryFault::Missing { .. }) => 0,
        Err(fault) => {
            return Err(talk.directory_fault(bench.testee, fault).into());
        }
    };
    if held != BODY {
        let fault = DirectoryFault::Other {
            name: "large.bin".to_owned(),
            place: held.min(BODY) as usize,
            expected: BODY as usize,
            held: held as usize,
        };
        return Err(talk.directory_fault(bench.testee, fault).into());
    }
    Ok(())
}

/// Sends all of the body but its end, as far as that is taken. Says how much went out, how much of it since
/// the first look at the memory, and by how much that has grown since.
fn takes_most(
    bench: &mut Bench<'_>,
    talk: &mut Talk<'_, '_>,
    bound: Duration,
) -> Result<(u64, u64, u64), NotPassed> {
    let chunk = vec![b'x'; 256 * 1024];
    let started = Instant::now();
    let mut sent = 0;
    let mut first = None;
    while sent < AT_FIRST {
        let size = chunk.len().min((AT_FIRST - sent) as usize);
        let count = talk.connection().write(&chunk[..size], bound);
        sent += count as u64;
        if first.is_none() && first_look_is_due(sent, started.elapsed()) {
            first = Some((sent, resident(bench)?));
        }
        if is_too_slow(size - count, started.elapsed()) {
            break;
        }
    }
    let (sent_first, before) = first.unwrap_or_default();
    let grown = resident(bench)?.saturating_sub(before);
    Ok((sent, sent - sent_first, grown))
}

fn first_look_is_due(sent: u64, passed: Duration) -> bool {
    sent >= FIRST_LOOK || passed > LOOK_AFTER / 3
}

/// True if the rest is not waited for: `left` octets of a chunk were not taken, or too much time has passed.
fn is_too_slow(left: usize, passed: Duration) -> bool {
    left > 0 || passed > LOOK_AFTER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_testee_is_looked_at_before_its_time_is_up() {
        assert!(first_look_is_due(FIRST_LOOK, Duration::ZERO));
        assert!(!first_look_is_due(FIRST_LOOK - 1, LOOK_AFTER / 3));
        assert!(first_look_is_due(0, LOOK_AFTER / 2));
        assert!(!is_too_slow(0, LOOK_AFTER));
        assert!(is_too_slow(0, LOOK_AFTER + LOOK_AFTER));
        assert!(is_too_slow(1, Duration::ZERO));
    }
}
