//! The log of one run: its connections, the number of octets, the places at which they were cut.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::cut::{Direction, Place};

/// Octets kept from the start of each direction, to show what lies around a cut.
const MAX_KEPT: usize = 64 * 1024;

/// Octets shown before and after a cut.
const AROUND: usize = 8;

/// Cuts noted in each direction of a connection.
const MAX_CUTS: usize = 32 * 1024;

/// The log of one run.
#[derive(Debug, Default)]
pub struct Log {
    numbers: AtomicU32,
    accepted: AtomicU32,
    octets: AtomicU64,
    holds: AtomicU64,
    holding: AtomicU32,
    unreachable: Mutex<Option<String>>,
    timed: AtomicBool,
    links: Mutex<Vec<Arc<LinkLog>>>,
}

/// The log of one connection.
#[derive(Debug)]
pub struct LinkLog {
    /// Number of the connection, from 1.
    pub number: u32,
    to_client: Mutex<Stream>,
    to_server: Mutex<Stream>,
}

/// The log of one direction of a connection.
#[derive(Debug, Clone, Default)]
pub struct Stream {
    /// Number of octets.
    pub octets: u64,
    /// The first of them.
    pub head: Vec<u8>,
    /// Offsets at which it was cut, or joined.
    pub cuts: Vec<u64>,
    /// Octets around the cuts that lie after the head.
    pub around: Vec<(u64, Vec<u8>, Vec<u8>)>,
    /// Number of cuts that were not made because the receiver left octets unread.
    pub missed: u64,
    /// Time that the cuts took.
    pub paused: Duration,
    /// The sender reset the connection.
    pub reset: bool,
}

