//! The golden fixtures as inputs of the targets.

use std::fs;
use std::io;
use std::path::Path;

use unstick::framing::Framing;
use unstick::model::framed::{KINDS, Kind};
use unstick::suite::{derived, fixtures};
use unstick::trace::segmentation::{Move, Segmentation, conversations};
use unstick::trace::{Action, Class, Trace, json};

use crate::captured;
use crate::plan::{self, Plan};
use crate::session_plan::{self, SessionPlan};
use crate::wire_input::WireInput;

/// The limit that seeds decode with, in octets.
const LIMIT: u32 = 65_536;

/// No seed is larger than the targets take, in octets.
const LARGEST: usize = 4_096;

/// Plans say much in few octets.
const LARGEST_PLAN: usize = 256;

/// The seeds of a target, each with a name.
#[must_use]
pub fn of(target: &str) -> Vec<(String, Vec<u8>)> {
    let traces = fixtures::all().iter();
    let frames = traces
        .clone()
        .filter(|trace| trace.class() <= Class::Framing);
    let sessions = traces
        .clone()
        .filter(|trace| trace.class() >= Class::Session && trace.id != "ses/pipelined-1000");
    let mut seeds: Vec<(String, Vec<u8>)> = match target {
        "decoder" => frames.flat_map(wire_inputs).collect(),
        "framing" => KINDS.iter().enumerate().flat_map(framed).collect(),
        "decoder_structured" | "roundtrip" | "differential" => frames.flat_map(plans).collect(),
        "session" | "transfer" | "verified" => sessions.flat_map(session_plans).collect(),
        "file_header" => sessions.flat_map(headers).collect(),
        "capture" => captured::seeds(),
        "trace" => traces
            .map(|trace| (slug(trace), json::write(trace).into()))
            .collect(),
        _ => Vec::new(),
    };
    let largest = match target {
        "capture" | "decoder" | "framing" | "trace" => LARGEST,
        _ => LARGEST_PLAN,
    };
    seeds.retain(|(_, data)| data.len() <= largest);
    seeds.sort_by(|a, b| a.1.cmp(&b.1));
    seeds.dedup_by(|a, b| a.1 == b.1);
    seeds
}

/// Writes the seeds of a target into a directory that is not there yet, or empty. Nothing in it is
/// ever removed: somebody may have kept what a fuzzer found there.
///
/// # Errors
/// Whatever the system says; that the directory is not empty, for one.
pub fn write(target: &str, dir: &Path) -> io::Result<()> {
    // Whole or not at all: several workers may look at once.
    let parent = dir.parent().unwrap_or(dir);
    fs::create_dir_all(parent)?;
    let staging = tempfile::tempdir_in(parent)?;
    for (name, data) in of(target) {
        fs::write(staging.path().join(name), data)?;
    }
    fs::rename(staging.path(), dir)?;
    // It has its own name now, and is nobody's to remove.
    let _ = staging.keep();
    Ok(())
}

fn slug(trace: &Trace) -> String {
    trace.id.replace('/', "-")
}

/// A trace as the stream that it sends, under the segmentations that say most.
fn wire_inputs(trace: &Trace) -> Vec<(String, Vec<u8>)> {
    let told = |segmentation: &Segmentation| {
        matches!(
            segmentation,
            Segmentation::Whole | Segmentation::Length(3) | Segmentation::Pinned
        )
    };
    conversations(trace)
        .into_iter()
        .filter(|(segmentation, _)| told(segmentation))
        .map(|(segmentation, moves)| {
            let mut stream = Vec::new();
            let mut ends = Vec::new();
            for one in moves {
                if let Move::Chunk(chunk) = one {
                    stream.extend(chunk);
                    ends.push(stream.len());
                }
            }
            let name = format!("{}-{segmentation}", slug(trace));
            (name, WireInput::encode(LIMIT, &ends, &stream))
        })
        .collect()
}

