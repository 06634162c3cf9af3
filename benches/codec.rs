//! Decoders and encoders side by side: the reference, tokio-util's `LengthDelimitedCodec`,
//! wire-codec's `LengthPrefixed`, and a plain copy of the same octets as what memory allows.
//!
//! wire-codec walks frames in a contiguous slice and leaves gathering to its user. Fed `whole` it
//! is given just that; fed in pieces it stands behind the plainest buffer there is.

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tokio_util::codec::{Decoder as _, Encoder as _, LengthDelimitedCodec};
use unstick::wire::frame::{Decoder, encode};
use wire_codec::WriteBuf;
use wire_codec::framing::{Endian, Framer, LengthPrefixed, LengthWidth};

/// Sizes of payloads, in octets.
const PAYLOADS: [usize; 7] = [0, 16, 64, 256, 1_024, 16_384, 65_536];

/// Ways to feed a stream: the name, and the octets of a chunk.
const FEEDS: [(&str, usize); 4] = [
    ("whole", usize::MAX),
    ("64KiB", 65_536),
    ("1460", 1_460),
    ("octets", 1),
];

/// About so many octets make a stream; fed octet by octet, fewer.
const STREAM_OCTETS: usize = 1 << 20;
const STREAM_OCTETS_FED_SINGLY: usize = 1 << 17;

const LIMIT: u32 = 1 << 20;

/// As many frames as make a stream, and their number. The octets are written out here, so that
/// no encoder under test makes the input.
fn stream(payload: usize, octets: usize) -> (Vec<u8>, u64) {
    let count = octets.div_ceil(4 + payload);
    let mut frame = (payload as u32).to_be_bytes().to_vec();
    frame.resize(4 + payload, b'x');
    (frame.repeat(count), count as u64)
}

fn decoders(criterion: &mut Criterion) {
    for (feed, size) in FEEDS {
        let octets = if size == 1 {
            STREAM_OCTETS_FED_SINGLY
        } else {
            STREAM_OCTETS
        };
        let mut group = criterion.benchmark_group(format!("decode/{feed}"));
        for payload in PAYLOADS {
            let (stream, frames) = stream(payload, octets);
            let chunk = size.min(stream.len());
            group.throughput(Throughput::Elements(frames));

            group.bench_function(BenchmarkId::new("unstick", payload), |bencher| {
                let mut decoder = Decoder::new(LIMIT);
                bencher.iter(|| {
                    let mut seen = 0;
                    for mut chunk in black_box(&stream).chunks(chunk) {
                        while let Some(payload) = decoder.decode(&mut chunk).expect("it is right") {
                            black_box(payload);
                            seen += 1;
                        }
                    }
                    assert_eq!(seen, frames);
                });
            });

            group.bench_function(BenchmarkId::new("tokio-util", payload), |bencher| {
                let mut codec = LengthDelimitedCodec::builder()
                    .max_frame_length(LIMIT as usize)
                    .new_codec();
                let mut buffer = BytesMut::new();
                bencher.iter(|| {
                    let mut seen = 0;
                    for chunk in black_box(&stream).chunks(chunk) {
                        buffer.extend_from_slice(chunk);
                        while let Some(payload) = codec.decode(&mut buffer).expect("it is right") {
                            black_box(&payload);
                            seen += 1;
                        }
                    }
                    assert_eq!(seen, frames);
                });
            });

            group.bench_function(BenchmarkId::new("wire-codec", payload), |bencher| {
                let framer = LengthPrefixed::with_max_payload(
                    LengthPrefixed::new(LengthWidth::U32, Endian::Big),
                    LIMIT.into(),
                );
                let mut buffer = Vec::new();
                bencher.iter(|| {
                    let mut seen = 0;
                    if chunk == stream.len() {
                        seen += walk(&framer, black_box(&stream)).1;
                    } else {
                        for chunk in black_box(&stream).chunks(chunk) {
                            buffer.extend_from_slice(chunk);
                            let (taken, walked) = walk(&framer, &buffer);
                            buffer.drain(..taken);
                            seen += walked;
                        }
                    }
                    assert_eq!(seen, frames);
                });
            });

            group.bench_function(BenchmarkId::new("copy", payload), |bencher| {
                let mut buffer = Vec::with_capacity(stream.len());
                bencher.iter(|| {
                    for chunk in black_box(&stream).chunks(chunk) {
                        buffer.clear();
                        buffer.extend_from_slice(chunk);
                        black_box(&buffer);
                    }
                });
            });
        }
        group.finish();
    }
}

