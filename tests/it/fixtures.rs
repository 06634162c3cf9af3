//! The golden traces: well-formed, true to the schema, and right by an independent reading.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use md5::Digest as _;
use rstest::rstest;
use unstick::judge::case::Described;
use unstick::judge::progress::Unwatched;
use unstick::suite::codec::{self, Decode, Judge};
use unstick::suite::server::cases;
use unstick::suite::verdict::{Summary, Verdict};
use unstick::suite::{fixtures, requirement};
use unstick::trace::{Acceptable, Action, Class, Placed, Step, Trace, json};
use unstick_fuzz::header;
use unstick_fuzz::reading::{Next, Reading};
use unstick_fuzz::session_model::{Expected, Model, is_utf8};

static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/trace.schema.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
});

#[rstest]
fn a_fixture_is_sound(#[files("fixtures/*/*.json")] path: PathBuf) {
    let text = std::fs::read_to_string(&path).unwrap();
    let trace = json::read(&text).unwrap();
    assert_eq!(
        json::write(&trace),
        text,
        "it is not in the form that is written"
    );
    let errors: Vec<String> = SCHEMA
        .iter_errors(&serde_json::from_str(&text).unwrap())
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, [""; 0]);
    let chapter = path
        .parent()
        .unwrap()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap();
    let name = path.file_stem().unwrap().to_str().unwrap();
    assert_eq!(trace.id, format!("{chapter}/{name}"));
    for id in &trace.requirements {
        assert!(requirement::find(id).is_some(), "{id} is not in SPEC.md");
    }
    let own = chapter.to_uppercase();
    assert!(
        trace.requirements.iter().any(|id| id.starts_with(&own)),
        "no requirement of the chapter {own} is shown"
    );
    agrees_with_the_model(&trace, &trace.steps);
    if let Some(repaired) = &trace.repaired {
        agrees_with_the_model(&trace, repaired);
        assert!(trace.is_hostile(), "there is nothing to repair");
    }
    // A refusal proves nothing without its twin.
    assert_eq!(trace.is_hostile(), trace.repaired.is_some());
}

/// Expectations of a trace are what an independent reading of the octets that it sends says,
/// whatever the limit.
fn agrees_with_the_model(trace: &Trace, steps: &[Step]) {
    let mut sent = Vec::new();
    let mut delivered = Vec::new();
    let mut answered = Vec::new();
    let mut stored: Vec<(&str, Vec<u8>)> = Vec::new();
    let (mut ended, mut closes, mut refuses) = (false, false, false);
    for step in steps {
        match &step.action {
            Action::Frame { length, payload } => {
                sent.extend(length.to_vec());
                sent.extend(payload.to_vec());
            }
            Action::Parts(parts) => {
                sent.extend(parts.iter().flat_map(|(_, octets)| octets.to_vec()));
            }
            Action::Send(octets) => sent.extend(octets.to_vec()),
            Action::Deliver(payload) => delivered.push(payload.to_vec()),
            Action::EndOfStream => ended = true,
            Action::Close => closes = true,
            Action::Refusal => refuses = true,
            Action::Stored { name, content } => stored.push((name, content.to_vec())),
            Action::Answer(answer) => {
                answered.extend(answer.octets.as_ref().expect("it is known").to_vec());
            }
            Action::Silence | Action::Absent(_) | Action::Untouched => {}
        }
    }
    let read = match trace.class() {
        Class::Codec | Class::Framing => read_frames(&sent, ended),
        Class::Session | Class::Transfer => read_session(&sent, ended),
        Class::VerifiedTransfer => read_verified(&sent, ended),
    };
    assert_eq!(delivered, read.delivered);
    assert_eq!(answered, read.answered);
    match read.end {
        End::Refusal => assert!(
            refuses,
            "it is a protocol error, and no refusal is expected"
        ),
        // A protocol error as well, which a case may take for a mere close.
        End::CutShort => assert!(refuses || closes, "nothing is expected of the end"),
        End::Clean | End::Open => assert!(!refuses, "there is nothing to refuse"),
    }
    if closes {
        assert_ne!(read.end, End::Open, "nothing makes it close");
    }
    // A file holds what it held before, or a body that was sent for it.
    let before = trace.before.iter().filter_map(|placed| match placed {
        Placed::File { name, content } => Some((name.clone(), content.to_vec())),
        Placed::Link { .. } => None,
    });
    let known: Vec<(String, Vec<u8>)> = before.chain(read.stored).collect();
    for (name, content) in stored {
        assert!(
            known
                .iter()
                .any(|(known, held)| known == name && *held == content),
            "{name:?} does not hold a body that was sent"
        );
    }
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    Open,
    Clean,
    Refusal,
    CutShort,
}

