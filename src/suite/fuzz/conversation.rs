//! The outcome that a draft must have: the model reads the client's stream, and each thing that it
//! expects becomes a step of a trace.

use super::draft::{Draft, Protocol};
use super::told::Told;
use crate::model::digest::Digest;
use crate::model::reading::{Next, Reading};
use crate::model::session_model::{Expected, Model};
use crate::trace::segmentation::Segmentation;
use crate::trace::{Acceptable, Action, Beside, Class, Placed, Trace};

/// FRM-7: a payload above this may be refused by a server that has declared no limit.
const FLOOR: usize = 65_536;

/// A trace, and the way in which it is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Conversation {
    pub(in crate::suite) trace: Trace,
    pub(in crate::suite) segmentation: Segmentation,
}

impl Conversation {
    /// `None` where the specification leaves open what must come of it.
    pub(in crate::suite) fn of(draft: &Draft, protocol: &Protocol) -> Option<Self> {
        let (stream, ends) = draft.render(protocol);
        if stream.is_empty() || draft.times > 1 && stream.len() > MOST_REPEATED {
            return None;
        }
        let mut told = Told::of(draft, protocol, &stream);
        let is_reference = protocol.framing.is_reference();
        if !is_reference {
            told.other_frames()?;
        } else if protocol.class < Class::Session {
            told.frames()?;
        } else {
            told.session()?;
        }
        let beside = draft.beside;
        let beside = beside.filter(|others| others.goes_with(told.transfers));
        let (cuts, segmentation) = draft.cutting.in_trace(ends);
        let requirement = beside.map_or(told.broken, Beside::requirement);
        let trace = Trace {
            id: "fuzz/conversation".to_owned(),
            title: "A generated conversation goes as the specification has it".to_owned(),
            requirements: vec![requirement.to_owned()],
            class: Some(told.class(beside)),
            framing: (!is_reference).then(|| protocol.framing.to_string()),
            acceptable: told.acceptable,
            before: match told.transfers {
                true => draft.before.clone(),
                false => Vec::new(),
            },
            beside,
            cuts: Some(cuts),
            repaired: told.repaired.take(),
            steps: told.steps,
        };
        Some(Self {
            trace,
            segmentation,
        })
    }
}

/// Longest stream with repetitions, in octets.
const MOST_REPEATED: usize = 40_000;

