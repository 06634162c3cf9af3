//! Pauses inside a frame: a pause is a cut like any other (FRM-2), however long it lasts. A read with
//! a timer that drops what it had is only seen here, because nothing else in the suite takes its time.

use std::thread;
use std::time::{Duration, Instant};

use crate::framing::Framing;
use crate::suite::derived::adapted;
use crate::suite::plain::frame;
use crate::suite::server::bench::{Bench, NotPassed};
use crate::suite::server::case::Coded;
use crate::suite::server::directory::Directory;
use crate::suite::server::exchange::{Talk, Terms};
use crate::suite::server::failure::What;
use crate::trace::Class;

pub(crate) const CASES: &[Coded] = &[Coded {
    id: "frm/pauses",
    title: "A frame that pauses on its way for 60 ms, 250 ms or 1.2 s is put together",
    requirements: &["FRM-2", "SES-10"],
    class: Class::Framing,
    run: pauses,
}];

/// Lengths of the pauses. Timers of 50, 100, 200, 500 and 1,000 ms are common.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(60),
    Duration::from_millis(250),
    Duration::from_millis(1200),
];

/// A server may close a connection on which nothing has come for this long (FRM-2).
const MAY_GIVE_UP: Duration = Duration::from_secs(1);

/// The payload that a pause lies in, and what follows it to see whether the server is in step.
const TEXT: &[u8] = b"a frame that takes its time";

/// The message after a body. Attribution knows by it that the pause was inside a body.
pub(crate) const AFTER_A_BODY: &[u8] = b"after a body that took its time";

const BODY: &[u8] = b"a body that takes its time on its way to the file that it is for";

/// The place of the pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Length,
    Payload,
    Inside,
    Body,
}

impl Place {
    const fn in_words(self) -> &'static str {
        match self {
            Self::Length => "after the first octet of a length",
            Self::Payload => "between a length and its payload",
            Self::Inside => "inside a payload",
            Self::Body => "inside a body",
        }
    }

    /// Returns the parts before the pause, each to be read on its own, and the octets after it.
    fn parts(self, framing: &Framing, number: usize) -> (Vec<Vec<u8>>, Vec<u8>) {
        let text = adapted(framing, TEXT);
        let one = [&text[..]];
        // The first of all frames has in front of it what the stream begins with.
        let whole = match number {
            0 => framing.stream(one),
            _ => framing.encode(&text),
        };
        let whole = whole.unwrap_or_default();
        let begins = framing.preface().len() * usize::from(number == 0);
        let payload = whole.windows(8).position(|window| window == &text[..8]);
        let payload = payload.unwrap_or(begins);
        let cut = match self {
            Self::Length => begins + 1,
            Self::Payload => payload,
            Self::Inside => payload + 8,
            Self::Body => {
                let header = format!("slow-{number}.bin,{}", BODY.len());
                let (before, after) = BODY.split_at(20);
                let before = [frame(b"file"), frame(header.as_bytes()), before.to_vec()];
                return (before.to_vec(), after.to_vec());
            }
        };
        let (before, after) = whole.split_at(cut.max(1).min(whole.len()));
        (vec![before.to_vec()], after.to_vec())
    }
}

/// Pauses at all places at a time, so that they cost one pause of each length together.
fn pauses(bench: &mut Bench<'_>) -> Result<(), NotPassed> {
    let mut places = vec![Place::Length, Place::Payload, Place::Inside];
    let directory = if bench.class() >= Class::Transfer {
        bench.prepare(&[]).ok()
    } else {
        None
    };
    if directory.is_some() {
        places.push(Place::Body);
    }
    let at_once = served_at_once(bench, places.len())?;
    let mut gave_up = false;
    for places in places.chunks(at_once) {
        gave_up |= side_by_side(bench, places, directory.as_ref())?;
    }
    if gave_up {
        return Err(NotPassed::Acceptable(
            "the server closes a connection that pauses for 1.2 s inside a frame".into(),
        ));
    }
    Ok(())
}

