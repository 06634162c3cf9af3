//! One stream through a codec, and where it went another way than the trace has it.

use super::{Decode, Encode};
use crate::judge::check::{Check, Verdict};
use crate::judge::evidence::Evidence;
use crate::suite::plain::ends_between_frames;
use crate::trace::octets::Octets;
use crate::trace::segmentation::Move;
use crate::trace::{Action, Class, Trace};

/// A stream that a codec did not decode as it must.
pub(super) struct Failure {
    pub(super) message: String,
    pub(super) evidence: Evidence,
    /// The codec reported an error and delivered nothing wrong.
    pub(super) refused: bool,
}

/// What a codec made of a stream.
#[derive(Default)]
struct Decoded {
    fed: Vec<Vec<u8>>,
    delivered: Vec<Vec<u8>>,
    error: Option<String>,
    finished: bool,
}

impl Decoded {
    fn feed(&mut self, codec: &mut dyn Decode, chunk: &[u8]) {
        self.fed.push(chunk.to_vec());
        if self.error.is_none() {
            let delivered = &mut self.delivered;
            self.error = codec
                .feed(chunk, &mut |payload| delivered.push(payload.to_vec()))
                .err();
        }
    }

    fn finish(&mut self, codec: &mut dyn Decode) {
        if self.error.is_none() && !std::mem::replace(&mut self.finished, true) {
            let delivered = &mut self.delivered;
            self.error = codec
                .finish(&mut |payload| delivered.push(payload.to_vec()))
                .err();
        }
    }

