//! The disk: names that lead outside, a directory that is gone, two files at once.

use std::io;

use crate::disk::Found;
use crate::suite::plain::{frame, next_frame};
use crate::suite::server::bench::{Bench, NotPassed};
use crate::suite::server::case::Coded;
use crate::suite::server::directory::Directory;
use crate::trace::Class;

/// The server's directory in its place, and the name that it has while it is taken away.
const DIR: &str = "dir";
const AWAY: &str = "away";

/// The cases about the disk that need code.
pub(crate) const CASES: &[Coded] = &[
    Coded {
        id: "trf/refused-name-absolute-outside",
        title: "A name that is an absolute path is refused, and nothing is written there",
        requirements: &["TRF-8", "TRF-7"],
        class: Class::Transfer,
        run: absolute_name,
    },
    Coded {
        id: "trf/directory-gone",
        title: "A directory that cannot be written ends that session, and nothing else",
        requirements: &["TRF-11"],
        class: Class::Transfer,
        run: directory_gone,
    },
    Coded {
        id: "vtr/directory-gone",
        title: "A file that cannot be stored is neither acknowledged nor called a mismatch",
        requirements: &["VTR-5", "VTR-3"],
        class: Class::VerifiedTransfer,
        run: verified_directory_gone,
    },
    Coded {
        id: "trf/two-at-once",
        title: "Two files that arrive in turns on two connections are kept apart",
        requirements: &["TRF-3", "SES-10"],
        class: Class::Transfer,
        run: two_at_once,
    },
];

fn absolute_name(bench: &mut Bench<'_>) -> Result<(), NotPassed> {
    let Some(outside) = bench.outside() else {
        return Err(NotPassed::skipped(
            "the server is not ours to start, so nothing outside is safe to aim at",
        ));
    };
    let target = outside.join("written");
    let header = format!("{},3", target.display());
    let directory = bench.prepare(&[])?;
    let terms = bench.terms(Some(&directory));
    let mut talk = bench.talk(&terms)?;
    talk.send(bench.testee, &frame(b"file"))?;
    talk.send(bench.testee, &frame(header.as_bytes()))?;
    talk.send(bench.testee, b"abc")?;
    talk.send(bench.testee, &frame(b"after"))?;
    let closed = talk.close(
        bench.testee,
        "a refusal: the server closes, and stores nothing",
    );
    bench.testee.settle();
    if let Err(fault) = directory.outside_untouched() {
        return Err(talk.directory_fault(bench.testee, fault).into());
    }
    closed?;
    drop(talk);
    bench.transfer_works()
}

fn directory_gone(bench: &mut Bench<'_>) -> Result<(), NotPassed> {
    while_gone(bench, store_nowhere)
}

fn verified_directory_gone(bench: &mut Bench<'_>) -> Result<(), NotPassed> {
    while_gone(bench, verify_nowhere)
}