struct Read {
    delivered: Vec<Vec<u8>>,
    /// Answers of a server with verified transfers to those, frame after frame.
    answered: Vec<u8>,
    stored: Vec<(String, Vec<u8>)>,
    end: End,
}

fn read_frames(sent: &[u8], ended: bool) -> Read {
    let mut reading = Reading::new(sent, u32::MAX);
    let mut delivered = Vec::new();
    let end = loop {
        match reading.step() {
            Next::Frame { payload, .. } => delivered.push(payload.to_vec()),
            Next::OverLimit { .. } => break End::Refusal,
            Next::Truncated { .. } if ended => break End::Refusal,
            Next::End if ended => break End::Clean,
            Next::Truncated { .. } | Next::End => break End::Open,
        }
    };
    Read {
        delivered,
        answered: Vec::new(),
        stored: Vec::new(),
        end,
    }
}

fn read_session(sent: &[u8], ended: bool) -> Read {
    let mut model = Model::new(sent, u32::MAX);
    let mut read = Read {
        delivered: Vec::new(),
        answered: Vec::new(),
        stored: Vec::new(),
        end: End::Open,
    };
    let mut name = String::new();
    loop {
        match model.step() {
            Expected::Text { text, .. } => read.delivered.push(text.to_vec()),
            Expected::File { name: next, .. } => name = next,
            Expected::Body { at, end, .. } if end <= sent.len() => {
                read.stored
                    .push((std::mem::take(&mut name), sent[at..end].to_vec()));
            }
            Expected::FileEnd { .. } => {
                read.stored.push((std::mem::take(&mut name), Vec::new()));
            }
            last => {
                read.end = match last {
                    Expected::Refusal { .. } => End::Refusal,
                    Expected::Quit { .. } | Expected::Over => End::Clean,
                    Expected::CutShort | Expected::Body { .. } if ended => End::CutShort,
                    Expected::End if ended => End::Clean,
                    _ => End::Open,
                };
                return read;
            }
        }
    }
}

/// The octets of a body's digest.
type DigestOf = fn(&[u8]) -> Vec<u8>;

/// Reading of a stream by a server with verified transfers, written from chapter VTR alone.
fn read_verified(sent: &[u8], ended: bool) -> Read {
    let mut reading = Reading::new(sent, u32::MAX);
    let mut read = Read {
        delivered: Vec::new(),
        answered: Vec::new(),
        stored: Vec::new(),
        end: End::Open,
    };
    let answer = |read: &mut Read, text: String| {
        let length = u32::try_from(text.len()).unwrap().to_be_bytes();
        read.answered.extend([&length, text.as_bytes()].concat());
    };
    loop {
        let mut message = || match reading.step() {
            Next::Frame { payload, .. } => Ok(String::from_utf8(payload.to_vec()).unwrap()),
            Next::End if ended => Err(End::Clean),
            Next::Truncated { .. } if ended => Err(End::CutShort),
            _ => Err(End::Open),
        };
        let cut = |end| {
            if end == End::Clean {
                End::CutShort
            } else {
                end
            }
        };
        let command = match message() {
            Ok(command) => command,
            Err(end) => break read.end = end,
        };
        let digest: Option<DigestOf> = match command.as_str() {
            "file" => None,
            "file+md5" => Some(|body| md5::Md5::digest(body).to_vec()),
            "file+sha256" => Some(|body| sha2::Sha256::digest(body).to_vec()),
            _ => {
                read.delivered.push(command.into_bytes());
                continue;
            }
        };
        if digest.is_some() {
            answer(&mut read, format!("{command} ready"));
        }
        let text = match message() {
            Ok(text) => text,
            Err(end) => break read.end = cut(end),
        };
        let header::Reading::Is((name, length)) = header::read(&text) else {
            break read.end = End::Refusal;
        };
        let at = reading.at();
        let Some(body) = sent.get(at..at + length as usize) else {
            break read.end = cut(if ended { End::Clean } else { End::Open });
        };
        reading.skip_to(at + body.len());
        let Some(digest) = digest else {
            read.stored.push((name, body.to_vec()));
            continue;
        };
        let digits: String = digest(body).iter().map(|o| format!("{o:02x}")).collect();
        let said = match reading.step() {
            Next::Frame { payload, .. } => payload,
            Next::Truncated { .. } | Next::End if ended => break read.end = End::CutShort,
            _ => break,
        };
        let is_digest = said.len() == digits.len()
            && said.iter().all(|digit| b"0123456789abcdef".contains(digit));
        if !is_digest {
            break read.end = End::Refusal;
        }
        if said == digits.as_bytes() {
            read.stored.push((name, body.to_vec()));
            answer(&mut read, format!("{command} ok"));
        } else {
            answer(&mut read, format!("{command} mismatch"));
        }
    }
    read
}

