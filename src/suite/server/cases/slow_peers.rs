//! Peers that are slow, silent, or do not read: they delay nobody else (SES-10), and what is
//! written to them stays whole (FRM-9).

use crate::suite::server::bench::{Bench, NotPassed};
use crate::suite::server::case::Coded;
use crate::suite::server::stuck::{FRAMES, until_stuck};
use crate::trace::Class;

pub(crate) const CASES: &[Coded] = &[
    Coded {
        id: "frm/slow-reader",
        title: "What is written to a peer that reads late arrives whole and in order",
        requirements: &["FRM-9"],
        class: Class::Framing,
        run: slow_reader,
    },
    Coded {
        id: "ses/beside-a-silent-peer",
        title: "Others are served beside peers that say nothing",
        requirements: &["SES-10"],
        class: Class::Session,
        run: |bench| beside(bench, &[b"", b""]),
    },
    Coded {
        id: "ses/beside-half-a-frame",
        title: "Others are served beside peers that stop inside a frame",
        requirements: &["SES-10"],
        class: Class::Session,
        run: |bench| beside(bench, &[b"\0\0", b"\0\0\0\x05he"]),
    },
    Coded {
        id: "ses/beside-half-a-body",
        title: "Others are served beside a peer that stops inside a body",
        requirements: &["SES-10"],
        class: Class::Transfer,
        run: |bench| beside(bench, &[b"\0\0\0\x04file\0\0\0\x0eslow.bin,10000half"]),
    },
    Coded {
        id: "ses/beside-one-that-does-not-read",
        title: "Others are served beside a peer that reads none of its replies",
        requirements: &["SES-10"],
        class: Class::Session,
        run: beside_one_that_does_not_read,
    },
];

fn slow_reader(bench: &mut Bench<'_>) -> Result<(), NotPassed> {
    bench.has_time_for(FRAMES)?;
    let terms = bench.terms(None);
    let mut talk = bench.talk(&terms)?;
    let (payloads, rest) = until_stuck(bench, &mut talk);
    talk.connection().write(&rest, terms.bound);
    for payload in &payloads {
        talk.deliver(bench.testee, payload)?;
    }
    Ok(())
}

fn beside(bench: &mut Bench<'_>, peers: &[&[u8]]) -> Result<(), NotPassed> {
    several(bench, peers.len() + 1)?;
    let terms = bench.terms(None);
    let mut slow = Vec::new();
    for octets in peers {
        let mut talk = bench.talk(&terms)?;
        talk.send(bench.testee, octets)?;
        slow.push(talk);
    }
    bench.is_well()
}

fn beside_one_that_does_not_read(bench: &mut Bench<'_>) -> Result<(), NotPassed> {
    several(bench, 2)?;
    let terms = bench.terms(None);
    let mut slow = bench.talk(&terms)?;
    until_stuck(bench, &mut slow);
    bench.is_well()
}

pub(super) fn several(bench: &Bench<'_>, sessions: usize) -> Result<(), NotPassed> {
    match bench.max_sessions() {
        Some(limit) if limit < sessions => Err(NotPassed::Skipped(
            format!("this takes {sessions} sessions, and the declared limit is {limit}").into(),
        )),
        _ => Ok(()),
    }
}
