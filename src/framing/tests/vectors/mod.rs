//! Octets written out by hand from the public specification of each family, so that the code
//! is not its own witness.

mod lengths;
mod messages;
mod messages_of_others;
mod protocols;
mod text;

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
        let all = hex(octets);
        for end in 0..all.len() {
            let part = number.read(&all[..end], None);
            assert!(
                matches!(part, Read::Need(_)),
                "{number:?} {octets} to {end}"
            );
        }
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

/// A preset, and its frames with their payloads, in hex.
type Messages = (&'static str, &'static [(&'static str, &'static str)]);

/// Asserts that octets are one frame with this payload, and no shorter beginning of them is.
fn assert_reads(template: &str, octets: &[u8], payload: &[u8]) {
    let framing = framing(template);
    let Next::Frame(frame) = framing.next(octets) else {
        panic!(
            "{template}: {octets:02x?} is not a frame: {:?}",
            framing.next(octets)
        );
    };
    assert_eq!(
        (&*frame.payload, frame.length),
        (payload, octets.len()),
        "{template}"
    );
    for end in 0..octets.len() {
        assert!(
            matches!(framing.next(&octets[..end]), Next::Need(_)),
            "{template} {end}"
        );
    }
}

fn frames(template: &str, table: &[(&str, &str)]) {
    let framing = framing(template);
    for (payload, octets) in table {
        let (payload, octets) = (hex(payload), hex(octets));
        assert_eq!(framing.encode(&payload).as_ref(), Ok(&octets), "{template}");
        assert_reads(template, &octets, &payload);
    }
}

/// Frames as a specification shows them, whose free octets are not those that we would write.
fn read(template: &str, table: &[(&str, &str)]) {
    for (octets, payload) in table {
        assert_reads(template, &hex(octets), &hex(payload));
    }
}

/// Octets that a specification does not allow.
fn not_frames(template: &str, table: &[&str]) {
    let framing = framing(template);
    for octets in table {
        let octets = hex(octets);
        assert!(
            matches!(framing.next(&octets), Next::Refuse(_)),
            "{template}: {octets:02x?}"
        );
    }
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
