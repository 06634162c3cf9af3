//! Invariants of a decoder, whatever arrives and however it is cut.

use unstick::wire::frame::Decoder;

use crate::reading::{Next, Reading};

/// The stream is no sequence of frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

/// A decoder that can be checked: the reference, or one with a planted fault.
pub trait Decode {
    /// A fresh one, with payloads of at most `limit` octets.
    fn start(&mut self, limit: u32);

    /// Takes the next octets and hands over each payload that they complete.
    ///
    /// # Errors
    /// [`Refused`], on every later call too.
    fn push(&mut self, chunk: &[u8], deliver: impl FnMut(&[u8])) -> Result<(), Refused>;

    /// True if the end of the stream is a clean one here.
    fn ends_cleanly(&mut self) -> bool;

    /// Number of octets that are held, if that can be seen.
    fn buffered(&self) -> Option<usize> {
        None
    }
}

/// The reference decoder.
#[derive(Debug, Default)]
pub struct Reference(Decoder);

impl Decode for Reference {
    fn start(&mut self, limit: u32) {
        self.0 = Decoder::new(limit);
    }

    fn push(&mut self, mut chunk: &[u8], mut deliver: impl FnMut(&[u8])) -> Result<(), Refused> {
        loop {
            let before = chunk.len();
            match self.0.decode(&mut chunk) {
                Ok(Some(payload)) => deliver(payload),
                Ok(None) => {
                    assert!(chunk.is_empty(), "octets are left, and no frame was lent");
                    return Ok(());
                }
                Err(_) => return Err(Refused),
            }
            assert!(chunk.len() < before, "a frame was lent and nothing taken");
        }
    }

    fn ends_cleanly(&mut self) -> bool {
        std::mem::take(&mut self.0).finish().is_ok()
    }

    fn buffered(&self) -> Option<usize> {
        Some(self.0.buffered())
    }
}

/// Feeds a stream to a decoder, cut at `ends`, and compares it with a one-shot reading.
///
/// Every payload must be the next one of the reading (FRM-1 to FRM-4), and come with the
/// very octet that completes it; a length over the limit must be refused by its last octet
/// (FRM-7), and nothing may come after that; the end is clean only between frames (FRM-5,
/// FRM-6); what is held never exceeds what arrived (FRM-8).
///
/// # Errors
/// What went wrong, in words.
pub fn check(
    decoder: &mut impl Decode,
    limit: u32,
    stream: &[u8],
    ends: impl IntoIterator<Item = usize>,
) -> Result<(), String> {
    decoder.start(limit);
    let mut reading = Reading::new(stream, limit);
    let mut next = reading.step();
    let mut from = 0;
    for end in ends.into_iter().chain([stream.len()]) {
        let arrived = end.clamp(from, stream.len());
        let mut wrong = None;
        let outcome = decoder.push(&stream[from..arrived], |payload| match next {
            Next::Frame {
                payload: expected,
                ends_at,
            } if wrong.is_none() && ends_at <= arrived && payload == expected => {
                next = reading.step();
            }
            _ => wrong = wrong.or(Some(payload.len())),
        });
        if let Some(length) = wrong {
            return Err(format!(
                "a payload of {length} octets was delivered after {arrived}; expected {}",
                in_words(next)
            ));
        }
        match (outcome, next) {
            (Err(Refused), Next::OverLimit { known_at }) if known_at <= arrived => {
                return nothing_after_the_error(decoder);
            }
            (Err(Refused), _) => {
                return Err(format!(
                    "refused after {arrived} octets; expected {}",
                    in_words(next)
                ));
            }
            (Ok(()), Next::Frame { ends_at: due, .. } | Next::OverLimit { known_at: due })
                if due <= arrived =>
            {
                return Err(format!(
                    "nothing came of the octets up to {arrived}; expected {}",
                    in_words(next)
                ));
            }
            _ => {}
        }
        if decoder.buffered().is_some_and(|held| held > arrived) {
            return Err(format!("more than the {arrived} octets that came are held"));
        }
        from = arrived;
    }
    if decoder.ends_cleanly() == (next == Next::End) {
        Ok(())
    } else {
        Err(format!("the end was misjudged; it is {}", in_words(next)))
    }
}

fn nothing_after_the_error(decoder: &mut impl Decode) -> Result<(), String> {
    let mut delivered = false;
    let outcome = decoder.push(b"\0\0\0\0", |_| delivered = true);
    match (outcome, delivered) {
        (Err(Refused), false) if !decoder.ends_cleanly() => Ok(()),
        _ => Err("after an error the decoder goes on".to_owned()),
    }
}

fn in_words(next: Next<'_>) -> String {
    match next {
        Next::Frame { payload, ends_at } => {
            format!("a payload of {} octets at {ends_at}", payload.len())
        }
        Next::OverLimit { known_at } => format!("a refusal at {known_at}"),
        Next::Truncated { arrived } => format!("an end {arrived} octets into a frame"),
        Next::End => "a clean end".to_owned(),
    }
}
