//! A connection to a testee: chunks out when it is ready for them, octets in whenever they come, and an end
//! that is an end however it shows.

use std::io::{self, Read};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::gate::{DrainGate, Receiver};
use super::gating::Gating;
use super::wait::{LOOK_EVERY, Patience, Waiting};
use super::watch::{Activity, Backlog, Queues, Watch};
use crate::trace::octets::Octets;

pub use ending::Ending;

mod ending;
mod sending;

/// Time limit for making a connection.
const CONNECT_BOUND: Duration = Duration::from_secs(5);

/// Time limit for a testee to hear of a connection that we have made: its system does, at once unless the
/// machine is loaded.
const MEET_BOUND: Duration = Duration::from_secs(1);

/// Receive buffer of a connection that reads late, in octets: a few of the largest segments, so that the
/// stream does not come in drops either.
const LITTLE: usize = 128 * 1024;

/// Receive buffer of a connection that reads again, in octets.
const MUCH: usize = 4 * 1024 * 1024;

/// The most octets of what came that are shown: a flood shows in less.
const MOST_SHOWN: usize = 256 * 1024;

/// Octets read at a time, at first and once that many come: most answers are short, and a buffer is cleared
/// each time.
const READ_AT_FIRST: usize = 4 * 1024;
const READ_AT_MOST: usize = 64 * 1024;

/// The most that is read before anything else is looked at, in octets.
const MOST_AT_ONCE: usize = 4 * 1024 * 1024;

/// The most that is taken from a testee on one connection, in octets.
const FLOOD: usize = 48 * 1024 * 1024;

/// A connection to a testee.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    /// The other end, as reports call it.
    role: &'static str,
    ours: SocketAddr,
    theirs: SocketAddr,
    gating: Gating,
    /// Number of octets that we have sent.
    sent: u64,
    seen: Vec<u8>,
    /// The most that is read for now, in octets since the start.
    most: usize,
    ending: Option<Ending>,
    /// True if a write of ours has been told of a reset. The system tells it once: what is read then ends as
    /// after an orderly close.
    reset: bool,
    gate: DrainGate,
    opened: Instant,
    /// True if the testee's end has been seen.
    met: bool,
    /// The time that the testee had for what was waited for last and came.
    had: Duration,
}

impl Connection {
    /// Connects to `address`. Chunks are drain-gated if `watch` sees the receiver's queue; with
    /// `must_show` also if it does not see it yet, because the process is on this machine and its
    /// queues can be seen.
    ///
    /// # Errors
    /// No server listens there, or none answers in time.
    pub fn open(address: SocketAddr, watch: &mut impl Watch, must_show: bool) -> io::Result<Self> {
        let theirs = address;
        let stream = TcpStream::connect_timeout(&theirs, CONNECT_BOUND)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let ours = stream.local_addr()?;
        if ours == theirs {
            return Err(io::Error::new(
                io::ErrorKind::ConnectionRefused,
                "nothing listens: the connection met itself",
            ));
        }
        let gating = match watch.backlog(ours, theirs, 0) {
            Some(_) => Gating::DrainGated,
            // The server has closed already, or not heard of the connection yet.
            None if must_show && theirs.ip().is_loopback() => Gating::DrainGated,
            None => Gating::Timed,
        };
        Ok(Self::new("server", stream, ours, theirs, gating))
    }

    /// A connection that a testee of ours has opened.
    pub(super) fn accepted(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let (ours, theirs) = (stream.local_addr()?, stream.peer_addr()?);
        let gating = if Queues::open().is_some() {
            Gating::DrainGated
        } else {
            Gating::Timed
        };
        Ok(Self::new("client", stream, ours, theirs, gating))
    }

    fn new(
        role: &'static str,
        stream: TcpStream,
        ours: SocketAddr,
        theirs: SocketAddr,
        gating: Gating,
    ) -> Self {
        Self {
            stream,
            role,
            ours,
            theirs,
            gating,
            sent: 0,
            seen: Vec::new(),
            most: usize::MAX,
            ending: None,
            reset: false,
            gate: DrainGate::default(),
            opened: Instant::now(),
            met: false,
            had: Duration::ZERO,
        }
    }

