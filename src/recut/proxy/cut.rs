//! The cuts of the proxy: a value that can be printed, parsed and shrunk.

use std::fmt;
use std::str::FromStr;

/// Octets at the start of each direction that [`Cut::Octets`] sends one at a time. Errors of
/// parsers show in the first messages; a transfer of a megabyte would take minutes.
pub const ONE_BY_ONE: u64 = 4096;

/// The way that octets go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the server to the client.
    ToClient,
    /// From the client to the server.
    ToServer,
}

impl Direction {
    /// Both directions.
    pub const BOTH: [Self; 2] = [Self::ToClient, Self::ToServer];

    /// The name used on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ToClient => "to-client",
            Self::ToServer => "to-server",
        }
    }

    /// The name used in sentences.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::ToClient => "server to client",
            Self::ToServer => "client to server",
        }
    }
}

/// A place in a run. Places sort by direction first, because a client mostly fails by what it
/// receives, and by connection and offset then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The way that the octets go.
    pub direction: Direction,
    /// Number of the connection, from 1, in the order of their first octets.
    pub connection: u32,
    /// Number of octets of that direction before the place.
    pub after: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = self.direction.name();
        write!(f, "{}:{direction}:{}", self.connection, self.after)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split(':');
        let (Some(connection), Some(direction), Some(after), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(());
        };
        let place = Self {
            direction: Direction::BOTH
                .into_iter()
                .find(|known| known.name() == direction)
                .ok_or(())?,
            connection: connection.parse().map_err(drop)?,
            after: after.parse().map_err(drop)?,
        };
        if place.connection == 0 || place.after == 0 {
            return Err(());
        }
        Ok(place)
    }
}

/// The way in which the streams of a run are cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    /// Octets are passed on as they come.
    None,
    /// Octets go one at a time: the first [`ONE_BY_ONE`] of each direction, and the edges of each
    /// burst after them.
    Octets,
    /// Around the edges of bursts and frames, and in their middle.
    Edges,
    /// At places that follow from a seed.
    Random(u64),
    /// Octets that come in several writes are passed on in one.
    Join,
    /// At these places only.
    At(Vec<Place>),
    /// Only the octets before and after these places are joined.
    JoinAt(Vec<Place>),
}

impl Cut {
    /// True if the cut joins octets instead.
    #[must_use]
    pub const fn joins(&self) -> bool {
        matches!(self, Self::Join | Self::JoinAt(_))
    }

    /// The same relation at these places only.
    #[must_use]
    pub fn only_at(&self, places: Vec<Place>) -> Self {
        if self.joins() {
            Self::JoinAt(places)
        } else {
            Self::At(places)
        }
    }

    /// Id of the case in reports.
    #[must_use]
    pub fn id(&self) -> String {
        self.to_string().replace("random:", "random-")
    }

    /// The requirement that a failure under this cut breaks.
    #[must_use]
    pub const fn requirement(&self) -> &'static str {
        if self.joins() { "CUT-2" } else { "CUT-1" }
    }

    /// The title of the case, in one line.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Self::None => "COMMAND succeeds when nothing is cut",
            Self::Octets => "COMMAND succeeds when each octet comes alone",
            Self::Edges => {
                "COMMAND succeeds when messages are cut at their edges and in the middle"
            }
            Self::Random(_) => "COMMAND succeeds when the streams are cut at random places",
            Self::Join | Self::JoinAt(_) => {
                "COMMAND succeeds when octets that were sent apart come together"
            }
            Self::At(_) => "COMMAND succeeds when the streams are cut at the given places",
        }
    }

    /// True if the stream is cut at `place`, as far as that follows from the place alone.
    #[must_use]
    pub fn is_at(&self, place: Place) -> bool {
        match self {
            Self::None | Self::Edges | Self::Join | Self::JoinAt(_) => false,
            Self::Octets => place.after <= ONE_BY_ONE,
            Self::Random(seed) => is_random(*seed, place),
            Self::At(places) => places.contains(&place),
        }
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |places: &[Place]| {
            let places: Vec<String> = places.iter().map(Place::to_string).collect();
            places.join(",")
        };
        match self {
            Self::None => f.write_str("none"),
            Self::Octets => f.write_str("octets"),
            Self::Edges => f.write_str("edges"),
            Self::Random(seed) => write!(f, "random:{seed}"),
            Self::Join => f.write_str("join"),
            Self::At(places) => write!(f, "at:{}", listed(places)),
            Self::JoinAt(places) => write!(f, "join-at:{}", listed(places)),
        }
    }
}