/// A guard: octets of one stream are held back by the proxy for as long as it lives.
#[derive(Debug)]
pub(super) struct Hold<'l>(&'l Log);

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.0.holding.fetch_sub(1, Ordering::Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Log {
    /// Notes that a connection was accepted.
    pub(super) fn accept(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    /// Gives the next number to a connection whose first octet has come.
    pub(super) fn begin(&self) -> Arc<LinkLog> {
        let link = Arc::new(LinkLog {
            number: self.numbers.fetch_add(1, Ordering::Relaxed) + 1,
            to_client: Mutex::default(),
            to_server: Mutex::default(),
        });
        lock(&self.links).push(Arc::clone(&link));
        link
    }

    pub(super) fn count(&self, octets: usize) {
        self.octets.fetch_add(octets as u64, Ordering::Relaxed);
    }

    /// Notes that octets are held back until the guard is dropped.
    pub(super) fn hold(&self) -> Hold<'_> {
        self.holds.fetch_add(1, Ordering::Relaxed);
        self.holding.fetch_add(1, Ordering::Relaxed);
        Hold(self)
    }

    /// Notes that the server could not be reached.
    pub(super) fn is_unreachable(&self, why: String) {
        lock(&self.unreachable).get_or_insert(why);
    }

    /// Notes that the queue of a receiver could not be seen.
    pub(super) fn is_timed(&self) {
        self.timed.store(true, Ordering::Relaxed);
    }

    /// Number of connections accepted, with or without an octet.
    #[must_use]
    pub fn accepted(&self) -> u32 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Number of octets passed, both ways.
    #[must_use]
    pub fn octets(&self) -> u64 {
        self.octets.load(Ordering::Relaxed)
    }

    /// A number that grows with each octet that comes and each time that octets are held back.
    #[must_use]
    pub fn moves(&self) -> u64 {
        self.octets() + self.holds.load(Ordering::Relaxed)
    }

    /// True while octets are held back: nobody but the proxy can be blamed for the silence.
    #[must_use]
    pub fn is_holding(&self) -> bool {
        self.holding.load(Ordering::Relaxed) > 0
    }

    /// The reason why the server could not be reached, the first time that happened.
    #[must_use]
    pub fn unreachable(&self) -> Option<String> {
        lock(&self.unreachable).clone()
    }

    /// True if pauses kept pieces apart, because some receiver's queue could not be seen.
    #[must_use]
    pub fn timed(&self) -> bool {
        self.timed.load(Ordering::Relaxed)
    }

    /// The connections on which an octet passed.
    #[must_use]
    pub fn links(&self) -> Vec<Arc<LinkLog>> {
        lock(&self.links).clone()
    }

    /// The places at which streams were cut, or joined, in order.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        let mut places: Vec<Place> = Vec::new();
        for link in self.links() {
            for direction in Direction::BOTH {
                let stream = link.stream(direction);
                places.extend(stream.cuts.iter().map(|after| Place {
                    direction,
                    connection: link.number,
                    after: *after,
                }));
            }
        }
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Number of cuts that were not made.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.sum(|stream| stream.missed)
    }

    /// Mean time that a cut took.
    #[must_use]
    pub fn mean_pause(&self) -> Duration {
        let cuts = self.sum(|stream| stream.cuts.len() as u64 + stream.missed);
        let micros = self.sum(|stream| stream.paused.as_micros() as u64);
        Duration::from_micros(micros.checked_div(cuts).unwrap_or(0))
    }

    /// Longest time that the cuts of one stream took together.
    #[must_use]
    pub fn longest_pause(&self) -> Duration {
        let links = self.links();
        let streams = links
            .iter()
            .flat_map(|link| Direction::BOTH.map(|direction| link.stream(direction).paused));
        streams.max().unwrap_or_default()
    }

    fn sum(&self, of: impl Fn(&Stream) -> u64) -> u64 {
        let links = self.links();
        let streams = links
            .iter()
            .flat_map(|link| Direction::BOTH.map(|direction| of(&link.stream(direction))));
        streams.sum()
    }

    /// The octets before and after a place, a few of each.
    #[must_use]
    pub fn around(&self, place: Place) -> Option<(Vec<u8>, Vec<u8>)> {
        let links = self.links();
        let link = links.iter().find(|link| link.number == place.connection)?;
        let stream = link.stream(place.direction);
        if let Some((_, before, after)) = stream
            .around
            .iter()
            .find(|(offset, ..)| *offset == place.after)
        {
            return Some((before.clone(), after.clone()));
        }
        let at = usize::try_from(place.after).ok()?;
        if at > stream.head.len() {
            return None;
        }
        let (before, after) = stream.head.split_at(at);
        Some((
            before[before.len().saturating_sub(AROUND)..].to_vec(),
            after[..after.len().min(AROUND)].to_vec(),
        ))
    }

    /// Number of octets that passed on each connection, to client and to server.
    #[must_use]
    pub fn shape(&self) -> Vec<(u64, u64)> {
        self.links()
            .iter()
            .map(|link| {
                let octets = |direction| link.stream(direction).octets;
                (octets(Direction::ToClient), octets(Direction::ToServer))
            })
            .collect()
    }
}

impl LinkLog {
    /// The log of one direction.
    pub fn stream(&self, direction: Direction) -> MutexGuard<'_, Stream> {
        lock(match direction {
            Direction::ToClient => &self.to_client,
            Direction::ToServer => &self.to_server,
        })
    }
}

impl Stream {
    /// Notes octets that go out.
    pub(super) fn pass(&mut self, octets: &[u8]) {
        self.octets += octets.len() as u64;
        let room = MAX_KEPT.saturating_sub(self.head.len());
        self.head.extend(&octets[..octets.len().min(room)]);
    }

    /// Notes a cut at `offset` of `burst`, which begins at `start`.
    pub(super) fn cut(&mut self, start: u64, burst: &[u8], after: u64) {
        if self.cuts.len() < MAX_CUTS {
            self.cuts.push(after);
        }
        if after > MAX_KEPT as u64 && self.around.len() < 8 {
            let (before, behind) = burst.split_at((after - start) as usize);
            self.around.push((
                after,
                before[before.len().saturating_sub(AROUND)..].to_vec(),
                behind[..behind.len().min(AROUND)].to_vec(),
            ));
        }
    }
}
