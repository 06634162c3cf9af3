//! Cases that a codec owes if it declares a limit (FRM-7).

use super::Decode;
use super::conversation::{Decoded, Failure, What, compare};
use crate::framing::{Framing, LimitCounts, Number};
use crate::judge::case::{CaseInfo, Role};
use crate::judge::check::{Check, Verdict};
use crate::judge::sentence::Sentence;
use crate::trace::Class;

/// The longest payload that is made to show that it is taken.
const MOST: u64 = 64 * 1024 * 1024;

/// A frame at the declared limit, or beyond.
pub(super) struct AtTheLimit {
    pub(super) id: &'static str,
    pub(super) title: String,
    sent: Sent,
}

enum Sent {
    /// A whole frame with a payload of this number of octets, which is taken.
    Within(usize),
    /// The beginning of a frame that is over the limit, which is enough to refuse it.
    Over(Vec<u8>),
    /// The same, where a receiver may first wait for what ends the frame.
    OverUnended(Vec<u8>, Vec<u8>),
    /// A whole frame that is over the limit, and its end after it.
    OverByOne(Vec<u8>, Vec<u8>),
    /// No frame: no length is above the limit.
    Nothing,
    /// A frame that is too large to be sent.
    TooLarge,
}

/// The cases at the limit of a framing.
pub(super) fn at_the_limit(framing: &Framing) -> Vec<AtTheLimit> {
    let limit = framing.max_payload().unwrap_or(0);
    let counted = match framing.limit_counts() {
        LimitCounts::Payload => "",
        LimitCounts::Frame => ", which counts the whole frame,",
        LimitCounts::Number => ", which counts what the length says,",
    };
    let within = AtTheLimit {
        id: "codec/at-the-limit",
        title: format!("A frame of exactly the declared limit{counted} is accepted"),
        sent: match usize::try_from(limit) {
            Ok(len) if limit <= MOST => Sent::Within(len),
            _ => Sent::TooLarge,
        },
    };
    if framing.number().is_none() {
        return [within]
            .into_iter()
            .chain(up_to_an_end(framing, limit))
            .collect();
    }
    let over = |payload: Option<i128>| match payload.and_then(|payload| head(framing, payload)) {
        Some(octets) => Sent::Over(octets),
        None => Sent::Nothing,
    };
    let number = framing.number().and_then(|number| number.largest(None));
    let largest = number.map_or(1 << 62, |number| number as i128 - framing.adjustment());
    let far = match largest {
        0xFFFF_FFFF => {
            "A frame of 4,294,967,295 octets is refused from its length alone".to_owned()
        }
        _ => "A frame of the largest length there is is refused from its length alone".to_owned(),
    };
    let mut cases = vec![
        within,
        AtTheLimit {
            id: "codec/over-the-limit",
            title: "A frame of one octet more is refused from its length alone".to_owned(),
            sent: over(Some(i128::from(limit) + 1)),
        },
        AtTheLimit {
            id: "codec/far-over-the-limit",
            title: far,
            sent: over(Some(largest).filter(|largest| *largest > i128::from(limit))),
        },
    ];
    cases.extend(in_fragments(framing, limit));
    cases
}

/// Frames over the limit of a framing without lengths.
fn up_to_an_end(framing: &Framing, limit: u64) -> impl Iterator<Item = AtTheLimit> {
    let size = limit.min(MOST) as usize;
    let over = framing.stream([&vec![b'x'; size][..]]).unwrap_or_default();
    let end = framing.terminator().map_or(1, <[u8]>::len);
    let (whole, ending) = over.split_at(over.len().saturating_sub(end));
    let by_one = [whole, b"x"].concat();
    let ending = ending.to_vec();
    // More than stuffing or a terminator that has begun can account for; well stuffed, so that nothing but the limit
    // refuses it when its end has come.
    let more = size + end + 2 + size / 254 + 1;
    let unlimited = framing.clone().with_max_payload(u64::MAX);
    let mut begun = unlimited
        .stream([&vec![b'x'; more][..]])
        .unwrap_or_default();
    begun.truncate(begun.len().saturating_sub(end));
    let unended = AtTheLimit {
        id: "codec/over-the-limit",
        title: "A frame over the declared limit is refused before its end".to_owned(),
        sent: if limit <= MOST {
            Sent::OverUnended(begun, ending.clone())
        } else {
            Sent::TooLarge
        },
    };
    // Stuffing may be counted or not, and so may a CR that is stripped.
    let is_plain = framing.terminator().is_some() && !framing.strips_cr();
    let by_one = (is_plain && limit <= MOST).then(|| AtTheLimit {
        id: "codec/one-over-the-limit",
        title: "A frame of one octet more than the declared limit is refused".to_owned(),
        sent: Sent::OverByOne(by_one, ending),
    });
    [unended].into_iter().chain(by_one)
}

/// A record that is over the limit, and none of whose fragments is.
fn in_fragments(framing: &Framing, limit: u64) -> Option<AtTheLimit> {
    let has_fragments = framing.number() == Some(&Number::Mark) && framing.preface().is_empty();
    if !has_fragments || limit > MOST {
        return None;
    }
    let (first, rest) = (limit / 2, limit - limit / 2 + 1);
    let mut octets = (first as u32).to_be_bytes().to_vec();
    octets.extend(vec![b'x'; first as usize]);
    octets.extend(head(framing, i128::from(rest)).unwrap_or_default());
    Some(AtTheLimit {
        id: "codec/over-the-limit-in-fragments",
        title: "A record whose fragments are together over the declared limit is refused"
            .to_owned(),
        sent: Sent::Over(octets),
    })
}

