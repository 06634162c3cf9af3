//! The declared limit on payloads, judged at its boundary (FRM-7).

use crate::suite::server::bench::{Bench, NotPassed};
use crate::suite::server::case::Coded;
use crate::trace::Class;

/// Largest limit, in octets, at which a payload of exactly the limit is sent.
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
        run: |bench| exceeded(bench, usize::MAX),
    },
    Coded {
        id: "frm/limit-exceeded-in-pieces",
        title: "A length above the declared limit is refused when it comes an octet at a time",
        requirements: &["FRM-7", "FRM-2"],
        class: Class::Framing,
        run: |bench| exceeded(bench, 1),
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
        return Err(NotPassed::Skipped(
            format!("a limit of {limit} octets is above the {MOST_TO_SEND} that are sent here")
                .into(),
        ));
    }
    let payload = bench.word(&letters(limit as usize));
    if payload.len() != limit as usize || bench.framing().carries(&payload).is_err() {
        return Err(NotPassed::skipped(
            "the framing carries no payload of this limit",
        ));
    }
    let hi = bench.word(b"hi");
    let terms = bench.terms(None);
    let mut talk = bench.talk(&terms)?;
    talk.send(bench.testee, &bench.opening(&payload))?;
    talk.deliver(bench.testee, &payload)?;
    talk.send(bench.testee, &bench.frame(&hi))?;
    talk.deliver(bench.testee, &hi)?;
    Ok(())
}

fn letters(count: usize) -> Vec<u8> {
    b"abcdefg".repeat(count / 7 + 1)[..count].to_vec()
}

/// Sends a frame of one octet more than the limit, up to where it can be refused, in pieces of this many octets.
fn exceeded(bench: &mut Bench<'_>, piece: usize) -> Result<(), NotPassed> {
    let limit = declared(bench)?;
    let beyond = NotPassed::skipped("no length is above this limit");
    let Some(above) = limit.checked_add(1) else {
        return Err(beyond);
    };
    let begun = match bench.framing().number() {
        Some(_) => bench.head(u64::from(above)),
        None if above > MOST_TO_SEND => None,
        None => Some(unended(bench, above as usize)),
    };
    let Some(begun) = begun else {
        return Err(beyond);
    };
    let hi = bench.word(b"hi");
    let terms = bench.terms(None);
    let mut talk = bench.talk(&terms)?;
    talk.send(bench.testee, &bench.opening(&hi))?;
    talk.deliver(bench.testee, &hi)?;
    for piece in begun.chunks(piece) {
        talk.send(bench.testee, piece)?;
    }
    talk.close(
        bench.testee,
        "a refusal from the length alone: the server closes",
    )?;
    drop(talk);
    bench.is_well()
}

/// A frame without a length, whole: a server that has to refuse it may first look for its end.
fn unended(bench: &Bench<'_>, payload: usize) -> Vec<u8> {
    // The framing itself refuses a payload above a limit of its own.
    let unlimited = bench.framing().clone().with_max_payload(u64::MAX);
    let payload = letters(payload);
    unlimited.encode(&payload).unwrap_or(payload)
}
