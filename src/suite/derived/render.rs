//! Golden traces in another framing: payloads stay, what is around them changes.

use crate::framing::{Alphabet, Framing, Parts, Place};
use crate::trace::octets::Octets;
use crate::trace::segmentation::Segmentation;
use crate::trace::{Action, Class, Cuts, Step, Trace};

/// Payloads, as frames of one framing.
pub(super) struct Renderer<'f> {
    pub(super) framing: &'f Framing,
}

/// The steps of a conversation, as they are written down; counts the frames.
pub(super) struct Script<'f> {
    renderer: &'f Renderer<'f>,
    pub(super) steps: Vec<Step>,
    frames: usize,
}

pub(super) fn noted(action: Action, note: &str) -> Step {
    Step {
        action,
        note: (!note.is_empty()).then(|| note.to_owned()),
    }
}

fn plain(action: Action) -> Step {
    noted(action, "")
}

/// `abcdefg` over and over, as the golden traces have it.
pub(super) fn letters(count: usize) -> Octets {
    let whole = Octets::repeat(b"abcdefg", count / 7);
    let rest = Octets::from(&b"abcdefg"[..count % 7]);
    match (count / 7, count % 7) {
        (0, _) => rest,
        (_, 0) => whole,
        _ => whole.then(rest),
    }
}

impl<'f> Renderer<'f> {
    pub(super) const fn new(framing: &'f Framing) -> Self {
        Self { framing }
    }

    pub(super) const fn script(&'f self) -> Script<'f> {
        Script {
            renderer: self,
            steps: Vec::new(),
            frames: 0,
        }
    }

    /// A trace of this framing.
    pub(super) fn trace(
        &self,
        id: impl Into<String>,
        title: impl Into<String>,
        requirements: &[&str],
        script: Script<'_>,
    ) -> Trace {
        Trace {
            id: id.into(),
            title: title.into(),
            requirements: requirements.iter().map(|id| (*id).to_owned()).collect(),
            class: Some(Class::Framing),
            framing: self.name(),
            acceptable: None,
            before: Vec::new(),
            cuts: None,
            steps: script.steps,
            beside: None,
            repaired: None,
        }
    }

    fn name(&self) -> Option<String> {
        (!self.framing.is_reference()).then(|| self.framing.to_string())
    }

    /// A payload that the framing carries: this one, or one as long with other octets in place of
    /// those that it does not carry; `None` where there is none of this length.
    pub(super) fn adapted(&self, payload: &[u8]) -> Option<Vec<u8>> {
        if self.has_too_many_links(payload.len()) {
            return None;
        }
        if self.framing.carries(payload).is_ok() && !self.may_end_inside(payload) {
            return Some(payload.to_vec());
        }
        let mut payload = payload.to_vec();
        let least = usize::try_from(self.framing.min_payload()).ok()?;
        while payload.len() < least.max(1) {
            payload.push(b"abcdefg"[payload.len() % 7]);
        }
        if self.framing.carries(&payload).is_err() || self.may_end_inside(&payload) {
            for octet in &mut payload {
                let plain = matches!(*octet, 0x20..=0x7E);
                let ends = self
                    .framing
                    .terminator()
                    .is_some_and(|terminator| terminator.contains(octet));
                if ends || !plain && self.framing.alphabet() != Alphabet::Any {
                    *octet = b'.';
                }
            }
        }
        self.framing.carries(&payload).is_ok().then_some(payload)
    }

    /// True of a payload with a CR or a LF alone where CR LF ends lines and the framing does not say whether they do so
    /// alone too: a reader may take them for ends.
    fn may_end_inside(&self, payload: &[u8]) -> bool {
        let terminator = self.framing.terminator();
        let is_open = terminator == Some(b"\r\n") && self.framing.ends().is_none();
        is_open && payload.iter().any(|octet| b"\r\n".contains(octet))
    }

    /// True of a payload in a chain that nobody sends: a reader that joins one link after the other needs
    /// quadratic time, and is right.
    fn has_too_many_links(&self, payload: usize) -> bool {
        const MOST: u64 = 1_024;
        let link = self.framing.max_payload();
        let link = link.filter(|_| self.framing.is_chained());
        link.is_some_and(|link| payload as u64 / link.max(1) > MOST)
    }

    /// The golden trace in this framing; `None` where it says nothing there.
    pub(super) fn rendered(&self, golden: &Trace) -> Option<Trace> {
        if self.framing.is_reference() {
            return Some(golden.clone());
        }
        // The point of these traces is lost with a single octet.
        let is_exact =
            ["frm/not-utf8", "frm/newlines", "frm/zeros", "frm/ones"].contains(&golden.id.as_str());
        let is_empty = golden.id.starts_with("frm/empt");
        if is_empty && !self.framing.has_empty_frames() {
            return None;
        }
        let payload = |octets: &Octets| -> Option<Octets> {
            let before = octets.to_vec();
            let adapted = self.adapted(&before);
            match adapted {
                Some(after) if after == before => Some(octets.clone()),
                Some(_) if is_exact || is_empty => None,
                Some(after) if golden.id.starts_with("len/") && after.len() != before.len() => None,
                Some(after) => Some(Octets::folded(&after)),
                None if golden.id == "frm/all-octets" => {
                    Some(Octets::from(&self.all_octets()?[..]))
                }
                None => None,
            }
        };
        let steps = |golden: &[Step]| -> Option<Vec<Step>> {
            let mut script = self.script();
            for step in golden {
                match &step.action {
                    Action::Frame {
                        payload: octets, ..
                    } => {
                        let octets = payload(octets)?;
                        script.frame_noted(&octets, step.note.as_deref().unwrap_or_default())?;
                    }
                    Action::Deliver(octets) => script.steps.push(Step {
                        action: Action::Deliver(payload(octets)?),
                        note: step.note.clone(),
                    }),
                    other => script.steps.push(plain(other.clone())),
                }
            }
            Some(script.steps)
        };
        Some(Trace {
            framing: self.name(),
            cuts: golden.cuts.as_ref().map(|cuts| self.cuts(cuts)),
            steps: steps(&golden.steps)?,
            beside: None,
            repaired: match &golden.repaired {
                Some(repaired) => Some(steps(repaired)?),
                None => None,
            },
            ..golden.clone()
        })
    }

    /// Each octet that a payload may hold, in order, as many as fit.
    fn all_octets(&self) -> Option<Vec<u8>> {
        let single = |octet: &u8| match self.framing.terminator() {
            Some(terminator) => !terminator.contains(octet),
            None => true,
        };
        let mut all: Vec<u8> = (0..=255).filter(single).collect();
        if self.framing.alphabet() != Alphabet::Any {
            all.retain(|octet| matches!(octet, 0x20..=0x7E));
        }
        let most = self.framing.max_payload().unwrap_or(u64::MAX);
        all.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        self.framing.carries(&all).is_ok().then_some(all)
    }

    /// Segmentations by name, with all cuts of a length where the golden ones have those of theirs.
    fn cuts(&self, golden: &Cuts) -> Cuts {
        let Cuts::Named(named) = golden else {
            return golden.clone();
        };
        let mut all = Vec::new();
        for one in named {
            match one {
                Segmentation::Length(1) => {
                    all.extend((1..=Segmentation::MOST_IN_LENGTH).map(Segmentation::Length));
                    all.push(Segmentation::LengthLast);
                    all.push(Segmentation::Before);
                }
                Segmentation::Length(_) => {}
                Segmentation::Payload => {
                    all.extend([Segmentation::Payload, Segmentation::After]);
                }
                Segmentation::Last => {
                    all.extend([
                        Segmentation::Last,
                        Segmentation::Behind,
                        Segmentation::InsideEnd,
                    ]);
                }
                other => all.push(*other),
            }
        }
        Cuts::Named(all)
    }
}

/// Octets as a trace has them; what is large is letters as a rule, which is quick to see.
pub(super) fn folded(octets: &[u8]) -> Octets {
    if octets.len() > 4096 && letters(octets.len()).to_vec() == octets {
        letters(octets.len())
    } else {
        Octets::folded(octets)
    }
}

/// The links of a chain, one step each.
pub(super) fn links(parts: Parts) -> Vec<Action> {
    let mut actions: Vec<Action> = Vec::new();
    let mut link: Vec<(Place, Octets)> = Vec::new();
    for (place, octets) in parts {
        if link.last().is_some_and(|(last, _)| *last >= place) {
            actions.push(Action::Parts(std::mem::take(&mut link)));
        }
        link.push((place, folded(&octets)));
    }
    actions.push(Action::Parts(link));
    actions
}

impl Script<'_> {
    /// The framing of the frame that comes next.
    pub(super) fn framing(&self) -> &Framing {
        match self.renderer.framing.first() {
            Some(first) if self.frames == 0 => first,
            _ => self.renderer.framing,
        }
    }

