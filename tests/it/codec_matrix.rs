//! Every case for codecs has been seen to fail: the suite over a right codec, in process, and over
//! each of the faults that the fuzz targets are measured by, and more of encoders and lengths.
//! `snapshots/codec-matrix.snap` is the matrix.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::matrix::{SHARE, Seen, is_whole, judged_rows, side_by_side};
use crate::support::{project, snapshots};
use unstick::judge::id::RequirementId;
use unstick::judge::progress::Unwatched;
use unstick::suite::codec::{self, Decode, Judge};
use unstick::suite::verdict::{Check, Verdict};
use unstick_fuzz::decoding::Decode as _;
use unstick_fuzz::planted::Fault;
use unstick_fuzz::planted::decoders::{FAULTS, Planted};

/// The limit that is declared, in octets.
const MAX_PAYLOAD: u32 = 8 * 1024 * 1024;

const WORKERS: usize = 2;

/// No fault's name, and so a right codec.
const NONE: &str = "none";

/// A right codec again, that declares no limit.
const UNLIMITED: &str = "unlimited";

/// The fault of a decoder that no fuzz target is measured by: it takes 4 GiB to show there.
const SIZE_WRAPS: &str = "size-wraps";

/// The fault of an encoder whose lengths are signed.
const PACKS_SIGNED: &str = "packs-signed";

/// The fault of a decoder that makes room for what is announced.
const HOLDS_ANNOUNCED: &str = "holds-announced";

/// The case that shows it, where no limit bounds what can be announced.
const MEMORY: &str = "frm/memory-follows-arrival";

/// Faults of none of those decoders.
const OF_ENCODERS_AND_LENGTHS: [(&str, &str); 12] = [
    (
        HOLDS_ANNOUNCED,
        "memory is taken for what a length announces",
    ),
    (
        SIZE_WRAPS,
        "the size of a frame is counted in 32 bits, prefix and all",
    ),
    ("encodes-nothing", "an empty payload is encoded as nothing"),
    ("encodes-itself", "the length that is encoded counts itself"),
    ("encodes-255", "payloads of 255 octets are refused"),
    (
        "packs-backwards",
        "lengths are packed least significant octet first",
    ),
    (PACKS_SIGNED, "lengths above 2,147,483,647 are not packed"),
    ("packs-anything", "what is no length is wrapped, and packed"),
    (
        "unpacks-signed",
        "a length with its top bit set is negative",
    ),
    (
        "unpacks-backwards",
        "lengths are unpacked least significant octet first",
    ),
    ("unpacks-short", "fewer octets than four are filled up"),
    ("unpacks-long", "octets behind the fourth are passed over"),
];

struct Adapter {
    planted: Planted,
    holds_announced: bool,
    /// The most memory that it has held, in octets.
    peak: u64,
}

impl Decode for Adapter {
    fn feed(&mut self, octets: &[u8], deliver: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        self.peak += match octets.first_chunk::<4>() {
            Some(length) if self.holds_announced => u32::from_be_bytes(*length).into(),
            _ => octets.len() as u64,
        };
        self.planted
            .push(octets, deliver)
            .map_err(|_| "refused".to_owned())
    }

    fn peak_memory(&mut self) -> Option<u64> {
        Some(self.peak)
    }

    fn finish(&mut self, _: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        match self.planted.ends_cleanly() {
            true => Ok(()),
            false => Err("the stream ended inside a frame".to_owned()),
        }
    }
}

/// A decoder with [`SIZE_WRAPS`].
#[derive(Default)]
struct Wrapping(Vec<u8>);