impl Told<'_> {
    /// The class that owes the conversation.
    fn class(&self, beside: Option<Beside>) -> Class {
        match self.protocol.class {
            // Its traces are for servers with the extension: without it the answers are others.
            Class::VerifiedTransfer => Class::VerifiedTransfer,
            class if class < Class::Session => Class::Framing,
            _ if self.transfers || beside == Some(Beside::TwoFiles) => Class::Transfer,
            _ => Class::Session,
        }
    }

    fn limit(&self) -> u32 {
        self.protocol.max_payload.unwrap_or(u32::MAX)
    }

    fn is_too_large(&self, payload: &[u8]) -> bool {
        self.protocol.max_payload.is_none() && payload.len() > FLOOR
    }

    fn frames(&mut self) -> Option<()> {
        let mut reading = Reading::new(self.stream, self.limit());
        loop {
            match reading.step() {
                Next::Frame { payload, .. } if self.is_too_large(payload) => return None,
                Next::Frame { payload, ends_at } => {
                    self.broken = if payload.is_empty() { "FRM-4" } else { "FRM-2" };
                    self.send_frames(ends_at);
                    self.deliver(payload);
                }
                Next::OverLimit { known_at } => {
                    self.offends("FRM-7", 0);
                    self.send(known_at);
                    self.send_rest();
                    self.refused();
                    return Some(());
                }
                Next::Truncated { .. } => {
                    self.cut_short("FRM-6");
                    return Some(());
                }
                Next::End => {
                    self.ends();
                    return Some(());
                }
            }
        }
    }

    /// True if a command for a transfer comes next.
    fn at_command(&self) -> bool {
        let rest = &self.stream[self.at..];
        rest.starts_with(b"\0\0\0\x04file") || rest.starts_with(b"\0\0\0\x04FILE")
    }

    fn session(&mut self) -> Option<()> {
        let mut model = Model::new(self.stream, self.limit());
        if self.protocol.class >= Class::VerifiedTransfer {
            model = model.verifying();
        }
        loop {
            if self.at_command() {
                if self.protocol.class < Class::Transfer {
                    return None;
                }
                self.transfers = true;
            }
            match model.step() {
                Expected::Text { text, .. } if self.is_too_large(text) => return None,
                Expected::Text { text, due } => self.text(text, due),
                Expected::Command { by, due } => self.command(by, due),
                Expected::Digest { by, right, due } => self.digest(by, right, due),
                Expected::File { may_refuse, .. } if may_refuse => return None,
                Expected::File {
                    name, length, due, ..
                } => {
                    self.header(name, length, due);
                    if self.is_link(&self.name) {
                        self.replaces_link(&mut model.clone(), length)?;
                    }
                    if length == 0 && self.began.is_none() {
                        self.stores();
                    }
                }
                Expected::Body { end, .. } if model.is_cut_short(end) => {
                    self.body_cut_short();
                    return Some(());
                }
                Expected::Body { at, end, verified } => self.body(at, end, verified),
                Expected::FileEnd { .. } => {}
                Expected::Quit { due } => {
                    self.quits(due);
                    return Some(());
                }
                Expected::Refusal { due } => {
                    self.offends(self.offence(due), 0);
                    self.send_frames(due);
                    self.send_rest();
                    self.refused();
                    return Some(());
                }
                Expected::CutShort => {
                    self.cut_short(self.began.map_or("FRM-6", |_| "VTR-4"));
                    return Some(());
                }
                Expected::End | Expected::Over => {
                    self.ends();
                    return Some(());
                }
            }
        }
    }

    fn text(&mut self, text: &[u8], due: usize) {
        if self.acceptable.is_none() {
            self.broken = match text {
                [] => "FRM-4",
                text if self.is_near_command(text) => "VTR-1",
                _ => "SES-4",
            };
        }
        self.send_frames(due);
        self.deliver(text);
    }

    /// The command of a verified transfer, which is answered before its header comes.
    fn command(&mut self, by: Digest, due: usize) {
        self.transfers = true;
        self.broken = "VTR-2";
        self.began = Some(self.steps.len());
        self.digest_due = false;
        self.send_frames(due);
        self.answer(&format!("{} ready", by.command()));
    }

    /// The digest of a body, which decides whether the file is kept.
    fn digest(&mut self, by: Digest, right: bool, due: usize) {
        self.broken = "VTR-3";
        self.send_frames(due);
        let verdict = if right { "ok" } else { "mismatch" };
        self.answer(&format!("{} {verdict}", by.command()));
        self.began = None;
        if right {
            self.stores();
        } else {
            self.mismatched.insert(self.name.clone());
        }
    }

    fn header(&mut self, name: String, length: u32, due: usize) {
        self.broken = "TRF-3";
        self.send_frames(due);
        self.name = name;
        self.content.clear();
        self.digest_due = length == 0;
    }

    fn body(&mut self, at: usize, end: usize, verified: bool) {
        self.half_of_body(end);
        self.send(end);
        self.digest_due = true;
        self.content = self.stream[at..end].to_vec();
        if !verified {
            self.stores();
        }
    }

    /// The file whose body has come lies there from here on.
    fn stores(&mut self) {
        let content = std::mem::take(&mut self.content);
        self.stored.insert(self.name.clone(), content);
    }

    fn quits(&mut self, due: usize) {
        self.broken = "SES-2";
        self.send_frames(due);
        self.send_rest();
        self.step(Action::Close);
        self.see_files();
    }

    /// True of a text that is nearly the command of a verified transfer.
    fn is_near_command(&self, text: &[u8]) -> bool {
        let near = text.trim_ascii_start().to_ascii_lowercase();
        self.protocol.class >= Class::VerifiedTransfer && near.starts_with(b"file+")
    }

    fn is_link(&self, name: &str) -> bool {
        let links = self.draft.before.iter();
        let mut names = links.map(|placed| match placed {
            Placed::Link { name, .. } => Some(name.as_str()),
            Placed::File { .. } => None,
        });
        names.any(|link| link == Some(name))
    }

    /// A server may refuse to replace a link (TRF-8). That shows only where nothing but one answer is
    /// owed behind it.
    fn replaces_link(&mut self, behind: &mut Model<'_>, length: u32) -> Option<()> {
        if !self.stored.is_empty() || self.draft.times > 1 {
            return None;
        }
        let body = match behind.step() {
            Expected::Body { end, .. } if behind.is_cut_short(end) => return Some(()),
            Expected::Body { .. } | Expected::FileEnd { .. } => behind.step(),
            _ => return None,
        };
        let answered = matches!(body, Expected::Text { text, .. } if !self.is_too_large(text));
        let over = matches!(behind.step(), Expected::End);
        self.acceptable = Some(Acceptable::Refusal);
        self.broken = "TRF-8";
        (length > 0 && answered && over).then_some(())
    }

    /// A file is not seen before it is whole, and an old one stays (TRF-9).
    fn half_of_body(&mut self, end: usize) {
        if !self.draft.brief || end - self.at < 2 || self.is_link(&self.name) {
            return;
        }
        self.send(self.at.midpoint(end));
        self.step(self.as_it_was(&self.name));
    }

    /// A body ends with the stream: nothing of it is kept (TRF-9).
    fn body_cut_short(&mut self) {
        self.offends(self.began.map_or("TRF-9", |_| "VTR-4"), 0);
        // The header has been sent, which the repaired conversation must not have.
        if let Some(repaired) = self.repaired.as_mut().filter(|_| self.began.is_none()) {
            let sent = repaired.len() - 2;
            repaired.drain(sent - 2..sent);
        }
        self.send(self.stream.len());
        self.step(Action::EndOfStream);
        self.refused();
    }

    /// The requirement that an offence is against.
    fn offence(&self, due: usize) -> &'static str {
        let offence = &self.stream[self.at..due];
        if offence.len() == 4 {
            return "FRM-7";
        }
        match (self.began.is_some(), self.digest_due) {
            (true, true) => return "VTR-2",
            (true, false) => return "TRF-7",
            (false, _) => {}
        }
        if !self.at_command() || offence.len() == 8 {
            return "MSG-3";
        }
        let header = offence.get(12..).unwrap_or_default();
        match header.iter().rposition(|octet| *octet == b',') {
            None => "TRF-1",
            Some(comma) if header[comma + 1..].iter().all(u8::is_ascii_digit) => "TRF-7",
            Some(_) => "TRF-2",
        }
    }
}
