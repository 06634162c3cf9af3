//! The number of conversations that go on side by side, and their servers.
//!
//! Of a server that is started by a command others are started beside it, each with a port, a directory
//! and a process of its own: they share nothing, and so every check can be made by any of them. A server
//! that runs already is one for all, so only conversations that need no directory go on side by side
//! with it, as many as it serves.

use std::thread;
use std::time::Duration;

use super::bench::PLAIN;
use super::options::Options;
use super::reading::delivery;
use crate::suite::derived::adapted;
use crate::suite::effort::Effort;
use crate::testee::server::Server;
use crate::testee::wait::Patience;

/// A server that replies sooner replies promptly.
const PROMPT: Duration = Duration::from_millis(20);

/// Number of servers for each processor that reply promptly: one works while the other is waited for.
const EACH: usize = 2;

/// Largest number of servers that reply promptly and are judged side by side.
const FEW: usize = 4;

/// Distance, in checks, from a check to the earlier ones whose results leave it out. The servers run ahead of it.
pub(super) const fn lag(effort: Effort) -> usize {
    match effort {
        Effort::Full => 4,
        Effort::Quick => 1,
    }
}

/// Milliseconds that a reply takes for each further server.
const MILLISECONDS_EACH: u128 = 5;

/// Largest number of servers at a time, unless more are asked for.
const MOST: usize = 32;

/// The servers that are judged beside this one, whose replies take this long.
pub(super) fn others(testee: &mut Server, options: &Options, late: Duration) -> Vec<Server> {
    let wanted = match options.jobs {
        Some(jobs) => jobs,
        None if options.effort == Effort::Quick => 1,
        None if late < PROMPT => (processors() * EACH).min(FEW),
        None => usize::try_from(late.as_millis() / MILLISECONDS_EACH)
            .unwrap_or(MOST)
            .clamp(FEW, MOST),
    };
    if wanted <= 1 {
        return Vec::new();
    }
    if !testee.can_restart() {
        if options.jobs.is_none() && late < PROMPT {
            return Vec::new();
        }
        let served = sessions(testee, options, wanted * 2) / 2;
        let others = 1..served.min(wanted);
        return others.filter_map(|_| testee.another().ok()).collect();
    }
    // A server that chooses its port itself, or always takes the same, may not stand beside another.
    if options.jobs.is_none() && !testee.is_told_a_port() {
        return Vec::new();
    }
    let testee = &*testee;
    thread::scope(|scope| {
        let starting: Vec<_> = (1..wanted)
            .map(|_| scope.spawn(|| testee.another().ok()))
            .collect();
        let started = starting.into_iter().filter_map(|one| one.join().ok()?);
        started.collect()
    })
}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Number of sessions that the server serves at a time, up to `most`.
fn sessions(testee: &mut Server, options: &Options, most: usize) -> usize {
    let most = options.max_sessions.map_or(most, |limit| limit.min(most));
    let patience = Patience {
        idle: Duration::from_millis(1000),
        busy: options.timeout,
    };
    let framing = &options.framing;
    let opening = framing
        .stream([&adapted(framing, PLAIN)[..]])
        .unwrap_or_default();
    let answered = |seen: &[u8]| delivery(framing, true, seen).is_some();
    let mut open = Vec::new();
    for _ in 0..most {
        let Ok(mut connection) = testee.connect() else {
            break;
        };
        connection.send(testee, &opening, options.timeout);
        connection.wait(testee, patience, |connection| {
            answered(connection.seen()) || connection.ending().is_some()
        });
        if !answered(connection.seen()) {
            break;
        }
        open.push(connection);
    }
    open.len()
}
