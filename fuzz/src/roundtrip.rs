//! Payloads to octets to payloads, under any cut and any limit.

use unstick::wire::frame::encode;

use crate::decoding::{Reference, check};
use crate::plan::Plan;
use crate::reading::{Next, Reading};
use crate::rendered::Rendered;

/// Encodes the payloads of the whole frames in a plan's stream, compares the octets with
/// those that the plan wrote itself, and decodes them again under the plan's cuts.
///
/// # Errors
/// What went wrong, in words.
pub fn check_plan(
    plan: Plan<'_>,
    rendered: &mut Rendered,
    encoded: &mut Vec<u8>,
) -> Result<(), String> {
    plan.render(rendered);
    encoded.clear();
    let mut reading = Reading::new(rendered.octets(), u32::MAX);
    while let Next::Frame { payload, ends_at } = reading.step() {
        let from = encoded.len();
        encode(payload, encoded).map_err(|error| error.to_string())?;
        if encoded[from..] != rendered.octets()[from..ends_at] {
            return Err(format!(
                "a payload of {} octets was encoded otherwise",
                payload.len()
            ));
        }
    }
    let ends = rendered.ends().iter().copied();
    check(&mut Reference::default(), plan.limit(), encoded, ends)
}
