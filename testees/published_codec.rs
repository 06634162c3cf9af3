//! Published codecs as programs: octets on standard input, the payloads as frames on standard output
//! (docs/codec-contract.md). The gallery judges them beside what others wrote by hand.
//!
//! usage: `published_codec tokio-util|wire-codec|compio-io`

use std::io::{self, Read, Write};
use std::process::ExitCode;

use bytes::BytesMut;
use compio_buf::IoBuf;
use compio_io::framed::frame::{Framer as _, LengthDelimited};
use tokio_util::codec::{Decoder as _, LengthDelimitedCodec};
use wire_codec::framing::{Endian, Framer as _, LengthPrefixed, LengthWidth};

/// Payloads longer than this are refused, so that no announced length takes memory.
const LIMIT: usize = 64 * 1024 * 1024;

/// Writes a payload as the contract has it.
fn deliver(payload: &[u8]) -> Result<(), String> {
    let length = u32::try_from(payload.len()).map_err(|error| error.to_string())?;
    let mut out = io::stdout().lock();
    out.write_all(&length.to_be_bytes())
        .and_then(|()| out.write_all(payload))
        .map_err(|error| error.to_string())
}

/// Feeds standard input to a codec: `next` takes what is whole from the front, `end` is told the rest.
fn run(
    mut next: impl FnMut(&mut BytesMut) -> Result<bool, String>,
    mut end: impl FnMut(&mut BytesMut) -> Result<(), String>,
) -> Result<(), String> {
    let mut buffer = BytesMut::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let read = io::stdin()
            .read(&mut chunk)
            .map_err(|error| error.to_string())?;
        if read == 0 {
            return end(&mut buffer);
        }
        buffer.extend_from_slice(&chunk[..read]);
        while next(&mut buffer)? {}
    }
}

fn is_whole(buffer: &mut BytesMut) -> Result<(), String> {
    match buffer.len() {
        0 => Ok(()),
        left => Err(format!("{left} octets are no whole frame")),
    }
}

fn tokio_util() -> Result<(), String> {
    let codec = || {
        LengthDelimitedCodec::builder()
            .max_frame_length(LIMIT)
            .new_codec()
    };
    let codec = std::cell::RefCell::new(codec());
    let taken = |frame: io::Result<Option<BytesMut>>| match frame {
        Ok(Some(payload)) => deliver(&payload).map(|()| true),
        Ok(None) => Ok(false),
        Err(error) => Err(error.to_string()),
    };
    run(
        |buffer| taken(codec.borrow_mut().decode(buffer)),
        |buffer| {
            while taken(codec.borrow_mut().decode_eof(buffer))? {}
            Ok(())
        },
    )
}

fn wire_codec() -> Result<(), String> {
    let framer = LengthPrefixed::new(LengthWidth::U32, Endian::Big);
    let next = |buffer: &mut BytesMut| {
        let frame = framer
            .next_frame(buffer)
            .map_err(|error| error.to_string())?;
        let Some(frame) = frame else {
            return Ok(false);
        };
        deliver(frame.payload())?;
        let consumed = frame.consumed();
        let _ = buffer.split_to(consumed);
        Ok(true)
    };
    run(next, is_whole)
}

fn compio_io() -> Result<(), String> {
    let next = |buffer: &mut BytesMut| {
        let slice = buffer.to_vec().slice(..);
        let frame = LengthDelimited::new().extract(&slice);
        let Some(frame) = frame.map_err(|error| error.to_string())? else {
            return Ok(false);
        };
        let taken = buffer.split_to(frame.len());
        deliver(&taken[4..])?;
        Ok(true)
    };
    run(next, is_whole)
}

fn main() -> ExitCode {
    let done = match std::env::args().nth(1).as_deref() {
        Some("tokio-util") => tokio_util(),
        Some("wire-codec") => wire_codec(),
        Some("compio-io") => compio_io(),
        _ => Err("usage: published_codec tokio-util|wire-codec|compio-io".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