    /// The end of the connection, in words.
    #[must_use]
    pub fn end_in_words(&self) -> String {
        match self.ending {
            Some(ending) => ending.in_words(self.role),
            None => "the connection was open".to_owned(),
        }
    }

    /// The octets that came, of a flood the first 256 KiB, and the end of the connection in words.
    #[must_use]
    pub fn shown(&self) -> (Octets, String) {
        let shown = &self.seen[..self.seen.len().min(MOST_SHOWN)];
        let mut ended = self.end_in_words();
        if shown.len() < self.seen.len() {
            let came = self.seen.len();
            ended += &format!("; of {came} octets that came, these are the first");
        }
        (Octets::folded(shown), ended)
    }

    /// All that the testee has sent so far.
    #[must_use]
    pub fn seen(&self) -> &[u8] {
        &self.seen
    }

    /// Number of octets sent to the testee so far.
    #[must_use]
    pub const fn sent(&self) -> u64 {
        self.sent
    }

    /// The end of the connection; `None` while it is open.
    #[must_use]
    pub const fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// The way in which chunks are kept apart.
    #[must_use]
    pub const fn gating(&self) -> Gating {
        self.gating
    }

    /// Keeps what may lie here unread small, so that a testee's writes soon find no room.
    pub fn hold_little(&self) {
        // On a system that does not do it, more octets are needed to fill what lies between.
        let _ = rustix::net::sockopt::set_socket_recv_buffer_size(&self.stream, LITTLE);
    }

    /// Makes room again for what comes.
    pub fn hold_much(&self) {
        let _ = rustix::net::sockopt::set_socket_recv_buffer_size(&self.stream, MUCH);
    }

    /// Reads no more than `octets` from here on, until it is told otherwise; what comes beyond
    /// waits, and so does the testee's writing.
    pub fn read_at_most(&mut self, octets: Option<usize>) {
        self.most = octets.map_or(usize::MAX, |octets| self.seen.len() + octets);
    }

    /// Drops `octets` octets of what came, from offset `from` on, so that they take no memory: a body may be
    /// larger than that. Nothing shows them any more.
    pub fn forget(&mut self, from: usize, octets: usize) {
        let end = self.seen.len().min(from + octets);
        self.seen.drain(from.min(end)..end);
    }

    /// Resets this connection at once. A close alone would do so when the last copy of its descriptor is gone, and a
    /// process that is being started has one for a moment.
    pub fn reset(&self) {
        // If the system does neither, the close that follows is an ordinary one.
        let _ = rustix::net::sockopt::set_socket_linger(&self.stream, Some(Duration::ZERO));
        let _ = rustix::net::connect_unspec(&self.stream);
    }

