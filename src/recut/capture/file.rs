//! Capture files as packets: pcap in its variants, and pcapng.
//!
//! Lengths in a file are claims. A record is read up to its claimed length and never allocated by
//! it, so that memory follows what is really there.

use std::io::{self, Read};

use super::error::{CaptureError, Place};

/// The longest record that is read, in octets. Packets of TCP stay below 64 KiB, and below 1 MiB
/// where the network card gathers them.
const MAX_RECORD: u64 = 16 * 1024 * 1024;

/// A packet as it was captured.
#[derive(Debug)]
pub(super) struct Packet<'f> {
    /// The number of the packet, from 1, as Wireshark counts frames.
    pub(super) number: u64,
    /// The kind of header it begins with.
    pub(super) link: u16,
    /// The octets that were captured of it.
    pub(super) octets: &'f [u8],
    /// Its length on the wire, in octets; not less than what was captured.
    pub(super) original: usize,
    /// The length of the frame check at its end, in octets, where the file says so.
    pub(super) frame_check: usize,
}

/// The packets of a file, in its order.
#[derive(Debug)]
pub(super) struct Packets<R> {
    input: R,
    /// The number of octets that have been read.
    offset: u64,
    /// The number of packets so far.
    number: u64,
    format: Format,
    record: Vec<u8>,
}

#[derive(Debug, Clone)]
enum Format {
    Pcap {
        order: Order,
        header: usize,
        link: u16,
        frame_check: usize,
    },
    Pcapng {
        order: Order,
        interfaces: Vec<Interface>,
    },
}

#[derive(Debug, Clone, Copy)]
struct Interface {
    link: u16,
    /// The longest packet it captures, in octets; 0 for no limit.
    snap: u32,
}

/// The order of octets in the numbers of a file, or of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Big,
    Little,
}

impl Order {
    fn u32(self, octets: &[u8], at: usize) -> u32 {
        let four = [octets[at], octets[at + 1], octets[at + 2], octets[at + 3]];
        match self {
            Self::Big => u32::from_be_bytes(four),
            Self::Little => u32::from_le_bytes(four),
        }
    }

    fn u16(self, octets: &[u8], at: usize) -> u16 {
        let two = [octets[at], octets[at + 1]];
        match self {
            Self::Big => u16::from_be_bytes(two),
            Self::Little => u16::from_le_bytes(two),
        }
    }
}

const SECTION: u32 = 0x0A0D_0D0A;
const BYTE_ORDER: u32 = 0x1A2B_3C4D;

/// Types of blocks.
const INTERFACE: u32 = 1;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const PACKET: u32 = 6;

impl<R: Read> Packets<R> {
    /// Reads the head of a file.
    pub(super) fn of(input: R) -> Result<Self, CaptureError> {
        let mut packets = Self {
            input,
            offset: 0,
            number: 0,
            format: Format::Pcapng {
                order: Order::Little,
                interfaces: Vec::new(),
            },
            record: Vec::new(),
        };
        let start = packets.read(4)?;
        if start < 4 {
            return Err(CaptureError::OtherFormat(match start {
                0 => "it is empty".to_owned(),
                _ => format!("it has {start} octets"),
            }));
        }
        let magic = Order::Big.u32(&packets.record, 0);
        let (order, header) = match magic {
            // The second has times in nanoseconds, the third longer records.
            0xA1B2_C3D4 | 0xA1B2_3C4D => (Order::Big, 16),
            0xD4C3_B2A1 | 0x4D3C_B2A1 => (Order::Little, 16),
            0xA1B2_CD34 => (Order::Big, 24),
            0x34CD_B2A1 => (Order::Little, 24),
            SECTION => {
                packets.section(0)?;
                return Ok(packets);
            }
            _ => return Err(CaptureError::OtherFormat(named(&packets.record))),
        };
        packets.must_read(20, packets.block(0))?;
        // The upper half has flags: the length of the frame check, in units of two octets.
        let link = order.u32(&packets.record, 16);
        let has_check = link & 0x0400_0000 != 0;
        packets.format = Format::Pcap {
            order,
            header,
            link: link as u16,
            frame_check: if has_check {
                (link >> 28) as usize * 2
            } else {
                0
            },
        };
        Ok(packets)
    }

