//! A writer of small capture files: packets by hand, so that every field can be wrong.

use std::net::IpAddr;

/// A TCP packet between a client and a server.
#[derive(Clone, Debug)]
pub struct Packet {
    pub from_client: bool,
    pub client: (IpAddr, u16),
    pub server: (IpAddr, u16),
    pub sequence: u32,
    pub acknowledgement: u32,
    /// The first letters of the flags: F, S, R, P, A.
    pub flags: &'static str,
    pub payload: Vec<u8>,
}

/// A packet of the client.
pub fn c(flags: &'static str, sequence: u32, acknowledgement: u32, payload: &str) -> Packet {
    Packet {
        from_client: true,
        client: ([10, 0, 0, 1].into(), 40_000),
        server: ([10, 0, 0, 2].into(), 80),
        sequence,
        acknowledgement,
        flags,
        payload: payload.into(),
    }
}

/// A packet of the server.
pub fn s(flags: &'static str, sequence: u32, acknowledgement: u32, payload: &str) -> Packet {
    Packet {
        from_client: false,
        ..c(flags, sequence, acknowledgement, payload)
    }
}

impl Packet {
    /// The same between IPv6 addresses.
    pub fn v6(mut self) -> Self {
        let address = |last| IpAddr::from([0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
        self.client.0 = address(1);
        self.server.0 = address(2);
        self
    }

    /// The same between these ports.
    pub fn ports(mut self, client: u16, server: u16) -> Self {
        self.client.1 = client;
        self.server.1 = server;
        self
    }

    /// The TCP header and the payload.
    pub fn tcp(&self) -> Vec<u8> {
        let (from, to) = self.ends();
        let flags = self.flags.chars().fold(0, |flags, letter| {
            flags | 1 << "FSRPAU".find(letter).expect("a flag")
        });
        let mut octets = Vec::new();
        octets.extend(from.1.to_be_bytes());
        octets.extend(to.1.to_be_bytes());
        octets.extend(self.sequence.to_be_bytes());
        octets.extend(self.acknowledgement.to_be_bytes());
        // The checksum is wrong, as it is where the network card computes it.
        octets.extend([5 << 4, flags, 1, 0, 0xBA, 0xD0, 0, 0]);
        octets.extend(&self.payload);
        octets
    }

    fn ends(&self) -> ((IpAddr, u16), (IpAddr, u16)) {
        if self.from_client {
            (self.client, self.server)
        } else {
            (self.server, self.client)
        }
    }

    /// The IP packet.
    pub fn ip(&self) -> Vec<u8> {
        self.around(6, &self.tcp())
    }

    /// An IP packet between the same addresses with this in it.
    pub fn around(&self, protocol: u8, payload: &[u8]) -> Vec<u8> {
        let (from, to) = self.ends();
        let mut octets = Vec::new();
        match (from.0, to.0) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                octets.extend([0x45, 0]);
                octets.extend((20 + payload.len() as u16).to_be_bytes());
                octets.extend([0, 7, 0, 0, 64, protocol, 0, 0]);
                octets.extend(from.octets());
                octets.extend(to.octets());
            }
            (IpAddr::V6(from), IpAddr::V6(to)) => {
                octets.extend([0x60, 0, 0, 0]);
                octets.extend((payload.len() as u16).to_be_bytes());
                octets.extend([protocol, 64]);
                octets.extend(from.octets());
                octets.extend(to.octets());
            }
            _ => panic!("both ends are of one family"),
        }
        octets.extend(payload);
        octets
    }

    /// The frame on an Ethernet.
    pub fn ethernet(&self) -> Vec<u8> {
        ethernet(&[], &self.ip())
    }
}

/// An IP packet on an Ethernet, behind these tags.
pub fn ethernet(tags: &[u8], ip: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    frame.extend(tags);
    frame.extend(if ip[0] >> 4 == 4 {
        [0x08, 0x00]
    } else {
        [0x86, 0xDD]
    });
    frame.extend(ip);
    frame
}

/// A pcap file, little-endian.
pub fn pcap(link: u32, frames: &[Vec<u8>]) -> Vec<u8> {
    let mut file = head(link);
    for frame in frames {
        record(&mut file, frame, frame.len());
    }
    file
}

/// The head of a pcap file.
pub fn head(link: u32) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(0xA1B2_C3D4_u32.to_le_bytes());
    file.extend([2, 0, 4, 0]);
    file.extend([0; 8]);
    file.extend(65_535_u32.to_le_bytes());
    file.extend(link.to_le_bytes());
    file
}

/// A record of a pcap file, of a frame that had this length on the wire.
pub fn record(file: &mut Vec<u8>, frame: &[u8], original: usize) {
    file.extend([0; 8]);
    file.extend((frame.len() as u32).to_le_bytes());
    file.extend((original as u32).to_le_bytes());
    file.extend(frame);
}

/// The order of octets in a section of a pcapng file.
#[derive(Clone, Copy)]
pub enum Order {
    Big,
    Little,
}

impl Order {
    pub fn u32(self, number: u32) -> [u8; 4] {
        match self {
            Self::Big => number.to_be_bytes(),
            Self::Little => number.to_le_bytes(),
        }
    }

    pub fn u16(self, number: u16) -> [u8; 2] {
        match self {
            Self::Big => number.to_be_bytes(),
            Self::Little => number.to_le_bytes(),
        }
    }

    /// A block.
    pub fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let padding = body.len().next_multiple_of(4) - body.len();
        let length = (12 + body.len() + padding) as u32;
        let mut block = self.u32(kind).to_vec();
        block.extend(self.u32(length));
        block.extend(body);
        block.extend(vec![0; padding]);
        block.extend(self.u32(length));
        block
    }

    /// The head of a section.
    pub fn section(self) -> Vec<u8> {
        let mut body = self.u32(0x1A2B_3C4D).to_vec();
        body.extend(self.u16(1));
        body.extend(self.u16(0));
        body.extend([0xFF; 8]);
        self.block(0x0A0D_0D0A, &body)
    }

    /// The description of an interface, with these options.
    pub fn interface(self, link: u16, snap: u32, options: &[u8]) -> Vec<u8> {
        let mut body = self.u16(link).to_vec();
        body.extend([0, 0]);
        body.extend(self.u32(snap));
        body.extend(options);
        self.block(1, &body)
    }

    /// An enhanced packet.
    pub fn packet(self, interface: u32, frame: &[u8]) -> Vec<u8> {
        let mut body = self.u32(interface).to_vec();
        body.extend([0xFF; 8]);
        body.extend(self.u32(frame.len() as u32));
        body.extend(self.u32(frame.len() as u32));
        body.extend(frame);
        self.block(6, &body)
    }

    /// A simple packet.
    pub fn simple(self, frame: &[u8], original: usize) -> Vec<u8> {
        let mut body = self.u32(original as u32).to_vec();
        body.extend(frame);
        self.block(3, &body)
    }
}
