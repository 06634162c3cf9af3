//! Encoders: what they write is decoded by the judge, because a payload may have several right frames.

use super::conversation::{self, Failure};
use super::{Encode, EncodeStream};
use crate::framing::{Ended, Framing, Next};
use crate::judge::case::{CaseInfo, Role};
use crate::judge::check::{Check, Verdict};
use crate::judge::evidence::{Evidence, Wanted};
use crate::judge::sentence::Sentence;
use crate::suite::classes;
use crate::suite::derived;
use crate::suite::mistaken::{Side, mistaken};
use crate::trace::octets::Octets;
use crate::trace::{Action, Class, Trace};

/// Encodes what the trace delivers, and decodes that again.
pub(super) fn encodes(
    framing: &Framing,
    encode: &mut Encode<'_>,
    trace: &Trace,
) -> Result<(), Box<Failure>> {
    // A first frame of its own is not asked for, and what is refused or cut short is not encoded.
    if trace.is_hostile() || framing.first().is_some() {
        return Ok(());
    }
    for step in &trace.steps {
        let Action::Deliver(payload) = &step.action else {
            continue;
        };
        let payload = payload.to_vec();
        if framing.carries(&payload).is_err() {
            continue;
        }
        let encoded = encode(&payload);
        let octets = encoded.clone().unwrap_or_default();
        if encoded.is_err() || !is_frame_of(framing, &octets, &payload) {
            let frame = framing.encode(&payload).unwrap_or_default();
            let (whole, seen) = (frame.len(), Octets::folded(&octets));
            return Err(Box::new(Failure {
                what: conversation::What::Encoded,
                message: "a payload is encoded as another frame".into(),
                waited: false,
                refused: encoded.is_err(),
                evidence: Evidence {
                    sent: vec![Octets::folded(&payload)],
                    expected: format!("a frame of {whole} octets").into(),
                    wanted: Wanted::of(&seen, 0, &frame),
                    seen,
                    ended: end_of(encoded),
                    ..Evidence::default()
                },
            }));
        }
    }
    Ok(())
}

/// Encodes what the trace delivers as one stream, and decodes that again.
#[cfg(feature = "cli")]
pub(super) fn encodes_stream(
    framing: &Framing,
    encode: &mut EncodeStream<'_>,
    trace: &Trace,
) -> Result<(), Box<Failure>> {
    if trace.is_hostile() || framing.first().is_some() {
        return Ok(());
    }
    let delivers = |step: &crate::trace::Step| match &step.action {
        Action::Deliver(payload) => Some(payload.to_vec()),
        _ => None,
    };
    let payloads: Vec<Vec<u8>> = trace.steps.iter().filter_map(delivers).collect();
    if payloads
        .iter()
        .any(|payload| framing.carries(payload).is_err())
    {
        return Ok(());
    }
    let encoded = encode(&as_u32be(&payloads));
    let octets = encoded.clone().unwrap_or_default();
    let said = framing.payloads(&octets);
    if encoded.is_ok() && said.error.is_none() && said.payloads == payloads {
        return Ok(());
    }
    Err(Box::new(Failure {
        what: conversation::What::Encoded,
        message: "payloads are encoded as other frames".into(),
        waited: false,
        refused: encoded.is_err(),
        evidence: Evidence {
            sent: vec![Octets::folded(&as_u32be(&payloads))],
            expected: format!("{} frames", payloads.len()).into(),
            seen: Octets::folded(&octets),
            ended: end_of(encoded),
            ..Evidence::default()
        },
    }))
}

/// The end of an encoding, in words.
fn end_of(encoded: Result<Vec<u8>, String>) -> Sentence {
    let error = encoded.err();
    error.map_or_else(|| "without an error".into(), Sentence::from)
}

/// True if octets are one frame with this payload, and nothing more.
fn is_frame_of(framing: &Framing, octets: &[u8], payload: &[u8]) -> bool {
    let split = framing.split_mid(octets);
    split.ended == Ended::Between
        && matches!(&split.frames[..], [one] if *one.payload == *payload)
        // LEN-1, and LEN-5: the shortest form, unless the framing has others too.
        && (has_several(framing) || framing.encode(payload).as_deref() == Ok(octets) || !is_fixed(framing))
}

