//! Codecs in process: what a decoder and an encoder of any crate implement to be judged by
//! the framing traces, without a socket.

use super::fixtures;
use super::verdict::{Check, Evidence, Verdict};
use crate::trace::octets::Octets;
use crate::trace::segmentation::{Move, Segmentation, conversations, repaired};
use crate::trace::{Acceptable, Action, Class, Trace};

/// A codec under test: it decodes one stream, and encodes single payloads.
pub trait Codec {
    /// Takes the next octets of the stream, however they were cut, and hands over each
    /// payload that is complete.
    ///
    /// # Errors
    /// The stream breaks the protocol; the codec's own words.
    fn feed(&mut self, octets: &[u8], deliver: &mut dyn FnMut(&[u8])) -> Result<(), String>;

    /// Is told that the stream has ended.
    ///
    /// # Errors
    /// It ended inside a frame (FRM-6).
    fn finish(&mut self) -> Result<(), String>;

    /// Encodes one payload as a frame.
    ///
    /// # Errors
    /// It is too long.
    fn encode(&mut self, payload: &[u8]) -> Result<Vec<u8>, String>;
}

/// The reference codec, as a testee.
#[derive(Debug)]
pub struct Reference(crate::wire::frame::Decoder);

impl Reference {
    /// A fresh one, without a limit.
    #[must_use]
    pub const fn new() -> Self {
        Self(crate::wire::frame::Decoder::new(u32::MAX))
    }
}

impl Default for Reference {
    fn default() -> Self {
        Self::new()
    }
}

impl Codec for Reference {
    fn feed(&mut self, mut octets: &[u8], deliver: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        while let Some(payload) = self
            .0
            .decode(&mut octets)
            .map_err(|error| error.to_string())?
        {
            deliver(payload);
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), String> {
        std::mem::replace(&mut self.0, crate::wire::frame::Decoder::new(u32::MAX))
            .finish()
            .map_err(|error| error.to_string())
    }

    fn encode(&mut self, payload: &[u8]) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        crate::wire::frame::encode(payload, &mut out).map_err(|error| error.to_string())?;
        Ok(out)
    }
}

/// Judges a codec by every framing trace under every segmentation; `fresh` makes one for
/// each stream.
pub fn judge(mut fresh: impl FnMut() -> Box<dyn Codec>) -> Vec<Check> {
    let mut checks = Vec::new();
    for trace in fixtures::all()
        .iter()
        .filter(|trace| trace.class <= Class::Framing)
    {
        for (segmentation, moves) in conversations(trace) {
            let mut outcome = converse(fresh().as_mut(), &moves);
            let twin = repaired(trace, segmentation);
            if outcome.is_ok()
                && let Some(twin) = twin
                && let Err(why) = converse(fresh().as_mut(), &twin)
            {
                checks.push(check(trace, Some(segmentation), Verdict::Error, &format!(
                    "the codec refuses, but the same stream without the offence fails too, so that proves nothing ({})",
                    why.message
                )));
                continue;
            }
            if outcome.is_ok() {
                outcome = encodes(fresh().as_mut(), trace);
            }
            let may_refuse = trace.acceptable == Some(Acceptable::Refusal);
            checks.push(match outcome {
                Ok(()) => check(trace, Some(segmentation), Verdict::Pass, ""),
                Err(failure) if failure.refused && may_refuse => check(
                    trace,
                    Some(segmentation),
                    Verdict::Acceptable,
                    "refused, which is allowed",
                ),
                Err(failure) => Check {
                    evidence: Some(failure.evidence),
                    ..check(trace, Some(segmentation), Verdict::Fail, &failure.message)
                },
            });
        }
    }
    checks
}

fn check(
    trace: &Trace,
    segmentation: Option<Segmentation>,
    verdict: Verdict,
    message: &str,
) -> Check {
    Check {
        id: trace.id.clone(),
        title: trace.title.clone(),
        requirements: trace.requirements.clone(),
        class: trace.class,
        segmentation,
        verdict,
        message: message.to_owned(),
        evidence: None,
        cause: None,
    }
}

struct Failure {
    message: String,
    evidence: Evidence,
    /// The codec reported an error and delivered nothing wrong.
    refused: bool,
}

/// Feeds a stream as it was cut, and compares what is delivered.
fn converse(codec: &mut dyn Codec, moves: &[Move<'_>]) -> Result<(), Box<Failure>> {
    let mut sent = Vec::new();
    let mut delivered: Vec<Vec<u8>> = Vec::new();
    let mut expected: Vec<Vec<u8>> = Vec::new();
    let mut error = None;
    let mut must_end = None;
    for one in moves {
        match one {
            Move::Chunk(chunk) => {
                sent.push(chunk);
                if error.is_none() {
                    error = codec
                        .feed(chunk, &mut |payload| delivered.push(payload.to_vec()))
                        .err();
                }
            }
            Move::Step(Action::Deliver(payload)) => expected.push(payload.to_vec()),
            Move::Step(Action::EndOfStream) => {
                if error.is_none() {
                    error = codec.finish().err();
                }
            }
            Move::Step(Action::Close) => must_end = Some(true),
            Move::Step(Action::Refusal) => must_end = Some(false),
            Move::Step(_) => {}
        }
    }
    let fail = |message: String, wanted: String| {
        let seen = delivered.concat();
        Err(Box::new(Failure {
            message,
            refused: error.is_some() && expected.starts_with(&delivered),
            evidence: Evidence {
                sent: sent.iter().map(|chunk| Octets::folded(chunk)).collect(),
                expected: wanted,
                seen: Octets::folded(&seen),
                ended: error.clone().map_or_else(
                    || "without an error".to_owned(),
                    |error| format!("with the error: {error}"),
                ),
                stderr: String::new(),
            },
        }))
    };
    let wrong = expected
        .iter()
        .zip(&delivered)
        .position(|(expected, delivered)| expected != delivered);
    if let Some(place) = wrong {
        return fail(
            format!("delivery {} is not what was sent", place + 1),
            format!("{} octets as they were sent", expected[place].len()),
        );
    }
    if delivered.len() != expected.len() {
        return fail(
            format!(
                "{} payloads were delivered instead of {}",
                delivered.len(),
                expected.len()
            ),
            format!("{} payloads", expected.len()),
        );
    }
    match (&error, must_end) {
        (None, Some(false)) => fail(
            "the stream was taken for a complete one".to_owned(),
            "an error".to_owned(),
        ),
        (Some(_), Some(true) | None) => fail(
            "the codec reports an error".to_owned(),
            "no error".to_owned(),
        ),
        _ => Ok(()),
    }
}

/// Encodes what the trace delivers, and compares with the frames that it sends: in a trace
/// without an offence these are the same.
fn encodes(codec: &mut dyn Codec, trace: &Trace) -> Result<(), Box<Failure>> {
    if trace.is_hostile() {
        return Ok(());
    }
    for step in &trace.steps {
        let Action::Frame { length, payload } = &step.action else {
            continue;
        };
        let expected = length.clone().then(payload.clone()).to_vec();
        let encoded = codec.encode(&payload.to_vec());
        if encoded.as_ref() != Ok(&expected) {
            return Err(Box::new(Failure {
                message: "a payload is encoded as another frame".to_owned(),
                refused: encoded.is_err(),
                evidence: Evidence {
                    sent: Vec::new(),
                    expected: format!("a frame of {} octets", expected.len()),
                    seen: Octets::folded(&encoded.clone().unwrap_or_default()),
                    ended: encoded.err().unwrap_or_default(),
                    stderr: String::new(),
                },
            }));
        }
    }
    Ok(())
}
