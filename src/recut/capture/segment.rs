//! From an IP packet to the TCP segment in it, fragments put together.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use etherparse::defrag::IpDefragBuf;
use etherparse::{IpFragOffset, IpNumber, Ipv6ExtensionSlice, LaxIpSlice, LenSource, TcpSlice};

use super::file::Packet;

/// The number of datagrams whose fragments are kept at a time. Each is 64 KiB at the most.
const MAX_DATAGRAMS: usize = 256;

/// A TCP segment.
#[derive(Debug)]
pub(super) struct Segment<'p> {
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
    pub(super) sequence: u32,
    pub(super) acknowledgement: Option<u32>,
    pub(super) syn: bool,
    pub(super) fin: bool,
    pub(super) reset: bool,
    pub(super) push: bool,
    /// The octets of its payload that were captured.
    pub(super) payload: &'p [u8],
    /// The length of its payload on the wire, in octets.
    pub(super) length: usize,
    /// The packet it came in.
    pub(super) packet: u64,
}

/// The content of a packet.
#[derive(Debug)]
pub(super) enum Content<'p> {
    Tcp(Segment<'p>),
    /// A part of an IP datagram, of which more is to come.
    Fragment,
    /// A TCP segment of which not even the header was captured.
    Cut,
    /// Another protocol, or a packet that contradicts itself.
    Other,
}

/// Takes IP packets apart, and puts fragments together.
#[derive(Debug, Default)]
pub(super) struct Datagrams {
    fragments: HashMap<Datagram, IpDefragBuf>,
    whole: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Datagram {
    source: IpAddr,
    destination: IpAddr,
    identification: u32,
    protocol: u8,
}

struct Fragment {
    identification: u32,
    offset: IpFragOffset,
    more: bool,
}

impl Datagrams {
    /// The content of the IP packet of a captured packet.
    pub(super) fn content<'p>(&'p mut self, packet: &Packet<'_>, ip: &'p [u8]) -> Content<'p> {
        let Ok((slice, _)) = LaxIpSlice::from_slice(ip) else {
            return Content::Other;
        };
        let addresses = (slice.source_addr(), slice.destination_addr());
        let payload = slice.payload();
        if payload.ip_number != IpNumber::TCP {
            return Content::Other;
        }
        let announced = match &slice {
            LaxIpSlice::Ipv4(v4) => usize::from(v4.header().total_len()),
            LaxIpSlice::Ipv6(v6) => match v6.header().payload_length() {
                0 => 0,
                length => 40 + usize::from(length),
            },
        };
        // A length that the network card was to fill in later is 0; the frame counts then.
        let by_frame = announced == 0;
        if !by_frame && payload.len_source == LenSource::Slice && !payload.incomplete {
            return Content::Other;
        }
        let before = ip.len() - payload.payload.len();
        let (octets, length) = if by_frame {
            let checked = payload.payload.len().saturating_sub(packet.frame_check);
            let lost = packet.original - packet.octets.len();
            (&payload.payload[..checked], checked + lost)
        } else if payload.incomplete {
            (payload.payload, announced.saturating_sub(before))
        } else {
            (payload.payload, payload.payload.len())
        };
        if !payload.fragmented {
            return segment(addresses, octets, length, packet.number);
        }
        let Some(fragment) = fragment(&slice).filter(|_| !payload.incomplete) else {
            return Content::Other;
        };
        let key = Datagram {
            source: addresses.0,
            destination: addresses.1,
            identification: fragment.identification,
            protocol: payload.ip_number.0,
        };
        match self.gather(key, &fragment, octets) {
            Some(whole) => segment(addresses, whole, whole.len(), packet.number),
            None => Content::Fragment,
        }
    }

    fn gather(&mut self, key: Datagram, fragment: &Fragment, octets: &[u8]) -> Option<&[u8]> {
        if self.fragments.len() >= MAX_DATAGRAMS && !self.fragments.contains_key(&key) {
            // Octets that are missing of them show as a gap.
            self.fragments.clear();
        }
        let buffer = self
            .fragments
            .entry(key)
            .or_insert_with(|| IpDefragBuf::new(IpNumber::TCP, Vec::new(), Vec::new()));
        if buffer.add(fragment.offset, fragment.more, octets).is_err() {
            self.fragments.remove(&key);
            return None;
        }
        if !buffer.is_complete() {
            return None;
        }
        self.whole = self.fragments.remove(&key)?.take_bufs().0;
        Some(&self.whole)
    }
}

fn fragment(slice: &LaxIpSlice<'_>) -> Option<Fragment> {
    match slice {
        LaxIpSlice::Ipv4(v4) => {
            let header = v4.header();
            Some(Fragment {
                identification: header.identification().into(),
                offset: header.fragments_offset(),
                more: header.more_fragments(),
            })
        }
        LaxIpSlice::Ipv6(v6) => v6.extensions().clone().into_iter().find_map(|extension| {
            let Ipv6ExtensionSlice::Fragment(header) = extension else {
                return None;
            };
            Some(Fragment {
                identification: header.identification(),
                offset: header.fragment_offset(),
                more: header.more_fragments(),
            })
        }),
    }
}

fn segment(
    (source, destination): (IpAddr, IpAddr),
    octets: &[u8],
    length: usize,
    packet: u64,
) -> Content<'_> {
    let Ok(tcp) = TcpSlice::from_slice(octets) else {
        return if octets.len() < length {
            Content::Cut
        } else {
            Content::Other
        };
    };
    let header = octets.len() - tcp.payload().len();
    Content::Tcp(Segment {
        source: SocketAddr::new(source, tcp.source_port()),
        destination: SocketAddr::new(destination, tcp.destination_port()),
        sequence: tcp.sequence_number(),
        acknowledgement: tcp.ack().then(|| tcp.acknowledgment_number()),
        syn: tcp.syn(),
        fin: tcp.fin(),
        reset: tcp.rst(),
        push: tcp.psh(),
        payload: tcp.payload(),
        length: length - header,
        packet,
    })
}
