//! Literal octets, with runs for what is too long to write out.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The most octets that one literal may stand for, so that a fixture of a few characters
/// cannot fill memory.
pub const MAX_OCTETS: usize = 64 * 1024 * 1024;

/// Octets as a fixture writes them: `"68656c6c6f"`, `{"repeat": "61", "times": 65536}`, or
/// a list of these.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Octets(Vec<Run>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Run {
    octets: Vec<u8>,
    times: usize,
}

/// Lengths of the repetitions that are looked for, in octets.
const PERIODS: std::ops::RangeInclusive<usize> = 1..=16;

/// The fewest octets that are folded.
const WORTH_FOLDING: usize = 64;

/// True if some repetition goes on at a place that has 32 octets from it on.
fn repeats_at(octets: &[u8], place: usize) -> bool {
    let here = &octets[place..place + PERIODS.end()];
    PERIODS
        .into_iter()
        .any(|period| octets[place + period..].starts_with(here))
}

impl Octets {
    /// Number of octets.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|run| run.octets.len() * run.times).sum()
    }

    /// True if there are no octets.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The octets themselves.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut all = Vec::with_capacity(self.len());
        for run in &self.0 {
            all.append(&mut run.octets.repeat(run.times));
        }
        all
    }

    /// Octets as evidence holds them: complete, with what repeats written once. Looks for
    /// repetitions of up to 16 octets.
    #[must_use]
    pub fn folded(octets: &[u8]) -> Self {
        let mut runs = Vec::new();
        let mut plain = 0;
        let mut place = 0;
        while place + WORTH_FOLDING <= octets.len() {
            // A run that begins in the next half and is worth folding still repeats at the end of that half.
            let half = WORTH_FOLDING / 2;
            if !repeats_at(octets, place + half - 1) {
                place += half;
                continue;
            }
            let longest = PERIODS
                .map(|period| {
                    let rest = &octets[place..];
                    let behind = rest.get(period..).unwrap_or_default();
                    let same = rest.iter().zip(behind).take_while(|(a, b)| a == b).count();
                    (period, same / period + 1)
                })
                .max_by_key(|(period, times)| (period * times, usize::MAX - period));
            match longest {
                Some((period, times)) if period * times >= WORTH_FOLDING && times > 1 => {
                    runs.push((plain..place, 1));
                    runs.push((place..place + period, times));
                    place += period * times;
                    plain = place;
                }
                _ => place += 1,
            }
        }
        runs.push((plain..octets.len(), 1));
        Self(
            runs.into_iter()
                .filter(|(range, _)| !range.is_empty())
                .map(|(range, times)| Run {
                    octets: octets[range].to_vec(),
                    times,
                })
                .collect(),
        )
    }

    /// `octets`, `times` times over.
    #[must_use]
    pub fn repeat(octets: &[u8], times: usize) -> Self {
        Self(vec![Run {
            octets: octets.to_vec(),
            times,
        }])
    }

    /// These octets, followed by `more`.
    #[must_use]
    pub fn then(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }
}

impl From<&[u8]> for Octets {
    fn from(octets: &[u8]) -> Self {
        Self::repeat(octets, 1)
    }
}

/// Writes octets in hexadecimal.
#[must_use]
pub fn to_hex(octets: &[u8]) -> String {
    use std::fmt::Write;
    octets
        .iter()
        .fold(String::with_capacity(octets.len() * 2), |mut hex, octet| {
            write!(hex, "{octet:02x}").expect("a string takes everything");
            hex
        })
}

/// Reads octets in hexadecimal.
///
/// # Errors
/// The text is not pairs of hexadecimal digits in lower case.
pub fn from_hex(hex: &str) -> Result<Vec<u8>, String> {
    let digits: Option<Vec<u8>> = hex
        .chars()
        .map(|c| {
            c.to_digit(16)
                .filter(|_| !c.is_uppercase())
                .map(|d| d as u8)
        })
        .collect();
    match digits {
        Some(digits) if digits.len().is_multiple_of(2) => Ok(digits
            .chunks_exact(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect()),
        _ => Err(format!(
            "octets are written as pairs of hexadecimal digits 0-9 a-f, and {hex:?} is not"
        )),
    }
}

#[derive(Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "octets are a string of hexadecimal digits, \
    {\"repeat\": HEX, \"times\": N}, or a list of these"
)]
enum Written {
    Hex(String),
    Repeat(WrittenRepeat),
    List(Vec<Written>),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRepeat {
    repeat: String,
    times: usize,
}

impl Written {
    fn read_into(&self, runs: &mut Vec<Run>) -> Result<(), String> {
        match self {
            Self::Hex(hex) => runs.push(Run {
                octets: from_hex(hex)?,
                times: 1,
            }),
            Self::Repeat(WrittenRepeat { repeat, times }) => {
                let octets = from_hex(repeat)?;
                // Nothing is nothing, however often: a loop over the repetitions must end.
                let times = if octets.is_empty() { 1 } else { *times };
                runs.push(Run { octets, times });
            }
            Self::List(list) => {
                for written in list {
                    if matches!(written, Self::List(_)) {
                        return Err("a list of octets holds no lists".to_owned());
                    }
                    written.read_into(runs)?;
                }
            }
        }
        let total = runs.iter().try_fold(0_usize, |total, run| {
            total.checked_add(run.octets.len().checked_mul(run.times)?)
        });
        match total {
            Some(total) if total <= MAX_OCTETS => Ok(()),
            _ => Err(format!("a literal stands for at most {MAX_OCTETS} octets")),
        }
    }
}

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut runs = Vec::new();
        Written::deserialize(deserializer)?
            .read_into(&mut runs)
            .map_err(D::Error::custom)?;
        Ok(Self(runs))
    }
}

