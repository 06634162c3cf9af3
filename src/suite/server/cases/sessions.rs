//! Several sessions: errors stay with their connection (SES-8), slots are kept and given back
//! (SES-9).

use crate::suite::plain::frame;
use crate::suite::server::bench::{Bench, NotPassed};
use crate::suite::server::case::Coded;
use crate::suite::server::exchange::{Talk, Terms};
use crate::suite::server::failure::{Failure, What};
use crate::trace::Class;

/// Number of times that an ending is repeated where no limit is declared: more than the five sessions
/// that servers of this protocol usually have.
const REPEATS: usize = 12;

/// More sessions than this are not opened.
const MOST_SESSIONS: usize = 400;

pub(crate) const CASES: &[Coded] = &[
    Coded {
        id: "ses/others-live-on",
        title: "A protocol error on one connection leaves the others as they are",
        requirements: &["SES-8"],
        class: Class::Session,
        run: others_live_on,
    },
    Coded {
        id: "ses/over-limit",
        title: "A connection over the declared limit is closed at once, and a freed slot is free",
        requirements: &["SES-9"],
        class: Class::Session,
        run: over_limit,
    },
    Coded {
        id: "ses/slots-after-quit",
        title: "A session that ends with q gives its slot back",
        requirements: &["SES-9"],
        class: Class::Session,
        run: |bench| slots(bench, End::Quit),
    },
    Coded {
        id: "ses/slots-after-close",
        title: "A session whose client just closes gives its slot back",
        requirements: &["SES-9"],
        class: Class::Session,
        run: |bench| slots(bench, End::Close),
    },
    Coded {
        id: "ses/slots-after-silence",
        title: "A session whose client closes without a word gives its slot back",
        requirements: &["SES-9"],
        class: Class::Session,
        run: |bench| slots(bench, End::Silent),
    },
    Coded {
        id: "ses/slots-after-reset",
        title: "A session that is reset gives its slot back",
        requirements: &["SES-9"],
        class: Class::Session,
        run: |bench| slots(bench, End::Reset),
    },
    Coded {
        id: "ses/slots-after-half-frame",
        title: "A session that ends inside a frame gives its slot back",
        requirements: &["SES-9", "FRM-6"],
        class: Class::Session,
        run: |bench| slots(bench, End::HalfFrame),
    },
    Coded {
        id: "ses/slots-after-error",
        title: "A session that ends with a protocol error gives its slot back",
        requirements: &["SES-9", "SES-8"],
        class: Class::Session,
        run: |bench| slots(bench, End::Error),
    },
    Coded {
        id: "ses/slots-after-half-body",
        title: "A session that ends inside a body gives its slot back",
        requirements: &["SES-9", "TRF-9"],
        class: Class::Transfer,
        run: |bench| slots(bench, End::HalfBody),
    },
    Coded {
        id: "ses/slots-after-refused-header",
        title: "A session that ends with a refused header gives its slot back",
        requirements: &["SES-9", "TRF-7"],
        class: Class::Transfer,
        run: |bench| slots(bench, End::RefusedHeader),
    },
];

/// A way for a session to end.
#[derive(Clone, Copy)]
enum End {
    Quit,
    Close,
    Silent,
    Reset,
    HalfFrame,
    Error,
    HalfBody,
    RefusedHeader,
}

/// Opens a conversation and has its first exchange.
fn greeted<'t, 'd>(bench: &mut Bench<'_>, terms: &'t Terms<'d>) -> Result<Talk<'t, 'd>, NotPassed> {
    let mut talk = bench.talk(terms)?;
    exchange(bench, &mut talk, b"hi")?;
    Ok(talk)
}

fn exchange(
    bench: &mut Bench<'_>,
    talk: &mut Talk<'_, '_>,
    text: &[u8],
) -> Result<(), Box<Failure>> {
    talk.send(bench.testee, &frame(text))?;
    talk.deliver(bench.testee, text)
}

