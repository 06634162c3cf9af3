//! Peers that are gone before they are accepted: `accept` hands over a connection that is reset
//! already, and whatever is asked about it fails (SES-8, SES-9).

use std::time::Duration;

use crate::suite::server::bench::{Bench, NotPassed};
use crate::suite::server::case::Coded;
use crate::testee::early_reset;
use crate::trace::Class;

pub(crate) const CASES: &[Coded] = &[Coded {
    id: "ses/reset-before-accept",
    title: "A peer that resets its connection before it is accepted harms nobody",
    requirements: &["SES-9", "SES-8"],
    class: Class::Session,
    run: resets,
}];

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
        bench.is_well().map_err(|why| after(why, round * AT_ONCE))?;
    }
    Ok(())
}

fn after(why: NotPassed, resets: u128) -> NotPassed {
    match why {
        NotPassed::Failed(mut failure) => {
            let so_far =
                format!("after {resets} connections that were reset before they were accepted: ");
            failure.message.insert_str(0, &so_far);
            NotPassed::Failed(failure)
        }
        other => other,
    }
}
