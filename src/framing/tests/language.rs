//! The language: what is printed is read again, and what is wrong is told precisely.

use crate::framing::{Framing, PRESETS};

const TEMPLATES: [&str; 48] = [
    "u32be",
    "u32le",
    "u16be",
    "u16le",
    "u8",
    "u24be",
    "u64le",
    "i32be",
    "i16le",
    "u16be+2",
    "u8-1",
    "u32le+all 12?",
    "1? u32be+4",
    "2? u16be+8 4?",
    "3? u32be * xce",
    "xff^16 u16be+19 1?",
    "x0300 u16be+4",
    "varint",
    "varint3",
    "varint4",
    "varint9 forms=shortest",
    "varint forms=longer",
    "vlq",
    "vlq4",
    "quic",
    "compact",
    "dec':' * x2c",
    "dec' '",
    "dec'\\n' max=1000 digits=4",
    "dec4",
    "hex4+4 zero=end",
    "hex8",
    "header'Content-Length'",
    "line'\\r\\n'",
    "line'\\n' unterminated=deliver strip-cr",
    "line'\\0'",
    "line'\\r\\n' ends=any alphabet=utf8",
    "x0b line'\\x1c\\r'",
    "u32be max=65536 limit-counts=frame",
    "u32be zero=keepalive",
    "u24le 1? chain",
    "u16be min=1 max=100",
    "cobs",
    "slip",
    "1? u32be+4 first='u32be+4'",
    "u32be preface=x505249",
    "u16be preface=4",
    "1? berlen",
];

#[test]
fn what_is_printed_is_read_again() {
    for template in TEMPLATES
        .into_iter()
        .chain(PRESETS.iter().map(|preset| preset.name))
    {
        let framing: Framing = template
            .parse()
            .unwrap_or_else(|error| panic!("{template}: {error}"));
        let printed = framing.to_string();
        assert_eq!(
            printed.parse::<Framing>().as_ref(),
            Ok(&framing),
            "{template} as {printed}"
        );
        let long = framing.template();
        assert_eq!(
            long.parse::<Framing>().as_ref(),
            Ok(&framing),
            "{template} as {long}"
        );
        assert!(framing.sentence().len() > 10 && framing.example().lines().count() == 2);
    }
    for template in TEMPLATES {
        assert_eq!(template.parse::<Framing>().unwrap().to_string(), template);
    }
}

#[test]
fn a_framing_in_a_sentence() {
    let sentence = |template: &str| template.parse::<Framing>().unwrap().sentence();
    assert_eq!(
        sentence("x51 u32be+4"),
        "the octet 51, then a length of four octets, most significant first, that counts itself, \
         then the payload"
    );
    assert_eq!(
        sentence("1? varint4"),
        "one octet of anything, then a length in groups of seven bits, least significant first, at most 4 \
         octets, then the payload"
    );
    assert_eq!(
        sentence("netstring"),
        "a length in decimal digits and \":\", then the payload, then the octet 2c; longer forms of \
         the length are errors"
    );
    assert_eq!(
        "x51 u32be+4".parse::<Framing>().unwrap().example(),
        "51       00 00 00 09   68 65 6c 6c 6f\nbefore   length        payload \"hello\"\n"
    );
}

#[test]
fn what_is_wrong_is_told_with_what_was_meant() {
    for (template, what, hint) in [
        ("", "empty", "template"),
        ("u16", "\"u16\" is not a part", "u16be or u16le"),
        ("uint16le", "not a part", "did you mean u16le?"),
        ("U32BE", "not a part", "did you mean u32be?"),
        ("int32_be", "not a part", "did you mean i32be?"),
        ("u40be", "not a part", "8, 16, 24, 32 or 64 bits"),
        ("netsring", "not a part", "did you mean netstring?"),
        ("lines", "not a part", "line'\\n'"),
        ("u16be +2", "stands alone", "u16be+2"),
        ("u16be u16be", "two lengths", "2?"),
        ("* u16be", "behind the payload", "before the `*`"),
        ("4?", "nothing says where a payload ends", "u32be"),
        (
            "u16be max=70000",
            "more than the number can say, 65535",
            "wider",
        ),
        ("u32be+4 zero=frame", "never 0", "another meaning"),
        ("u32be forms=shortest", "several forms", "single form"),
        ("u32be strip-cr", "is of lines", "line"),
        ("varint chain", "chain needs a most", "max=N"),
        (
            "varint chain forms=best",
            "forms=best is not known",
            "shortest, longer, any",
        ),
        ("u32be+9", "only 4 octets beside the payload", "+all (+4)"),
        ("varint+all", "fixed width", "+N"),
        ("dec", "no terminator", "dec':'"),
        ("line'\\n", "quote is not closed", "single quotes"),
        ("x0", "odd count", "pairs"),
        ("x0g", "not octets", "hexadecimal"),
        ("kafka 2?", "preset", "i32be"),
        ("u32be maximum=5", "maximum= is not an option", "max"),
        ("u32be max=5 min=6", "min=6 is above max=5", ""),
        ("cobs 1?", "no parts beside", ""),
        ("u32be limit-counts=frame", "without max=", "max=N"),
        ("line'\\r\\n' strip-cr", "strip-cr", "line'\\r\\n'"),
        ("?", "no count", "1?"),
        ("varint12", "1 to 10", ""),
        ("u32be zero=pong", "zero=pong is not known", "keepalive"),
        ("dec'5'", "digit", "decN"),
        ("u64be+99999999999999999999", "not a count", ""),
        ("line'\\q'", "not an escape", "\\xHH"),
    ] {
        let error = template.parse::<Framing>().expect_err(template);
        assert!(error.what.contains(what), "{template}: {error}");
        let given = error.hint.clone().unwrap_or_default();
        assert!(given.contains(hint), "{template}: {error}");
    }
}
