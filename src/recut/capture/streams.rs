//! The TCP streams of a capture, numbered as Wireshark numbers them.

use std::collections::HashMap;
use std::net::SocketAddr;

use super::error::Listed;
use super::segment::Segment;

/// The most octets after a SYN that may be captured before it: a window. Another stream's numbers
/// are as near as that once in 4,096.
const MAX_LATE: i64 = 1 << 20;

/// The stream that is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wanted {
    /// The only stream.
    #[default]
    Only,
    /// The only stream of which either side has this port.
    Port(u16),
    /// The stream of this number.
    Number(usize),
}

/// All streams of a capture.
#[derive(Debug, Default)]
pub(super) struct Streams {
    all: Vec<Stream>,
    latest: HashMap<(SocketAddr, SocketAddr), usize>,
    /// The first stream that is wanted.
    first_wanted: Option<usize>,
    /// True if a second stream is wanted too, so that the user has to choose.
    several: bool,
}

/// A stream: what each side sent, in the order of the file.
#[derive(Debug)]
pub(super) struct Stream {
    /// The first is that of the sender of the first packet.
    pub(super) addresses: [SocketAddr; 2],
    pub(super) sides: [Side; 2],
    /// The side that sent a SYN, or was sent the answer to one.
    opener: Option<usize>,
    /// True if an end or a reset was seen.
    over: bool,
    /// True if its octets are kept.
    kept: bool,
}

/// The octets that one side of a stream sent. Positions are sequence numbers without their wrapping round.
#[derive(Debug, Default)]
pub(super) struct Side {
    numbers: Numbers,
    /// True if its SYN was seen.
    opened: bool,
    /// The position of its first octet, where its SYN or the answer to that was seen.
    pub(super) first: Option<i64>,
    /// The lowest position of any of its packets.
    pub(super) lowest: Option<i64>,
    /// The highest position that any of its octets reaches.
    pub(super) reached: Option<i64>,
    /// Its octets, by packet.
    pub(super) pieces: Vec<Piece>,
    /// The end of its stream.
    pub(super) end: Option<End>,
    /// The reset by which it ended the stream.
    pub(super) reset: Option<End>,
    /// The lowest position that its peer acknowledged.
    pub(super) acknowledged_first: Option<i64>,
    /// The highest position that its peer acknowledged, and the number of the packet.
    pub(super) acknowledged: Option<(i64, u64)>,
}

/// The octets of one packet.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) position: i64,
    pub(super) octets: Vec<u8>,
    /// Number of octets on the wire.
    pub(super) length: usize,
    /// True if the packet has the form of a keep-alive: one octet, nothing else, at a place that was sent or
    /// acknowledged before.
    pub(super) keeps_alive: bool,
    /// The position up to which the sender had heard its peer.
    pub(super) heard: Option<i64>,
    pub(super) packet: u64,
}

/// The end of what a side sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    pub(super) position: i64,
    pub(super) heard: Option<i64>,
    pub(super) packet: u64,
}

/// Sequence numbers as positions: they are modulo 2^32.
#[derive(Debug, Default)]
struct Numbers {
    /// The highest so far: the number, and the position.
    latest: Option<(u32, i64)>,
}

impl Numbers {
    fn position(&mut self, number: u32) -> i64 {
        let (latest, position) = *self.latest.get_or_insert((number, 0));
        let position_of = position + i64::from(number.wrapping_sub(latest).cast_signed());
        if position_of > position {
            self.latest = Some((number, position_of));
        }
        position_of
    }

    /// The position of a number that may be wild.
    fn look(&self, number: u32) -> Option<i64> {
        let (latest, position) = self.latest?;
        Some(position + i64::from(number.wrapping_sub(latest).cast_signed()))
    }
}

impl Side {
    /// Takes note of what the peer acknowledges, and says up to which position it has heard this side.
    fn is_acknowledged(&mut self, number: u32, packet: u64) -> i64 {
        let position = self.numbers.position(number);
        let before = *self.acknowledged_first.get_or_insert(position);
        self.acknowledged_first = Some(before.min(position));
        if self.acknowledged.is_none_or(|(most, _)| most < position) {
            self.acknowledged = Some((position, packet));
        }
        position
    }

    /// Takes the octets of a segment, which begin at `position`.
    fn sends(&mut self, segment: &Segment<'_>, position: i64, heard: Option<i64>, kept: bool) {
        let end = position + segment.length as i64;
        let keeps_alive = self.is_kept_alive(segment, end);
        if !keeps_alive && !self.is_probed(segment, position) {
            self.lowest = Some(self.lowest.map_or(position, |lowest| lowest.min(position)));
        }
        if segment.length > 0 || segment.syn {
            self.reached = Some(self.reached.map_or(end, |reached| reached.max(end)));
        }
        if segment.length > 0 && kept {
            self.pieces.push(Piece {
                position,
                octets: segment.payload.to_vec(),
                length: segment.length,
                keeps_alive,
                heard,
                packet: segment.packet,
            });
        }
    }

    /// True if a segment is one octet and nothing else, whose end was sent or acknowledged before.
    fn is_kept_alive(&self, segment: &Segment<'_>, end: i64) -> bool {
        let is_bare = !segment.push && !segment.syn && !segment.fin;
        let is_old =
            self.reached == Some(end) || self.acknowledged.is_some_and(|(most, _)| most == end);
        segment.length == 1 && is_bare && is_old
    }