impl Serialize for Octets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list: Vec<_> = self
            .0
            .iter()
            .map(|run| match run.times {
                1 => Written::Hex(to_hex(&run.octets)),
                times => Written::Repeat(WrittenRepeat {
                    repeat: to_hex(&run.octets),
                    times,
                }),
            })
            .collect();
        match list.len() {
            1 => list.remove(0).serialize(serializer),
            0 => "".serialize(serializer),
            _ => list.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_ways_to_write() {
        let octets: Octets =
            serde_json::from_str(r#"["00ff", {"repeat": "61", "times": 3}]"#).unwrap();
        assert_eq!(octets.to_vec(), [0, 0xFF, b'a', b'a', b'a']);
        assert_eq!(octets.len(), 5);
        assert_eq!(
            serde_json::to_string(&octets).unwrap(),
            r#"["00ff",{"repeat":"61","times":3}]"#
        );
    }

    #[test]
    fn what_repeats_is_folded_and_nothing_is_lost() {
        let octets = [b"\0\0\x01\0".as_slice(), &b"abcdefg".repeat(40), b"tail"].concat();
        let folded = Octets::folded(&octets);
        assert_eq!(folded.to_vec(), octets);
        assert_eq!(
            serde_json::to_string(&folded).unwrap(),
            r#"["00000100",{"repeat":"61626364656667","times":40},"7461696c"]"#
        );
        assert_eq!(Octets::folded(b"").to_vec(), b"");
        assert_eq!(Octets::repeat(b"ab", 0).to_vec(), b"");
        assert_eq!(Octets::repeat(b"", 3).to_vec(), b"");
    }

    #[test]
    fn repetitions_of_each_length_are_folded_wherever_they_begin() {
        for period in 1..=17_u8 {
            let unit: Vec<u8> = (0..period).map(|octet| 0xE0 + octet).collect();
            let fewest = 64_usize.div_ceil(unit.len());
            for before in 0..70 {
                for behind in [0, 40] {
                    let [start, end] = [before, behind].map(|n| (0..n).collect::<Vec<u8>>());
                    let whole = [&*start, &unit.repeat(fewest), &end].concat();
                    let part = [&*start, &unit.repeat(fewest - 1), &end].concat();
                    let plain = |octets: &[u8]| Octets::from(octets);
                    let mut folded = plain(&start);
                    folded.0.retain(|run| !run.octets.is_empty());
                    folded = folded.then(Octets::repeat(&unit, fewest));
                    if behind > 0 {
                        folded = folded.then(plain(&end));
                    }
                    let expected = if period > 16 { plain(&whole) } else { folded };
                    assert_eq!(Octets::folded(&whole), expected, "{period} {before}");
                    assert_eq!(Octets::folded(&part), plain(&part), "{period} {before}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_read_at_once_however_often_it_is_repeated() {
        let written = r#"["61", {"repeat": "", "times": 18446744073709551615}]"#;
        let octets: Octets = serde_json::from_str(written).unwrap();
        assert_eq!(octets.to_vec(), b"a");
    }

    #[test]
    fn what_is_not_octets() {
        for written in [
            r#""0""#,
            r#""0G""#,
            r#""0A""#,
            r#"{"repeat": "61"}"#,
            r#"{"repeat": "61", "times": -1}"#,
            r#"{"repeat": "6161", "times": 99999999999}"#,
            r#"[["61"]]"#,
            "7",
        ] {
            assert!(
                serde_json::from_str::<Octets>(written).is_err(),
                "{written}"
            );
        }
    }
}
