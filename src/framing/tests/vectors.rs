//! Octets written out by hand from the public specification of each family, so that the code
//! is not its own witness.

use crate::framing::read::Read;
use crate::framing::{Framing, Next, Number, Refused};

fn framing(template: &str) -> Framing {
    template
        .parse()
        .unwrap_or_else(|error| panic!("{template}: {error}"))
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).unwrap() as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] * 16 + pair[1])
        .collect()
}

/// The shortest form of each value, and that it is read back.
fn forms(number: &Number, table: &[(u128, &str)]) {
    for (wanted, octets) in table {
        let octets = hex(octets);
        assert_eq!(
            number.encode(*wanted as i128),
            Some(octets.clone()),
            "{number:?} {wanted}"
        );
        let Read::Value {
            value,
            length,
            is_shortest,
            ..
        } = number.read(&octets, None)
        else {
            panic!("{number:?}: {octets:02x?} is not read");
        };
        assert_eq!(
            (value, length, is_shortest),
            (*wanted, octets.len(), true),
            "{number:?}"
        );
        // Not an octet less is enough.
        for end in 0..octets.len() {
            assert!(
                matches!(number.read(&octets[..end], None), Read::Need(_)),
                "{number:?}: {:02x?}",
                &octets[..end]
            );
        }
    }
}

/// Longer forms, which are read as the same value.
fn longer(number: &Number, table: &[(u128, &str)]) {
    for (wanted, octets) in table {
        let Read::Value {
            value, is_shortest, ..
        } = number.read(&hex(octets), None)
        else {
            panic!("{number:?}: {octets} is not read");
        };
        assert_eq!(
            (value, is_shortest),
            (*wanted, false),
            "{number:?} {octets}"
        );
    }
}

fn refused(number: &Number, table: &[(&str, Refused)]) {
    for (octets, why) in table {
        assert_eq!(
            number.read(&hex(octets), None),
            Read::Refused(*why),
            "{number:?} {octets}"
        );
    }
}

fn frames(template: &str, table: &[(&str, &str)]) {
    let framing = framing(template);
    for (payload, octets) in table {
        let (payload, octets) = (hex(payload), hex(octets));
        assert_eq!(framing.encode(&payload).as_ref(), Ok(&octets), "{template}");
        let Next::Frame(frame) = framing.next(&octets) else {
            panic!(
                "{template}: {octets:02x?} is not a frame: {:?}",
                framing.next(&octets)
            );
        };
        assert_eq!(
            (&*frame.payload, frame.length),
            (&payload[..], octets.len()),
            "{template}"
        );
        for end in 0..octets.len() {
            assert!(
                matches!(framing.next(&octets[..end]), Next::Need(_)),
                "{template} {end}"
            );
        }
    }
}

#[test]
fn fixed_widths() {
    let number = |width, little, signed| Number::Fixed {
        width,
        little,
        signed,
    };
    // SPEC.md, LEN-1, and the same numbers in other orders and widths.
    forms(
        &number(4, false, false),
        &[
            (5, "00000005"),
            (65_536, "00010000"),
            (0xFFFF_FFFF, "ffffffff"),
            (0x0102_0304, "01020304"),
        ],
    );
    forms(
        &number(4, true, false),
        &[
            (5, "05000000"),
            (65_536, "00000100"),
            (0x0102_0304, "04030201"),
        ],
    );
    forms(
        &number(2, false, false),
        &[(0, "0000"), (258, "0102"), (65_535, "ffff")],
    );
    forms(&number(2, true, false), &[(258, "0201"), (32_768, "0080")]);
    forms(
        &number(3, true, false),
        &[(0x0102, "020100"), (0x00FF_FFFF, "ffffff")],
    );
    forms(
        &number(8, false, false),
        &[
            (1, "0000000000000001"),
            (u128::from(u64::MAX), "ffffffffffffffff"),
        ],
    );
    forms(&number(4, false, true), &[(0x7FFF_FFFF, "7fffffff")]);
    refused(
        &number(4, false, true),
        &[
            ("80", Refused::TopBit),
            ("80000005", Refused::TopBit),
            ("ffffffff", Refused::TopBit),
        ],
    );
    refused(&number(2, true, true), &[("0080", Refused::TopBit)]);
    assert_eq!(number(2, false, false).encode(65_536), None);
    assert_eq!(number(2, false, false).encode(-1), None);
    assert_eq!(number(4, false, true).encode(0x8000_0000), None);
}

