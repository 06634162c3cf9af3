//! Other connections around a conversation: they stop half-way, are gone, are many, or read
//! nothing. The conversation goes as it would alone, and so do they.

use std::thread;
use std::time::{Duration, Instant};

use super::bench::{Bench, NotPassed, PLAIN};
use super::exchange::{Talk, Terms};
use super::failure::{Failure, What};
use super::stuck::{FRAMES, until_stuck};
use crate::suite::plain::frame;
use crate::testee::connection::Ending;
use crate::testee::early_reset;
use crate::trace::{Beside, Class};

/// The pause inside a frame. Timers of 50, 100, 200 and 500 ms are common.
const PAUSE: Duration = Duration::from_millis(900);

/// The silence after which a server may close a connection (FRM-2).
const MAY_GIVE_UP: Duration = Duration::from_secs(1);

/// Number of connections that are open at a time: more than the sessions that small servers have.
const MANY: usize = 24;

/// Number of rounds of connections that are reset. In a round the server has accepted some of them whole, where
/// it was quick.
const RESETS: usize = 24;

/// Number of connections in a round: few enough for the shortest accept queues.
const AT_ONCE: usize = 3;

/// Octets of each of two files, and how many are sent at a time.
const FILE: usize = 6_000;
const PART: usize = 1_500;

/// Holds a conversation between what others do before and what they do after it.
pub(super) fn around(
    bench: &mut Bench<'_>,
    beside: Beside,
    conversation: &mut dyn FnMut(&mut Bench<'_>) -> Result<(), NotPassed>,
) -> Result<(), NotPassed> {
    // Below sessions a server may serve peers one after the other.
    let mut together = |bench: &mut Bench<'_>| match bench.class() {
        Class::Codec | Class::Framing => Ok(()),
        _ => meanwhile(bench, conversation),
    };
    match beside {
        Beside::Served => {
            let terms = bench.terms(None);
            let mut other = bench.talk(&terms)?;
            exchange(bench, &mut other)?;
            together(bench)?;
            exchange(bench, &mut other)?;
        }
        Beside::HalfFrame | Beside::Pause => {
            let paused = beside == Beside::Pause;
            half_a_frame(bench, paused, &mut together)?;
        }
        Beside::TwoFiles => two_files(bench, &mut together)?,
        Beside::Gone => {
            gone(bench)?;
            together(bench)?;
        }
        Beside::Many => {
            many(bench)?;
            together(bench)?;
        }
        Beside::Unread => unread(bench, &mut together)?,
    }
    match bench.class() {
        Class::Codec | Class::Framing => conversation(bench),
        _ => Ok(()),
    }
}

