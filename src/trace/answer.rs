//! Answers: what a recorded server sent back, as far as it is known.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::octets::Octets;

/// A class of characters whose runs may take another value, and another length, each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenClass {
    /// Decimal digits: times, counters, ports.
    Digits,
    /// Hexadecimal digits: identifiers, digests.
    Hex,
    /// Letters, digits and `+ / - _ =`: nonces, tokens, names.
    Base64,
    /// Any other octets.
    Other,
}

/// An answer of a recording.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// The recorded octets. `None`: an answer comes here, whose octets are learned from the uncut runs.
    pub octets: Option<Octets>,
    /// The classes of the tokens that are known to vary from run to run.
    pub varies: Vec<TokenClass>,
    /// True if what follows must wait for this answer even where turns are joined.
    pub awaited: bool,
}

impl Answer {
    /// An answer of exactly these octets.
    #[must_use]
    pub fn of(octets: &[u8]) -> Self {
        Self {
            octets: Some(Octets::folded(octets)),
            ..Self::default()
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    #[serde(skip_serializing_if = "Option::is_none")]
    octets: Option<Octets>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    varies: Vec<TokenClass>,
    #[serde(default, rename = "await", skip_serializing_if = "std::ops::Not::not")]
    awaited: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "an answer is octets, or an object with some of `octets` (pairs of hexadecimal \
    digits 0-9 a-f), `varies` (a list of digits, hex, base64, other) and `await` (true)"
)]
enum Written {
    Octets(Octets),
    Fields(Fields),
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Written::deserialize(deserializer)? {
            Written::Octets(octets) => Self {
                octets: Some(octets),
                ..Self::default()
            },
            Written::Fields(Fields {
                octets,
                varies,
                awaited,
            }) => Self {
                octets,
                varies,
                awaited,
            },
        })
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let plain = self.varies.is_empty() && !self.awaited;
        let Self {
            octets,
            varies,
            awaited,
        } = self.clone();
        match octets {
            Some(octets) if plain => Written::Octets(octets),
            octets => Written::Fields(Fields {
                octets,
                varies,
                awaited,
            }),
        }
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_an_answer_are_written_as_they_are_read() {
        for written in [
            r#""2b4f4b""#,
            r#"["00",{"repeat":"61","times":100}]"#,
            r#"{"repeat":"61","times":100}"#,
            "{}",
            r#"{"await":true}"#,
            r#"{"octets":"31","varies":["digits","base64"],"await":true}"#,
        ] {
            let answer: Answer = serde_json::from_str(written).unwrap();
            assert_eq!(serde_json::to_string(&answer).unwrap(), written);
        }
        let answer: Answer = serde_json::from_str(r#"{"octets":"31"}"#).unwrap();
        assert_eq!(answer, Answer::of(b"1"));
    }

    #[test]
    fn other_things_are_no_answers() {
        for written in [
            "7",
            r#""3""#,
            r#"{"octet":"31"}"#,
            r#"{"varies":["letters"]}"#,
            r#"{"await":1}"#,
        ] {
            let error = serde_json::from_str::<Answer>(written).unwrap_err();
            assert!(error.to_string().contains("`varies`"), "{error}");
        }
    }
}
