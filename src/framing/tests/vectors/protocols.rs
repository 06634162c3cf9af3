//! Frames of protocols, as their specifications show them.

use super::{forms, frames, framing, hex, longer, not_frames, read, refused};
use crate::framing::{Next, Number, Refused};

#[test]
fn web_sockets() {
    // RFC 6455, 5.7: an unmasked and a masked frame of Hello, and the lengths of larger ones.
    let framing = framing("websocket");
    let Next::Frame(plain) = framing.next(b"\x81\x05Hello") else {
        panic!()
    };
    assert_eq!((&*plain.payload, plain.length), (&b"Hello"[..], 7));
    let masked = hex("818537fa213d7f9f4d5158");
    let Next::Frame(masked) = framing.next(&masked) else {
        panic!()
    };
    assert_eq!((&*masked.payload, masked.length), (&b"Hello"[..], 11));
    forms(
        &Number::WebSocket,
        &[
            (0, "00"),
            (5, "05"),
            (125, "7d"),
            (126, "7e007e"),
            (127, "7e007f"),
            (256, "7e0100"),
            (65_535, "7effff"),
            (65_536, "7f0000000000010000"),
        ],
    );
    longer(
        &Number::WebSocket,
        &[(5, "7e0005"), (256, "7f0000000000000100")],
    );
    refused(
        &Number::WebSocket,
        &[("7f8000000000000000", Refused::TopBit)],
    );
}

#[test]
fn records_in_fragments() {
    // RFC 5531, section 11: the highest bit marks the last fragment.
    let rpc = framing("onc-rpc");
    assert_eq!(rpc.encode(b"hello").unwrap(), b"\x80\0\0\x05hello");
    let Next::Frame(whole) = rpc.next(b"\0\0\0\x02he\0\0\0\0\x80\0\0\x03llo\x80") else {
        panic!()
    };
    assert_eq!((&*whole.payload, whole.length), (&b"hello"[..], 17));
    assert!(matches!(rpc.next(b"\0\0\0\x02he"), Next::Need(4)));
    let Next::Frame(empty) = rpc.next(b"\x80\0\0\0") else {
        panic!()
    };
    assert_eq!((&*empty.payload, empty.length), (&b""[..], 4));
}

#[test]
fn byte_stuffing() {
    // Cheshire and Baker, "Consistent Overhead Byte Stuffing", and the table of Wikipedia.
    frames(
        "cobs",
        &[
            ("00", "010100"),
            ("0000", "01010100"),
            ("001100", "0102110100"),
            ("11220033", "031122023300"),
            ("11223344", "051122334400"),
            ("11000000", "021101010100"),
            ("", "0100"),
        ],
    );
    let rising: Vec<u8> = (1..=254).collect();
    let framing = framing("cobs");
    assert_eq!(
        framing.encode(&rising).unwrap(),
        [&[255], &rising[..], &[0]].concat()
    );
    let with_zero = [&[0], &rising[..]].concat();
    assert_eq!(
        framing.encode(&with_zero).unwrap(),
        [&[1, 255], &rising[..], &[0]].concat()
    );
    let longer: Vec<u8> = (1..=255).collect();
    assert_eq!(
        framing.encode(&longer).unwrap(),
        [&[255], &rising[..], &[2, 255, 0]].concat()
    );
    assert!(matches!(framing.next(b"\x05\x11\x22\0"), Next::Refuse(_)));
    // RFC 1055.
    frames(
        "slip",
        &[
            ("61", "61c0"),
            ("c0", "dbdcc0"),
            ("db", "dbddc0"),
            ("dbdc", "dbdddcc0"),
            ("00ff", "00ffc0"),
            ("dc", "dcc0"),
            ("dd", "ddc0"),
            ("c0c0", "dbdcdbdcc0"),
            ("dbdb", "dbdddbddc0"),
            ("61c062db63", "61dbdc62dbdd63c0"),
        ],
    );
}

#[test]
fn protocols() {
    // PostgreSQL, 55.7: Query; RFC 4271, 4.4: a KEEPALIVE is the marker, 00 13, 04.
    frames("postgres", &[("73656c00", "000000000873656c00")]);
    frames("bgp", &[("", "ffffffffffffffffffffffffffffffff001300")]);
    // RFC 1006: TPKT counts its header of four octets; IEC 104: STARTDT act.
    frames("tpkt", &[("02f080", "0300000702f080")]);
    frames("iec104", &[("07000000", "680407000000")]);
    // Modbus: the length counts the unit identifier.
    frames("modbus", &[("030000000a", "00000000000600030000000a")]);
    // MongoDB's messageLength counts all; AMQP's heartbeat is 08 0000 00000000 ce.
    frames("mongodb", &[("61", "11000000000000000000000000000000 61")]);
    frames("amqp", &[("", "00000000000000ce")]);
    // A number below the payload.
    frames("u8-1", &[("61", "0061"), ("6162", "016162")]);
    // MySQL's parts, with a limit small enough to read.
    let chain = framing("u24le 1? max=3 chain");
    assert_eq!(
        chain.encode(b"abc").unwrap(),
        hex("03000000 616263 00000001")
    );
    assert_eq!(
        chain.encode(b"abcd").unwrap(),
        hex("03000000 616263 01000001 64")
    );
    let octets = chain.encode(b"abcdef").unwrap();
    let Next::Frame(frame) = chain.next(&octets) else {
        panic!()
    };
    assert_eq!((&*frame.payload, frame.length), (&b"abcdef"[..], 18));
    // BitTorrent: a sign of life.
    assert_eq!(framing("bittorrent").next(b"\0\0\0\0\0"), Next::Skip(4));
    // PostgreSQL's client: its first message has no type.
    let client = framing("1? u32be+4 first='u32be+4'");
    let split = client.split(b"\0\0\0\x05aQ\0\0\0\x05b");
    let payloads: Vec<_> = split
        .frames
        .iter()
        .map(|found| found.payload.to_vec())
        .collect();
    assert_eq!(payloads, [b"a", b"b"]);
    assert_eq!(
        framing("u8 preface=x4142").split(b"AB\x01a").frames.len(),
        1
    );
}

