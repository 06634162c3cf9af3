//! From a captured frame to the IP packet in it.

/// The link types that are read.
pub(super) const READ: [u16; 10] = [
    NULL,
    ETHERNET,
    RAW_BSD,
    RAW_OPENBSD,
    RAW,
    LOOP,
    COOKED,
    IPV4,
    IPV6,
    COOKED_2,
];

const NULL: u16 = 0;
const ETHERNET: u16 = 1;
const RAW_BSD: u16 = 12;
const RAW_OPENBSD: u16 = 14;
const RAW: u16 = 101;
const LOOP: u16 = 108;
const COOKED: u16 = 113;
const IPV4: u16 = 228;
const IPV6: u16 = 229;
const COOKED_2: u16 = 276;

/// The IP packet in a frame; `None` where there is another protocol, or no whole header.
pub(super) fn network(link: u16, frame: &[u8]) -> Option<&[u8]> {
    match link {
        // The family is in the order of the machine that captured.
        NULL => {
            let family: [u8; 4] = frame.get(..4)?.try_into().ok()?;
            let known = is_ip_family(u32::from_be_bytes(family))
                || is_ip_family(u32::from_le_bytes(family));
            known.then(|| &frame[4..])
        }
        LOOP => {
            let family: [u8; 4] = frame.get(..4)?.try_into().ok()?;
            is_ip_family(u32::from_be_bytes(family)).then(|| &frame[4..])
        }
        ETHERNET => by_type(frame, 12),
        COOKED => by_type(frame, 14),
        COOKED_2 => {
            let behind = frame.get(20..)?;
            match u16_at(frame, 0)? {
                kind if is_tag(kind) => by_type(behind, 2),
                kind => is_ip(kind).then_some(behind),
            }
        }
        RAW | RAW_BSD | RAW_OPENBSD | IPV4 | IPV6 => Some(frame),
        _ => None,
    }
}

/// Families of IP: IPv6 is 10 on Linux, 24 on NetBSD and OpenBSD, 28 on FreeBSD, 30 on macOS.
const fn is_ip_family(family: u32) -> bool {
    matches!(family, 2 | 10 | 24 | 28 | 30)
}

fn u16_at(frame: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*frame.get(at)?, *frame.get(at + 1)?]))
}

const fn is_ip(kind: u16) -> bool {
    matches!(kind, 0x0800 | 0x86DD)
}

/// VLAN tags: 802.1Q, 802.1ad, and two that were in use before it.
const fn is_tag(kind: u16) -> bool {
    matches!(kind, 0x8100 | 0x88A8 | 0x9100 | 0x9200)
}

/// Skips, after an EtherType at `at`, any number of VLAN tags, or a length with an LLC header.
fn by_type(frame: &[u8], mut at: usize) -> Option<&[u8]> {
    loop {
        let kind = u16_at(frame, at)?;
        let behind = frame.get(at + 2..)?;
        if is_ip(kind) {
            return Some(behind);
        }
        if is_tag(kind) {
            at += 4;
            continue;
        }
        // Lengths and types share the field; Linux cooked captures write 4 for LLC.
        if kind > 1500 {
            return None;
        }
        return match behind {
            // SNAP, with the EtherType after it.
            [0xAA, 0xAA, 0x03, 0, 0, 0 | 0xF8, rest @ ..] => {
                is_ip(u16_at(rest, 0)?).then(|| &rest[2..])
            }
            // IP by its own number.
            [0x06, 0x06, 0x03, rest @ ..] => Some(rest),
            _ => None,
        };
    }
}

/// A link type by its name and number.
pub(super) fn named(link: u16) -> String {
    let name = match link {
        6 => "IEEE 802.5 Token Ring",
        9 => "PPP",
        10 => "FDDI",
        50 => "PPP in HDLC-like framing",
        51 => "PPPoE",
        104 => "Cisco HDLC",
        105 => "IEEE 802.11",
        107 => "Frame Relay",
        119 => "IEEE 802.11 with Prism header",
        127 => "IEEE 802.11 with radiotap header",
        143 => "DOCSIS",
        147..=162 => "reserved for private use",
        163 => "IEEE 802.11 with AVS header",
        177 => "Linux LAPD",
        187 => "Bluetooth HCI H4",
        189 => "USB, Linux",
        192 => "PPI",
        195 => "IEEE 802.15.4",
        197 => "ERF",
        201 => "Bluetooth HCI H4 with direction",
        220 => "USB, Linux, mmapped",
        227 => "SocketCAN",
        230 => "IEEE 802.15.4 without frame check",
        231 => "D-Bus",
        239 => "NFLOG",
        240 => "netANALYZER",
        249 => "USBPcap",
        251 => "Bluetooth LE",
        252 => "Wireshark upper PDU",
        253 => "netlink",
        258 => "DisplayPort AUX",
        266 => "macOS USB",
        271 => "vsock monitor",
        274 => "Ethernet mPackets",
        _ => return format!("{link}"),
    };
    format!("{link} ({name})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_that_is_cut_anywhere_is_no_panic() {
        let mut frame = vec![0; 12];
        frame.extend([0x88, 0xA8, 0, 1, 0x81, 0, 0, 2, 0, 20]);
        frame.extend([0xAA, 0xAA, 3, 0, 0, 0, 8, 0, 0x45]);
        for link in 0..300 {
            for length in 0..frame.len() {
                let _ = network(link, &frame[..length]);
            }
        }
        assert_eq!(network(ETHERNET, &frame), Some(&[0x45][..]));
    }
}