#[test]
fn protobuf_varints() {
    // protobuf.dev/programming-guides/encoding: 1 is 01, 150 is 96 01; the rest by hand.
    let number = Number::Varint(10);
    forms(
        &number,
        &[
            (0, "00"),
            (1, "01"),
            (150, "9601"),
            (127, "7f"),
            (128, "8001"),
            (300, "ac02"),
            (16_383, "ff7f"),
            (16_384, "808001"),
            (2_097_151, "ffff7f"),
            (2_097_152, "80808001"),
            (268_435_455, "ffffff7f"),
            (0xFFFF_FFFF, "ffffffff0f"),
            (u128::from(u64::MAX), "ffffffffffffffffff01"),
        ],
    );
    longer(
        &number,
        &[(0, "8000"), (1, "8100"), (1, "818000"), (128, "808100")],
    );
    refused(
        &number,
        &[
            ("ffffffffffffffffff02", Refused::Overflow),
            ("8080808080808080808080", Refused::TooManyOctets),
        ],
    );
    refused(
        &Number::Varint(5),
        &[
            ("8580808010", Refused::Overflow),
            ("808080808000", Refused::TooManyOctets),
        ],
    );
}

#[test]
fn mqtt_remaining_lengths() {
    // MQTT 3.1.1, table 2.4: the size of the remaining length field.
    forms(
        &Number::Varint(4),
        &[
            (0, "00"),
            (127, "7f"),
            (128, "8001"),
            (16_383, "ff7f"),
            (16_384, "808001"),
            (2_097_151, "ffff7f"),
            (2_097_152, "80808001"),
            (268_435_455, "ffffff7f"),
            (64, "40"),
            (321, "c102"),
        ],
    );
    refused(
        &Number::Varint(4),
        &[
            ("ffffffff", Refused::TooManyOctets),
            ("80808080", Refused::TooManyOctets),
        ],
    );
    assert_eq!(Number::Varint(4).encode(268_435_456), None);
}

#[test]
fn variable_length_quantities() {
    // Standard MIDI File 1.0, "variable-length quantities".
    forms(
        &Number::Vlq(4),
        &[
            (0, "00"),
            (0x40, "40"),
            (0x7F, "7f"),
            (0x80, "8100"),
            (0x2000, "c000"),
            (0x3FFF, "ff7f"),
            (0x4000, "818000"),
            (0x10_0000, "c08000"),
            (0x1F_FFFF, "ffff7f"),
            (0x20_0000, "81808000"),
            (0x800_0000, "c0808000"),
            (0xFFF_FFFF, "ffffff7f"),
        ],
    );
    longer(
        &Number::Vlq(4),
        &[(0, "8000"), (1, "8001"), (127, "80807f")],
    );
    refused(&Number::Vlq(4), &[("81808080", Refused::TooManyOctets)]);
}

#[test]
fn quic_integers() {
    // RFC 9000, appendix A.1, and the bounds of table 4.
    forms(
        &Number::Quic,
        &[
            (37, "25"),
            (15_293, "7bbd"),
            (494_878_333, "9d7f3e7d"),
            (151_288_809_941_952_652, "c2197c5eff14e88c"),
            (0, "00"),
            (63, "3f"),
            (64, "4040"),
            (16_383, "7fff"),
            (16_384, "80004000"),
            (1_073_741_823, "bfffffff"),
            (1_073_741_824, "c000000040000000"),
            (4_611_686_018_427_387_903, "ffffffffffffffff"),
        ],
    );
    longer(
        &Number::Quic,
        &[(37, "4025"), (37, "80000025"), (37, "c000000000000025")],
    );
    assert_eq!(Number::Quic.encode(4_611_686_018_427_387_904), None);
}

