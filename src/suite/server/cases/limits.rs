//! The declared limit on payloads, judged at its boundary (FRM-7).

use crate::suite::plain::frame;
use crate::suite::server::bench::{Bench, NotPassed};
use crate::suite::server::case::Coded;
use crate::trace::Class;

/// Above this, a payload of exactly the limit is not sent.
const MOST_TO_SEND: u32 = 32 * 1024 * 1024;

pub(crate) const CASES: &[Coded] = &[
    Coded {
        id: "frm/limit-exact",
        title: "A payload of exactly the declared limit is accepted",
        requirements: &["FRM-7"],
        class: Class::Framing,
        run: exact,
    },
    Coded {
        id: "frm/limit-exceeded",
        title: "A length of one above the declared limit is refused before the payload comes",
        requirements: &["FRM-7"],
        class: Class::Framing,
        run: |bench| exceeded(bench, &[4]),
    },
    Coded {
        id: "frm/limit-exceeded-in-pieces",
        title: "A length above the declared limit is refused when it comes an octet at a time",
        requirements: &["FRM-7", "FRM-2"],
        class: Class::Framing,
        run: |bench| exceeded(bench, &[1, 1, 1, 1]),
    },
];

fn declared(bench: &Bench<'_>) -> Result<u32, NotPassed> {
    bench.max_payload().ok_or_else(|| {
        NotPassed::skipped("no limit is declared: say what it is with --max-payload")
    })
}

fn exact(bench: &mut Bench<'_>) -> Result<(), NotPassed> {
    let limit = declared(bench)?;
    if limit > MOST_TO_SEND {
        return Err(NotPassed::Skipped(format!(
            "a limit of {limit} octets is above the {MOST_TO_SEND} that are sent here"
        )));
    }
    let payload = b"abcdefg".repeat(limit as usize / 7 + 1)[..limit as usize].to_vec();
    let terms = bench.terms(None);
    let mut talk = bench.talk(&terms)?;
    talk.send(bench.testee, &frame(&payload))?;
    talk.deliver(bench.testee, &payload)?;
    talk.send(bench.testee, &frame(b"hi"))?;
    talk.deliver(bench.testee, b"hi")?;
    Ok(())
}

fn exceeded(bench: &mut Bench<'_>, pieces: &[usize]) -> Result<(), NotPassed> {
    let limit = declared(bench)?;
    let Some(above) = limit.checked_add(1) else {
        return Err(NotPassed::skipped("no length is above this limit"));
    };
    let terms = bench.terms(None);
    let mut talk = bench.talk(&terms)?;
    talk.send(bench.testee, &frame(b"hi"))?;
    talk.deliver(bench.testee, b"hi")?;
    let length = above.to_be_bytes();
    let mut rest = length.as_slice();
    for size in pieces {
        let (piece, behind) = rest.split_at(*size);
        talk.send(bench.testee, piece)?;
        rest = behind;
    }
    talk.close(
        bench.testee,
        "a refusal from the length alone: the testee closes",
    )?;
    drop(talk);
    bench.is_well()
}
