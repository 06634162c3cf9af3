//! The judge of a codec: every framing trace under every segmentation, and what only codecs have.

use std::collections::{BTreeMap, BTreeSet};

use super::decode::{Decode, Encode, EncodeStream, Pack, Unpack};
use super::{attribution, cases, conversation, encoder, lengths, limits, memory};
use crate::framing::Framing;
use crate::judge::check::{Check, Verdict};
use crate::judge::left_out::LeftOut;
use crate::judge::progress::{Progress, Unwatched};
use crate::judge::sentence::Sentence;
use crate::suite::derived;
use crate::trace::Trace;
use crate::trace::segmentation::{Move, Segmentation, conversations, cut, repaired};

use described::described;

mod described;

/// Number of failures after which a case that has failed is not run under further segmentations: a
/// program takes its time for each.
const MANY: usize = 25;

/// Number of cases over which waits for the codec timed out, after which a case is left out if its foremost
/// requirement has one of them.
const MANY_HANGS: usize = 8;

/// Number of checks that announce much, after which a codec that takes the memory for it is asked no more: each
/// takes as long as the memory.
const MANY_ANNOUNCED: usize = 3;

/// A codec to be judged, and how.
pub struct Judge<'c> {
    fresh: Box<dyn FnMut() -> Box<dyn Decode + 'c> + 'c>,
    encode: Option<Box<Encode<'c>>>,
    encode_stream: Option<Box<EncodeStream<'c>>>,
    lengths: Option<(Box<Pack<'c>>, Box<Unpack<'c>>)>,
    pub(super) max_payload: Option<u32>,
    pub(super) framing: Framing,
    known: Vec<(&'c str, &'c str)>,
    /// Its decoders say how much memory they hold.
    sees_memory: bool,
    /// Cases over which a program died, or the wait for it timed out: each further cut would take as long.
    costly: BTreeSet<String>,
    /// Cases over which the wait timed out, with their foremost requirements.
    hangs: BTreeMap<String, String>,
    /// The only traces that it is judged by, and then its encoder for streams by each.
    given: Option<&'static [Trace]>,
}

impl std::fmt::Debug for Judge<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Judge({})", self.framing)
    }
}

/// Settings of a run, beside the codec.
pub(crate) struct Manner<'m> {
    /// True of a case that is to be run, by its id.
    pub(crate) wanted: &'m dyn Fn(&str) -> bool,
    /// True of a case that is expected to fail, by its id: its cost leaves out no other.
    pub(crate) known: &'m dyn Fn(&str) -> bool,
    /// Stop at the first failure that is not known.
    pub(crate) fail_fast: bool,
}

impl Manner<'_> {
    /// Everything.
    pub(crate) const ALL: Self = Self {
        wanted: &|_| true,
        known: &|_| false,
        fail_fast: false,
    };
}

/// The reason why a codec has not done with a trace what it must.
pub(super) enum NotHeld {
    Failed(Box<conversation::Failure>),
    ProvesNothing(Sentence),
}

/// A check that is to be made.
enum Planned {
    Memory,
    Trace(&'static Trace, Segmentation),
    Limit(limits::AtTheLimit),
    Encoder(encoder::EncoderCase),
    Length(lengths::LengthCase),
}

impl Planned {
    /// The check, not made.
    fn left_out(&self, why: impl Into<Sentence>) -> Check {
        let (info, segmentation) = match self {
            Self::Trace(trace, segmentation) => (cases::of_trace(trace), Some(*segmentation)),
            Self::Memory => (memory::case(), None),
            Self::Limit(case) => (cases::further(case.id, &case.title, "FRM-7"), None),
            Self::Encoder(case) => (cases::further(case.id, &case.title, case.requirement), None),
            Self::Length(case) => (cases::further(case.id, &case.title, case.requirement), None),
        };
        Check::left_out(&info, segmentation, why)
    }
}

impl<'c> Judge<'c> {
    /// A decoder; `fresh` makes one for each stream.
    pub fn decoder(fresh: impl FnMut() -> Box<dyn Decode + 'c> + 'c) -> Self {
        Self {
            fresh: Box::new(fresh),
            encode: None,
            encode_stream: None,
            lengths: None,
            max_payload: None,
            framing: Framing::default(),
            known: Vec::new(),
            sees_memory: false,
            costly: BTreeSet::new(),
            hangs: BTreeMap::new(),
            given: None,
        }
    }

