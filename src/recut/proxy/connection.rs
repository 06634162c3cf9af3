//! A connection of a client through the proxy, and its end.
//!
//! Nothing is answered by the proxy itself: an end of stream, a reset and a receiver that does not
//! read reach the other side as they would without it.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::context::{Context, Plan};
use super::cut::{Cut, Direction};
use super::log::{Hold, LinkLog};
use super::socket;

/// A connection: the client's socket and the server's.
pub(super) struct Connection {
    context: Arc<Context>,
    client: Side,
    server: Side,
    link: OnceLock<Arc<LinkLog>>,
}

struct Side {
    stream: TcpStream,
    ours: SocketAddr,
    theirs: SocketAddr,
    /// True once the connection of this side was reset.
    reset: AtomicBool,
    /// True once we have ended our stream to it.
    ended: AtomicBool,
}

impl Side {
    fn new(stream: TcpStream) -> io::Result<Self> {
        socket::prepare(&stream)?;
        Ok(Self {
            ours: socket::canonical(stream.local_addr()?),
            theirs: socket::canonical(stream.peer_addr()?),
            stream,
            reset: AtomicBool::new(false),
            ended: AtomicBool::new(false),
        })
    }
}

impl Connection {
    pub(super) fn new(
        context: Arc<Context>,
        client: TcpStream,
        server: TcpStream,
    ) -> io::Result<Self> {
        Ok(Self {
            context,
            client: Side::new(client)?,
            server: Side::new(server)?,
            link: OnceLock::new(),
        })
    }

    const fn source(&self, direction: Direction) -> &Side {
        match direction {
            Direction::ToClient => &self.server,
            Direction::ToServer => &self.client,
        }
    }

    const fn sink(&self, direction: Direction) -> &Side {
        match direction {
            Direction::ToClient => &self.client,
            Direction::ToServer => &self.server,
        }
    }

    /// The socket that octets of this direction come from.
    pub(super) const fn from(&self, direction: Direction) -> &TcpStream {
        &self.source(direction).stream
    }

    /// The socket that octets of this direction come from, and the one that they go to.
    pub(super) const fn sides(&self, direction: Direction) -> (&TcpStream, &TcpStream) {
        (self.from(direction), &self.sink(direction).stream)
    }

    /// The addresses of the socket that octets go to: our end, and the receiver's.
    pub(super) const fn receiver(&self, direction: Direction) -> (SocketAddr, SocketAddr) {
        let side = self.sink(direction);
        (side.ours, side.theirs)
    }

    /// The number of this connection, and its log. The first call gives the number.
    pub(super) fn link(&self) -> Arc<LinkLog> {
        Arc::clone(self.link.get_or_init(|| self.context.log.begin()))
    }

    /// The plan for octets of this direction.
    pub(super) fn plan(&self, direction: Direction) -> Plan {
        if self.context.cuts(direction) {
            self.context.plan.clone()
        } else {
            Plan::of(Cut::None)
        }
    }

    pub(super) fn count(&self, number: u32, direction: Direction, octets: &[u8]) {
        self.context.passes(number, direction, octets);
    }

    /// Notes that octets are held back until the guard is dropped.
    pub(super) fn hold(&self) -> Hold<'_> {
        self.context.hold()
    }

    pub(super) fn is_timed(&self) {
        self.context.log.is_timed();
    }

    /// True if the sender of this direction, whose stream has ended, has in truth reset it.
    pub(super) fn is_reset(&self, direction: Direction) -> bool {
        let source = self.source(direction);
        source.reset.load(Ordering::SeqCst)
            || !source.ended.load(Ordering::SeqCst)
                && !self.context.is_stopped()
                && socket::was_reset(&source.stream)
    }

    pub(super) fn note_reset(&self, direction: Direction) {
        self.source(direction).reset.store(true, Ordering::SeqCst);
    }

    /// Tells the receiver that the stream of this direction has ended.
    pub(super) fn end(&self, direction: Direction) {
        self.note_end(direction);
        let sink = self.sink(direction);
        sink.ended.store(true, Ordering::SeqCst);
        let _ = sink.stream.shutdown(Shutdown::Write);
    }

    /// Passes a reset by one side on to the other, which sees it when both directions have been
    /// left, because that closes the sockets.
    pub(super) fn reset(&self, direction: Direction) {
        self.note_end(direction);
        if let Some(link) = self.link.get() {
            link.stream(direction).reset = true;
        }
        for side in [self.source(direction), self.sink(direction)] {
            side.reset.store(true, Ordering::SeqCst);
        }
        for side in [self.sink(direction), self.source(direction)] {
            socket::reset_on_close(&side.stream);
            // Wakes the other direction, which reads here, and tells nobody.
            let _ = side.stream.shutdown(Shutdown::Read);
        }
    }

    fn note_end(&self, direction: Direction) {
        if let Some(link) = self.link.get() {
            self.context.ends(link.number, direction);
        }
    }

    /// Ends both directions, whatever they are doing.
    pub(super) fn stop(&self) {
        for side in [&self.client, &self.server] {
            let _ = side.stream.shutdown(Shutdown::Both);
        }
    }
}
