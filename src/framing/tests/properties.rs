//! Properties of every framing and every payload.

use proptest::prelude::*;

use crate::framing::{Ended, Framing, Next, PRESETS, Place, guess};

const FRAMINGS: [&str; 31] = [
    "u8",
    "u16be",
    "u16le+2",
    "u24le 1? max=7 chain",
    "u32be",
    "u32le+all 12?",
    "i32be",
    "u64be",
    "u8-1",
    "x51 u32be+4",
    "3? u32be * xce",
    "varint",
    "varint3",
    "1? varint4",
    "vlq",
    "quic",
    "compact",
    "dec':' * x2c",
    "dec' '",
    "dec4",
    "hex4+4",
    "header'Content-Length'",
    "line'\\r\\n'",
    "line'\\n'",
    "x0b * x1c0d",
    "cobs",
    "slip",
    "websocket",
    "onc-rpc",
    "ber",
    "berlen forms=any",
];

fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        proptest::collection::vec(any::<u8>(), 120..300),
        proptest::collection::vec(
            prop_oneof![Just(0), Just(0xC0), Just(0xDB), Just(b'\r'), Just(b'\n')],
            0..20
        ),
    ]
}

/// Octets that lengths and ends of many framings are made of.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![
        Just(0),
        Just(1),
        Just(0x80),
        Just(0x8A),
        Just(0xFF),
        Just(b'\r'),
        Just(b'\n'),
        b'0'..=b':',
        any::<u8>(),
    ];
    proptest::collection::vec(octet, 0..24)
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(
        template in proptest::sample::select(FRAMINGS.to_vec()),
        payloads in proptest::collection::vec(payload(), 0..5),
        cut in any::<proptest::sample::Index>(),
    ) {
        let framing: Framing = template.parse().unwrap();
        let payloads: Vec<Vec<u8>> = payloads.into_iter().filter(|p| framing.carries(p).is_ok()).collect();
        let stream = framing.stream(payloads.iter().map(Vec::as_slice)).unwrap();
        let split = framing.split(&stream);
        let decoded: Vec<Vec<u8>> = split.frames.iter().map(|f| f.payload.to_vec()).collect();
        prop_assert_eq!(&decoded, &payloads);
        prop_assert_eq!(split.ended, Ended::Between);
        // Cut anywhere, the frames before are the same ones and none is made up.
        let end = cut.index(stream.len() + 1);
        let part = framing.split(&stream[..end]);
        prop_assert!(!matches!(part.ended, Ended::Refused(_)), "{:?}", part.ended);
        for (found, payload) in part.frames.iter().zip(&payloads) {
            prop_assert_eq!(&*found.payload, &payload[..]);
        }
        if let Ended::Inside(more) = part.ended {
            prop_assert!(more >= 1 && more <= stream.len() - end, "{more} of {}", stream.len() - end);
        }
        // The parts of a frame are all of it, in order.
        for found in &split.frames {
            let mut at = found.at.start;
            for (_, range) in &found.parts {
                prop_assert_eq!(range.start, at);
                at = range.end;
            }
            prop_assert_eq!(at, found.at.end);
        }
    }

    #[test]
    fn no_octets_are_too_much(
        preset in 0..PRESETS.len(),
        octets in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let framing: Framing = PRESETS[preset].name.parse().unwrap();
        let split = framing.split(&octets);
        prop_assert!(split.whole <= octets.len());
        if let Next::Frame(frame) = framing.next(&octets) {
            prop_assert!(frame.length <= octets.len() && frame.length > 0);
        }
        let _ = framing.payloads(&octets);
    }

    /// The reading of the first octets of a stream is never taken back when more of it has come.
    #[test]
    fn what_comes_next_does_not_depend_on_the_cut(
        template in proptest::sample::select(FRAMINGS.to_vec()),
        octets in octets(),
    ) {
        let framing: Framing = template.parse().unwrap();
        let whole = framing.next(&octets);
        for end in 0..octets.len() {
            let part = framing.next(&octets[..end]);
            match (&part, &whole) {
                (Next::Need(_), _) | (Next::Refuse(_), Next::Refuse(_)) => {}
                _ => prop_assert_eq!(&part, &whole, "after {} of {:02x?}", end, octets),
            }
        }
    }

    #[test]
    fn no_text_is_too_much(text in "[ux0-9a-z?*' +=\\\\-]{0,20}") {
        if let Ok(framing) = text.parse::<Framing>() {
            prop_assert_eq!(framing.to_string().parse::<Framing>(), Ok(framing));
        }
    }
}

#[test]
fn places_are_named() {
    let framing: Framing = "x51 u32be+5 * xce".parse().unwrap();
    assert_eq!(
        framing.places(),
        [Place::Before, Place::Length, Place::Payload, Place::Behind]
    );
    let lines: Framing = "smtp".parse().unwrap();
    assert_eq!(lines.places(), [Place::Payload, Place::Behind]);
}

#[test]
fn the_framing_of_octets_is_guessed() {
    for (template, first) in [
        ("u32be", "u32be"),
        ("u16le", "u16le"),
        ("netstring", "netstring"),
        ("line'\\r\\n'", "irc"),
        ("lsp", "lsp"),
        ("varint", "varint"),
        ("bgp", "bgp"),
        ("mongodb", "mongodb"),
        ("amqp", "amqp"),
        ("u16be+2", "u16be+2"),
        ("mllp", "mllp"),
        ("pkt-line", "pkt-line"),
    ] {
        let framing: Framing = template.parse().unwrap();
        let to = framing
            .stream([&b"hello"[..], b"a message", b"more, and\x01 longer"])
            .unwrap();
        let fro = framing.stream([&b"ok"[..], &[b'x'; 200]]).unwrap();
        let guesses = guess(&[&to, &fro]);
        let names: Vec<String> = guesses.iter().map(|g| g.framing.to_string()).collect();
        let wanted: Framing = first.parse().unwrap();
        assert!(
            guesses.iter().take(3).any(|g| g.framing == wanted),
            "{template}: {names:?}"
        );
        assert_eq!(
            guesses.first().map(|g| g.framing.clone()),
            Some(wanted),
            "{template}: {names:?}"
        );
    }
    assert!(guess(&[b""]).is_empty());
}
