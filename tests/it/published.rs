//! Published codecs of other framings than the article's, as they are, judged in process: what they get wrong is
//! known by the cases, and read in their sources. Those of other languages are judged by `tests/published/judge`.

use bytes::BytesMut;
use integer_encoding::VarInt as _;
use rstest::rstest;
use tokio_util::codec::length_delimited::Builder;
use tokio_util::codec::{AnyDelimiterCodec, Encoder as _, LengthDelimitedCodec, LinesCodec};
use unsigned_varint::codec::UviBytes;

use unstick::suite::codec::{Decode, Judge};

/// The limit that is declared, in octets: what is larger takes time, and shows no more.
const LIMIT: u32 = 70_000;

type Deliver<'d> = dyn FnMut(&[u8]) + 'd;

/// A decoder as tokio-util has them, with its buffer.
struct Tokio<D>(D, BytesMut);

impl<D> Decode for Tokio<D>
where
    D: tokio_util::codec::Decoder,
    D::Item: AsRef<[u8]>,
    D::Error: std::fmt::Display,
{
    fn feed(&mut self, octets: &[u8], deliver: &mut Deliver<'_>) -> Result<(), String> {
        self.1.extend_from_slice(octets);
        loop {
            let decoded = self.0.decode(&mut self.1);
            match decoded.map_err(|error| error.to_string())? {
                Some(payload) => deliver(payload.as_ref()),
                None => return Ok(()),
            }
        }
    }

    fn finish(&mut self, deliver: &mut Deliver<'_>) -> Result<(), String> {
        loop {
            let decoded = self.0.decode_eof(&mut self.1);
            match decoded.map_err(|error| error.to_string())? {
                Some(payload) => deliver(payload.as_ref()),
                None => return Ok(()),
            }
        }
    }
}

fn tokio<D>(mut fresh: impl FnMut() -> D + 'static, framing: &str) -> Judge<'static>
where
    D: tokio_util::codec::Decoder + 'static,
    D::Item: AsRef<[u8]>,
    D::Error: std::fmt::Display,
{
    Judge::decoder(move || Box::new(Tokio(fresh(), BytesMut::new())))
        .framing(framing.parse().unwrap())
}

/// Says what is wrong with a codec: cases, and no others, fail.
fn assert_fails(judge: Judge<'static>, known: &[&'static str], why: &'static str) {
    let known = known.iter();
    known
        .fold(judge, |judge, case| judge.known_to_fail(case, why))
        .assert();
}

fn delimited(width: usize) -> Builder {
    let mut builder = LengthDelimitedCodec::builder();
    builder
        .length_field_length(width)
        .max_frame_length(LIMIT as usize);
    builder
}

const CLEAN_END: &str =
    "the length has left the buffer, so that an end right behind it is taken for a clean one";

/// Its encoder writes the length alone in front of a payload, with nothing between.
#[rstest]
#[case("u8", delimited(1), &["frm/truncated-at-1"])]
#[case("u16be", delimited(2), &["frm/truncated-at-2"])]
#[case("u32le max=70000", *delimited(4).little_endian(), &["frm/truncated-at-4"])]
#[case("u64be max=70000", delimited(8), &["frm/truncated-at-8"])]
// The limit is made 65,533 where the adjustment is -2, and then the number is held against it, which counts
// the two octets of the length: a frame that the encoder writes is refused.
#[case(
    "u16le+2",
    *delimited(2).little_endian().length_adjustment(-2),
    &["frm/truncated-at-2", "len/largest", "len/65533"]
)]
fn tokio_util_has_an_end_behind_a_length_for_a_clean_one(
    #[case] framing: &str,
    #[case] builder: Builder,
    #[case] known: &[&'static str],
) {
    let encoder = builder;
    let judge = tokio(move || builder.new_codec(), framing).encoder(move |payload| {
        let mut out = BytesMut::new();
        let encoded = encoder.new_codec().encode(payload, &mut out);
        encoded.map_err(|error| error.to_string())?;
        Ok(out.to_vec())
    });
    assert_fails(judge, known, CLEAN_END);
}

/// The skipped octets go with the length, so that it is the end behind all of the header.
#[rstest]
#[case(
    "1? u32be+4 max=70000 limit-counts=number",
    *delimited(4).length_field_offset(1).length_adjustment(-4).num_skip(5),
    "frm/truncated-at-5"
)]
#[case("u24be 6? max=70000", *delimited(3).num_skip(9), "frm/truncated-at-9")]
#[case(
    "i32le+all 12? max=70000 limit-counts=number",
    *delimited(4).little_endian().length_adjustment(-16).num_skip(16),
    "frm/truncated-at-16"
)]
fn tokio_util_does_so_behind_a_header(
    #[case] framing: &str,
    #[case] builder: Builder,
    #[case] known: &'static str,
) {
    assert_fails(
        tokio(move || builder.new_codec(), framing),
        &[known],
        CLEAN_END,
    );
}

