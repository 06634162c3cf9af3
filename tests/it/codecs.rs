//! Published codecs, judged in process as their own test suites would do it; and the harness
//! itself, by what it says of a wrong one.

use bytes::BytesMut;
use compio_buf::IoBuf;
use compio_io::framed::frame::{Framer as _, LengthDelimited};
use std::ops::ControlFlow;
use tokio_util::codec::{Decoder as _, Encoder as _, LengthDelimitedCodec};

use unstick::judge::progress::{Unwatched, each};
use unstick::suite::codec::{Decode, Judge};
use unstick::suite::verdict::{Check, Verdict};
use unstick::trace::octets::Octets;
use unstick::trace::segmentation::Segmentation;
use wire_codec::WriteBuf;
use wire_codec::framing::{Endian, Framer as _, LengthPrefixed, LengthWidth};

type Deliver<'d> = dyn FnMut(&[u8]) + 'd;

struct TokioUtil {
    codec: LengthDelimitedCodec,
    buffer: BytesMut,
}

impl TokioUtil {
    fn new(limit: usize) -> Self {
        Self {
            codec: LengthDelimitedCodec::builder()
                .max_frame_length(limit)
                .new_codec(),
            buffer: BytesMut::new(),
        }
    }
}

impl Decode for TokioUtil {
    fn feed(&mut self, octets: &[u8], deliver: &mut Deliver<'_>) -> Result<(), String> {
        self.buffer.extend_from_slice(octets);
        while let Some(payload) = self
            .codec
            .decode(&mut self.buffer)
            .map_err(|e| e.to_string())?
        {
            deliver(&payload);
        }
        Ok(())
    }

    fn finish(&mut self, deliver: &mut Deliver<'_>) -> Result<(), String> {
        while let Some(payload) = self
            .codec
            .decode_eof(&mut self.buffer)
            .map_err(|e| e.to_string())?
        {
            deliver(&payload);
        }
        Ok(())
    }
}

/// tokio-util 0.7 has taken the length out of its buffer by the time the stream ends behind it,
/// sees an empty buffer, and takes that for a clean end (FRM-6). The trace that shows it is
/// `frm/truncated-at-4`, under every cut.
#[test]
fn tokio_util_takes_an_end_behind_a_length_for_a_clean_one() {
    Judge::decoder(|| Box::new(TokioUtil::new(8 * 1024 * 1024)))
        .encoder(|payload| {
            let mut out = BytesMut::new();
            LengthDelimitedCodec::new()
                .encode(bytes::Bytes::copy_from_slice(payload), &mut out)
                .map_err(|e| e.to_string())?;
            Ok(out.to_vec())
        })
        .max_payload(8 * 1024 * 1024)
        .known_to_fail(
            "frm/truncated-at-4",
            "the stream ends exactly behind a length",
        )
        .assert();
}

/// Parts that both of the others leave to their user: a buffer, and a word at its end.
struct Buffered<F> {
    buffer: Vec<u8>,
    next: F,
}

impl<F: FnMut(&mut Vec<u8>, &mut Deliver<'_>) -> Result<usize, String>> Decode for Buffered<F> {
    fn feed(&mut self, octets: &[u8], deliver: &mut Deliver<'_>) -> Result<(), String> {
        self.buffer.extend_from_slice(octets);
        loop {
            let taken = (self.next)(&mut self.buffer, deliver)?;
            if taken == 0 {
                return Ok(());
            }
            self.buffer.drain(..taken);
        }
    }

    fn finish(&mut self, _: &mut Deliver<'_>) -> Result<(), String> {
        match self.buffer.len() {
            0 => Ok(()),
            left => Err(format!("{left} octets are no whole frame")),
        }
    }
}

#[test]
fn wire_codec_passes() {
    let framer = LengthPrefixed::new(LengthWidth::U32, Endian::Big);
    Judge::decoder(|| {
        Box::new(Buffered {
            buffer: Vec::new(),
            next: |buffer: &mut Vec<u8>, deliver: &mut Deliver<'_>| {
                let frame = framer.next_frame(buffer).map_err(|e| e.to_string())?;
                Ok(frame.map_or(0, |frame| {
                    deliver(frame.payload());
                    frame.consumed()
                }))
            },
        })
    })
    .encoder(|payload| {
        let mut out = vec![0; 4 + payload.len()];
        let mut buffer = WriteBuf::new(&mut out);
        framer
            .write_frame(payload, &mut buffer)
            .map_err(|e| e.to_string())?;
        Ok(out)
    })
    .assert();
}

