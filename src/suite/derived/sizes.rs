//! Payloads of the sizes at which the length of a framing changes.

use super::render::{Renderer, letters, with_commas};
use crate::framing::Number;
use crate::trace::segmentation::Segmentation;
use crate::trace::{Acceptable, Cuts, Trace};

/// Above this a payload is sent in few cuts, and a receiver may refuse it (FRM-7).
const FLOOR: u64 = 65_536;

/// A payload above this is not made.
const MOST: u64 = 4 * 1024 * 1024;

/// The most in a chain, where two parts have to come for one to be seen.
const MOST_IN_CHAIN: u64 = 20 * 1024 * 1024;

pub(super) fn traces(renderer: &Renderer<'_>) -> Vec<Trace> {
    let framing = renderer.framing;
    let bounds: &[u64] = match framing.number() {
        Some(Number::Varint(_) | Number::Vlq(_)) => &[2_097_151, 2_097_153],
        Some(Number::Quic) => &[63, 64, 65],
        Some(Number::Compact) => &[252, 253, 254],
        Some(Number::Decimal(_) | Number::Header(_) | Number::DecimalFixed(_)) => {
            &[9, 10, 11, 99, 100, 101, 999, 9_999, 10_000]
        }
        Some(Number::HexFixed(_)) => &[9, 10, 15, 16, 17],
        Some(Number::WebSocket) => &[125, 126],
        Some(Number::Ber) => &[],
        _ if framing.is_stuffed() => &[253, 254, 508, 509],
        _ => &[],
    };
    // A number that counts more than the payload has edges of its own.
    let adjustment = framing.adjustment();
    let shifted = [128_i128, 256, 32_768, 65_536]
        .into_iter()
        .flat_map(|edge| {
            let at = edge - adjustment;
            [at - 1, at, at + 1].map(move |size| if adjustment == 0 { -1 } else { size })
        });
    let mut sizes: Vec<u64> = bounds.to_vec();
    sizes.extend(
        shifted
            .filter_map(|size| u64::try_from(size).ok())
            .filter(|size| *size > 0),
    );
    let mut traces: Vec<Trace> = sizes
        .into_iter()
        .filter_map(|size| {
            let title = format!(
                "A payload of {} octets comes back whole",
                with_commas(u128::from(size))
            );
            of_size(renderer, &format!("len/{size}"), &title, size)
        })
        .collect();
    if let Some(largest) = framing.max_payload().filter(|_| !framing.is_unbounded()) {
        let title = format!(
            "The largest payload there is, {} octets, comes back whole",
            with_commas(u128::from(largest))
        );
        traces.extend(of_size(renderer, "len/largest", &title, largest));
    }
    traces.extend(chains(renderer));
    traces
}

fn of_size(renderer: &Renderer<'_>, id: &str, title: &str, size: u64) -> Option<Trace> {
    if size > MOST {
        return None;
    }
    let mut script = renderer.script();
    let payload = letters(usize::try_from(size).ok()?);
    let octets = payload.to_vec();
    renderer.adapted(&octets).filter(|same| *same == octets)?;
    script.exchange(&payload, "")?;
    script.word("hi")?;
    let mut trace = renderer.trace(id, title, &["LEN-1"], script);
    if size > FLOOR {
        trace.acceptable = Some(Acceptable::Refusal);
    }
    if size > 1024 * 1024 {
        trace.cuts = Some(few_cuts());
    }
    Some(trace)
}

fn few_cuts() -> Cuts {
    let mut cuts = vec![Segmentation::Apart, Segmentation::Whole];
    cuts.extend((1..=Segmentation::MOST_IN_LENGTH).map(Segmentation::Length));
    cuts.extend([Segmentation::Payload, Segmentation::StraddleLength]);
    Cuts::Named(cuts)
}

/// Payloads of exactly the most of one part, which another follows.
fn chains(renderer: &Renderer<'_>) -> Vec<Trace> {
    let framing = renderer.framing;
    let Some(most) = framing.max_payload().filter(|_| framing.is_chained()) else {
        return Vec::new();
    };
    [
        (
            "below",
            most.saturating_sub(1),
            "one octet below the most is one part",
        ),
        (
            "exact",
            most,
            "exactly the most is two parts, the second empty",
        ),
        ("above", most + 1, "one octet above the most is two parts"),
        (
            "twice",
            most * 2,
            "twice the most is three parts, the third empty",
        ),
    ]
    .into_iter()
    .filter(|(_, size, _)| *size <= MOST_IN_CHAIN)
    .filter_map(|(name, size, what)| {
        let mut script = renderer.script();
        script.word("hi")?;
        script.exchange(&letters(usize::try_from(size).ok()?), "")?;
        script.word("ho")?;
        let title = format!("A payload of {what}");
        let mut trace = renderer.trace(format!("frm/chain-{name}"), title, &["FRM-12"], script);
        if size > FLOOR {
            trace.acceptable = Some(Acceptable::Refusal);
        }
        if size > 1024 * 1024 {
            trace.cuts = Some(Cuts::Named(vec![Segmentation::Apart, Segmentation::Whole]));
        }
        Some(trace)
    })
    .collect()
}
