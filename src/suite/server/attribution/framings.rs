//! What the failures of a server that sends frames back point to, in any framing but the article's.

use super::run_facts::Pattern;
use super::symptom::Sight;
use super::{prefer_what_is_broken_itself, rules};
use crate::framing::Next;
use crate::judge::check::Check;
use crate::suite::mistakes::{broken_beside, mistaken, of_case, short_read};
use crate::suite::server::failure::What;

/// What a failure is put down to.
pub(super) struct Told {
    requirement: Option<&'static str>,
    cause: Option<String>,
}

impl Told {
    pub(super) fn put_down(self, check: &mut Check, pattern: &Pattern) {
        match self.requirement {
            Some(requirement) => check.broken = Some(requirement.into()),
            None if self.cause.is_none() => prefer_what_is_broken_itself(check, pattern),
            None => {}
        }
        check.cause = self.cause;
    }
}

/// The mistake that a failure points to.
pub(super) fn diagnose(pattern: &Pattern, sight: &Sight<'_>) -> Told {
    if let Some(told) = written(pattern, sight) {
        return told;
    }
    if let Some(diagnosis) = rules::of_frames(pattern, sight) {
        let short = diagnosis.requirement == Some("FRM-2") && sight.only_when_cut;
        let cause = match sight.finding.check.segmentation {
            Some(segmentation) if short => {
                Some(short_read(&pattern.framing, Some(segmentation)).to_owned())
            }
            _ => diagnosis.cause.map(str::to_owned),
        };
        return Told {
            requirement: diagnosis.requirement,
            cause,
        };
    }
    let fails = pattern.failing_apart();
    Told {
        requirement: broken_beside(&pattern.framing, sight.id(), &fails),
        cause: of_case(&pattern.framing, sight.id(), &fails),
    }
}

/// What came is what was expected, in a frame of another framing.
fn written(pattern: &Pattern, sight: &Sight<'_>) -> Option<Told> {
    let shows = matches!(
        sight.failure.what,
        What::Missing | What::Different(_) | What::ClosedInstead | What::Extra
    );
    let expected = sight
        .failure
        .expected
        .as_ref()
        .filter(|payload| payload.len() > 1)?;
    if !shows || sight.payloads.contains(expected) {
        return None;
    }
    let rest = sight.behind(&pattern.framing);
    let mut others = mistaken(&pattern.framing).into_iter();
    let (_, requirement, cause) = others.find(|(other, _, _)| {
        matches!(other.next(rest), Next::Frame(frame) if &*frame.payload == expected.as_slice())
    })?;
    let cause = cause
        .replace("reads lengths", "writes lengths")
        .replace("takes lengths to count", "writes lengths that count");
    Some(Told {
        requirement: Some(requirement),
        cause: Some(cause),
    })
}
