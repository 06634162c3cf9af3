//! Lengths so close to 4 GiB that a size computed from them wraps around to almost nothing, with
//! enough octets after them to show it (FRM-7, FRM-8).

use crate::framing::{Framing, Number, Place};
use crate::suite::server::bench::{Bench, NotPassed};
use crate::suite::server::case::Coded;
use crate::suite::server::exchange::Talk;
use crate::suite::server::failure::What;
use crate::trace::Class;

pub(crate) const CASES: &[Coded] = &[
    Coded {
        id: "frm/wraps-fffffffc",
        title: "A length of 4,294,967,292 with 1 MiB after it harms nobody",
        requirements: &["FRM-7", "FRM-8"],
        class: Class::Framing,
        run: |bench| harms_nobody(bench, 0xFFFF_FFFC),
    },
    Coded {
        id: "frm/wraps-fffffffd",
        title: "A length of 4,294,967,293 with 1 MiB after it harms nobody",
        requirements: &["FRM-7", "FRM-8"],
        class: Class::Framing,
        run: |bench| harms_nobody(bench, 0xFFFF_FFFD),
    },
    Coded {
        id: "frm/wraps-fffffffe",
        title: "A length of 4,294,967,294 with 1 MiB after it harms nobody",
        requirements: &["FRM-7", "FRM-8"],
        class: Class::Framing,
        run: |bench| harms_nobody(bench, 0xFFFF_FFFE),
    },
    Coded {
        id: "frm/wraps-ffffffff",
        title: "A length of 4,294,967,295 with 1 MiB after it harms nobody",
        requirements: &["FRM-7", "FRM-8"],
        class: Class::Framing,
        run: |bench| harms_nobody(bench, 0xFFFF_FFFF),
    },
];

/// Number of octets that follow in small pieces: enough to leave the page that a buffer ends in.
const IN_PIECES: usize = 64 * 1024;

/// Size of a piece, in octets.
const PIECE: usize = 4 * 1024;

/// Number of octets that follow in all: more than the heap of a thread holds at its start.
const FOLLOWING: usize = 1024 * 1024;

/// True if a framing has unsigned lengths of 32 bits.
pub(super) const fn applies(framing: &Framing) -> bool {
    matches!(
        framing.number(),
        Some(Number::Fixed {
            width: 4,
            signed: false,
            ..
        })
    )
}

/// The octets of a frame in front of its payload, with this length.
fn head(framing: &Framing, announced: u32) -> Vec<u8> {
    let number = framing.number();
    let length = number.and_then(|number| number.encode(i128::from(announced)));
    let parts = framing.parts_with_length(&length.unwrap_or_default(), b"", 1);
    let head = parts
        .into_iter()
        .take_while(|(place, _)| *place < Place::Payload);
    head.flat_map(|(_, octets)| octets).collect()
}

/// Sends the octets all at once, then in pieces: the former are read into a buffer at once, the latter appended.
fn harms_nobody(bench: &mut Bench<'_>, announced: u32) -> Result<(), NotPassed> {
    let length = head(bench.framing(), announced);
    let hi = bench.word(b"hi");
    let following = vec![b'w'; FOLLOWING];
    for pieces in [0, IN_PIECES / PIECE] {
        let terms = bench.terms(None);
        let mut talk = bench.talk(&terms)?;
        talk.send(bench.testee, &bench.opening(&hi))?;
        talk.deliver(bench.testee, &hi)?;
        let mut octets = length.clone();
        let mut rest = following.as_slice();
        if pieces > 0 {
            talk.send(bench.testee, &length)?;
            octets.clear();
        }
        for _ in 0..pieces {
            let (piece, behind) = rest.split_at(PIECE);
            talk.send(bench.testee, piece)?;
            rest = behind;
        }
        octets.extend_from_slice(rest);
        talk.note_sent(&octets);
        // A server that refuses reads no more of it; whether all is taken is not judged.
        talk.connection().write(&octets, terms.bound);
        bench.testee.settle();
        talk.connection().pump();
        nothing_comes_of_it(bench, &talk, announced)?;
        drop(talk);
        bench.is_well()?;
    }
    Ok(())
}

fn nothing_comes_of_it(
    bench: &mut Bench<'_>,
    talk: &Talk<'_, '_>,
    announced: u32,
) -> Result<(), NotPassed> {
    let wanted = "a refusal, or a wait for the rest of the payload";
    if talk.has_more() {
        return Err(talk.failure(
            bench.testee,
            What::Extra,
            &format!(
                "{announced} octets were announced, 1 MiB came, and the server delivered something"
            ),
            wanted,
        ).into());
    }
    if bench.testee.death().is_some() {
        return Err(talk
            .failure(
                bench.testee,
                What::Died,
                &format!("{announced} octets were announced, and 1 MiB of them came"),
                wanted,
            )
            .into());
    }
    Ok(())
}