/// A text that is not a cut.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected octets, edges, random:SEED, join, none, at:CONNECTION:to-client:OFFSET \
     or join-at:CONNECTION:to-server:OFFSET, got {0:?}"
)]
pub struct NotACut(String);

impl FromStr for Cut {
    type Err = NotACut;

    fn from_str(text: &str) -> Result<Self, NotACut> {
        let wrong = || NotACut(text.to_owned());
        let places = |listed: &str| {
            let places: Result<Vec<Place>, ()> = listed.split(',').map(Place::from_str).collect();
            places.map_err(|()| wrong())
        };
        match text.split_once(':') {
            None => match text {
                "none" => Ok(Self::None),
                "octets" => Ok(Self::Octets),
                "edges" => Ok(Self::Edges),
                "join" => Ok(Self::Join),
                _ => Err(wrong()),
            },
            Some(("random", seed)) => Ok(Self::Random(seed.parse().map_err(|_| wrong())?)),
            Some(("at", listed)) => Ok(Self::At(places(listed)?)),
            Some(("join-at", listed)) => Ok(Self::JoinAt(places(listed)?)),
            Some(_) => Err(wrong()),
        }
    }
}

/// Octets over which the density of random cuts stays the same.
const STRETCH: u64 = 64;

/// Cuts are dense in some stretches and rare in others, so that short pieces, whole messages, and a
/// message with half of the next follow each other in every order. After the first [`ONE_BY_ONE`] octets
/// they are rare everywhere.
fn is_random(seed: u64, place: Place) -> bool {
    let direction = match place.direction {
        Direction::ToClient => 0,
        Direction::ToServer => 1,
    };
    let key = [seed, u64::from(place.connection), direction];
    let draw = |kind: u64, value: u64| {
        key.into_iter()
            .chain([kind, value])
            .fold(0, |state, word| mix(state ^ word))
    };
    let one_in = if place.after > ONE_BY_ONE {
        1024
    } else {
        let stretch = place.after / STRETCH;
        // A conversation may have no more than the first stretch.
        let densities = if stretch == 0 { 2 } else { 4 };
        [3, 8, 24, 64][(draw(1, stretch) % densities) as usize]
    };
    draw(2, place.after).is_multiple_of(one_in)
}

/// A step of SplitMix64: the same on every machine and in every version.
const fn mix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(connection: u32, direction: Direction, after: u64) -> Place {
        Place {
            direction,
            connection,
            after,
        }
    }

    #[test]
    fn a_cut_is_read_as_it_is_written() {
        for text in [
            "none",
            "octets",
            "edges",
            "random:7",
            "join",
            "at:2:to-client:1449",
            "at:1:to-server:3,2:to-client:9",
            "join-at:1:to-client:12",
        ] {
            assert_eq!(text.parse::<Cut>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "octet",
            "random",
            "random:",
            "random:x",
            "at:",
            "at:1",
            "at:0:to-client:1",
            "at:1:to-client:0",
            "at:1:both:1",
            "at:1:to-client:1:2",
            "at:1:to-client:1,",
        ] {
            assert_eq!(text.parse::<Cut>(), Err(NotACut(text.to_owned())), "{text}");
        }
    }

    /// A line in somebody's issue must mean the same cuts in the next version.
    #[test]
    fn random_cuts_follow_from_the_seed() {
        let cuts = |seed, connection, direction| {
            let cut = Cut::Random(seed);
            (1..=128)
                .filter(|after| cut.is_at(place(connection, direction, *after)))
                .collect::<Vec<u64>>()
        };
        let first = cuts(1, 1, Direction::ToClient);
        assert_eq!(first, cuts(1, 1, Direction::ToClient));
        assert_ne!(first, cuts(2, 1, Direction::ToClient));
        assert_ne!(first, cuts(1, 2, Direction::ToClient));
        assert_ne!(first, cuts(1, 1, Direction::ToServer));
        let many = |range: std::ops::RangeInclusive<u64>| {
            range
                .filter(|after| Cut::Random(3).is_at(place(1, Direction::ToClient, *after)))
                .count()
        };
        assert!(
            (400..1200).contains(&many(1..=ONE_BY_ONE)),
            "{}",
            many(1..=ONE_BY_ONE)
        );
        assert!((50..150).contains(&many(ONE_BY_ONE + 1..=ONE_BY_ONE + 100_000)));
    }
}