#[test]
fn every_chapter_has_its_traces() {
    let traces = fixtures::all();
    assert!(traces.len() >= 150, "{} traces", traces.len());
    for chapter in fixtures::CHAPTERS {
        let count = traces
            .iter()
            .filter(|trace| trace.id.starts_with(chapter))
            .count();
        assert!(count >= 30, "{chapter} has {count} traces");
    }
    let checks: usize = cases::all().iter().map(Described::checks).sum();
    assert!(checks >= 1500, "{checks} checks");
}

/// Every requirement that can be seen on a server's connection has a case.
#[test]
fn every_requirement_of_servers_has_a_case() {
    // Unpacking values is for codecs, the rest for other framings, clients and senders, and for any
    // protocol.
    let not_servers = [
        "LEN-3", "LEN-5", "FRM-10", "FRM-11", "FRM-12", "SES-11", "SES-12", "TRF-12", "TRF-13",
        "CUT-1", "CUT-2", "CUT-3", "CUT-4",
    ];
    let cases = cases::all();
    for requirement in requirement::all() {
        let id = requirement.id;
        let shown = cases.iter().any(|case| case.info.shows(id));
        assert_eq!(shown, !not_servers.contains(&id), "{id}");
    }
}

#[test]
fn the_reference_codec_passes_every_framing_trace() {
    let checks = codec::reference().checks(&mut Unwatched);
    let summary = Summary::of(&checks);
    assert_eq!(summary.pass, checks.len());
    assert!(checks.len() > 500);
}

/// Codecs that see nothing, or everything, are told apart.
#[test]
fn codecs_that_do_nothing_right_pass_next_to_nothing() {
    /// Takes each chunk for a payload.
    struct Chunks;
    impl Decode for Chunks {
        fn feed(&mut self, octets: &[u8], deliver: &mut dyn FnMut(&[u8])) -> Result<(), String> {
            deliver(octets);
            Ok(())
        }
        fn finish(&mut self, _: &mut dyn FnMut(&[u8])) -> Result<(), String> {
            Ok(())
        }
    }

    /// Refuses everything.
    struct Refuses;
    impl Decode for Refuses {
        fn feed(&mut self, _: &[u8], _: &mut dyn FnMut(&[u8])) -> Result<(), String> {
            Err("no".to_owned())
        }
        fn finish(&mut self, _: &mut dyn FnMut(&[u8])) -> Result<(), String> {
            Err("no".to_owned())
        }
    }

    let chunks = Summary::of(
        &Judge::decoder(|| Box::new(Chunks))
            .encoder(|payload| Ok(payload.to_vec()))
            .checks(&mut Unwatched),
    );
    assert_eq!((chunks.pass, chunks.acceptable), (1, 0), "{chunks:?}");
    let refuses = Judge::decoder(|| Box::new(Refuses))
        .encoder(|_| Err("no".to_owned()))
        .checks(&mut Unwatched);
    let summary = Summary::of(&refuses);
    assert_eq!(summary.pass, 0, "{summary:?}");
    // Refusals that are due earn nothing: the repaired twins fail.
    assert!(summary.error >= 5, "{summary:?}");
    let acceptable = |check: &&unstick::suite::verdict::Check| check.verdict == Verdict::Acceptable;
    let may_refuse: Vec<&str> = fixtures::all()
        .iter()
        .filter(|trace| trace.acceptable == Some(Acceptable::Refusal))
        .map(|trace| trace.id.as_str())
        .collect();
    for check in refuses.iter().filter(acceptable) {
        assert!(may_refuse.contains(&check.id.as_str()), "{}", check.id);
    }
}

#[test]
fn invalid_texts_are_invalid_and_kept_texts_are_not() {
    for trace in fixtures::all() {
        let valid = trace.steps.iter().all(|step| match &step.action {
            Action::Frame { payload, .. } => is_utf8(&payload.to_vec()),
            _ => true,
        });
        let says_invalid = trace.id.starts_with("msg/invalid-");
        if trace.id.starts_with("msg/") {
            assert_eq!(valid, !says_invalid, "{}", trace.id);
        }
    }
}
