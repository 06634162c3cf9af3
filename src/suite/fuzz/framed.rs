//! The outcome of frames of another framing than the article's, as its own reading of the stream says.
//!
//! No outcome is stated where the framing leaves something open: a reported mistake must be one.

use super::draft::Protocol;
use super::rendering::{joined, of_frame};
use super::told::{Told, links};
use crate::framing::{End, Ended, Ends, Forms, Found, Framing, Number, Place, Refusal, Refused};
use crate::trace::octets::Octets;
use crate::trace::{Action, Step};

impl Protocol {
    /// The framing with the limit that is declared. That of a chain is about its links.
    fn limited(&self) -> Framing {
        match self.max_payload {
            Some(limit) if !self.framing.is_chained() => {
                self.framing.clone().with_max_payload(u64::from(limit))
            }
            _ => self.framing.clone(),
        }
    }
}

impl Told<'_> {
    /// Adds the steps that frames of another framing must cause.
    pub(super) fn other_frames(&mut self) -> Option<()> {
        let framing = self.protocol.limited();
        let stream = self.stream;
        let preface = framing.preface().len();
        if stream.len() < preface {
            return None;
        }
        self.send(preface);
        let split = framing.split(stream);
        for (number, found) in split.frames.iter().enumerate() {
            let framing = of_frame(&framing, number);
            let is_too_large = found.payload.len() as u64 > self.protocol.most();
            if is_too_large || !is_settled(framing, found, stream, number) {
                return None;
            }
            self.broken = if found.payload.is_empty() {
                "FRM-4"
            } else {
                "FRM-2"
            };
            self.send(found.at.start);
            self.push(found);
            self.deliver(&found.payload);
        }
        self.send(split.whole);
        let next = of_frame(&framing, split.frames.len());
        let rest = &stream[split.whole..];
        match split.ended {
            Ended::Between => self.ends(),
            Ended::Said if rest.is_empty() => self.closes(None),
            Ended::Said => return None,
            Ended::Inside(_) => self.ends_inside(next, rest)?,
            Ended::Refused(refusal) => {
                let broken = requirement(next, &refusal)?;
                self.offends(broken, split.frames.len());
                self.send(stream.len());
                let known = matches!(
                    refusal,
                    Refusal::TooSmall { .. } | Refusal::OverLimit { .. }
                );
                // A number that is known to be wrong is refused at once; the end would excuse a wait.
                if !known || next.number().is_none() {
                    self.step(Action::EndOfStream);
                }
                self.refused();
            }
        }
        Some(())
    }

    /// Our side ends, with a last payload or without, and the server's does.
    fn closes(&mut self, last: Option<&[u8]>) {
        self.step(Action::EndOfStream);
        if let Some(last) = last {
            self.deliver(last);
        }
        self.step(Action::Close);
    }

    /// The stream ends inside a frame.
    fn ends_inside(&mut self, framing: &Framing, rest: &[u8]) -> Option<()> {
        self.broken = "FRM-6";
        let terminator = framing.terminator().unwrap_or_default();
        let has_part = rest.iter().any(|octet| terminator.contains(octet));
        match framing.end(rest) {
            // A CR that may end a line alone has ended it.
            End::Refuse(_) if has_part && framing.ends() == Some(Ends::Any) => return None,
            End::Refuse(_) => {
                let frames = self.frames_sent();
                self.offends("FRM-6", frames);
                self.send(self.stream.len());
                self.step(Action::EndOfStream);
                self.refused();
            }
            // Half a terminator may belong to such a line, or not: this cannot be decided.
            _ if has_part => return None,
            End::Clean => {
                self.send(self.stream.len());
                self.closes(None);
            }
            End::Frame(last) => {
                let last = last.into_owned();
                self.send(self.stream.len());
                self.closes(Some(&last));
            }
        }
        Some(())
    }

    fn frames_sent(&self) -> usize {
        let delivers = |step: &&Step| matches!(step.action, Action::Deliver(_));
        self.steps.iter().filter(delivers).count()
    }

    /// The parts of a frame, each link of a chain a step.
    fn push(&mut self, found: &Found<'_>) {
        let octets = |(place, at): &(Place, std::ops::Range<usize>)| {
            (*place, Octets::folded(&self.stream[at.clone()]))
        };
        for link in links(found.parts.iter().map(octets)) {
            self.step(link);
        }
        self.at = found.at.end;
    }
}

/// True if the framing leaves no other reading of a frame open.
fn is_settled(framing: &Framing, found: &Found<'_>, stream: &[u8], number: usize) -> bool {
    let payload = &*found.payload;
    let Ok(parts) = framing.parts(payload, number) else {
        return false;
    };
    if framing.is_stuffed() {
        return joined(&parts) == stream[found.at.clone()];
    }
    if framing.terminator().is_some() {
        let mut ends = payload
            .iter()
            .filter(|octet| matches!(octet, b'\r' | b'\n'));
        return ends.next().is_none() || framing.ends() == Some(Ends::Crlf);
    }
    let shortest = parts.iter().filter(|(place, _)| *place == Place::Length);
    let written = found
        .parts
        .iter()
        .filter(|(place, _)| *place == Place::Length);
    let is_shortest = shortest
        .map(|(_, octets)| &octets[..])
        .eq(written.map(|(_, at)| &stream[at.clone()]));
    is_shortest || framing.forms() == Forms::Longer
}

/// The requirement that octets break which are not a frame; `None` where they may be one.
fn requirement(framing: &Framing, refusal: &Refusal) -> Option<&'static str> {
    Some(match refusal {
        Refusal::WrongLiteral { .. } | Refusal::Stuffing { .. } => "FRM-11",
        // Right readers differ in which header blocks they take.
        Refusal::Number { .. } if matches!(framing.number(), Some(Number::Header(_))) => {
            return None;
        }
        Refusal::Number { why, .. } => match why {
            Refused::TopBit => "LEN-4",
            Refused::TooManyOctets | Refused::Overflow | Refused::NotShortest => "LEN-5",
            _ => "LEN-1",
        },
        Refusal::TooSmall { .. } => "FRM-10",
        Refusal::OverLimit { .. } if !framing.is_chained() => "FRM-7",
        Refusal::Zero => "FRM-4",
        Refusal::OverLimit { .. } | Refusal::TooShort { .. } | Refusal::Truncated(_) => {
            return None;
        }
    })
}