#[test]
fn compio_io_passes() {
    Judge::decoder(|| {
        Box::new(Buffered {
            buffer: Vec::new(),
            next: |buffer: &mut Vec<u8>, deliver: &mut Deliver<'_>| {
                let slice = std::mem::take(buffer).slice(..);
                let frame = LengthDelimited::new().extract(&slice);
                *buffer = compio_buf::IntoInner::into_inner(slice);
                let Some(frame) = frame.map_err(|e| e.to_string())? else {
                    return Ok(0);
                };
                deliver(&buffer[4..frame.len()]);
                Ok(frame.len())
            },
        })
    })
    .encoder(|payload| {
        let mut out = payload.to_vec();
        LengthDelimited::new().enclose(&mut out);
        Ok(out)
    })
    .assert();
}

/// A decoder that drops what lies behind the first frame of a chunk.
struct TailLost(unstick::wire::frame::Decoder);

impl Decode for TailLost {
    fn feed(&mut self, mut octets: &[u8], deliver: &mut Deliver<'_>) -> Result<(), String> {
        if let Some(payload) = self.0.decode(&mut octets).map_err(|e| e.to_string())? {
            deliver(payload);
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut Deliver<'_>) -> Result<(), String> {
        std::mem::take(&mut self.0)
            .finish()
            .map_err(|e| e.to_string())
    }
}

fn tail_lost<'c>() -> Judge<'c> {
    Judge::decoder(|| Box::new(TailLost(unstick::wire::frame::Decoder::new(u32::MAX))))
}

fn failed(checks: &[Check]) -> impl Iterator<Item = &Check> {
    checks.iter().filter(|check| check.verdict == Verdict::Fail)
}

fn message_of(judge: Judge<'_>) -> String {
    let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| judge.assert()));
    let panic = judged.expect_err("it panics");
    panic
        .downcast_ref::<String>()
        .expect("with a message")
        .clone()
}

#[test]
fn a_wrong_decoder_panics_with_all_that_is_needed_to_mend_it() {
    let message = message_of(tail_lost());
    for part in ["FRM-3: ", "sent, chunk 1 of 1:", "expected: ", "00000000  "] {
        assert!(message.contains(part), "{part:?} is missing in:\n{message}");
    }
    let checks = tail_lost().checks(&mut Unwatched);
    let failed: Vec<_> = failed(&checks).map(|check| check.id.as_str()).collect();
    let last = format!("{} checks failed: {}", failed.len(), failed.join(" "));
    assert_eq!(message.lines().last(), Some(last.as_str()));
    // A check that is known to fail is neither described nor listed.
    let known = failed[0];
    let message = message_of(tail_lost().known_to_fail(known, "it always did"));
    let (first, last) = (message.lines().nth(2), message.lines().last().unwrap());
    assert!(
        first.is_some_and(|line| line.contains(',') && !line.starts_with(known)),
        "{message}"
    );
    assert!(!last.split(' ').any(|id| id == known), "{message}");
}

fn check<'c>(checks: &'c [Check], id: &str, segmentation: Segmentation) -> &'c Check {
    let of_case = |check: &&Check| check.id == id && check.segmentation == Some(segmentation);
    checks.iter().find(of_case).unwrap()
}

/// The evidence of a failure is what was fed, delivered and said.
#[test]
fn a_failure_shows_what_happened() {
    let shown = |checks: &[Check], id, segmentation| {
        let evidence = check(checks, id, segmentation).evidence.clone().unwrap();
        let sent: Vec<_> = evidence.sent.iter().map(Octets::to_vec).collect();
        (
            sent,
            evidence.expected.to_string(),
            evidence.seen.to_vec(),
            evidence.ended.to_string(),
        )
    };
    let two = b"\0\0\0\x05hello\0\0\0\x05world";
    let of_decoder = tail_lost().checks(&mut Unwatched);
    assert_eq!(
        shown(&of_decoder, "frm/two", Segmentation::Whole),
        (
            vec![two.to_vec()],
            "2 payloads".to_owned(),
            two[..9].to_vec(),
            "without an error".to_owned()
        )
    );
    let encoder = unstick::suite::codec::reference().encoder(|payload| match payload {
        b"hello" => Ok(b"\0\0\0\x09hello".to_vec()),
        b"" => Err("it is empty".to_owned()),
        _ => Ok([&(payload.len() as u32).to_be_bytes(), payload].concat()),
    });
    let of_encoder = encoder.checks(&mut Unwatched);
    assert_eq!(
        shown(&of_encoder, "frm/two", Segmentation::Apart),
        (
            vec![b"hello".to_vec()],
            "a frame of 9 octets".to_owned(),
            b"\0\0\0\x09hello".to_vec(),
            "without an error".to_owned()
        )
    );
    assert_eq!(
        shown(&of_encoder, "frm/empty", Segmentation::Apart),
        (
            vec![vec![]],
            "a frame of 4 octets".to_owned(),
            vec![],
            "it is empty".to_owned()
        )
    );
}