/// True if right encoders may differ.
fn has_several(framing: &Framing) -> bool {
    framing.is_stuffed()
        || framing
            .number()
            .is_some_and(crate::framing::Number::has_forms)
}

/// True if the payload determines every octet of its frame.
fn is_fixed(framing: &Framing) -> bool {
    framing.parts(b"hello", 0).ok() == framing.parts(b"hello", 1).ok()
}

/// A case for an encoder alone.
pub(super) struct EncoderCase {
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) requirement: &'static str,
    what: What,
}

enum What {
    /// A payload that cannot be a frame.
    Refused(Vec<u8>),
    /// A whole stream.
    Stream,
}

/// The longest payload that is made to show that it is too long.
const MOST: u64 = 1024 * 1024;

/// The cases for the encoder of a framing.
pub(super) fn cases(framing: &Framing, by_stream: bool) -> Vec<EncoderCase> {
    let mut cases = Vec::new();
    let mut add = |id, title: &str, requirement, what| {
        cases.push(EncoderCase {
            id,
            title: title.to_owned(),
            requirement,
            what,
        });
    };
    if by_stream {
        add(
            "codec/encode-stream",
            "Payloads are written as frames, one behind the other",
            "FRM-1",
            What::Stream,
        );
    }
    let by_number = framing.number().is_some() && framing.declared_max_payload().is_none();
    if let Some(most) = framing.max_payload()
        && by_number
        && !framing.is_unbounded()
        && most < MOST
    {
        add(
            "codec/encode-too-long",
            "A payload that is longer than a length can say is an error, and neither wrapped nor cut",
            "LEN-2",
            What::Refused(vec![b'x'; most as usize + 1]),
        );
    }
    if let Some(terminator) = framing.terminator() {
        add(
            "codec/encode-terminator",
            "A payload that holds what ends a frame is an error",
            "LEN-2",
            What::Refused([b"one", terminator, b"two"].concat()),
        );
    }
    cases
}

/// Payloads as `u32be` frames.
pub(super) fn as_u32be<'p>(payloads: impl IntoIterator<Item = &'p Vec<u8>>) -> Vec<u8> {
    let framing = Framing::default();
    payloads
        .into_iter()
        .filter_map(|payload| framing.encode(payload).ok())
        .collect::<Vec<_>>()
        .concat()
}

impl EncoderCase {
    pub(super) fn judge(
        &self,
        framing: &Framing,
        by_payload: Option<&mut Encode<'_>>,
        by_stream: Option<&mut EncodeStream<'_>>,
    ) -> Check {
        let mut by_payload = by_payload;
        let mut by_stream = by_stream;
        let mut encode = |payloads: &[Vec<u8>]| match (&mut by_payload, &mut by_stream) {
            (Some(encode), _) => encode(&payloads[0]),
            (None, Some(encode)) => encode(&as_u32be(payloads)),
            (None, None) => Err("there is no encoder".to_owned()),
        };
        let judged = match &self.what {
            What::Refused(payload) => refuses(payload, &mut encode),
            What::Stream => writes_frames(framing, &mut encode),
        };
        let requirements = [self.requirement];
        let case = CaseInfo::new(
            Role::Codec,
            self.id,
            &self.title,
            &requirements,
            Class::Codec,
        );
        let Err(wrong) = judged else {
            return Check::new(&case, None, Verdict::Pass, "");
        };
        let mut check = Check::new(&case, None, Verdict::Fail, wrong.message);
        check.evidence = Some(*wrong.evidence);
        if let Some((requirement, cause)) = wrong.mistaken {
            check.broken = Some(requirement.into());
            check.cause = Some(cause);
        }
        check
    }
}

