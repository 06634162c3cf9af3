//! A stream through a codec, and the place where the codec departs from the trace.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Decode;
use crate::framing::{Ended, Framing};
use crate::judge::evidence::{Evidence, Wanted};
use crate::judge::sentence::Sentence;
use crate::trace::Action;
use crate::trace::octets::Octets;
use crate::trace::segmentation::Move;

/// The difference between what a codec did and what it must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The codec panicked, was ended by a fault, or did not come back.
    Died,
    /// Another payload was delivered.
    Different,
    /// Fewer payloads were delivered.
    Missing,
    /// More payloads were delivered.
    Extra,
    /// A payload was delivered with a later chunk than the one that completed it.
    Late,
    /// The codec waits for more where it must refuse.
    Waits,
    /// The codec takes for complete a stream that is not.
    NotRefused,
    /// The codec refuses what it must take.
    Refused,
    /// A payload is encoded as another frame.
    Encoded,
}

/// A stream that a codec did not decode as it must.
pub(super) struct Failure {
    #[cfg_attr(
        not(feature = "cli"),
        expect(dead_code, reason = "only fuzzing asks for it")
    )]
    pub(super) what: What,
    pub(super) message: Sentence,
    pub(super) evidence: Evidence,
    /// The codec reported an error and delivered nothing wrong.
    pub(super) refused: bool,
    /// The wait for the codec timed out.
    pub(super) waited: bool,
}

/// The result of a stream in a codec.
#[derive(Default)]
pub(super) struct Decoded {
    pub(super) fed: Vec<Vec<u8>>,
    delivered: Vec<Vec<u8>>,
    /// The chunk, from 1, with which each payload was delivered.
    with: Vec<usize>,
    pub(super) error: Option<String>,
    finished: bool,
    /// The codec panicked, or did not come back.
    panicked: bool,
}

/// Payloads that are taken from a codec beyond the octets that it got: more end a codec that delivers
/// for ever.
const MAX_SURPLUS: usize = 1_000;

/// The panic that ends a codec that delivers for ever.
struct ForEver;

impl Decoded {
    pub(super) fn feed(&mut self, codec: &mut dyn Decode, chunk: &[u8]) {
        self.fed.push(chunk.to_vec());
        if self.error.is_none() {
            self.step(|deliver| codec.feed(chunk, deliver));
            self.panicked |= self.error.is_some() && codec.broke();
        }
    }

    pub(super) fn finish(&mut self, codec: &mut dyn Decode) {
        if self.error.is_none() && !std::mem::replace(&mut self.finished, true) {
            self.step(|deliver| codec.finish(deliver));
            self.panicked |= self.error.is_some() && codec.broke();
            if let Some(completed) = codec.completed() {
                self.with = completed;
            }
        }
    }

    /// Makes a call of the codec; a panic is a failure of its own.
    fn step(&mut self, call: impl FnOnce(&mut dyn FnMut(&[u8])) -> Result<(), String>) {
        let most = self.fed.iter().map(Vec::len).sum::<usize>() + MAX_SURPLUS;
        let chunk = self.fed.len();
        let (delivered, with) = (&mut self.delivered, &mut self.with);
        let mut deliver = |payload: &[u8]| {
            if delivered.len() > most {
                // The only way out of a codec that does not come back.
                std::panic::resume_unwind(Box::new(ForEver));
            }
            delivered.push(payload.to_vec());
            with.push(chunk);
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| call(&mut deliver)));
        self.error = match outcome {
            Ok(outcome) => outcome.err(),
            Err(panic) => {
                self.panicked = true;
                let said = panic
                    .downcast_ref::<&str>()
                    .map(|text| (*text).to_owned())
                    .or_else(|| panic.downcast_ref::<String>().cloned());
                Some(if panic.is::<ForEver>() {
                    self.delivered.truncate(8);
                    self.with.truncate(8);
                    "the codec delivers payloads without an end".to_owned()
                } else {
                    format!("the codec panicked: {}", said.unwrap_or_default())
                })
            }
        };
    }

    pub(super) fn failure(
        &self,
        codec: &dyn Decode,
        expected: &[Vec<u8>],
        what: What,
        message: &str,
        wanted: &str,
    ) -> Box<Failure> {
        let seen = Octets::folded(&framed(&self.delivered));
        let owed = framed(expected);
        Box::new(Failure {
            what,
            message: message.into(),
            waited: false,
            refused: self.error.is_some()
                && !self.panicked
                && expected.starts_with(&self.delivered),
            evidence: Evidence {
                sent: self.fed.iter().map(|chunk| Octets::folded(chunk)).collect(),
                expected: wanted.into(),
                wanted: Wanted::of(&seen, 0, &owed),
                seen,
                ended: self.error.as_ref().map_or_else(
                    || "without an error".into(),
                    |error| format!("with the error: {error}").into(),
                ),
                stderr: codec.remarks(),
                ..Evidence::default()
            },
        })
    }
}

/// Payloads as they are shown: each behind its length.
fn framed(payloads: &[Vec<u8>]) -> Vec<u8> {
    let frames = payloads.iter().map(|payload| {
        let length = (payload.len() as u32).to_be_bytes();
        [&length[..], payload].concat()
    });
    frames.collect::<Vec<_>>().concat()
}

