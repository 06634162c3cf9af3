//! The mistakes that failures of a server that sends frames back point to, in any framing but the article's.

use super::run_facts::Pattern;
use super::symptom::Sight;
use super::{prefer_what_is_broken_itself, rules};
use crate::framing::{Next, Number, Place};
use crate::judge::check::Check;
use crate::suite::classes;
use crate::suite::mistaken::{Side, mistaken};
use crate::suite::mistakes::{broken_beside, of_case, short_read};
use crate::suite::server::failure::What;

/// The requirement and cause of a failure.
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
    if let Some(told) = unended(pattern, sight).or_else(|| written(pattern, sight)) {
        return told;
    }
    if let Some(told) = negative(pattern, sight).or_else(|| taken_apart(pattern, sight)) {
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

/// The frame that was expected came, but for the octets that stand behind its payload.
fn unended(pattern: &Pattern, sight: &Sight<'_>) -> Option<Told> {
    let expected = sight.failure.expected.as_ref()?;
    let parts = pattern.framing.parts(expected, 0).ok()?;
    let (front, behind): (Vec<_>, Vec<_>) = parts
        .into_iter()
        .partition(|(place, _)| *place < Place::Behind);
    let behind = behind.into_iter().next()?.1;
    let rest = sight.behind(&pattern.framing);
    let mut at = 0;
    let came = front.iter().all(|(place, part)| {
        let octets = rest.get(at..at + part.len());
        at += part.len();
        match place {
            Place::Length | Place::Payload => octets == Some(part),
            _ => octets.is_some(),
        }
    });
    if !came || at == 0 {
        return None;
    }
    // Its end may still be on its way where it has begun.
    let after = &rest[at..];
    let is_other = !after.starts_with(&behind) && !behind.starts_with(after);
    (after.is_empty() || is_other).then(|| Told {
        requirement: Some("FRM-1"),
        cause: Some("it leaves out or changes the octets behind a payload".to_owned()),
    })
}

/// Payloads are refused from the length on whose top bit is set.
fn negative(pattern: &Pattern, sight: &Sight<'_>) -> Option<Told> {
    let Number::Fixed {
        width,
        signed: false,
        ..
    } = *pattern.framing.number()?
    else {
        return None;
    };
    let top = 1_i128 << (width * 8 - 1);
    let number = |length: usize| length as i128 + pattern.framing.adjustment();
    let refused = sight.failure.what == What::ClosedInstead
        && number(pattern.refused_from?) >= top
        && number(sight.expected_len()?) >= top;
    (refused && !pattern.cutting_breaks).then(|| Told {
        requirement: Some("LEN-4"),
        cause: Some("it takes a length with its top bit set for a negative number".to_owned()),
    })
}

/// Payloads come of a frame that is not whole, from a server that takes short reads for whole ones.
fn taken_apart(pattern: &Pattern, sight: &Sight<'_>) -> Option<Told> {
    let is_short =
        sight.id().starts_with("len/announced-") || sight.id().starts_with("frm/truncated-");
    let came = matches!(sight.failure.what, What::Extra | What::Different(_));
    (pattern.cutting_breaks && is_short && came).then(|| Told {
        requirement: Some("FRM-2"),
        cause: Some(short_read(&pattern.framing, None).to_owned()),
    })
}

/// The expected payload came, in a frame of another framing.
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
    // A server that writes another framing does so however frames are cut.
    if !shows || pattern.cutting_breaks || sight.payloads.contains(expected) {
        return None;
    }
    let rest = sight.behind(&pattern.framing);
    let mut others = mistaken(&pattern.framing, Side::Writes).into_iter();
    let other = others.find(|(other, _, _)| {
        matches!(other.next(rest), Next::Frame(frame) if &*frame.payload == expected.as_slice())
    });
    let (requirement, cause) = match other {
        Some((_, requirement, cause)) => (requirement, cause),
        None => {
            let mut mistakes = classes::misread(&pattern.framing, Side::Writes).into_iter();
            let found = mistakes.find(|one| one.begins(&pattern.framing, rest, expected))?;
            (classes::REQUIREMENT, found.cause)
        }
    };
    Some(Told {
        requirement: Some(requirement),
        cause: Some(cause),
    })
}
