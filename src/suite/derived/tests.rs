//! Derived traces say what the golden traces say, and agree with the framing itself.

use std::collections::BTreeSet;

use super::derive;
use crate::framing::{Framing, PRESETS};
use crate::suite::fixtures;
use crate::trace::{Action, Class, Trace, json, stream};

#[test]
fn for_the_articles_framing_the_golden_traces_come_out() {
    let golden: Vec<String> = fixtures::all()
        .iter()
        .filter(|trace| trace.class() <= Class::Framing)
        .map(json::write)
        .collect();
    let derived: Vec<String> = derive(&Framing::default())
        .iter()
        .map(json::write)
        .collect();
    for (golden, derived) in golden.iter().zip(&derived) {
        assert_eq!(golden, derived);
    }
    assert_eq!(golden.len(), derived.len());
}

/// The same by way of the renderer, which does not look at the golden octets.
#[test]
fn the_renderer_makes_the_golden_octets() {
    // Written otherwise, the framing is not known for the article's, and all is rendered.
    let framing: Framing = "u32be forms=any".parse().unwrap();
    let derived = derive(&framing);
    for golden in fixtures::all()
        .iter()
        .filter(|trace| trace.class() <= Class::Framing)
    {
        let rendered = derived
            .iter()
            .find(|trace| trace.id == golden.id)
            .unwrap_or_else(|| panic!("{} is not derived", golden.id));
        for (a, b) in [
            (Some(&golden.steps), Some(&rendered.steps)),
            (golden.repaired.as_ref(), rendered.repaired.as_ref()),
        ] {
            assert_eq!(a.is_some(), b.is_some(), "{}", golden.id);
            if let (Some(a), Some(b)) = (a, b) {
                assert_eq!(stream(a).to_vec(), stream(b).to_vec(), "{}", golden.id);
            }
        }
        assert_eq!(
            (&golden.title, &golden.requirements),
            (&rendered.title, &rendered.requirements)
        );
        let cuts = |trace| -> Vec<_> {
            crate::trace::segmentation::conversations(trace)
                .into_iter()
                .map(|(segmentation, moves)| (segmentation, format!("{moves:?}").len()))
                .map(|(segmentation, _)| segmentation)
                .collect()
        };
        assert_eq!(cuts(golden), cuts(rendered), "{}", golden.id);
    }
}

fn framings() -> Vec<Framing> {
    [
        "u8",
        "u16be",
        "u16le",
        "u16be+2",
        "u24le 1? max=20 chain",
        "u8-1",
        "i16le",
        "x51 u32be+4",
        "u64be",
        "varint5",
        "varint forms=shortest",
        "vlq",
        "quic",
        "compact forms=shortest",
        "dec':' * x2c",
        "dec4",
        "hex4+4",
        "line'\\n' strip-cr unterminated=deliver",
        "line'\\r\\n' ends=any",
        "line'\\r\\n' ends=crlf alphabet=printable",
        "line'\\0' unterminated=drop",
        "u16be min=3 max=1000",
        "u32be max=100000 limit-counts=frame",
        "u32be zero=refuse",
        "u32be zero=end",
        "1? u32be+4 first='u32be+4'",
        "u16be preface=x505249",
        "cobs",
        "slip",
    ]
    .into_iter()
    .chain(PRESETS.iter().map(|preset| preset.name))
    .map(|template| template.parse().unwrap())
    .collect()
}

/// Asserts that a trace expects what the framing itself says of the octets.
fn agrees(framing: &Framing, trace: &Trace, steps: &[crate::trace::Step]) {
    let octets = stream(steps).to_vec();
    let said = framing.payloads(&octets);
    let delivered: Vec<Vec<u8>> = steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::Deliver(payload) => Some(payload.to_vec()),
            _ => None,
        })
        .collect();
    assert_eq!(said.payloads, delivered, "{framing}: {}", trace.id);
    let refuses = steps.iter().any(|step| step.action == Action::Refusal);
    assert_eq!(
        said.error.is_some(),
        refuses,
        "{framing}: {} {:?}",
        trace.id,
        said.error
    );
}

#[test]
fn every_trace_agrees_with_its_framing() {
    for framing in framings() {
        let traces = derive(&framing);
        let ids: BTreeSet<&str> = traces.iter().map(|trace| trace.id.as_str()).collect();
        assert_eq!(ids.len(), traces.len(), "{framing}: an id twice");
        assert!(traces.len() > 50, "{framing}: only {} traces", traces.len());
        for trace in &traces {
            agrees(&framing, trace, &trace.steps);
            if let Some(repaired) = &trace.repaired {
                agrees(&framing, trace, repaired);
            }
            let text = json::write(trace);
            let again = json::read(&text).unwrap_or_else(|error| panic!("{}: {error}", trace.id));
            assert_eq!(stream(&again.steps).to_vec(), stream(&trace.steps).to_vec());
        }
    }
}

#[test]
fn each_group_is_there_where_it_can_be() {
    let has = |template: &str, id: &str| {
        let framing: Framing = template.parse().unwrap();
        derive(&framing).iter().any(|trace| trace.id == id)
    };
    for (template, id) in [
        ("u16be+2", "frm/below-least-0"),
        ("u16be+2", "frm/below-least-1"),
        ("u16be+2", "len/largest"),
        ("amqp", "frm/wrong-octet-13"),
        ("amqp", "frm/nothing-behind"),
        ("bgp", "frm/wrong-octet-1"),
        ("varint5", "len/no-number-beyond-bits"),
        ("varint", "len/no-number-too-many-octets"),
        ("varint", "len/announced-100000005"),
        ("varint", "len/endless"),
        ("varint", "len/other-form-empty-1"),
        ("netstring", "len/no-number-plus"),
        ("netstring", "len/no-number-digits-65"),
        ("netstring", "len/other-form-short-1"),
        ("lsp", "len/no-number-no-header"),
        ("lsp", "len/other-form-short-2"),
        ("i32be", "len/no-number-top-bit"),
        ("bittorrent", "frm/zero-between"),
        ("pkt-line", "frm/zero-ends"),
        ("u24le 1? max=20 chain", "frm/chain-exact"),
        ("mysql", "frm/chain-exact"),
        ("onc-rpc", "frm/fragments-ten"),
        ("onc-rpc", "frm/fragments-unfinished"),
        ("line'\\n'", "frm/blanks"),
        ("syslog", "frm/blanks"),
        ("line'\\n' alphabet=utf8", "frm/other-ends"),
        ("mllp", "frm/half-end-last"),
        ("line'\\r\\n' ends=crlf", "frm/half-end-last"),
        ("u24le 1? max=20 chain", "frm/chain-twice"),
        ("mqtt", "frm/truncated-length-2"),
        ("cobs", "frm/stuffed-no-zero-254"),
        ("cobs", "frm/wrong-stuffing"),
        ("line'\\r\\n' ends=any", "frm/ended-by-cr"),
        ("line'\\r\\n' ends=crlf", "frm/inside-lf"),
        ("mllp", "frm/inside-half-end"),
        ("mllp", "frm/wrong-octet-1"),
        ("u16le", "frm/truncated-after-longer"),
        ("quic", "len/63"),
        ("compact", "len/253"),
        ("websocket", "len/126"),
        ("u16be", "len/announced-8000"),
    ] {
        assert!(has(template, id), "{template} has no {id}");
    }
    assert!(
        !has("slip", "frm/empty") && !has("u8", "len/256") && !has("u32be", "frm/below-least-0")
    );
}
