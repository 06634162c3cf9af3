//! Codecs: what decodes a stream and encodes payloads, judged by the framing traces without a
//! socket. A crate's test suite does it in a few lines:
//!
//! ```
//! use unstick::suite::codec::{Decode, Judge};
//!
//! struct Mine(unstick::wire::frame::Decoder);
//!
//! impl Decode for Mine {
//!     fn feed(&mut self, mut octets: &[u8], deliver: &mut dyn FnMut(&[u8])) -> Result<(), String> {
//!         while let Some(payload) = self.0.decode(&mut octets).map_err(|e| e.to_string())? {
//!             deliver(payload);
//!         }
//!         Ok(())
//!     }
//!
//!     fn finish(&mut self, _: &mut dyn FnMut(&[u8])) -> Result<(), String> {
//!         std::mem::take(&mut self.0).finish().map_err(|e| e.to_string())
//!     }
//! }
//!
//! Judge::decoder(|| Box::new(Mine(unstick::wire::frame::Decoder::new(u32::MAX)))).assert();
//! ```

mod conversation;
mod lengths;
#[cfg(feature = "cli")]
pub mod program;

use super::fixtures;
use super::requirement;
use crate::judge::case::{CaseInfo, Described, Role};
use crate::judge::check::{Check, Verdict};
use crate::judge::evidence::Evidence;
use crate::judge::progress::{Progress, Unwatched};
use crate::trace::segmentation::{Segmentation, conversations, repaired};
use crate::trace::{Acceptable, Class, Trace};
use crate::wire::frame;

/// After so many failures a case that has failed is not run under further segmentations: a
/// program takes its time for each.
const MANY: usize = 25;

/// A decoder under test, at the start of one stream.
pub trait Decode {
    /// Takes the next octets of the stream, however they were cut, and hands over each payload
    /// that is complete.
    ///
    /// # Errors
    /// The stream breaks the protocol; the decoder's own words.
    fn feed(&mut self, octets: &[u8], deliver: &mut dyn FnMut(&[u8])) -> Result<(), String>;

    /// Is told that the stream has ended, and hands over what it has held back.
    ///
    /// # Errors
    /// It ended inside a frame (FRM-6).
    fn finish(&mut self, deliver: &mut dyn FnMut(&[u8])) -> Result<(), String>;

    /// Says whether it has refused the stream already, where [`Decode::feed`] cannot tell.
    fn refused(&mut self) -> bool {
        false
    }

    /// The end of what it wrote for people.
    fn remarks(&self) -> String {
        String::new()
    }
}

/// Encodes one payload as a frame, or says why not.
pub type Encode<'c> = dyn FnMut(&[u8]) -> Result<Vec<u8>, String> + 'c;

/// Packs a value as a length, or says why not (LEN-2).
pub type Pack<'c> = dyn FnMut(i128) -> Result<Vec<u8>, String> + 'c;

/// Unpacks a length, or says why not (LEN-3).
pub type Unpack<'c> = dyn FnMut(&[u8]) -> Result<i128, String> + 'c;

/// A codec to be judged, and how.
pub struct Judge<'c> {
    fresh: Box<dyn FnMut() -> Box<dyn Decode + 'c> + 'c>,
    encode: Option<Box<Encode<'c>>>,
    lengths: Option<(Box<Pack<'c>>, Box<Unpack<'c>>)>,
    max_payload: Option<u32>,
    known: Vec<(&'c str, &'c str)>,
}

impl std::fmt::Debug for Judge<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Judge")
    }
}

impl<'c> Judge<'c> {
    /// A decoder; `fresh` makes one for each stream.
    pub fn decoder(fresh: impl FnMut() -> Box<dyn Decode + 'c> + 'c) -> Self {
        Self {
            fresh: Box::new(fresh),
            encode: None,
            lengths: None,
            max_payload: None,
            known: Vec::new(),
        }
    }

    /// The encoder that belongs to it.
    #[must_use]
    pub fn encoder(mut self, encode: impl FnMut(&[u8]) -> Result<Vec<u8>, String> + 'c) -> Self {
        self.encode = Some(Box::new(encode));
        self
    }

    /// How it packs and unpacks single lengths.
    #[must_use]
    pub fn lengths(
        mut self,
        pack: impl FnMut(i128) -> Result<Vec<u8>, String> + 'c,
        unpack: impl FnMut(&[u8]) -> Result<i128, String> + 'c,
    ) -> Self {
        self.lengths = Some((Box::new(pack), Box::new(unpack)));
        self
    }