impl Decode for Wrapping {
    fn feed(&mut self, octets: &[u8], deliver: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        self.0.extend(octets);
        while let Some((prefix, _)) = self.0.split_first_chunk::<4>() {
            let size = u32::from_be_bytes(*prefix).wrapping_add(4) as usize;
            if size > 4 + MAX_PAYLOAD as usize {
                return Err("too long".to_owned());
            }
            if self.0.len() < size {
                break;
            }
            let frame: Vec<u8> = self.0.drain(..size.max(4)).collect();
            deliver(frame.get(4..size).unwrap_or_default());
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        match self.0.is_empty() {
            true => Ok(()),
            false => Err("the stream ended inside a frame".to_owned()),
        }
    }
}

fn encoded(fault: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
    let itself = if fault == "encodes-itself" { 4 } else { 0 };
    match (fault, payload.len()) {
        ("encodes-nothing", 0) => return Ok(Vec::new()),
        ("encodes-255", 255) => return Err("too long".to_owned()),
        _ => {}
    }
    let length = u32::try_from(payload.len() + itself).map_err(|error| error.to_string())?;
    Ok([&length.to_be_bytes(), payload].concat())
}

fn packed(fault: &str, value: i128) -> Result<Vec<u8>, String> {
    match (fault, u32::try_from(value)) {
        ("packs-backwards", Ok(length)) => Ok(length.to_le_bytes().to_vec()),
        (PACKS_SIGNED, Ok(0x8000_0000..)) => Err("too large".to_owned()),
        ("packs-anything", Err(_)) => Ok((value as u32).to_be_bytes().to_vec()),
        (_, length) => Ok(length
            .map_err(|error| error.to_string())?
            .to_be_bytes()
            .to_vec()),
    }
}

fn unpacked(fault: &str, octets: &[u8]) -> Result<i128, String> {
    let mut four = octets.to_vec();
    match fault {
        "unpacks-short" if four.len() < 4 => four.resize(4, 0),
        "unpacks-long" => four.truncate(4),
        _ => {}
    }
    let four: [u8; 4] = four.try_into().map_err(|_| "not four octets")?;
    Ok(match fault {
        "unpacks-signed" => i32::from_be_bytes(four).into(),
        "unpacks-backwards" => u32::from_le_bytes(four).into(),
        _ => u32::from_be_bytes(four).into(),
    })
}

fn judged(fault: &'static str) -> Vec<Check> {
    let judge = Judge::decoder(move || -> Box<dyn Decode> {
        if fault == SIZE_WRAPS {
            return Box::new(Wrapping::default());
        }
        let mut planted = Planted::new(fault);
        planted.start(MAX_PAYLOAD);
        Box::new(Adapter {
            planted,
            holds_announced: fault == HOLDS_ANNOUNCED,
            peak: 0,
        })
    })
    .encoder(|payload| encoded(fault, payload))
    .lengths(
        |value| packed(fault, value),
        |octets| unpacked(fault, octets),
    );
    let judge = match fault {
        // Under a limit an error is right for lengths above it.
        PACKS_SIGNED | HOLDS_ANNOUNCED | UNLIMITED => judge,
        _ => judge.max_payload(MAX_PAYLOAD),
    };
    judge.memory().checks(&mut Unwatched)
}

/// The requirement that a failure breaks may be put before those of its case, which stay, each once.
fn assert_adds_one_at_most(found: &[&RequirementId], of_case: &[RequirementId]) {
    let distinct: BTreeSet<_> = found.iter().collect();
    assert_eq!(distinct.len(), found.len(), "{found:?}");
    assert!(
        of_case.iter().all(|id| found.contains(&id)),
        "{found:?} {of_case:?}"
    );
    assert!(found.len() <= of_case.len() + 1, "{found:?} {of_case:?}");
}

#[test]
fn a_right_codec_passes_every_check() {
    let checks = judged(NONE);
    for check in &checks {
        // The limit is below what shows in memory.
        let verdict = match check.id.as_str() {
            MEMORY => Verdict::Skipped,
            _ => Verdict::Pass,
        };
        assert_eq!(check.verdict, verdict, "{check:#?}");
    }
    let judged: BTreeSet<_> = checks.iter().map(|check| check.id.as_str()).collect();
    let cases = codec::cases();
    assert_eq!(
        judged,
        cases.iter().map(|case| case.info.id.as_str()).collect()
    );
}

#[test]
fn memory_is_to_follow_what_arrives() {
    let right = judged(UNLIMITED);
    let memory = right.iter().find(|check| check.id == MEMORY).unwrap();
    assert_eq!(memory.verdict, Verdict::Pass, "{memory:#?}");
    let wrong = judged(HOLDS_ANNOUNCED);
    for check in wrong.iter().filter(|check| check.verdict == Verdict::Fail) {
        assert_eq!(check.broken.as_ref().unwrap(), "FRM-8", "{check:#?}");
    }
    // Each further large length would take as long as the memory.
    let announcing = wrong
        .iter()
        .filter(|check| check.id.starts_with("len/announced-"));
    let made = announcing.clone().filter(|check| !check.left_out);
    assert!(made.count() == 3 && announcing.count() > 3);
}

#[test]
fn every_case_for_codecs_has_failed() {
    let of_decoders = FAULTS.iter().map(|Fault { name, what, .. }| (*name, *what));
    let mut faults: Vec<_> = of_decoders.chain(OF_ENCODERS_AND_LENGTHS).collect();
    faults.sort_unstable();
    let right = judged(NONE);
    let of_case: BTreeMap<&str, &[RequirementId]> = right
        .iter()
        .map(|check| (check.id.as_str(), check.requirements.as_slice()))
        .collect();
    let faults = judged_rows(faults, SHARE);
    let seen = side_by_side(WORKERS, &faults, |(name, _)| {
        let checks = judged(name);
        for check in &checks {
            assert_adds_one_at_most(&check.broken_first(), of_case[check.id.as_str()]);
        }
        Seen::in_report("codec", &checks)
    });
    let failed: BTreeSet<&str> = seen
        .iter()
        .flat_map(|seen| seen.cases.iter().map(String::as_str))
        .collect();
    let cases = codec::cases();
    let never = cases.iter().map(|case| case.info.id.as_str());
    let never: Vec<_> = never.filter(|id| !failed.contains(id)).collect();
    let rows = faults.iter().zip(&seen).map(|((name, what), seen)| {
        format!(
            "{name:22}  {:5}  {}\n    planted:  {what}\n    reported: {}\n",
            seen.requirement.as_deref().unwrap_or("-"),
            seen.cases.len(),
            seen.cause.as_deref().unwrap_or("-"),
        )
    });
    if is_whole() {
        let rows: String = rows.collect();
        let table = format!("{:22}  shows  cases\n{rows}", "fault");
        snapshots().bind(|| insta::assert_snapshot!("codec-matrix", table));
        assert!(never.is_empty(), "no fault fails {never:?}");
    } else {
        let kept = std::fs::read_to_string(project("snapshots/codec-matrix.snap")).unwrap();
        for row in rows {
            assert!(kept.contains(row.trim_end()), "not in the matrix:\n{row}");
        }
    }
}