#[test]
fn compact_sizes() {
    // developer.bitcoin.org, "CompactSize unsigned integers": 515 is fd 03 02.
    forms(
        &Number::Compact,
        &[
            (0, "00"),
            (1, "01"),
            (252, "fc"),
            (253, "fdfd00"),
            (255, "fdff00"),
            (515, "fd0302"),
            (65_535, "fdffff"),
            (65_536, "fe00000100"),
            (0xFFFF_FFFF, "feffffffff"),
            (0x1_0000_0000, "ff0000000001000000"),
            (u128::from(u64::MAX), "ffffffffffffffffff"),
        ],
    );
    longer(
        &Number::Compact,
        &[
            (252, "fdfc00"),
            (515, "fe03020000"),
            (1, "ff0100000000000000"),
        ],
    );
}

#[test]
fn ber_lengths() {
    // X.690, 8.1.3: the short form, the long form (its example is 201 as 81 c9), 8.1.3.6.
    forms(
        &Number::Ber,
        &[
            (0, "00"),
            (38, "26"),
            (127, "7f"),
            (128, "8180"),
            (201, "81c9"),
            (255, "81ff"),
            (256, "820100"),
            (65_535, "82ffff"),
            (65_536, "83010000"),
            (0x0100_0000, "8401000000"),
        ],
    );
    longer(
        &Number::Ber,
        &[(38, "8126"), (201, "8200c9"), (5, "8400000005")],
    );
    refused(
        &Number::Ber,
        &[
            ("80", Refused::Indefinite),
            ("ff", Refused::Indefinite),
            ("8901", Refused::Overflow),
        ],
    );
}

#[test]
fn netstrings() {
    // cr.yp.to/proto/netstrings.txt: "hello world!" and the empty string.
    frames(
        "netstring",
        &[
            (
                "68656c6c6f20776f726c6421",
                "31323a68656c6c6f20776f726c64212c",
            ),
            ("", "303a2c"),
            ("61", "313a612c"),
            ("2c", "313a2c2c"),
            ("333a", "323a333a2c"),
            ("6162636465666768696a", "31303a6162636465666768696a2c"),
            ("6162636465666768 69", "393a6162636465666768692c"),
        ],
    );
    let netstring = framing("netstring");
    for wrong in [
        "05:hello,",
        "+5:hello,",
        " 5:hello,",
        "5 :hello,",
        "5:hello;",
        ":hello,",
        "0x5:",
        "5e0:",
        "-0:,",
        "00:,",
    ] {
        assert!(
            matches!(netstring.next(wrong.as_bytes()), Next::Refuse(_)),
            "{wrong}"
        );
    }
    for long in [
        "18446744073709551621:",
        "99999999999999999999:",
        "4294967301:hello,",
    ] {
        assert!(
            !matches!(netstring.next(long.as_bytes()), Next::Frame(_)),
            "{long}"
        );
    }
}

#[test]
fn pkt_lines() {
    // git, gitprotocol-common: its own examples of pkt-lines.
    let git = framing("pkt-line");
    for (payload, octets) in [
        ("a\n", "0006a\n"),
        ("a", "0005a"),
        ("foobar\n", "000bfoobar\n"),
        ("", "0004"),
        ("hello", "0009hello"),
        ("0000", "00080000"),
    ] {
        assert_eq!(git.encode(payload.as_bytes()).unwrap(), octets.as_bytes());
        let Next::Frame(frame) = git.next(octets.as_bytes()) else {
            panic!("{octets}")
        };
        assert_eq!(
            (&*frame.payload, frame.length),
            (payload.as_bytes(), octets.len())
        );
    }
    assert_eq!(git.next(b"0000"), Next::End(4));
    assert!(matches!(git.next(b"0003"), Next::Refuse(_)));
    assert!(matches!(git.next(b"000g"), Next::Refuse(_)));
    assert!(matches!(git.next(b"000Bfoobar\n"), Next::Frame(_)));
}