    /// Its limit on payloads in octets, so that it is judged at the boundary (FRM-7). Without
    /// one a refusal above 65,536 octets is acceptable.
    #[must_use]
    pub const fn max_payload(mut self, limit: u32) -> Self {
        self.max_payload = Some(limit);
        self
    }

    /// A case that is known to fail, and why. One that passes is reported by [`Judge::assert`].
    #[must_use]
    pub fn known_to_fail(mut self, case: &'c str, why: &'c str) -> Self {
        self.known.push((case, why));
        self
    }

    /// Judges the codec by every framing trace under every segmentation, and by what else it
    /// has. `progress` is told of each check, and can end the run.
    pub fn checks(mut self, progress: &mut dyn Progress) -> Vec<Check> {
        self.run(&mut |_| true, progress)
    }

    /// The same for the cases that are `wanted` by their id.
    pub(crate) fn run(
        &mut self,
        wanted: &mut dyn FnMut(&str) -> bool,
        progress: &mut dyn Progress,
    ) -> Vec<Check> {
        let traces: Vec<&'static Trace> = traces().filter(|trace| wanted(&trace.id)).collect();
        let total = traces.iter().map(|trace| conversations(trace).len()).sum();
        let mut checks = Vec::new();
        for trace in traces {
            for (segmentation, moves) in conversations(trace) {
                let failed = checks
                    .iter()
                    .filter(|check: &&Check| check.verdict == Verdict::Fail);
                let check = if failed.clone().count() >= MANY
                    && failed.clone().any(|f| f.id == trace.id)
                {
                    let why =
                        "not run: the case has failed under another segmentation, and many have";
                    blank(trace, Some(segmentation), Verdict::Skipped, why)
                } else {
                    self.check(trace, segmentation, &moves)
                };
                let flow = progress.finished(checks.len() + 1, total, &check);
                checks.push(check);
                if flow.is_break() {
                    return checks;
                }
            }
        }
        attribute(&mut checks);
        if let Some(limit) = self.max_payload {
            for case in conversation::at_the_limit(limit) {
                if wanted(case.id) {
                    checks.push(case.judge((self.fresh)().as_mut()));
                }
            }
        }
        if let Some((pack, unpack)) = &mut self.lengths {
            checks.extend(lengths::judge(pack, unpack, wanted));
        }
        checks
    }

    /// Judges the codec.
    ///
    /// # Panics
    /// When a check fails that is not known to fail, or one passes that is, with all that is
    /// needed to mend it: the requirement in words, what was fed and where it was cut, what was
    /// expected, and what came.
    pub fn assert(self) {
        let known = self.known.clone();
        let checks = self.checks(&mut Unwatched);
        let mut wrong = String::new();
        for check in checks.iter().filter(|check| check.verdict == Verdict::Fail) {
            if !known.iter().any(|(case, _)| *case == check.id) {
                wrong = described(check);
                break;
            }
        }
        let failed: Vec<&str> = checks
            .iter()
            .filter(|check| check.verdict == Verdict::Fail)
            .map(|check| check.id.as_str())
            .filter(|id| !known.iter().any(|(case, _)| case == id))
            .collect();
        if !failed.is_empty() {
            panic!(
                "{wrong}\n{} checks failed: {}",
                failed.len(),
                failed.join(" ")
            );
        }
        for (case, why) in known {
            let fails = checks
                .iter()
                .any(|check| check.id == case && check.verdict == Verdict::Fail);
            assert!(
                fails,
                "{case} is listed as known to fail ({why}), and passes"
            );
        }
        assert!(
            checks.iter().any(|check| check.verdict == Verdict::Pass),
            "no check has passed"
        );
    }