    /// Ends our sending side.
    pub fn end_of_stream(&mut self) {
        // An error means that the testee has closed, which reading tells.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Reads what has come, without waiting; of a flood, a part.
    pub fn pump(&mut self) {
        let mut buffer = vec![0; READ_AT_FIRST];
        let before = self.seen.len();
        while self.ending.is_none() && self.seen.len() - before < MOST_AT_ONCE {
            let room = (self.most - self.seen.len()).min(buffer.len());
            if room == 0 {
                return;
            }
            match self.stream.read(&mut buffer[..room]) {
                Ok(0) if self.reset => self.ending = Some(Ending::ErrorOnWrite),
                Ok(0) => self.ending = Some(Ending::EndOfStream),
                Ok(count) => {
                    self.seen.extend_from_slice(&buffer[..count]);
                    if count == buffer.len() {
                        buffer.resize(READ_AT_MOST, 0);
                    }
                    if self.seen.len() > FLOOD {
                        let _ = self.stream.shutdown(Shutdown::Both);
                        self.ending = Some(Ending::Flooded);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => self.ending = Some(Ending::ResetOnRead),
            }
        }
    }

    /// Number of octets that have arrived at the other end and are not read there, if that can be seen.
    pub fn unread(&mut self, peer: &mut impl Watch) -> Option<u64> {
        self.backlog(peer).map(|backlog| backlog.unread)
    }

    /// Waits until `done`, or the connection has ended, or nothing more is to be expected.
    /// Says whether `done`.
    pub fn wait(
        &mut self,
        peer: &mut impl Watch,
        patience: Patience,
        mut done: impl FnMut(&Self) -> bool,
    ) -> bool {
        let mut arrived = self.seen.len();
        let mut waiting = Waiting::begin();
        loop {
            self.pump();
            if done(self) {
                self.had = waiting.had();
                return true;
            }
            if self.seen.len() > arrived {
                arrived = self.seen.len();
                waiting.something_came();
            }
            let mut patience = patience;
            if self.ending.is_some() {
                // The end is the last thing to come; but what is waited for may lie on a disk.
                patience.idle = patience.idle.min(LOOK_EVERY * 20);
            }
            if waiting.is_over(patience) {
                return false;
            }
            self.pause(waiting.next_look());
            let left = self.backlog(peer);
            if self.ending.is_none() && left.is_some_and(|left| self.travels(left)) {
                waiting.something_travels();
            } else {
                let unread = match self.ending {
                    Some(_) => Some(0),
                    None => left.map(|left| left.unread + left.in_flight),
                };
                waiting.look(peer.activity(), unread);
            }
        }
    }

    /// The time that the testee had for what was waited for last and came, however loaded the machine is.
    pub(crate) const fn had(&self) -> Duration {
        self.had
    }

    /// Waits for an event on the connection, or for `bound`.
    fn pause(&mut self, bound: Duration) {
        if self.ending.is_some() {
            thread::sleep(bound);
        } else {
            self.poll(PollFlags::IN, bound);
        }
    }

    /// The octets between us and the testee, as far as that can be seen.
    fn backlog(&mut self, peer: &mut impl Watch) -> Option<Backlog> {
        let Some(left) = peer.backlog(self.ours, self.theirs, self.sent) else {
            let unheard_of = self.gating == Gating::DrainGated
                && !self.met
                && self.ending.is_none()
                && self.opened.elapsed() < MEET_BOUND;
            return unheard_of.then(|| Backlog {
                in_flight: self.sent,
                ..Backlog::default()
            });
        };
        self.met = true;
        if left.coming > 0 {
            // Octets that are here are acknowledged at once, and so told from those that are not.
            let _ = rustix::net::sockopt::set_tcp_quickack(&self.stream, true);
        }
        Some(left)
    }

    /// True if octets are on their way, so that neither end can be waiting for the other yet.
    const fn travels(&self, left: Backlog) -> bool {
        let reads_all = self.most == usize::MAX;
        left.unread == 0 && left.in_flight > 0 || reads_all && left.coming > 0
    }

    /// Waits until the receiver has read all that we sent, within bounds.
    fn gate(&mut self, peer: &mut impl Watch) -> bool {
        let mut gate = std::mem::take(&mut self.gate);
        let read = gate.wait(&mut Link {
            connection: self,
            peer,
        });
        self.gate = gate;
        read
    }

    fn poll(&self, flags: PollFlags, bound: Duration) {
        let bound = Timespec::try_from(bound).ok();
        let mut fds = [PollFd::new(&self.stream, flags)];
        // An interrupted wait is a short one; the caller looks again.
        let _ = poll(&mut fds, bound.as_ref());
    }
}

/// A connection and the process at its other end, as a drain gate sees them.
struct Link<'l, W> {
    connection: &'l mut Connection,
    peer: &'l mut W,
}

impl<W: Watch> Receiver for Link<'_, W> {
    fn backlog(&mut self) -> Option<Backlog> {
        self.connection.pump();
        let backlog = self.connection.backlog(self.peer)?;
        // A process that has closed reads nothing more.
        let waits = !backlog.is_read() && self.connection.ending.is_none();
        waits.then_some(backlog)
    }

    fn activity(&mut self) -> Option<Activity> {
        self.peer.activity()
    }
}

#[cfg(test)]
mod tests;