#[test]
fn header_blocks() {
    // The LSP specification, "base protocol".
    let lsp = framing("lsp");
    assert_eq!(lsp.encode(b"{}").unwrap(), b"Content-Length: 2\r\n\r\n{}");
    for taken in [
        "Content-Length: 2\r\n\r\n{}",
        "content-length: 2\r\n\r\n{}",
        "Content-Length:2\r\n\r\n{}",
        "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}",
        "Content-Length: 2\r\nContent-Type: a\r\n\r\n{}",
        "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    ] {
        let Next::Frame(frame) = lsp.next(taken.as_bytes()) else {
            panic!("{taken}")
        };
        assert_eq!((&*frame.payload, frame.length), (&b"{}"[..], taken.len()));
    }
    for refused in [
        "Content-Type: a\r\n\r\n{}",
        "Content-Length: -2\r\n\r\n{}",
        "Content-Length: 2x\r\n\r\n{}",
        "Content-Length: \r\n\r\n{}",
        "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    ] {
        assert!(
            matches!(lsp.next(refused.as_bytes()), Next::Refuse(_)),
            "{refused}"
        );
    }
}

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
        ],
    );
}

#[test]
fn lines() {
    frames(
        "line'\\r\\n'",
        &[
            ("", "0d0a"),
            ("6869", "68690d0a"),
            ("0d", "0d0d0a"),
            ("0a", "0a0d0a"),
        ],
    );
    frames(
        "line'\\n'",
        &[("", "0a"), ("0d", "0d0a"), ("6869", "68690a")],
    );
    frames(
        "mllp",
        &[
            ("4d5348", "0b4d53481c0d"),
            ("1c", "0b1c1c0d"),
            ("", "0b1c0d"),
        ],
    );
    let any = framing("line'\\r\\n' ends=any");
    let payloads = any.payloads(b"a\nb\r\nc\rd\r").payloads;
    assert_eq!(payloads, [b"a", b"b", b"c", b"d"]);
    let strip = framing("line'\\n' strip-cr unterminated=deliver");
    assert_eq!(strip.payloads(b"a\r\nb\nc").payloads, [b"a", b"b", b"c"]);
    let drop = framing("line'\\n' unterminated=drop");
    assert_eq!(drop.payloads(b"a\nb").payloads, [b"a"]);
    assert!(framing("smtp").payloads(b"a\r\nb\r").error.is_some());
    assert!(matches!(
        framing("line'\\n' max=3").next(b"abcd"),
        Next::Refuse(_)
    ));
    assert!(matches!(
        framing("line'\\r\\n' max=3").next(b"abc\r"),
        Next::Need(_)
    ));
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
fn limits() {
    for (template, within, over) in [
        ("u16be max=5", "00055555555555", "0006"),
        ("u16be max=7 limit-counts=frame", "00055555555555", "0006"),
        (
            "u16be+2 max=7 limit-counts=number",
            "00075555555555",
            "0008",
        ),
        ("varint max=5", "055555555555", "06"),
        ("dec':' * x2c max=5", "353a55555555552c", "363a"),
    ] {
        let framing = framing(template);
        assert_eq!(framing.declared_max_payload(), Some(5), "{template}");
        assert!(
            matches!(framing.next(&hex(within)), Next::Frame(_)),
            "{template}"
        );
        assert!(
            matches!(framing.next(&hex(over)), Next::Refuse(_)),
            "{template}"
        );
    }
}