fn others_live_on(bench: &mut Bench<'_>) -> Result<(), NotPassed> {
    if bench.max_sessions() == Some(1) {
        return Err(NotPassed::skipped(
            "the server serves one session at a time",
        ));
    }
    let terms = bench.terms(None);
    let mut other = greeted(bench, &terms)?;
    let mut broken = greeted(bench, &terms)?;
    broken.send(bench.testee, &frame(b"\xFF\xFE"))?;
    // Other cases judge whether this connection is closed.
    broken
        .connection()
        .wait(bench.testee, terms.patience, |connection| {
            connection.ending().is_some()
        });
    exchange(bench, &mut other, b"still here")?;
    drop(broken);
    exchange(bench, &mut other, b"and still")?;
    drop(other);
    bench.is_well()
}

fn over_limit(bench: &mut Bench<'_>) -> Result<(), NotPassed> {
    let Some(limit) = bench.max_sessions() else {
        return Err(NotPassed::skipped(
            "no limit is declared: say what it is with --max-sessions",
        ));
    };
    if limit > MOST_SESSIONS {
        return Err(NotPassed::Skipped(
            format!(
                "a limit of {limit} sessions is above the {MOST_SESSIONS} that are opened here"
            )
            .into(),
        ));
    }
    let terms = bench.terms(None);
    let mut within = Vec::new();
    for _ in 0..limit {
        within.push(bench.admitted(|bench| greeted(bench, &terms))?);
    }
    // A connection that is not even accepted is closed as well.
    if let Ok(mut over) = bench.talk(&terms) {
        over.close(
            bench.testee,
            "that the server closes a connection over its limit at once",
        )?;
    }
    for talk in &mut within {
        exchange(bench, talk, b"still here")?;
    }
    if let Some(mut leaving) = within.pop() {
        leaving.send(bench.testee, &frame(b"q"))?;
        leaving.close(bench.testee, "that the server closes after q")?;
    }
    bench.admitted(|bench| greeted(bench, &terms))?;
    Ok(())
}

fn slots(bench: &mut Bench<'_>, end: End) -> Result<(), NotPassed> {
    let repeats = bench.max_sessions().map_or(REPEATS, |limit| limit + 3);
    if repeats > MOST_SESSIONS {
        return Err(NotPassed::skipped(
            "the declared limit is above the sessions that are opened here",
        ));
    }
    let terms = bench.terms(None);
    for done in 0..repeats {
        let greeted = bench.admitted(|bench| greeted(bench, &terms));
        let mut talk = greeted.map_err(|why| after_so_many(why, done))?;
        let testee = &mut *bench.testee;
        match end {
            End::Quit => {
                talk.send(testee, &frame(b"q"))?;
                talk.close(testee, "that the server closes after q")?;
            }
            End::Close => {}
            End::Silent => {
                // Another connection, which says nothing at all.
                drop(testee.connect());
            }
            End::Reset => talk.connection().reset(),
            End::HalfFrame => talk.send(testee, b"\0\0\0\x05he")?,
            End::Error => talk.send(testee, &frame(b"\xFF"))?,
            End::HalfBody => {
                talk.send(testee, &frame(b"file"))?;
                talk.send(testee, &frame(b"half.bin,100"))?;
                talk.send(testee, b"half")?;
            }
            End::RefusedHeader => {
                talk.send(testee, &frame(b"file"))?;
                talk.send(testee, &frame(b"../x,3"))?;
            }
        }
    }
    let well = bench.admitted(Bench::is_well);
    well.map_err(|why| after_so_many(why, repeats))
}

/// Says how many sessions had ended this way before it went wrong.
fn after_so_many(why: NotPassed, done: usize) -> NotPassed {
    why.with_failure(|failure| {
        failure.message =
            format!("after {done} sessions that ended so: {}", failure.message).into();
        // The server's end says more than the number of sessions, and so does its memory.
        if !failure.what.tells_why() {
            failure.what = What::Other;
        }
    })
}
