//! Peers that are gone at a moment when the server has to do with them: what it does fails, and that is no
//! reason to stop (SES-8, SES-9).

use std::time::Duration;

use super::slow_peers::several;
use crate::suite::server::bench::{Bench, NotPassed};
use crate::suite::server::case::Coded;
use crate::suite::server::stuck::until_stuck;
use crate::testee::early_reset;
use crate::trace::Class;

pub(crate) const CASES: &[Coded] = &[
    Coded {
        id: "ses/reset-before-accept",
        title: "A peer that resets its connection before it is accepted harms nobody",
        requirements: &["SES-9", "SES-8"],
        class: Class::Session,
        run: resets,
    },
    Coded {
        id: "ses/gone-while-written-to",
        title: "A peer that is gone while replies are written to it harms nobody",
        requirements: &["SES-9", "SES-8"],
        class: Class::Session,
        run: gone_while_written_to,
    },
];

/// Number of rounds, where replies are late: more connections in all than a server that loses a slot at each
/// has slots.
const LEAST_ROUNDS: u128 = 8;

/// Number of rounds with a prompt server. One that is woken before the reset on the same processor has accepted
/// a whole connection: of many rounds some are not so.
const MOST_ROUNDS: u128 = 48;

/// The sum of the waits for replies that decides between them.
const ALL_ROUNDS: Duration = Duration::from_secs(1);

/// Number of connections at a time. Few enough for the shortest accept queues; while the server
/// accepts the first, the next are reset.
const AT_ONCE: u128 = 3;

fn resets(bench: &mut Bench<'_>) -> Result<(), NotPassed> {
    bench.is_well()?;
    let address = bench.testee.address();
    let late = bench.pace.late.as_micros().max(1);
    let rounds = (ALL_ROUNDS.as_micros() / late).clamp(LEAST_ROUNDS, MOST_ROUNDS);
    for round in 1..=rounds {
        for _ in 0..AT_ONCE {
            // A refusal means that the server is gone, which the next message shows.
            let _ = early_reset::connect_and_reset(address);
        }
        bench.admitted(Bench::is_well).map_err(|why| {
            let resets = round * AT_ONCE;
            let before = format!("{resets} connections that were reset before they were accepted");
            after(&before, why)
        })?;
    }
    Ok(())
}

/// The peer has ended its sending side before it resets, so that the server's system says at once that nobody
/// reads (EPIPE), which ends a process that does not expect it by a signal.
fn gone_while_written_to(bench: &mut Bench<'_>) -> Result<(), NotPassed> {
    several(bench, 2)?;
    let terms = bench.terms(None);
    let mut talk = bench.talk(&terms)?;
    until_stuck(bench, &mut talk);
    talk.connection().end_of_stream();
    talk.connection().reset();
    drop(talk);
    // A write that fails now has its effect before anybody is served.
    bench.testee.settle();
    let before = "a peer that was gone while replies were written to it";
    bench.is_well().map_err(|why| after(before, why))
}

fn after(before: &str, why: NotPassed) -> NotPassed {
    why.with_failure(|failure| {
        failure.message = format!("after {before}: {}", failure.message).into();
    })
}