    /// True if a segment has no octet, and is one before the place up to which all was acknowledged.
    fn is_probed(&self, segment: &Segment<'_>, position: i64) -> bool {
        let acknowledged = self.acknowledged.map(|(most, _)| most);
        segment.length == 0 && acknowledged == Some(position + 1)
    }
}

impl Streams {
    /// Takes a segment into its stream.
    pub(super) fn take(&mut self, segment: &Segment<'_>, wanted: Wanted) {
        let key = if segment.source <= segment.destination {
            (segment.source, segment.destination)
        } else {
            (segment.destination, segment.source)
        };
        let number = match self.latest.get(&key) {
            Some(number) if !self.all[*number].is_opened_anew(segment) => *number,
            _ => {
                self.all.push(Stream::of(segment));
                self.latest.insert(key, self.all.len() - 1);
                self.keep(wanted);
                self.all.len() - 1
            }
        };
        self.all[number].take(segment);
    }

    /// Decides whether the octets of the newest stream are kept: none are, once there are several
    /// to choose from. The work is the same however many streams there are: a capture of a port
    /// scan has millions.
    fn keep(&mut self, wanted: Wanted) {
        let newest = self.all.len() - 1;
        if self.several || !self.all[newest].is(wanted, newest) {
            return;
        }
        let Some(first) = self.first_wanted else {
            self.first_wanted = Some(newest);
            self.all[newest].kept = true;
            return;
        };
        self.several = true;
        self.all[first].kept = false;
        for side in &mut self.all[first].sides {
            side.pieces = Vec::new();
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.all.len()
    }

    /// The numbers of the streams that are wanted.
    pub(super) fn wanted(&self, wanted: Wanted) -> Vec<usize> {
        (0..self.all.len())
            .filter(|number| self.all[*number].is(wanted, *number))
            .collect()
    }

    pub(super) fn get(&self, number: usize) -> &Stream {
        &self.all[number]
    }

    pub(super) fn list(&self, numbers: &[usize]) -> Vec<Listed> {
        let listed = |number: &usize| {
            let stream = &self.all[*number];
            let (client, _) = stream.client();
            let octets = |side: usize| {
                let side = &stream.sides[side];
                let reached = side.reached.unwrap_or(0);
                let start = side.first.or(side.lowest).unwrap_or(reached);
                u64::try_from(reached - start).unwrap_or(0)
            };
            Listed {
                number: *number,
                client: stream.addresses[client],
                server: stream.addresses[1 - client],
                there: octets(client),
                back: octets(1 - client),
            }
        };
        numbers.iter().map(listed).collect()
    }
}

impl Stream {
    fn of(segment: &Segment<'_>) -> Self {
        Self {
            addresses: [segment.source, segment.destination],
            sides: [Side::default(), Side::default()],
            opener: None,
            over: false,
            kept: false,
        }
    }

    fn is(&self, wanted: Wanted, number: usize) -> bool {
        match wanted {
            Wanted::Only => true,
            Wanted::Number(wanted) => wanted == number,
            Wanted::Port(port) => self.addresses.iter().any(|address| address.port() == port),
        }
    }

    fn side_of(&self, source: SocketAddr) -> usize {
        usize::from(source != self.addresses[0])
    }

    /// True if a segment begins another stream between the same ports.
    fn is_opened_anew(&self, segment: &Segment<'_>) -> bool {
        if !segment.syn || segment.reset {
            return false;
        }
        let side = &self.sides[self.side_of(segment.source)];
        let first = segment.sequence.wrapping_add(1);
        let Some(first) = side.numbers.look(first) else {
            // Nothing is known of it yet.
            return false;
        };
        let known = side
            .first
            .or(side.lowest)
            .or(side.acknowledged_first)
            .unwrap_or(first);
        if side.opened {
            // A SYN that comes again after the end, though of the same number, is a new attempt.
            known != first || (self.over && segment.acknowledgement.is_none())
        } else {
            // A SYN may be captured late, after octets that it comes before.
            !(0..MAX_LATE).contains(&(known - first))
        }
    }

    fn take(&mut self, segment: &Segment<'_>) {
        let us = self.side_of(segment.source);
        let [first, second] = &mut self.sides;
        let (side, peer) = if us == 0 {
            (first, second)
        } else {
            (second, first)
        };
        if segment.reset {
            self.over = true;
            // Its numbers may be wild, and its payload is no part of the stream.
            side.reset.get_or_insert(End {
                position: side.reached.unwrap_or(0),
                heard: peer.reached,
                packet: segment.packet,
            });
            return;
        }
        let heard = segment
            .acknowledgement
            .map(|number| peer.is_acknowledged(number, segment.packet));
        let mut position = side.numbers.position(segment.sequence);
        if segment.syn {
            self.opener
                .get_or_insert(if heard.is_some() { 1 - us } else { us });
            position += 1;
            side.first = Some(position);
            side.opened = true;
            if let (Some(heard), None) = (heard, peer.first) {
                peer.first = Some(heard);
            }
        }
        let end = position + segment.length as i64;
        side.sends(segment, position, heard, self.kept);
        if segment.fin {
            self.over = true;
            side.end.get_or_insert(End {
                position: end,
                heard,
                packet: segment.packet,
            });
        }
    }

    /// The side that is the client, and whether that was seen rather than taken from the ports.
    pub(super) fn client(&self) -> (usize, bool) {
        match self.opener {
            Some(side) => (side, true),
            None => {
                let ports = self.addresses.map(|address| address.port());
                (usize::from(ports[1] > ports[0]), false)
            }
        }
    }
}