/// Sends a body that cannot be stored, while the directory is away.
type Sending = fn(&mut Bench<'_>, &Directory, &[u8]) -> Result<(), NotPassed>;

fn while_gone(bench: &mut Bench<'_>, send: Sending) -> Result<(), NotPassed> {
    let directory = bench.prepare(&[])?;
    let Some(root) = directory.ground().root() else {
        return Err(NotPassed::skipped(
            "the server's directory is not ours to take away",
        ));
    };
    let body = vec![b'x'; 100_000];
    let taken_away = root
        .rename(DIR, AWAY)
        .and_then(|()| root.write_new(DIR, b"no directory"));
    if let Err(error) = taken_away {
        return Err(NotPassed::Error(
            format!("the server's directory could not be taken away: {error}").into(),
        ));
    }
    let judged = send(bench, &directory, &body);
    // Only the file that was put there: a server may have made something else of it.
    let restored = match root.kind(DIR) {
        None => root
            .remove(DIR.as_ref())
            .and_then(|()| root.rename(AWAY, DIR)),
        Some(kind) => Err(io::Error::other(format!("{kind} is in its place"))),
    };
    if let Err(error) = restored {
        // A server that has ended has taken its directory along: its end is the failure.
        judged?;
        return Err(NotPassed::Error(
            format!("the server's directory could not be put back: {error}").into(),
        ));
    }
    judged?;
    bench.transfer_works()
}

/// True if the server has stored the body all the same: a server that holds its directory open may.
fn is_held(directory: &Directory, body: &[u8]) -> bool {
    let held = directory
        .ground()
        .dir()
        .read("gone.bin", body.len() as u64 + 1);
    matches!(held, Found::File { content, .. } if content == body)
}

/// Sends a verified file that cannot be stored: it is refused, or the session ends (VTR-5).
fn verify_nowhere(
    bench: &mut Bench<'_>,
    directory: &Directory,
    body: &[u8],
) -> Result<(), NotPassed> {
    /// The MD5 of 100,000 times `x`.
    const DIGEST: &[u8] = b"d5816f35916d1d9482fb0f1ec201101d";
    let terms = bench.terms(None);
    let mut talk = bench.talk(&terms)?;
    talk.send(bench.testee, &frame(b"file+md5"))?;
    talk.answered(bench.testee, &frame(b"file+md5 ready"))?;
    talk.send(bench.testee, &frame(b"gone.bin,100000"))?;
    talk.send(bench.testee, body)?;
    talk.send(bench.testee, &frame(DIGEST))?;
    let ready = frame(b"file+md5 ready").len();
    talk.connection()
        .wait(bench.testee, terms.patience, |connection| {
            connection.ending().is_some() || next_frame(&connection.seen()[ready..]).is_some()
        });
    let answer = next_frame(&talk.connection().seen()[ready..]).map(<[u8]>::to_vec);
    match answer {
        Some(answer) if answer.starts_with(b"file+md5 refused: ") => Ok(()),
        Some(_) if is_held(directory, body) => Ok(()),
        None if talk.connection().ending().is_some() => Ok(()),
        _ => Err(talk
            .wrong_answer(
                bench.testee,
                "that the server refuses the file, or closes: it could not be stored",
            )
            .into()),
    }
}

/// Sends a file that cannot be stored.
fn store_nowhere(
    bench: &mut Bench<'_>,
    directory: &Directory,
    body: &[u8],
) -> Result<(), NotPassed> {
    let terms = bench.terms(None);
    let mut talk = bench.talk(&terms)?;
    talk.send(bench.testee, &frame(b"file"))?;
    talk.send(bench.testee, &frame(b"gone.bin,100000"))?;
    talk.send(bench.testee, body)?;
    talk.send(bench.testee, &frame(b"after"))?;
    // A server that holds its directory open may well store the file there.
    talk.connection()
        .wait(bench.testee, terms.patience, |connection| {
            connection.ending().is_some() || !connection.seen().is_empty()
        });
    if is_held(directory, body) {
        return Ok(());
    }
    talk.close(
        bench.testee,
        "that the server closes: the file could not be stored",
    )?;
    Ok(())
}

fn two_at_once(bench: &mut Bench<'_>) -> Result<(), NotPassed> {
    if bench.max_sessions() == Some(1) {
        return Err(NotPassed::skipped(
            "the server serves one session at a time",
        ));
    }
    let directory = bench.prepare(&[])?;
    let terms = bench.terms(Some(&directory));
    let mut talks = [bench.talk(&terms)?, bench.talk(&terms)?];
    let bodies: [Vec<u8>; 2] = [b"first ".repeat(3000), b"SECOND".repeat(3000)];
    for (number, talk) in talks.iter_mut().enumerate() {
        talk.send(bench.testee, &frame(b"file"))?;
        let header = format!("{number}.bin,{}", bodies[number].len());
        talk.send(bench.testee, &frame(header.as_bytes()))?;
    }
    for place in (0..bodies[0].len()).step_by(1500) {
        for (talk, body) in talks.iter_mut().zip(&bodies) {
            talk.send(bench.testee, &body[place..(place + 1500).min(body.len())])?;
        }
    }
    for (number, talk) in talks.iter_mut().enumerate() {
        talk.send(bench.testee, &frame(b"after"))?;
        talk.deliver(bench.testee, b"after")?;
        talk.is_stored(bench.testee, &format!("{number}.bin"), &bodies[number])?;
    }
    Ok(())
}