/// Holds the conversation while others are open.
fn meanwhile(
    bench: &mut Bench<'_>,
    conversation: &mut dyn FnMut(&mut Bench<'_>) -> Result<(), NotPassed>,
) -> Result<(), NotPassed> {
    match conversation(bench) {
        Err(NotPassed::Acceptable(_)) => Ok(()),
        // There may be fewer sessions than these (SES-9).
        Err(NotPassed::Failed(failure)) if failure.what.is_turned_away() => Err(
            NotPassed::skipped("the server has no session left beside the others"),
        ),
        other => other,
    }
}

fn exchange(bench: &mut Bench<'_>, talk: &mut Talk<'_, '_>) -> Result<(), Box<Failure>> {
    talk.send(bench.testee, &frame(PLAIN))?;
    talk.deliver(bench.testee, PLAIN)
}

type Together<'t> = &'t mut dyn FnMut(&mut Bench<'_>) -> Result<(), NotPassed>;

/// Opens `count` others that are served, or as many as the server has sessions for (SES-9).
fn others<'t, 'd>(
    bench: &mut Bench<'_>,
    terms: &'t Terms<'d>,
    count: usize,
) -> Result<Vec<Talk<'t, 'd>>, NotPassed> {
    let mut others = Vec::new();
    for number in 0..count {
        let mut talk = match bench.talk(terms) {
            // A connection that is not even accepted is turned away as well.
            Err(NotPassed::Failed(failure)) if number > 0 && failure.what.is_turned_away() => break,
            talk => talk?,
        };
        let plain = bench.word(PLAIN);
        let opening = bench.opening(&plain);
        let served = talk
            .send(bench.testee, &opening)
            .and_then(|()| talk.deliver(bench.testee, &plain));
        match served {
            Err(failure) if number > 0 && !is_left_hanging(&failure) => break,
            served => served?,
        }
        others.push(talk);
    }
    Ok(others)
}

/// True of a connection that is neither served nor closed, and of a server that has ended.
const fn is_left_hanging(failure: &Failure) -> bool {
    match failure.what {
        What::Missing | What::NotTaken | What::TookMemory => failure.left_open,
        _ => failure.what.is_its_end(),
    }
}

/// Others stop inside a frame, one in its length and one in its payload, and go on afterwards.
fn half_a_frame(
    bench: &mut Bench<'_>,
    pauses: bool,
    together: Together<'_>,
) -> Result<(), NotPassed> {
    let terms = bench.terms(None);
    let plain = bench.word(PLAIN);
    let whole = bench.frame(&plain);
    let mut halves = others(bench, &terms, 2)?;
    let places = [1, whole.len() - plain.len() / 2].map(|place| place.min(whole.len() - 1));
    let since = Instant::now();
    for (talk, place) in halves.iter_mut().zip(places) {
        talk.send(bench.testee, &whole[..place])?;
    }
    together(bench)?;
    if pauses {
        thread::sleep(PAUSE.saturating_sub(since.elapsed()));
    }
    let mut gave_up = Vec::new();
    for (talk, place) in halves.iter_mut().zip(places) {
        talk.connection().pump();
        gave_up.push(talk.connection().ending().is_some());
        talk.send(bench.testee, &whole[place..])?;
    }
    let may_give_up = since.elapsed() >= MAY_GIVE_UP;
    for (talk, gave_up) in halves.iter_mut().zip(gave_up) {
        match talk.deliver(bench.testee, &plain) {
            Err(failure)
                if may_give_up
                    && failure.what == What::ClosedInstead
                    && (gave_up || is_reset(talk)) => {}
            delivered => delivered?,
        }
    }
    Ok(())
}

/// True of a connection that the server closed over what it had not read.
fn is_reset(talk: &mut Talk<'_, '_>) -> bool {
    let ending = talk.connection().ending();
    ending.is_some_and(Ending::is_reset)
}

/// Two others send a file each, a part after the other's.
fn two_files(bench: &mut Bench<'_>, together: Together<'_>) -> Result<(), NotPassed> {
    let directory = bench.prepare(&[])?;
    let terms = bench.terms(Some(&directory));
    let mut talks = others(bench, &terms, 2)?;
    let bodies = [b"first ".repeat(FILE / 6), b"SECOND".repeat(FILE / 6)];
    for (number, talk) in talks.iter_mut().enumerate() {
        talk.send(bench.testee, &frame(b"file"))?;
        let header = format!("beside-{number}.bin,{FILE}");
        talk.send(bench.testee, &frame(header.as_bytes()))?;
    }
    for place in (0..FILE).step_by(PART) {
        for (talk, body) in talks.iter_mut().zip(&bodies) {
            talk.send(bench.testee, &body[place..place + PART])?;
        }
        if place == 0 {
            together(bench)?;
        }
    }
    for (number, talk) in talks.iter_mut().enumerate() {
        talk.send(bench.testee, &frame(PLAIN))?;
        talk.deliver(bench.testee, PLAIN)?;
        talk.is_stored(
            bench.testee,
            &format!("beside-{number}.bin"),
            &bodies[number],
        )?;
    }
    Ok(())
}

/// Many others come and are reset before they are accepted.
fn gone(bench: &mut Bench<'_>) -> Result<(), NotPassed> {
    let address = bench.testee.address();
    for _ in 0..RESETS {
        for _ in 0..AT_ONCE {
            // A refusal means that the server is gone, which the next message shows.
            let _ = early_reset::connect_and_reset(address);
        }
        bench.is_well()?;
    }
    Ok(())
}

/// Many others are open at a time. Each is served or closed at once (SES-9), and they leave again.
fn many(bench: &mut Bench<'_>) -> Result<(), NotPassed> {
    let terms = bench.terms(None);
    drop(others(bench, &terms, MANY)?);
    // The server sees that they have left.
    bench.testee.come_to_rest(terms.bound);
    Ok(())
}

/// Another peer reads none of its replies, and all of them afterwards: what is written to it stays whole (FRM-9).
fn unread(bench: &mut Bench<'_>, together: Together<'_>) -> Result<(), NotPassed> {
    bench.has_time_for(FRAMES)?;
    let terms = bench.terms(None);
    let mut other = bench.talk(&terms)?;
    let (payloads, rest) = until_stuck(bench, &mut other);
    together(bench)?;
    other.connection().write(&rest, terms.bound);
    for payload in &payloads {
        other.deliver(bench.testee, payload)?;
    }
    Ok(())
}