/// Feeds a stream as it was cut, and compares what is delivered.
pub(super) fn converse(
    framing: &Framing,
    codec: &mut dyn Decode,
    moves: &[Move<'_>],
) -> Result<(), Box<Failure>> {
    let mut decoded = Decoded::default();
    let mut expected: Vec<Vec<u8>> = Vec::new();
    let mut must_refuse = None;
    for one in moves {
        match one {
            Move::Chunk(chunk) => decoded.feed(codec, chunk),
            Move::Step(Action::Deliver(payload)) => expected.push(payload.to_vec()),
            Move::Step(Action::EndOfStream) => decoded.finish(codec),
            Move::Step(Action::Close) => must_refuse = Some(false),
            Move::Step(Action::Refusal) => must_refuse = Some(true),
            Move::Step(_) => {}
        }
    }
    let stream = decoded.fed.concat();
    // A trace that stops in the middle of things says nothing about the end.
    let says_nothing = !decoded.finished
        && must_refuse.is_none()
        && matches!(
            framing.split(&stream).ended,
            Ended::Inside(_) | Ended::Refused(_)
        );
    let refused_early =
        must_refuse != Some(true) || decoded.finished || refuses_by_now(&decoded, codec);
    decoded.finish(codec);
    if decoded.panicked {
        let message = decoded.error.as_deref().unwrap_or_default();
        let wanted = "an error or payloads";
        return Err(decoded.failure(codec, &expected, What::Died, message, wanted));
    }
    compare(codec, &decoded, &expected)?;
    if decoded.error.is_none() && codec.shows_when() {
        in_time(framing, codec, &decoded, &expected)?;
    }
    let (what, message, wanted) = match (&decoded.error, must_refuse) {
        _ if !refused_early => (
            What::Waits,
            "the codec waits for more instead of refusing",
            "an error before the end of the stream",
        ),
        _ if says_nothing => return Ok(()),
        (None, Some(true)) => (
            What::NotRefused,
            "the stream was taken for a complete one",
            "an error",
        ),
        (Some(_), Some(false) | None) => (What::Refused, "the codec reports an error", "no error"),
        _ => return Ok(()),
    };
    let mut failure = decoded.failure(codec, &expected, what, message, wanted);
    failure.waited = what == What::Waits;
    Err(failure)
}

/// True if a codec has refused before the end of the stream, or hands nothing over before it anyway, so
/// that this cannot be asked of it.
fn refuses_by_now(decoded: &Decoded, codec: &mut dyn Decode) -> bool {
    decoded.error.is_some()
        || codec.refused()
        || decoded.delivered.is_empty() && !codec.has_delivered()
}

/// Checks that each payload was delivered with the chunk that completed it.
fn in_time(
    framing: &Framing,
    codec: &dyn Decode,
    decoded: &Decoded,
    expected: &[Vec<u8>],
) -> Result<(), Box<Failure>> {
    let ends = decoded.fed.iter().scan(0, |end, chunk| {
        *end += chunk.len();
        Some(*end)
    });
    let ends: Vec<usize> = ends.collect();
    let stream = decoded.fed.concat();
    let frames = framing.split(&stream).frames;
    for (number, (found, with)) in frames.iter().zip(&decoded.with).enumerate() {
        let due = ends.iter().position(|end| *end >= found.at.end);
        if let Some(due) = due
            && *with > due + 1
        {
            let message = format!(
                "payload {} was whole with chunk {} and came with chunk {with}",
                number + 1,
                due + 1
            );
            let wanted = "each payload as soon as it is whole";
            return Err(decoded.failure(codec, expected, What::Late, &message, wanted));
        }
    }
    Ok(())
}

pub(super) fn compare(
    codec: &dyn Decode,
    decoded: &Decoded,
    expected: &[Vec<u8>],
) -> Result<(), Box<Failure>> {
    let wrong = expected
        .iter()
        .zip(&decoded.delivered)
        .position(|(expected, delivered)| expected != delivered);
    if let Some(place) = wrong {
        let message = format!("delivery {} is not what was sent", place + 1);
        let wanted = format!("{} octets as they were sent", expected[place].len());
        return Err(decoded.failure(codec, expected, What::Different, &message, &wanted));
    }
    if decoded.delivered.len() != expected.len() {
        let what = match decoded.delivered.len() < expected.len() {
            true => What::Missing,
            false => What::Extra,
        };
        let message = format!(
            "{} payloads were delivered instead of {}",
            decoded.delivered.len(),
            expected.len()
        );
        let wanted = format!("{} payloads", expected.len());
        return Err(decoded.failure(codec, expected, what, &message, &wanted));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::codec::reference::Reference;
    use crate::wire::frame::Decoder;

    #[test]
    fn what_stops_inside_a_frame_says_nothing_of_the_end() {
        let goes_well = |moves: &[Move<'_>]| {
            let mut codec = Reference(Decoder::new(u32::MAX));
            converse(&Framing::default(), &mut codec, moves).is_ok()
        };
        let half = || Move::Chunk(b"\0\0\0\x02h".to_vec());
        assert!(goes_well(&[half()]));
        assert!(goes_well(&[half(), Move::Step(&Action::Refusal)]));
        assert!(!goes_well(&[half(), Move::Step(&Action::Close)]));
        assert!(!goes_well(&[half(), Move::Step(&Action::EndOfStream)]));
    }
}