    /// The next packet; `None` at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<Packet<'_>>, CaptureError> {
        match self.format {
            Format::Pcap {
                order,
                header,
                link,
                frame_check,
            } => self.record(order, header, link, frame_check),
            Format::Pcapng { .. } => loop {
                // The borrow of a packet ends here unless it is handed out.
                if let Some((range, link, original)) = match self.any_block()? {
                    Block::End => return Ok(None),
                    Block::NoPacket => None,
                    Block::Packet {
                        range,
                        link,
                        original,
                    } => Some((range, link, original)),
                } {
                    return Ok(Some(Packet {
                        number: self.number,
                        link,
                        octets: &self.record[range],
                        original,
                        frame_check: 0,
                    }));
                }
            },
        }
    }

    fn record(
        &mut self,
        order: Order,
        header: usize,
        link: u16,
        frame_check: usize,
    ) -> Result<Option<Packet<'_>>, CaptureError> {
        let place = Place {
            packet: Some(self.number + 1),
            offset: self.offset,
        };
        match self.read(header as u64)? {
            0 => return Ok(None),
            read if read < header => return Err(CaptureError::Cut(place)),
            _ => {}
        }
        let captured = order.u32(&self.record, 8);
        let original = order.u32(&self.record, 12);
        self.must_read(bounded(u64::from(captured), place)?, place)?;
        self.number += 1;
        Ok(Some(Packet {
            number: self.number,
            link,
            octets: &self.record,
            original: self.record.len().max(original as usize),
            frame_check,
        }))
    }

    fn any_block(&mut self) -> Result<Block, CaptureError> {
        let start = self.offset;
        match self.read(8)? {
            0 => return Ok(Block::End),
            1..8 => return Err(CaptureError::Cut(self.block(start))),
            _ => {}
        }
        let Format::Pcapng { order, interfaces } = &self.format else {
            return Ok(Block::End);
        };
        let (order, first) = (*order, interfaces.first().copied());
        // This type reads the same in both orders.
        if order.u32(&self.record, 0) == SECTION {
            let length = [
                self.record[4],
                self.record[5],
                self.record[6],
                self.record[7],
            ];
            self.section_of(length, start)?;
            return Ok(Block::NoPacket);
        }
        let kind = order.u32(&self.record, 0);
        let is_packet = matches!(kind, OLD_PACKET | SIMPLE_PACKET | PACKET);
        let mut place = self.block(start);
        place.packet = is_packet.then_some(self.number + 1);
        let length = order.u32(&self.record, 4);
        if length < 12 {
            return malformed(place, &format!("a block of {length} octets is too short"));
        }
        // Some programs count the padding and some do not.
        let body = u64::from(length).next_multiple_of(4) - 12;
        if kind != INTERFACE && !is_packet {
            self.skip(body, place)?;
            self.closing(order, length, place)?;
            return Ok(Block::NoPacket);
        }
        self.must_read(bounded(body, place)?, place)?;
        let body = std::mem::take(&mut self.record);
        self.closing(order, length, place)?;
        self.record = body;
        if kind == INTERFACE {
            self.described(order, place)?;
            return Ok(Block::NoPacket);
        }
        self.number += 1;
        match kind {
            SIMPLE_PACKET => self.simple_packet(order, first, place),
            _ => self.packet(order, kind, place),
        }
    }

    /// The description of an interface.
    fn described(&mut self, order: Order, place: Place) -> Result<(), CaptureError> {
        let body = &self.record;
        if body.len() < 8 {
            return malformed(place, "the description of an interface is too short");
        }
        let interface = Interface {
            link: order.u16(body, 0),
            snap: order.u32(body, 4),
        };
        if let Format::Pcapng { interfaces, .. } = &mut self.format {
            interfaces.push(interface);
        }
        Ok(())
    }

    /// A packet of the first interface, of which nothing is said but its length.
    fn simple_packet(
        &self,
        order: Order,
        first: Option<Interface>,
        place: Place,
    ) -> Result<Block, CaptureError> {
        let body = &self.record;
        let (Some(interface), true) = (first, body.len() >= 4) else {
            return malformed(place, "a simple packet without an interface");
        };
        let original = order.u32(body, 0);
        let snap = if interface.snap == 0 {
            u32::MAX
        } else {
            interface.snap
        };
        let captured = (original.min(snap) as usize).min(body.len() - 4);
        Ok(Block::Packet {
            range: 4..4 + captured,
            link: interface.link,
            original: original as usize,
        })
    }

    /// A packet with its interface and both lengths.
    fn packet(&self, order: Order, kind: u32, place: Place) -> Result<Block, CaptureError> {
        let body = &self.record;
        if body.len() < 20 {
            return malformed(place, "the block of a packet is too short");
        }
        let interface = match kind {
            // The older kind of block counts dropped packets beside.
            OLD_PACKET => u32::from(order.u16(body, 0)),
            _ => order.u32(body, 0),
        };
        let (captured, original) = (order.u32(body, 12), order.u32(body, 16) as usize);
        let Some(link) = self.interface(interface) else {
            return malformed(place, &format!("interface {interface} is not described"));
        };
        let captured = captured as usize;
        if captured > body.len() - 20 {
            return malformed(
                place,
                &format!(
                    "{captured} octets were captured, by its own account, and its block has room for {}",
                    body.len() - 20
                ),
            );
        }
        Ok(Block::Packet {
            range: 20..20 + captured,
            link,
            original: original.max(captured),
        })
    }

    fn interface(&self, number: u32) -> Option<u16> {
        match &self.format {
            Format::Pcapng { interfaces, .. } => {
                Some(interfaces.get(usize::try_from(number).ok()?)?.link)
            }
            Format::Pcap { .. } => None,
        }
    }

    /// A section whose type has been read; its interfaces and its order of octets are its own.
    fn section(&mut self, start: u64) -> Result<(), CaptureError> {
        self.must_read(4, self.block(start))?;
        let length = [
            self.record[0],
            self.record[1],
            self.record[2],
            self.record[3],
        ];
        self.section_of(length, start)
    }

    fn section_of(&mut self, length: [u8; 4], start: u64) -> Result<(), CaptureError> {
        let place = self.block(start);
        self.must_read(4, place)?;
        let order = if Order::Big.u32(&self.record, 0) == BYTE_ORDER {
            Order::Big
        } else if Order::Little.u32(&self.record, 0) == BYTE_ORDER {
            Order::Little
        } else {
            return malformed(place, "a section whose order of octets is not said");
        };
        let length = order.u32(&length, 0);
        if length < 28 {
            return malformed(place, "the head of a section is too short");
        }
        self.must_read(4, place)?;
        if order.u16(&self.record, 0) != 1 {
            return malformed(place, "a section of an unknown version");
        }
        self.skip(u64::from(length).next_multiple_of(4) - 20, place)?;
        self.closing(order, length, place)?;
        self.format = Format::Pcapng {
            order,
            interfaces: Vec::new(),
        };
        Ok(())
    }

    /// The length at the end of a block, which repeats that at its start.
    fn closing(&mut self, order: Order, length: u32, place: Place) -> Result<(), CaptureError> {
        self.must_read(4, place)?;
        let repeated = order.u32(&self.record, 0);
        if repeated != length {
            return malformed(
                place,
                &format!("its length is {length} at its start and {repeated} at its end"),
            );
        }
        Ok(())
    }

    const fn block(&self, offset: u64) -> Place {
        Place {
            packet: None,
            offset,
        }
    }

    /// Reads up to `length` octets into the record, and returns their number.
    fn read(&mut self, length: u64) -> io::Result<usize> {
        self.record.clear();
        let read = (&mut self.input)
            .take(length)
            .read_to_end(&mut self.record)?;
        self.offset += read as u64;
        Ok(read)
    }

    fn must_read(&mut self, length: u64, place: Place) -> Result<(), CaptureError> {
        if (self.read(length)? as u64) < length {
            return Err(CaptureError::Cut(place));
        }
        Ok(())
    }

    fn skip(&mut self, length: u64, place: Place) -> Result<(), CaptureError> {
        let skipped = io::copy(&mut (&mut self.input).take(length), &mut io::sink())?;
        self.offset += skipped;
        if skipped < length {
            return Err(CaptureError::Cut(place));
        }
        Ok(())
    }
}