    fn check(
        &mut self,
        trace: &'static Trace,
        segmentation: Segmentation,
        moves: &[crate::trace::segmentation::Move<'_>],
    ) -> Check {
        let verdict = |verdict, message: &str| blank(trace, Some(segmentation), verdict, message);
        let largest = trace.largest_payload();
        if self
            .max_payload
            .is_some_and(|limit| largest > limit as usize)
        {
            return verdict(
                Verdict::Skipped,
                &format!("a payload of {largest} octets is above the declared limit"),
            );
        }
        let mut outcome = conversation::converse((self.fresh)().as_mut(), moves);
        if outcome.is_ok()
            && let Some(twin) = repaired(trace, segmentation)
            && let Err(why) = conversation::converse((self.fresh)().as_mut(), &twin)
        {
            return verdict(
                Verdict::Error,
                &format!(
                    "the codec refuses, but the same stream without the offence fails too, so that proves nothing ({})",
                    why.message
                ),
            );
        }
        if outcome.is_ok()
            && let Some(encode) = &mut self.encode
        {
            outcome = conversation::encodes(encode, trace);
        }
        match outcome {
            Ok(()) => verdict(Verdict::Pass, ""),
            Err(failure)
                if failure.refused
                    && trace.acceptable == Some(Acceptable::Refusal)
                    && self.max_payload.is_none() =>
            {
                verdict(Verdict::Acceptable, "refused, which is allowed")
            }
            Err(failure) => Check {
                evidence: Some(failure.evidence),
                ..verdict(Verdict::Fail, &failure.message)
            },
        }
    }
}

/// A stream that is decoded well in one cut and not in another shows which of the two
/// requirements on cuts is broken, whatever else the case is for.
fn attribute(checks: &mut [Check]) {
    let well: Vec<String> = checks
        .iter()
        .filter(|check| check.verdict == Verdict::Pass)
        .filter(|check| check.segmentation == Some(Segmentation::Apart))
        .map(|check| check.id.to_string())
        .collect();
    for check in checks.iter_mut() {
        let Some(segmentation) = check.segmentation else {
            continue;
        };
        if check.verdict != Verdict::Fail || !well.iter().any(|id| check.id == id.as_str()) {
            continue;
        }
        let (requirement, cause) = if segmentation.joins_frames() {
            ("FRM-3", "it loses what comes together with a frame")
        } else {
            ("FRM-2", "it takes a short read for a whole one")
        };
        check.broken = Some(requirement.into());
        check.cause = Some(cause.to_owned());
    }
}

/// The traces that a codec owes.
fn traces() -> impl Iterator<Item = &'static Trace> {
    fixtures::all()
        .iter()
        .filter(|trace| trace.class() <= Class::Framing)
}

/// A case for codecs, described.
#[derive(Debug, Clone)]
pub struct Case {
    /// What is known of it.
    pub info: CaseInfo,
    checks: usize,
}

impl Described for Case {
    fn info(&self) -> &CaseInfo {
        &self.info
    }

    fn owed_by(&self, _: Class) -> bool {
        true
    }

    fn checks(&self) -> usize {
        self.checks
    }
}

/// All cases that a codec can be judged by: the framing traces, and what only codecs have.
#[must_use]
pub fn cases() -> Vec<Case> {
    let traces = traces().map(|trace| {
        let requirements: Vec<_> = trace.requirements.iter().map(String::as_str).collect();
        Case {
            info: CaseInfo::new(
                Role::Codec,
                &trace.id,
                &trace.title,
                &requirements,
                trace.class(),
            ),
            checks: conversations(trace).len(),
        }
    });
    traces.chain(further_cases()).collect()
}

/// The cases on single lengths and on limits.
#[must_use]
pub fn further_cases() -> Vec<Case> {
    let limits = conversation::at_the_limit(0).map(|case| (case.id, case.title, "FRM-7"));
    let further = lengths::CASES.into_iter().chain(limits);
    further
        .map(|(id, title, requirement)| Case {
            info: CaseInfo::new(Role::Codec, id, title, &[requirement], Class::Codec),
            checks: 1,
        })
        .collect()
}

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

struct Reference(frame::Decoder);

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

fn blank(
    trace: &Trace,
    segmentation: Option<Segmentation>,
    verdict: Verdict,
    message: &str,
) -> Check {
    Check {
        id: trace.id.clone().into(),
        title: trace.title.clone(),
        requirements: trace.requirements.iter().cloned().map(Into::into).collect(),
        broken: trace
            .requirements
            .first()
            .filter(|_| verdict == Verdict::Fail)
            .cloned()
            .map(Into::into),
        class: trace.class(),
        segmentation,
        verdict,
        message: message.to_owned(),
        evidence: None,
        cause: None,
        rerun: None,
        details: serde_json::Map::new(),
        left_out: false,
    }
}

/// A failed check, as people read it.
fn described(check: &Check) -> String {
    let mut out = String::new();
    let id = check.requirement();
    let text = requirement::find(id).map_or("", |requirement| &requirement.text);
    out += &format!("{id}: {text}\n\n");
    let how = check
        .segmentation
        .map_or_else(String::new, |cut| format!(", fed {}", cut.in_words()));
    out += &format!("{}{how}\n{}\n\n", check.id, check.title);
    if let Some(evidence) = &check.evidence {
        out += &Evidence::to_string(evidence);
    }
    out + &format!("what happened: {}\n", check.message)
}