/// A decoder that fails at nearly everything is judged in a moment: a case that has failed is not
/// repeated under further segmentations, once 25 checks have failed.
#[test]
fn where_much_fails_a_case_fails_once() {
    let checks = tail_lost().checks(&mut Unwatched);
    let (mut fails, mut with_fail) = (0, std::collections::BTreeSet::new());
    for check in &checks {
        let not_run = check.verdict == Verdict::Skipped;
        assert_eq!(
            not_run,
            fails >= 25 && with_fail.contains(&check.id),
            "{check:#?}"
        );
        if check.verdict == Verdict::Fail {
            fails += 1;
            with_fail.insert(check.id.clone());
            assert_eq!(check.evidence.as_ref().unwrap().stderr, "");
        }
    }
    assert!(fails > 25);
}

#[test]
fn each_check_is_told_with_its_number_until_no_more_is_wanted() {
    let mut told = Vec::new();
    let checks = unstick::suite::codec::reference().checks(&mut each(|done, total, check| {
        told.push((done, check.id.clone()));
        if done < 10 && done < total {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }));
    let ids = checks.iter().map(|check| check.id.clone());
    assert_eq!(told, (1..=10).zip(ids).collect::<Vec<_>>());
}

/// Nothing is asked of a codec that its limit rules out, and everything else is.
#[test]
fn payloads_above_the_declared_limit_are_skipped() {
    for limit in [65_535, 65_536] {
        let judge = Judge::decoder(move || Box::new(TokioUtil::new(limit as usize)));
        let checks = judge.max_payload(limit).checks(&mut Unwatched);
        let verdict_of = |id| check(&checks, id, Segmentation::Apart).verdict;
        let within = limit == 65_536;
        let verdict = if within {
            Verdict::Pass
        } else {
            Verdict::Skipped
        };
        assert_eq!(verdict_of("len/65535"), Verdict::Pass);
        assert_eq!(verdict_of("len/65536"), verdict);
        assert_eq!(verdict_of("len/65537"), Verdict::Skipped);
    }
}

#[test]
fn a_known_failure_that_passes_is_reported() {
    let judge = unstick::suite::codec::reference().known_to_fail("frm/two", "it used to");
    let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| judge.assert()));
    assert!(judged.is_err());
}

#[test]
fn wrong_lengths_are_found() {
    let little = unstick::suite::codec::reference().lengths(
        |value| Ok((value as u32).to_le_bytes().to_vec()),
        |octets| {
            let octets = octets.try_into().map_err(|_| "not four")?;
            Ok(i128::from(i32::from_be_bytes(octets)))
        },
    );
    let checks = little.checks(&mut Unwatched);
    let failed: Vec<String> = failed(&checks)
        .map(|check| format!("{} {}", check.requirement(), check.id))
        .collect();
    assert_eq!(
        failed,
        [
            "LEN-1 codec/pack-boundaries",
            "LEN-1 codec/pack-powers-of-two",
            "LEN-1 codec/pack-random",
            "LEN-2 codec/pack-out-of-range",
            "LEN-4 codec/unpack-boundaries",
            "LEN-4 codec/unpack-powers-of-two",
            "LEN-4 codec/unpack-random",
            "LEN-4 codec/unpack-top-bit",
        ]
    );
}

/// A codec that declares no limit may refuse what is above 65,536 octets, and nothing below (FRM-7).
#[test]
fn a_refusal_without_a_declared_limit_is_acceptable_from_65_536_octets_on() {
    let judged = |own: usize| -> Vec<Check> {
        let judge = Judge::decoder(move || Box::new(TokioUtil::new(own)));
        judge.checks(&mut Unwatched)
    };
    let with = |checks: &[Check], verdict| -> Vec<String> {
        let of_cases = checks.iter().filter(|check| check.id.starts_with("len/"));
        let found = of_cases.filter(|check| check.verdict == verdict);
        let mut ids: Vec<_> = found.map(|check| check.id.to_string()).collect();
        ids.dedup();
        ids
    };
    let allowed = judged(65_536);
    assert_eq!(with(&allowed, Verdict::Fail), [""; 0]);
    assert!(with(&allowed, Verdict::Acceptable).contains(&"len/65537".to_owned()));
    assert!(!with(&allowed, Verdict::Acceptable).contains(&"len/65536".to_owned()));
    assert!(with(&judged(65_535), Verdict::Fail).contains(&"len/65536".to_owned()));
}

#[test]
fn a_limit_is_judged_on_both_sides() {
    let with_limit = |own: u32, declared: u32| {
        let judge =
            Judge::decoder(move || -> Box<dyn Decode> { Box::new(TokioUtil::new(own as usize)) });
        judge
            .max_payload(declared)
            .checks(&mut Unwatched)
            .into_iter()
            .filter(|check| check.id.ends_with("-limit"))
            .map(|check| check.verdict.name())
            .collect::<Vec<_>>()
    };
    assert_eq!(with_limit(100_000, 100_000), ["pass", "pass", "pass"]);
    assert_eq!(with_limit(99_999, 100_000), ["fail", "pass", "pass"]);
    assert_eq!(with_limit(100_001, 100_000), ["pass", "fail", "pass"]);
}
