//! Errors that are right, and values that are wrong, of lengths that no payload has.

use super::*;

/// The cases that fail of a codec that packs and unpacks as the framing does, where `unpacked` may change what
/// comes of a length.
fn failed(
    template: &str,
    limit: Option<u64>,
    unpacked: impl Fn(i128) -> Result<i128, String>,
) -> Vec<&'static str> {
    let framing: Framing = template.parse().unwrap();
    let failed = |case: &LengthCase| {
        let mut pack = |value| {
            unpacked(value).map_err(|why| why.clone())?;
            let packed = framing.pack(value);
            let packed = packed.filter(|_| value <= largest(&framing));
            packed.ok_or_else(|| "no length".to_owned())
        };
        let mut unpack = |octets: &[u8]| {
            let value = framing.unpack(octets).map_err(|_| "no length".to_owned())?;
            unpacked(value as i128)
        };
        let check = case.judge(&framing, limit, &mut pack, &mut unpack);
        check.verdict == Verdict::Fail
    };
    let cases = cases(&framing).into_iter();
    cases
        .filter(|case| failed(case))
        .map(|case| case.id)
        .collect()
}

fn up_to(most: i128) -> impl Fn(i128) -> Result<i128, String> {
    move |value| {
        let refused = value > most;
        (!refused)
            .then_some(value)
            .ok_or_else(|| "too large".to_owned())
    }
}

#[test]
fn an_error_is_right_where_no_payload_is_so_long() {
    let nothing: [&str; 0] = [];
    for template in ["u64be", "varint", "quic", "compact"] {
        assert_eq!(failed(template, None, up_to((1 << 53) - 1)), nothing);
        assert!(!failed(template, None, up_to((1 << 32) - 1)).is_empty());
        let cut = failed(template, None, |value| Ok(value % (1 << 53)));
        assert!(
            cut.contains(&"codec/unpack-boundaries"),
            "{template}: {cut:?}"
        );
    }
}

#[test]
fn an_error_is_right_above_a_limit() {
    let nothing: [&str; 0] = [];
    // Nothing but the limit of the reader bounds digits.
    for template in ["netstring", "lsp", "ber"] {
        assert_eq!(
            failed(template, None, up_to(999_999)),
            nothing,
            "{template}"
        );
        assert!(!failed(template, None, up_to(65_535)).is_empty());
    }
    for template in ["u32be", "u16le", "varint5"] {
        assert_eq!(failed(template, Some(1_000), up_to(1_000)), nothing);
        assert!(!failed(template, Some(1_000), up_to(400)).is_empty());
        assert!(
            !failed(template, None, up_to(1_000)).is_empty(),
            "{template}"
        );
    }
}