    /// Writes the frame with this payload; `None` where it cannot be.
    pub(super) fn frame_noted(&mut self, payload: &Octets, note: &str) -> Option<()> {
        let parts = self.framing().parts(&payload.to_vec(), self.frames).ok()?;
        self.push(parts, note);
        Some(())
    }

    pub(super) fn push(&mut self, parts: Parts, note: &str) {
        self.frames += 1;
        if self.renderer.framing.is_reference()
            && let [(Place::Length, length), (Place::Payload, payload)] = &parts[..]
        {
            self.steps.push(noted(
                Action::Frame {
                    length: Octets::folded(length),
                    payload: Octets::folded(payload),
                },
                note,
            ));
            return;
        }
        for action in links(parts) {
            self.steps.push(noted(action, note));
        }
    }

    /// A frame is sent, and its payload delivered.
    pub(super) fn exchange(&mut self, payload: &Octets, note: &str) -> Option<()> {
        let wanted = payload.to_vec();
        let adapted = self.renderer.adapted(&wanted)?;
        let same = adapted == wanted;
        let payload = if same {
            payload.clone()
        } else {
            Octets::folded(&adapted)
        };
        self.frame_noted(&payload, note)?;
        self.steps.push(noted(Action::Deliver(payload), note));
        Some(())
    }

    /// The same for a word, which is the note too.
    pub(super) fn word(&mut self, word: &str) -> Option<()> {
        self.exchange(&Octets::from(word.as_bytes()), word)
    }

    pub(super) fn send(&mut self, octets: &[u8], note: &str) {
        self.steps
            .push(noted(Action::Send(Octets::folded(octets)), note));
    }

    pub(super) fn then(&mut self, action: Action) {
        self.steps.push(plain(action));
    }

    /// The end of the stream, which must be refused.
    pub(super) fn refused_at_the_end(&mut self) {
        self.then(Action::EndOfStream);
        self.then(Action::Refusal);
    }

    /// The end of the stream, which is a clean one.
    pub(super) fn ends(&mut self) {
        self.then(Action::EndOfStream);
        self.then(Action::Close);
    }

    /// The frame of a word, as octets.
    pub(super) fn octets_of(&self, word: &[u8]) -> Option<Vec<u8>> {
        let payload = self.renderer.adapted(word)?;
        let parts = self.framing().parts(&payload, self.frames).ok()?;
        Some(parts.into_iter().flat_map(|(_, octets)| octets).collect())
    }
}

/// A number with a comma before each three digits.
pub(super) fn with_commas(number: u128) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
