//! Properties of a decoder of any framing. The framing is part of the input: its first octet.

use unstick::framing::{Framing, Next};
use unstick::model::framed::{KINDS, Kind, Next as Expected, Reading};

use crate::wire_input::WireInput;

/// A decoder that can be checked: the reading of framings, or one with a planted fault.
pub trait Decode {
    /// Takes the next octets and hands over each payload that they complete.
    ///
    /// # Errors
    /// The stream is not one of this framing.
    fn push(&mut self, chunk: &[u8], deliver: &mut dyn FnMut(&[u8])) -> Result<(), String>;

    /// Takes the end of the stream.
    ///
    /// # Errors
    /// It comes inside a frame.
    fn finish(&mut self, deliver: &mut dyn FnMut(&[u8])) -> Result<(), String>;
}

/// `framing::Framing` over what has come so far.
#[derive(Debug)]
pub struct Reference {
    framing: Framing,
    pending: Vec<u8>,
    has_ended: bool,
}

impl Reference {
    /// A decoder at the start of a stream.
    ///
    /// # Panics
    /// When the template of a kind is not a framing.
    #[must_use]
    pub fn new(kind: Kind, limit: u32) -> Self {
        let framing: Framing = kind.template().parse().expect("a template");
        Self {
            framing: framing.with_max_payload(u64::from(limit)),
            pending: Vec::new(),
            has_ended: false,
        }
    }
}

impl Decode for Reference {
    fn push(&mut self, chunk: &[u8], deliver: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        self.pending.extend_from_slice(chunk);
        let mut at = 0;
        while !self.has_ended && at < self.pending.len() {
            match self.framing.next(&self.pending[at..]) {
                Next::Frame(frame) => {
                    deliver(&frame.payload);
                    at += frame.length;
                }
                Next::Skip(length) => at += length,
                Next::End(_) => self.has_ended = true,
                Next::Need(_) => break,
                Next::Refuse(why) => return Err(why.to_string()),
            }
        }
        self.pending.drain(..at);
        Ok(())
    }

    fn finish(&mut self, _: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        match self.pending.is_empty() || self.has_ended {
            true => Ok(()),
            false => Err("the stream ends inside a frame".to_owned()),
        }
    }
}

/// The framing, and the rest of an input: a limit, sizes of chunks, a stream.
#[must_use]
pub fn input(data: &[u8]) -> (Kind, WireInput<'_>) {
    let (first, rest) = data.split_first().unwrap_or((&0, &[]));
    (
        KINDS[usize::from(*first) % KINDS.len()],
        WireInput::new(rest),
    )
}

/// Feeds the stream of an input to a decoder and compares it with a reading of the whole. Each payload comes
/// with the octet that completes it, nothing is refused before it is wrong, and what is wrong is refused by
/// the end of the stream.
///
/// # Errors
/// The failure, in words.
pub fn check(decoder: &mut dyn Decode, data: &[u8]) -> Result<(), String> {
    let (kind, input) = input(data);
    let mut reading = Reading::new(kind, input.limit, input.stream);
    let mut next = reading.step();
    let mut from = 0;
    let mut refused = false;
    for end in input.ends().chain([input.stream.len()]) {
        let mut wrong = None;
        let outcome = decoder.push(&input.stream[from..end], &mut |payload| match next {
            Expected::Frame {
                payload: expected,
                ends_at,
            } if wrong.is_none() && ends_at <= end && payload == expected => next = reading.step(),
            _ => wrong = wrong.or(Some(payload.len())),
        });
        if let Some(length) = wrong {
            return Err(format!(
                "a payload of {length} octets was delivered after {end}; expected {next:?}"
            ));
        }
        if let Err(why) = outcome {
            if !matches!(next, Expected::Refused { known_at } if known_at <= end) {
                return Err(format!("{why}, after {end} octets; expected {next:?}"));
            }
            refused = true;
            break;
        }
        if matches!(next, Expected::Frame { ends_at, .. } if ends_at <= end) {
            return Err(format!("nothing came of {end} octets; expected {next:?}"));
        }
        from = end;
    }
    let mut more = 0;
    let is_clean = !refused && decoder.finish(&mut |_| more += 1).is_ok();
    match is_clean == matches!(next, Expected::Clean | Expected::Ended) && more == 0 {
        true => Ok(()),
        false => Err(format!(
            "the end was misjudged, and {more} payloads came with it; it is {next:?}"
        )),
    }
}

/// An input as people read it.
#[must_use]
pub fn show(data: &[u8]) -> String {
    let (kind, input) = input(data);
    let ends: Vec<usize> = input.ends().collect();
    format!(
        "{}, limit {}, cut at {ends:?}: {:02x?}",
        kind.template(),
        input.limit,
        input.stream
    )
}
