//! Framings of text: numbers in digits, header blocks, lines.

use super::{assert_reads, frames, framing};
use crate::framing::Next;

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
            ("3a", "313a3a2c"),
            ("00ff0a", "333a00ff0a2c"),
            ("353a68656c6c6f2c", "383a353a68656c6c6f2c2c"),
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
    // git, gitprotocol-common: its own examples of pkt-lines; gitprotocol-pack and gitprotocol-v2.
    let git = framing("pkt-line");
    for (payload, octets) in [
        ("a\n", "0006a\n"),
        ("a", "0005a"),
        ("foobar\n", "000bfoobar\n"),
        ("", "0004"),
        ("hello", "0009hello"),
        ("0000", "00080000"),
        ("done\n", "0009done\n"),
        ("NAK\n", "0008NAK\n"),
        ("unpack ok\n", "000eunpack ok\n"),
        ("version 2\n", "000eversion 2\n"),
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
fn syslog_by_octet_counting() {
    // RFC 6587, 3.4.1: MSG-LEN, a blank, the message; RFC 5424, 6.5 and 6.3.5: the first are its examples, without their
    // BOM and shortened.
    let syslog = framing("syslog");
    for octets in [
        "107 <34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - 'su root' failed for lonvick on /dev/pts/8",
        "99 <165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.",
        "84 <165>1 2003-10-11T22:14:15.003Z evntslog - ID47 [exampleSDID@32473 iut=\"3\"] An event",
        "53 <165>1 - - - - - [examplePriority@32473 class=\"high\"]",
        "17 <34>1 - - - - - -",
        "16 <0>1 - - - - - -",
        "22 <191>1 - - - - - - a\nb",
        "25 <13>1 - h a - - - 5 hello",
        "19 <13>1 - h a - - -  ",
        "20 <13>1 - h a - - - \r\n",
    ] {
        let (_, payload) = octets.split_once(' ').unwrap();
        assert_eq!(
            syslog.encode(payload.as_bytes()).unwrap(),
            octets.as_bytes()
        );
        assert_reads("syslog", octets.as_bytes(), payload.as_bytes());
    }
    assert!(matches!(syslog.next(b"<34>1 - - - - - -"), Next::Refuse(_)));
    assert!(matches!(syslog.next(b"-1 a"), Next::Refuse(_)));
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
fn lines() {
    frames(
        "line'\\r\\n'",
        &[
            ("", "0d0a"),
            ("6869", "68690d0a"),
            ("0d", "0d0d0a"),
            ("0a", "0a0d0a"),
            // RFC 5321, appendix D.1.
            ("4e4f4f50", "4e4f4f500d0a"),
            ("44415441", "444154410d0a"),
            ("51554954", "515549540d0a"),
            ("323530204f4b", "323530204f4b0d0a"),
            ("2e", "2e0d0a"),
            ("52534554", "525345540d0a"),
        ],
    );
    frames(
        "line'\\n'",
        &[("", "0a"), ("0d", "0d0a"), ("6869", "68690a")],
    );
    frames(
        // HL7, minimal lower layer protocol: the start block, a message or an acknowledgement, the end block.
        "mllp",
        &[
            ("4d5348", "0b4d53481c0d"),
            ("1c", "0b1c1c0d"),
            ("", "0b1c0d"),
            ("4d53487c5e7e5c267c", "0b4d53487c5e7e5c267c1c0d"),
            ("4d53410d", "0b4d53410d1c0d"),
            ("0d", "0b0d1c0d"),
            ("0d0d", "0b0d0d1c0d"),
            ("0b", "0b0b1c0d"),
            ("4d53417c41417c310d", "0b4d53417c41417c310d1c0d"),
            ("06", "0b061c0d"),
            ("15", "0b151c0d"),
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
