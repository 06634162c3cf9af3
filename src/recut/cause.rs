//! Likely causes: the mistakes that a cut points to.

use super::held::Difference;
use super::variation::Variation;

/// The likely mistake. `differing` of the `of` single places of the turn make a difference.
pub(crate) fn of(
    variation: &Variation,
    difference: &Difference,
    sent: &[u8],
    (differing, of): (usize, usize),
    unit: &str,
) -> Option<String> {
    let known = known(variation, difference, sent, (differing, of))?;
    Some(known.replace("UNIT", unit))
}

/// The same, with `UNIT` in the place of the word for what is cut: a request, an answer, or a record.
fn known(
    variation: &Variation,
    difference: &Difference,
    sent: &[u8],
    (differing, of): (usize, usize),
) -> Option<&'static str> {
    match (variation, difference) {
        (_, Difference::HeldBack { .. }) => {
            return Some("held back: an answer is written only when more octets arrive");
        }
        (Variation::Join { .. } | Variation::Whole { .. }, _) => {
            return Some("tail lost: what follows a UNIT in the same read is dropped or misread");
        }
        (Variation::Hostile(_), Difference::AnsweredAnyway) => {
            return Some("the length of a frame is not looked at");
        }
        (Variation::Hostile(_), _) => {
            return Some("a length is trusted, or a frame that is none is not cleaned up after");
        }
        (Variation::BreakOff { .. }, _) => {
            return Some("a stream that ends inside a UNIT is not cleaned up after");
        }
        (Variation::EndApart, _) => {
            return Some("the end of the stream is looked at only together with the last octets");
        }
        _ => {}
    }
    let Variation::Cut { after, pause, .. } = variation else {
        return None;
    };
    if *pause {
        return Some("a read timeout drops the part of a UNIT that has arrived");
    }
    of_place(sent, *after.first()?, (differing, of))
}

/// The mistake that a place points to, by the octets around it.
fn of_place(sent: &[u8], place: usize, (differing, of): (usize, usize)) -> Option<&'static str> {
    let (before, behind) = (sent.get(place.checked_sub(1)?)?, sent.get(place)?);
    if of > 3 && differing * 4 >= of * 3 {
        return Some("short read: what one read returns is taken for a whole UNIT");
    }
    if *before == b'\r' && *behind == b'\n' {
        return Some("CR | LF: a line end that comes in two reads is not seen as one");
    }
    let is_continuation = |octet: u8| octet & 0xC0 == 0x80;
    let starts = (1..=3).any(|back| {
        place >= back && sent[place - back] >= 0xC2 && str::from_utf8(&sent[place - back..]).is_ok()
    });
    if is_continuation(*behind) && starts {
        return Some("a UTF-8 character that comes in two reads is decoded in halves");
    }
    if matches!(before, b'\\' | b'%' | b'&' | b'"' | b'\'') {
        return Some("an escape or a quote is separated from what it belongs to");
    }
    let binary = sent[..place.min(16)].iter().any(|octet| *octet < 9);
    if place <= 9 && (binary || !before.is_ascii_graphic()) {
        return Some(
            "length cut: a length or header that comes in two reads is read as if it were whole",
        );
    }
    if place + 2 >= sent.len() {
        return Some("the end of a UNIT is looked for in the last read alone");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(sent: &[u8], place: usize, differing: usize) -> Option<String> {
        let variation = Variation::Cut {
            turn: 0,
            after: vec![place],
            pause: false,
        };
        of(
            &variation,
            &Difference::Missing { answer: 1 },
            sent,
            (differing, sent.len() - 1),
            "request",
        )
    }

    #[test]
    fn the_octets_beside_a_cut_tell() {
        assert!(
            named(b"PING\r\nPONG\r\n", 5, 1)
                .unwrap()
                .starts_with("CR | LF")
        );
        assert!(
            named("grüße an alle".as_bytes(), 3, 1)
                .unwrap()
                .contains("UTF-8")
        );
        assert!(
            named(&[0x30, 0xCD, 1, 0, 3, 9, 9, 9], 2, 1)
                .unwrap()
                .starts_with("length cut")
        );
        assert!(
            named(b"PING\r\nPONG\r\n", 2, 11)
                .unwrap()
                .starts_with("short read")
        );
        assert_eq!(named(b"some words in a line", 10, 1), None);
    }
}
