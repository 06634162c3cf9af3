//! Many small frames in one stream: more than people's limits hold (FRM-3), and enough of them that
//! two writers get in each other's way (FRM-9).

use crate::framing::Framing;
use crate::suite::server::bench::{Bench, NotPassed};
use crate::suite::server::case::Coded;
use crate::suite::server::exchange::Talk;
use crate::suite::server::failure::What;
use crate::suite::server::reading::delivery;
use crate::trace::Class;
use crate::trace::octets::Octets;

pub(crate) const CASES: &[Coded] = &[
    Coded {
        id: "frm/frames-1001",
        title: "Of 1,001 frames in one write none is lost",
        requirements: &["FRM-3"],
        class: Class::Framing,
        run: |bench| together(bench, 1_001),
    },
    Coded {
        id: "frm/frames-1025",
        title: "Of 1,025 frames in one write none is lost",
        requirements: &["FRM-3"],
        class: Class::Framing,
        run: |bench| together(bench, 1_025),
    },
    Coded {
        id: "frm/frames-4097",
        title: "Of 4,097 frames in one write none is lost",
        requirements: &["FRM-3"],
        class: Class::Framing,
        run: |bench| together(bench, 4_097),
    },
    Coded {
        id: "frm/frames-65537",
        title: "Of 65,537 frames in one stream none is lost",
        requirements: &["FRM-3"],
        class: Class::Framing,
        run: |bench| together(bench, 65_537),
    },
    Coded {
        id: "frm/pipelined",
        title: "Of 50,000 frames in one stream each comes back whole and in its turn",
        requirements: &["FRM-9"],
        class: Class::Framing,
        run: pipelined,
    },
];

/// Number of frames in which a race of two writers is looked for. By hand, a race that is hit once in
/// some 28,000 frames was found.
const PIPELINED: usize = 50_000;

/// Number of octets shown on each side of the place where a long stream went wrong.
const SHOWN: usize = 128;

/// The smallest frames that can be told apart: as many as possible fit into one read.
fn together(bench: &mut Bench<'_>, count: usize) -> Result<(), NotPassed> {
    let payloads: Vec<_> = (0..count).map(|number| vec![b"abc"[number % 3]]).collect();
    all_come_back(bench, &payloads)
}

/// Sends frames with a number each, so that a frame in the wrong place shows too.
fn pipelined(bench: &mut Bench<'_>) -> Result<(), NotPassed> {
    let payloads: Vec<_> = (0..PIPELINED)
        .map(|number| format!("{number:08}").into_bytes())
        .collect();
    all_come_back(bench, &payloads)
}

fn all_come_back(bench: &mut Bench<'_>, payloads: &[Vec<u8>]) -> Result<(), NotPassed> {
    bench.has_time_for(payloads.len())?;
    let terms = bench.terms(None);
    let mut talk = bench.talk(&terms)?;
    let payloads: Vec<Vec<u8>> = payloads.iter().map(|payload| bench.word(payload)).collect();
    let framing = bench.framing().clone();
    let stream = framing.stream(payloads.iter().map(Vec::as_slice));
    let Ok(stream) = stream else {
        return Err(NotPassed::skipped(
            "the framing does not carry these payloads",
        ));
    };
    talk.connection().write(&stream, terms.bound);
    let mut sent = 0;
    for (number, payload) in payloads.iter().enumerate() {
        let from = talk.accounted();
        if let Err(mut failure) = talk.deliver(bench.testee, payload) {
            if nothing_is_lost(bench, &mut talk, &payloads, &failure.what) {
                failure.what = What::Interleaved;
                failure.message = format!(
                    "all octets came, in another order: two frames were written at the same time ({})",
                    failure.message
                ).into();
            }
            shorten(&mut failure.evidence, &mut talk, from, &stream, sent);
            failure.message = format!(
                "of {} frames in one stream: {}",
                payloads.len(),
                failure.message
            )
            .into();
            return Err(failure.into());
        }
        sent += framing.parts(payload, number).map_or(0, |parts| {
            parts.iter().map(|(_, octets)| octets.len()).sum()
        });
    }
    talk.finish(bench.testee)?;
    Ok(())
}

/// True if as many octets came as were owed, so that only their order is wrong. Replies all have the
/// same length but for their text, and the first came before anything was wrong, or tells nothing.
fn nothing_is_lost(
    bench: &mut Bench<'_>,
    talk: &mut Talk<'_, '_>,
    payloads: &[Vec<u8>],
    what: &What,
) -> bool {
    let framing = bench.framing();
    let Some((first, _)) = delivery(framing, true, talk.connection().seen()) else {
        return false;
    };
    let around = first.len().saturating_sub(payloads[0].len());
    let owed: usize = payloads
        .iter()
        .map(|payload| framing.overhead(payload.len() as u64) + around + payload.len())
        .sum();
    if matches!(what, What::Died | What::ClosedInstead) {
        return false;
    }
    let patience = bench.patience();
    talk.connection()
        .wait(bench.testee, patience, |connection| {
            connection.seen().len() >= owed
        });
    bench.testee.settle();
    talk.connection().pump();
    let seen = talk.connection().seen();
    // An echo is known octet by octet; a reply has a time in it.
    let is_echo = bench.class() == Class::Framing;
    seen.len() == owed && (!is_echo || are_the_same(seen, bench.framing(), payloads))
}

/// True of octets that are those of the frames, in any order: a server that takes frames apart sends other
/// lengths.
fn are_the_same(seen: &[u8], framing: &Framing, payloads: &[Vec<u8>]) -> bool {
    let count = |counts: &mut [usize; 256], octets: &[u8]| {
        for octet in octets {
            counts[usize::from(*octet)] += 1;
        }
    };
    let (mut came, mut owed) = ([0; 256], [0; 256]);
    count(&mut came, seen);
    for (number, payload) in payloads.iter().enumerate() {
        let parts = framing.parts(payload, number).unwrap_or_default();
        for (_, octets) in &parts {
            count(&mut owed, octets);
        }
    }
    came == owed
}

/// Shows the place where it went wrong, and not megabytes before it.
fn shorten(
    evidence: &mut crate::judge::evidence::Evidence,
    talk: &mut Talk<'_, '_>,
    from: usize,
    stream: &[u8],
    sent: usize,
) {
    let seen = talk.connection().seen();
    let end = seen.len().min(from + SHOWN);
    evidence.seen = Octets::folded(&seen[from..end]);
    evidence.wanted = evidence
        .wanted
        .take()
        .and_then(|wanted| wanted.without_the_first(from));
    evidence.ended = format!(
        "{}; of {} octets that came, these are the ones after the first {from}",
        evidence.ended,
        seen.len()
    )
    .into();
    let end = stream.len().min(sent + SHOWN);
    evidence.sent = vec![Octets::folded(&stream[sent..end])];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interleaved_frames_have_the_octets_of_those_that_were_sent() {
        let framing: Framing = "u16le".parse().unwrap();
        let payloads = [b"00000000".to_vec(), b"00000001".to_vec()];
        // The second begins inside the first.
        let interleaved = b"\x08\x0000\x08\x0000000000000001";
        assert!(are_the_same(interleaved, &framing, &payloads));
        // The same number of octets, in frames of other lengths.
        let apart = b"\x04\x000000\x02\x0000\x06\x00000001";
        assert_eq!(interleaved.len(), 20);
        assert_eq!(apart.len(), 18);
        let apart = [&apart[..], b"\0\0"].concat();
        assert!(!are_the_same(&apart, &framing, &payloads));
    }
}
