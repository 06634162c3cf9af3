//! Arbitrary octets for the reader of captures: whatever it makes of them is finite and ordered.

use unstick::recut::capture::{self, CaptureError, Wanted};
use unstick::recut::exchange::Party;

/// Reads octets as a capture file, of which each wanted stream is asked for.
///
/// # Errors
/// What went wrong, in words.
pub fn check(file: &[u8]) -> Result<(), String> {
    for wanted in [Wanted::Only, Wanted::Number(0), Wanted::Port(80)] {
        match capture::read(file, wanted) {
            Ok(captured) => {
                let sent = [Party::Client, Party::Server]
                    .map(|party| captured.exchange.sent_by(party))
                    .iter()
                    .sum::<usize>();
                // Each octet of the stream lies in the file, fragments at most as often as packets.
                if sent == 0 || sent > file.len() {
                    return Err(format!("{sent} octets out of a file of {}", file.len()));
                }
            }
            Err(CaptureError::Cut(place) | CaptureError::Malformed { place, .. })
                if place.offset > file.len() as u64 =>
            {
                return Err(format!("{place} is behind the end, {}", file.len()));
            }
            Err(_) => {}
        }
    }
    Ok(())
}

/// Small captures to begin with: a conversation of two octets in each format and byte order.
#[must_use]
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    let packets = [
        packet(true, 0x02, 9, 0, b""),
        packet(false, 0x12, 19, 10, b""),
        packet(true, 0x18, 10, 20, b"a"),
        packet(false, 0x18, 20, 11, b"b"),
        packet(true, 0x11, 11, 21, b""),
        packet(false, 0x11, 21, 12, b""),
    ];
    let mut pcap = b"\xD4\xC3\xB2\xA1\x02\0\x04\0\0\0\0\0\0\0\0\0\xFF\xFF\0\0\x65\0\0\0".to_vec();
    let mut pcapng = b"\x0A\x0D\x0D\x0A\0\0\0\x1C\x1A\x2B\x3C\x4D\0\x01\0\0\
        \xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\x1C\
        \0\0\0\x01\0\0\0\x14\0\x65\0\0\0\0\0\0\0\0\0\x14"
        .to_vec();
    for packet in &packets {
        let length = packet.len() as u32;
        pcap.extend([0; 8]);
        pcap.extend(length.to_le_bytes());
        pcap.extend(length.to_le_bytes());
        pcap.extend(packet);
        let padding = packet.len().next_multiple_of(4) - packet.len();
        let block = 32 + length + padding as u32;
        pcapng.extend([0, 0, 0, 6]);
        pcapng.extend(block.to_be_bytes());
        pcapng.extend([0; 12]);
        pcapng.extend(length.to_be_bytes());
        pcapng.extend(length.to_be_bytes());
        pcapng.extend(packet);
        pcapng.extend(vec![0; padding]);
        pcapng.extend(block.to_be_bytes());
    }
    vec![("pcap".to_owned(), pcap), ("pcapng".to_owned(), pcapng)]
}

fn packet(
    from_client: bool,
    flags: u8,
    sequence: u32,
    acknowledged: u32,
    payload: &[u8],
) -> Vec<u8> {
    let (client, server) = ([10, 0, 0, 1, 0xC0, 0], [10, 0, 0, 2, 0, 80]);
    let (from, to) = if from_client {
        (client, server)
    } else {
        (server, client)
    };
    let mut packet = vec![
        0x45,
        0,
        0,
        40 + payload.len() as u8,
        0,
        0,
        0,
        0,
        64,
        6,
        0,
        0,
    ];
    packet.extend([&from[..4], &to[..4], &from[4..], &to[4..]].concat());
    packet.extend(sequence.to_be_bytes());
    packet.extend(acknowledged.to_be_bytes());
    packet.extend([0x50, flags, 1, 0, 0, 0, 0, 0]);
    packet.extend(payload);
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_are_conversations() {
        for (name, file) in seeds() {
            let captured = capture::read(&file[..], Wanted::Only);
            assert_eq!(captured.unwrap().exchange.events().len(), 4, "{name}");
            check(&file).unwrap();
        }
    }
}
