//! Steps of a trace, from what an oracle says of a stream.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Draft, Protocol};
use super::rendering::of_frame;
use crate::framing::{Framing, Place};
use crate::suite::derived::adapted;
use crate::trace::answer::Answer;
use crate::trace::octets::Octets;
use crate::trace::{Acceptable, Action, Placed, Step};

/// The payload of the plainest frame.
const HELLO: &[u8] = b"hello";

/// Steps from what an oracle says, one after the other.
pub(super) struct Told<'s> {
    pub(super) draft: &'s Draft,
    pub(super) protocol: &'s Protocol,
    pub(super) stream: &'s [u8],
    /// Number of octets of the stream that have become steps.
    pub(super) at: usize,
    pub(super) steps: Vec<Step>,
    /// The files that lie there by now.
    pub(super) stored: BTreeMap<String, Vec<u8>>,
    /// The requirement that the conversation is about.
    pub(super) broken: &'static str,
    pub(super) transfers: bool,
    /// The file of the last header.
    pub(super) name: String,
    /// Octets of it that have come and are not stored yet.
    pub(super) content: Vec<u8>,
    /// Index of the first step of the verified transfer that is under way.
    pub(super) began: Option<usize>,
    /// Its body has been sent.
    pub(super) digest_due: bool,
    /// Files that a mismatch must have left as they were.
    pub(super) mismatched: BTreeSet<String>,
    pub(super) acceptable: Option<Acceptable>,
    pub(super) repaired: Option<Vec<Step>>,
}

impl<'s> Told<'s> {
    /// No steps yet.
    pub(super) const fn of(draft: &'s Draft, protocol: &'s Protocol, stream: &'s [u8]) -> Self {
        Self {
            draft,
            protocol,
            stream,
            at: 0,
            steps: Vec::new(),
            stored: BTreeMap::new(),
            broken: "FRM-1",
            transfers: false,
            name: String::new(),
            content: Vec::new(),
            began: None,
            digest_due: false,
            mismatched: BTreeSet::new(),
            acceptable: None,
            repaired: None,
        }
    }

    pub(super) fn step(&mut self, action: Action) {
        self.steps.push(Step { action, note: None });
    }

    /// The frames up to a place, as far as they are whole.
    pub(super) fn send_frames(&mut self, to: usize) {
        while let Some((length, rest)) = self.stream[self.at..to].split_first_chunk::<4>() {
            let count = u32::from_be_bytes(*length) as usize;
            let Some(payload) = rest.get(..count) else {
                break;
            };
            self.step(Action::Frame {
                length: Octets::from(&length[..]),
                payload: Octets::folded(payload),
            });
            self.at += 4 + count;
        }
        self.send(to);
    }

    pub(super) fn send(&mut self, to: usize) {
        if self.at < to {
            self.step(Action::Send(Octets::folded(&self.stream[self.at..to])));
            self.at = to;
        }
    }

    /// Sends the octets after an offence or a goodbye, unless the draft is brief.
    pub(super) fn send_rest(&mut self) {
        if !self.draft.brief {
            self.send(self.stream.len());
        }
    }

    pub(super) fn deliver(&mut self, payload: &[u8]) {
        self.step(Action::Deliver(Octets::folded(payload)));
    }

    /// An answer of a verified transfer: the whole message in its frame.
    pub(super) fn answer(&mut self, message: &str) {
        let length = (message.len() as u32).to_be_bytes();
        let frame = [&length[..], message.as_bytes()].concat();
        self.step(Action::Answer(Answer::of(&frame)));
    }

    /// The file of this name as it lies there by now.
    pub(super) fn as_it_was(&self, name: &str) -> Action {
        let placed = self.draft.before.iter().find_map(|placed| match placed {
            Placed::File { name: old, content } if old == name => Some(content.clone()),
            _ => None,
        });
        let stored = self.stored.get(name).map(|content| Octets::folded(content));
        match stored.or(placed) {
            None => Action::Absent(name.to_owned()),
            Some(content) => Action::Stored {
                name: name.to_owned(),
                content,
            },
        }
    }

    /// The files that must be there, and those that must not.
    pub(super) fn see_files(&mut self) {
        for name in std::mem::take(&mut self.mismatched) {
            if !self.stored.contains_key(&name) {
                let action = self.as_it_was(&name);
                self.step(action);
            }
        }
        for (name, content) in std::mem::take(&mut self.stored) {
            self.step(Action::Stored {
                name,
                content: Octets::folded(&content),
            });
        }
    }

    /// The offence that follows is repaired by a plain message in its place, the frame of this number.
    pub(super) fn offends(&mut self, broken: &'static str, frames: usize) {
        // A message in the midst of a verified transfer would be its header or its digest.
        let until = self.began.unwrap_or(self.steps.len());
        let mut repaired = self.steps[..until].to_vec();
        for action in hello(&self.protocol.framing, frames) {
            repaired.push(Step { action, note: None });
        }
        self.repaired = Some(repaired);
        self.broken = broken;
    }

    pub(super) fn refused(&mut self) {
        self.step(Action::Refusal);
        if self.stored.is_empty() && self.transfers {
            self.step(Action::Untouched);
        }
        self.see_files();
    }

    /// The stream ends where it must not.
    pub(super) fn cut_short(&mut self, broken: &'static str) {
        self.offends(broken, 0);
        self.send_frames(self.stream.len());
        self.step(Action::EndOfStream);
        self.refused();
    }

    pub(super) fn ends(&mut self) {
        if self.draft.ends {
            // Owed answers and deliveries come after the end too (SES-7).
            let owed = |step: &Step| matches!(step.action, Action::Deliver(_) | Action::Answer(_));
            let last = self.steps.iter().rposition(|step| !owed(step));
            let at = match last {
                Some(last) if self.draft.brief && self.acceptable.is_none() => last + 1,
                _ => self.steps.len(),
            };
            let action = Action::EndOfStream;
            self.steps.insert(at, Step { action, note: None });
            self.step(Action::Close);
        }
        self.see_files();
    }
}

/// The parts of a frame as steps, one for each link of a chain.
pub(super) fn links(parts: impl IntoIterator<Item = (Place, Octets)>) -> Vec<Action> {
    let mut actions = Vec::new();
    let mut link: Vec<(Place, Octets)> = Vec::new();
    for (place, octets) in parts {
        if link.last().is_some_and(|(last, _)| *last >= place) {
            actions.push(Action::Parts(std::mem::take(&mut link)));
        }
        link.push((place, octets));
    }
    actions.push(Action::Parts(link));
    actions
}

/// The plainest frame and what comes of it, the frame of this number.
fn hello(framing: &Framing, number: usize) -> Vec<Action> {
    let framing = of_frame(framing, number);
    let payload = adapted(framing, HELLO);
    let parts = framing.parts(&payload, number).unwrap_or_default();
    let payload = Octets::from(&payload[..]);
    let mut actions = match &parts[..] {
        [(Place::Length, length), _] if framing.is_reference() => vec![Action::Frame {
            length: Octets::from(&length[..]),
            payload: payload.clone(),
        }],
        _ => links(
            parts
                .iter()
                .map(|(place, octets)| (*place, Octets::folded(octets))),
        ),
    };
    actions.push(Action::Deliver(payload));
    actions
}