/// The cases of a framing, and payloads at a small limit, behind the octet that names the framing.
fn framed((number, kind): (usize, &Kind)) -> Vec<(String, Vec<u8>)> {
    let framing: Framing = kind.template().parse().expect("a template");
    let inputs = derived::traces(&framing).iter().flat_map(wire_inputs);
    let limited = [&b"aaa"[..], b"aaaa"].into_iter().filter_map(|payload| {
        let stream = framing.stream([payload]).ok()?;
        let name = format!("limit-3-payload-{}", payload.len());
        Some((name, WireInput::encode(3, &[], &stream)))
    });
    inputs
        .chain(limited)
        .map(|(name, input)| {
            let data = [&[number as u8], &input[..]].concat();
            (format!("{number}-{name}"), data)
        })
        .collect()
}

fn plans(trace: &Trace) -> Vec<(String, Vec<u8>)> {
    let sent: Vec<(Vec<u8>, Vec<u8>)> = sent(trace);
    let mut ops = Vec::new();
    for (length, payload) in &sent {
        let announced = <[u8; 4]>::try_from(length.as_slice()).map(u32::from_be_bytes);
        match announced {
            Ok(announced) if announced as usize == payload.len() => {
                ops.push(plan::Op::Literal(payload));
            }
            Ok(announced) => ops.push(plan::Op::Lie(announced, payload.len())),
            Err(_) => ops.extend([plan::Op::Raw(length), plan::Op::Raw(payload)]),
        }
    }
    ops.retain(|op| *op != plan::Op::Raw(&[]));
    let cut = [plan::Op::Every(3)].into_iter().chain(ops.iter().copied());
    vec![
        (format!("{}-cut", slug(trace)), Plan::encode(LIMIT, cut)),
        (slug(trace), Plan::encode(LIMIT, ops)),
    ]
}

fn session_plans(trace: &Trace) -> Vec<(String, Vec<u8>)> {
    let sent = sent(trace);
    let mut ops = Vec::new();
    for (length, payload) in &sent {
        let announced = <[u8; 4]>::try_from(length.as_slice()).map(u32::from_be_bytes);
        match announced {
            Ok(announced) if announced as usize == payload.len() => {
                ops.push(session_plan::Op::Message(payload));
            }
            _ if payload.len() > 64 => ops.push(session_plan::Op::Fill(payload.len())),
            _ => ops.extend([
                session_plan::Op::Raw(length),
                session_plan::Op::Raw(payload),
            ]),
        }
    }
    ops.retain(|op| *op != session_plan::Op::Raw(&[]));
    vec![(slug(trace), SessionPlan::encode(LIMIT, ops))]
}

/// The payload after a command is a header, or should be.
fn headers(trace: &Trace) -> Vec<(String, Vec<u8>)> {
    let sent = sent(trace);
    sent.windows(2)
        .filter(|pair| matches!(pair[0].1.as_slice(), b"file" | b"FILE"))
        .map(|pair| (slug(trace), pair[1].1.clone()))
        .collect()
}

/// Sends of a trace: a length and a payload, or no length and octets.
fn sent(trace: &Trace) -> Vec<(Vec<u8>, Vec<u8>)> {
    let actions = trace.steps.iter().map(|step| &step.action);
    actions
        .filter_map(|action| match action {
            Action::Frame { length, payload } => Some((length.to_vec(), payload.to_vec())),
            Action::Send(octets) => Some((Vec::new(), octets.to_vec())),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets;

    #[test]
    fn every_target_has_small_seeds_that_pass() {
        for target in targets::ALL {
            let seeds = of(target.name);
            // A capture of each format; all others are made of the fixtures.
            let least = if target.name == "capture" { 2 } else { 50 };
            assert!(seeds.len() >= least, "{}: {}", target.name, seeds.len());
            let total: usize = seeds.iter().map(|(_, data)| data.len()).sum();
            assert!(total <= 512 * 1024, "{}: {total} octets", target.name);
            for (name, data) in seeds {
                let outcome = (target.check)(&data);
                assert_eq!(outcome, Ok(()), "{} {name}", target.name);
            }
        }
    }
}