#[test]
fn frames_of_web_sockets() {
    // RFC 6455, 5.7: text, its two fragments, a ping and its masked pong; the rest by hand from 5.2.
    read(
        "websocket",
        &[
            ("810548656c6c6f", "48656c6c6f"),
            ("818537fa213d7f9f4d5158", "48656c6c6f"),
            ("010348656c", "48656c"),
            ("80026c6f", "6c6f"),
            ("890548656c6c6f", "48656c6c6f"),
            ("8a8537fa213d7f9f4d5158", "48656c6c6f"),
            ("8800", ""),
            ("880203e8", "03e8"),
            ("818000000000", ""),
            ("8281ff00000000", "ff"),
        ],
    );
}

#[test]
fn packets_of_tpkt() {
    // RFC 1006, section 6: version 3, a reserved octet of zero, a length that counts these four octets. The
    // payloads are connection requests, confirms and data of X.224.
    frames(
        "tpkt",
        &[
            ("02f080", "0300000702f080"),
            ("06e00000000000", "0300000b06e00000000000"),
            ("06d00000123400", "0300000b06d00000123400"),
            (
                "0ee00000000000 0100080003000000",
                "030000130ee00000000000 0100080003000000",
            ),
            ("0680000012 3400", "0300000b06800000123400"),
            ("", "03000004"),
            ("01", "0300000501"),
            ("03000004", "0300000803000004"),
            ("02f08065", "0300000802f08065"),
            ("02f000", "0300000702f000"),
        ],
    );
    not_frames(
        "tpkt",
        &["02", "0301", "03000000", "03000003", "0200000702f080"],
    );
}

#[test]
fn messages_of_postgresql() {
    // PostgreSQL, 55.7: each has a length that counts itself, and not its type.
    read(
        "postgres",
        &[
            ("520000000800000000", "00000000"),
            ("3100000004", ""),
            ("3200000004", ""),
            ("3300000004", ""),
            ("4900000004", ""),
            ("6e00000004", ""),
            ("5a0000000549", "49"),
            ("5300000004", ""),
            ("5800000004", ""),
            ("510000000d73656c656374203100", "73656c656374203100"),
        ],
    );
    not_frames("postgres", &["5a00000000", "5a00000003"]);
}

#[test]
fn telegrams_of_modbus() {
    // The examples of "MODBUS Application Protocol", 6.1 to 6.6, behind the header of Modbus/TCP, whose
    // length counts the unit identifier.
    read(
        "modbus",
        &[
            ("000100000006ff 0100130013", "0100130013"),
            ("000100000006ff 0103cd6b05", "0103cd6b05"),
            ("000200000006ff 0200c40016", "0200c40016"),
            ("000200000006ff 0203acdb35", "0203acdb35"),
            ("150100000006ff 03006b0003", "03006b0003"),
            ("150100000009ff 0306022b00000064", "0306022b00000064"),
            ("000300000006ff 0400080001", "0400080001"),
            ("000300000005ff 0402000a", "0402000a"),
            ("000400000006ff 0500acff00", "0500acff00"),
            ("000500000006ff 0600010003", "0600010003"),
        ],
    );
    not_frames("modbus", &["00010001", "000100000000"]);
}

#[test]
fn units_of_iec_104() {
    // IEC 60870-5-104: U frames (start, stop, test), S frames, and an interrogation.
    read(
        "iec104",
        &[
            ("680407000000", "07000000"),
            ("68040b000000", "0b000000"),
            ("680413000000", "13000000"),
            ("680423000000", "23000000"),
            ("680443000000", "43000000"),
            ("680483000000", "83000000"),
            ("680401000000", "01000000"),
            ("680401000200", "01000200"),
            ("68040100feff", "0100feff"),
            (
                "680e00000000 64010600010000000014",
                "00000000 64010600010000000014",
            ),
        ],
    );
    not_frames("iec104", &["67", "6904"]);
}

#[test]
fn fragments_of_records() {
    // RFC 5531, section 11, by hand: the top bit marks the last fragment, 31 bits are its length.
    read(
        "onc-rpc",
        &[
            ("80000000", ""),
            ("8000000161", "61"),
            ("800000020000", "0000"),
            ("8000000568656c6c6f", "68656c6c6f"),
            ("0000000080000000", ""),
            ("0000000161 80000000", "61"),
            ("00000000 8000000161", "61"),
            ("0000000161 8000000162", "6162"),
            ("0000000161 0000000162 8000000163", "616263"),
            ("8000000480000000", "80000000"),
        ],
    );
}
