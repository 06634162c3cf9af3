//! Lengths in octets, as their specifications show them.

use super::{forms, longer, refused};
use crate::framing::{Number, Refused};

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
        &[
            (38, "8126"),
            (201, "8200c9"),
            (5, "8400000005"),
            (5, "8a00000000000000000005"),
        ],
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
