//! Payloads whose octets are escaped: COBS and SLIP (RFC 1055).

/// The octet that ends a SLIP frame.
pub(super) const END: u8 = 0xC0;
const ESCAPE: u8 = 0xDB;
const ESCAPED_END: u8 = 0xDC;
const ESCAPED_ESCAPE: u8 = 0xDD;

/// True of an octet for which SLIP writes two.
pub(super) const fn is_escaped(octet: u8) -> bool {
    matches!(octet, END | ESCAPE)
}

/// The payload with SLIP's escapes, without the octet that ends it.
pub(super) fn to_slip(payload: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(payload.len());
    for octet in payload {
        match *octet {
            END => octets.extend([ESCAPE, ESCAPED_END]),
            ESCAPE => octets.extend([ESCAPE, ESCAPED_ESCAPE]),
            other => octets.push(other),
        }
    }
    octets
}

/// The payload of octets up to the one that ends them, or the place of what is wrong.
pub(super) fn from_slip(octets: &[u8]) -> Result<Vec<u8>, usize> {
    let mut payload = Vec::with_capacity(octets.len());
    let mut at = 0;
    while at < octets.len() {
        let octet = octets[at];
        at += 1;
        if octet != ESCAPE {
            payload.push(octet);
            continue;
        }
        payload.push(match octets.get(at) {
            Some(&ESCAPED_END) => END,
            Some(&ESCAPED_ESCAPE) => ESCAPE,
            _ => return Err(at.min(octets.len() - 1)),
        });
        at += 1;
    }
    Ok(payload)
}

/// The payload in COBS, without the zero octet that ends it.
pub(super) fn to_cobs(payload: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(payload.len() + payload.len() / 254 + 1);
    let mut blocks = payload.split(|octet| *octet == 0).peekable();
    while let Some(block) = blocks.next() {
        let mut rest = block;
        while rest.len() >= 254 {
            octets.push(255);
            octets.extend_from_slice(&rest[..254]);
            rest = &rest[254..];
            // A full group has no zero behind it, so nothing more is needed at the very end.
            if rest.is_empty() && blocks.peek().is_none() {
                return octets;
            }
        }
        octets.push(rest.len() as u8 + 1);
        octets.extend_from_slice(rest);
    }
    octets
}

/// The payload of COBS octets up to the zero that ends them, or the place of what is wrong.
pub(super) fn from_cobs(octets: &[u8]) -> Result<Vec<u8>, usize> {
    let mut payload = Vec::with_capacity(octets.len());
    let mut at = 0;
    while at < octets.len() {
        let code = usize::from(octets[at]);
        let end = at + code;
        let Some(group) = octets.get(at + 1..end) else {
            return Err(at);
        };
        payload.extend_from_slice(group);
        if code < 255 && end < octets.len() {
            payload.push(0);
        }
        at = end;
    }
    Ok(payload)
}

/// Least length, in octets, of a payload whose frame begins with these octets and goes on.
pub(super) fn least_payload(octets: &[u8], delimiter: u8) -> usize {
    if delimiter == END {
        octets.iter().filter(|octet| **octet != ESCAPE).count()
    } else {
        octets.len().saturating_sub(1 + octets.len() / 254 + 1)
    }
}