/// The octets of a stream up to its first payload, which has `payload` octets.
pub(super) fn head(framing: &Framing, payload: i128) -> Option<Vec<u8>> {
    Some([framing.preface(), framing.head(payload, 0)?].concat())
}

impl AtTheLimit {
    pub(super) fn judge(&self, framing: &Framing, codec: &mut dyn Decode) -> Check {
        let case = CaseInfo::new(
            Role::Codec,
            self.id,
            &self.title,
            &["FRM-7"],
            Class::Framing,
        );
        let check = |verdict, message: Sentence, evidence| Check {
            evidence,
            ..Check::new(&case, None, verdict, message)
        };
        let skipped = |why: &str| check(Verdict::Skipped, why.into(), None);
        let judged = match &self.sent {
            Sent::Nothing => return skipped("no length is above the declared limit"),
            Sent::TooLarge => return skipped("the limit is too large to be sent"),
            Sent::Within(limit) => within(framing, codec, *limit),
            Sent::Over(octets) => over(codec, octets),
            Sent::OverUnended(octets, ending) => match over(codec, octets) {
                // The codec had not seen that much yet; when the end comes it must refuse.
                Err(_) if refuses_at_the_end(codec, ending) => {
                    let why = "refused only when its end had come";
                    return check(Verdict::Acceptable, why.into(), None);
                }
                judged => judged,
            },
            Sent::OverByOne(octets, ending) => over_by_one(codec, octets, ending),
        };
        match judged {
            Ok(()) => check(Verdict::Pass, Sentence::default(), None),
            Err(failure) => check(Verdict::Fail, failure.message, Some(failure.evidence)),
        }
    }
}

fn within(framing: &Framing, codec: &mut dyn Decode, limit: usize) -> Result<(), Box<Failure>> {
    let payload = vec![b'x'; limit];
    let mut decoded = Decoded::default();
    // The head alone first, from which too strict a limit refuses.
    let stream = framing.stream([&payload[..]]).unwrap_or_default();
    let head = stream
        .iter()
        .position(|octet| *octet == b'x')
        .unwrap_or(0)
        .max(1);
    let (head, rest) = stream.split_at(head.min(stream.len()));
    decoded.feed(codec, head);
    decoded.feed(codec, rest);
    decoded.finish(codec);
    let expected = [payload];
    if decoded.error.is_some() {
        let message = "a frame of the declared limit is refused";
        return Err(decoded.failure(codec, &expected, What::Refused, message, "its delivery"));
    }
    compare(codec, &decoded, &expected)
}

fn over(codec: &mut dyn Decode, octets: &[u8]) -> Result<(), Box<Failure>> {
    let mut decoded = Decoded::default();
    decoded.feed(codec, octets);
    if decoded.error.is_none() && codec.refused() {
        decoded.error = Some("refused".to_owned());
    }
    compare(codec, &decoded, &[])?;
    if decoded.error.is_some() {
        return Ok(());
    }
    let message = "a length over the declared limit is not refused";
    let wanted = "an error as soon as the length is there";
    Err(decoded.failure(codec, &[], What::NotRefused, message, wanted))
}

/// Without its end first, so that a decoder may refuse what is there, and then with it.
fn over_by_one(codec: &mut dyn Decode, octets: &[u8], ending: &[u8]) -> Result<(), Box<Failure>> {
    let mut decoded = Decoded::default();
    decoded.feed(codec, octets);
    decoded.feed(codec, ending);
    decoded.finish(codec);
    compare(codec, &decoded, &[])?;
    if decoded.error.is_some() {
        return Ok(());
    }
    let message = "a frame over the declared limit is not refused";
    Err(decoded.failure(codec, &[], What::NotRefused, message, "an error"))
}

fn refuses_at_the_end(codec: &mut dyn Decode, ending: &[u8]) -> bool {
    let mut decoded = Decoded::default();
    decoded.feed(codec, ending);
    decoded.finish(codec);
    decoded.error.is_some() && compare(codec, &decoded, &[]).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::Next;

    /// A decoder of a framing that holds nothing to a limit.
    struct Unlimited(Framing, Vec<u8>);

    impl Decode for Unlimited {
        fn feed(&mut self, octets: &[u8], deliver: &mut dyn FnMut(&[u8])) -> Result<(), String> {
            self.1.extend_from_slice(octets);
            loop {
                let length = match self.0.next(&self.1) {
                    Next::Frame(frame) => {
                        deliver(&frame.payload);
                        frame.length
                    }
                    Next::Refuse(why) => return Err(why.to_string()),
                    _ => return Ok(()),
                };
                self.1.drain(..length);
            }
        }

        fn finish(&mut self, _: &mut dyn FnMut(&[u8])) -> Result<(), String> {
            match self.1.is_empty() {
                true => Ok(()),
                false => Err("the stream ends inside a frame".to_owned()),
            }
        }
    }

    #[test]
    fn a_frame_over_the_limit_is_wrong_by_nothing_else() {
        for template in ["cobs", "slip", "line'\\r\\n'", "mllp"] {
            for limit in [3, 254, 1_000] {
                let framing: Framing = template.parse().unwrap();
                let limited = framing.clone().with_max_payload(limit);
                let cases = at_the_limit(&limited);
                let over = cases.iter().find(|case| case.id == "codec/over-the-limit");
                let over = over.unwrap();
                let mut unlimited = Unlimited(framing, Vec::new());
                let check = over.judge(&limited, &mut unlimited);
                assert_eq!(check.verdict, Verdict::Fail, "{template} {limit}");
                let mut right = Unlimited(limited.clone(), Vec::new());
                let check = over.judge(&limited, &mut right);
                let passes = matches!(check.verdict, Verdict::Pass | Verdict::Acceptable);
                assert!(passes, "{template} {limit}: {}", check.message);
            }
        }
    }
}