/// Number of the wanted connections that are served at a time. The cases of SES-9 and SES-10 judge
/// whether all ought to be.
fn served_at_once(bench: &mut Bench<'_>, wanted: usize) -> Result<usize, NotPassed> {
    if let Some(limit) = bench.max_sessions() {
        return Ok(limit.clamp(1, wanted));
    }
    let hi = bench.word(b"hi");
    let terms = bench.terms(None);
    let mut open: Vec<Talk<'_, '_>> = Vec::new();
    for served in 0..wanted {
        let greeted = bench.talk(&terms).and_then(|mut talk| {
            talk.send(bench.testee, &bench.opening(&hi))?;
            talk.deliver(bench.testee, &hi)?;
            Ok(talk)
        });
        match greeted {
            Ok(talk) => open.push(talk),
            Err(why) if served == 0 => return Err(why),
            Err(_) => return Ok(served),
        }
    }
    Ok(wanted)
}

/// Has one frame with a pause of each length on a connection for each place. Says whether the server
/// gave up one of them, as it may after a while.
fn side_by_side(
    bench: &mut Bench<'_>,
    places: &[Place],
    directory: Option<&Directory>,
) -> Result<bool, NotPassed> {
    let plain = bench.terms(None);
    let storing = bench.terms(directory);
    let mut open: Vec<(Place, Talk<'_, '_>)> = Vec::new();
    for place in places {
        let terms: &Terms<'_> = match place {
            Place::Body => &storing,
            _ => &plain,
        };
        open.push((*place, bench.talk(terms)?));
    }
    let mut gave_up = false;
    for (number, pause) in PAUSES.into_iter().enumerate() {
        let mut paused = Vec::new();
        for (place, mut talk) in open.drain(..) {
            let (before, after) = place.parts(bench.framing(), number);
            for part in before {
                talk.send(bench.testee, &part)?;
            }
            paused.push((place, talk, after, Instant::now()));
        }
        // The pause itself is what is sent here: nothing is waited for.
        thread::sleep(pause);
        for (place, mut talk, after, since) in paused {
            let lasted = since.elapsed();
            match goes_on(bench, &mut talk, place, number, &after) {
                Ok(()) => open.push((place, talk)),
                Err(NotPassed::Failed(failure))
                    if failure.what == What::ClosedInstead && lasted >= MAY_GIVE_UP =>
                {
                    gave_up = true;
                }
                Err(NotPassed::Failed(mut failure)) => {
                    failure.message = format!(
                        "after a pause of {} ms {}: {}",
                        lasted.as_millis(),
                        place.in_words(),
                        failure.message
                    )
                    .into();
                    return Err(failure.into());
                }
                Err(other) => return Err(other),
            }
        }
    }
    Ok(gave_up)
}

/// The rest comes, and the server has lost nothing of what was there before.
fn goes_on(
    bench: &mut Bench<'_>,
    talk: &mut Talk<'_, '_>,
    place: Place,
    number: usize,
    after: &[u8],
) -> Result<(), NotPassed> {
    talk.send(bench.testee, after)?;
    if place == Place::Body {
        talk.send(bench.testee, &frame(AFTER_A_BODY))?;
        talk.deliver(bench.testee, AFTER_A_BODY)?;
        talk.is_stored(bench.testee, &format!("slow-{number}.bin"), BODY)?;
        return Ok(());
    }
    let text = bench.word(TEXT);
    talk.deliver(bench.testee, &text)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_make_up_what_is_sent_without_a_pause() {
        for (place, before, after) in [
            (
                Place::Length,
                &b"\0"[..],
                &b"\0\0\x1ba frame that takes its time"[..],
            ),
            (
                Place::Payload,
                b"\0\0\0\x1b",
                b"a frame that takes its time",
            ),
            (Place::Inside, b"\0\0\0\x1ba frame ", b"that takes its time"),
        ] {
            assert_eq!(
                place.parts(&Framing::default(), 0),
                (vec![before.to_vec()], after.to_vec())
            );
        }
        let (before, after) = Place::Body.parts(&Framing::default(), 2);
        assert_eq!(before[1], b"\0\0\0\x0dslow-2.bin,64");
        assert_eq!([before[2].clone(), after].concat(), BODY);
    }
}
