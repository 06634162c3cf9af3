//! Peers that are slow, silent, or do not read: they delay nobody else (SES-10), and what is
//! written to them stays whole (FRM-9).

use crate::suite::server::bench::{Bench, NotPassed};
use crate::suite::server::case::Coded;
use crate::suite::server::exchange::Talk;
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

/// So many frames are sent to see partial writes; their replies fill every buffer between.
const FRAMES: usize = 160;

/// How often each payload repeats its seven letters: just below the least limit (FRM-7), so
/// that no frame fits whole into what a full buffer has left.
const REPEATS: usize = 9_000;

/// The payloads, by what is sent at once: one, or as many as make up one where the framing has no payloads of
/// that length.
fn many(bench: &Bench<'_>) -> Vec<Vec<Vec<u8>>> {
    let most = bench.framing().max_payload().unwrap_or(u64::MAX);
    let most = bench
        .max_payload()
        .map_or(most, |limit| most.min(limit.into()));
    let whole = REPEATS * 7;
    // Beside the letters a payload has its number and a blank.
    let most = usize::try_from(most).unwrap_or(whole).saturating_sub(8);
    let repeats = (most / 7).clamp(1, REPEATS);
    let at_once = REPEATS / repeats;
    let payload = |number: usize| {
        let payload = format!("{number} {}", "abcdefg".repeat(repeats));
        bench.word(payload.as_bytes())
    };
    (0..FRAMES)
        .map(|group| {
            (0..at_once)
                .map(|one| payload(group * at_once + one))
                .collect()
        })
        .collect()
}

/// Sends frames and reads none of their replies until the testee is stuck with its own. Hands over
/// the payloads that went out, and what is left to send of the last.
///
/// Frame by frame, so that none is cut where luck has it.
pub(super) fn until_stuck(
    bench: &mut Bench<'_>,
    talk: &mut Talk<'_, '_>,
) -> (Vec<Vec<u8>>, Vec<u8>) {
    talk.connection().hold_little();
    let mut payloads = Vec::new();
    for group in many(bench) {
        let mut frame = Vec::new();
        for payload in group {
            frame.extend(match payloads.is_empty() {
                true => bench.opening(&payload),
                false => bench.frame(&payload),
            });
            payloads.push(payload);
        }
        talk.note_sent(&frame);
        let (sent, taken) = talk.connection().send_without_reading(bench.testee, &frame);
        if !taken {
            return (payloads, frame[sent..].to_vec());
        }
    }
    (payloads, Vec::new())
}

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
        Some(limit) if limit < sessions => Err(NotPassed::Skipped(format!(
            "this takes {sessions} sessions, and the declared limit is {limit}"
        ))),
        _ => Ok(()),
    }
}
