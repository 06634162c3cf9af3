//! `unstick dissector`: tshark divides captures into frames by what it prints, whatever segments they came in.

use std::process::Command;

use rstest::rstest;

use crate::support::capture::{Packet, c, pcap};
use crate::support::{is_installed, unstick};

const PORT: u16 = 4_000;

/// Sizes of segments: octet by octet, cut inside of everything, and all at once.
const SIZES: [usize; 3] = [1, 3, 1_000];

/// The packets of a client that sends a stream in segments of this size.
fn segments(stream: &[u8], size: usize) -> Vec<Packet> {
    let mut sequence = 100;
    let packets = stream.chunks(size).map(|segment| {
        let packet = Packet {
            payload: segment.to_vec(),
            ..c("PA", sequence, 500, "").ports(40_000 + size as u16, PORT)
        };
        sequence += segment.len() as u32;
        packet
    });
    packets.collect()
}

/// Values of two fields of a stream in segments of each size, by tshark; `None` where there is no tshark.
fn dissected(framing: &str, stream: &[u8], fields: [&str; 2]) -> Option<Vec<[String; 2]>> {
    if !is_installed("tshark") {
        return None;
    }
    let ran = unstick([
        "dissector",
        "--framing",
        framing,
        "--port",
        &PORT.to_string(),
    ]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let place = tempfile::tempdir().unwrap();
    let (script, capture) = (place.path().join("frames.lua"), place.path().join("x.pcap"));
    std::fs::write(&script, &ran.stdout).unwrap();
    let packets = SIZES.into_iter().flat_map(|size| segments(stream, size));
    let packets: Vec<Vec<u8>> = packets.map(|packet| packet.ethernet()).collect();
    std::fs::write(&capture, pcap(1, &packets)).unwrap();
    let output = Command::new("tshark")
        .arg("-X")
        .arg(format!("lua_script:{}", script.display()))
        .arg("-r")
        .arg(&capture)
        .args(["-Y", "unstick", "-T", "fields", "-e", "tcp.stream"])
        .args(["-e", fields[0], "-e", fields[1]])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!errors.contains("lua"), "{errors}");
    let of_stream = |number: usize| {
        let mut all = [const { Vec::new() }; 2];
        for line in text.lines() {
            let values: Vec<&str> = line.split('\t').collect();
            if values[0] == number.to_string() {
                for (all, value) in all.iter_mut().zip(&values[1..]) {
                    all.extend(
                        value
                            .split(',')
                            .filter(|value| !value.is_empty())
                            .map(str::to_owned),
                    );
                }
            }
        }
        all.map(|values| values.join(" "))
    };
    Some((0..SIZES.len()).map(of_stream).collect())
}

#[rstest]
#[case("u32be", b"\0\0\0\x05hello\0\0\0\0\0\0\0\x05world")]
#[case("u16le+2", b"\x07\0hello\x02\0\x07\0world")]
#[case(
    "1? x0300 u24be+6 * x0a",
    b"A\x03\0\0\0\x0bhello\nB\x03\0\0\0\x06\nC\x03\0\0\0\x0bworld\n"
)]
#[case("varint", b"\x05hello\x80\0\x05world")]
#[case("netstring", b"5:hello,0:,5:world,")]
#[case("pkt-line", b"0009hello00040009world")]
#[case(
    "lsp",
    b"Content-Length: 5\r\n\r\nhellocontent-length:0\r\nX: 1\r\n\r\nContent-Length: 5\r\n\r\nworld"
)]
#[case("line'\\r\\n'", b"hello\r\n\r\nworld\r\n")]
#[case("line'\\n' strip-cr", b"hello\n\r\nworld\r\n")]
#[case("websocket", b"\x82\x85\x01\x02\x03\x04igohn\x82\0\x82\x05world")]
fn frames_are_put_together(#[case] framing: &str, #[case] stream: &[u8]) {
    let fields = ["unstick.payload_length", "unstick.payload"];
    let Some(dissected) = dissected(framing, stream, fields) else {
        return;
    };
    let expected = ["5 0 5", "68656c6c6f 776f726c64"].map(str::to_owned);
    for (size, seen) in SIZES.iter().zip(dissected) {
        assert_eq!(seen, expected, "{framing} in segments of {size}");
    }
}

#[rstest]
#[case(
    "cobs",
    b"\x06hello\0\x01\x01\0\x03aa\x02b\0",
    "68656c6c6f 00 61610062"
)]
#[case("slip", b"hello\xc0a\xdb\xdcb\xdb\xddc\xc0", "68656c6c6f 61c062db63")]
fn stuffing_is_taken_out(#[case] framing: &str, #[case] stream: &[u8], #[case] payloads: &str) {
    let Some(dissected) = dissected(framing, stream, ["unstick.wrong", "unstick.payload"]) else {
        return;
    };
    for seen in dissected {
        assert_eq!(seen, [String::new(), payloads.to_owned()], "{framing}");
    }
}

/// A wrong end octet, a length below what it counts, digits that are none.
#[rstest]
#[case("amqp", b"\x01\0\0\0\0\0\x05hello\xce\x01\0\0\0\0\0\x05helloX")]
#[case("u16be+2", b"\0\x07hello\0\x01")]
#[case("netstring", b"5:hello,x")]
fn what_is_not_a_frame_is_marked(#[case] framing: &str, #[case] stream: &[u8]) {
    let Some(dissected) = dissected(framing, stream, ["unstick.payload", "unstick.wrong"]) else {
        return;
    };
    for [payloads, wrong] in dissected {
        assert_eq!(payloads, "68656c6c6f", "{framing}");
        assert!(!wrong.is_empty(), "{framing}");
    }
}

#[test]
fn what_lua_cannot_know_is_said() {
    let ran = unstick([
        "dissector",
        "--framing",
        "u16be preface=x505249",
        "--port",
        "4000",
    ]);
    assert_eq!(ran.status, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("preface"), "{}", ran.stderr);
    for framing in unstick::framing::PRESETS {
        let framing: unstick::framing::Framing = framing.name.parse().unwrap();
        assert!(framing.dissector(1).is_ok(), "{framing}");
    }
}
