//! The mistake that the failures of a codec point to.

use super::{Decode, memory};
use crate::framing::Framing;
use crate::judge::check::{Check, Verdict};
use crate::suite::classes;
use crate::suite::derived;
use crate::suite::mistaken::{Side, mistaken, telling_payloads};
use crate::suite::mistakes::{broken_beside, of_case, short_read};
use crate::trace::segmentation::Segmentation;

/// Another framing that a codec decodes well.
pub(super) struct Dialect {
    requirement: &'static str,
    cause: String,
}

/// True of a codec that fails over what a mistaken framing would fail over: plain frames, or lengths of several
/// octets where one octet is enough for short ones.
pub(super) fn may_be_mistaken(framing: &Framing, checks: &[Check]) -> bool {
    let has_several = framing
        .number()
        .is_some_and(|number| number.width().is_none());
    checks.iter().any(|check| {
        let shows = check.id == "frm/one" || has_several && check.id.starts_with("len/");
        shows && check.verdict == Verdict::Fail
    })
}

/// The mistaken framing that a codec decodes two frames of.
pub(super) fn dialect<'c>(
    framing: &Framing,
    fresh: &mut dyn FnMut() -> Box<dyn Decode + 'c>,
) -> Option<Dialect> {
    let candidates = mistaken(framing, Side::Reads);
    let other = telling_payloads(framing).into_iter().find_map(|payloads| {
        let decoded = |(other, _, _): &&(Framing, &'static str, String)| {
            let stream = other.stream(payloads.iter().map(Vec::as_slice));
            stream.is_ok_and(|stream| decodes(framing, &stream, &payloads, fresh().as_mut()))
        };
        let (_, requirement, cause) = candidates.iter().find(decoded)?.clone();
        Some(Dialect { requirement, cause })
    });
    other
        .or_else(|| shifted(framing, fresh().as_mut()))
        .or_else(|| misread_class(framing, fresh))
}

/// A codec that reads lengths wrongly which have several octets.
fn misread_class<'c>(
    framing: &Framing,
    fresh: &mut dyn FnMut() -> Box<dyn Decode + 'c>,
) -> Option<Dialect> {
    let mut mistakes = classes::misread(framing, Side::Reads).into_iter();
    let found = mistakes.find(|mistake| {
        mistake
            .stream(framing)
            .is_some_and(|stream| decodes(framing, &stream, &mistake.payloads, fresh().as_mut()))
    })?;
    Some(Dialect {
        requirement: classes::REQUIREMENT,
        cause: found.cause,
    })
}

/// A codec that finds how long a payload is, and begins it at another place.
fn shifted(framing: &Framing, codec: &mut dyn Decode) -> Option<Dialect> {
    let [payload, next] = telling_payloads(framing).into_iter().next()?;
    framing.number()?;
    let stream = framing.stream([&payload[..], &next[..]]).ok()?;
    let begins = |wanted: &[u8]| stream.windows(wanted.len()).position(|part| part == wanted);
    let right = begins(&payload)?;
    let mut first: Option<Vec<u8>> = None;
    let mut take = |payload: &[u8]| {
        first.get_or_insert_with(|| payload.to_vec());
    };
    let fed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        codec
            .feed(&stream, &mut take)
            .and_then(|()| codec.finish(&mut take))
    }));
    // The second frame may well come to an error.
    drop(fed);
    let first = first.filter(|first| first.len() == payload.len() && *first != payload)?;
    let (by, side) = match begins(&first)? {
        at if at < right => (right - at, "early"),
        at => (at - right, "late"),
    };
    let s = if by == 1 { "" } else { "s" };
    Some(Dialect {
        requirement: "FRM-1",
        cause: format!("it begins a payload {by} octet{s} too {side}"),
    })
}

