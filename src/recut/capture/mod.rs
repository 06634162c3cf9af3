//! Captures: a conversation out of a pcap or pcapng file.
//!
//! Nothing here is guessed. The client is the side that sent the SYN; acknowledgements say what came before what; an
//! octet that is missing is an error with its place. A file comes from anywhere, so no length in it is trusted and
//! nothing in it may panic.
//!
//! This folder knows files, packets and streams, and of the rest of the project only
//! [`Exchange`].

mod assemble;
mod error;
mod file;
mod link;
mod order;
mod segment;
mod streams;

use std::io::Read;
use std::net::SocketAddr;

pub use error::{CaptureError, Listed, Listing, Place};
pub use streams::Wanted;

use super::exchange::Exchange;
use file::Packets;
use segment::{Content, Datagrams};
use streams::Streams;

/// A conversation that was read from a capture, and what to know about it.
#[derive(Debug)]
pub struct Captured {
    /// The conversation.
    pub exchange: Exchange,
    /// The address at which the server listened.
    pub server: SocketAddr,
    /// Reasons why it may differ from what really happened, in sentences.
    pub warnings: Vec<String>,
}

/// Numbers of packets of a file besides its streams, for the message that there are no streams.
#[derive(Debug, Default)]
struct Counts {
    packets: u64,
    cut: u64,
    fragments: u64,
    /// The first link type that is not read, and the number of packets that have any such type.
    unread: Option<(u16, u64)>,
}

/// Reads the wanted stream of a capture.
///
/// # Errors
/// [`CaptureError`]
pub fn read(input: impl Read, wanted: Wanted) -> Result<Captured, CaptureError> {
    let mut packets = Packets::of(input)?;
    let mut streams = Streams::default();
    let mut datagrams = Datagrams::default();
    let mut counts = Counts::default();
    while let Some(packet) = packets.next()? {
        counts.packets += 1;
        if !link::READ.contains(&packet.link) {
            counts.unread.get_or_insert((packet.link, 0)).1 += 1;
            continue;
        }
        let Some(ip) = link::network(packet.link, packet.octets) else {
            continue;
        };
        match datagrams.content(&packet, ip) {
            Content::Tcp(segment) => streams.take(&segment, wanted),
            Content::Fragment => counts.fragments += 1,
            Content::Cut => counts.cut += 1,
            Content::Other => {}
        }
    }
    let chosen = streams.wanted(wanted);
    match chosen[..] {
        [] => Err(counts.nothing(&streams, wanted)),
        [number] => conversation(&streams, number, &counts),
        _ => Err(CaptureError::SeveralStreams(Listing(streams.list(&chosen)))),
    }
}

fn conversation(
    streams: &Streams,
    number: usize,
    counts: &Counts,
) -> Result<Captured, CaptureError> {
    let stream = streams.get(number);
    let mut warnings = counts.warnings();
    let (client, seen) = stream.client();
    if !seen {
        warnings.push(format!(
            "the capture begins after the connection was opened: octets before it are not \
             recorded, and {} is taken for the client because its port is higher",
            stream.addresses[client]
        ));
    }
    let address = stream.addresses[1 - client];
    let [client, server] = [client, 1 - client].map(|side| &stream.sides[side]);
    let sent = assemble::assemble(client, server, "client", &mut warnings)?;
    let answered = assemble::assemble(server, client, "server", &mut warnings)?;
    if sent.runs.is_empty() && answered.runs.is_empty() {
        return Err(CaptureError::Empty(number));
    }
    Ok(Captured {
        exchange: order::exchange((client, &sent), (server, &answered)),
        server: address,
        warnings,
    })
}

impl Counts {
    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some((link, packets)) = self.unread {
            warnings.push(format!(
                "{packets} packets of link type {} are left out",
                link::named(link)
            ));
        }
        if self.cut > 0 {
            warnings.push(format!(
                "{} packets were captured without their whole TCP header (snap length)",
                self.cut
            ));
        }
        warnings
    }

    fn nothing(&self, streams: &Streams, wanted: Wanted) -> CaptureError {
        if let Some((link, packets)) = self.unread
            && packets == self.packets
        {
            return CaptureError::LinkType(link::named(link));
        }
        CaptureError::NoStream(match (streams.len(), wanted) {
            (0, _) if self.packets == 0 => "there are no packets in the file".to_owned(),
            (0, _) => {
                let mut text = format!("no TCP stream is in the {} packets", self.packets);
                if self.cut > 0 {
                    text += &format!(
                        "; {} were captured without their whole TCP header (snap length)",
                        self.cut
                    );
                }
                if self.fragments > 0 {
                    text += &format!(
                        "; {} are IP fragments of which others are missing",
                        self.fragments
                    );
                }
                text
            }
            (streams, Wanted::Number(number)) => {
                format!("there is no stream {number}; there are {streams}, counted from 0")
            }
            (streams, Wanted::Port(port)) => {
                format!("none of the {streams} streams has port {port}")
            }
            (_, Wanted::Only) => "there is no stream".to_owned(),
        })
    }
}
