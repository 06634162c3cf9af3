//! The cases whose cuts or ends are at certain places of a frame, which are others in each framing.

use super::render::{Renderer, Script};
use crate::framing::{Parts, Place};
use crate::trace::octets::Octets;
use crate::trace::{Action, Cuts, Trace};

/// True if a golden trace is made here rather than rendered.
pub(super) fn is_of_places(id: &str) -> bool {
    const EXACTLY: [&str; 9] = [
        "frm/frame-and-half",
        "frm/half-and-half",
        "frm/length-in-quarters",
        "frm/length-split-across",
        "frm/truncated-first",
        "frm/truncated-large",
        "frm/truncated-looks-whole",
        "frm/nested",
        "frm/length-like-text",
    ];
    const BEGINNING: [&str; 4] = [
        "frm/cut-after-",
        "frm/every-",
        "frm/truncated-at-",
        "len/announced-",
    ];
    EXACTLY.contains(&id) || BEGINNING.iter().any(|prefix| id.starts_with(prefix))
}

/// In a frame of more octets than this only those around the edges of parts are cut at.
const ALL_PLACES_UP_TO: usize = 40;

pub(super) fn traces(renderer: &Renderer<'_>, golden: &[&Trace]) -> Vec<Trace> {
    let mut traces = Vec::new();
    traces.extend(cut_once(renderer).unwrap_or_default());
    for every in [2, 3, 5] {
        traces.extend(cut_every(renderer, golden, every));
    }
    traces.extend(cut_at_parts(renderer).unwrap_or_default());
    traces.extend(nested(renderer));
    traces
}

/// Ends of the parts of a frame, by what they are.
pub(super) struct Frame {
    parts: Vec<(Place, usize)>,
    pub(super) len: usize,
}

impl Frame {
    pub(super) fn of(parts: &Parts) -> Self {
        let mut len = 0;
        let parts = parts
            .iter()
            .map(|(place, octets)| {
                len += octets.len();
                (*place, len)
            })
            .collect();
        Self { parts, len }
    }

    /// Offset of the start of a part.
    pub(super) fn start(&self, wanted: Place) -> usize {
        let before = self.parts.iter().take_while(|(place, _)| *place != wanted);
        before.last().map_or(0, |(_, end)| *end)
    }

    pub(super) fn has(&self, wanted: Place) -> bool {
        self.parts.iter().any(|(place, _)| *place == wanted)
    }

    /// The place, in words, at which the frame `nth` is cut after `at` of its octets.
    pub(super) fn in_words(&self, at: usize, nth: &str) -> String {
        let name = |place: Place| match place {
            Place::Before if self.has(Place::Length) => {
                format!("the octets before the {nth} length")
            }
            Place::Before => format!("the octets before the {nth} payload"),
            Place::Length => format!("the {nth} length"),
            Place::After => format!("the octets after the {nth} length"),
            Place::Payload => format!("the {nth} payload"),
            Place::Behind => format!("what ends the {nth} frame"),
        };
        let mut from = 0;
        for (place, (kind, end)) in self.parts.iter().enumerate() {
            if at > from && at < *end {
                return format!("inside {}", name(*kind));
            }
            if at == *end
                && let Some((next, _)) = self.parts.get(place + 1)
            {
                let next = match (kind, next) {
                    (Place::Length, Place::Payload) => "its payload".to_owned(),
                    (_, next) => name(*next),
                };
                return format!("between {} and {next}", name(*kind));
            }
            from = *end;
        }
        "between the two frames".to_owned()
    }

    /// The places at which it is worth to be cut.
    pub(super) fn places(&self) -> Vec<usize> {
        (1..self.len)
            .filter(|at| {
                self.len <= ALL_PLACES_UP_TO
                    || *at <= 2
                    || self.len - at <= 2
                    || self.parts.iter().any(|(_, end)| end.abs_diff(*at) <= 2)
            })
            .collect()
    }
}

/// A conversation of words, and the frames in it.
fn words(renderer: &Renderer<'_>, words: &[&str]) -> Option<(Trace, Vec<Frame>)> {
    let mut script = renderer.script();
    let mut frames = Vec::new();
    for (number, word) in words.iter().enumerate() {
        let payload = renderer.adapted(word.as_bytes())?;
        frames.push(Frame::of(&script.framing().parts(&payload, number).ok()?));
        script.word(word)?;
    }
    Some((renderer.trace("", "", &[], script), frames))
}

pub(super) fn cut_at(
    trace: &Trace,
    id: String,
    title: String,
    requirements: &[&str],
    places: Vec<usize>,
) -> Trace {
    Trace {
        id,
        title,
        requirements: requirements.iter().map(|id| (*id).to_owned()).collect(),
        cuts: Some(Cuts::At(places)),
        ..trace.clone()
    }
}

