//! The cases of any framing, derived: what the golden `len/*` and `frm/*` show of four octets, most
//! significant first, shown in another framing, and what only other framings can get wrong.
//!
//! For the article's framing the outcome is the golden traces themselves, octet for octet.

mod fragments;
mod groups;
mod malformed;
mod places;
mod render;
mod sizes;
#[cfg(test)]
mod tests;
mod texts;
mod truncated;

use std::sync::{Mutex, OnceLock};

use super::fixtures;
use crate::framing::Framing;
#[cfg(feature = "cli")]
use crate::trace::octets::Octets;
use crate::trace::segmentation::Segmentation;
use crate::trace::{Class, Cuts, Trace};

use render::Renderer;

/// The framing traces of a framing, by chapter and then by id. They are derived once, and stay for as
/// long as the program runs.
pub fn traces(framing: &Framing) -> &'static [Trace] {
    /// Templates, and their traces.
    type Derived = Vec<(String, &'static [Trace])>;
    static DERIVED: OnceLock<Mutex<Derived>> = OnceLock::new();
    let derived = DERIVED.get_or_init(Mutex::default);
    let name = framing.template();
    let known = || {
        let derived = derived
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        derived
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, traces)| *traces)
    };
    if let Some(traces) = known() {
        return traces;
    }
    let traces: &'static [Trace] = Vec::leak(derive(framing));
    let mut derived = derived
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    derived.push((name, traces));
    traces
}

/// The payload that a framing carries in place of another: that one, or one as much like it as can be.
#[cfg(feature = "cli")]
pub(crate) fn adapted(framing: &Framing, payload: &[u8]) -> Vec<u8> {
    let adapted = Renderer::new(framing).adapted(payload);
    adapted.unwrap_or_else(|| payload.to_vec())
}

/// The frame of a payload, as a trace writes it down; `None` where the framing cannot carry it.
#[cfg(feature = "cli")]
pub(super) fn frame(framing: &Framing, payload: &[u8]) -> Option<Octets> {
    let parts = framing.parts(payload, 0).ok()?;
    let octets = parts.iter().map(|(_, octets)| render::folded(octets));
    Some(octets.fold(Octets::default(), Octets::then))
}

/// Makes the framing traces of a framing, without the cache.
#[must_use]
pub fn derive(framing: &Framing) -> Vec<Trace> {
    let golden: Vec<&Trace> = fixtures::all()
        .iter()
        .filter(|trace| trace.class() <= Class::Framing)
        .collect();
    let renderer = Renderer::new(framing);
    let mut traces: Vec<Trace> = Vec::new();
    let mut add = |trace: Trace| {
        if !traces.iter().any(|known| known.id == trace.id) {
            traces.push(trace);
        }
    };
    for trace in &golden {
        if !places::is_of_places(&trace.id)
            && let Some(rendered) = renderer.rendered(trace)
        {
            add(rendered);
        }
    }
    places::traces(&renderer, &golden)
        .into_iter()
        .for_each(&mut add);
    truncated::traces(&renderer).into_iter().for_each(&mut add);
    malformed::announced(&renderer)
        .into_iter()
        .for_each(&mut add);
    if !framing.is_reference() {
        sizes::traces(&renderer).into_iter().for_each(&mut add);
        groups::traces(&renderer).into_iter().for_each(&mut add);
        malformed::traces(&renderer).into_iter().for_each(&mut add);
        fragments::traces(&renderer).into_iter().for_each(&mut add);
        texts::traces(&renderer).into_iter().for_each(&mut add);
    }
    if framing.number().is_none() {
        without_a_length(&mut traces);
    }
    for trace in &mut traces {
        with_preface(framing, trace);
    }
    traces.sort_by_cached_key(|trace| fixtures::order(&trace.id));
    traces
}

/// Thins out payloads of framings without a length, of which sizes show nothing: large ones are few, because a reader
/// that looks at each octet takes its time for them, and what fails is the frame (FRM-1).
fn without_a_length(traces: &mut Vec<Trace>) {
    /// The largest payload that is sent under every cut, in octets.
    const SMALL: usize = 65_537;
    /// The largest payload that is sent at all.
    const LARGEST: usize = 1024 * 1024;
    traces.retain(|trace| trace.largest_payload() <= LARGEST);
    for trace in traces {
        if trace.largest_payload() > SMALL {
            trace.cuts = Some(Cuts::Named(vec![Segmentation::Apart, Segmentation::Whole]));
        }
        for requirement in &mut trace.requirements {
            if requirement.starts_with("LEN-") {
                *requirement = "FRM-1".to_owned();
            }
        }
        trace.requirements.dedup();
    }
}

/// Puts the preface in front of a stream.
fn with_preface(framing: &Framing, trace: &mut Trace) {
    let preface = framing.preface();
    if preface.is_empty() {
        return;
    }
    let step = render::noted(
        crate::trace::Action::Send(preface.as_slice().into()),
        "the preface",
    );
    trace.steps.insert(0, step.clone());
    if let Some(steps) = &mut trace.repaired {
        steps.insert(0, step);
    }
    if let Some(Cuts::At(places)) = &mut trace.cuts {
        for place in places {
            *place += preface.len();
        }
    }
}