#[test]
fn tokio_util_lines_are_read_rightly() {
    let fresh = || LinesCodec::new_with_max_length(LIMIT as usize);
    let judge = tokio(
        fresh,
        "line'\\n' strip-cr unterminated=deliver alphabet=utf8",
    );
    judge
        .encoder(move |payload| {
            let line = std::str::from_utf8(payload).map_err(|error| error.to_string())?;
            let mut out = BytesMut::new();
            let encoded = fresh().encode(line, &mut out);
            encoded.map_err(|error| error.to_string())?;
            Ok(out.to_vec())
        })
        .max_payload(LIMIT)
        .known_to_fail(
            "codec/encode-terminator",
            "a line that holds a line feed is written as it is",
        )
        .assert();
    let fresh = || AnyDelimiterCodec::new_with_max_length(vec![0], vec![0], LIMIT as usize);
    tokio(fresh, "line'\\0' unterminated=deliver")
        .max_payload(LIMIT)
        .assert();
}

/// The length is taken out of the buffer here as well.
#[test]
fn unsigned_varint_has_an_end_behind_a_length_for_a_clean_one() {
    let fresh = || {
        let mut codec = UviBytes::<bytes::Bytes>::default();
        codec.set_max_len(LIMIT as usize);
        codec
    };
    let judge = tokio(fresh, "varint forms=shortest").encoder(move |payload| {
        let mut out = BytesMut::new();
        let encoded = fresh().encode(bytes::Bytes::copy_from_slice(payload), &mut out);
        encoded.map_err(|error| error.to_string())?;
        Ok(out.to_vec())
    });
    let known = ["frm/truncated-at-1", "frm/truncated-length-3"];
    let judge = judge.max_payload(LIMIT).known_to_fail(
        "len/no-number-beyond-bits",
        "the bits of the tenth octet above 2^63 are shifted out",
    );
    assert_fails(judge, &known, CLEAN_END);
}

/// Reads a varint: its value and how many octets it takes, or that there are too few.
type Read = fn(&[u8]) -> Result<Option<(u64, usize)>, String>;

/// Messages behind a varint that a function of the library reads.
struct Varints {
    read: Read,
    buffer: Vec<u8>,
}

impl Decode for Varints {
    fn feed(&mut self, octets: &[u8], deliver: &mut Deliver<'_>) -> Result<(), String> {
        self.buffer.extend_from_slice(octets);
        let mut at = 0;
        while let Some((length, width)) = (self.read)(&self.buffer[at..])? {
            if length > u64::from(LIMIT) {
                return Err(format!("{length} octets are over the limit"));
            }
            let start = at + width;
            let Some(payload) = self.buffer.get(start..start + length as usize) else {
                break;
            };
            deliver(payload);
            at = start + payload.len();
        }
        self.buffer.drain(..at);
        Ok(())
    }

    fn finish(&mut self, _: &mut Deliver<'_>) -> Result<(), String> {
        match self.buffer.len() {
            0 => Ok(()),
            left => Err(format!("{left} octets are no whole frame")),
        }
    }
}

fn varints(read: Read, framing: &str) -> Judge<'static> {
    let fresh = move || -> Box<dyn Decode> {
        let buffer = Vec::new();
        Box::new(Varints { read, buffer })
    };
    Judge::decoder(fresh)
        .framing(framing.parse().unwrap())
        .max_payload(LIMIT)
}

#[test]
fn prost_delimited_messages_pass() {
    fn delimiter(octets: &[u8]) -> Result<(u64, usize), String> {
        let mut rest = octets;
        let length = prost::decode_length_delimiter(&mut rest);
        let length = length.map_err(|error| error.to_string())?;
        Ok((length as u64, octets.len() - rest.len()))
    }
    let pack = |length: usize| {
        let mut out = Vec::new();
        let packed = prost::encode_length_delimiter(length, &mut out);
        packed.map(|()| out).map_err(|error| error.to_string())
    };
    let judge = varints(
        |octets| match delimiter(octets) {
            Ok(found) => Ok(Some(found)),
            // Its own words on an error with fewer than ten octets: there may be more to come.
            Err(_) if octets.len() < 10 => Ok(None),
            Err(error) => Err(error),
        },
        "protobuf",
    );
    judge
        .encoder(move |payload| Ok([pack(payload.len())?, payload.to_vec()].concat()))
        .lengths(
            move |length| pack(usize::try_from(length).map_err(|error| error.to_string())?),
            |octets| match delimiter(octets)? {
                (length, width) if width == octets.len() => Ok(length.into()),
                _ => Err("there is more".to_owned()),
            },
        )
        .assert();
}

#[test]
fn integer_encoding_passes_and_takes_32_bits_in_up_to_ten_octets() {
    let judge = varints(
        |octets| match u64::decode_var(octets) {
            None if octets.len() >= 10 => Err("no varint".to_owned()),
            found => Ok(found),
        },
        "varint",
    );
    judge
        .encoder(|payload| Ok([(payload.len() as u64).encode_var_vec(), payload.to_vec()].concat()))
        .assert();
    // A number of 32 bits is read as one of 64, and has to be small enough.
    let judge = varints(
        |octets| match u32::decode_var(octets) {
            None if octets.len() >= 5 => Err("no varint".to_owned()),
            found => Ok(found.map(|(length, width)| (length.into(), width))),
        },
        "varint5",
    );
    let why = "u32::decode_var reads up to ten octets";
    assert_fails(judge, &["len/no-number-too-many-zeros"], why);
}
