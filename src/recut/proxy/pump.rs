//! A direction of a connection: octets from one socket to the other, cut or joined on the way.

use std::thread;
use std::time::{Duration, Instant};

use super::connection::Connection;
use super::cut::{Cut, Direction};
use super::cutter::Cutter;
use super::gate::{Gate, Passed, Patience};
use super::log::LinkLog;
use super::socket::{self, Broken, Came};

/// Octets read at a time at first.
const BUFFER: usize = 64 * 1024;

/// Octets read at a time at most, once reads fill the buffer: larger reads make a bulk transfer faster.
const MAX_BUFFER: usize = 512 * 1024;

/// Silence after which a sender has said what it had to say. Senders that write twice
/// do so within microseconds; on a loaded machine, within some milliseconds.
const QUIET: Duration = Duration::from_millis(5);

/// Longest hold of octets that are to be joined with the next: the sender may wait for the answer.
const MAX_HOLD: Duration = Duration::from_millis(30);

/// Longest hold at a place that was named.
const NAMED_HOLD: Duration = Duration::from_millis(200);

/// Time for all holds of a stream; later ones are shorter, so that a client that asks a thousand
/// questions does not run into a time limit of its own.
const ALL_HOLDS: Duration = Duration::from_secs(2);

/// Quiet time once [`ALL_HOLDS`] is used up.
const SHORT_QUIET: Duration = Duration::from_millis(1);

/// Number of places up to which each is waited for with more patience.
const FEW_PLACES: usize = 8;

/// Moves the octets of one direction.
pub(super) struct Pump<'c> {
    connection: &'c Connection,
    direction: Direction,
    sent: u64,
    held: Duration,
    buffer: Vec<u8>,
}

impl<'c> Pump<'c> {
    pub(super) fn new(connection: &'c Connection, direction: Direction) -> Self {
        Self {
            connection,
            direction,
            sent: 0,
            held: Duration::ZERO,
            buffer: vec![0; BUFFER],
        }
    }

    /// Runs until the stream ends or the connection is reset.
    pub(super) fn run(mut self) {
        match self.pass_all() {
            Ok(()) => self.connection.end(self.direction),
            Err(Broken) => self.connection.reset(self.direction),
        }
    }

    fn pass_all(&mut self) -> Result<(), Broken> {
        let Some(mut length) = self.next()? else {
            return Ok(());
        };
        // The first octets of either direction give the connection its number.
        let link = self.connection.link();
        let plan = self.connection.plan(self.direction);
        let mut cutter = Cutter::new(
            &plan.cut,
            plan.framing.as_deref(),
            link.number,
            self.direction,
        );
        let mut gate = None;
        loop {
            let mut ended = false;
            if plan.cut.joins() {
                (length, ended) = self.join(length, &plan.cut, &cutter, &link)?;
            }
            let burst = std::mem::take(&mut self.buffer);
            let octets = &burst[..length];
            let cuts = cutter.cuts(self.sent, octets);
            self.connection.count(link.number, self.direction, octets);
            link.stream(self.direction).pass(octets);
            if let Some(late) = plan.late {
                let cuts = u32::try_from(cuts.len()).unwrap_or(u32::MAX);
                let left = late.all.saturating_sub(self.held);
                let delay = late.each.saturating_mul(cuts).min(left);
                let hold = self.connection.hold();
                thread::sleep(delay);
                drop(hold);
                self.held += delay;
                self.write(octets, ended)?;
            } else if cuts.is_empty() {
                self.write(octets, ended)?;
            } else {
                let gate = gate.get_or_insert_with(|| self.gate(&plan.cut));
                self.pass_cut(octets, &cuts, gate, &link)?;
            }
            self.buffer = burst;
            if length == self.buffer.len() && length < MAX_BUFFER {
                self.buffer.resize(length * 2, 0);
            }
            if ended {
                return Ok(());
            }
            match self.next()? {
                Some(next) => length = next,
                None => return Ok(()),
            }
        }
    }

