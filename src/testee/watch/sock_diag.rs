//! Linux: the octets sent that the receiver has not read yet, whose number the kernel tells over netlink.
//!
//! An exact-match sock_diag query answers in microseconds however many sockets there are.

use std::net::SocketAddr;

use netlink_packet_core::{NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_sock_diag::constants::{AF_INET, AF_INET6, IPPROTO_TCP};
use netlink_packet_sock_diag::inet::{
    ExtensionFlags, InetRequest, InetResponse, SocketId, StateFlags, nlas::Nla,
};
use netlink_sys::Socket;
use netlink_sys::protocols::NETLINK_SOCK_DIAG;

use super::seen::Backlog;

/// Offset of `tcpi_bytes_received` in `struct tcp_info`, 8 octets, since Linux 4.1.
const BYTES_RECEIVED: usize = 128;

/// The state of a socket that listens.
const TCP_LISTEN: u8 = 10;

/// The figures of one end of a connection, in octets.
struct End {
    /// In its receive queue.
    waiting: u32,
    /// In its send queue.
    coming: u32,
    /// Received in all.
    received: u64,
}

/// Looks into the queues of connections between this machine's own processes.
pub(in crate::testee) struct SockDiag {
    socket: Socket,
    buffer: Vec<u8>,
}

impl std::fmt::Debug for SockDiag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SockDiag")
    }
}

impl SockDiag {
    /// Opens a socket for queries; `None` where the system has no sock_diag.
    pub(in crate::testee) fn open() -> Option<Self> {
        let mut socket = Socket::new(NETLINK_SOCK_DIAG).ok()?;
        socket.bind_auto().ok()?;
        socket.connect(&netlink_sys::SocketAddr::new(0, 0)).ok()?;
        Some(Self {
            socket,
            buffer: Vec::new(),
        })
    }

    /// As [`Queues::backlog`](super::Queues::backlog).
    pub(in crate::testee) fn backlog(
        &mut self,
        local: SocketAddr,
        remote: SocketAddr,
        sent: u64,
    ) -> Option<Backlog> {
        let mut end = self.end(remote, local)?;
        if end.waiting == 0 && end.received >= sent {
            // The system looks into the queue before it says how much has arrived, and what comes
            // between the two is in neither. An empty queue is one that is empty after all has
            // arrived.
            end = self.end(remote, local)?;
        }
        Some(Backlog {
            unread: end.waiting.into(),
            // Our own queue would not do for this: acknowledgements are delayed.
            in_flight: sent.saturating_sub(end.received),
            coming: end.coming.into(),
        })
    }

    /// As [`Queues::is_listening`](super::Queues::is_listening).
    pub(in crate::testee) fn is_listening(&mut self, address: SocketAddr) -> bool {
        let nobody = SocketAddr::new(address.ip(), 0);
        let answer = self.ask(address, nobody);
        answer.is_some_and(|response| response.header.state == TCP_LISTEN)
    }

    /// The end of a connection at `local`, if there is one: a socket that listens there does not count.
    fn end(&mut self, local: SocketAddr, peer: SocketAddr) -> Option<End> {
        let response = self.ask(local, peer)?;
        if response.header.socket_id.destination_port != peer.port() {
            return None;
        }
        let received = response.nlas.iter().find_map(|attribute| match attribute {
            Nla::TcpInfo(info) => info.get(BYTES_RECEIVED..)?.first_chunk(),
            _ => None,
        });
        Some(End {
            waiting: response.header.recv_queue,
            coming: response.header.send_queue,
            received: u64::from_ne_bytes(*received?),
        })
    }

    /// The system's answer about a connection between these two, or about the socket that listens at `local`.
    fn ask(&mut self, local: SocketAddr, peer: SocketAddr) -> Option<Box<InetResponse>> {
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
                // No cookie: any socket matches.
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
            NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(response)) => Some(response),
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
        let mut queues = SockDiag::open().unwrap();
        let mut left = |sent| queues.backlog(ends.0, ends.1, sent).unwrap();
        assert!(left(0).is_read());
        ours.write_all(b"hello").unwrap();
        // The text may take a moment to arrive, and does not count as read at any time of it.
        let arrived = |left: Backlog| {
            assert!(!left.is_read());
            left.in_flight == 0
        };
        while !arrived(left(5)) {}
        assert_eq!(left(5).unread, 5);
        assert_eq!(left(6).in_flight, 1);
        theirs.read_exact(&mut [0; 3]).unwrap();
        assert_eq!(left(5).unread, 2);
        theirs.read_exact(&mut [0; 2]).unwrap();
        assert!(left(5).is_read());
        theirs.write_all(b"hi").unwrap();
        ours.read_exact(&mut [0; 2]).unwrap();
        rustix::net::sockopt::set_tcp_quickack(&ours, true).unwrap();
        while left(5).coming > 0 {}
        // A socket still listens where the connection was.
        rustix::net::sockopt::set_socket_linger(&theirs, Some(std::time::Duration::ZERO)).unwrap();
        drop(theirs);
        while queues.backlog(ends.0, ends.1, 5).is_some() {}
    }

    #[test]
    fn who_listens_is_seen_and_nobody_else() {
        let mut queues = SockDiag::open().unwrap();
        for (listen, reached) in [
            ("127.0.0.1:0", "127.0.0.1"),
            ("0.0.0.0:0", "127.0.0.1"),
            ("[::]:0", "127.0.0.1"),
            ("[::1]:0", "::1"),
        ] {
            let listener = TcpListener::bind(listen).unwrap();
            let port = listener.local_addr().unwrap().port();
            let address = SocketAddr::new(reached.parse().unwrap(), port);
            assert!(queues.is_listening(address), "{listen}");
            let ours = TcpStream::connect(address).unwrap();
            let at_our_end = ours.local_addr().unwrap();
            assert!(!queues.is_listening(at_our_end), "{at_our_end}");
            drop(listener);
            while queues.is_listening(address) {}
        }
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