/// The octets that whole frames take at the front of a slice, and their number.
fn walk(framer: &LengthPrefixed, slice: &[u8]) -> (usize, u64) {
    let (mut taken, mut seen) = (0, 0);
    while let Some(frame) = framer.next_frame(&slice[taken..]).expect("it is right") {
        black_box(frame.payload());
        taken += frame.consumed();
        seen += 1;
    }
    (taken, seen)
}

/// Octets one at a time, with ever more of a single frame gathered already: the cost of an octet
/// must not grow.
fn gathering(criterion: &mut Criterion) {
    const OCTETS: usize = 16_384;
    let mut group = criterion.benchmark_group("gather");
    group.throughput(Throughput::Elements(OCTETS as u64));
    for gathered in [1 << 10, 1 << 15, 1 << 20, 1 << 25] {
        group.bench_function(BenchmarkId::new("unstick", gathered), |bencher| {
            bencher.iter_batched_ref(
                || {
                    let mut decoder = Decoder::new(u32::MAX);
                    let mut begun = vec![b'x'; 4 + gathered];
                    begun[..4].copy_from_slice(&u32::MAX.to_be_bytes());
                    let whole = decoder.decode(&mut begun.as_slice());
                    assert_eq!(whole, Ok(None));
                    decoder
                },
                |decoder| {
                    for _ in 0..OCTETS {
                        let whole = decoder.decode(&mut black_box(&[b'x'][..]));
                        assert_eq!(whole, Ok(None));
                    }
                },
                criterion::BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn encoders(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode");
    for size in PAYLOADS {
        let count = STREAM_OCTETS.div_ceil(4 + size);
        let total = count * (4 + size);
        let payload = vec![b'x'; size];
        group.throughput(Throughput::Elements(count as u64));

        group.bench_function(BenchmarkId::new("unstick", size), |bencher| {
            let mut out = Vec::with_capacity(total);
            bencher.iter(|| {
                out.clear();
                for _ in 0..count {
                    encode(black_box(&payload), &mut out).expect("it is short");
                }
                assert_eq!(black_box(&out).len(), total);
            });
        });

        group.bench_function(BenchmarkId::new("tokio-util", size), |bencher| {
            let mut codec = LengthDelimitedCodec::new();
            let payload = Bytes::from(payload.clone());
            let mut out = BytesMut::with_capacity(total);
            bencher.iter(|| {
                out.clear();
                for _ in 0..count {
                    let payload = black_box(&payload).clone();
                    codec.encode(payload, &mut out).expect("it is short");
                }
                assert_eq!(black_box(&out).len(), total);
            });
        });

        group.bench_function(BenchmarkId::new("wire-codec", size), |bencher| {
            let framer = LengthPrefixed::new(LengthWidth::U32, Endian::Big);
            let mut out = vec![0; total];
            bencher.iter(|| {
                let mut buffer = WriteBuf::new(&mut out);
                for _ in 0..count {
                    framer
                        .write_frame(black_box(&payload), &mut buffer)
                        .expect("there is room");
                }
                assert_eq!(buffer.position(), total);
            });
        });

        group.bench_function(BenchmarkId::new("copy", size), |bencher| {
            let mut out = Vec::with_capacity(total);
            let frame = vec![b'x'; 4 + size];
            bencher.iter(|| {
                out.clear();
                for _ in 0..count {
                    out.extend_from_slice(black_box(&frame));
                }
                assert_eq!(black_box(&out).len(), total);
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(std::time::Duration::from_millis(200))
        .measurement_time(std::time::Duration::from_millis(800))
        .sample_size(20);
    targets = decoders, gathering, encoders
}
criterion_main!(benches);