enum Block {
    End,
    NoPacket,
    Packet {
        range: std::ops::Range<usize>,
        link: u16,
        original: usize,
    },
}

fn bounded(length: u64, place: Place) -> Result<u64, CaptureError> {
    if length > MAX_RECORD {
        return malformed(
            place,
            &format!("a record of {length} octets; the most is {MAX_RECORD}"),
        );
    }
    Ok(length)
}

fn malformed<T>(place: Place, what: &str) -> Result<T, CaptureError> {
    Err(CaptureError::Malformed {
        place,
        what: what.to_owned(),
    })
}

/// The format that begins like this, in words.
fn named(start: &[u8]) -> String {
    let known: [(&[u8], &str); 8] = [
        (b"\x1F\x8B", "gzip data; unpack it first (gunzip)"),
        (b"\x28\xB5\x2F\xFD", "zstd data; unpack it first (unzstd)"),
        (b"\xFD7zX", "xz data; unpack it first (unxz)"),
        (b"BZh", "bzip2 data; unpack it first (bunzip2)"),
        (b"PK\x03\x04", "a zip archive; unpack it first (unzip)"),
        (
            b"snoo",
            "a snoop capture; `tshark -r FILE -w OUT.pcapng` converts it",
        ),
        (
            b"GMBU",
            "a Network Monitor capture; `tshark -r FILE -w OUT.pcapng` converts it",
        ),
        (b"{", "JSON; a recording needs no conversion"),
    ];
    let name = known.iter().find(|(magic, _)| start.starts_with(magic));
    name.map_or_else(
        || format!("it begins with {}", crate::trace::octets::to_hex(start)),
        |(_, name)| format!("it is {name}"),
    )
}