/// True of a codec that decodes these payloads of a stream in another framing, which a right codec does not.
fn decodes(framing: &Framing, stream: &[u8], payloads: &[Vec<u8>], codec: &mut dyn Decode) -> bool {
    if framing.payloads(stream).payloads == payloads {
        return false;
    }
    let mut delivered: Vec<Vec<u8>> = Vec::new();
    let mut take = |payload: &[u8]| {
        if delivered.len() < 8 {
            delivered.push(payload.to_vec());
        }
    };
    let fed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        codec
            .feed(stream, &mut take)
            .and_then(|()| codec.finish(&mut take))
    }));
    matches!(fed, Ok(Ok(()))) && delivered == payloads
}

/// Says of failures which requirement is really broken, and by what mistake.
pub(super) fn attribute(
    framing: &Framing,
    limit: Option<u64>,
    dialect: Option<&Dialect>,
    checks: &mut [Check],
) {
    let facts = Facts::of(framing, limit, checks);
    let failed = checks
        .iter_mut()
        .filter(|check| check.verdict == Verdict::Fail);
    for check in failed {
        match dialect {
            Some(dialect) => {
                check.broken = Some(dialect.requirement.into());
                check.cause = Some(dialect.cause.clone());
            }
            None => facts.tell(framing, check),
        }
    }
}

/// Facts that the failures of a run have in common.
struct Facts {
    /// The codec takes the memory that is announced.
    takes_memory: bool,
    at_the_limit: Vec<(String, &'static str)>,
    misses_ends: bool,
    only_cuts_break: bool,
    /// The cases that pass when sent apart, and those that fail.
    well: Vec<String>,
    fails_apart: Vec<String>,
}

impl Facts {
    fn of(framing: &Framing, limit: Option<u64>, checks: &[Check]) -> Self {
        let apart = |verdict: Verdict| -> Vec<String> {
            let apart = checks.iter().filter(|check| {
                check.verdict == verdict && check.segmentation == Some(Segmentation::Apart)
            });
            apart.map(|check| check.id.to_string()).collect()
        };
        let well = apart(Verdict::Pass);
        let is_well = |id: &str| well.iter().any(|well| well == id);
        let mut failed = checks.iter().filter(|check| check.verdict == Verdict::Fail);
        Self {
            takes_memory: failed.any(|check| check.id == memory::ID),
            at_the_limit: at_the_limit(framing, limit, checks),
            misses_ends: misses_ends(framing, checks),
            only_cuts_break: only_cuts_break(checks, &is_well),
            fails_apart: apart(Verdict::Fail),
            well,
        }
    }

    fn is_well(&self, id: &str) -> bool {
        self.well.iter().any(|well| well == id)
    }

    /// The way in which a cut of the stream breaks the case, where that is what does.
    fn by_cut(&self, check: &Check) -> Option<Cut> {
        let pinned_well = || self.is_well("frm/two") || self.is_well("frm/one");
        match check.segmentation {
            Some(Segmentation::Pinned) if pinned_well() => Some(Cut::Inside),
            Some(cut) if self.is_well(&check.id) => {
                let joins =
                    cut.joins_frames() && !(self.only_cuts_break && cut != Segmentation::Whole);
                Some(if joins { Cut::Joins } else { Cut::Inside })
            }
            _ => None,
        }
    }

