//! A side of a stream as octets, without a gap.

use std::collections::BTreeMap;

use super::error::CaptureError;
use super::streams::Side;

/// A run of octets that came in one packet.
#[derive(Debug)]
pub(super) struct Run {
    /// Its place among all octets of the side.
    pub(super) start: i64,
    pub(super) octets: Vec<u8>,
    /// Number of octets of its peer that the sender had heard.
    pub(super) heard: i64,
    pub(super) packet: u64,
}

/// All octets that a side sent.
#[derive(Debug)]
pub(super) struct Assembled {
    pub(super) runs: Vec<Run>,
    /// The position of its first octet.
    pub(super) base: i64,
}

/// The most packets of a side that are named because they differ from earlier octets. In a capture of two connections
/// that were taken for one, every packet may differ.
const MAX_DIFFERING: usize = 10;

/// The position of the first octet of a side.
fn base(side: &Side) -> i64 {
    let real = side.pieces.iter().filter(|piece| !piece.keeps_alive);
    side.first
        .or_else(|| real.map(|piece| piece.position).min())
        .or(side.acknowledged_first)
        .or(side.lowest)
        .unwrap_or(0)
}

/// Puts the octets of a side together. `who` is the side in words.
///
/// # Errors
/// [`CaptureError::Gap`]: some are missing.
pub(super) fn assemble(
    side: &Side,
    peer: &Side,
    who: &str,
    warnings: &mut Vec<String>,
) -> Result<Assembled, CaptureError> {
    let (base, peer_base) = (base(side), base(peer));
    let mut runs = BTreeMap::new();
    let mut differing = 0_usize;
    for piece in side.pieces.iter().filter(|piece| !piece.keeps_alive) {
        let heard = piece.heard.map_or(0, |heard| heard - peer_base);
        let start = piece.position - base;
        let skipped = usize::try_from(-start).unwrap_or(0).min(piece.octets.len());
        let run = Run {
            start: start + skipped as i64,
            octets: piece.octets[skipped..].to_vec(),
            heard,
            packet: piece.packet,
        };
        if let Some((at, packet)) = insert(&mut runs, &run) {
            differing += 1;
            if differing <= MAX_DIFFERING {
                warnings.push(format!(
                    "octet {at} of what the {who} sent came twice and differs (packets {packet} \
                     and {}); the first copy is used",
                    piece.packet
                ));
            }
        }
    }
    if differing > MAX_DIFFERING {
        warnings.push(format!(
            "{} more packets of the {who} differ from what came before; the first copies are used",
            differing - MAX_DIFFERING
        ));
    }
    let runs: Vec<Run> = runs.into_values().collect();
    let mut end = 0;
    for run in &runs {
        if run.start > end {
            return Err(gap(
                who,
                end,
                run.start,
                &format!("before packet {}", run.packet),
            ));
        }
        end = run.start + run.octets.len() as i64;
    }
    reaches(side, who, base, end)?;
    Ok(Assembled { runs, base })
}

/// Checks that no packet speaks of octets after `end`.
fn reaches(side: &Side, who: &str, base: i64, end: i64) -> Result<(), CaptureError> {
    let longest = side
        .pieces
        .iter()
        .filter(|piece| !piece.keeps_alive)
        .max_by_key(|piece| piece.position + piece.length as i64);
    if let Some(piece) = longest {
        let reached = piece.position + piece.length as i64 - base;
        if reached > end {
            let why = format!(
                "packet {} was captured up to the snap length only",
                piece.packet
            );
            return Err(gap(who, end, reached, &why));
        }
    }
    if let Some(fin) = side.end
        && fin.position - base > end
    {
        let why = format!("packet {} is the end of the stream", fin.packet);
        return Err(gap(who, end, fin.position - base, &why));
    }
    if let Some((acknowledged, packet)) = side.acknowledged {
        let acknowledged = acknowledged - base;
        let ended = i64::from(side.end.is_some());
        if acknowledged > end + ended {
            let why = format!("packet {packet} acknowledges them");
            return Err(gap(who, end, acknowledged - ended, &why));
        }
    }
    Ok(())
}

fn gap(who: &str, from: i64, to: i64, why: &str) -> CaptureError {
    let octets = match to - from {
        1 => format!("octet {from} of what the {who} sent is missing"),
        _ => format!(
            "octets {from} to {} of what the {who} sent are missing",
            to - 1
        ),
    };
    CaptureError::Gap(format!(
        "{octets} ({why}); a recording needs every octet, so capture it again"
    ))
}

/// Takes in the octets of a run that are new. Where others differ from earlier octets: the first such place, and the
/// packet that those came in.
fn insert(runs: &mut BTreeMap<i64, Run>, run: &Run) -> Option<(i64, u64)> {
    let end = run.start + run.octets.len() as i64;
    let mut differs = None;
    let mut at = run.start;
    let before = runs
        .range(..=run.start)
        .next_back()
        .map_or(run.start, |(start, _)| *start);
    // The holes that the runs there leave open.
    let mut holes = Vec::new();
    for (start, there) in runs.range(before..end) {
        let there_end = start + there.octets.len() as i64;
        if there_end <= at {
            continue;
        }
        if *start > at {
            holes.push((at, *start));
            at = *start;
        }
        let to = there_end.min(end);
        let ours = &run.octets[(at - run.start) as usize..(to - run.start) as usize];
        let theirs = &there.octets[(at - start) as usize..(to - start) as usize];
        if differs.is_none()
            && let Some(place) = ours.iter().zip(theirs).position(|(a, b)| a != b)
        {
            differs = Some((at + place as i64, there.packet));
        }
        at = to;
    }
    if at < end {
        holes.push((at, end));
    }
    for (from, to) in holes {
        let octets = run.octets[(from - run.start) as usize..(to - run.start) as usize].to_vec();
        runs.insert(
            from,
            Run {
                start: from,
                octets,
                heard: run.heard,
                packet: run.packet,
            },
        );
    }
    differs
}
