//! Decoders of three framings, wrong in one place: those that the cases for framings are measured by.

// The tests of the crate above look at all that it can be asked.
#[allow(dead_code)]
#[path = "../../../testees/framed/decoder.rs"]
mod decoder;

use unstick::model::framed::Kind;

use super::{Fault, fault};
use crate::framed::Decode;
use decoder::{Decoder, SHAPES};

/// The faults: the framing, and the mistake.
pub const FAULTS: &[Fault] = &[
    fault("inclusive-swapped", "the most significant octet first"),
    fault("inclusive-width", "one octet of the length is read"),
    fault("inclusive-adds-one-more", "the length counts one more"),
    fault("inclusive-adds-nothing", "the length counts the payload"),
    fault("inclusive-empty-not-adjusted", "an empty frame is not"),
    fault("inclusive-underflow-empty", "0 and 1 are empty frames"),
    fault("inclusive-prefix-cut", "a length that is cut is lost"),
    fault("inclusive-short-read", "what has come is the whole"),
    fault("inclusive-sticky", "what comes with a frame is lost"),
    fault("inclusive-zero-swallowed", "empty frames are lost"),
    fault("inclusive-truncated-delivered", "a cut frame is delivered"),
    fault("inclusive-truncated-clean", "a cut frame is a clean end"),
    fault("inclusive-limit-one-less", "the limit itself is refused"),
    fault("inclusive-limit-one-more", "one above the limit is taken"),
    fault("varint-overlong", "eleven octets of a length are taken"),
    fault("varint-keeps-32-bits", "a length is cut to 32 bits"),
    fault("varint-zero-ends", "an empty frame is the end"),
    fault("varint-old-octets", "a cut frame is filled with old octets"),
    fault("varint-prefix-cut", "a length that is cut is lost"),
    fault("varint-short-read", "what has come is the whole"),
    fault("varint-sticky", "what comes with a frame is lost"),
    fault("varint-zero-swallowed", "empty frames are lost"),
    fault("varint-truncated-delivered", "a cut frame is delivered"),
    fault("varint-truncated-clean", "a cut frame is a clean end"),
    fault("varint-limit-one-less", "the limit itself is refused"),
    fault("varint-limit-one-more", "one above the limit is taken"),
    fault("netstring-longer-forms", "leading zeros are taken"),
    fault("netstring-keeps-32-bits", "a length is cut to 32 bits"),
    fault("netstring-zero-ends", "an empty frame is the end"),
    fault("netstring-prefix-cut", "a length that is cut is lost"),
    fault("netstring-short-read", "what has come is the whole"),
    fault("netstring-sticky", "what comes with a frame is lost"),
    fault("netstring-zero-swallowed", "empty frames are lost"),
    fault("netstring-literal-unseen", "the comma is not looked at"),
    fault("netstring-truncated-delivered", "a cut frame is delivered"),
    fault("netstring-truncated-clean", "a cut frame is a clean end"),
    fault("netstring-limit-one-less", "the limit itself is refused"),
    fault("netstring-limit-one-more", "one above the limit is taken"),
];

/// A decoder with a fault.
pub struct Planted(Decoder);

impl Planted {
    /// A decoder for a framing; without the fault where that is another framing's. `None` where there is no
    /// such decoder.
    #[must_use]
    pub fn new(fault: &str, kind: Kind, limit: u32) -> Option<Self> {
        let name = match kind {
            Kind::Inclusive => "inclusive",
            Kind::Varint => "varint",
            Kind::Netstring => "netstring",
            _ => return None,
        };
        let shape = SHAPES
            .into_iter()
            .find(|shape| shape.template == kind.template())?;
        let (framing, mistake) = fault.split_once('-').unwrap_or_default();
        let mistake = if framing == name { mistake } else { "" };
        Some(Self(Decoder::new(shape, mistake, u64::from(limit))))
    }
}

impl Decode for Planted {
    fn push(&mut self, chunk: &[u8], deliver: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        self.0.feed(chunk, &mut |payload, _| deliver(payload))
    }

    fn finish(&mut self, deliver: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        self.0.finish(&mut |payload, _| deliver(payload))
    }
}
