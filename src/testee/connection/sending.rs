//! Chunks out: each when the other end has taken the one before.

use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;

use super::{Connection, Ending};
use crate::testee::gating::Gating;
use crate::testee::wait::{LOOK_EVERY, Patience, TimeHad, Waiting};
use crate::testee::watch::Watch;

/// The pause between chunks where the queue cannot be seen.
const TIMED_PAUSE: Duration = Duration::from_millis(3);

/// Time after which a testee that sleeps, and takes nothing, is stuck in a write to us; one whose threads
/// cannot be seen, or never sleep, is given longer.
const STUCK: Patience = Patience {
    idle: Duration::from_millis(40),
    busy: Duration::from_secs(1),
};

impl Connection {
    /// Sends a chunk and waits until the testee has taken it. What the testee sends
    /// meanwhile is read, so that neither end waits for the other for ever. False if the
    /// testee takes nothing more within `bound` of its own time, or has closed.
    pub fn send(&mut self, peer: &mut impl Watch, chunk: &[u8], bound: Duration) -> bool {
        let mut time = TimeHad::none();
        let sent = self.write_while(chunk, |progress| {
            if progress {
                time = TimeHad::none();
            }
            time.look(peer.activity());
            !time.is_above(bound)
        }) == chunk.len();
        if sent && self.ending.is_none() {
            self.keep_apart(peer);
        }
        sent
    }

    /// Sees that the testee takes what was sent before the next is. False if it leaves it lying,
    /// as far as that can be seen.
    fn keep_apart(&mut self, peer: &mut impl Watch) -> bool {
        match self.gating {
            Gating::DrainGated => self.gate(peer),
            Gating::Timed => {
                thread::sleep(TIMED_PAUSE);
                true
            }
        }
    }

    /// Sends the last chunk and the end of our sending side so close together that the testee
    /// finds both at once. False as for [`Connection::send`].
    pub fn send_last(&mut self, chunk: &[u8], bound: Duration) -> bool {
        // The system holds the last segment back until the end can go with it.
        let _ = rustix::net::sockopt::set_tcp_cork(&self.stream, true);
        let sent = self.write(chunk, bound) == chunk.len();
        self.end_of_stream();
        sent
    }

    /// Writes as much as the receiver lets us within `bound`, on the clock, of its last taking
    /// something, and says how much.
    pub fn write(&mut self, octets: &[u8], bound: Duration) -> usize {
        let mut progress = Instant::now();
        self.write_while(octets, |progresses| {
            if progresses {
                progress = Instant::now();
            }
            progress.elapsed() < bound
        })
    }

    /// Writes as much as the receiver lets us, and says how much. Where it takes nothing, `goes_on` is
    /// asked now and then whether it is waited for; it is told whether something was taken since.
    fn write_while(&mut self, octets: &[u8], mut goes_on: impl FnMut(bool) -> bool) -> usize {
        let mut sent = 0;
        let mut asked_at = 0;
        while sent < octets.len() && self.ending.is_none() {
            match self.write_once(&octets[sent..]) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if !goes_on(sent > asked_at) {
                        break;
                    }
                    asked_at = sent;
                    self.poll(PollFlags::IN | PollFlags::OUT, LOOK_EVERY);
                }
                Err(_) => {
                    // Octets that had come before are read first.
                    self.pump();
                    self.ending.get_or_insert(Ending::ErrorOnWrite);
                }
            }
            self.pump();
        }
        sent
    }

    /// Sends a chunk as [`Connection::send`] does, and reads nothing: until the testee has taken
    /// it, or takes nothing more for a while. Says how much went out, and whether it was taken.
    pub fn send_without_reading(&mut self, peer: &mut impl Watch, chunk: &[u8]) -> (usize, bool) {
        self.read_at_most(Some(0));
        let sent = self.write_without_reading(peer, chunk);
        let taken = sent == chunk.len() && self.keep_apart(peer);
        self.read_at_most(None);
        (sent, taken)
    }

    /// Writes without reading, until the testee takes nothing more for a while, and says how
    /// much went out.
    fn write_without_reading(&mut self, peer: &mut impl Watch, octets: &[u8]) -> usize {
        let mut sent = 0;
        let mut waiting = Waiting::begin();
        while sent < octets.len() {
            match self.write_once(&octets[sent..]) {
                Ok(count) => {
                    sent += count;
                    waiting.something_came();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if waiting.is_over(STUCK) {
                        break;
                    }
                    self.poll(PollFlags::OUT, LOOK_EVERY);
                    waiting.look(peer.activity(), Some(0));
                }
                Err(_) => break,
            }
        }
        sent
    }

    /// Writes what the system takes at once, and says how much.
    fn write_once(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.stream.write(octets);
        match &written {
            Ok(count) => self.sent += *count as u64,
            Err(error) => self.reset |= error.kind() == io::ErrorKind::ConnectionReset,
        }
        written
    }
}