    fn tell(&self, framing: &Framing, check: &mut Check) {
        let id = check.id.as_str().to_owned();
        let (requirement, cause) = if self.takes_memory
            && (id == memory::ID || memory::announces_much(&id))
        {
            (Some("FRM-8"), Some(memory::CAUSE.to_owned()))
        } else if let Some((_, cause)) = self.at_the_limit.iter().find(|(known, _)| *known == id) {
            (Some("FRM-7"), Some((*cause).to_owned()))
        } else {
            match self.by_cut(check) {
                Some(Cut::Joins) => {
                    let cause = "it loses what comes together with a frame";
                    (Some("FRM-3"), Some(cause.to_owned()))
                }
                Some(Cut::Inside) if check.segmentation != Some(Segmentation::Pinned) => {
                    let shown = match self.misses_ends {
                        true => Some(Segmentation::InsideEnd),
                        false => check.segmentation,
                    };
                    (Some("FRM-2"), Some(short_read(framing, shown).to_owned()))
                }
                _ => (
                    broken_beside(framing, &id, &self.fails_apart),
                    of_case(framing, &id, &self.fails_apart),
                ),
            }
        };
        check.broken = requirement.map(Into::into).or_else(|| check.broken.take());
        check.cause = cause.or_else(|| check.cause.take());
    }
}

/// A way in which a cut breaks a case that is well when sent apart.
enum Cut {
    Joins,
    Inside,
}

/// True where cases that are well otherwise fail under cuts inside frames, and none because frames are joined: a
/// cut that does both is to blame for what it cuts then.
fn only_cuts_break(checks: &[Check], is_well: &dyn Fn(&str) -> bool) -> bool {
    let only_under = |wanted: fn(Segmentation) -> bool| {
        let mut failed = checks.iter().filter(|check| check.verdict == Verdict::Fail);
        failed.any(|check| is_well(&check.id) && check.segmentation.is_some_and(wanted))
    };
    let cuts = |segmentation: Segmentation| {
        let neither = matches!(segmentation, Segmentation::Apart | Segmentation::Pinned);
        !segmentation.joins_frames() && !neither
    };
    !only_under(|segmentation| segmentation == Segmentation::Whole) && only_under(cuts)
}

/// True if a framing whose frames end with a terminator fails under no cut but those inside a terminator.
fn misses_ends(framing: &Framing, checks: &[Check]) -> bool {
    let inside = [
        Segmentation::InsideEnd,
        Segmentation::Octets,
        Segmentation::Pinned,
    ];
    let mut cut = checks
        .iter()
        .filter(|check| check.verdict == Verdict::Fail)
        .filter_map(|check| check.segmentation);
    framing.number().is_none() && cut.all(|segmentation| inside.contains(&segmentation))
}

/// Distance below a limit, in octets, within which a payload is refused by a codec that counts more than
/// the payload.
const NEAR: u64 = 64;

/// The failing cases that are explained by a limit which is kept otherwise than it is declared, each with
/// the mistake.
fn at_the_limit(
    framing: &Framing,
    limit: Option<u64>,
    checks: &[Check],
) -> Vec<(String, &'static str)> {
    let Some(limit) = limit else {
        return Vec::new();
    };
    let fails = |id: &str| {
        let mut failed = checks.iter().filter(|check| check.verdict == Verdict::Fail);
        failed.any(|check| check.id == id)
    };
    let mut all = Vec::new();
    match (
        fails("codec/over-the-limit"),
        fails("codec/far-over-the-limit"),
    ) {
        (true, true) => {
            let why = "it does not refuse a length above its limit before the payload has come";
            all.push(("codec/over-the-limit".to_owned(), why));
            all.push(("codec/far-over-the-limit".to_owned(), why));
        }
        (true, false) => {
            let why = "it takes more than the limit that is declared";
            all.push(("codec/over-the-limit".to_owned(), why));
        }
        _ => {}
    }
    let why = "it takes more than the limit that is declared";
    all.push(("codec/one-over-the-limit".to_owned(), why));
    let why = match fails("codec/over-the-limit") {
        true => "it takes more than the limit that is declared",
        false => "it holds each fragment to its limit, and not the record",
    };
    all.push(("codec/over-the-limit-in-fragments".to_owned(), why));
    if fails("codec/at-the-limit") {
        let why = "it refuses a payload of exactly its limit";
        let near = derived::traces(framing).iter().filter(|trace| {
            let largest = trace.largest_payload() as u64;
            (limit.saturating_sub(NEAR)..=limit).contains(&largest)
        });
        let near = near.map(|trace| trace.id.clone());
        let near: Vec<String> = near.chain(["codec/at-the-limit".to_owned()]).collect();
        let mut failed = checks.iter().filter(|check| check.verdict == Verdict::Fail);
        // If other cases fail too, these fail for another reason.
        if failed.all(|check| near.iter().any(|id| check.id == id.as_str())) {
            all.extend(near.into_iter().map(|id| (id, why)));
        }
    }
    all
}
