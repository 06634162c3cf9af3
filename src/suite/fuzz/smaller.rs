//! Shrinking a finding: the program first, its operations and what is in them, then the cuts.

use super::draft::{Cutting, Draft, Protocol, piece};
use super::found::Suspect;
use crate::judge::shrinking::{Fuzzable, Shrinking, minimise};
use crate::model::plan::{Op as Frames, Plan};
use crate::model::session_plan::Op as Session;
use crate::model::session_plan::SessionPlan;
use crate::model::verified_plan::{Op as Verified, VerifiedPlan};
use crate::trace::Class;
use crate::trace::segmentation::Segmentation;

/// Most conversations that go into one finding.
const RUNS: usize = 160;

/// Octets of a conversation that is not small yet, though no operation can be left out and the same symptom kept.
const LONG: usize = 2_048;

/// Number of places of a stream that are tried for a single cut.
const PLACES: usize = 48;

/// Makes a confirmed finding smaller. What comes out was confirmed again.
pub(in crate::suite) fn shrink<F>(
    subject: &mut F,
    found: Suspect,
    protocol: &Protocol,
) -> Result<Suspect, F::Error>
where
    F: Fuzzable<Suspect = Suspect, Input = Draft>,
{
    let mut shrinking = Shrinking::new(subject, found, RUNS);
    shrinking.manner()?;
    shrinking.pieces()?;
    shrinking.pieces_akin(protocol)?;
    shrinking.insides(protocol.class)?;
    shrinking.pieces()?;
    shrinking.cuts(protocol)?;
    shrinking.ended()
}

impl<F: Fuzzable<Suspect = Suspect, Input = Draft>> Shrinking<'_, F> {
    /// The same draft again shows nothing new.
    fn try_one(&mut self, draft: &Draft) -> Result<bool, F::Error> {
        Ok(*draft != self.least.draft && self.keep(draft)?)
    }

    /// Leaves out what may have nothing to do with it: old files, the end of our side, cuts.
    fn manner(&mut self) -> Result<(), F::Error> {
        for named in [Segmentation::Apart, Segmentation::Whole] {
            if self.least.draft.cutting == Cutting::Named(named) {
                break;
            }
            let mut draft = self.least.draft.clone();
            draft.cutting = Cutting::Named(named);
            if self.try_one(&draft)? {
                break;
            }
        }
        let mut draft = self.least.draft.clone();
        draft.before.clear();
        self.try_one(&draft)?;
        let mut draft = self.least.draft.clone();
        draft.ends = false;
        self.try_one(&draft)?;
        let mut draft = self.least.draft.clone();
        draft.brief = true;
        self.try_one(&draft)?;
        let mut draft = self.least.draft.clone();
        draft.beside = None;
        self.try_one(&draft)?;
        while self.least.draft.times > 1 {
            let mut draft = self.least.draft.clone();
            draft.times /= 2;
            let fewer = self.try_one(&draft)?;
            draft.times = self.least.draft.times - 1;
            if !fewer && !self.try_one(&draft)? {
                break;
            }
        }
        Ok(())
    }

    /// Leaves out operations. Some belong together, as a header and its body do, so that of few every
    /// stretch is tried.
    fn pieces(&mut self) -> Result<(), F::Error> {
        const FEW: usize = 8;
        while (2..=FEW).contains(&self.least.draft.pieces.len()) {
            let count = self.least.draft.pieces.len();
            let mut fewer = false;
            'stretches: for length in (1..count).rev() {
                for from in 0..=count - length {
                    let mut draft = self.least.draft.clone();
                    draft.pieces.drain(from..from + length);
                    if self.try_one(&draft)? {
                        fewer = true;
                        break 'stretches;
                    }
                }
            }
            if !fewer {
                return Ok(());
            }
        }
        minimise(self.least.draft.pieces.clone(), &mut |pieces| {
            let mut draft = self.least.draft.clone();
            draft.pieces = pieces.to_vec();
            self.try_one(&draft)
        })
    }

    /// Leaves out operations of a conversation that stayed long, as long as a related symptom shows: what comes
    /// behind octets that were lost decides whether the server closes, or waits.
    fn pieces_akin(&mut self, protocol: &Protocol) -> Result<(), F::Error> {
        let draft = &self.least.draft;
        if draft.pieces.len() < 2 || draft.render(protocol).0.len() <= LONG {
            return Ok(());
        }
        self.least.akin = true;
        self.pieces()
    }

    /// Makes what an operation holds smaller: texts octet by octet, sizes by halves.
    fn insides(&mut self, class: Class) -> Result<(), F::Error> {
        for place in 0..self.least.draft.pieces.len() {
            loop {
                let smaller = smaller(&self.least.draft.pieces[place], class);
                let mut better = false;
                for piece in smaller {
                    let mut draft = self.least.draft.clone();
                    draft.pieces[place] = piece;
                    if self.try_one(&draft)? {
                        better = true;
                        break;
                    }
                }
                if !better {
                    break;
                }
            }
        }
        Ok(())
    }

    /// As few cuts as will do.
    fn cuts(&mut self, protocol: &Protocol) -> Result<(), F::Error> {
        let draft = self.least.draft.clone();
        if let Cutting::Named(Segmentation::Apart | Segmentation::Whole) = draft.cutting {
            return Ok(());
        }
        let (stream, ends) = draft.render(protocol);
        let with = |places: &[usize]| Draft {
            cutting: Cutting::Places(places.to_vec()),
            ..draft.clone()
        };
        if draft.cutting == Cutting::ByProgram && self.try_one(&with(&ends))? {
            return minimise(ends, &mut |places| self.try_one(&with(places)));
        }
        for place in (1..stream.len()).take(PLACES) {
            if self.try_one(&with(&[place]))? {
                break;
            }
        }
        Ok(())
    }
}

