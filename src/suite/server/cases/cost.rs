//! The cost of an octet: it does not grow with what is held already (FRM-13).

use std::time::Duration;

use crate::framing::Framing;
use crate::suite::server::bench::{Bench, NotPassed};
use crate::suite::server::case::Coded;
use crate::suite::server::exchange::Talk;
use crate::suite::server::failure::What;
use crate::testee::watch::Watch as _;
use crate::trace::Class;

pub(crate) const CASES: &[Coded] = &[Coded {
    id: "frm/cost-of-a-large-frame",
    title: "A payload of 8 MiB costs about what eight of 1 MiB do, in the same pieces",
    requirements: &["FRM-13"],
    class: Class::Framing,
    run: cost,
}];

/// The large payload, in octets.
const LARGE: usize = 8 * 1024 * 1024;

/// A small payload, in octets; enough of them are sent to be as long together: whatever is done for each octet
/// and for each piece is done as often.
const SMALL: usize = 1024 * 1024;

/// Size of the pieces that both arrive in.
const PIECE: usize = 16 * 1024;

/// Number of pieces after which the server's processor time is looked at.
const LOOK_EVERY: usize = 64;

/// Excess that is a failure: this many times the time, and this much more of it. A buffer that is copied whole for
/// each piece costs eight times as much, which many a plain server does (`data += connection.recv(4096)`), and
/// costs five seconds at most on a loaded machine: that is worth a warning. Fresh memory, and a collector of garbage,
/// cost two or three times as much.
const CLEAR: Excess = Excess {
    times: 4,
    more: Duration::from_secs(10),
};

/// Excess that is worth a warning.
const NOTABLE: Excess = Excess {
    times: 4,
    more: Duration::from_millis(250),
};

struct Excess {
    times: u32,
    more: Duration,
}

impl Excess {
    fn is_in(&self, small: Duration, large: Duration) -> bool {
        large >= small * self.times && large >= small + self.more
    }
}

/// True of a framing that carries so long a payload under one length.
pub(super) fn applies(framing: &Framing) -> bool {
    framing.number().is_some() && framing.pack(LARGE as i128).is_some()
}

fn cost(bench: &mut Bench<'_>) -> Result<(), NotPassed> {
    if let Some(limit) = bench
        .max_payload()
        .filter(|limit| (*limit as usize) < LARGE)
    {
        return Err(NotPassed::Skipped(
            format!("the declared limit of {limit} octets bounds what can be held").into(),
        ));
    }
    bench.has_time_for(2 + LARGE / SMALL)?;
    let small = spent(bench, SMALL, &|_| false)?;
    let large = spent(bench, LARGE, &|so_far| CLEAR.is_in(small, so_far))?;
    if NOTABLE.is_in(small, large) {
        return Err(NotPassed::Acceptable(format!(
            "a payload of 8 MiB costs {} ms of processor time, and eight of 1 MiB {} ms: the cost of an octet grows with what is held",
            large.as_millis(),
            small.as_millis()
        ).into()));
    }
    Ok(())
}

/// The processor time that payloads of this size take, 8 MiB in all. `too_much` is asked now and then of
/// what they have taken so far, and ends it.
fn spent(
    bench: &mut Bench<'_>,
    size: usize,
    too_much: &dyn Fn(Duration) -> bool,
) -> Result<Duration, NotPassed> {
    let payload = bench.word(&vec![b'a'; size]);
    let hi = bench.word(b"hi");
    let opening = bench.opening(&hi);
    let frame = bench.frame(&payload);
    let terms = bench.terms(None);
    let mut talk = bench.talk(&terms)?;
    talk.send(bench.testee, &opening)?;
    // The thread that serves this connection is there from here on; its work before counts for nothing.
    talk.deliver(bench.testee, &hi)?;
    let before = ran(bench)?;
    talk.note_sent(&frame[..PIECE.min(frame.len())]);
    for _ in 0..LARGE / size {
        for (number, piece) in frame.chunks(PIECE).enumerate() {
            if !talk.connection().send(bench.testee, piece, terms.bound) {
                return Err(not_taken(bench, &mut talk));
            }
            let so_far = if number % LOOK_EVERY == LOOK_EVERY - 1 {
                ran(bench)?.saturating_sub(before)
            } else {
                Duration::ZERO
            };
            if too_much(so_far) {
                return Err(costly(bench, &talk, number * PIECE, so_far));
            }
        }
        talk.deliver(bench.testee, &payload).map_err(|failure| {
            if failure.what == What::ClosedInstead {
                return refused();
            }
            failure.into()
        })?;
    }
    let took = ran(bench)?.saturating_sub(before);
    if too_much(took) {
        return Err(costly(bench, &talk, size, took));
    }
    Ok(took)
}

/// Processor time that the server has had so far.
fn ran(bench: &mut Bench<'_>) -> Result<Duration, NotPassed> {
    let activity = bench.testee.activity().ok_or_else(|| {
        NotPassed::skipped("the processor time of this server cannot be seen from here")
    })?;
    Ok(Duration::from_nanos(activity.ran))
}

fn refused() -> NotPassed {
    NotPassed::Acceptable(
        format!("a payload of {LARGE} octets is refused; limits from 65536 on are allowed").into(),
    )
}

fn not_taken(bench: &mut Bench<'_>, talk: &mut Talk<'_, '_>) -> NotPassed {
    talk.connection().pump();
    if talk.connection().ending().is_some() && bench.testee.death().is_none() {
        return refused();
    }
    let message = "the server took nothing more of a payload of 8 MiB";
    let wanted = "that all octets are taken";
    talk.failure(bench.testee, What::NotTaken, message, wanted)
        .into()
}

fn costly(bench: &mut Bench<'_>, talk: &Talk<'_, '_>, held: usize, took: Duration) -> NotPassed {
    let message = format!(
        "{held} octets of one payload took {} ms of the server's processor time, many times what as many octets of smaller payloads take",
        took.as_millis()
    );
    let wanted = "a cost of each octet that does not grow with what is held";
    talk.failure(bench.testee, What::Other, &message, wanted)
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_little_time_and_a_small_factor_are_not_clear() {
        let ms = Duration::from_millis;
        for (small, large, notable, clear) in [
            (30, 60, false, false),
            (1, 200, false, false),
            (100, 360, false, false),
            (100, 420, true, false),
            (60, 500, true, false),
            (200, 1_100, true, false),
            (100, 10_099, true, false),
            (100, 10_100, true, true),
            (3_000, 12_900, true, false),
            (4_000, 15_900, false, false),
        ] {
            assert_eq!(
                NOTABLE.is_in(ms(small), ms(large)),
                notable,
                "{small} {large}"
            );
            assert_eq!(CLEAR.is_in(ms(small), ms(large)), clear, "{small} {large}");
        }
    }

    #[test]
    fn only_what_has_a_length_for_it_is_asked() {
        for (framing, wanted) in [
            ("u32be", true),
            ("u16be", false),
            ("varint", true),
            ("line'\\n'", false),
        ] {
            let applies = applies(&framing.parse().unwrap());
            assert_eq!(applies, wanted, "{framing}");
        }
    }
}