    /// Has it judged by these traces, and by nothing else.
    #[cfg(feature = "cli")]
    pub(crate) const fn given(&mut self, traces: &'static [Trace]) {
        self.given = Some(traces);
    }

    /// The framing that it decodes and encodes, `"varint".parse()?`. Without one it is the article's:
    /// a length of four octets, the most significant first.
    #[must_use]
    pub fn framing(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// The encoder that belongs to it.
    #[must_use]
    pub fn encoder(mut self, encode: impl FnMut(&[u8]) -> Result<Vec<u8>, String> + 'c) -> Self {
        self.encode = Some(Box::new(encode));
        self
    }

    /// The encoder, where it takes a whole stream of payloads as `u32be` frames.
    #[must_use]
    pub fn stream_encoder(
        mut self,
        encode: impl FnMut(&[u8]) -> Result<Vec<u8>, String> + 'c,
    ) -> Self {
        self.encode_stream = Some(Box::new(encode));
        self
    }

    /// Its functions to pack and unpack single lengths.
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
    /// one a refusal above 65,536 octets is acceptable. A framing with `max=` says it too.
    #[must_use]
    pub const fn max_payload(mut self, limit: u32) -> Self {
        self.max_payload = Some(limit);
        self
    }

    /// Says that its decoders tell how much memory they hold ([`Decode::peak_memory`]): whether that follows what
    /// arrives, and not what is announced, is judged then (FRM-8).
    #[must_use]
    pub const fn memory(mut self) -> Self {
        self.sees_memory = true;
        self
    }

    /// A case that is known to fail, and why. If it passes, [`Judge::assert`] reports it.
    #[must_use]
    pub fn known_to_fail(mut self, case: &'c str, why: &'c str) -> Self {
        self.known.push((case, why));
        self
    }

    /// Judges the codec by every framing trace under every segmentation, and by what else it
    /// has. `progress` is told of each check, and can end the run.
    pub fn checks(mut self, progress: &mut dyn Progress) -> Vec<Check> {
        self.run(&Manner::ALL, progress)
    }

    /// Judges it in this manner.
    pub(crate) fn run(&mut self, manner: &Manner<'_>, progress: &mut dyn Progress) -> Vec<Check> {
        let planned = self.plan(manner.wanted);
        let mut checks: Vec<Check> = Vec::new();
        let mut stopped = false;
        for (done, one) in planned.iter().enumerate() {
            let check = if stopped {
                one.left_out(LeftOut::FailFast.to_string())
            } else {
                self.left_out(one, &checks)
                    .unwrap_or_else(|| self.confirmed(one))
            };
            let is_known = (manner.known)(check.id.as_str());
            stopped |= manner.fail_fast && !is_known && check.verdict == Verdict::Fail;
            if is_known || !is_unsound(check.verdict) && check.verdict != Verdict::Skipped {
                self.hangs.remove(check.id.as_str());
            }
            let flow = progress.finished(done + 1, planned.len(), &check);
            checks.push(check);
            if flow.is_break() {
                return checks;
            }
        }
        let dialect = if attribution::may_be_mistaken(&self.framing, &checks) {
            attribution::dialect(&self.framing, &mut *self.fresh)
        } else {
            None
        };
        let limit = self.limited().and_then(|framing| framing.max_payload());
        attribution::attribute(&self.framing, limit, dialect.as_ref(), &mut checks);
        checks
    }

    fn plan(&self, wanted: &dyn Fn(&str) -> bool) -> Vec<Planned> {
        let mut planned = Vec::new();
        let announces = memory::applies(&self.framing) && wanted(memory::ID);
        if self.sees_memory && announces && self.given.is_none() {
            planned.push(Planned::Memory);
        }
        let traces = self.given.unwrap_or_else(|| derived::traces(&self.framing));
        for trace in traces {
            if wanted(&trace.id) {
                let cuts = conversations(trace).into_iter();
                planned.extend(cuts.map(|(segmentation, _)| Planned::Trace(trace, segmentation)));
            }
        }
        if self.given.is_some() {
            return planned;
        }
        if let Some(limited) = self.limited() {
            let cases = limits::at_the_limit(&limited).into_iter();
            planned.extend(cases.filter(|case| wanted(case.id)).map(Planned::Limit));
        }
        if self.encode.is_some() || self.encode_stream.is_some() {
            let by_stream = self.encode.is_none();
            let cases = encoder::cases(&self.framing, by_stream).into_iter();
            planned.extend(cases.filter(|case| wanted(case.id)).map(Planned::Encoder));
        }
        if self.lengths.is_some() {
            let cases = lengths::cases(&self.framing).into_iter();
            planned.extend(cases.filter(|case| wanted(case.id)).map(Planned::Length));
        }
        planned
    }

    /// The framing with the limit that is declared, if one is.
    fn limited(&self) -> Option<Framing> {
        match self.max_payload {
            Some(limit) => Some(self.framing.clone().with_max_payload(u64::from(limit))),
            None => {
                let declares = self.framing.declared_max_payload().is_some();
                (declares && !self.framing.is_chained()).then(|| self.framing.clone())
            }
        }
    }

    /// A check that is not made, for what came of those before it.
    fn left_out(&self, planned: &Planned, before: &[Check]) -> Option<Check> {
        let Planned::Trace(trace, segmentation) = planned else {
            return None;
        };
        let failed = || before.iter().filter(|check| check.verdict == Verdict::Fail);
        if memory::announces_much(&trace.id) && failed().any(|check| check.id == memory::ID) {
            let made = before
                .iter()
                .filter(|check| check.verdict != Verdict::Skipped);
            let made = made
                .filter(|check| memory::announces_much(&check.id))
                .count();
            return (made >= MANY_ANNOUNCED).then(|| planned.left_out(LeftOut::Memory.to_string()));
        }
        let has_failed = || failed().any(|check| check.id == trace.id.as_str());
        let of_case = |check: &&Check| check.id == trace.id.as_str();
        let cost = || {
            before
                .iter()
                .filter(of_case)
                .any(|check| is_unsound(check.verdict))
        };
        let skipped = |why| blank(trace, Some(*segmentation), Verdict::Skipped, why);
        if self.costly.contains(&trace.id) && cost() {
            return Some(skipped(
                "not run: under another segmentation the codec died over the case, or did not come back",
            ));
        }
        if failed().count() >= MANY && has_failed() {
            return Some(skipped(
                "not run: the case has failed under another segmentation, and many have",
            ));
        }
        let foremost = trace.requirements.first();
        let hangs = || self.hangs.values().any(|one| Some(one) == foremost);
        (self.hangs.len() >= MANY_HANGS && hangs())
            .then(|| planned.left_out(LeftOut::Hangs.to_string()))
    }

    /// Makes a check. A failure counts when it comes twice; if it does not, the check is flaky.
    fn confirmed(&mut self, planned: &Planned) -> Check {
        let mut check = self.attempt(planned);
        if check.verdict == Verdict::Fail && self.attempt(planned).verdict != Verdict::Fail {
            check.verdict = Verdict::Flaky;
            check.message = format!("failed once, passed when repeated: {}", check.message).into();
        }
        check
    }

    fn attempt(&mut self, planned: &Planned) -> Check {
        let limit = self.max_payload.map(u64::from);
        let limit = limit.or(self.framing.declared_max_payload());
        match planned {
            Planned::Trace(trace, segmentation) => self.check(trace, *segmentation),
            Planned::Memory => memory::judge(&self.framing, limit, &mut *self.fresh),
            Planned::Limit(case) => case.judge(&self.framing, (self.fresh)().as_mut()),
            Planned::Encoder(case) => case.judge(
                &self.framing,
                self.encode.as_deref_mut(),
                self.encode_stream.as_deref_mut(),
            ),
            Planned::Length(case) => match &mut self.lengths {
                Some((pack, unpack)) => case.judge(&self.framing, limit, pack, unpack),
                None => unreachable!("lengths are planned where there are some"),
            },
        }
    }

    /// Judges the codec.
    ///
    /// # Panics
    /// When a check fails that is not known to fail, or one passes that is, with all that is
    /// needed to mend it: the requirement in words, what was fed and where it was cut, what was
    /// expected, and what came.
    pub fn assert(self) {
        let (known, framing) = (self.known.clone(), self.framing.clone());
        let checks = self.checks(&mut Unwatched);
        let mut wrong = String::new();
        for check in checks.iter().filter(|check| check.verdict == Verdict::Fail) {
            if !known.iter().any(|(case, _)| *case == check.id) {
                wrong = described(check, &framing);
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

    /// Has a codec decode a trace, or its repaired twin, and notes what that cost.
    fn decodes(&mut self, trace: &Trace, moves: &[Move<'_>]) -> Result<(), NotHeld> {
        let mut codec = (self.fresh)();
        let outcome = conversation::converse(&self.framing, codec.as_mut(), moves);
        if let Some(why) = codec.not_started() {
            return Err(NotHeld::ProvesNothing(why.into()));
        }
        let waited = outcome.as_ref().is_err_and(|failure| failure.waited);
        if waited || codec.broke() {
            self.costly.insert(trace.id.clone());
        }
        if waited || codec.hung() {
            let foremost = trace.requirements.first().cloned().unwrap_or_default();
            self.hangs.insert(trace.id.clone(), foremost);
        }
        outcome.map_err(NotHeld::Failed)
    }

    /// Has a codec decode a trace, and encode what it delivers.
    pub(super) fn hold(
        &mut self,
        trace: &Trace,
        segmentation: Segmentation,
    ) -> Result<(), NotHeld> {
        self.decodes(trace, &cut(trace, segmentation))?;
        if let Some(twin) = repaired(trace, segmentation) {
            self.decodes(trace, &twin).map_err(|not_held| match not_held {
                NotHeld::Failed(why) => NotHeld::ProvesNothing(
                    format!(
                        "the codec refuses, but the same stream without the offence fails too, so that proves nothing ({})",
                        why.message
                    )
                    .into(),
                ),
                nothing @ NotHeld::ProvesNothing(_) => nothing,
            })?;
        }
        let framing = &self.framing;
        if let Some(encode) = &mut self.encode {
            return encoder::encodes(framing, encode, trace).map_err(NotHeld::Failed);
        }
        #[cfg(feature = "cli")]
        if let Some(encode) = &mut self.encode_stream
            && self.given.is_some()
        {
            return encoder::encodes_stream(framing, encode, trace).map_err(NotHeld::Failed);
        }
        Ok(())
    }

    fn check(&mut self, trace: &'static Trace, segmentation: Segmentation) -> Check {
        let verdict =
            |verdict, message: &Sentence| blank(trace, Some(segmentation), verdict, message);
        let largest = trace.largest_payload();
        if self
            .max_payload
            .is_some_and(|limit| largest > limit as usize)
        {
            return verdict(
                Verdict::Skipped,
                &format!("a payload of {largest} octets is above the declared limit").into(),
            );
        }
        let outcome = match self.hold(trace, segmentation) {
            Err(NotHeld::ProvesNothing(why)) => return verdict(Verdict::Error, &why),
            Err(NotHeld::Failed(failure)) => Err(failure),
            Ok(()) => Ok(()),
        };
        match outcome {
            Ok(()) => verdict(Verdict::Pass, &Sentence::default()),
            Err(failure) if failure.refused && trace.may_be_refused(self.max_payload.is_some()) => {
                verdict(Verdict::Acceptable, &"refused, which is allowed".into())
            }
            Err(failure) => Check {
                evidence: Some(failure.evidence),
                ..verdict(Verdict::Fail, &failure.message)
            },
        }
    }
}

/// True of a check that has failed, or could not be judged for what the codec did.
const fn is_unsound(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Error)
}

fn blank(
    trace: &Trace,
    segmentation: Option<Segmentation>,
    verdict: Verdict,
    message: impl Into<Sentence>,
) -> Check {
    Check {
        id: trace.id.clone().into(),
        title: trace.title.as_str().into(),
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
        message: message.into(),
        evidence: None,
        cause: None,
        rerun: None,
        details: serde_json::Map::new(),
        left_out: false,
    }
}

#[cfg(test)]
mod tests;
