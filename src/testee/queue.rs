//! Drain gating: how much of what we sent has the testee not taken yet?
//!
//! An exact-match sock_diag query answers in microseconds however many sockets there are.

use std::net::SocketAddr;

use netlink_packet_core::{NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_sock_diag::constants::{AF_INET, AF_INET6, IPPROTO_TCP};
use netlink_packet_sock_diag::inet::{
    ExtensionFlags, InetRequest, SocketId, StateFlags, nlas::Nla,
};
use netlink_sys::Socket;
use netlink_sys::protocols::NETLINK_SOCK_DIAG;

/// Where `struct tcp_info` has `tcpi_bytes_received`, 8 octets, since Linux 4.1.
const BYTES_RECEIVED: usize = 128;

/// Looks into the queues of connections between this machine's own processes.
pub struct Queues {
    socket: Socket,
    buffer: Vec<u8>,
}

impl std::fmt::Debug for Queues {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Queues")
    }
}

impl Queues {
    /// `None` where the system has no sock_diag.
    #[must_use]
    pub fn open() -> Option<Self> {
        let mut socket = Socket::new(NETLINK_SOCK_DIAG).ok()?;
        socket.bind_auto().ok()?;
        socket.connect(&netlink_sys::SocketAddr::new(0, 0)).ok()?;
        Some(Self {
            socket,
            buffer: Vec::new(),
        })
    }

    /// How many of the `sent` octets of a connection the testee has still to take, those on
    /// the way to it among them. `ours` and `theirs` are the addresses of the two ends.
    /// `None` where the testee's end cannot be seen: it is on another machine, or has been
    /// closed.
    pub fn left(&mut self, ours: SocketAddr, theirs: SocketAddr, sent: u64) -> Option<u64> {
        // Our own queue would not do for what is on the way: acknowledgements are delayed.
        let (waiting, received) = self.queue(theirs, ours)?;
        Some(u64::from(waiting) + sent.saturating_sub(received))
    }

    /// What waits in the receive queue of the socket at `local`, and how much it has received
    /// in all.
    fn queue(&mut self, local: SocketAddr, peer: SocketAddr) -> Option<(u32, u64)> {
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST;
        let request = InetRequest {
            family: if local.is_ipv4() { AF_INET } else { AF_INET6 },
            protocol: IPPROTO_TCP,
            extensions: ExtensionFlags::INFO,
            states: StateFlags::all(),
            socket_id: SocketId {
                source_port: local.port(),
                destination_port: peer.port(),
                source_address: local.ip(),
                destination_address: peer.ip(),
                interface_id: 0,
                // Whichever socket it is.
                cookie: [0xFF; 8],
            },
        };
        let mut message = NetlinkMessage::new(header, SockDiagMessage::InetRequest(request).into());
        message.finalize();
        self.buffer.clear();
        self.buffer.resize(message.buffer_len(), 0);
        message.serialize(&mut self.buffer);
        self.socket.send(&self.buffer, 0).ok()?;
        self.buffer.clear();
        self.buffer.reserve(4096);
        self.socket.recv(&mut self.buffer, 0).ok()?;
        match NetlinkMessage::<SockDiagMessage>::deserialize(&self.buffer)
            .ok()?
            .payload
        {
            NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(response)) => {
                let received = response.nlas.iter().find_map(|attribute| match attribute {
                    Nla::TcpInfo(info) => info.get(BYTES_RECEIVED..)?.first_chunk(),
                    _ => None,
                });
                Some((response.header.recv_queue, u64::from_ne_bytes(*received?)))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    fn what_is_not_taken_is_seen(listen: &str, connect: &str) {
        let listener = TcpListener::bind(listen).unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut ours = TcpStream::connect((connect, port)).unwrap();
        let (mut theirs, _) = listener.accept().unwrap();
        let ends = (ours.local_addr().unwrap(), ours.peer_addr().unwrap());
        let mut queues = Queues::open().unwrap();
        assert_eq!(queues.left(ends.0, ends.1, 0), Some(0));
        ours.write_all(b"hello").unwrap();
        assert_eq!(queues.left(ends.0, ends.1, 5), Some(5));
        theirs.read_exact(&mut [0; 3]).unwrap();
        assert_eq!(queues.left(ends.0, ends.1, 5), Some(2));
        theirs.read_exact(&mut [0; 2]).unwrap();
        assert_eq!(queues.left(ends.0, ends.1, 5), Some(0));
    }

    #[test]
    fn on_ipv4() {
        what_is_not_taken_is_seen("127.0.0.1:0", "127.0.0.1");
    }

    #[test]
    fn on_ipv4_to_a_socket_of_ipv6() {
        what_is_not_taken_is_seen("[::]:0", "127.0.0.1");
    }

    #[test]
    fn on_ipv6() {
        what_is_not_taken_is_seen("[::1]:0", "::1");
    }
}