    /// Waits for octets; `None` at the end of the stream.
    fn next(&mut self) -> Result<Option<usize>, Broken> {
        let from = self.connection.from(self.direction);
        match socket::read(from, &mut self.buffer, None) {
            Came::Octets(length) => Ok(Some(length)),
            Came::End if self.connection.is_reset(self.direction) => Err(Broken),
            Came::End | Came::Nothing => Ok(None),
            Came::Reset => Err(Broken),
        }
    }

    fn write(&mut self, octets: &[u8], more: bool) -> Result<(), Broken> {
        let (from, to) = self.connection.sides(self.direction);
        let is_broken = || self.connection.is_reset(self.direction);
        socket::write(to, from, octets, more, is_broken)?;
        self.sent += octets.len() as u64;
        Ok(())
    }

    fn gate(&self, cut: &Cut) -> Gate {
        let (ours, theirs) = self.connection.receiver(self.direction);
        let patience = match cut {
            Cut::At(places) if places.len() <= FEW_PLACES => Patience::FEW,
            _ => Patience::MANY,
        };
        Gate::new(ours, theirs, patience)
    }

    /// Writes a burst in pieces, each when the receiver has taken the one before.
    fn pass_cut(
        &mut self,
        burst: &[u8],
        cuts: &[u64],
        gate: &mut Gate,
        link: &LinkLog,
    ) -> Result<(), Broken> {
        let start = self.sent;
        let mut written = 0;
        for after in cuts {
            let place = (after - start) as usize;
            self.write(&burst[written..place], false)?;
            written = place;
            let before = Instant::now();
            let hold = self.connection.hold();
            let passed = gate.pass(self.sent);
            drop(hold);
            let mut stream = link.stream(self.direction);
            stream.paused += before.elapsed();
            match passed {
                Passed::Taken => stream.cut(start, burst, *after),
                Passed::Timed => {
                    stream.cut(start, burst, *after);
                    self.connection.is_timed();
                }
                Passed::Stalled => {
                    stream.missed += 1;
                    // The receiver may wait for what is held back; the rest goes whole.
                    break;
                }
            }
        }
        self.write(&burst[written..], false)
    }

    /// Waits for more to join with the `length` octets that have come. Returns the number of octets then,
    /// and true if the stream has ended after them.
    fn join(
        &mut self,
        mut length: usize,
        cut: &Cut,
        cutter: &Cutter<'_>,
        link: &LinkLog,
    ) -> Result<(usize, bool), Broken> {
        let from = self.connection.from(self.direction);
        let begun = Instant::now();
        let _hold = self.connection.hold();
        let mut ended = false;
        while length < MAX_BUFFER {
            let boundary = cutter.place(self.sent + length as u64);
            let (quiet, most) = match cut {
                Cut::JoinAt(places) if !places.contains(&boundary) => break,
                Cut::JoinAt(places) if places.len() <= FEW_PLACES => (NAMED_HOLD, NAMED_HOLD),
                _ if self.held > ALL_HOLDS => (SHORT_QUIET, SHORT_QUIET),
                _ => (QUIET, MAX_HOLD),
            };
            if begun.elapsed() >= most {
                break;
            }
            if length == self.buffer.len() {
                self.buffer.resize(length * 2, 0);
            }
            let until = Instant::now() + quiet;
            match socket::read(from, &mut self.buffer[length..], Some(until)) {
                Came::Octets(more) => {
                    let mut stream = link.stream(self.direction);
                    stream.cut(self.sent, &self.buffer[..length + more], boundary.after);
                    length += more;
                }
                Came::End if self.connection.is_reset(self.direction) => return Err(Broken),
                Came::End => {
                    ended = true;
                    break;
                }
                // Octets that came before are passed on; the next read tells of the reset again, by its end.
                Came::Reset => {
                    self.connection.note_reset(self.direction);
                    break;
                }
                Came::Nothing => break,
            }
        }
        self.held += begun.elapsed();
        Ok((length, ended))
    }
}
