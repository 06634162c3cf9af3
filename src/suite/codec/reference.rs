//! The reference codec, judged as any other.

use super::decode::Decode;
use super::judge::Judge;
use crate::wire::frame;

/// The reference codec, judged by itself.
#[must_use]
pub fn reference() -> Judge<'static> {
    Judge::decoder(|| Box::new(Reference(frame::Decoder::new(u32::MAX))))
        .encoder(|payload| {
            let mut out = Vec::new();
            frame::encode(payload, &mut out).map_err(|error| error.to_string())?;
            Ok(out)
        })
        .lengths(
            |value| {
                let octets = crate::wire::length::pack_checked(value);
                octets.map(Vec::from).map_err(|error| error.to_string())
            },
            |octets| {
                let length = crate::wire::length::unpack(octets);
                length.map(i128::from).map_err(|error| error.to_string())
            },
        )
}

pub(super) struct Reference(pub(super) frame::Decoder);

impl Decode for Reference {
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

    fn finish(&mut self, _: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        std::mem::take(&mut self.0)
            .finish()
            .map_err(|error| error.to_string())
    }
}
