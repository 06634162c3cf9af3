//! The reasons why no conversation could be read from a capture.

use std::fmt;
use std::io;
use std::net::SocketAddr;

/// The reason why no conversation could be read from a capture; says the place.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The file could not be read.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// The file is in another format.
    #[error("not a pcap or pcapng file: {0}")]
    OtherFormat(String),
    /// The file ends inside a record.
    #[error("the file is cut: it ends inside {0}")]
    Cut(Place),
    /// A record contradicts itself.
    #[error("{place}: {what}")]
    Malformed {
        /// The place.
        place: Place,
        /// The contradiction.
        what: String,
    },
    /// No packet has a link type that is read here.
    #[error(
        "link type {0} is not read here; Ethernet, loopback (NULL, LOOP), raw IP and Linux \
         cooked captures are"
    )]
    LinkType(String),
    /// No TCP stream is in the file, or none of those that were asked for.
    #[error("{0}")]
    NoStream(String),
    /// There are several streams, and none was chosen.
    #[error("{0}")]
    SeveralStreams(Listing),
    /// Octets of the stream are missing.
    #[error("{0}")]
    Gap(String),
    /// The chosen stream carries no octets.
    #[error("stream {0} carries no octets: there is nothing to record")]
    Empty(usize),
}

/// A place in a capture file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The packet that is being read, counted from 1 as Wireshark counts frames; `None` for a
    /// block that holds none.
    pub packet: Option<u64>,
    /// The offset of its record, in octets from the start of the file.
    pub offset: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.packet {
            Some(packet) => write!(f, "packet {packet}, at octet {}", self.offset),
            None => write!(f, "the block at octet {}", self.offset),
        }
    }
}

/// A stream in a list from which the user is to choose.
#[derive(Debug)]
pub struct Listed {
    /// Its number, from 0.
    pub number: usize,
    /// The end that opened it.
    pub client: SocketAddr,
    /// The other end.
    pub server: SocketAddr,
    /// Number of octets that the client sent.
    pub there: u64,
    /// Number of octets that the server sent.
    pub back: u64,
}

/// The streams of a capture, from which the user is to choose.
#[derive(Debug)]
pub struct Listing(pub(super) Vec<Listed>);

/// The longest list of streams that is shown.
const MAX_LISTED: usize = 100;

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} streams are there; choose one by --stream N, or a server's by --port P:",
            self.0.len()
        )?;
        for stream in self.0.iter().take(MAX_LISTED) {
            write!(
                f,
                "\n  --stream {:<3} {} -> {}  {} octets, {} back",
                stream.number, stream.client, stream.server, stream.there, stream.back
            )?;
        }
        if self.0.len() > MAX_LISTED {
            write!(f, "\n  … and {} more", self.0.len() - MAX_LISTED)?;
        }
        Ok(())
    }
}