    fn fails(
        &self,
        codec: &dyn Decode,
        expected: &[Vec<u8>],
        message: String,
        wanted: String,
    ) -> Result<(), Box<Failure>> {
        Err(Box::new(Failure {
            message,
            refused: self.error.is_some() && expected.starts_with(&self.delivered),
            evidence: Evidence {
                sent: self.fed.iter().map(|chunk| Octets::folded(chunk)).collect(),
                expected: wanted,
                seen: Octets::folded(&framed(&self.delivered)),
                ended: self.error.clone().map_or_else(
                    || "without an error".to_owned(),
                    |error| format!("with the error: {error}"),
                ),
                stderr: codec.remarks(),
                ..Evidence::default()
            },
        }))
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
pub(super) fn converse(codec: &mut dyn Decode, moves: &[Move<'_>]) -> Result<(), Box<Failure>> {
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
    // A trace that stops in the middle of things says nothing about the end.
    let says_nothing =
        !decoded.finished && must_refuse.is_none() && !ends_between_frames(&decoded.fed.concat());
    decoded.finish(codec);
    compare(codec, &decoded, &expected)?;
    match (&decoded.error, must_refuse) {
        _ if says_nothing => Ok(()),
        (None, Some(true)) => decoded.fails(
            codec,
            &expected,
            "the stream was taken for a complete one".to_owned(),
            "an error".to_owned(),
        ),
        (Some(_), Some(false) | None) => decoded.fails(
            codec,
            &expected,
            "the codec reports an error".to_owned(),
            "no error".to_owned(),
        ),
        _ => Ok(()),
    }
}

fn compare(
    codec: &dyn Decode,
    decoded: &Decoded,
    expected: &[Vec<u8>],
) -> Result<(), Box<Failure>> {
    let wrong = expected
        .iter()
        .zip(&decoded.delivered)
        .position(|(expected, delivered)| expected != delivered);
    if let Some(place) = wrong {
        return decoded.fails(
            codec,
            expected,
            format!("delivery {} is not what was sent", place + 1),
            format!("{} octets as they were sent", expected[place].len()),
        );
    }
    if decoded.delivered.len() != expected.len() {
        return decoded.fails(
            codec,
            expected,
            format!(
                "{} payloads were delivered instead of {}",
                decoded.delivered.len(),
                expected.len()
            ),
            format!("{} payloads", expected.len()),
        );
    }
    Ok(())
}

/// Encodes what the trace delivers, and compares with the frames that it sends: in a trace
/// without an offence these are the same.
pub(super) fn encodes(encode: &mut Encode<'_>, trace: &Trace) -> Result<(), Box<Failure>> {
    if trace.is_hostile() {
        return Ok(());
    }
    for step in &trace.steps {
        let Action::Frame { length, payload } = &step.action else {
            continue;
        };
        let expected = length.clone().then(payload.clone()).to_vec();
        let encoded = encode(&payload.to_vec());
        if encoded.as_ref() != Ok(&expected) {
            return Err(Box::new(Failure {
                message: "a payload is encoded as another frame".to_owned(),
                refused: encoded.is_err(),
                evidence: Evidence {
                    expected: format!("a frame of {} octets", expected.len()),
                    seen: Octets::folded(&encoded.clone().unwrap_or_default()),
                    ended: encoded.err().unwrap_or_default(),
                    ..Evidence::default()
                },
            }));
        }
    }
    Ok(())
}

/// A frame at the declared limit, or beyond.
pub(super) struct AtTheLimit {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    /// The length that is announced.
    length: u64,
    is_within: bool,
}

/// What a codec that declares a limit owes (FRM-7).
pub(super) fn at_the_limit(limit: u32) -> impl Iterator<Item = AtTheLimit> {
    let limit = u64::from(limit);
    [
        AtTheLimit {
            id: "codec/at-the-limit",
            title: "A frame of exactly the declared limit is accepted",
            length: limit,
            is_within: true,
        },
        AtTheLimit {
            id: "codec/over-the-limit",
            title: "A frame of one octet more is refused from its length alone",
            length: limit + 1,
            is_within: false,
        },
        AtTheLimit {
            id: "codec/far-over-the-limit",
            title: "A frame of 4,294,967,295 octets is refused from its length alone",
            length: u64::from(u32::MAX),
            is_within: false,
        },
    ]
    .into_iter()
}

impl AtTheLimit {
    pub(super) fn judge(&self, codec: &mut dyn Decode) -> Check {
        let check = |verdict, message: &str, evidence| Check {
            id: self.id.into(),
            title: self.title.to_owned(),
            requirements: vec!["FRM-7".into()],
            broken: (verdict == Verdict::Fail).then(|| "FRM-7".into()),
            class: Class::Framing,
            segmentation: None,
            verdict,
            message: message.to_owned(),
            evidence,
            cause: None,
            rerun: None,
            details: serde_json::Map::new(),
            left_out: false,
        };
        let Ok(length) = u32::try_from(self.length) else {
            return check(
                Verdict::Skipped,
                "no length is above the declared limit",
                None,
            );
        };
        let mut decoded = Decoded::default();
        decoded.feed(codec, &length.to_be_bytes());
        let mut expected = Vec::new();
        if self.is_within {
            let payload = vec![b'x'; length as usize];
            decoded.feed(codec, &payload);
            decoded.finish(codec);
            expected.push(payload);
        } else if decoded.error.is_none() && codec.refused() {
            decoded.error = Some("refused".to_owned());
        }
        let judged = compare(codec, &decoded, &expected).and_then(|()| {
            match (decoded.error.is_some(), self.is_within) {
                (true, true) => decoded.fails(
                    codec,
                    &expected,
                    "a frame of the declared limit is refused".to_owned(),
                    "its delivery".to_owned(),
                ),
                (false, false) => decoded.fails(
                    codec,
                    &expected,
                    "a length over the declared limit is not refused".to_owned(),
                    "an error as soon as the length is there".to_owned(),
                ),
                _ => Ok(()),
            }
        });
        match judged {
            Ok(()) => check(Verdict::Pass, "", None),
            Err(failure) => check(Verdict::Fail, &failure.message, Some(failure.evidence)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::codec::Reference;
    use crate::wire::frame::Decoder;

    #[test]
    fn what_stops_inside_a_frame_says_nothing_of_the_end() {
        let goes_well = |moves: &[Move<'_>]| {
            let mut codec = Reference(Decoder::new(u32::MAX));
            converse(&mut codec, moves).is_ok()
        };
        let half = || Move::Chunk(b"\0\0\0\x02h".to_vec());
        assert!(goes_well(&[half()]));
        assert!(goes_well(&[half(), Move::Step(&Action::Refusal)]));
        assert!(!goes_well(&[half(), Move::Step(&Action::Close)]));
        assert!(!goes_well(&[half(), Move::Step(&Action::EndOfStream)]));
    }
}