/// Operations that may replace an operation, the smallest first.
fn smaller(octets: &[u8], class: Class) -> Vec<Vec<u8>> {
    let mut program = vec![0];
    program.extend(octets);
    if class < Class::Session {
        let op = Plan::decode(&program).ops().next();
        return op.map(smaller_frames).unwrap_or_default();
    }
    let op = match class >= Class::VerifiedTransfer {
        false => SessionPlan::decode(&program).ops().next(),
        true => match VerifiedPlan::decode(&program).ops().next() {
            Some(Verified::Session(op)) => Some(op),
            Some(Verified::Transfer {
                by,
                name,
                length,
                given,
            }) => {
                let with = |length| Verified::Transfer {
                    by,
                    name,
                    length,
                    given,
                };
                return sizes(length).map(|length| piece(with(length))).collect();
            }
            _ => None,
        },
    };
    op.map(smaller_session).unwrap_or_default()
}

fn smaller_frames(op: Frames<'_>) -> Vec<Vec<u8>> {
    match op {
        Frames::Literal(payload) => parts(payload)
            .iter()
            .map(|part| piece(Frames::Literal(part)))
            .collect(),
        Frames::Filled(size) => sizes(size)
            .map(|size| piece(Frames::Filled(size)))
            .collect(),
        Frames::Repeat(times) => sizes(times)
            .filter(|times| *times > 0)
            .map(|times| piece(Frames::Repeat(times)))
            .collect(),
        Frames::Lie(length, filled) => sizes(filled)
            .map(|filled| piece(Frames::Lie(length, filled)))
            .collect(),
        _ => Vec::new(),
    }
}

fn smaller_session(op: Session<'_>) -> Vec<Vec<u8>> {
    match op {
        Session::Message(payload) => parts(payload)
            .iter()
            .map(|part| piece(Session::Message(part)))
            .collect(),
        Session::Letters(size) => sizes(size)
            .map(|size| match size {
                0..256 => piece(Session::Message(&vec![b'a'; size])),
                _ => piece(Session::Letters(size)),
            })
            .collect(),
        Session::Transfer(size) => sizes(size)
            .map(|size| piece(Session::Transfer(size)))
            .collect(),
        Session::Repeat(times) => sizes(times)
            .filter(|times| *times > 0)
            .map(|times| piece(Session::Repeat(times)))
            .collect(),
        _ => Vec::new(),
    }
}

/// Half of it at either end, and all but one octet.
fn parts(payload: &[u8]) -> Vec<Vec<u8>> {
    let half = payload.len() / 2;
    let mut parts: Vec<Vec<u8>> = Vec::new();
    if half > 0 {
        parts.push(payload[..half].to_vec());
        parts.push(payload[half..].to_vec());
    }
    for out in 0..payload.len().min(24) {
        parts.push([&payload[..out], &payload[out + 1..]].concat());
    }
    parts
}

/// Smaller sizes: nothing, half, one less.
fn sizes(size: usize) -> impl Iterator<Item = usize> {
    let all = [
        0,
        1,
        size / 2,
        size.saturating_sub(size / 4),
        size.saturating_sub(1),
    ];
    all.into_iter().filter(move |smaller| *smaller < size)
}