fn cut_once(renderer: &Renderer<'_>) -> Option<Vec<Trace>> {
    let (trace, frames) = words(renderer, &["hello", "world"])?;
    let (first, second) = (&frames[0], &frames[1]);
    let mut traces = Vec::new();
    let mut add = |at: usize, place: String, requirements: &[&str]| {
        let id = format!("frm/cut-after-{at}");
        let title = format!("Two frames, cut once, after octet {at}: {place}");
        traces.push(cut_at(&trace, id, title, requirements, vec![at]));
    };
    for at in first.places() {
        add(at, first.in_words(at, "first"), &["FRM-2"]);
    }
    add(first.len, "between the two frames".to_owned(), &["FRM-2"]);
    for at in second.places() {
        add(
            first.len + at,
            second.in_words(at, "second"),
            &["FRM-3", "FRM-2"],
        );
    }
    Some(traces)
}

fn cut_every(renderer: &Renderer<'_>, golden: &[&Trace], every: usize) -> Option<Trace> {
    let id = format!("frm/every-{every}");
    let golden = golden.iter().find(|trace| trace.id == id)?;
    let mut trace = renderer.rendered(golden)?;
    let total = crate::trace::stream(&trace.steps).len();
    trace.cuts = Some(Cuts::At((every..total - 1).step_by(every).collect()));
    Some(trace)
}

fn cut_at_parts(renderer: &Renderer<'_>) -> Option<Vec<Trace>> {
    let (two, frames) = words(renderer, &["hello", "world"])?;
    let (three, all) = words(renderer, &["hello", "world", "again"])?;
    let (first, second) = (&frames[0], &frames[1]);
    let into = |frame: &Frame| frame.start(Place::Payload) + 2;
    let mut traces = vec![
        cut_at(
            &two,
            "frm/frame-and-half".to_owned(),
            "A frame and the first half of the next come together".to_owned(),
            &["FRM-3"],
            vec![first.len + into(second)],
        ),
        cut_at(
            &three,
            "frm/half-and-half".to_owned(),
            "The end of a frame and the beginning of the next come together".to_owned(),
            &["FRM-3"],
            vec![
                into(&all[0]),
                all[0].len + into(&all[1]),
                all[0].len + all[1].len + into(&all[2]),
            ],
        ),
    ];
    if renderer.framing.number().is_some() && second.start(Place::Payload) <= ALL_PLACES_UP_TO {
        let head = |from: usize, frame: &Frame| -> Vec<usize> {
            (from + 1..=from + frame.start(Place::Payload)).collect()
        };
        let mut places = head(0, first);
        places.push(first.len);
        places.extend(head(first.len, second));
        traces.push(cut_at(
            &two,
            "frm/length-in-quarters".to_owned(),
            "Each octet of a length comes alone, its payload at once".to_owned(),
            &["FRM-2"],
            places,
        ));
        let most = (second.start(Place::Payload) - 1).min(3);
        if most > 0 {
            let title = match most {
                3 => "The end of a frame comes with the first three octets of the next length"
                    .to_owned(),
                1 => "The end of a frame comes with the first octet of the next".to_owned(),
                _ => format!("The end of a frame comes with the first {most} octets of the next"),
            };
            traces.push(cut_at(
                &two,
                "frm/length-split-across".to_owned(),
                title,
                &["FRM-3"],
                vec![first.start(Place::Payload) + 3, first.len + most],
            ));
        }
    }
    Some(traces)
}

/// The conversation that ends as it must, and the twin that shows the codec to be well.
pub(super) fn with_twin(trace: Trace, twin: Script<'_>) -> Trace {
    Trace {
        beside: None,
        repaired: Some(twin.steps),
        ..trace
    }
}

/// Payloads that look like what is around them.
fn nested(renderer: &Renderer<'_>) -> Vec<Trace> {
    let holds = || -> Option<Trace> {
        let mut script = renderer.script();
        let inner = renderer.script();
        let inside = [inner.octets_of(b"hi")?, inner.octets_of(b"ho")?].concat();
        if renderer.adapted(&inside)? != inside {
            return None;
        }
        script.frame_noted(&Octets::from(&inside[..]), "holds two frames")?;
        script.then(Action::Deliver(Octets::from(&inside[..])));
        script.word("hi")?;
        let title = "A payload that holds frames is one payload";
        Some(renderer.trace("frm/nested", title, &["FRM-1"], script))
    };
    let begins = || -> Option<Trace> {
        let mut script = renderer.script();
        let payload = [script.framing().pack(9)?, b"abc".to_vec()].concat();
        if renderer.adapted(&payload)? != payload {
            return None;
        }
        script.exchange(&Octets::from(&payload[..]), "")?;
        script.word("hi")?;
        let title = "A payload that begins like a length";
        Some(renderer.trace("frm/length-like-text", title, &["FRM-1"], script))
    };
    holds().into_iter().chain(begins()).collect()
}