/// An encoder that has not done what it must.
struct Wrong {
    message: String,
    evidence: Box<Evidence>,
    /// The requirement that is broken, and the likely mistake, where frames of another framing came.
    mistaken: Option<(&'static str, String)>,
}

/// A way to encode payloads as one stream.
type EncodeAll<'e> = dyn FnMut(&[Vec<u8>]) -> Result<Vec<u8>, String> + 'e;

fn refuses(payload: &[u8], encode: &mut EncodeAll<'_>) -> Result<(), Wrong> {
    let Ok(octets) = encode(&[payload.to_vec()]) else {
        return Ok(());
    };
    Err(Wrong {
        message: format!(
            "a payload of {} octets is encoded as {} octets",
            payload.len(),
            octets.len()
        ),
        evidence: Box::new(Evidence {
            sent: vec![Octets::folded(payload)],
            expected: "an error".into(),
            seen: Octets::folded(&octets),
            ended: "without an error".into(),
            ..Evidence::default()
        }),
        mistaken: None,
    })
}

fn writes_frames(framing: &Framing, encode: &mut EncodeAll<'_>) -> Result<(), Wrong> {
    let payloads = deliverable(framing);
    let encoded = encode(&payloads);
    let octets = encoded.clone().unwrap_or_default();
    let said = framing.payloads(&octets);
    let mut pairs = said.payloads.iter().zip(&payloads);
    let wrong = pairs.position(|(a, b)| a != b);
    let message = match (&encoded, wrong, &said.error) {
        (Err(error), ..) => format!("the payloads are not encoded: {error}"),
        (_, Some(place), _) => format!("payload {} is encoded as another", place + 1),
        (_, _, Some(error)) => format!("what is encoded is not a stream of frames: {error}"),
        _ if said.payloads.len() != payloads.len() => format!(
            "{} payloads are encoded as {} frames",
            payloads.len(),
            said.payloads.len()
        ),
        _ => return Ok(()),
    };
    Err(Wrong {
        message,
        evidence: Box::new(Evidence {
            sent: vec![Octets::folded(&as_u32be(&payloads))],
            expected: format!("{} frames", payloads.len()).into(),
            seen: Octets::folded(&octets),
            ended: end_of(encoded),
            ..Evidence::default()
        }),
        mistaken: mistaken_in(framing, &octets, &payloads),
    })
}

/// The mistake of an encoder that writes frames of another framing: the requirement, and what it does. The first
/// payloads tell, because not every length can be said there.
fn mistaken_in(
    framing: &Framing,
    octets: &[u8],
    payloads: &[Vec<u8>],
) -> Option<(&'static str, String)> {
    const TELLING: usize = 3;
    let first = payloads.get(..TELLING)?;
    if framing.payloads(octets).payloads.starts_with(first) {
        return of_classes(framing, octets, payloads);
    }
    let mut others = mistaken(framing, Side::Writes).into_iter();
    let other = others.find(|(other, ..)| other.payloads(octets).payloads.starts_with(first));
    other.map(|(_, requirement, cause)| (requirement, cause))
}

/// The mistake of an encoder whose short lengths are well, in the first frame that is wrong.
fn of_classes(
    framing: &Framing,
    mut octets: &[u8],
    payloads: &[Vec<u8>],
) -> Option<(&'static str, String)> {
    let mut payloads = payloads.iter();
    let wrong = payloads.find(|payload| match framing.next(octets) {
        Next::Frame(frame) if *frame.payload == ***payload => {
            octets = &octets[frame.length..];
            false
        }
        _ => true,
    })?;
    let mut mistakes = classes::misread(framing, Side::Writes).into_iter();
    let found = mistakes.find(|mistake| mistake.begins(framing, octets, wrong))?;
    Some((classes::REQUIREMENT, found.cause))
}

/// Each payload of up to 64 KiB that the traces of a framing deliver, once.
fn deliverable(framing: &Framing) -> Vec<Vec<u8>> {
    let mut payloads: Vec<Vec<u8>> = Vec::new();
    for trace in derived::traces(framing)
        .iter()
        .filter(|trace| !trace.is_hostile())
    {
        for step in &trace.steps {
            let Action::Deliver(payload) = &step.action else {
                continue;
            };
            let payload = payload.to_vec();
            let fits = payload.len() <= 65_536 && framing.carries(&payload).is_ok();
            if fits && !payloads.contains(&payload) {
                payloads.push(payload);
            }
        }
    }
    payloads
}
